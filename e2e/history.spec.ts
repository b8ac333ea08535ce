import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { openScene, scene, stage } from './lab.ts'

/** Its laws take no time that a machine would be short of. */
const SMALL = scene({
  energy: { kind: 'pretrained', name: 'two-moons' },
  domain: { cells: 32 },
  dynamics: { particles: 256, steps: 500 },
})

const target = (page: Page, name: string) =>
  page.getByRole('radiogroup', { name: 'Target' }).getByRole('radio', { name, exact: true })
const undo = (page: Page) => page.getByRole('button', { name: 'Undo', exact: true })
const redo = (page: Page) => page.getByRole('button', { name: 'Redo', exact: true })

// One page for all: opening it takes longer than they do.
test('changes are taken back, made again, and walked through', async ({ page }) => {
  await openScene(page, SMALL)
  await expect(stage(page)).not.toHaveAttribute('data-step', '0', { timeout: 60_000 })
  await expect(undo(page)).toBeDisabled()

  await test.step('a drag is one step, and a text field keeps its own undo', async () => {
    const slider = page.getByRole('slider', { name: 'Temperature ε' })
    const before = await slider.inputValue()
    const box = (await slider.boundingBox())!
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.7, box.y + box.height / 2, { steps: 6 })
    await page.mouse.move(box.x + box.width * 0.8, box.y + box.height / 2, { steps: 6 })
    await page.mouse.up()
    const dragged = await slider.inputValue()
    expect(dragged).not.toBe(before)
    await undo(page).click()
    await expect(slider).toHaveValue(before)
    await expect(undo(page)).toBeDisabled()
    await page.keyboard.press('Control+y')
    await expect(slider).toHaveValue(dragged)
    const figure = page.getByRole('textbox', { name: 'Temperature ε, value' })
    await figure.click()
    await figure.pressSequentially('10,000')
    await page.keyboard.press('Control+z')
    await expect(slider).toHaveValue(dragged)
    await figure.fill('10,000')
    await figure.press('Enter')
    await expect(page.getByRole('note').filter({ hasText: 'may be 10 or 10000' })).toBeVisible()
    await expect(figure).toHaveValue('10,000')
    await expect(slider).toHaveValue(dragged)
    await undo(page).click()
    await expect(slider).toHaveValue(before)
    await expect(undo(page)).toBeDisabled()
  })

  await test.step('an experiment on a wide box leads on to any target, in one step with what follows', async () => {
    await page.locator('summary', { hasText: 'Experiments' }).click()
    await page.getByRole('button', { name: /^A certificate in advance/u }).click()
    await expect(page).toHaveURL(/halfWidth=6/)
    await target(page, 'Banana').click({ force: true })
    await expect(
      page.getByRole('note').filter({ hasText: 'went back to half-width 4' }),
    ).toBeVisible()
    await expect(stage(page)).toHaveAttribute('data-status', /running|stopped/)
    await expect(page).not.toHaveURL(/halfWidth/)
    await undo(page).click()
    await expect(page).toHaveURL(/halfWidth=6/)
    await undo(page).click()
    await expect(target(page, 'Two moons')).toBeChecked()
    await expect(undo(page)).toBeDisabled()
  })

  await test.step('undo, redo, Back and Forward walk through the same scenes, over a reload too', async () => {
    for (const name of ['Banana', 'Rings', 'Pinwheel']) {
      await target(page, name).click({ force: true })
      await expect(target(page, name)).toBeChecked()
    }
    await page.keyboard.press('Control+z')
    await expect(target(page, 'Rings')).toBeChecked()
    await page.goBack()
    await expect(target(page, 'Banana')).toBeChecked()
    await redo(page).click()
    await expect(target(page, 'Rings')).toBeChecked()
    await page.goForward()
    await expect(target(page, 'Pinwheel')).toBeChecked()
    await expect(redo(page)).toBeDisabled()
    await expect(page).toHaveURL(/target=pinwheel/)
    await page.reload()
    await expect(target(page, 'Pinwheel')).toBeChecked()
    await undo(page).click()
    await expect(target(page, 'Rings')).toBeChecked()
    await page.keyboard.press('Control+Shift+z')
    await expect(target(page, 'Pinwheel')).toBeChecked()
    for (const name of ['Rings', 'Banana', 'Two moons']) {
      await page.goBack()
      await expect(target(page, name)).toBeChecked()
    }
    await expect(undo(page)).toBeDisabled()
    await expect(page.getByRole('note').filter({ hasText: 'link' })).toHaveCount(0)
  })
})
