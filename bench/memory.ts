import { execFileSync } from 'node:child_process'
import { chromium, type Browser, type Page } from '@playwright/test'
import { ensureChromium } from '../scripts/findChromium.ts'
import { parseScene } from '../src/lab/scene/decode.ts'
import { encodeHash } from '../src/lab/scene/urlCodec.ts'
import type { BenchOptions, Row } from './rows.ts'
import { servePage } from './serve.ts'
import { quantile, slope, summarise } from './statistics.ts'

/** Code is compiled, buffers and caches fill: not counted. Share of the time. */
const WARM_UP = 0.2
const SAMPLES = 60
const PARTICLES = 20_000
const MEBI = 2 ** 20

interface Sample {
  /** Minutes since the first. */
  readonly at: number
  /** Resident memory of the page's process, workers and compiled code included, MiB. */
  readonly resident: number
  /** JavaScript heap of the page, MiB. */
  readonly heap: number
  readonly trainingStep: number
}

/** Of the renderer processes together: a page alone has one that matters. */
async function residentMemory(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  const ids = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => String(id))
  const said = execFileSync('ps', ['-o', 'rss=', '-p', ids.join(',')], { encoding: 'utf8' })
  return said.split(/\s+/).reduce((sum, text) => sum + Number(text) / 1024, 0)
}

/** Garbage first, in the page and in its workers: what is left is what is held. */
async function collectGarbage(page: Page): Promise<void> {
  const collect = () => {
    ;(globalThis as { gc?: () => void }).gc?.()
  }
  await page.evaluate(collect)
  await Promise.all(page.workers().map((worker) => worker.evaluate(collect)))
}

/** Learns the scene again whenever it has been learned, and lets the result play in between. */
async function keepBusy(page: Page): Promise<void> {
  const stage = page.getByTestId('stage')
  const status = await stage.getAttribute('data-status')
  if (status === 'training') return
  const learn = page.getByRole('button', { name: 'Learn it' })
  if (await learn.isVisible()) await learn.click()
  else if (status === 'stopped')
    await page.getByRole('button', { name: 'Train', exact: true }).click()
}

async function sample(browser: Browser, page: Page, start: number): Promise<Sample> {
  await collectGarbage(page)
  const { usedSize } = await page
    .context()
    .newCDPSession(page)
    .then(async (session) => {
      // Whatever came since the call above: a full collection, the last thing before the look.
      await session.send('HeapProfiler.collectGarbage')
      const usage = await session.send('Runtime.getHeapUsage')
      await session.detach()
      return usage
    })
  const step = await page.getByTestId('stage').getAttribute('data-training-step')
  return {
    at: (performance.now() - start) / 60_000,
    resident: await residentMemory(browser),
    heap: usedSize / MEBI,
    trainingStep: Number(step ?? 0),
  }
}

/** Share of the mean that memory may stray by, %. */
const STRAY = 5
/** Where STRAY of the mean is less than this, MB, this is what may come and go with the frames. */
const STRAY_LEAST = 2

/**
 * Level, spread around the mean and trend of a quantity over the samples after the warm-up: the spread held to ± 5 %, or to
 * ± 2 MB where that is more, the trend to ± 5 %.
 * @param points minutes and MiB
 */
export function flatness(group: string, points: readonly (readonly [number, number])[]): Row[] {
  const values = points.map(([, value]) => value)
  const level = summarise(values)
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const deviations = values.map((value) => Math.abs(value - mean)).sort((a, b) => a - b)
  const inMegabytes = MEBI / 1e6
  const absolute = (STRAY / 100) * mean * inMegabytes < STRAY_LEAST
  const [scale, unit, most] = absolute
    ? ([inMegabytes, 'MB', STRAY_LEAST] as const)
    : ([100 / mean, '%', STRAY] as const)
  const minutes = points.at(-1)![0] - points[0]![0]
  const drift = (100 * slope(points) * minutes) / level.value
  return [
    { group, name: 'level', unit: 'MiB', ...level },
    {
      group,
      name: 'deviation from its mean, 95 % of the samples',
      unit,
      value: scale * quantile(deviations, 0.95),
      bounds: [{ at: 'most', value: most, of: 'value' }],
      note: `${(scale * deviations.at(-1)!).toFixed(2)} ${unit} at most${
        absolute ? `; ${STRAY} % of so small a mean is less than ${STRAY_LEAST} MB` : ''
      }.`,
    },
    {
      group,
      name: 'trend over the whole time, either way',
      unit: '%',
      value: Math.abs(drift),
      bounds: [{ at: 'most', value: STRAY, of: 'value' }],
      note: `${drift >= 0 ? 'rising' : 'falling'}, by least squares over ${minutes.toFixed(1)} minutes.`,
    },
  ]
}

/** `npm run bench -- memory --minutes N`: training and moving particles without a pause, the memory looked at. */
export async function measureMemory(options: BenchOptions): Promise<Row[]> {
  const minutes = options.quick ? Math.min(1, options.minutes) : options.minutes
  const parsed = parseScene({
    target: { kind: 'two-moons', sharpness: 1 },
    dynamics: { particles: PARTICLES },
    training: { steps: 200_000 },
  })
  if ('error' in parsed) throw new Error(`${parsed.error.field}: ${parsed.error.found}`)
  const { server, address } = await servePage()
  const browser = await chromium.launch({
    executablePath: ensureChromium(),
    args: [
      ...['--no-sandbox', '--disable-background-networking', '--disable-dev-shm-usage'],
      '--js-flags=--expose-gc',
    ],
  })
  const samples: Sample[] = []
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } })
    await page.goto(`${address}/${encodeHash(parsed.scene)}`)
    await page.waitForSelector('[data-testid="stage"]:not([data-run="0"])', {
      state: 'attached',
      timeout: 120_000,
    })
    const start = performance.now()
    for (let k = 0; k < SAMPLES; k++) {
      await keepBusy(page)
      const until = start + ((k + 1) / SAMPLES) * minutes * 60_000
      await page.waitForTimeout(Math.max(0, until - performance.now()))
      samples.push(await sample(browser, page, start))
      if (k % 6 === 5) {
        const { at, resident, heap, trainingStep } = samples.at(-1)!
        options.log(
          `${at.toFixed(1)} min: ${resident.toFixed(0)} MiB resident, heap ${heap.toFixed(1)} MiB, training step ${trainingStep}`,
        )
      }
    }
  } finally {
    await browser.close()
    server.kill()
  }
  if (!samples.some(({ trainingStep }) => trainingStep > 0))
    throw new Error('nothing was trained while the memory was looked at')
  const kept = samples.slice(Math.floor(WARM_UP * SAMPLES))
  return [
    ...flatness(
      'Resident memory of the page’s process, workers included',
      kept.map(({ at, resident }) => [at, resident]),
    ),
    ...flatness(
      'JavaScript heap of the page',
      kept.map(({ at, heap }) => [at, heap]),
    ),
  ]
}
