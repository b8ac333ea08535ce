import { readFileSync } from 'node:fs'
import type { Locator, Page } from '@playwright/test'
import type { SweepResult } from '../src/lab/protocol/sweep.ts'
import { expect, test } from './fixtures.ts'
import { openScene, scene, stage, sweepHeadless, waitForHalt } from './lab.ts'

const SWEPT = scene({
  target: { kind: 'eight-gaussians' },
  energy: { kind: 'pretrained', name: 'eight-gaussians' },
  domain: { cells: 32 },
  dynamics: { particles: 64, steps: 20 },
  stopping: { delta: 0.5 },
  sweep: {
    over: 'stepSize',
    values: { kind: 'log', from: 0.005, to: 0.05, count: 2 },
    seeds: 2,
    criteria: ['statistical', 'tolerance', 'energy-plateau'],
  },
})

async function openDialog(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: 'Sweep…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Sweep' })
  await expect(dialog).toBeVisible()
  return dialog
}

const progress = (dialog: Locator): Locator => dialog.getByTestId('sweep-progress')

async function savedBy(page: Page, button: Locator): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent('download'), button.click()])
  return readFileSync(await file.path(), 'utf8')
}

test('a sweep is set by keyboard, kept in the link, and cancelled', async ({ page }) => {
  await openScene(page, { ...SWEPT, sweep: null }, { haltAt: 2, backend: 'cpu' })
  await waitForHalt(page, 2)
  // No worker hears of a sweep: it is cancelled before its end on any machine.
  await page.evaluate(() => {
    const { Worker: Real } = window
    window.Worker = class extends Real {
      override postMessage(message: unknown, more?: unknown): void {
        if ((message as { readonly name?: string }).name === 'sweep') return
        super.postMessage(message, more as Transferable[])
      }
    }
  })
  const dialog = await openDialog(page)
  await dialog.getByRole('combobox', { name: 'Field' }).selectOption('particles')
  const to = dialog.getByRole('textbox', { name: 'To, value' })
  await to.fill('5000')
  await to.press('Enter')
  await dialog.getByRole('checkbox', { name: 'Statistical' }).uncheck()
  const kept = await page.evaluate(() => window.lyapunovLab?.scene().sweep)
  expect(kept).toMatchObject({ over: 'particles', values: { to: 5000 } })
  expect(kept?.criteria).not.toContain('statistical')
  await expect.poll(() => page.url()).toContain('sweep.over=particles')

  await to.fill('0')
  await to.press('Enter')
  await expect(dialog.getByRole('alert')).toContainText('sweep.values')
  const run = dialog.getByRole('button', { name: 'Run sweep' })
  await expect(run).toHaveAttribute('aria-disabled', 'true')
  await to.fill('5000')
  await to.press('Enter')
  await run.click()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(progress(dialog)).toHaveAttribute('data-phase', 'cancelled')
  await expect(run).toBeEnabled()
})

test('an energy of the visitor’s own is swept, too', async ({ page }) => {
  const own = scene({
    target: { kind: 'three-gaussians' },
    energy: { kind: 'trained' },
    training: { steps: 20, backend: 'wasm' },
    domain: { cells: 32 },
    dynamics: { steps: 20, particles: 64 },
    sweep: {
      over: 'delta',
      values: { kind: 'list', values: [0.2, 2] },
      seeds: 1,
      criteria: ['tolerance'],
    },
    view: { speed: 240 },
  })
  await openScene(page, own, { haltAt: 15 })
  await expect(stage(page)).toHaveAttribute('data-status', 'idle')
  const dialog = await openDialog(page)
  const run = dialog.getByRole('button', { name: 'Run sweep' })
  await expect(run).toHaveAttribute('aria-disabled', 'true')
  await expect(progress(dialog)).toContainText('It waits for a trained energy.')
  await page.keyboard.press('Escape')

  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await waitForHalt(page, 15)
  await openDialog(page)
  await run.click()
  await expect(progress(dialog)).toHaveAttribute('data-phase', 'done', { timeout: 60_000 })
  await expect(dialog.locator('tr[data-criterion="tolerance"]')).toHaveCount(2)
})

// One page for both: the sweep that is made again is the one that is read.
test('a sweep is made, again where its worker ends, and read', async ({ page }) => {
  await openScene(page, SWEPT, { haltAt: 2, backend: 'cpu' })
  await waitForHalt(page, 2)
  const dialog = await openDialog(page)

  await test.step('a sweep whose worker ends says so, keeps its rows and can be made again', async () => {
    await page.evaluate(() => {
      const { Worker: Real } = window
      window.Worker = class extends Real {
        constructor(address: string | URL, options?: WorkerOptions) {
          super(address, options)
          // The first word of progress of any sweep is the last of its worker.
          this.addEventListener('message', ({ data }: MessageEvent<{ name?: string }>) => {
            if (data.name !== 'sweep' || window.Worker === Real) return
            window.Worker = Real
            this.dispatchEvent(new ErrorEvent('error'))
          })
        }
      }
    })
    const run = dialog.getByRole('button', { name: 'Run sweep' })
    await run.click()
    await expect(dialog.getByRole('alert')).toContainText('The sweep worker stopped')
    await run.click()
    await expect(progress(dialog)).toHaveAttribute('data-phase', 'done', { timeout: 60_000 })
    await expect(stage(page)).toHaveAttribute('data-step', '2')
  })

  await test.step('a sweep on the page has the rows of the command line, and a value opens its run', async () => {
    const json = JSON.parse(
      await savedBy(page, dialog.getByRole('button', { name: 'Save JSON' })),
    ) as SweepResult
    const headless = await sweepHeadless(SWEPT)
    expect(json.rows).toEqual(headless.rows)
    expect(json.values).toEqual(headless.values)
    const csv = await savedBy(page, dialog.getByRole('button', { name: 'Save CSV' }))
    expect(csv.trim().split('\n')).toHaveLength(1 + headless.rows.length)
    // The sweep has moved nothing on the stage.
    await expect(stage(page)).toHaveAttribute('data-step', '2')

    const table = dialog.getByRole('table', { name: 'What the sweep found' })
    const [, second] = headless.values
    const row = table.locator(`tr[data-criterion="energy-plateau"][data-value="${second}"]`)
    await row.getByRole('button').focus()
    await page.keyboard.press('Enter')
    await expect(dialog).toBeHidden()
    const before = SWEPT.dynamics.stepSize
    const stepSize = () => page.evaluate(() => window.lyapunovLab?.scene().dynamics.stepSize)
    await expect.poll(stepSize).toBe(second)
    const opened = await page.evaluate(() => window.lyapunovLab?.scene())
    expect(opened?.stopping.criterion).toBe('energy-plateau')
    expect(opened?.sweep).toEqual(SWEPT.sweep)
    await page.keyboard.press('Control+z')
    await expect.poll(stepSize).toBe(before)

    // What was found stays, and a point of the chart opens its run as well.
    await openDialog(page)
    await dialog.locator(`circle[data-criterion="tolerance"]`).first().click()
    await expect(dialog).toBeHidden()
    await expect.poll(stepSize).toBe(headless.values[0])
  })
})
