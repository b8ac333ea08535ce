import type { Locator, Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { openScene, openWithin, scene, snapshot, stage } from './lab.ts'

/** Big enough for shelf and tray to be in view together. */
test.use({ viewport: { width: 1440, height: 1000 }, hasTouch: true })

const TERMS = ['eight-gaussians', 'banana'] as const
const BASE = {
  domain: { cells: 32 },
  dynamics: { particles: 512, steps: 40 },
  view: { haltAt: 0 },
}

const card = (page: Page, name: string): Locator =>
  page.locator(`[data-card="shipped:${name}"]`).getByRole('button')
const tray = (page: Page): Locator => page.getByTestId('tray')

/** V at the nodes of each term on its own; leaves the page with the last of them on the stage. */
async function tablesOf(page: Page): Promise<number[][]> {
  const tables: number[][] = []
  for (const name of TERMS) {
    const alone = scene({ ...BASE, energy: { kind: 'pretrained', name } })
    await (tables.length === 0 ? openScene(page, alone) : openWithin(page, alone))
    await page.waitForFunction((wanted) => {
      const energy = window.lyapunovLab?.runScene()?.energy
      return energy?.kind === 'pretrained' && energy.name === wanted
    }, name)
    await expect(stage(page)).toHaveAttribute('data-preparing', 'false')
    await expect(stage(page)).toHaveAttribute('data-step', '0')
    tables.push((await snapshot(page)).table.v)
  }
  return tables
}

type Add = (page: Page, name: string) => Promise<void>

async function centre(locator: Locator): Promise<{ x: number; y: number }> {
  await locator.scrollIntoViewIfNeeded()
  const box = await locator.boundingBox()
  if (box === null) throw new Error('nothing to see there')
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
}

const byMouse: Add = async (page, name) => {
  const from = await centre(card(page, name))
  const to = await centre(tray(page))
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  // A quick hand: no move is told over the card itself.
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2)
  await page.mouse.move(to.x, to.y)
  await page.mouse.up()
}

const byTouch: Add = async (page, name) => {
  const from = await centre(card(page, name))
  const to = await centre(tray(page))
  const finger = await page.context().newCDPSession(page)
  const touch = (type: 'touchStart' | 'touchMove', x: number, y: number) =>
    finger.send('Input.dispatchTouchEvent', { type, touchPoints: [{ x, y }] })
  await touch('touchStart', from.x, from.y)
  for (const share of [0.1, 0.4, 0.7, 1]) {
    const x = from.x + share * (to.x - from.x)
    const y = from.y + share * (to.y - from.y)
    await touch('touchMove', x, y)
  }
  await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await finger.detach()
}

const byKeyboard: Add = async (page, name) => {
  await card(page, name).focus()
  await page.keyboard.press('Enter')
}

/** The table on the stage must be the weighted sum of the terms' tables, node by node. */
async function expectSum(page: Page, terms: readonly number[][], weights: readonly number[]) {
  await expect
    .poll(async () => {
      const { scene: running } = await snapshot(page)
      return running.energy.kind === 'sum' ? running.energy.terms.map(({ weight }) => weight) : []
    })
    .toEqual(weights)
  // The run before may have been a sum with the same weights: the table is read until it is the one asked for.
  await expect
    .poll(async () => {
      const { table } = await snapshot(page)
      const error = table.v.map((v, node) => {
        const sum = terms.reduce((total, term, i) => total + weights[i]! * term[node]!, 0)
        return Math.abs(v - sum) / (1 + Math.abs(sum))
      })
      return table.v.length === (BASE.domain.cells + 1) ** 2 ? Math.max(...error) : Infinity
    })
    .toBeLessThan(1e-12)
}

/** The panel that says what the sum inherits: what follows from its terms bounds what is proved of it. */
async function expectReasons(page: Page): Promise<void> {
  await tray(page).getByText('Why it is certified').click()
  const rows = tray(page).getByRole('table', { name: 'What is inherited' }).locator('tbody tr')
  await expect(rows).toHaveCount(TERMS.length + 2, { timeout: 120_000 })
  const numbers = async (row: number) =>
    (await rows.nth(row).locator('td').allTextContents()).map((text) =>
      Number(text.replace('−', '-')),
    )
  const [follows, proved] = [await numbers(TERMS.length), await numbers(TERMS.length + 1)]
  expect(proved[0]).toBeGreaterThanOrEqual(follows[0]!)
  expect(proved[1]).toBeLessThanOrEqual(follows[1]!)
  await expect(tray(page)).toContainText('by the error of the energies')
}

