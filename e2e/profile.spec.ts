import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'

test.describe.configure({ mode: 'serial' })

/** A file of the page's origin that runs nothing. */
const FILE = '/energies/manifest.json'

async function visit(page: Page): Promise<void> {
  await page.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }))
  await page.goto(FILE)
}

/** What a page can tell of those before it. Leaves a database open behind it. */
const traces = (page: Page) =>
  page.evaluate(async () => ({
    cookie: document.cookie,
    local: { ...localStorage },
    session: { ...sessionStorage },
    // Asked for after any deletion that is still going on.
    version: await new Promise<number>((resolve) => {
      const opening = indexedDB.open('traces', 1)
      opening.onupgradeneeded = ({ oldVersion }) => resolve(oldVersion)
      opening.onsuccess = () => resolve(opening.result.version)
    }),
    permission: (await navigator.permissions.query({ name: 'geolocation' })).state,
    width: innerWidth,
    isPrinted: matchMedia('print').matches,
    isLongAgo: Date.now() < 1e12,
    hasScript: 'isScripted' in window,
    text: document.body.innerText,
  }))

let untouched: Awaited<ReturnType<typeof traces>>

test('a test may change whatever a browser keeps', async ({ page, context }) => {
  await visit(page)
  untouched = await traces(page)
  await context.grantPermissions(['geolocation'])
  await context.newPage()
  await page.addInitScript(() => {
    Object.assign(window, { isScripted: true })
  })
  await page.route(`**${FILE}`, (route) => route.fulfill({ body: 'another' }))
  await page.setViewportSize({ width: 400, height: 300 })
  await page.emulateMedia({ media: 'print' })
  await page.clock.install({ time: 0 })
  await page.goto(FILE)
  await page.evaluate(() => {
    document.cookie = 'trace=1'
    localStorage.setItem('trace', '1')
    sessionStorage.setItem('trace', '1')
  })
  for (const [name, value] of Object.entries(await traces(page)))
    expect(untouched, name).not.toHaveProperty(name, value)
})

test('the test after it finds nothing of that', async ({ page, context }) => {
  expect(context.pages()).toEqual([page])
  await visit(page)
  expect(await traces(page)).toEqual(untouched)
  const session = await context.newCDPSession(page)
  await session.send('Emulation.setDeviceMetricsOverride', {
    ...{ width: 400, height: 300, deviceScaleFactor: 1, mobile: false },
  })
  expect((await traces(page)).width).toBe(400)
})

test('nor of what was changed beside Playwright, over the DevTools protocol', async ({ page }) => {
  await visit(page)
  expect(await traces(page)).toEqual(untouched)
})
