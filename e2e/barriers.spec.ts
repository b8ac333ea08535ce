import type { Locator, Page } from '@playwright/test'
import type { BarrierSpec } from '../src/lab/scene/sceneSpec.ts'
import { expect, test } from './fixtures.ts'
import { openScene, scene, snapshot, stage, waitForHalt } from './lab.ts'

test.use({ hasTouch: true })

const STEPS = 40
const EIGHT = scene({
  target: { kind: 'eight-gaussians' },
  energy: { kind: 'pretrained', name: 'eight-gaussians' },
  domain: { cells: 32 },
  dynamics: { particles: 1024, steps: STEPS },
  view: { speed: 240 },
})

type Disc = Extract<BarrierSpec, { kind: 'disc' }>

/** The barriers of the scene as it was asked for. */
async function barriers(page: Page): Promise<readonly BarrierSpec[]> {
  return page.evaluate(() => {
    const energy = window.lyapunovLab?.scene().energy
    return energy?.kind === 'sum' ? energy.barriers : []
  })
}

async function disc(page: Page): Promise<Disc> {
  const [first] = await barriers(page)
  if (first?.kind !== 'disc') throw new Error('no disc there')
  return first
}

/** Waits until the run that has these very barriers has come to its last step, and returns its particles. */
async function particlesAtTheEnd(page: Page, wanted: readonly BarrierSpec[]) {
  await page.waitForFunction(
    ([json, last]) => {
      const lab = window.lyapunovLab
      const energy = lab?.runScene()?.energy
      const running = energy?.kind === 'sum' ? energy.barriers : []
      return JSON.stringify(running) === json && lab?.particles().step === last
    },
    [JSON.stringify(wanted), STEPS] as const,
    { timeout: 30_000 },
  )
  const { langevin, deterministic } = await snapshot(page)
  return [...langevin, ...deterministic]
}

/** Least distance of any particle of both flows from the centre of a disc. */
async function nearest(page: Page, disc: Disc): Promise<number> {
  const xy = await particlesAtTheEnd(page, [disc])
  const { center } = disc
  const distances = xy.flatMap((x, i) =>
    i % 2 === 0 ? [Math.hypot(x - center[0], xy[i + 1]! - center[1])] : [],
  )
  return Math.min(...distances)
}

const button = (page: Page, name: string): Locator =>
  page.getByRole('button', { name, exact: true })
