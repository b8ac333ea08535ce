import { expect, test } from './fixtures.ts'
import { openScene, scene, stage } from './lab.ts'

test.use({ contextOptions: { reducedMotion: 'reduce' } })

test('the negative chains of a training are a layer, and its ledger is a chart that goes on after it', async ({
  page,
}) => {
  const asked = scene({
    target: { kind: 'two-gaussians' },
    energy: { kind: 'trained' },
    training: { steps: 100_000, backend: 'wasm' },
    domain: { cells: 32 },
    dynamics: { steps: 5, particles: 256 },
    view: { chart: 'training', layers: ['energy', 'chains'] },
  })
  await openScene(page, asked)
  await expect(page.locator('.chart-wait').getByText(/press Train/)).toBeVisible()
  await page.getByRole('button', { name: 'Train', exact: true }).click()
  const particles = page.getByTestId('particles-langevin')
  // The warm-up has none.
  await expect(particles).toHaveAttribute('data-chains', '256', { timeout: 60_000 })
  await page.getByRole('button', { name: 'Chains', exact: true }).click()
  await expect(particles).toHaveAttribute('data-chains', '0')
  await expect(page.getByRole('img', { name: /^Training/ })).toBeVisible()
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await expect(stage(page)).toHaveAttribute('data-training', 'interrupted')
  await expect(page.getByRole('radio', { name: 'Training', exact: true })).toBeChecked()
})
