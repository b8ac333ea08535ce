import type { CDPSession, Page } from '@playwright/test'
import { EXPERIMENTS } from '../../src/lab/scene/experiments.ts'
import { encodeHash } from '../../src/lab/scene/link/urlCodec.ts'
import type { Draws } from '../fuzz/draws.ts'
import { changeText, HOSTILE } from '../fuzz/mutate.ts'
import { choose, listControls, reach } from './controls.ts'

export interface Hands {
  readonly page: Page
  readonly session: CDPSession
  readonly seed: number
  /** Without a network nothing may be loaded anew: the page itself would not come back. */
  isOffline: boolean
}

interface Action {
  readonly weight: number
  /** Does it and returns what was done, in words. */
  readonly perform: (hands: Hands, draws: Draws, index: number) => Promise<string>
}

const SIZES = [
  { width: 1280, height: 720 },
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
  { width: 844, height: 390 },
  { width: 320, height: 480 },
] as const

const KEYS = [
  ...[
    'Tab',
    'Shift+Tab',
    'Enter',
    'Space',
    'Escape',
    'ArrowLeft',
    'ArrowRight',
    'ArrowUp',
    'ArrowDown',
  ],
  ...[
    'Home',
    'End',
    'PageUp',
    'PageDown',
    'Delete',
    'Backspace',
    'Control+z',
    'Control+Shift+z',
    'Control+y',
  ],
  ...[
    'Control+a',
    'Control+c',
    'Control+x',
    'Control+v',
    'a',
    'r',
    't',
    '?',
    '/',
    '1',
    '9',
    '.',
    '-',
  ],
]

const TYPED = [
  '0.5',
  '10,000',
  '1e-3',
  '-1',
  '1e9',
  '200',
  '3',
  '17',
  '',
  '0,5',
  ...HOSTILE,
].filter((text) => !/[\0\r\n]/u.test(text))

const HASHES = EXPERIMENTS.map(({ scene }) => encodeHash(scene))

