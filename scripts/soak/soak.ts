import type { Browser, Page } from '@playwright/test'
import { footprint, type Footprint } from '../../bench/footprint.ts'
import { parseScene } from '../../src/lab/scene/reading/decode.ts'
import { experiment } from '../../src/lab/scene/experiments.ts'
import { encodeHash } from '../../src/lab/scene/link/urlCodec.ts'
import type { SceneSpec } from '../../src/lab/scene/sceneSpec.ts'
import { heapObjects } from './heapObjects.ts'

export interface Sample extends Footprint {
  /** Minutes since the first. */
  readonly at: number
  /** Objects on the JavaScript heap, compiled code left out, MiB. */
  readonly objects: number
  /** Median time between two frames while particles move, ms. */
  readonly frame: number
}

/** Longest wait for anything that the page does, ms. */
const LONGEST = 180_000
const FRAMES = 60

/** How much a run of the scenes is. */
interface Size {
  readonly particles: number
  readonly steps: number
  readonly cells: number
}
const USUAL: Size = { particles: 1000, steps: 60, cells: 64 }

/** The addresses that are opened. */
interface Addresses {
  readonly home: string
  readonly untrained: string
  readonly others: readonly string[]
}

function addressesOf({ particles, steps, cells }: Size): Addresses {
  /** A scene that is soon played to its end. */
  const small = (scene: SceneSpec): string =>
    encodeHash({
      ...scene,
      domain: { ...scene.domain, cells },
      dynamics: { ...scene.dynamics, particles, steps },
      training: { ...scene.training, steps, seconds: null },
      view: { ...scene.view, speed: 240, haltAt: null },
    })
  const link = (input: object): string => {
    const parsed = parseScene(input)
    if ('error' in parsed) throw new Error(`${parsed.error.field}: ${parsed.error.found}`)
    return small(parsed.scene)
  }
  return {
    home: link({ energy: { kind: 'pretrained', name: 'two-moons' } }),
    untrained: link({ target: { kind: 'rings' }, seed: 5 }),
    others: ['composition', 'barrier', 'acceleration'].flatMap((id) => {
      const found = experiment(id)
      return found === undefined ? [] : [small(found.scene)]
    }),
  }
}

const stage = (page: Page) => page.getByTestId('stage')

async function waitFor(page: Page, attribute: string, value: RegExp | string): Promise<void> {
  await page.waitForFunction(
    ([name, source]) => {
      const told = document.querySelector('[data-testid="stage"]')?.getAttribute(name) ?? ''
      return new RegExp(`^(?:${source})$`).test(told)
    },
    [attribute, typeof value === 'string' ? value : value.source] as const,
    { timeout: LONGEST },
  )
}

/** Opens a scene in the page as it stands, and waits until the run of that scene has come to an end, or waits to be trained. */
async function open(page: Page, hash: string, status: string): Promise<void> {
  const before = await stage(page).getAttribute('data-run')
  const isThere = await page.evaluate((next) => {
    if (location.hash === next) return true
    location.hash = next
    return false
  }, hash)
  if (!isThere) {
    await page.waitForFunction(
      (run) => document.querySelector('[data-testid="stage"]')?.getAttribute('data-run') !== run,
      before,
      { timeout: LONGEST },
    )
  }
  if (status === 'stopped') {
    // A scene that comes while the one before it stands still waits for Play.
    await waitFor(page, 'data-status', /idle|running|stopped/)
    if ((await stage(page).getAttribute('data-status')) === 'idle')
      await page.getByRole('button', { name: 'Play', exact: true }).click()
  }
  await waitFor(page, 'data-status', status)
}

async function dismissNotices(page: Page): Promise<void> {
  const dismiss = page.getByRole('button', { name: 'Dismiss message' })
  while ((await dismiss.count()) > 0) await dismiss.first().click()
}

async function setVisible(page: Page, isVisible: boolean): Promise<void> {
  await page.evaluate((visible) => {
    const state = visible ? 'visible' : 'hidden'
    Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  }, isVisible)
}

/** What a person does in a while, ending where it began. */
async function useOnce(page: Page, { home, untrained, others }: Addresses): Promise<void> {
  for (const name of ['Draw', 'Upload CSV', 'Paste']) {
    await page.getByRole('button', { name, exact: true }).click()
    await page.getByRole('dialog').waitFor({ timeout: LONGEST })
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached', timeout: LONGEST })
  }
  for (const hash of others) await open(page, hash, 'stopped')
  await setVisible(page, false)
  await setVisible(page, true)

  // Once its recipe has been trained in this page, the scene opens on what came of it.
  await open(page, untrained, 'idle|stopped')
  await page.getByRole('switch', { name: 'Live' }).click()
  await waitFor(page, 'data-live', /\w+/)
  await page.getByRole('switch', { name: 'Live' }).click()
  await open(page, home, 'stopped')

  await open(page, untrained, 'idle|stopped')
  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await waitFor(page, 'data-status', 'stopped')
  await open(page, home, 'stopped')
  const remove = page.getByRole('button', { name: /from the shelf$/ })
  while ((await remove.count()) > 0) {
    await remove.first().click()
    await dismissNotices(page)
  }
  // What is removed is kept for a month, unless it is deleted.
  await page.getByRole('button', { name: /^Removed and unreadable/ }).click()
  const destroy = page.getByRole('button', { name: /^Delete .* for good$/ })
  await destroy.first().waitFor({ timeout: LONGEST })
  while ((await destroy.count()) > 0) await destroy.first().click()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached', timeout: LONGEST })
}

/** Median time between frames while the particles of the page move, ms. */
async function frameTime(page: Page): Promise<number> {
  await page.getByRole('button', { name: 'Restart', exact: true }).click()
  const times = await page.evaluate(
    (frames) =>
      new Promise<number[]>((resolve) => {
        const seen: number[] = []
        requestAnimationFrame(function next(time) {
          seen.push(time)
          if (seen.length > frames) resolve(seen)
          else requestAnimationFrame(next)
        })
      }),
    FRAMES,
  )
  await waitFor(page, 'data-status', 'stopped')
  const gaps = times.slice(1).map((time, i) => time - times[i]!)
  return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)]!
}

interface SoakOptions {
  readonly tell?: (sample: Sample) => void
  /** Changes of the scene before the first time: its history, which keeps so many and no more, is then full from the start. */
  readonly changes?: number
  /** Times after which it does not look: a look takes longer than half of a time. */
  readonly unseen?: number
  readonly size?: Size
}

/** Uses a page again and again, and looks at what it holds after each time. */
export async function soak(
  browser: Browser,
  page: Page,
  address: string,
  goesOn: (cycle: number) => boolean,
  { tell, changes = 0, unseen = 0, size = USUAL }: SoakOptions,
): Promise<readonly Sample[]> {
  const addresses = addressesOf(size)
  await page.goto(`${address}/${addresses.home}`)
  await waitFor(page, 'data-status', 'stopped')
  for (let i = 0; i < changes; i++)
    await page.getByRole('button', { name: 'Contours', exact: true }).click()
  const samples: Sample[] = []
  const start = performance.now()
  for (let cycle = 0; goesOn(cycle); cycle++) {
    await useOnce(page, addresses)
    await dismissNotices(page)
    const frame = await frameTime(page)
    await waitFor(page, 'data-laws', 'done')
    if (cycle < unseen) continue
    const at = (performance.now() - start) / 60_000
    const held = await footprint(browser, page)
    samples.push({ at, frame, ...held, objects: (await heapObjects(page)) / 2 ** 20 })
    tell?.(samples.at(-1)!)
  }
  return samples
}
