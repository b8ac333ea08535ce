import { expect, test } from './fixtures.ts'
import {
  columns,
  columnsOf,
  followed,
  lawsOf,
  openScene,
  runHeadless,
  scene,
  snapshot,
  stage,
  waitForHalt,
} from './lab.ts'

/** On a CPU backend page and headless runner are the same arithmetic: equal bit for bit, trained or shipped. */
const CASES = [
  {
    name: 'a shipped energy',
    asked: scene({
      seed: 3,
      target: { kind: 'eight-gaussians' },
      energy: { kind: 'pretrained', name: 'eight-gaussians' },
      domain: { cells: 64 },
      dynamics: { steps: 60, particles: 1024 },
      stopping: { delta: 0.05 },
      view: { speed: 240 },
    }),
  },
  {
    name: 'a quadratic energy off centre',
    asked: scene({
      seed: 5,
      target: { kind: 'two-gaussians' },
      energy: {
        kind: 'quadratic',
        center: [0.3, -0.2],
        matrix: [
          [2, 0.8],
          [0.8, 1],
        ],
      },
      domain: { cells: 64 },
      dynamics: { steps: 60, particles: 1024, epsilon: 0.5, stepSize: 0.05 },
      stopping: { criterion: 'tolerance', delta: 0.1 },
      view: { speed: 240 },
    }),
  },
]

for (const { name, asked } of CASES) {
  test(`${name}: the page's curve and stop are those of the headless runner`, async ({ page }) => {
    const headless = runHeadless(asked)
    await openScene(page, asked, { haltAt: asked.dynamics.steps })
    await waitForHalt(page, asked.dynamics.steps)
    const shown = await snapshot(page)
    const result = await headless

    expect(shown.scene.dynamics.stepSize).toBe(result.scene.dynamics.stepSize)
    expect(columns(shown.points)).toEqual(columnsOf(result))

    const marker = page.getByTestId('stopping-marker')
    const { criterion } = asked.stopping
    const report = result.stopping.find((one) => one.criterion === criterion)
    expect(report?.outcome).toBe('stopped')
    // The reports follow what was found of the laws by a moment.
    await expect.poll(() => followed(page), { timeout: 60_000 }).toEqual(lawsOf(result))
    await expect(marker).toHaveAttribute('data-criterion', criterion)
    await expect(marker).toHaveAttribute('data-step', String(report?.step))
    if (criterion === 'tolerance') return

    await test.step('another tolerance moves the marker to its own first step; a click on the curve scrubs there', async () => {
      const { curves } = await followed(page)
      const firstWithin = (delta: number): number =>
        curves.klExact.findIndex((kl) => kl !== null && kl <= delta)

      const before = firstWithin(asked.stopping.delta)
      await page.locator('[data-criterion="tolerance"]').getByRole('radio').check()
      await expect(marker).toHaveAttribute('data-criterion', 'tolerance')
      await expect(marker).toHaveAttribute('data-step', String(before))

      const slider = page.getByRole('slider', { name: 'Tolerance δ' })
      await slider.focus()
      for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowRight')
      const delta = await page.evaluate(() => window.lyapunovLab?.scene().stopping.delta ?? NaN)
      expect(delta).toBeGreaterThan(asked.stopping.delta)
      const after = firstWithin(delta)
      expect(after).toBeLessThan(before)
      await expect(marker).toHaveAttribute('data-step', String(after))

      const box = await marker.boundingBox()
      await page.mouse.click(box!.x + box!.width / 2, box!.y + 0.3 * box!.height)
      await expect(stage(page)).toHaveAttribute('data-step', String(after))
    })
  })
}

test('an energy trained in the page and one trained headless give the same curve', async ({
  page,
}) => {
  const asked = scene({
    seed: 11,
    target: { kind: 'two-gaussians' },
    energy: { kind: 'trained' },
    training: { steps: 120, backend: 'wasm' },
    domain: { cells: 64 },
    dynamics: { steps: 30, particles: 512 },
    view: { speed: 240 },
  })
  const headless = runHeadless(asked)
  await openScene(page, asked, { haltAt: asked.dynamics.steps })
  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await waitForHalt(page, asked.dynamics.steps)
  const shown = await snapshot(page)
  const result = await headless
  expect(result.training?.backend).toBe('wasm')
  expect(columns(shown.points)).toEqual(columnsOf(result))
})
