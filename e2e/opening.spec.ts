import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { snapshot, stage } from './lab.ts'

/** Opens the page in a fresh profile; milliseconds from the commit of the navigation to the first step on screen. */
async function timeToFirstStep(page: Page): Promise<number> {
  await page.goto('/', { waitUntil: 'commit' })
  const opened = Date.now()
  await page.waitForFunction(
    () => Number(document.querySelector<HTMLElement>('[data-testid="stage"]')?.dataset['step']) > 0,
    undefined,
    { polling: 'raf' },
  )
  return Date.now() - opened
}

test('within two seconds of opening, particles move on a shipped energy', async ({
  page,
  browser,
}) => {
  // The best of four fresh profiles: a busy machine delays one of them, a slow page all.
  const times = [await timeToFirstStep(page)]
  while (Math.min(...times) >= 2000 && times.length < 4) {
    const context = await browser.newContext()
    times.push(await timeToFirstStep(await context.newPage()))
    await context.close()
  }
  expect(Math.min(...times)).toBeLessThan(2000)

  const early = await snapshot(page)
  expect(early.scene.energy).toEqual({ kind: 'pretrained', name: 'two-moons' })
  const pixels = () =>
    page
      .getByTestId('particles-langevin')
      .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL())
  const picture = await pixels()
  const step = async () => Number(await stage(page).getAttribute('data-step'))
  const seen = await step()
  await expect.poll(step).toBeGreaterThan(seen + 10)
  expect(await pixels()).not.toBe(picture)
  const later = await snapshot(page)
  expect(later.langevin).toHaveLength(early.langevin.length)
  expect(later.langevin).not.toEqual(early.langevin)
})
