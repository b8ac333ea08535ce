import type { Page } from '@playwright/test'
import type { LiveTrainingState } from '../src/app/stores/run/runStore.ts'
import { expect, test } from './fixtures.ts'
import { openScene, runHeadless, scene, stage } from './lab.ts'

const SCENE = scene({
  energy: { kind: 'pretrained', name: 'two-moons' },
  domain: { cells: 64 },
  dynamics: { steps: 60, particles: 1024 },
  view: { haltAt: 20 },
})

const liveSwitch = (page: Page) => page.getByRole('switch', { name: 'Live' })
const live = (page: Page): Promise<LiveTrainingState | null> =>
  page.evaluate(() => window.lyapunovLab?.live() ?? null)

/** The live training once it has gone on to a target beyond `after` and measures at most `bound`. */
async function learned(page: Page, after: number, bound: number): Promise<LiveTrainingState> {
  const handle = await page.waitForFunction(
    ([last, most]) => {
      const state = window.lyapunovLab?.live() ?? null
      const value = state?.progress?.klDataModel ?? state?.progress?.crossEntropy ?? Infinity
      return state !== null && (state.taken?.target ?? 0) > last && value <= most ? state : null
    },
    [after, bound] as const,
    { timeout: 60_000 },
  )
  return (await handle.jsonValue())!
}

/** Steps that the SIMD kernel takes in a second on a machine that has one to spare, at the least. */
const A_SECOND = 1000

test('presets are learned as they are switched, each within a second’s steps, and leaving goes back', async ({
  page,
}) => {
  await openScene(page, SCENE, { backend: 'wasm' })
  await expect(stage(page)).toHaveAttribute('data-status', 'paused')
  await expect(stage(page)).toHaveAttribute('data-step', '20')
  const address = page.url()
  await liveSwitch(page).focus()
  await page.keyboard.press('Space')
  await expect(liveSwitch(page)).toHaveAttribute('aria-checked', 'true')
  await expect(stage(page)).toHaveAttribute('data-status', 'training')
  let state = await learned(page, 0, 0.15)
  for (const name of ['Eight Gaussians', 'Checkerboard']) {
    const before = await page.evaluate(() => window.lyapunovLab?.particles().langevin ?? [])
    await page.getByRole('radio', { name, exact: true }).check({ force: true })
    state = await learned(page, state.taken!.target, 0.15)
    // When it was measured first, whenever the test looks.
    const measured = state.history.find(
      ({ target, value }) => target === state.taken!.target && value <= 0.15,
    )
    expect(measured!.targetSteps, name).toBeLessThan(A_SECOND)
    expect(state.progress!.klDataModel).toBeGreaterThan(0)
    await expect
      .poll(() => page.evaluate(() => window.lyapunovLab?.particles().langevin ?? []))
      .not.toEqual(before)
  }
  await expect(page.getByTestId('live-quality')).toContainText('KL')
  // At rest it comes further down, and stays there.
  await expect(stage(page)).toHaveAttribute('data-live', 'settled', { timeout: 60_000 })
  expect((await live(page))!.progress!.klDataModel).toBeLessThan(0.06)

  await liveSwitch(page).click()
  await expect(stage(page)).toHaveAttribute('data-live', '')
  await expect(stage(page)).toHaveAttribute('data-step', '20')
  await expect(stage(page)).toHaveAttribute('data-status', 'paused')
  await expect.poll(() => page.url()).toBe(address)
  expect(await page.evaluate(() => window.lyapunovLab?.shelf() ?? null)).toEqual([])
})

test('a drawing is learned under its strokes as well as by a whole training, and kept', async ({
  page,
}) => {
  await openScene(page, SCENE, { backend: 'wasm' })
  await expect(stage(page)).toHaveAttribute('data-status', 'paused')
  await page.getByRole('button', { name: 'Draw', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Draw a target' })
  await dialog.getByRole('switch', { name: 'Live' }).click()
  // A spray can held for long on a slow machine leaves no room for the strokes after it.
  await dialog.getByText('Brush', { exact: true }).click()
  const box = (await page.locator('.pad').boundingBox())!
  const stroke = async (side: number) => {
    const place = (i: number) => {
      const angle = (Math.PI * i) / 24
      return [
        box.x + box.width * (0.5 + side * (0.17 * Math.cos(angle) - 0.1)),
        box.y + box.height * (0.5 - side * (0.22 * Math.sin(angle) - 0.05)),
      ] as const
    }
    await page.mouse.move(...place(0))
    await page.mouse.down()
    for (let i = 0; i <= 24; i++) {
      await page.mouse.move(...place(i))
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
    }
    await page.mouse.up()
  }
  await stroke(-1)
  // The landscape grows before the drawing is done.
  const landscape = dialog.getByRole('img', { name: /landscape learned from the drawing/ })
  await expect(landscape).toBeVisible({ timeout: 30_000 })
  const first = (await live(page))!.taken!.target
  await stroke(1)
  await stroke(1)
  // A stroke too many, taken back: what is followed is the drawing as it stands.
  await dialog.getByRole('button', { name: 'Undo' }).click()
  await expect.poll(async () => (await live(page))!.taken!.target).toBeGreaterThan(first)
  await page.waitForFunction(() => {
    const state = window.lyapunovLab?.live() ?? null
    if (state?.phase === 'settled') return true
    const { target, trainingSeconds = 0, targetSteps = 0 } = state?.progress ?? {}
    // A second of steps, on a slow machine, too.
    return target === state?.taken?.target && trainingSeconds >= 1 && targetSteps >= 1000
  })
  const measured = (await live(page))!.progress!.crossEntropy!
  await dialog.getByRole('button', { name: 'Use as target' }).click()
  await expect(dialog).toBeHidden()
  await expect(liveSwitch(page)).toHaveAttribute('aria-checked', 'true')

  const asked = await page.evaluate(() => window.lyapunovLab?.scene() ?? null)
  expect(asked?.target.kind).toBe('points')
  await page.getByRole('button', { name: 'Keep' }).click()
  await expect(stage(page)).toHaveAttribute('data-live', '', { timeout: 30_000 })
  await expect(stage(page)).toHaveAttribute('data-status', 'paused')
  const kept = await page.evaluate(() => window.lyapunovLab?.runScene() ?? null)
  expect(kept?.energy).toMatchObject({ kind: 'shelf', recipe: null })
  const curves = await page.evaluate(() => window.lyapunovLab?.curves() ?? [])
  expect(curves[0]?.kl).toBeGreaterThan(0)
  await expect(page.locator('[data-origin="trained"]')).toHaveCount(1)

  const { training } = await runHeadless(
    scene({
      seed: asked!.seed,
      target: asked!.target,
      energy: { kind: 'trained' },
      training: { objective: 'quadrature', backend: 'wasm' },
      domain: { cells: 64 },
      dynamics: { steps: 2, particles: 64 },
    }),
  )
  const whole = Math.min(...training!.history.flatMap(({ crossEntropy }) => crossEntropy ?? []))
  expect(measured - whole).toBeLessThan(0.15)
})