// One page for all: opening it takes longer than they do.
test('energies are composed by every way of input, saved, composed again, and mixed', async ({
  page,
}) => {
  const tables = await tablesOf(page)
  const clear = async () => {
    await page.getByRole('button', { name: 'Clear', exact: true }).click()
    await expect(tray(page)).toHaveAttribute('data-terms', '0')
  }

  const ways = { mouse: byMouse, touch: byTouch, keyboard: byKeyboard }
  for (const [way, add] of Object.entries(ways))
    await test.step(`two energies put into the tray by ${way} are their nodewise sum, sampled at once`, async () => {
      for (const [i, name] of TERMS.entries()) {
        await add(page, name)
        await expect(tray(page)).toHaveAttribute('data-terms', String(i + 1))
      }
      await expectSum(page, tables, [1, 1])
      await expect(stage(page)).toHaveAttribute('data-status', /^(running|paused|stopped|idle)$/)

      const weight = tray(page).getByRole('slider').first()
      await weight.focus()
      await page.keyboard.press('ArrowLeft')
      const chosen = Number(
        await tray(page).locator('[data-weight]').first().getAttribute('data-weight'),
      )
      expect(chosen).toBeLessThan(1)
      await expectSum(page, tables, [chosen, 1])
      if (way === 'keyboard') await expectReasons(page)

      await page.getByRole('button', { name: 'Step', exact: true }).click()
      await expect(stage(page)).toHaveAttribute('data-step', '1')
      const { points } = await snapshot(page)
      expect(points[0]?.kl).toBeGreaterThan(0)
      expect(points[0]?.estimator).toBe('quadrature')
      await clear()
    })

  await test.step('two energies by or are the mixture of their laws, by keyboard and with undo', async () => {
    for (const name of TERMS) await byKeyboard(page, name)
    await expectSum(page, tables, [1, 1])

    const choice = tray(page).getByRole('group', { name: 'Compose by' })
    const or = choice.getByRole('button', { name: 'or', exact: true })
    await or.focus()
    await page.keyboard.press('Enter')
    await expect(or).toHaveAttribute('aria-pressed', 'true')
    await expect(tray(page).getByTestId('sum-formula')).toContainText('V = −log(')
    await expect(tray(page)).toContainText('50 %')
    const weight = tray(page).getByRole('slider').first()
    await expect(weight).toHaveAttribute('min', '100')
    await expect.poll(async () => constantOfMixture(page, tables)).toBeLessThan(1e-9)

    await page.keyboard.press('Control+z')
    await expect(or).toHaveAttribute('aria-pressed', 'false')
    await expectSum(page, tables, [1, 1])
  })

  await test.step('a composition saved to the shelf is an energy that can be composed again', async () => {
    await page.getByRole('button', { name: 'Save as energy' }).click()
    const saved = page.locator('[data-card][data-origin="composed"]')
    await expect(saved).toHaveCount(1)

    await clear()
    await saved.getByRole('button', { name: /^Add / }).press('Enter')
    await byKeyboard(page, TERMS[1])
    await expect(tray(page)).toHaveAttribute('data-terms', '2')
    const both = tables[0]!.map((v, node) => v + tables[1]![node]!)
    await expectSum(page, [both, tables[1]!], [1, 1])
  })
})

/**
 * How far the table on the stage is from c₁e^(−V₁) + c₂e^(−V₂) for any positive c: e^(−V) is fitted at two nodes where the terms
 * differ, and the largest error over the nodes is taken, over the largest density.
 */
async function constantOfMixture(page: Page, terms: readonly number[][]): Promise<number> {
  const { table } = await snapshot(page)
  const [first, second] = terms.map((term) => term.map((v) => Math.exp(-v)))
  const density = table.v.map((v) => Math.exp(-v))
  const [i, j] = [first, second].map((law) => law!.indexOf(Math.max(...law!))) as [number, number]
  const determinant = first![i]! * second![j]! - first![j]! * second![i]!
  const a = (density[i]! * second![j]! - density[j]! * second![i]!) / determinant
  const b = (first![i]! * density[j]! - first![j]! * density[i]!) / determinant
  if (!(a > 0 && b > 0)) return Infinity
  const errors = density.map((value, k) => Math.abs(value - a * first![k]! - b * second![k]!))
  return Math.max(...errors) / Math.max(...density)
}
