import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { openScene, scene, stage } from './lab.ts'

test.use({ contextOptions: { reducedMotion: 'reduce' }, actionTimeout: 30_000 })

const QUICK = scene({
  target: { kind: 'two-gaussians' },
  energy: { kind: 'trained' },
  training: { objective: 'quadrature', steps: 20, backend: 'wasm' },
  domain: { cells: 32 },
  dynamics: { steps: 5, particles: 64 },
})

/** Trains the scene as it stands, and waits until it is trained. */
async function train(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await expect(stage(page)).toHaveAttribute('data-training', /starting|running/)
  await expect(stage(page)).toHaveAttribute('data-training', 'finished', { timeout: 60_000 })
  await expect(stage(page)).toHaveAttribute('data-status', 'idle')
}

test('any backend after another trains: Recipe, backend, Train', async ({ page }) => {
  await openScene(page, QUICK)
  await expect(stage(page)).toHaveAttribute('data-backend', 'wasm')
  await page.locator('summary', { hasText: 'Recipe' }).click()
  // Of a software adapter auto takes nothing.
  const used = { auto: 'wasm', webgpu: 'webgpu', wasm: 'wasm', cpu: 'cpu' }
  for (const choice of ['cpu', 'auto', 'webgpu', 'cpu', 'wasm', 'webgpu'] as const) {
    await page.getByRole('combobox', { name: 'Backend' }).selectOption(choice)
    await train(page)
    const energy = await page.evaluate(() => window.lyapunovLab!.runScene()!.energy)
    expect(energy).toMatchObject({
      kind: 'shelf',
      recipe: { training: { backend: used[choice] } },
    })
  }
})
