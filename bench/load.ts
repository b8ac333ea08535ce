import { spawn, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import { chromium, type Browser } from '@playwright/test'
import { build } from 'vite'
import { fileNamed, readBundleGraph, staticGraph, type BundleFile } from '../scripts/bundleGraph.ts'
import { findChromium } from '../scripts/findChromium.ts'
import type { BenchOptions, Row, Suite } from './rows.ts'
import { summarise } from './statistics.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const DIST = path.join(ROOT, 'dist')
const PROFILES = 7
const QUICK_PROFILES = 3
const FLAGS = ['--no-sandbox', '--disable-background-networking', '--disable-dev-shm-usage']

/** What a fresh profile saw of the start, ms from the start of the navigation. */
interface Start {
  readonly painted: number
  readonly interactive: number
  readonly moving: number
  /** Bytes of bodies as sent, by the page and by its worker. */
  readonly page: number
  readonly worker: number
}

/**
 * Runs in every document before its own scripts. The Langevin canvas says which step it shows in `data-step`, written
 * in the task that draws it; particles move when it has shown a second one.
 */
const WATCH = `
  window.start = {};
  requestAnimationFrame(function look(now) {
    const stage = document.querySelector('[data-testid="stage"]');
    if (stage !== null) window.start.interactive ??= performance.now();
    const canvas = document.querySelector('[data-testid="particles-langevin"]');
    if (canvas !== null && Number(canvas.dataset.step) > 0) {
      window.start.moving = performance.now();
      return;
    }
    requestAnimationFrame(look);
  });
`

function sizes(): Row[] {
  const graph = readBundleGraph(DIST)
  const entries = graph.files.filter(({ kind }) => kind === 'page').map(({ name }) => name)
  const named = (name: string) => fileNamed(graph, name).name
  const first = staticGraph(graph, entries)
  const page = staticGraph(graph, [...entries, named('mount')])
  const compute = staticGraph(graph, [named('compute')])
  const training = staticGraph(graph, [named('compute'), named('backend')])
  const kernels = graph.files.filter(({ name }) => name.endsWith('.wasm'))
  const styles = graph.files.filter(({ name }) => name.endsWith('.css'))
  const fonts = graph.files.filter(({ name }) => /\.(woff2?|ttf|otf)$/.test(name))
  const row = (name: string, files: readonly BundleFile[], most: number | null): Row[] =>
    (['gzip', 'brotli'] as const).map((encoding) => ({
      group: 'Sizes',
      name: `${name}, ${encoding}`,
      unit: 'KB',
      value: files.reduce((sum, file) => sum + file[encoding], 0) / 1000,
      ...(most !== null && encoding === 'gzip'
        ? { bounds: [{ at: 'most', value: most, of: 'value' } as const] }
        : {}),
    }))
  return [
    ...row('script that starts the worker', first, null),
    ...row('all script that the page loads at the start', page, 113),
    ...row('compute worker until particles move', compute, null),
    ...row('compute worker with training in WebAssembly', [...training, ...kernels], 200),
    ...row('analysis worker', staticGraph(graph, [named('analysis')]), null),
    ...row('styles', styles, null),
    ...row('fonts', fonts, null),
  ]
}

async function serve(): Promise<{ address: string; server: ChildProcess }> {
  const server = spawn(
    process.execPath,
    ['--import', 'tsx', 'scripts/serve.ts', '--no-open', '--no-build'],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const address = await new Promise<string>((resolve, reject) => {
    let said = ''
    server.stdout.on('data', (chunk: Buffer) => {
      said += String(chunk)
      const found = /is at (\S+)/.exec(said)?.[1]
      if (found !== undefined) resolve(found)
    })
    server.once('exit', (code) => {
      reject(new Error(`The server ended with ${code}`))
    })
  })
  return { address, server }
}

/** Opens the page in a fresh profile. @param rate how many times slower CDP makes the page's thread */
async function open(browser: Browser, address: string, rate: number): Promise<Start> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  try {
    const page = await context.newPage()
    if (rate > 1) {
      const session = await context.newCDPSession(page)
      await session.send('Emulation.setCPUThrottlingRate', { rate })
    }
    await page.addInitScript(WATCH)
    await page.goto(address, { waitUntil: 'commit' })
    await page.waitForFunction(() => 'moving' in (window as unknown as { start: object }).start)
    const seen = await page.evaluate(() => {
      const { start } = window as unknown as { start: { interactive: number; moving: number } }
      const before = performance
        .getEntriesByType('resource')
        .filter((entry) => entry.startTime < start.moving)
      return {
        ...start,
        painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
        page: before.reduce((sum, e) => sum + (e as PerformanceResourceTiming).encodedBodySize, 0),
      }
    })
    const worker = await page
      .workers()[0]!
      .evaluate(() =>
        performance
          .getEntriesByType('resource')
          .reduce((sum, e) => sum + (e as PerformanceResourceTiming).encodedBodySize, 0),
      )
    return { ...seen, worker }
  } finally {
    await context.close()
  }
}

async function times(options: BenchOptions): Promise<Row[]> {
  const executablePath = findChromium()
  if (executablePath === null) throw new Error('No Chromium found: set CHROMIUM_PATH')
  const { address, server } = await serve()
  const browser = await chromium.launch({ executablePath, args: FLAGS })
  const rows: Row[] = []
  try {
    // The first profile of a browser finds caches of the system cold.
    await open(browser, address, 1)
    for (const [rate, most] of [
      [1, 1],
      [4, 2.5],
    ] as const) {
      const starts: Start[] = []
      const profiles = options.quick ? QUICK_PROFILES : PROFILES
      while (starts.length < profiles) {
        starts.push(await open(browser, address, rate))
        options.log(`start ${starts.length} of ${profiles}, processor ÷ ${rate}`)
      }
      const row = (name: string, of: (start: Start) => number): Row => ({
        group: rate === 1 ? 'Start' : `Start, page’s thread ${rate} times slower`,
        name,
        unit: 's',
        ...summarise(starts.map((start) => of(start) / 1000)),
      })
      rows.push(
        row('first contentful paint', ({ painted }) => painted),
        row('controls are there', ({ interactive }) => interactive),
        {
          ...row('first moving particles', ({ moving }) => moving),
          bounds: [{ at: 'most', value: most, of: 'value' }],
        },
      )
      if (rate === 1)
        rows.push(
          {
            ...row('fetched by the page until then, as sent', ({ page }) => page),
            unit: 'KB',
          },
          {
            ...row('fetched by its worker until then, as sent', ({ worker }) => worker),
            unit: 'KB',
          },
        )
    }
  } finally {
    await browser.close()
    server.kill()
  }
  return rows
}

/** How much the page loads, and how soon particles move in a fresh profile: of the production build, on localhost. */
export const load: Suite = async (options) => {
  await build({ root: ROOT, logLevel: 'warn' })
  return [...sizes(), ...(await times(options))]
}
