import { readFileSync } from 'node:fs'
import { test as faulty, type Locator, type Page } from '@playwright/test'
import type { SceneSpec } from '../src/lab/scene/sceneSpec.ts'
import { expect, test } from './fixtures.ts'
import { openScene, scene, stage, waitForHalt } from './lab.ts'

const TRAINED = scene({
  target: { kind: 'three-gaussians' },
  energy: { kind: 'trained' },
  training: { steps: 120, backend: 'wasm' },
  domain: { cells: 32 },
  dynamics: { steps: 40, particles: 256 },
  view: { speed: 240 },
})

const RUN = scene({
  energy: { kind: 'pretrained', name: 'banana' },
  domain: { cells: 32 },
  dynamics: { steps: 40, particles: 256 },
  view: { speed: 240 },
})

/** It does not come to its end while a test looks. */
const LASTING = scene({
  energy: { kind: 'pretrained', name: 'banana' },
  domain: { cells: 32 },
  dynamics: { steps: 5000, particles: 64 },
  view: { speed: 1 },
})

/**
 * Translates the page as browsers do: whenever it changes, each text node gives way to elements with other words,
 * digits as they were. Texts of controls that take no elements are left alone.
 */
async function translate(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const HTML = 'http://www.w3.org/1999/xhtml'
    const SKIPPED = 'script, style, noscript, textarea, option, title'
    const translateAll = (root: Node) => {
      const texts: Text[] = []
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
      while (walker.nextNode() !== null) texts.push(walker.currentNode as Text)
      for (const text of texts) {
        const { parentElement, data } = text
        if (parentElement === null || data.trim() === '') continue
        if (parentElement.closest('font') !== null || parentElement.matches(SKIPPED)) continue
        const outer = document.createElementNS(HTML, 'font')
        const inner = document.createElementNS(HTML, 'font')
        inner.textContent = data.replace(/\p{L}+/gu, (word) => `${word.toUpperCase()}O`)
        outer.append(inner)
        text.replaceWith(outer)
      }
    }
    document.addEventListener('DOMContentLoaded', () => {
      new MutationObserver(() => {
        translateAll(document.body)
      }).observe(document.body, { childList: true, characterData: true, subtree: true })
      translateAll(document.body)
    })
  })
}

/** Texts that share their parent with anything else, except where our own code writes. */
const sharedTexts = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode() !== null) {
      const { parentElement, data } = walker.currentNode as Text
      if (parentElement === null || data.trim() === '' || parentElement.closest('math') !== null)
        continue
      if (parentElement.childNodes.length > 1) found.push(`${parentElement.outerHTML}: ${data}`)
    }
    return found
  })

test('a page under translation trains, samples, stops, composes, and its words and numbers go on', async ({
  page,
}) => {
  await translate(page)
  await openScene(page, TRAINED, { haltAt: 30 })
  await expect(page.getByText('LYAPUNOVO LABO')).toBeVisible()
  // In the page, where no word of it is missed.
  const noted = page.evaluate(
    async () =>
      new Promise<string>((resolve) => {
        new MutationObserver(() => {
          const note = document.querySelector('.training-note')?.textContent ?? ''
          if (/STEPO [1-9]/.test(note)) resolve(note)
        }).observe(document.body, { childList: true, subtree: true })
      }),
  )
  await page.getByRole('button', { name: 'TRAINO', exact: true }).click()
  expect(await noted).toMatch(/ENERGYO ASO ITO ISO LEARNEDO/)
  await waitForHalt(page, 30)
  await expect(page.locator('.counter b').first()).toHaveText('30')
  await expect(page.locator('[data-card][data-origin="trained"]')).toHaveCount(1)

  await page.getByRole('button', { name: 'Step', exact: true }).click()
  await waitForHalt(page, 31)
  await expect(page.locator('.counter b').first()).toHaveText('31')

  for (const name of ['eight-gaussians', 'banana'])
    await page.locator(`[data-card="shipped:${name}"]`).getByRole('button').click()
  await expect(page.getByTestId('tray')).toContainText('BANANAO')
  for (const name of ['DRAWO', 'PASTEO', 'UPLOADO CSVO']) {
    await page.getByRole('button', { name, exact: true }).click()
    await expect(page.getByRole('dialog')).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toBeHidden()
  }
  await page.getByText('EXPERIMENTSO').click()
  await page.locator('.menu-list button').first().click()
  await expect(stage(page)).toHaveAttribute('data-status', /idle|running|paused|stopped/)
})