const handle = (page: Page): Locator => page.getByRole('button', { name: /^Disc at \(/ })

/** The middle of a handle, and CSS pixels a world unit. */
async function grasp(page: Page): Promise<{ x: number; y: number; unit: number }> {
  const at = (await handle(page).boundingBox())!
  const canvas = (await page.getByTestId('particles-langevin').boundingBox())!
  return { x: at.x + at.width / 2, y: at.y + at.height / 2, unit: canvas.width / 8 }
}

// One page for all: opening it takes longer than they do.
test('a barrier is put, moved, weighed, compared, drawn and removed', async ({ page }) => {
  await openScene(page, EIGHT)
  await waitForHalt(page, STEPS)

  await test.step('a disc put and moved by the keyboard keeps every particle outside', async () => {
    await button(page, 'Disc').press('Enter')
    await expect(handle(page)).toBeFocused()
    for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+ArrowRight')
    await page.keyboard.press('ArrowUp')
    await expect.poll(async () => (await disc(page)).center).toEqual([2, 0.1])
    await page.keyboard.press('Tab')
    await expect(page.getByRole('slider', { name: 'Disc, radius' })).toBeFocused()
    await page.keyboard.press('Shift+ArrowUp')
    const placed = await disc(page)
    expect(placed.radius).toBe(0.75)
    expect(await nearest(page, placed)).toBeGreaterThan(placed.radius - 1e-6)
    await expect(page.getByTestId('sum-formula')).toHaveText('V = V1 − μ log h')

    await handle(page).press('Delete')
    await expect.poll(async () => barriers(page)).toEqual([])
    expect(await page.evaluate(() => window.lyapunovLab?.scene().energy)).toEqual(EIGHT.energy)
  })

  await test.step('a filter takes the place of the barrier, and the ways are compared', async () => {
    await button(page, 'Disc').press('Enter')
    await button(page, 'Filter').click()
    await expect(page.getByRole('slider', { name: 'Filter rate α' })).toBeVisible()
    await expect(page.getByTestId('sum-formula')).toHaveText('V = V1, h > 0')
    await expect(page.getByRole('slider', { name: /^Strength μ/ })).toHaveCount(0)
    await button(page, 'Compare the ways').click()
    const prices = page.getByTestId('prices')
    await expect(prices.getByRole('row', { name: /^Inside at the end 0 % 0 % / })).toBeVisible({
      timeout: 60_000,
    })
    await button(page, 'Barrier').click()
    await expect(prices).toHaveCount(0)
    expect(await page.evaluate(() => window.lyapunovLab!.scene().dynamics.sampler)).toBe('langevin')
    await button(page, 'Remove Disc').click()
    await expect.poll(async () => barriers(page)).toEqual([])
  })

  await test.step('a disc dragged by the mouse is moved, and a click elsewhere still releases a cloud', async () => {
    await button(page, 'Disc').click()
    const from = await grasp(page)
    await page.mouse.move(from.x, from.y)
    await page.mouse.down()
    await page.mouse.move(from.x - from.unit, from.y - from.unit, { steps: 4 })
    await page.mouse.move(from.x - 1.5 * from.unit, from.y - 1.5 * from.unit, { steps: 4 })
    await page.mouse.up()
    const moved = await disc(page)
    expect(moved.center[0]).toBeCloseTo(-1.5, 1)
    expect(moved.center[1]).toBeCloseTo(1.5, 1)
    expect(await nearest(page, moved)).toBeGreaterThan(moved.radius - 1e-6)
    const { initial } = await page.evaluate(() => window.lyapunovLab!.scene().dynamics)
    expect(initial.kind).toBe('gaussian')

    await page.mouse.click(from.x + from.unit, from.y + from.unit)
    const kind = () => page.evaluate(() => window.lyapunovLab?.scene().dynamics.initial.kind)
    await expect.poll(kind).toBe('point')
    await page.getByRole('button', { name: 'Undo', exact: true }).click()
    await expect.poll(kind).toBe('gaussian')
    await button(page, 'Remove Disc').click()
    await expect.poll(async () => barriers(page)).toEqual([])
  })

  await test.step('a disc follows a finger', async () => {
    await button(page, 'Disc').click()
    const from = await grasp(page)
    const finger = await page.context().newCDPSession(page)
    const touch = (type: 'touchStart' | 'touchMove', y: number) =>
      finger.send('Input.dispatchTouchEvent', { type, touchPoints: [{ x: from.x, y }] })
    await touch('touchStart', from.y)
    for (const share of [0.3, 0.6, 1]) await touch('touchMove', from.y + share * from.unit)
    await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    expect((await disc(page)).center[1]).toBeCloseTo(-1, 1)
    await finger.detach()
    await button(page, 'Remove Disc').click()
    await expect.poll(async () => barriers(page)).toEqual([])
  })

  await test.step('strength and radius are set beside it, 0 is a hard wall, and removing it gives the energy back', async () => {
    await button(page, 'Disc').click()
    const strength = page.getByRole('slider', { name: 'Strength μ of Disc' })
    await strength.press('ArrowRight')
    await expect.poll(async () => (await disc(page)).strength).toBeCloseTo(0.15, 10)
    await strength.press('Home')
    await expect.poll(async () => (await disc(page)).strength).toBe(0)
    await expect(page.getByLabel('Strength μ of Disc, value')).toHaveValue('hard wall')
    const radius = page.getByLabel('Radius of Disc, value')
    await radius.focus()
    await expect(radius).toHaveValue('0.5')
    await radius.fill('1.25')
    await radius.press('Enter')
    const wall = await disc(page)
    expect(wall.radius).toBe(1.25)
    expect(await nearest(page, wall)).toBeGreaterThan(1.25 - 1e-6)

    await button(page, 'Remove Disc').click()
    await expect(page.getByTestId('tray')).toHaveAttribute('data-terms', '0')
    expect(await page.evaluate(() => window.lyapunovLab?.scene().energy)).toEqual(EIGHT.energy)
  })

  await test.step('a region drawn on the stage is simple, forbidden, and named so under the pointer', async () => {
    await button(page, 'Draw region').click()
    // Its code is fetched when it is asked for.
    await expect(page.locator('.region-pad').first()).toBeVisible()
    const canvas = (await page.getByTestId('particles-langevin').boundingBox())!
    const [x, y] = [canvas.x + 0.3 * canvas.width, canvas.y + 0.3 * canvas.height]
    const radius = 0.12 * canvas.width
    await page.mouse.move(x + radius, y)
    await page.mouse.down()
    // A little more than once round, so that the stroke crosses itself.
    for (let i = 1; i <= 34; i++) {
      const angle = (2 * Math.PI * i) / 32
      await page.mouse.move(x + radius * Math.cos(angle), y + radius * Math.sin(angle))
    }
    await page.mouse.up()
    await expect.poll(async () => (await barriers(page)).length).toBe(1)
    const [region] = await barriers(page)
    if (region?.kind !== 'polygon') throw new Error('no region there')
    expect(region.points.length).toBeGreaterThan(5)
    expect(region.points.length).toBeLessThanOrEqual(60)

    const xy = await particlesAtTheEnd(page, [region])
    const center = [-1.6, 1.6] as const
    const distances = xy.flatMap((px, i) =>
      i % 2 === 0 ? [Math.hypot(px - center[0], xy[i + 1]! - center[1])] : [],
    )
    expect(Math.min(...distances)).toBeGreaterThan(0.85)

    await page.mouse.move(x + 0.5 * radius, y)
    await expect(page.getByTestId('readout')).toContainText('forbidden')
    await page.mouse.click(x + 0.5 * radius, y)
    await expect(page.getByText('No cloud can be released inside')).toBeVisible()
    const { initial } = await page.evaluate(() => window.lyapunovLab!.scene().dynamics)
    expect(initial.kind).toBe('gaussian')
    await expect(stage(page)).toHaveAttribute('data-status', /^(paused|running|stopped)$/)
  })
})
