import { expect, test } from './fixtures.ts'
import { openScene, scene, snapshot, stage } from './lab.ts'

// A software adapter compiles for seconds, and every picture costs what the processor lacks for its steps.
test.use({ contextOptions: { reducedMotion: 'reduce' } })
test.setTimeout(180_000)

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

test('training runs on the WebGPU adapter, the badge says so, the loss falls, the landscape changes', async ({
  page,
}) => {
  const steps = 16
  const asked = scene({
    target: { kind: 'two-gaussians' },
    energy: { kind: 'trained' },
    training: { objective: 'quadrature', steps },
    domain: { cells: 32 },
    dynamics: { steps: 5, particles: 256 },
  })
  await openScene(page, asked, { backend: 'webgpu' })
  await expect(stage(page)).toHaveAttribute('data-backend', 'webgpu', { timeout: 60_000 })
  await expect(page.getByRole('button', { name: /WebGPU.*SwiftShader/i })).toBeVisible()
  const untrained = await snapshot(page)

  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await expect(stage(page)).toHaveAttribute('data-status', 'training')
  await expect(stage(page)).toHaveAttribute('data-training', 'finished', { timeout: 150_000 })
  await expect(stage(page)).toHaveAttribute('data-status', 'idle')

  const outcome = page.getByTestId('training-summary')
  await expect(outcome.locator('dt')).toHaveText([
    ...['KL(ρ*‖πθ)', 'KL(πθ‖ρ*)', 'Stray start', 'Table − network'],
  ])
  await expect(outcome.locator('dd').nth(2)).toHaveText(/^(?:0|< 0\.01|\d+\.\d\d) %$/)

  const trained = await snapshot(page)
  expect(trained.scene.energy).toMatchObject({
    kind: 'shelf',
    recipe: { training: { steps, backend: 'webgpu' } },
  })
  const losses = trained.losses.map(({ loss }) => loss)
  expect(losses).toHaveLength(steps)
  expect(mean(losses.slice(-4))).toBeLessThan(mean(losses.slice(0, 4)) - 0.1)
  const moved = trained.table.v.map((value, node) => Math.abs(value - untrained.table.v[node]!))
  expect(Math.max(...moved)).toBeGreaterThan(0.1)
})
