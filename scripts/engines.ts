/**
 * `npm run test:engines`: builds the page and drives the whole story (open, train, sample, read the stop, compose,
 * link, reload) in Chromium, in Firefox over WebDriver BiDi and in WebKitGTK over its own driver, holding the numbers of
 * each to those of Node and of the others, bit for bit. An engine that is not here counts as one skipped.
 *
 * --only a,b        chromium, firefox, webkit
 * --no-build        take dist/ as it is
 * --screenshots     photograph the page in each engine, at two sizes, into out/engines
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { build } from 'vite'
import { readCommandLine, refuse } from './commandLine.ts'
import { findEngines } from './engines/findEngines.ts'
import { curvesOfNode, tell, type Check, type Reference } from './engines/story.ts'
import { until, type Engine } from './engines/tab.ts'
import { createPageServer } from './pageServer.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const DIST = path.join(ROOT, 'dist')
const OUT = path.join(ROOT, 'out', 'engines')
const SIZES = [
  { width: 1280, height: 720 },
  { width: 390, height: 844 },
] as const

/** The page as browsers without WebAssembly SIMD know it: the kernels' files are not there. */
function withoutKernels(page: Server): Server {
  return createServer((request, response) => {
    if (/\.wasm(\?|$)/.test(request.url ?? '')) response.writeHead(404).end()
    else page.emit('request', request, response)
  })
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, 'localhost', resolve)
  })
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

async function photograph(engine: Engine, name: string, origin: string): Promise<void> {
  mkdirSync(OUT, { recursive: true })
  const tab = await engine.open()
  for (const { width, height } of SIZES) {
    await tab.resize(width, height)
    await tab.go(`${origin}/?haltAt=60#speed=240`)
    await until(tab, 'step 60', () => stageData()['step'] === '60')
    await until(
      tab,
      'the thumbnails',
      () =>
        document.querySelector('.thumbnail') !== null &&
        document.querySelector('[data-drawn="false"]') === null,
    )
    writeFileSync(path.join(OUT, `${name}-${width}x${height}.png`), await tab.screenshot())
  }
  await tab.close()
}

const usage =
  'npm run test:engines -- [--only chromium,firefox,webkit] [--no-build] [--screenshots]'
const { values: options } = readCommandLine(usage, {
  options: {
    only: { type: 'string' },
    'no-build': { type: 'boolean', default: false },
    screenshots: { type: 'boolean', default: false },
  },
})
const candidates = (() => {
  try {
    return findEngines()
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    process.exit(2)
  }
})()
const names = options.only?.split(',') ?? candidates.map(({ name }) => name)
const unknown = names.find((name) => !candidates.some((candidate) => candidate.name === name))
if (unknown !== undefined) refuse(usage, '--only', unknown, 'chromium, firefox, webkit')

if (!options['no-build'] || !existsSync(path.join(DIST, 'index.html'))) {
  await build({ root: ROOT, logLevel: 'warn' })
}
const page = createPageServer(DIST)
const bare = withoutKernels(page)
const origins = { whole: await listen(page), bare: await listen(bare) }

let passed = 0
let failed = 0
let skipped = 0
const check: Check = async (what, run) => {
  const from = performance.now()
  let told: string
  try {
    const found = await run()
    passed++
    told = `  ok      ${what}${found === undefined ? '' : `: ${found}`}`
  } catch (error) {
    failed++
    told = `  FAILED  ${what}: ${error instanceof Error ? error.message : String(error)}`
  }
  console.log(`${told} (${((performance.now() - from) / 1000).toFixed(1)} s)`)
}

const reference: Reference = new Map()
console.log('\nNode')
await check('gives the curves that the engines are held to', () => curvesOfNode(reference))
for (const { name, start } of candidates) {
  if (!names.includes(name)) continue
  if (typeof start !== 'function') {
    console.log(`\n${name}\n  skipped: ${start.missing}`)
    skipped++
    continue
  }
  let engine: Engine | undefined
  await check(`${name} starts`, async () => {
    engine = await start()
  })
  if (engine === undefined) continue
  console.log(`\n${engine.label}`)
  await check('tells the story to its end', async () => {
    await tell(engine!, origins, reference, check)
  })
  if (options.screenshots)
    await check('is photographed', () => photograph(engine!, name, origins.whole))
  await engine.close()
}
for (const server of [page, bare]) {
  server.closeAllConnections()
  server.close()
}
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed === 0 ? 0 : 1
