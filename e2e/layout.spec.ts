import { expect, test } from './fixtures.ts'
import { openScene, scene, waitForHalt } from './lab.ts'

const ASKED = scene({
  energy: {
    kind: 'sum',
    terms: [
      { energy: { kind: 'pretrained', name: 'rings' } },
      { weight: 0.5, energy: { kind: 'pretrained', name: 'two-gaussians' } },
    ],
  },
  dynamics: { steps: 30 },
  view: { speed: 240 },
})

for (const [width, height] of [
  [1440, 900],
  [1280, 720],
] as const) {
  test(`at ${width}×${height} the page scrolls in no direction`, async ({ page }) => {
    await page.setViewportSize({ width, height })
    await openScene(page, ASKED, { haltAt: 30 })
    await waitForHalt(page, 30)
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
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  const small = await page.getByRole('button').evaluateAll((buttons) =>
    buttons
      .map((button) => ({ name: button.textContent, box: button.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && Math.min(box.width, box.height) < 36)
      .map(({ name, box }) => `${name} ${box.width}×${box.height}`),
  )
  expect(small).toEqual([])
})
