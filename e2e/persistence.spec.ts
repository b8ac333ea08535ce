import { expect, test } from './fixtures.ts'
import { openScene, reload, scene, snapshot, stage, waitForHalt } from './lab.ts'

test('a reload keeps the trained energies, weight for weight', async ({ page }) => {
  const asked = scene({
    target: { kind: 'three-gaussians' },
    energy: { kind: 'trained' },
    training: { steps: 80, backend: 'wasm' },
    domain: { cells: 32 },
    dynamics: { steps: 15, particles: 256 },
    view: { speed: 240 },
  })
  const shelf = () => page.evaluate(() => window.lyapunovLab?.shelf())
  await openScene(page, asked, { haltAt: 15 })
  await expect(stage(page)).toHaveAttribute('data-status', 'idle')
  expect(await shelf()).toEqual([])
  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await waitForHalt(page, 15)
  const trained = await snapshot(page)
  const kept = await shelf()
  expect(kept).toHaveLength(1)
  expect(kept?.[0]?.kind).toBe('weights')
  expect(trained.scene.energy).toMatchObject({ kind: 'shelf', id: kept?.[0]?.id })

  await reload(page)
  await waitForHalt(page, 15)
  expect(await shelf()).toEqual(kept)
  const again = await snapshot(page)
  expect(again.scene).toEqual(trained.scene)
  expect(again.table).toEqual(trained.table)
  expect(again.points).toEqual(trained.points)
  await expect(page.locator('[data-card][data-origin="trained"]')).toHaveCount(1)
})
