import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { openScene, reload, scene, stage, waitForHalt } from './lab.ts'

const SMALL = {
  domain: { cells: 32 },
  dynamics: { steps: 15, particles: 256 },
  view: { speed: 240 },
}
const EXACT = scene({ ...SMALL, target: { kind: 'three-gaussians' }, energy: { kind: 'exact' } })

/** Puts records into the page's storage as another version, or a failing disk, may have left them. */
async function plant(page: Page, records: readonly [table: string, key: string, value: unknown][]) {
  await page.evaluate(async (planted) => {
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('lyapunov-lab')
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(new Error('not opened'))
    })
    for (const [table, key, value] of planted)
      await new Promise<void>((resolve) => {
        const transaction = db.transaction(table, 'readwrite')
        transaction.objectStore(table).put(value, key)
        transaction.oncomplete = () => resolve()
      })
    db.close()
  }, records)
}

const messages = (page: Page) => page.getByLabel('Messages')

test('storage that never opens is waited for three seconds, then the page goes on and says so', async ({
  page,
}) => {
  await page.addInitScript(() => {
    // A request that is never answered.
    IDBFactory.prototype.open = () =>
      Object.setPrototypeOf(new EventTarget(), IDBOpenDBRequest.prototype) as IDBOpenDBRequest
  })
  await openScene(page, EXACT, { haltAt: 15 })
  await waitForHalt(page, 15)
  await expect(messages(page)).toContainText('its storage does not answer')
  // What is made stands on the page.
  await page.getByRole('button', { name: 'Add Rings to the tray' }).click()
  await page.getByRole('button', { name: 'Save as energy' }).click()
  await expect(page.locator('[data-card][data-origin="composed"]')).toHaveCount(1)
  await expect(stage(page)).not.toHaveAttribute('data-status', 'error')
})

// One after another in the same pages: opening one takes longer than they do.
test('what is kept outlives other tabs, storage that is cleared, records of another form and hasty reloads', async ({
  page,
  context,
}) => {
  const own = (tab: Page) => tab.locator('[data-card][data-origin="composed"]')

  await test.step('two tabs share the shelf; what was removed can be put back, also after a reload', async () => {
    await openScene(page, scene({ ...SMALL, energy: { kind: 'quadratic' } }), { haltAt: 15 })
    await waitForHalt(page, 15)
    const second = await context.newPage()
    await openScene(second, EXACT, { haltAt: 15 })
    await waitForHalt(second, 15)
    await expect(messages(second)).toContainText('open in another tab, too')
    await expect(messages(page)).not.toContainText('open in another tab, too')

    await page.getByRole('button', { name: 'Add Rings to the tray' }).click()
    await page.getByRole('button', { name: 'Save as energy' }).click()
    await expect(own(page)).toHaveCount(1)
    await expect(own(second)).toHaveCount(1)

    await own(second)
      .getByRole('button', { name: /^Remove .* from the shelf$/ })
      .click()
    await expect(own(page)).toHaveCount(0)
    await reload(second)
    await waitForHalt(second, 15)
    await expect(own(second)).toHaveCount(0)
    await messages(second).getByRole('button', { name: 'Undo' }).click()
    await expect(own(second)).toHaveCount(1)
    await expect(own(page)).toHaveCount(1)
    await second.close()
  })

  await test.step('storage that is cleared while the page is open is filled again', async () => {
    await page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const request = indexedDB.deleteDatabase('lyapunov-lab')
          request.onsuccess = () => resolve()
        }),
    )
    await page.getByRole('button', { name: 'Save as energy' }).click()
    await expect(own(page)).toHaveCount(2)
  })

  await test.step('records that are not what they should be are set aside, told once and saved as files', async () => {
    await plant(page, [
      ['shelf', 'number', 5],
      ['shelf', 'empty', { id: 'empty', label: 'Empty' }],
      [
        'dataSets',
        'points',
        { id: 'points', label: 'P', content: { kind: 'points', points: 'x' } },
      ],
      ['checkpoints', 'half', { trainer: { step: 3 } }],
      ['settings', 'draft', '[[1,"x"]]'],
      ['settings', 'theme', 7],
    ])
    await reload(page)
    await waitForHalt(page, 15)
    await expect(own(page)).toHaveCount(2)
    await expect(messages(page)).toContainText('4 records that this browser keeps cannot be read')
    await messages(page).getByRole('button', { name: 'Show' }).click()
    const list = page.getByRole('list', { name: 'Unreadable' })
    await expect(list.getByRole('listitem')).toHaveCount(4)
    const download = page.waitForEvent('download')
    await list.getByRole('button', { name: /Save Energy number/ }).click()
    expect((await download).suggestedFilename()).toBe('Energy-number.json')
  })

  await test.step('the browser asks before it leaves a page whose data storage is still writing', async () => {
    await page.addInitScript(() => {
      // The transaction of a data set stays open for as long as requests follow one another.
      const transact = Reflect.get(IDBDatabase.prototype, 'transaction') as (
        ...given: unknown[]
      ) => IDBTransaction
      IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...given) {
        const transaction = transact.apply(this, given)
        const hold = () => {
          if (!('released' in window)) transaction.objectStore('dataSets').count().onsuccess = hold
        }
        if (given[1] === 'readwrite' && transaction.objectStoreNames.contains('dataSets')) hold()
        return transaction
      }
    })
    await reload(page)
    await waitForHalt(page, 15)
    await page.getByRole('button', { name: 'Paste' }).click()
    await page
      .getByRole('textbox', { name: 'Points' })
      .fill('1 2\n2 1\n3 5\n4 4\n0 1\n2 2\n5 3\n1 1\n3 2\n2 4')
    await page.getByRole('button', { name: 'Use as target' }).click()
    await expect(page.getByRole('radio', { name: '10 points' })).toBeChecked()

    const asked = page.waitForEvent('dialog')
    await page.evaluate(() => {
      setTimeout(() => {
        location.reload()
      })
    })
    const question = await asked
    expect(question.type()).toBe('beforeunload')
    await question.dismiss()
    await expect(page.getByRole('radio', { name: '10 points' })).toBeChecked()
    await page.evaluate(() => {
      Object.assign(window, { released: true })
    })
    await reload(page)
    await expect(page.getByRole('radio', { name: '10 points' })).toBeChecked()
  })
})
