import type { CDPSession, Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { openStill, stage } from './lab.ts'

/** A finger that comes down in the middle of a slider, moves and leaves. */
async function swipe(
  page: Page,
  session: CDPSession,
  name: string,
  [dx, dy]: readonly [number, number],
): Promise<void> {
  const slider = page.getByRole('slider', { name, exact: true })
  await slider.scrollIntoViewIfNeeded()
  const box = (await slider.boundingBox())!
  const x = box.x + 0.25 * box.width
  const y = box.y + box.height / 2
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', part: number) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: type === 'touchEnd' ? [] : [{ x: x + part * dx, y: y + part * dy }],
    })
  await touch('touchStart', 0)
  for (let part = 1; part <= 8; part++) await touch('touchMove', part / 8)
  await touch('touchEnd', 1)
}

/** Where the page has been scrolled to, once it has stood still for a while of frames: a flick goes on after the finger. */
const atRest = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let last = scrollY
        let still = 0
        requestAnimationFrame(function look() {
          still = scrollY === last ? still + 1 : 0
          last = scrollY
          if (still === 20) resolve(last)
          else requestAnimationFrame(look)
        })
      }),
  )

test.describe('a finger on a slider', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })

  test('scrolls up and down, from the timeline too, and changes the value along it alone', async ({
    page,
  }) => {
    await openStill(page)
    const session = await page.context().newCDPSession(page)
    const scrub = page.getByRole('slider', { name: 'Scrub', exact: true })
    await swipe(page, session, 'Scrub', [3, -200])
    await expect(scrub).toHaveValue('2')
    await expect(stage(page)).toHaveAttribute('data-step', '2')

    const temperature = page.getByRole('slider', { name: 'Temperature ε', exact: true })
    const before = await temperature.inputValue()
    await temperature.scrollIntoViewIfNeeded()
    const from = await atRest(page)
    await swipe(page, session, 'Temperature ε', [3, -220])
    const below = await atRest(page)
    expect(below).toBeGreaterThan(from + 60)
    expect(await temperature.inputValue()).toBe(before)
    await temperature.scrollIntoViewIfNeeded()
    const seen = await atRest(page)
    await swipe(page, session, 'Temperature ε', [-2, 180])
    expect(await atRest(page)).toBeLessThan(seen - 60)
    expect(await temperature.inputValue()).toBe(before)
    await swipe(page, session, 'Temperature ε', [120, 6])
    await expect(temperature).not.toHaveValue(before)
    const along = await temperature.inputValue()
    // A tap is meant.
    await temperature.tap({ position: { x: 30, y: 20 } })
    await expect(temperature).not.toHaveValue(along)
  })
})

/** Drops a file on what lies at a point. @returns whether the page took or refused it, so that the browser opens nothing */
function drop(page: Page, x: number, y: number, text: string): Promise<boolean> {
  return page.evaluate(
    ([left, top, content]) => {
      const data = new DataTransfer()
      data.items.add(new File([content], 'points.csv', { type: 'text/csv' }))
      const target = document.elementFromPoint(left, top) ?? document.body
      const event = (type: string) =>
        new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true })
      const over = target.dispatchEvent(event('dragover'))
      const dropped = target.dispatchEvent(event('drop'))
      return !over && !dropped
    },
    [x, y, text] as const,
  )
}

test('a file dropped before the panels have come is not opened', async ({ page }) => {
  await page.route(/\/assets\/panels-/, () => undefined)
  await page.goto('/')
  await expect(stage(page)).toHaveAttribute('data-status', /idle|running/)
  await expect(page.getByRole('button', { name: 'Upload CSV' })).toHaveCount(0)
  expect(await drop(page, 5, 5, '1,2')).toBe(true)
})

// One page for all: opening it takes longer than they do.
test('files, texts and screens may come in any way', async ({ page }) => {
  await openStill(page)

  await test.step('a file dropped beside its zone is ignored or taken, never opened', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => `${String(i % 7)},${String(i % 11)}`)
    const csv = ['across,up', ...rows].join('\n')
    expect(await drop(page, 640, 300, csv)).toBe(true)
    expect(await drop(page, 5, 5, csv)).toBe(true)
    await page.getByRole('button', { name: 'Upload CSV' }).click()
    const dialog = page.getByRole('dialog', { name: 'Upload a table' })
    await expect(dialog).toBeVisible()
    expect(await drop(page, 5, 5, csv)).toBe(true)
    await expect(dialog.getByText('60 points', { exact: true })).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(dialog).toBeHidden()
  })

  await test.step('a press beside the Paste dialog keeps its text', async () => {
    const dialog = page.getByRole('dialog', { name: 'Paste points' })
    const field = dialog.getByRole('textbox', { name: 'Points' })
    for (const leave of [
      () => page.mouse.click(5, 5),
      () => page.keyboard.press('Escape'),
      () => dialog.getByRole('button', { name: 'Close' }).click(),
    ]) {
      await page.getByRole('button', { name: 'Paste', exact: true }).click()
      await field.fill('0.1 0.2\n0.3 0.4')
      await leave()
      await expect(dialog).toBeHidden()
      await page.getByRole('button', { name: 'Paste', exact: true }).click()
      await expect(field).toHaveValue('0.1 0.2\n0.3 0.4')
      await page.keyboard.press('Escape')
    }
  })

  await test.step('a screen of another density is painted anew', async () => {
    const session = await page.context().newCDPSession(page)
    const widths = () =>
      page
        .locator('.flow-canvas canvas[role="img"], .card .thumbnail, .plot canvas[role="img"]')
        .evaluateAll((all) =>
          all.map((canvas) => {
            const { width, clientWidth } = canvas as HTMLCanvasElement
            return clientWidth === 0 ? 1 : width / clientWidth
          }),
        )
    const density = (deviceScaleFactor: number) =>
      session.send('Emulation.setDeviceMetricsOverride', {
        width: 1280,
        height: 720,
        deviceScaleFactor,
        mobile: false,
      })
    await density(2)
    await expect.poll(async () => Math.min(...(await widths()))).toBeGreaterThan(1.5)
    await density(1)
    await expect.poll(async () => Math.max(...(await widths()))).toBeLessThan(1.5)
  })
})
