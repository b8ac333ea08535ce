import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { openScene, scene, snapshot, waitForHalt } from './lab.ts'

const STEPS = 50
const MATRIX = [
  [1, 0],
  [0, 9],
] as const
/** V = ½ (x² + 9y²), started off its middle: slow along x, and every number of it is known. */
const QUADRATIC = scene({
  target: { kind: 'gaussian-mixture', components: [{}] },
  energy: { kind: 'quadratic', matrix: MATRIX },
  domain: { cells: 64 },
  dynamics: {
    stepSize: 0.02,
    steps: STEPS,
    particles: 4096,
    initial: {
      kind: 'gaussian',
      mean: [1.5, 0],
      covariance: [
        [0.1, 0],
        [0, 0.1],
      ],
    },
  },
  view: { speed: 240 },
})

/** Waits until a run of dynamics of which this holds has come to its last step. */
async function settled(page: Page, path: string, json: string): Promise<void> {
  await page.waitForFunction(
    ([key, wanted, last]) => {
      const lab = window.lyapunovLab
      const dynamics = lab?.runScene()?.dynamics as Record<string, unknown> | undefined
      return JSON.stringify(dynamics?.[key]) === wanted && lab?.particles().step === last
    },
    [path, json, STEPS] as const,
    { timeout: 30_000 },
  )
}

// One page for all: opening it takes longer than they do.
test('of one run pictures and accelerations are tried, one after another', async ({ page }) => {
  await openScene(page, QUADRATIC)
  await waitForHalt(page, STEPS)
  await page.locator('summary', { hasText: 'Acceleration' }).filter({ visible: true }).click()
  /** Takes back what was changed, and waits until it is. */
  const taken = async (path: string, json: string) => {
    await page.getByRole('button', { name: 'Undo', exact: true }).click()
    await settled(page, path, json)
  }

  await test.step('the rate of contraction takes the place of the density, and back', async () => {
    const density = page.getByRole('button', { name: 'Density π' })
    const rate = page.getByRole('button', { name: /^Rate/ })
    await rate.click()
    await expect(density).toHaveAttribute('aria-pressed', 'false')
    await expect(page.locator('.rate-legend').first()).toContainText('approach')
    await density.click()
    await expect(rate).toHaveAttribute('aria-pressed', 'false')
  })

  await test.step('the slowest mode is shown in its place, with its states', async () => {
    await page.getByRole('button', { name: 'Slow mode' }).click()
    await expect(page.getByRole('button', { name: 'Density π' })).toHaveAttribute(
      'aria-pressed',
      'false',
    )
    await expect(page.locator('.rate-legend').first()).toContainText('lighter')
  })

  await test.step('a skew drift leaves the landscape as it is and makes KL fall faster', async () => {
    const before = await snapshot(page)
    const skew = page.getByLabel('Skew γ, value')
    await skew.fill('1.3')
    await skew.press('Enter')
    await settled(page, 'skew', '1.3')
    const after = await snapshot(page)
    expect(after.table.v).toEqual(before.table.v)
    expect(after.points[0]!.kl).toBe(before.points[0]!.kl)
    const [slow, fast] = [before.points[STEPS]!.kl!, after.points[STEPS]!.kl!]
    expect(fast).toBeLessThan(slow / 3)
    await expect(page.locator('.flow[data-flow="langevin"] .law')).toHaveText(
      'x ← x − η(I + γJ)∇V + √(2ηε) ξ',
    )
    await taken('skew', '0')
  })

  await test.step('MALA says what share of its moves it accepted', async () => {
    await page.getByLabel('Sampler').selectOption('mala')
    await settled(page, 'sampler', '"mala"')
    const { points } = await snapshot(page)
    for (const { acceptance } of points.slice(1)) {
      expect(acceptance).toBeGreaterThan(0.5)
      expect(acceptance).toBeLessThanOrEqual(1)
    }
    await expect(page.getByTestId('acceptance')).toHaveText(/accepted \d+\.\d %/)
    await expect(page.locator('.flow[data-flow="langevin"] .law')).toContainText('accept or reject')
    await taken('sampler', '"langevin"')
  })

  await test.step('two clouds under one noise approach as the least curvature demands', async () => {
    await page.getByRole('checkbox', { name: 'Second cloud, same noise' }).check()
    await settled(page, 'companion', '[1.5,0.5]')
    const [langevin, companion] = await page.evaluate(() => {
      const { langevin, companion } = window.lyapunovLab!.particles()
      return [langevin, companion ?? []]
    })
    expect(companion).toHaveLength(langevin.length)
    const bound = Math.hypot(1.5, 0.5) * (1 - 0.02) ** STEPS
    const distances = langevin.flatMap((x, i) =>
      i % 2 === 0 ? [Math.hypot(x - companion[i]!, langevin[i + 1]! - companion[i + 1]!)] : [],
    )
    // Positions come as 32-bit floats.
    expect(Math.max(...distances)).toBeLessThan(bound + 1e-5)
    await expect(page.locator('.flow[data-flow="langevin"]')).toContainText('second cloud')
    await taken('companion', 'null')
  })

  await test.step('a metric follows the place: it stands in place of P, says what it gains, and makes no claim', async () => {
    await page.getByLabel('Preconditioner P').selectOption('conformal')
    await settled(page, 'metric', '{"kind":"conformal","beta":0.25,"cap":8}')
    await expect(page.locator('.flow[data-flow="langevin"] .law')).toHaveText(
      'x ← x − ηM∇V + ηε div M + √(2ηεM) ξ',
    )
    await expect(page.getByTestId('metric-gain')).toHaveText(/Gap .+ → .+; per stable step ×/)
    await expect(page.getByText(/a covariance of its own/).first()).toBeAttached()
    await page.getByLabel('Sampler').selectOption('mala')
    await expect
      .poll(() => page.evaluate(() => 'metric' in window.lyapunovLab!.scene().dynamics))
      .toBe(false)
    await page.getByLabel('Sampler').selectOption('langevin')
    await settled(page, 'sampler', '"langevin"')
  })

  await test.step('a metric is suggested, or typed; what is none is refused by name and loses nothing', async () => {
    await page.getByRole('button', { name: 'Use (E∇²V)⁻¹' }).click()
    const asked = () => page.evaluate(() => window.lyapunovLab!.scene().dynamics.preconditioner)
    const [[xx, xy], [, yy]] = await asked()
    expect(xx / yy).toBeCloseTo(9, 2)
    expect(xy).toBeCloseTo(0, 6)
    await settled(page, 'preconditioner', JSON.stringify(await asked()))

    await page.getByLabel('Preconditioner P').selectOption('custom')
    const corner = page.getByLabel('P₁₂ of the preconditioner')
    await corner.fill('99')
    await expect(page.getByRole('alert').filter({ hasText: 'not positive definite' })).toBeVisible()
    await page.getByLabel('P₁₁ of the preconditioner').fill('1e9')
    await expect(page.getByRole('alert').filter({ hasText: 'P₁₁: found 1e9' })).toBeVisible()
    expect(await asked()).toEqual([
      [xx, xy],
      [xy, yy],
    ])
    await expect(corner).toHaveValue('99')
    await corner.fill('0.5')
    await page.getByLabel('P₁₁ of the preconditioner').fill('2')
    await page.getByLabel('P₂₂ of the preconditioner').fill('1')
    await expect.poll(asked).toEqual([
      [2, 0.5],
      [0.5, 1],
    ])
  })
})

