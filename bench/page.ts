import { spawn, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { chromium, type Browser, type Page } from '@playwright/test'
import { parseScene } from '../src/lab/scene/reading/decode.ts'
import { encodeHash } from '../src/lab/scene/link/urlCodec.ts'
import { ensureChromium } from '../scripts/findChromium.ts'
import type { Bound, Row, Suite } from './rows.ts'
import { quantile } from './statistics.ts'
import { readTrace, TRACE_CATEGORIES, type FrameFigures, type TraceEvent } from './trace.ts'

export interface PageOptions {
  /** Particles of each cloud. */
  readonly particles: number
  /** How long each situation is traced, s. */
  readonly seconds: number
  /** Only the situations whose names contain one of these; all where empty. */
  readonly only?: readonly string[]
  /** A folder for the raw traces, to be opened in the browser's own tools. */
  readonly traces?: string
  readonly log: (line: string) => void
}

const ROOT = path.resolve(import.meta.dirname, '..')
/** A run is younger than this while it starts, ms: code is compiled, laws are previewed. */
const SETTLE = 4000
const FROM = 'bench:from'
const TO = 'bench:to'

/** A situation of the page: how it comes about, and what is asked of it. */
interface Situation {
  readonly name: string
  /** The scene, as a person would write it. */
  readonly scene: object
  readonly speed: number
  /** Brings it about, once the page plays. */
  readonly enter?: (page: Page) => Promise<void>
  readonly wanted: {
    readonly mainFrames?: number
    readonly positions?: number
    /** Main-thread time on a processor, 95th percentile, ms a frame. */
    readonly frameTime?: number
    /** The same, ms a second. */
    readonly busy?: number
    /** How many, by time on a processor. */
    readonly longTasks?: number
  }
}

function situations(particles: number): readonly Situation[] {
  const moons = { energy: { kind: 'pretrained', name: 'two-moons' } }
  const playing = { ...moons, dynamics: { particles, steps: 20_000 } }
  return [
    {
      name: 'playing',
      scene: playing,
      speed: 60,
      wanted: { mainFrames: 55, positions: 20, frameTime: 6, longTasks: 0 },
    },
    {
      // Few enough steps that every one is kept: what it costs the page to show positions as fast as it draws them.
      name: 'replaying',
      scene: { ...moons, dynamics: { particles, steps: 60 } },
      speed: 60,
      enter: async (page) => {
        await waitForStatus(page, 'stopped')
        await page.evaluate(() => {
          const stage = document.querySelector<HTMLElement>('[data-testid="stage"]')!
          const button = document.querySelector<HTMLElement>('[aria-label="Restart"]')!
          new MutationObserver(() => {
            if (stage.dataset['status'] === 'stopped') button.click()
          }).observe(stage, { attributeFilter: ['data-status'] })
          button.click()
        })
      },
      wanted: { mainFrames: 55, positions: 20, frameTime: 6, longTasks: 0 },
    },
    {
      name: 'training',
      scene: { dynamics: { particles }, training: { steps: 200_000 } },
      speed: 60,
      enter: async (page) => {
        await page.getByRole('button', { name: 'Learn it' }).click()
        await waitForStatus(page, 'training')
        await page.waitForFunction(
          () =>
            Number(
              document.querySelector<HTMLElement>('[data-testid="stage"]')!.dataset['trainingStep'],
            ) > 0,
        )
      },
      wanted: { mainFrames: 30, frameTime: 6, longTasks: 0 },
    },
    {
      // Of a run whose laws are known to the end: nothing is left to be done.
      name: 'paused',
      scene: { ...moons, dynamics: { particles, steps: 200 } },
      speed: 10,
      enter: async (page) => {
        await page.waitForSelector('[data-testid="stage"][data-laws="done"]', { timeout: 120_000 })
        await page.getByRole('button', { name: 'Pause', exact: true }).click()
        await waitForStatus(page, 'paused')
      },
      wanted: { busy: 5 },
    },
  ]
}

async function waitForStatus(page: Page, status: string): Promise<void> {
  await page.waitForSelector(`[data-testid="stage"][data-status="${status}"]`, {
    state: 'attached',
    timeout: 120_000,
  })
}

/** Counts how often a panel shows other positions, from here on; read with `positionsShown`. */
export async function countPositions(page: Page): Promise<void> {
  await page.evaluate(() => {
    const counts: Record<string, number> = {}
    for (const flow of ['langevin', 'deterministic']) {
      counts[flow] = 0
      const canvas = document.querySelector(`[data-testid="particles-${flow}"]`)!
      new MutationObserver(() => {
        counts[flow]! += 1
      }).observe(canvas, { attributeFilter: ['data-step'] })
    }
    ;(window as { benchPositions?: Record<string, number> }).benchPositions = counts
  })
}

/** Of the panel that shows fewer. */
async function positionsShown(page: Page): Promise<number> {
  return page.evaluate(() =>
    Math.min(
      ...Object.values(
        (window as { benchPositions?: Record<string, number> }).benchPositions ?? {},
      ),
    ),
  )
}

/**
 * The browser's own trace of a stretch of the page; `countPositions` must have been called.
 * @param acting what goes on meanwhile; default: nothing for so many seconds
 */
export async function trace(
  browser: Browser,
  page: Page,
  seconds: number,
  file: string | null,
  acting: () => Promise<void> = () => page.waitForTimeout(1000 * seconds),
): Promise<FrameFigures & { readonly positions: number }> {
  await browser.startTracing(page, { categories: TRACE_CATEGORIES })
  const mark = (name: string): Promise<number> =>
    page.evaluate((label) => performance.mark(label).startTime, name)
  await mark(FROM)
  const before = await positionsShown(page)
  await acting()
  const after = await positionsShown(page)
  await mark(TO)
  const bytes = await browser.stopTracing()
  if (file !== null) writeFileSync(file, bytes)
  const { traceEvents } = JSON.parse(bytes.toString()) as { traceEvents: TraceEvent[] }
  const figures = readTrace(traceEvents, FROM, TO)
  return { ...figures, positions: (after - before) / figures.seconds }
}

function rowsOf(
  { name: group, wanted }: Situation,
  figures: FrameFigures & { readonly positions: number },
): Row[] {
  const sorted = (values: readonly number[]) =>
    values.length === 0 ? [0] : values.toSorted(rising)
  const times = sorted(figures.frameTimes)
  const cpuTimes = sorted(figures.frameCpuTimes)
  const { longTasks, longCpuTasks } = figures
  const bounds = (at: Bound['at'], value: number | undefined): Pick<Row, 'bounds'> =>
    value === undefined ? {} : { bounds: [{ at, value, of: 'value' }] }
  const rate = (name: string, value: number, least?: number): Row => {
    return { group, name, value, unit: '1/s', better: 'more', ...bounds('least', least) }
  }
  const time = (name: string, value: number, most?: number): Row => {
    return { group, name, value, unit: 'ms', ...bounds('most', most) }
  }
  return [
    rate('animation frames served', figures.mainFrames, wanted.mainFrames),
    rate('new positions, in the panel that has fewer', figures.positions, wanted.positions),
    rate('frames with a new picture', figures.presented),
    { ...rate('frames dropped', figures.dropped), better: 'less' },
    time('main thread a frame, median', quantile(times, 0.5)),
    time('main thread a frame, 95th percentile', quantile(times, 0.95)),
    time('of it on a processor, median', quantile(cpuTimes, 0.5)),
    time('of it on a processor, 95th percentile', quantile(cpuTimes, 0.95), wanted.frameTime),
    { group, name: 'tasks over 50 ms', value: longTasks.length, unit: '' },
    time('the longest of them', Math.max(0, ...longTasks)),
    {
      group,
      name: 'tasks over 50 ms on a processor',
      value: longCpuTasks.length,
      unit: '',
      ...bounds('most', wanted.longTasks),
    },
    { ...time('main thread', figures.busy), unit: 'ms/s' },
    { ...time('main thread, on a processor', figures.busyCpu, wanted.busy), unit: 'ms/s' },
  ]
}

const rising = (a: number, b: number): number => a - b

/** The built page on a port of its own. */
export async function serve(): Promise<{
  readonly server: ChildProcess
  readonly address: string
}> {
  const server = spawn(process.execPath, ['--import', 'tsx', 'scripts/serve.ts', '--no-open'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: server.stdout })) {
    const address = /http:\/\/\S+/u.exec(line)?.[0]
    if (address !== undefined) return { server, address }
  }
  throw new Error('the server did not start')
}