test('each text of the page has an element of its own', async ({ page }) => {
  await openScene(page, TRAINED, { haltAt: 30 })
  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await waitForHalt(page, 30)
  await page.evaluate(() => {
    for (const fold of document.querySelectorAll('details')) fold.open = true
  })
  await expect(page.getByRole('combobox', { name: /objective/i })).toBeVisible()
  expect(await sharedTexts(page)).toEqual([])
  for (const name of ['Draw', 'Paste', 'Upload CSV']) {
    await page.getByRole('button', { name, exact: true }).click()
    await expect(page.getByRole('dialog')).toBeVisible()
    expect(await sharedTexts(page)).toEqual([])
    await page.keyboard.press('Escape')
  }
})

test('without observers, media queries, canvases off the page and idle time a run goes on as ever', async ({
  page,
}) => {
  await page.addInitScript(() => {
    for (const name of [
      'ResizeObserver',
      'IntersectionObserver',
      'OffscreenCanvas',
      'matchMedia',
      'requestIdleCallback',
      'structuredClone',
    ])
      Reflect.deleteProperty(window, name)
    Reflect.deleteProperty(Crypto.prototype, 'randomUUID')
  })
  await openScene(page, RUN, { haltAt: 30 })
  await waitForHalt(page, 30)
  const canvas = page.getByTestId('particles-langevin')
  await expect(canvas).toHaveAttribute('data-step', '30')
  const before = await canvas.boundingBox()
  await page.setViewportSize({ width: 1000, height: 700 })
  await expect.poll(async () => (await canvas.boundingBox())?.width).not.toBe(before?.width)
  await expect
    .poll(() =>
      canvas.evaluate((element: HTMLCanvasElement) => element.width - element.clientWidth),
    )
    .toBe(0)
  await expect(page.locator('.notice[data-level="error"]')).toHaveCount(0)
})

