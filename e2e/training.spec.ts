import { expect, test } from './fixtures.ts'
import { openScene, scene, snapshot, stage, waitForHalt } from './lab.ts'

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

test('training runs on the WebGPU adapter, the badge says so, the loss falls, the landscape changes', async ({
  page,
}) => {
  const steps = 40
  const asked = scene({
    target: { kind: 'two-gaussians' },
    energy: { kind: 'trained' },
    training: { objective: 'score-matching', steps, backend: 'auto' },
    domain: { cells: 32 },
    dynamics: { steps: 5, particles: 256 },
    view: { speed: 240 },
  })
  await openScene(page, asked, 5)
  await page.goto(page.url().replace('?', '?backend=webgpu&'))
  await expect(stage(page)).toHaveAttribute('data-backend', 'webgpu', { timeout: 60_000 })
  await expect(page.getByText(/WebGPU.*SwiftShader/i).first()).toBeVisible()
  const untrained = await snapshot(page)

  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await expect(stage(page)).toHaveAttribute('data-status', 'training')
  await waitForHalt(page, 5)
  const trained = await snapshot(page)
  expect(trained.scene.energy).toMatchObject({
    kind: 'shelf',
    recipe: { training: { steps, backend: 'webgpu' } },
  })
  const losses = trained.losses.map(({ loss }) => loss)
  expect(losses).toHaveLength(steps)
  expect(mean(losses.slice(-8))).toBeLessThan(mean(losses.slice(0, 8)))
  const moved = trained.table.v.map((value, i) => Math.abs(value - untrained.table.v[i]!))
  expect(Math.max(...moved)).toBeGreaterThan(0.1)
})