/**
 * Opens the built page in a real Chromium, brings about one situation after another and reads the browser's own
 * trace of it: animation frames, pictures and positions a second, main-thread time a frame, long tasks.
 */
export async function measurePage(options: PageOptions): Promise<Row[]> {
  const { particles, seconds, only = [], traces = null, log } = options
  const { server, address } = await serve()
  const browser = await chromium.launch({
    executablePath: ensureChromium(),
    args: ['--no-sandbox', '--disable-background-networking', '--disable-dev-shm-usage'],
  })
  const rows: Row[] = []
  try {
    for (const situation of situations(particles)) {
      if (only.length > 0 && !only.some((part) => situation.name.includes(part))) continue
      log(`page: ${situation.name}`)
      const parsed = parseScene({ ...situation.scene, view: { speed: situation.speed } })
      if ('error' in parsed) throw new Error(`${parsed.error.field}: ${parsed.error.found}`)
      const page = await browser.newPage({ viewport: { width: 1280, height: 720 } })
      await page.goto(`${address}/${encodeHash(parsed.scene)}`)
      await page.waitForSelector('[data-testid="stage"]:not([data-run="0"])', {
        state: 'attached',
        timeout: 120_000,
      })
      await situation.enter?.(page)
      await page.waitForTimeout(SETTLE)
      await countPositions(page)
      const file = traces === null ? null : path.join(traces, `${situation.name}.json`)
      rows.push(...rowsOf(situation, await trace(browser, page, seconds, file)))
      await page.close()
    }
  } finally {
    await browser.close()
    server.kill()
  }
  return rows
}

/** `npm run bench -- page`: two clouds of 100,000 particles in each situation. */
export const page: Suite = (options) =>
  measurePage({
    particles: 100_000,
    seconds: options.quick ? 3 : 10,
    log: (line) => {
      options.log(line)
    },
  })
