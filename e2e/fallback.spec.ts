import { expect, test } from './fixtures.ts'
import { openScene, scene, snapshot, stage, waitForHalt } from './lab.ts'

test('without an adapter the lab trains on a CPU backend and says why', async ({ page }) => {
  expect(
    await page.evaluate(async () => (await navigator.gpu?.requestAdapter()) ?? null),
  ).toBeNull()
  const asked = scene({
    target: { kind: 'two-gaussians' },
    energy: { kind: 'trained' },
    training: { steps: 60, backend: 'webgpu' },
    domain: { cells: 48 },
    dynamics: { steps: 10, particles: 256 },
    view: { speed: 240 },
  })
  await openScene(page, asked, { haltAt: 10 })
  await expect(stage(page)).toHaveAttribute('data-backend', /^(wasm|cpu)$/)
  await expect(page.getByText(/webgpu.*(adapter|WebGPU)/i).first()).toBeAttached()
  const untrained = await snapshot(page)

  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await waitForHalt(page, 10)
  const trained = await snapshot(page)
  expect(trained.scene.energy).toMatchObject({
    kind: 'shelf',
    recipe: { training: { steps: 60, backend: expect.stringMatching(/^(wasm|cpu)$/) as unknown } },
  })
  expect(trained.table.v).not.toEqual(untrained.table.v)
  expect(trained.losses.map(({ step }) => step).at(-1)).toBe(60)
  expect(trained.losses.every(({ loss }) => Number.isFinite(loss))).toBe(true)
})
