/**
 * `npm run soak -- --minutes M`: the built page in Chromium is used as people use it (dialogs, experiments, Live, training,
 * the shelf, hidden and shown) for half an hour; heap, memory, listeners, nodes and frame times must stay where they are
 * after the warm-up.
 */
import { chromium } from '@playwright/test'
import { servePage } from '../bench/serve.ts'
import { MOST_STEPS } from '../src/app/stores/scene/history.ts'
import { readCommandLine, refuse } from './commandLine.ts'
import { ensureChromium } from './findChromium.ts'
import { soak, type Sample } from './soak/soak.ts'
import { trend } from './soak/trend.ts'

const USAGE = 'npm run soak -- [--minutes M]'
const MINUTES = '30'
/** Share of the samples that is not counted: code is compiled, caches fill. */
const WARM_UP = 0.25
const FEWEST = 4

const { values } = readCommandLine(USAGE, {
  options: { minutes: { type: 'string', default: MINUTES } },
})
const minutes = Number(values.minutes)
if (!(minutes > 0 && minutes <= 24 * 60))
  refuse(USAGE, '--minutes', values.minutes, 'a number above 0, up to 1440')

const QUANTITIES = [
  ['objects on the JavaScript heap, compiled code left out, MiB', ({ objects }) => objects],
  [
    'resident memory of the process, its workers’ buffers included, MiB',
    ({ resident }) => resident,
  ],
  ['event listeners', ({ listeners }) => listeners],
  ['nodes of the document', ({ nodes }) => nodes],
  ['median time between frames, ms', ({ frame }) => frame],
] as const satisfies readonly (readonly [string, (sample: Sample) => number])[]

const { server, address } = await servePage()
const browser = await chromium.launch({
  executablePath: ensureChromium(),
  args: [
    ...['--no-sandbox', '--disable-background-networking', '--disable-dev-shm-usage'],
    '--js-flags=--expose-gc',
  ],
})
const samples: Sample[] = []
const problems: string[] = []
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } })
  page.on('pageerror', ({ message }) => problems.push(message))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  await page.addInitScript('globalThis.__name = (named) => named')
  const until = performance.now() + 60_000 * minutes
  const goesOn = (cycle: number) => cycle < FEWEST + 1 || performance.now() < until
  const tell = (sample: Sample) => {
    samples.push(sample)
    const { at, objects, heap, resident, listeners, nodes, frame } = sample
    console.log(
      `${at.toFixed(1)} min: objects ${objects.toFixed(2)} MiB, heap ${heap.toFixed(1)} MiB, resident ${resident.toFixed(0)} MiB, ` +
        `${listeners} listeners, ${nodes} nodes, ${frame.toFixed(1)} ms a frame`,
    )
  }
  await soak(browser, page, address, goesOn, { tell, changes: MOST_STEPS })
} finally {
  await browser.close()
  server.kill()
}

const kept = samples.slice(Math.floor(WARM_UP * samples.length))
let failed = 0
console.log(`\n${kept.length} of ${samples.length} samples, the warm-up left out:`)
for (const [name, of] of QUANTITIES) {
  const { mean, drift, error, isFlat } = trend(kept.map((sample) => [sample.at, of(sample)]))
  if (!isFlat) failed++
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`
  console.log(
    `${isFlat ? 'flat  ' : 'RISING'}  ${name}: ${mean.toFixed(1)}, drift ${percent(drift)} ± ${percent(error)}`,
  )
}
for (const problem of problems.slice(0, 10)) console.log(`error: ${problem}`)
failed += problems.length
console.log(`\n${QUANTITIES.length + problems.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