test('without a context to draw in, one sentence says so and the numbers go on', async ({
  page,
}) => {
  await page.addInitScript(() => {
    HTMLCanvasElement.prototype.getContext = () => null
  })
  await openScene(page, RUN, { haltAt: 30 })
  await waitForHalt(page, 30)
  await expect(page.locator('.counter b').first()).toHaveText('30')
  await expect(page.getByRole('alert')).toHaveCount(1)
  await expect(page.getByRole('alert')).toContainText('draws no pictures')
  await page.getByRole('button', { name: 'Draw', exact: true }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
})

/** What may be wrong with an answer of the server after an update of the page. */
const ANSWERS = {
  'a 404': { status: 404, contentType: 'text/plain', body: 'Not found' },
  'a page in its place': { status: 200, contentType: 'text/html', body: '<!doctype html><p>Hello' },
} as const

/** Loads the page anew by the button of a message. */
async function reloadBy(page: Page, button: Locator): Promise<void> {
  const loaded = page.waitForEvent('domcontentloaded')
  await button.click()
  await loaded
}

// One page for all: each way to reload leads to the next fault, the last to the page.
faulty('a file of the page that is missing: one sentence and a way to reload', async ({ page }) => {
  const box = page.locator('#boot')
  let wrong: { readonly part: string; readonly answer: keyof typeof ANSWERS } | null = null
  await page.route(/\/assets\/\w+-[^/]*\.js$/, (route) =>
    wrong !== null && route.request().url().includes(`/assets/${wrong.part}-`)
      ? route.fulfill(ANSWERS[wrong.answer])
      : route.continue(),
  )
  for (const [part, answer] of [
    ['index', 'a 404'],
    ['lab', 'a page in its place'],
    ['views', 'a page in its place'],
  ] as const)
    await faulty.step(`${answer} for the page’s file ${part}`, async () => {
      const isFirst = wrong === null
      wrong = { part, answer }
      if (isFirst) await openScene(page, LASTING)
      else await reloadBy(page, box.getByRole('button', { name: 'Reload' }))
      await expect(box).toContainText('A part of this page is missing')
      await expect(box).toHaveRole('alert')
    })
  wrong = null
  await reloadBy(page, box.getByRole('button', { name: 'Reload' }))
  await expect(stage(page)).toHaveAttribute('data-status', /idle|running/)
  await expect(box).toHaveCount(0)
})

faulty(
  'a file that comes after the first particles is missing: a notice and a way to reload, and the particles go on',
  async ({ page }) => {
    const parts = ['panels', 'landscape']
    // Missing until the reload: a page that finds the file on another try would take the notice back before that.
    let opened = 0
    page.on('request', (request) => {
      if (request.isNavigationRequest() && request.url().startsWith('http')) opened++
    })
    await page.route(/\/assets\/(?:panels|landscape)-[^/]*\.js$/, (route) => {
      const missing = parts[opened - 1]
      return missing !== undefined && route.request().url().includes(`/assets/${missing}-`)
        ? route.fulfill(ANSWERS['a 404'])
        : route.continue()
    })
    const notice = page.getByRole('alert').filter({ hasText: 'could not be loaded' })
    for (const [i, part] of parts.entries())
      await faulty.step(part, async () => {
        if (i === 0) await openScene(page, LASTING)
        else await reloadBy(page, notice.getByRole('button', { name: 'Reload' }))
        await expect(notice).toHaveCount(1)
        await expect(stage(page)).toHaveAttribute('data-status', 'running')
      })
    await reloadBy(page, notice.getByRole('button', { name: 'Reload' }))
    await expect(page.getByRole('button', { name: 'Train', exact: true })).toBeVisible()
    await expect(page.locator('canvas.base[data-drawn]')).toHaveCount(2)
    await expect(page.getByRole('alert')).toHaveCount(0)
  },
)

faulty('without web workers the page says so', async ({ page }) => {
  await page.addInitScript(() => {
    Reflect.deleteProperty(window, 'Worker')
  })
  await page.goto('/')
  await expect(page.locator('#boot')).toContainText('needs web workers')
})

faulty(
  'a compute worker, then a style sheet that is not there is said, with a way to reload',
  async ({ page }) => {
    await page.route(/\/assets\/compute-/, (route) => route.fulfill({ status: 404, body: '' }))
    await openScene(page, LASTING)
    const notice = page.getByRole('alert').filter({ hasText: 'stopped again and again' })
    await expect(notice).toBeVisible()
    await page.unrouteAll()

    await page.route(/\.css$/, (route) => route.fulfill({ status: 404, body: '' }))
    await reloadBy(page, notice.getByRole('button', { name: 'Reload' }))
    await expect(page.locator('#boot')).toContainText('style sheet is missing')
    await expect(stage(page)).toHaveAttribute('data-status', /idle|running/)
  },
)

/** Whatever this browser keeps of what is under way, the drawing among it. */
const storedDraft = (page: Page): Promise<string> =>
  page.evaluate(
    async () =>
      new Promise<string>((resolve) => {
        const opening = indexedDB.open('lyapunov-lab')
        opening.onsuccess = () => {
          const reading = opening.result.transaction('settings').objectStore('settings').getAll()
          reading.onsuccess = () => {
            opening.result.close()
            resolve(JSON.stringify(reading.result))
          }
        }
      }),
  )

// One page for all: opening it takes longer than they do.
faulty('parts that are moved, gone or throw leave the others', async ({ page }) => {
  await openScene(page, RUN, { haltAt: 30 })
  await waitForHalt(page, 30)

  await faulty.step('a part whose elements a translator has moved is put up anew', async () => {
    await page.getByRole('button', { name: 'Draw', exact: true }).click()
    await expect(page.getByRole('dialog')).toBeVisible()
    // As one does that puts whole phrases, elements and all, into an element of its own.
    await page.evaluate(() => {
      const dialog = document.querySelector('dialog')
      const moved = document.createElementNS('http://www.w3.org/1999/xhtml', 'font')
      dialog?.replaceWith(moved)
      if (dialog !== null) moved.append(dialog)
    })
    await page.evaluate(() => {
      document.querySelector('dialog')?.dispatchEvent(new Event('close'))
    })
    await expect(page.getByRole('radiogroup', { name: 'Target' })).toBeVisible()
    await page.getByRole('button', { name: 'Paste', exact: true }).click()
    await expect(page.getByRole('dialog', { name: 'Paste points' })).toBeVisible()
    await expect(page.getByRole('alert')).toHaveCount(0)
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toBeHidden()
  })

  await faulty.step(
    'a dialog whose file has gone says so, and a reload goes on with the drawing',
    async () => {
      await page.getByRole('button', { name: 'Draw', exact: true }).click()
      const pad = page.getByRole('application')
      await pad.focus()
      for (const key of ['Space', 'ArrowRight', 'Space']) await page.keyboard.press(key)
      const points = page.getByText(/^\d+ points/)
      // Two strokes of two dabs each.
      await expect(points).toHaveText(/^32 points/)
      await expect.poll(() => storedDraft(page)).toMatch(/\[\[[^[\]]+\],\[[^[\]]+\]\]/u)
      await page.route(/\/assets\/DrawDialog-/, (route) => route.fulfill({ status: 404, body: '' }))
      await page.reload()
      await page.getByRole('button', { name: 'Draw', exact: true }).click()
      const notice = page.getByRole('alert').filter({ hasText: 'could not be loaded' })
      await expect(notice).toBeVisible()
      await expect(notice.locator('p').first()).not.toContainText('Failed to fetch')
      await page.unrouteAll()
      await notice.getByRole('button', { name: 'Reload' }).click()
      await page.getByRole('button', { name: 'Draw', exact: true }).click()
      await expect(points).toHaveText(/^32 points/)
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog')).toBeHidden()
    },
  )

  await faulty.step(
    'a part that throws leaves the others; the reason, what was made and a reload stand in its place',
    async () => {
      await waitForHalt(page, 30)
      // Thumbnails are drawn anew in another theme.
      await page.evaluate(() => {
        HTMLCanvasElement.prototype.getContext = () => {
          throw new TypeError('made to fail')
        }
      })
      await page.getByRole('button', { name: /^Theme/ }).click()
      const failed = page.getByRole('alert').filter({ hasText: 'Train stopped by a fault' })
      await expect(failed).toBeVisible()
      await expect(failed.getByText('made to fail')).toBeHidden()
      await failed.getByText('Details').click()
      await expect(failed.getByText('made to fail')).toBeVisible()
      await page.getByRole('button', { name: 'Step', exact: true }).click()
      await waitForHalt(page, 31)

      const [download] = await Promise.all([
        page.waitForEvent('download'),
        failed.getByRole('button', { name: 'Save what you made' }).click(),
      ])
      const saved = JSON.parse(readFileSync(await download.path(), 'utf8')) as {
        readonly scene: SceneSpec
        readonly link: string
      }
      expect(saved.scene.energy).toEqual(RUN.energy)
      await failed.getByRole('button', { name: 'Reload' }).click()
      await waitForHalt(page, 30)
      await expect(failed).toHaveCount(0)
      expect(saved.link).toContain('#')
    },
  )
})
