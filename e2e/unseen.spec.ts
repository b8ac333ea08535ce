import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { openScene, scene, stage } from './lab.ts'

declare global {
  interface Window {
    /** How often the page has asked a worker for particles. */
    framesAsked?: number
    /** Of these, how many are not answered yet. */
    framesAwaited?: Set<number>
    /** Every step that the stage has shown since it was watched. */
    shown?: number[]
  }
}

const PLAYING = scene({
  energy: {
    kind: 'quadratic',
    center: [0, 0],
    matrix: [
      [1, 0],
      [0, 1],
    ],
  },
  domain: { cells: 32 },
  dynamics: { particles: 500, steps: 4000, stepSize: 0.1 },
  view: { speed: 48 },
})

/** Counts the frames that the page asks for, from its first script on. */
async function countFrames(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.framesAsked = 0
    const awaited = (window.framesAwaited = new Set<number>())
    window.Worker = class extends Worker {
      constructor(...parameters: ConstructorParameters<typeof Worker>) {
        super(...parameters)
        this.addEventListener('message', ({ data }) => {
          awaited.delete((data as { readonly id?: number }).id ?? -1)
        })
      }
      override postMessage(message: unknown, ...rest: unknown[]): void {
        const { name, id } = message as { readonly name?: string; readonly id?: number }
        if (name === 'frame' || name === 'liveFrame') {
          window.framesAsked! += 1
          awaited.add(id!)
        }
        super.postMessage(message, ...(rest as []))
      }
    }
  })
}

const step = async (page: Page): Promise<number> =>
  Number(await stage(page).getAttribute('data-step'))
const asked = (page: Page): Promise<number> => page.evaluate(() => window.framesAsked ?? 0)

/** Lets so many animation frames go by, each a chance for the page to do something, however long they take. */
const passFrames = (page: Page, frames: number): Promise<void> =>
  page.evaluate(async (n) => {
    for (let i = 0; i < n; i++) await new Promise((resolve) => requestAnimationFrame(resolve))
  }, frames)

/** What holds while nothing of the stage is seen: what was on its way arrives, then there is silence. */
async function expectRest(page: Page): Promise<number> {
  // The browser tells of what is seen with a frame of its own.
  await passFrames(page, 5)
  await expect.poll(() => page.evaluate(() => window.framesAwaited!.size)).toBe(0)
  await passFrames(page, 2)
  const [stood, frames] = [await step(page), await asked(page)]
  await passFrames(page, 60)
  expect(await step(page)).toBe(stood)
  expect(await asked(page)).toBe(frames)
  await expect(stage(page)).toHaveAttribute('data-status', 'running')
  await stage(page).evaluate((element) => {
    const shown: number[] = (window.shown = [])
    new MutationObserver(() => shown.push(Number(element.dataset['step']))).observe(element, {
      attributeFilter: ['data-step'],
    })
  })
  return stood
}

/** Then it goes on from where it stood, without making up for the time: a second of sixty frames is 48 steps. */
async function expectResume(page: Page, stood: number): Promise<void> {
  await expect.poll(() => page.evaluate(() => window.shown!.length)).toBeGreaterThan(0)
  const [first] = await page.evaluate(() => window.shown!)
  expect(first).toBeGreaterThan(stood)
  expect(first).toBeLessThan(stood + 24)
}

/** From the first step, so that no test comes to the end of the run. */
async function restart(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Restart', exact: true }).click()
  await expect.poll(() => step(page)).toBeGreaterThan(10)
}

// One page for all: opening it takes longer than they do.
test('what is not seen costs nothing', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 600 })
  await countFrames(page)
  await openScene(page, PLAYING)

  await test.step('a stage that is scrolled off the screen costs nothing, and goes on when it is back', async () => {
    await restart(page)
    await page.evaluate(() => {
      window.scrollTo(0, document.body.scrollHeight)
    })
    await expect(stage(page)).not.toBeInViewport()
    const stood = await expectRest(page)
    await page.evaluate(() => {
      window.scrollTo(0, 0)
    })
    await expectResume(page, stood)
  })

  await test.step('a panel off the screen is not painted while the chart under it is seen', async () => {
    await page.setViewportSize({ width: 390, height: 500 })
    await restart(page)
    const panel = page.getByTestId('particles-langevin')
    await page.locator('.plot').evaluate((plot) => {
      window.scrollTo(0, plot.getBoundingClientRect().top + window.scrollY - 4)
    })
    await expect(panel).not.toBeInViewport()
    await passFrames(page, 5)
    const painted = await panel.getAttribute('data-step')
    const before = await step(page)
    await expect.poll(() => step(page)).toBeGreaterThan(before + 20)
    expect(await panel.getAttribute('data-step')).toBe(painted)
    await page.evaluate(() => {
      window.scrollTo(0, 0)
    })
    await expect
      .poll(async () => Number(await panel.getAttribute('data-step')))
      .toBeGreaterThan(before + 20)
  })

  await test.step('a hidden tab costs nothing, and goes on when it is back', async () => {
    await restart(page)
    // A headless browser hides no tab: the page is told what a browser with windows would tell it.
    const tell = (state: DocumentVisibilityState) =>
      page.evaluate((told) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => told })
        document.dispatchEvent(new Event('visibilitychange'))
      }, state)
    await tell('hidden')
    const stood = await expectRest(page)
    await tell('visible')
    await expectResume(page, stood)
  })
})

test('a clock that stands asks for no animation frames', async ({ page }) => {
  await page.addInitScript(() => {
    const original = window.requestAnimationFrame.bind(window)
    let frames = 0
    window.requestAnimationFrame = (callback) => {
      frames += 1
      return original(callback)
    }
    Object.defineProperty(window, 'animationFrames', { get: () => frames })
  })
  const short = { ...PLAYING, dynamics: { ...PLAYING.dynamics, steps: 40 } }
  await openScene(page, short, { haltAt: 20 })
  await expect(stage(page)).toHaveAttribute('data-status', 'paused')
  await expect(stage(page)).toHaveAttribute('data-laws', 'done', { timeout: 60_000 })
  await passFrames(page, 60)
  const frames = () =>
    page.evaluate(() => (window as unknown as { animationFrames: number }).animationFrames)
  const before = await frames()
  await passFrames(page, 60)
  // Those are ours.
  expect((await frames()) - before).toBeLessThanOrEqual(62)
})
