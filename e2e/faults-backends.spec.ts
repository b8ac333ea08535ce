import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { openScene, scene, stage, waitForHalt } from './lab.ts'
import { elapse, injectInto, hangsIn, workerOf } from './workerFaults.ts'

test.use({ contextOptions: { reducedMotion: 'reduce' }, actionTimeout: 30_000 })

const QUICK = scene({
  target: { kind: 'two-gaussians' },
  energy: { kind: 'trained' },
  training: { objective: 'score-matching', steps: 4, backend: 'auto' },
  domain: { cells: 32 },
  dynamics: { steps: 5, particles: 64 },
})

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

/** The energy at hand says itself by which backend it was trained: whether "running" is seen is left open. */
async function isTrained(page: Page, backend: string): Promise<void> {
  await expect(stage(page)).toHaveAttribute('data-training', 'finished', { timeout: 90_000 })
  await expect
    .poll(() => page.evaluate(() => window.lyapunovLab!.runScene()?.energy), { timeout: 90_000 })
    .toMatchObject({ kind: 'shelf', recipe: { training: { backend } } })
  await expect(stage(page)).toHaveAttribute('data-training', 'finished')
  await expect(stage(page)).toHaveAttribute('data-status', 'idle')
}

/** Uses up one limit of the compute worker after another: which of them is waited for first is left open. */
async function elapseUntilTrained(page: Page, seconds: number): Promise<void> {
  await expect(async () => {
    await elapse(page, 'compute', seconds)
    await expect(stage(page)).toHaveAttribute('data-training', 'finished', { timeout: 1000 })
  }).toPass({ timeout: 90_000 })
}

/** What of a GPU can be broken: each but the last then answers nothing, the last gives no numbers. */
type Broken =
  'requestAdapter' | 'requestDevice' | 'createComputePipelineAsync' | 'mapAsync' | 'getMappedRange'

/** A switch in the compute worker, beside the faults that look at it. */
async function breakNow(page: Page, what: Broken | ''): Promise<void> {
  const worker = await workerOf(page, 'compute')
  await worker.evaluate((broken) => {
    Object.assign(globalThis, { broken, hung: false })
  }, what)
}

/** Runs in the worker. @param first what is broken from the start */
function breaksWhereAsked(first: string): void {
  const scope = globalThis as unknown as { broken: string }
  scope.broken = first
  const replace = (
    prototype: object,
    name: Broken,
    broken: (right: () => unknown) => unknown = () => globalThis.hang(),
  ) => {
    const method = Reflect.get(prototype, name) as (...given: unknown[]) => unknown
    Reflect.set(prototype, name, function (this: unknown, ...given: unknown[]) {
      const right = () => method.apply(this, given)
      return scope.broken === name ? broken(right) : right()
    })
  }
  replace(GPU.prototype, 'requestAdapter')
  replace(GPUAdapter.prototype, 'requestDevice')
  replace(GPUDevice.prototype, 'createComputePipelineAsync')
  replace(GPUBuffer.prototype, 'mapAsync')
  replace(GPUBuffer.prototype, 'getMappedRange', (right) => {
    const range = right() as ArrayBuffer
    new Float32Array(range).fill(Number.NaN)
    return range
  })
}

test('any backend after another trains: Recipe, backend, Train', async ({ page }) => {
  await openScene(page, { ...QUICK, training: { ...QUICK.training, backend: 'wasm' } })
  await expect(stage(page)).toHaveAttribute('data-backend', 'wasm')
  await page.locator('summary', { hasText: 'Recipe' }).click()
  // Of a software adapter auto takes nothing.
  const used = { auto: 'wasm', webgpu: 'webgpu', wasm: 'wasm', cpu: 'cpu' }
  for (const choice of ['cpu', 'auto', 'webgpu', 'cpu', 'wasm'] as const) {
    await page.getByRole('combobox', { name: 'Backend' }).selectOption(choice)
    await press(page, 'Train')
    await isTrained(page, used[choice])
  }
})

