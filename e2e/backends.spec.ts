import type { Page } from '@playwright/test'
import { BACKEND_NAMES, type BackendName } from '../src/learning/ids.ts'
import { fetchedTensors } from './bundle.ts'
import { expect, test } from './fixtures.ts'
import { openScene, scene, snapshot, stage, waitForHalt } from './lab.ts'
import { injectInto } from './workerFaults.ts'

// A software adapter compiles for seconds, and computes each operation of a step by itself.
test.use({ contextOptions: { reducedMotion: 'reduce' } })
test.setTimeout(400_000)

const RECIPE = scene({
  target: { kind: 'two-moons' },
  energy: { kind: 'trained' },
  training: { objective: 'score-matching', steps: 50 },
  domain: { cells: 32 },
  dynamics: { steps: 5, particles: 64 },
})

const badge = (page: Page, name: RegExp) => page.getByRole('button', { name })

async function train(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await expect(stage(page)).toHaveAttribute('data-training', 'finished', { timeout: 300_000 })
}

/** Chooses a backend in the panel behind the badge, checks all there, and goes back to the badge. */
async function check(page: Page, backend: BackendName): Promise<void> {
  const opener = page.locator('button.badge')
  const dialog = page.getByRole('dialog', { name: 'Training backend' })
  await opener.focus()
  await page.keyboard.press('Enter')
  await expect(dialog).toBeVisible()
  await dialog.getByRole('combobox', { name: 'Backend' }).selectOption(backend)
  await expect(stage(page)).toHaveAttribute('data-backend', backend, { timeout: 90_000 })
  await dialog.getByRole('button', { name: 'Check' }).press('Enter')
  await expect(dialog.getByRole('status')).toHaveText(
    'Checked on the network of the energy on the stage.',
    { timeout: 300_000 },
  )
  const rows = dialog.getByRole('table', { name: 'Backends' }).locator('tbody tr')
  // Of tfjs there are two, beside float64 and beside the lab's own.
  await expect(rows).toHaveCount(7)
  for (const row of await rows.all()) {
    const cells = await row.getByRole('cell').allTextContents()
    expect(cells.length).toBeGreaterThanOrEqual(3)
    for (const cell of cells) expect(cell).toMatch(/^\d[\d.]*(?:·10[⁻\d⁰¹²³⁴⁵⁶⁷⁸⁹]+)?$/u)
  }
  await expect(rows.filter({ hasText: 'in use' })).toHaveCount(1)
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
  await expect(opener).toBeFocused()
  await expect(stage(page)).toHaveAttribute('data-backend', backend)
}

/** Trains the recipe at hand, and returns its losses. */
async function lossesOf(page: Page, backend: BackendName, steps: number): Promise<number[]> {
  await train(page)
  // The scene names the energy once the shelf holds it, a little after the last step.
  await expect
    .poll(async () => (await snapshot(page)).scene.energy, { timeout: 300_000 })
    .toMatchObject({ recipe: { training: { steps, backend } } })
  return (await snapshot(page)).losses.map(({ loss }) => loss)
}

for (const { steps, title } of [
  {
    steps: 5,
    title:
      'tfjs is fetched when it is chosen, and trains in JavaScript and on WebGPU; the losses are the same, and Check compares them',
  },
  {
    steps: 50,
    title: 'losses of tfjs in JavaScript and on WebGPU are the same for 50 steps @long',
  },
])
  test(title, async ({ page }) => {
    await openScene(
      page,
      { ...RECIPE, training: { ...RECIPE.training, steps } },
      {
        backend: 'webgpu',
      },
    )
    await expect(stage(page)).toHaveAttribute('data-backend', 'webgpu', { timeout: 60_000 })
    await lossesOf(page, 'webgpu', steps)
    expect(await fetchedTensors(page)).toEqual([])

    await page.locator('summary', { hasText: 'Recipe' }).click()
    const losses: number[][] = []
    for (const [backend, name] of [
      ['tfjs-cpu', /tfjs · JavaScript/],
      ['tfjs-webgpu', /tfjs · WebGPU · .*SwiftShader/i],
    ] as const) {
      await page.getByRole('combobox', { name: 'Backend' }).selectOption(backend)
      await expect(badge(page, name)).toBeVisible({ timeout: 90_000 })
      expect(await fetchedTensors(page)).not.toEqual([])
      losses.push(await lossesOf(page, backend, steps))
    }
    const [expected, found] = losses as [number[], number[]]
    expect(expected).toHaveLength(steps)
    expect(Math.max(...expected.map((loss, i) => Math.abs(loss - found[i]!)))).toBeLessThan(1e-3)
    await check(page, 'tfjs-webgpu')
  })

test('an adapter that never names itself is said to be silent', async ({ page }) => {
  await page.clock.install()
  await page.addInitScript(() => {
    // The empty page before it has none.
    if ('GPU' in window) GPU.prototype.requestAdapter = () => new Promise(() => {})
  })
  await openScene(page, RECIPE, { backend: 'wasm' })
  await page.locator('button.badge').click()
  const graphics = page.getByRole('dialog').getByText('…', { exact: true })
  await expect(graphics).toBeVisible()
  await page.clock.fastForward(8000)
  await expect(
    page.getByRole('dialog').getByText('WebGPU did not answer within 8 s', { exact: true }),
  ).toBeVisible()
})

test('tfjs that fails refuses itself, in plain words, and not WebGPU', async ({ page }) => {
  await injectInto(page, 'compute', () => {
    // The library compiles so; the lab's own kernels do not.
    GPUDevice.prototype.createComputePipeline = () => {
      throw new Error('no pipeline today')
    }
  })
  await openScene(page, RECIPE, { backend: 'tfjs-webgpu' })
  await expect(
    page.getByText(/^tfjs-webgpu is not used here: its gradient self-check failed\. .* is\.$/),
  ).toBeVisible({ timeout: 90_000 })
  // Nothing but its name takes a software adapter, and that is not refused.
  await page.locator('button.badge').click()
  await page.getByRole('dialog').getByRole('combobox', { name: 'Backend' }).selectOption('webgpu')
  await expect(stage(page)).toHaveAttribute('data-backend', 'webgpu', { timeout: 90_000 })
})

// One page for all: the backends that Check opens stay open, and software compiles their shaders slowly.
test('Check shows its table whichever backend is in use @long', async ({ page }) => {
  const trained = scene({
    target: { kind: 'two-moons' },
    energy: { kind: 'pretrained', name: 'two-moons' },
    dynamics: { steps: 5, particles: 64 },
  })
  await openScene(page, trained, { backend: 'wasm', haltAt: 2 })
  await waitForHalt(page, 2)
  for (const backend of BACKEND_NAMES) await check(page, backend)
})
