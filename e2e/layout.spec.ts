import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { openScene, scene, stage, waitForHalt } from './lab.ts'

const ASKED = scene({
  energy: {
    kind: 'sum',
    terms: [
      { energy: { kind: 'pretrained', name: 'rings' } },
      { weight: 0.5, energy: { kind: 'pretrained', name: 'two-gaussians' } },
    ],
  },
  domain: { cells: 32 },
  dynamics: { steps: 30, particles: 256 },
  view: { speed: 240 },
})

/** Waits for the panels, which come after the particles. */
const panels = (page: Page) => expect(page.locator('.shelf .card').first()).toBeAttached()

/** @returns width and height of the whole page, the part that is scrolled away included */
const sizeOf = (page: Page) =>
  page.evaluate(() => {
    const { scrollWidth, scrollHeight } = document.documentElement
    return [scrollWidth, scrollHeight]
  })

for (const [width, height, more] of [
  [1440, 900, ', and the page scrolls in no direction'],
  [1280, 720, ', and the page scrolls in no direction'],
  [800, 1000, ''],
  [390, 844, ', the page scrolls only downwards, and every button is a thumb wide or high'],
] as const)
  test(`at ${width}×${height} nothing moves when the panels come${more}`, async ({ page }) => {
    await page.setViewportSize({ width, height })
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await page.route(/\/assets\/panels-/, async (route) => {
      await held
      await route.continue()
    })
    await openScene(page, ASKED, { haltAt: 30 })
    await waitForHalt(page, 30)
    // Its name takes another room than the word that stands for it before.
    await expect(stage(page)).toHaveAttribute('data-backend', /./)
    const places = () =>
      page.locator('.header > *, .stage > *').evaluateAll((elements) =>
        elements.map((element) => {
          const { x, y, width, height } = element.getBoundingClientRect()
          return [x, y, width, height]
        }),
      )
    const before = await places()
    release()
    await panels(page)
    await expect(page.locator('.plot canvas').first()).toBeAttached()
    expect(await places()).toEqual(before)

    if (width > 1000) expect(await sizeOf(page)).toEqual([width, height])
    if (width > 390) return
    expect((await sizeOf(page))[0]).toBe(390)
    const small = await page.getByRole('button').evaluateAll((buttons) =>
      buttons
        .map((button) => ({ name: button.textContent, box: button.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0 && Math.min(box.width, box.height) < 36)
        .map(({ name, box }) => `${name} ${box.width}×${box.height}`),
    )
    expect(small).toEqual([])
  })
