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

for (const [width, height] of [
  [1440, 900],
  [1280, 720],
  [800, 1000],
  [390, 844],
] as const)
  test(`at ${width}×${height} nothing moves when the panels come`, async ({ page }) => {
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
  })

for (const [width, height] of [
  [1440, 900],
  [1280, 720],
] as const) {
  test(`at ${width}×${height} the page scrolls in no direction`, async ({ page }) => {
    await page.setViewportSize({ width, height })
    await openScene(page, ASKED, { haltAt: 30 })
    await waitForHalt(page, 30)
    await panels(page)
    const size = await page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement
      return [scrollWidth, scrollHeight]
    })
    expect(size).toEqual([width, height])
  })
}

test('on a phone the page scrolls only downwards and every button is a thumb wide or high', async ({
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await openScene(page, ASKED, { haltAt: 30 })
  await waitForHalt(page, 30)
  await panels(page)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  const small = await page.getByRole('button').evaluateAll((buttons) =>
    buttons
      .map((button) => ({ name: button.textContent, box: button.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && Math.min(box.width, box.height) < 36)
      .map(({ name, box }) => `${name} ${box.width}×${box.height}`),
  )
  expect(small).toEqual([])
})
