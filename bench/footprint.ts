import { execFileSync } from 'node:child_process'
import type { Browser, Page } from '@playwright/test'
import type { Row } from './rows.ts'
import { quantile, slope, summarise } from './statistics.ts'

const MEBI = 2 ** 20

/** What a page holds once all garbage is gone. */
export interface Footprint {
  /** Resident memory of the page's process, workers and compiled code included, MiB. */
  readonly resident: number
  /** JavaScript heap of the page, MiB. */
  readonly heap: number
  readonly listeners: number
  readonly nodes: number
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

/** Looks at a page, garbage collected first. */
export async function footprint(browser: Browser, page: Page): Promise<Footprint> {
  await collectGarbage(page)
  const session = await page.context().newCDPSession(page)
  // Whatever came since the call above: a full collection, the last thing before the look.
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters')
  await session.detach()
  return {
    resident: await residentMemory(browser),
    heap: usedSize / MEBI,
    listeners: jsEventListeners,
    nodes,
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
