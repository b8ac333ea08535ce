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

/** A switch in the compute worker that a fault looks at. */
async function breakNow(page: Page): Promise<void> {
  const worker = await workerOf(page, 'compute')
  await worker.evaluate(() => {
    ;(globalThis as unknown as { broken: boolean }).broken = true
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

/** Once broken, the GPU answers no read-back. */
function answersNothing(): void {
  const map = Object.getOwnPropertyDescriptor(GPUBuffer.prototype, 'mapAsync')!.value as (
    this: GPUBuffer,
    ...args: Parameters<GPUBuffer['mapAsync']>
  ) => Promise<undefined>
  GPUBuffer.prototype.mapAsync = function (...args) {
    const { broken } = globalThis as unknown as { broken?: boolean }
    return broken === true ? globalThis.hang() : map.apply(this, args)
  }
}

/** Once broken, what is read back from the GPU is no number. */
function holdsNoNumbers(): void {
  const read = Object.getOwnPropertyDescriptor(GPUBuffer.prototype, 'getMappedRange')!.value as (
    this: GPUBuffer,
    ...args: Parameters<GPUBuffer['getMappedRange']>
  ) => ArrayBuffer
  GPUBuffer.prototype.getMappedRange = function (...args) {
    const range = read.apply(this, args)
    const { broken } = globalThis as unknown as { broken?: boolean }
    if (broken === true) new Float32Array(range).fill(Number.NaN)
    return range
  }
}

const NEVER_OPENING = {
  'an adapter': {
    backend: 'auto',
    seconds: 8,
    word: /WebGPU did not answer within 8 s/,
    fault: () => {
      navigator.gpu.requestAdapter = () => globalThis.hang()
    },
  },
  'a device': {
    backend: 'webgpu',
    seconds: 8,
    word: /the GPU adapter did not answer within 8 s/,
    fault: () => {
      GPUAdapter.prototype.requestDevice = () => globalThis.hang()
    },
  },
  'a compiler': {
    backend: 'webgpu',
    seconds: 45,
    word: /the GPU's compiler did not answer within 45 s/,
    fault: () => {
      GPUDevice.prototype.createComputePipelineAsync = () => globalThis.hang()
    },
  },
} as const

for (const [what, { backend, seconds, word, fault }] of Object.entries(NEVER_OPENING))
  test(`${what} that never answers: after its limit the next backend trains`, async ({ page }) => {
    await injectInto(page, 'compute', fault)
    await openScene(page, { ...QUICK, training: { ...QUICK.training, backend } })
    await press(page, 'Train')
    await expect(stage(page)).toHaveAttribute('data-training', 'starting')
    await hangsIn(page, 'compute')
    await elapse(page, 'compute', seconds)
    await isTrained(page, 'wasm')
    await expect(page.getByText(word).first()).toBeAttached()
  })

test('a read-back that never answers: Start over works meanwhile, and the next backend trains', async ({
  page,
}) => {
  await injectInto(page, 'compute', answersNothing)
  const training = { ...QUICK.training, steps: 200, backend: 'webgpu' as const }
  await openScene(page, { ...QUICK, training })
  await expect(stage(page)).toHaveAttribute('data-backend', 'webgpu', { timeout: 90_000 })
  await press(page, 'Train')
  await expect(stage(page)).toHaveAttribute('data-training', 'running', { timeout: 60_000 })
  await breakNow(page)
  await hangsIn(page, 'compute')
  await page.getByRole('button', { name: 'Start over' }).click()
  // The device is asked for once more by its name, and does not answer.
  await elapseUntilTrained(page, 20)
  await isTrained(page, 'wasm')
})

test('a read-back that never answers, waited for: the training goes on where it stood', async ({
  page,
}) => {
  await injectInto(page, 'compute', answersNothing)
  const training = { ...QUICK.training, steps: 200, backend: 'webgpu' as const }
  await openScene(page, { ...QUICK, training })
  await expect(stage(page)).toHaveAttribute('data-backend', 'webgpu', { timeout: 90_000 })
  await press(page, 'Train')
  await expect(stage(page)).toHaveAttribute('data-training', 'running', { timeout: 60_000 })
  await breakNow(page)
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

test('buffers of a GPU that hold no numbers: the backend is changed, not the rate', async ({
  page,
}) => {
  await injectInto(page, 'compute', holdsNoNumbers)
  const training = { ...QUICK.training, steps: 200, backend: 'webgpu' as const }
  await openScene(page, { ...QUICK, training })
  await expect(stage(page)).toHaveAttribute('data-backend', 'webgpu', { timeout: 90_000 })
  await press(page, 'Train')
  await expect(stage(page)).toHaveAttribute('data-training', 'running', { timeout: 60_000 })
  await breakNow(page)
  await isTrained(page, 'wasm')
  await expect(
    page.getByText(/values that are not numbers; training goes on/).first(),
  ).toBeAttached()
  await expect(page.getByText(/learning rate to 1\//)).toHaveCount(0)
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
