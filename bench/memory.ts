import { chromium, type Browser, type Page } from '@playwright/test'
import { ensureChromium } from '../scripts/findChromium.ts'
import { parseScene } from '../src/lab/scene/reading/decode.ts'
import { encodeHash } from '../src/lab/scene/link/urlCodec.ts'
import type { BenchOptions, Row } from './rows.ts'
import { flatness, footprint, type Footprint } from './footprint.ts'
import { servePage } from './serve.ts'

/** Code is compiled, buffers and caches fill: not counted. Share of the time. */
const WARM_UP = 0.2
const SAMPLES = 60
const PARTICLES = 20_000

interface Sample extends Pick<Footprint, 'resident' | 'heap'> {
  /** Minutes since the first. */
  readonly at: number
  readonly trainingStep: number
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
  const { resident, heap } = await footprint(browser, page)
  const step = await page.getByTestId('stage').getAttribute('data-training-step')
  return {
    at: (performance.now() - start) / 60_000,
    resident,
    heap,
    trainingStep: Number(step ?? 0),
  }
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