const NEVER_OPENING = {
  'an adapter': {
    backend: 'auto',
    broken: 'requestAdapter',
    seconds: 8,
    word: /WebGPU did not answer within 8 s/,
  },
  'a device': {
    backend: 'webgpu',
    broken: 'requestDevice',
    seconds: 8,
    word: /the GPU adapter did not answer within 8 s/,
  },
  'a compiler': {
    backend: 'webgpu',
    broken: 'createComputePipelineAsync',
    seconds: 45,
    word: /the GPU's compiler did not answer within 45 s/,
  },
} as const

for (const [what, { backend, broken, seconds, word }] of Object.entries(NEVER_OPENING))
  test(`${what} that never answers: after its limit the next backend trains`, async ({ page }) => {
    await injectInto(page, 'compute', breaksWhereAsked, broken)
    await openScene(page, { ...QUICK, training: { ...QUICK.training, backend } })
    await press(page, 'Train')
    await expect(stage(page)).toHaveAttribute('data-training', 'starting')
    await hangsIn(page, 'compute')
    await elapse(page, 'compute', seconds)
    await isTrained(page, 'wasm')
    await expect(page.getByText(word).first()).toBeAttached()
  })

// One page for all: opening it, and the device in it, takes longer than they do.
test('a GPU that breaks while it trains: the next backend goes on', async ({ page }) => {
  await injectInto(page, 'compute', breaksWhereAsked)
  const training = { ...QUICK.training, steps: 200, backend: 'webgpu' as const }
  await openScene(page, { ...QUICK, training })
  const trainUntil = async (broken: Broken) => {
    await breakNow(page, '')
    await press(page, 'Train')
    await expect(stage(page)).toHaveAttribute('data-backend', 'webgpu', { timeout: 90_000 })
    await expect(stage(page)).toHaveAttribute('data-training', 'running', { timeout: 90_000 })
    await breakNow(page, broken)
  }

  await test.step('a read-back that never answers, waited for: the training goes on where it stood', async () => {
    await trainUntil('mapAsync')
    await hangsIn(page, 'compute')
    // However slow the device has been so far.
    await elapse(page, 'compute', 3600)
    await isTrained(page, 'wasm')
    await expect(
      page
        .getByText(/failed: the GPU did not answer within .* s; training goes on with WebAssembly/)
        .first(),
    ).toBeAttached()
  })

  await test.step('buffers of a GPU that hold no numbers: the backend is changed, not the rate', async () => {
    await trainUntil('getMappedRange')
    await isTrained(page, 'wasm')
    await expect(
      page.getByText(/values that are not numbers; training goes on/).first(),
    ).toBeAttached()
    await expect(page.getByText(/learning rate to 1\//)).toHaveCount(0)
  })

  await test.step('a read-back that never answers: Start over works meanwhile, and the next backend trains', async () => {
    await trainUntil('mapAsync')
    await hangsIn(page, 'compute')
    await page.getByRole('button', { name: 'Start over' }).click()
    // The device is asked for once more by its name, and does not answer.
    await elapseUntilTrained(page, 20)
    await isTrained(page, 'wasm')
  })
})

test('kernels that never arrive: the lab opens, samples and trains without them', async ({
  page,
}) => {
  await injectInto(page, 'compute')
  await page.route('**/*.wasm', () => new Promise(() => {}))
  await openScene(
    page,
    scene({ ...QUICK, energy: { kind: 'pretrained', name: 'two-moons' }, view: { speed: 240 } }),
    { haltAt: 5 },
  )
  await press(page, 'Play')
  await waitForHalt(page, 5)
  await press(page, 'Train')
  await elapseUntilTrained(page, 10)
  await isTrained(page, 'cpu')
  await expect(
    page.getByText(/the WebAssembly module did not answer within 10 s/).first(),
  ).toBeAttached()
})
