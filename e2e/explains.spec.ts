import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { openScene, scene, stage, waitForHalt } from './lab.ts'

const STEPS = 60

/** A shipped energy on a small grid: its laws are known within a second. */
const ASKED = scene({
  target: { kind: 'eight-gaussians' },
  energy: { kind: 'pretrained', name: 'eight-gaussians' },
  domain: { cells: 48 },
  dynamics: { particles: 256, steps: STEPS },
  stopping: { criterion: 'tolerance', delta: 0.2 },
})

/** Types a number into a field, as one does: it is selected once it has the focus. */
async function type(page: Page, name: string, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name })
  await field.click()
  await expect
    .poll(() => field.evaluate((input: HTMLInputElement) => input.selectionEnd ?? 0))
    .toBeGreaterThan(0)
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.type(text)
  await page.keyboard.press('Enter')
}

/** Texts on the page that are smaller than 12 CSS pixels, with their sizes. */
const smallTexts = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement
      const text = (node.textContent ?? '').trim()
      if (parent === null || text === '') continue
      if (['SCRIPT', 'STYLE', 'ANNOTATION', 'NOSCRIPT'].includes(parent.tagName.toUpperCase()))
        continue
      const size = parseFloat(getComputedStyle(parent).fontSize)
      if (size < 12) found.push(`${text.slice(0, 40)}: ${size} px`)
    }
    return found
  })

test('the page says what is on it, what a stop is worth, and what its words mean', async ({
  page,
}) => {
  await openScene(page, ASKED, { haltAt: STEPS })
  await waitForHalt(page, STEPS)
  await expect(stage(page)).toHaveAttribute('data-laws', 'done')
  const caption = page.locator('.caption')
  const row = page.locator('li[data-criterion="tolerance"]')

  await test.step('one sentence names the energy and gives the advice of the chosen rule', async () => {
    await expect(page.getByTestId('on-stage')).toHaveText('Eight Gaussians · shipped energy')
    await expect(row).toHaveAttribute('data-word', 'good')
    const advice = row.locator('.advice > span')
    await expect(advice).toHaveText(
      /^You may stop at step \d+: the samples are within 0\.1\d+ nats of π\.$/,
    )
    await expect(caption).toContainText((await advice.textContent()) ?? '')
    await expect(row.locator('.worth .term')).toHaveCount(1)
  })

  await test.step('another δ gives another word', async () => {
    await type(page, 'Tolerance δ, value', '0.000002')
    await expect(row).toHaveAttribute('data-word', 'unfired')
    await expect(row.locator('.advice')).toContainText('more steps, or a larger δ, may')
  })

  await test.step('a symbol opens its card by mouse and by keyboard, and Escape gives the focus back', async () => {
    const eta = page.locator('[data-term="stepSize"]')
    const card = page.getByRole('dialog', { name: 'Step size' })
    await eta.click()
    await expect(card).toContainText('How far a particle goes in one step')
    await page.keyboard.press('Escape')
    await expect(card).toHaveCount(0)
    await expect(eta).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(card).toBeVisible()
    // A press elsewhere closes it.
    await caption.click()
    await expect(card).toHaveCount(0)
  })

  await test.step('every control of the particles and every verdict has its card', async () => {
    for (const label of ['Temperature ε', 'Step size η', 'Particles', 'Tolerance δ'])
      await expect(page.getByRole('button', { name: `What is ${label}?` })).toHaveCount(1)
    await expect(row.locator('.advice .term')).toHaveCount(1)
  })

  await test.step('no text is smaller than 12 px, formulas and folds included', async () => {
    await row.getByText('Why', { exact: false }).first().click()
    await page.getByText('Constants', { exact: false }).first().click()
    await expect(row.locator('math')).toBeVisible()
    expect(await smallTexts(page)).toEqual([])
  })

  await test.step('too long a step is called unstable, with the remedy beside it', async () => {
    await type(page, 'Step size η, value', '0.9')
    const warning = page.locator('.unstable-step')
    await expect(warning).toContainText(/take η below 0\.\d+/)
    await expect(row).toHaveAttribute('data-word', 'unstable')
    await warning.getByRole('button', { name: 'mend' }).click()
    await expect(warning).toHaveCount(0)
  })

  await test.step('keys step and open the help, which has every word; a dialog has its keys to itself', async () => {
    await expect(stage(page)).toHaveAttribute('data-preparing', 'false')
    await caption.click()
    await page.keyboard.press('r')
    await waitForHalt(page, STEPS)
    await page.keyboard.press('ArrowLeft')
    await expect(stage(page)).toHaveAttribute('data-step', String(STEPS - 1))
    await page.keyboard.press('?')
    const help = page.getByRole('dialog', { name: 'Help' })
    await expect(help.locator('.glossary article')).not.toHaveCount(0)
    await expect(help.getByRole('link', { name: /Lyapunov-based Energy Matching/ })).toBeVisible()
    await page.keyboard.press('ArrowLeft')
    expect(await smallTexts(page)).toEqual([])
    await page.keyboard.press('Escape')
    await expect(help).toHaveCount(0)
    await expect(stage(page)).toHaveAttribute('data-step', String(STEPS - 1))
  })

  await test.step('an experiment keeps its sentence, says where to look, and leads to the next', async () => {
    await page.getByText('Experiments', { exact: true }).click()
    await page
      .locator('[data-experiment="stalled"] button, button[data-experiment="stalled"]')
      .click()
    await expect(page.getByTestId('on-stage')).toHaveText('Stalled, not converged')
    await expect(caption).toContainText('the curve goes flat far above zero')
    await caption.getByRole('button', { name: 'Look at' }).click()
    await expect(caption).toContainText('half of the mass is missing in the other well')
    await caption.getByRole('button', { name: 'Try' }).click()
    await expect(caption).toContainText('Choose “Tolerance”: it never fires')
    await caption.getByRole('button', { name: 'Next experiment' }).click()
    await expect(page.getByTestId('on-stage')).toHaveText('Rules that see one well at a time')
  })
})
