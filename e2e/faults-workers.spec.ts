import { test as plain, type Page, type Worker } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { followed, openScene, openWithin, scene, stage } from './lab.ts'
import { beatUntil, haltBeats, injectInto, workerOf, type WorkerName } from './workerFaults.ts'

const FAULTS = {
  closes: (worker: Worker) =>
    worker.evaluate(() => {
      globalThis.close()
    }),
  hangs: (worker: Worker) =>
    worker.evaluate(() => {
      for (;;);
    }),
} as const

async function strike(page: Page, name: WorkerName, fault: keyof typeof FAULTS): Promise<void> {
  const worker = await workerOf(page, name)
  // Of a worker that is gone, or never comes back, no answer comes either.
  void FAULTS[fault](worker).catch(() => undefined)
}

const notices = (page: Page) => page.getByRole('region', { name: 'Messages' })
const training = (page: Page) => page.evaluate(() => window.lyapunovLab!.training())

const SMALL = { domain: { cells: 32 }, dynamics: { steps: 5000, particles: 256 } }
const PLAYING = scene({
  domain: { cells: 32 },
  dynamics: { steps: 800, particles: 64 },
  target: { kind: 'two-gaussians' },
  energy: { kind: 'exact' },
  view: { speed: 1 },
})
const LEARNING = scene({
  ...SMALL,
  target: { kind: 'two-gaussians' },
  energy: { kind: 'trained' },
  training: { objective: 'quadrature', steps: 20_000, backend: 'wasm' },
})

test('a compute worker that closes or hangs is replaced: the training goes on from its last checkpoint, then the particles do', async ({
  page,
}) => {
  await haltBeats(page)
  await openScene(page, LEARNING)
  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await test.step('a clock that is set back an hour stops no figure and makes no time negative', async () => {
    await expect
      .poll(async () => (await training(page)).step, { timeout: 60_000 })
      .toBeGreaterThan(50)
    const setBack = () => {
      const now = performance.now.bind(performance)
      performance.now = () => now() - 3_600_000
      const today = Date.now.bind(Date)
      Date.now = () => today() - 3_600_000
    }
    const before = await training(page)
    await (await workerOf(page, 'compute')).evaluate(setBack)
    await page.evaluate(setBack)
    await expect
      .poll(async () => (await training(page)).step, { timeout: 60_000 })
      .toBeGreaterThan(before.step + 50)
    const after = await training(page)
    expect(after.elapsedSeconds).toBeGreaterThan(before.elapsedSeconds)
    expect(after.remainingSeconds ?? 0).toBeGreaterThanOrEqual(0)
    expect(after.stepsPerSecond).toBeGreaterThanOrEqual(0)
  })

  for (const fault of ['hangs', 'closes'] as const) {
    const before = (await training(page)).step
    await expect
      .poll(async () => (await training(page)).step, { timeout: 60_000 })
      .toBeGreaterThan(before + 300)
    const struck = await workerOf(page, 'compute')
    await strike(page, 'compute', fault)
    await beatUntil(page, 'compute', 'another')
    await expect(notices(page)).toContainText('the training goes on from its last checkpoint', {
      timeout: 60_000,
    })
    await page.getByRole('button', { name: 'Dismiss message' }).first().click()
    expect(await workerOf(page, 'compute')).not.toBe(struck)
    const from = (await training(page)).step
    expect(from).toBeGreaterThan(0)
    await expect
      .poll(async () => (await training(page)).step, { timeout: 60_000 })
      .toBeGreaterThan(from)
  }
  await openWithin(page, PLAYING)
  const step = async () => Number(await stage(page).getAttribute('data-step'))
  await expect.poll(step).toBeGreaterThan(10)
  await strike(page, 'compute', 'hangs')
  await beatUntil(page, 'compute', 'another')
  await expect(notices(page)).toContainText('The compute worker stopped and was started again.', {
    timeout: 60_000,
  })
  const reached = await step()
  await expect(stage(page)).toHaveAttribute('data-status', 'running')
  await expect.poll(step, { timeout: 60_000 }).toBeGreaterThan(reached)
})

test('an analysis worker that closes or hangs is replaced: the curve comes, and nothing is followed for ever', async ({
  page,
}) => {
  await haltBeats(page)
  const exact = scene({
    energy: {
      kind: 'quadratic',
      center: [0.4, 0],
      matrix: [
        [2, 0],
        [0, 1],
      ],
    },
    domain: { cells: 64 },
    dynamics: { stepSize: 0.05, steps: 100, particles: 256 },
  })
  const comes = async () => {
    await beatUntil(page, 'analysis', 'another')
    expect((await followed(page)).curves.klExact.at(-1)).not.toBeNull()
  }
  await injectInto(page, 'analysis', () => {
    addEventListener('message', (event: MessageEvent<{ name?: string }>) => {
      if (event.data.name !== 'analyse') return
      event.stopImmediatePropagation()
      close()
    })
  })
  const closed = page.waitForEvent('worker', (one) => one.url().includes('/assets/analysis-'))
  await openScene(page, exact)
  await closed
  await page.unroute('**/analysis-*.js')
  await comes()

  await (
    await workerOf(page, 'analysis')
  ).evaluate(() => {
    addEventListener('message', (event: MessageEvent<{ name?: string }>) => {
      while (event.data.name === 'analyse');
    })
  })
  await openWithin(page, { ...exact, seed: 2 })
  await comes()
})

const START_FAULTS = {
  'has no script': { status: 404, body: 'not found' },
  'throws at its start': {
    contentType: 'text/javascript',
    body: 'throw new Error("at its start")',
  },
  'closes at its start': { contentType: 'text/javascript', body: 'self.close()' },
} as const

for (const [fault, answer] of Object.entries(START_FAULTS)) {
  plain(
    `a worker that ${fault} is said in a sentence, and tried again when asked`,
    async ({ page }) => {
      await haltBeats(page)
      for (const name of ['analysis', 'compute'])
        await page.route(`**/assets/${name}-*.js`, (route) => route.fulfill(answer))
      await openScene(page, PLAYING)
      const ended = 'The compute worker stopped again and again.'
      await beatUntil(page, 'compute', { words: ended }, 'broken')
      await expect(stage(page)).toHaveAttribute('data-status', 'error')
      await page.unroute('**/assets/compute-*.js')
      await page.getByRole('button', { name: 'Play', exact: true }).click()
      await expect(stage(page)).toHaveAttribute('data-status', 'running')

      const missing = 'The exact curves of this run are missing'
      await beatUntil(page, 'analysis', { words: missing }, 'broken')
      await expect(stage(page)).toHaveAttribute('data-laws', 'done')
      await expect(notices(page)).toContainText(missing)
      await expect(page.getByText('is being followed')).toHaveCount(0)
      await page.unroute('**/assets/analysis-*.js')
      await page.getByRole('slider', { name: 'Temperature ε' }).press('ArrowRight')
      await beatUntil(page, 'analysis', 'curves')
    },
  )
}
