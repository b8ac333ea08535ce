import { expect, test } from './fixtures.ts'
import { snapshot, stage } from './lab.ts'

test('within two seconds of opening, particles move on a shipped energy', async ({ page }) => {
  await page.goto('/', { waitUntil: 'commit' })
  const opened = Date.now()
  await page.waitForFunction(
    () => Number(document.querySelector<HTMLElement>('[data-testid="stage"]')?.dataset['step']) > 0,
    undefined,
    { polling: 'raf' },
  )
  expect(Date.now() - opened).toBeLessThan(2000)

  const canvas = page.getByTestId('particles-langevin')
  const early = await snapshot(page)
  const picture = await canvas.screenshot()
  expect(early.scene.energy).toEqual({ kind: 'pretrained', name: 'two-moons' })
  await expect
    .poll(async () => Number(await stage(page).getAttribute('data-step')))
    .toBeGreaterThan(early.step + 10)
  expect((await canvas.screenshot()).equals(picture)).toBe(false)
  const later = await snapshot(page)
  expect(later.langevin).toHaveLength(early.langevin.length)
  expect(later.langevin).not.toEqual(early.langevin)
})