test('basins take its place too: the legend counts wells, and what of the start ends in stray ones', async ({
  page,
}) => {
  const covariance = [
    [0.16, 0],
    [0, 0.16],
  ] as const
  const wells = scene({
    target: {
      kind: 'gaussian-mixture',
      components: [
        { weight: 0.6, mean: [-1.5, 0], covariance },
        { weight: 0.4, mean: [1.5, 0], covariance },
        { weight: 1e-4, mean: [0, 2.5], covariance },
      ],
    },
    energy: { kind: 'exact' },
    domain: { cells: 64 },
    dynamics: { stepSize: 0.02, steps: 2, particles: 256, initial: { kind: 'gaussian' } },
    view: { speed: 240 },
  })
  await openScene(page, wells, { haltAt: 0 })
  await waitForHalt(page, 0)
  const rivals = ['Density π', 'Slow mode', 'Basins'].map((name) =>
    page.getByRole('button', { name }),
  )
  const pressed = async () =>
    Promise.all(rivals.map((chip) => chip.getAttribute('aria-pressed').then((on) => on === 'true')))
  await rivals[2]!.click()
  expect(await pressed()).toEqual([false, false, true])
  const legend = page.locator('.rate-legend').first()
  await expect(legend).toHaveText(/^2 wells, +1 stray: \d\.\d % of the start$/)
  await page.locator('summary', { hasText: 'Constants' }).click()
  await expect(page.getByRole('row', { name: /stray start/ })).toContainText(/\d\.\d %.*estimate/)
  await rivals[1]!.click()
  expect(await pressed()).toEqual([false, true, false])
  await expect(legend).toContainText('lighter')
})