/** Two round trips through the page's frames: whatever was set off has been drawn. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        requestAnimationFrame(() => {
          requestAnimationFrame(() => {
            resolve()
          })
        })
      }),
  )
}

async function operate(
  { page, seed }: Hands,
  index: number,
  wanted: (role: string) => boolean,
  act: (at: { x: number; y: number; width: number; height: number }) => Promise<string>,
): Promise<string> {
  const controls = await listControls(page)
  const candidates = controls.flatMap((control, at) =>
    wanted(control.role) ? [{ ...control, at }] : [],
  )
  const chosen = candidates[choose(candidates, seed, index)]
  if (chosen === undefined) return 'nothing to operate'
  const box = await reach(page, chosen.at)
  if (box === null) return `${chosen.role} "${chosen.name}" has gone`
  return `${await act(box)} ${chosen.role} "${chosen.name}"`
}

const isField = (role: string): boolean =>
  /^(?:text|number|search|textarea|spinbutton)$/u.test(role)
const middle = (box: { x: number; y: number; width: number; height: number }) =>
  [box.x + box.width / 2, box.y + box.height / 2] as const

async function touch(
  session: CDPSession,
  type: 'touchStart' | 'touchMove' | 'touchEnd',
  points: readonly (readonly [number, number])[],
): Promise<void> {
  await session.send('Input.dispatchTouchEvent', {
    type,
    touchPoints: points.map(([x, y], id) => ({ x, y, id })),
  })
}

const ACTIONS: readonly Action[] = [
  {
    weight: 34,
    perform: (hands, draws, index) =>
      operate(
        hands,
        index,
        () => true,
        async (box) => {
          const [x, y] = draws.chance(0.7)
            ? middle(box)
            : [box.x + draws.unit() * box.width, box.y + draws.unit() * box.height]
          await hands.page.mouse.click(x, y, { clickCount: draws.chance(0.1) ? 2 : 1 })
          return 'click'
        },
      ),
  },
  {
    weight: 8,
    perform: (hands, draws, index) =>
      operate(hands, index, isField, async (box) => {
        const text = draws.pick(TYPED)
        await hands.page.mouse.click(...middle(box), { clickCount: 3 })
        await hands.page.keyboard.insertText(text)
        const end = draws.pick(['Enter', 'Tab', 'Escape', ''])
        if (end !== '') await hands.page.keyboard.press(end)
        return `type ${JSON.stringify(text)} ${end} in`
      }),
  },
  {
    weight: 6,
    perform: (hands, draws, index) =>
      operate(
        hands,
        index,
        (role) => role === 'select',
        async (box) => {
          await hands.page.mouse.click(...middle(box))
          const downs = draws.below(6)
          for (let i = 0; i < downs; i++) await hands.page.keyboard.press('ArrowDown')
          await hands.page.keyboard.press('Enter')
          return `choose the ${downs}th of`
        },
      ),
  },
  {
    weight: 12,
    perform: (hands, draws, index) =>
      operate(
        hands,
        index,
        (role) => /^(?:slider|range|canvas)$/u.test(role),
        async (box) => {
          const from = [
            box.x + draws.unit() * box.width,
            box.y + draws.unit() * box.height,
          ] as const
          const to = [
            from[0] + (draws.unit() - 0.5) * 300,
            from[1] + (draws.unit() - 0.5) * 300,
          ] as const
          await hands.page.mouse.move(...from)
          await hands.page.mouse.down()
          await hands.page.mouse.move(...to, { steps: 1 + draws.below(8) })
          await hands.page.mouse.up()
          return 'drag'
        },
      ),
  },
  {
    weight: 12,
    async perform({ page }, draws) {
      const key = draws.pick(KEYS)
      const times = 1 + draws.below(4)
      for (let i = 0; i < times; i++) await page.keyboard.press(key)
      return `press ${key} ${times} times`
    },
  },
  {
    weight: 6,
    async perform({ page }, draws) {
      const { width, height } = page.viewportSize()!
      await page.mouse.move(draws.below(width), draws.below(height))
      const isZoom = draws.chance(0.2)
      if (isZoom) await page.keyboard.down('Control')
      await page.mouse.wheel((draws.unit() - 0.5) * 200, (draws.unit() - 0.5) * 1500)
      if (isZoom) await page.keyboard.up('Control')
      return 'wheel'
    },
  },
  {
    weight: 5,
    perform: (hands, draws, index) =>
      operate(
        hands,
        index,
        (role) => /^(?:slider|range|canvas|button)$/u.test(role),
        async (box) => {
          const [x, y] = middle(box)
          const [dx, dy] = [(draws.unit() - 0.5) * 200, (draws.unit() - 0.5) * 200]
          await touch(hands.session, 'touchStart', [[x, y]])
          await touch(hands.session, 'touchMove', [[x + dx / 2, y + dy / 2]])
          await touch(hands.session, 'touchMove', [[x + dx, y + dy]])
          await touch(hands.session, 'touchEnd', [])
          return 'swipe over'
        },
      ),
  },
  {
    weight: 3,
    async perform({ page, session }, draws) {
      const { width, height } = page.viewportSize()!
      const [x, y] = [draws.below(width), draws.below(height)]
      const [from, to] = [20 + draws.below(100), 20 + draws.below(100)]
      await touch(session, 'touchStart', [
        [x - from, y],
        [x + from, y],
      ])
      await touch(session, 'touchMove', [
        [x - to, y],
        [x + to, y],
      ])
      await touch(session, 'touchEnd', [])
      return `pinch ${from} to ${to}`
    },
  },
  {
    weight: 4,
    async perform({ page }, draws) {
      const size = draws.pick(SIZES)
      await page.setViewportSize(size)
      return `resize to ${size.width} × ${size.height}`
    },
  },
  {
    weight: 4,
    async perform({ page, session }, draws) {
      const isFrozen = draws.chance(0.5)
      const tell = (state: string) =>
        page.evaluate((visibility) => {
          Object.defineProperty(document, 'visibilityState', {
            value: visibility,
            configurable: true,
          })
          Object.defineProperty(document, 'hidden', {
            value: visibility === 'hidden',
            configurable: true,
          })
          document.dispatchEvent(new Event('visibilitychange'))
        }, state)
      await tell('hidden')
      if (isFrozen) {
        await session.send('Page.setWebLifecycleState', { state: 'frozen' })
        await session.send('Page.setWebLifecycleState', { state: 'active' })
      }
      await tell('visible')
      return isFrozen ? 'hide, freeze and show the tab' : 'hide and show the tab'
    },
  },
  {
    weight: 5,
    async perform({ page, isOffline }, draws) {
      if (isOffline) return 'no history without a network'
      const isBack = draws.chance(0.6)
      const home = new URL(page.url()).origin
      await (isBack ? page.goBack() : page.goForward())
      // Before the first scene there is an empty page.
      if (!page.url().startsWith(home)) await page.goForward()
      return isBack ? 'go back' : 'go forward'
    },
  },
  {
    weight: 4,
    async perform({ page }, draws) {
      const good = draws.pick(HASHES)
      const hash = draws.chance(0.5) ? good : changeText(good, draws, draws.pick(HASHES))
      await page.evaluate((text) => {
        location.hash = text
      }, hash)
      return `open ${JSON.stringify(hash.slice(0, 300))}`
    },
  },
  {
    weight: 2,
    async perform({ page, isOffline }) {
      if (isOffline) return 'no reload without a network'
      await page.reload()
      return 'reload'
    },
  },
  {
    weight: 2,
    async perform({ page }, draws) {
      const workers = page.workers().sort((a, b) => (a.url() < b.url() ? -1 : 1))
      if (workers.length === 0) return 'no worker to end'
      const worker = draws.pick(workers)
      // It may be at work for a while, or gone already; nobody waits for it.
      worker
        .evaluate(() => {
          self.close()
        })
        .catch(() => undefined)
      return `end ${/(\w+)-[^/]*$/u.exec(worker.url())?.[1] ?? 'a'} worker`
    },
  },
  {
    weight: 2,
    async perform(hands) {
      hands.isOffline = !hands.isOffline
      await hands.page.context().setOffline(hands.isOffline)
      return hands.isOffline ? 'lose the network' : 'find the network again'
    },
  },
]

const TOTAL = ACTIONS.reduce((sum, { weight }) => sum + weight, 0)

/** One action by chance. @returns what was done, in words */
export async function act(hands: Hands, draws: Draws, index: number): Promise<string> {
  let left = draws.unit() * TOTAL
  const chosen = ACTIONS.find(({ weight }) => (left -= weight) < 0) ?? ACTIONS[0]!
  const said = await chosen.perform(hands, draws, index)
  await settle(hands.page)
  return said
}
