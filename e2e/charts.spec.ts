import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { openScene, runHeadless, scene, stage, waitForHalt } from './lab.ts'

const STEPS = 60
const ASKED = scene({
  energy: {
    kind: 'quadratic',
    matrix: [
      [2, 0.8],
      [0.8, 1],
    ],
  },
  domain: { halfWidth: 6, cells: 48 },
  dynamics: { epsilon: 0.5, stepSize: 0.05, steps: STEPS, particles: 1024 },
  view: { speed: 240 },
})

const chartOf = (page: Page, name: string) =>
  page.getByRole('radiogroup', { name: 'Chart' }).getByRole('radio', { name, exact: true })

const whenAnalysed = (page: Page) =>
  page.waitForFunction(() => window.lyapunovLab?.analysis()?.stage === 'done')

// One page for all: opening it takes longer than they do.
test('of a run that is analysed charts, criteria and constants are read', async ({ page }) => {
  await openScene(page, ASKED, { haltAt: 0 })
  await waitForHalt(page, 0)
  await whenAnalysed(page)

  await test.step('the exact laws are there for all steps, ahead of the particles', async () => {
    const known = await page.evaluate(() => {
      const curves = window.lyapunovLab!.analysis()!.curves
      return [curves.klExact, curves.fokkerPlanck].map((curve) =>
        curve.every((value, k) => value !== null && (k === 0 || value < curve[k - 1]!)),
      )
    })
    expect(known).toEqual([true, true])
    await expect(stage(page)).toHaveAttribute('data-step', '0')
  })

  await page.getByRole('button', { name: 'Play', exact: true }).click()
  await waitForHalt(page, STEPS)

  await test.step('all eight criteria are listed with what they may claim, the strict one as a choice', async () => {
    const list = page.getByRole('list', { name: 'Stopping criterion' })
    await expect(list.getByRole('radio')).toHaveCount(8)
    const decrease = list.locator('[data-criterion="certified-decrease"]')
    await expect(decrease.getByRole('radio')).toBeChecked()
    await expect(decrease).toHaveAttribute('data-outcome', 'stopped')
    const first = Number(await decrease.getAttribute('data-step'))
    await decrease.getByRole('checkbox', { name: 'strict' }).check()
    await expect(decrease).not.toHaveAttribute('data-step', String(first))
    expect(Number(await decrease.getAttribute('data-step'))).toBeLessThan(first)
  })

  await test.step('arrow keys on the chart scrub and read off every curve', async () => {
    const keys = page.getByRole('slider', { name: 'Step on the chart' })
    await keys.focus()
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    await expect(stage(page)).toHaveAttribute('data-step', String(STEPS - 2))
    await expect(keys).toHaveAttribute(
      'aria-valuetext',
      new RegExp(`^k = ${STEPS - 2}; Langevin: .*exact chain: .* nats`),
    )
  })

  await test.step('a chart is chosen by its tab and kept in the link', async () => {
    await expect(chartOf(page, 'KL')).toBeChecked()
    await chartOf(page, 'KL′ = −εI').check({ force: true })
    await expect(page.getByRole('img', { name: /^Dissipation/ })).toBeVisible()
    await expect(page.getByTestId('chart-note')).toHaveText(/differ by at most [\d.]+ %/)
    await expect(page).toHaveURL(/chart=dissipation/)
  })

  await test.step('a proved gap certifies a step in advance, in the page as in the headless runner', async () => {
    const asked = { ...ASKED, stopping: { ...ASKED.stopping, criterion: 'poincare' as const } }
    const list = page.getByRole('list', { name: 'Stopping criterion' })
    const row = list.locator('[data-criterion="poincare"]')
    await expect(row).toContainText('no claim')
    await row.getByRole('radio').check()
    await expect(row).toContainText('certificate')
    await row.getByText('Why').click()
    await expect(row.getByText(/λ ≥ 0\.\d+ is proved on \d+² squares/)).toBeVisible()
    const { stopping } = await runHeadless(asked)
    const verdict = stopping.find(({ criterion }) => criterion === 'poincare')
    expect(verdict?.status).toBe('certificate')
    await expect(row).toHaveAttribute('data-step', String(verdict?.step))
    await chartOf(page, 'To go').check({ force: true })
    await expect(page.getByTestId('chart-note')).toHaveText(/^certain from step \d+ on/)
  })

  await test.step('the constants are folded away, and none but the proved bounds are called certificates', async () => {
    await page.locator('summary', { hasText: 'Constants' }).click()
    const rows = page.getByRole('table', { name: 'Constants' }).getByRole('row')
    await expect(rows).toHaveCount(11)
    // The gap is proved for those who look.
    await expect(rows.filter({ hasText: 'certificate' })).toHaveCount(2)
    await expect(rows.filter({ hasText: 'certificate' })).toContainText([
      'proved gap',
      'proved bound',
    ])
  })

  await test.step('rules that certify nothing are folded away, read when chosen, and say so', async () => {
    await page.locator('summary', { hasText: 'Rules that certify nothing' }).click()
    const list = page.getByRole('list', { name: 'Rules that certify nothing' })
    await expect(list.getByRole('radio')).toHaveCount(3)
    const row = list.locator('[data-criterion="stein"]')
    await expect(row).not.toHaveAttribute('data-step')
    await row.getByRole('radio').check()
    // Its reason is unfolded, as that of the rule before was.
    await expect(row.getByText(/^The squared kernel Stein discrepancy is/)).toBeVisible()
    const asked = { ...ASKED, stopping: { ...ASKED.stopping, criterion: 'stein' as const } }
    const { stopping } = await runHeadless(asked)
    for (const { criterion, step, status } of stopping.slice(-3)) {
      expect(status).toBe('none')
      await expect(list.locator(`[data-criterion="${criterion}"]`)).toHaveAttribute(
        'data-step',
        String(step),
      )
    }
    await chartOf(page, 'E[V]').check({ force: true })
    await expect(page.getByRole('img', { name: /^Energy/ })).toBeVisible()
    await expect(page.getByTestId('chart-note')).toHaveText(/falls at every step/)
  })

  await test.step('the contraction starts a second cloud and bounds it on a convex energy', async () => {
    await chartOf(page, 'Contraction').check({ force: true })
    await page.getByRole('button', { name: 'Start a second cloud' }).click()
    await page.waitForFunction(() => window.lyapunovLab?.runScene()?.dynamics.companion !== null)
    await page.getByRole('button', { name: 'Play', exact: true }).click()
    await expect(page.getByTestId('chart-note')).toHaveText(/approach at rate .*bound: at least/)
    const within = await page.evaluate(() =>
      window
        .lyapunovLab!.curves()
        .every(
          ({ contraction }) =>
            contraction !== null && contraction.largest <= contraction.bound! * (1 + 1e-9),
        ),
    )
    expect(within).toBe(true)
  })

  await test.step('a reload goes on with the chart of the link', async () => {
    await expect(page).toHaveURL(/chart=contraction/)
    await page.reload()
    await expect(chartOf(page, 'Contraction')).toBeChecked()
  })
})
