/**
 * `npm run monkey -- --seed N --minutes M`: a seeded monkey operates the built page in Chromium: clicks, keys, drags,
 * wheel, touch, sizes, tabs hidden and frozen, back and forward, links good and bad, reloads, ended workers, no network.
 * Ends at the first error, blank page, strange word or scene that is none; `--actions N` repeats it up to there.
 */
import { randomInt } from 'node:crypto'
import { chromium } from '@playwright/test'
import { servePage } from '../bench/serve.ts'
import { readCommandLine, readWhole, refuse } from './commandLine.ts'
import { ensureChromium } from './findChromium.ts'
import { monkey } from './monkey/monkey.ts'

const USAGE = 'npm run monkey -- [--seed N] [--minutes M | --actions N]'
const MINUTES = 5

const { values } = readCommandLine(USAGE, {
  options: { seed: { type: 'string' }, minutes: { type: 'string' }, actions: { type: 'string' } },
})

const seed = readWhole(USAGE, '--seed', values.seed, randomInt(1e9), 1e9)
const actions =
  values.actions === undefined ? null : readWhole(USAGE, '--actions', values.actions, 0)
const minutes = Number(values.minutes ?? MINUTES)
if (!(minutes > 0 && minutes <= 10_000))
  refuse(USAGE, '--minutes', values.minutes ?? '', 'a number above 0, up to 10000')
const until = performance.now() + 60_000 * minutes
const goesOn = (index: number) => (actions === null ? performance.now() < until : index < actions)

const { server, address } = await servePage()
const browser = await chromium.launch({
  executablePath: ensureChromium(),
  args: ['--no-sandbox', '--disable-background-networking', '--disable-dev-shm-usage'],
})
try {
  console.log(`seed ${seed}`)
  const context = await browser.newContext({
    viewport: { width: 1280, height: 720 },
    hasTouch: true,
  })
  const { passed, failure } = await monkey(context, address, { seed, goesOn, log: console.log })
  if (failure !== null) {
    console.log(`\n${failure}\nagain: npm run monkey -- --seed ${seed} --actions ${passed + 1}`)
  }
  console.log(`\n${passed} passed, ${failure === null ? 0 : 1} failed`)
  process.exitCode = failure === null ? 0 : 1
} finally {
  await browser.close()
  server.kill()
}
