import { describe, expect, it } from 'vitest'
import { createStore } from 'zustand/vanilla'
import { DEFAULT_SCENE, defaultTarget } from '../../../lab/scene/defaults.ts'
import type { SceneSpec, TargetId } from '../../../lab/scene/sceneSpec.ts'
import { createHistory } from './history.ts'
import { addressOf } from './address.ts'
import { createSceneStore, edit, FIRST_SCENE, type SceneStore } from './sceneStore.ts'

interface Entry {
  state: unknown
  hash: string
}

/** A browser's history as the standard has it: moves take a task, writes are at once and counted. */
class Browser {
  entries: Entry[]
  at = 0
  writes = 0
  refusing = false
  /** Most entries that it keeps, the one at hand included. */
  most = Infinity
  private readonly handlers = new Map<string, Set<(event: Event) => void>>()
  private readonly moves: (() => void)[] = []
  readonly location: Location
  readonly history: History

  constructor(hash = '') {
    this.entries = [{ state: null, hash }]
    const entry = () => this.entries[this.at]!
    const written = (url: string) => new URL(url, 'http://lab.test').hash
    this.location = {
      pathname: '/',
      search: '',
      href: 'http://lab.test/',
      get hash() {
        return entry().hash
      },
    } as Location
    const count = () => {
      this.writes += 1
      if (this.refusing) throw new DOMException('too often', 'SecurityError')
    }
    this.history = {
      scrollRestoration: 'auto',
      get state() {
        return entry().state
      },
      pushState: (state: unknown, _: string, url: string) => {
        count()
        this.put({ state, hash: written(url) })
      },
      replaceState: (state: unknown, _: string, url: string) => {
        count()
        this.entries[this.at] = { state, hash: written(url) }
      },
      go: (delta: number) => {
        this.moves.push(() => {
          if (this.entries[this.at + delta] === undefined) return
          this.at += delta
          this.fire('popstate')
          this.fire('hashchange')
        })
      },
    } as unknown as History
  }

  private put(entry: Entry): void {
    this.entries = [...this.entries.slice(0, this.at + 1), entry].slice(-this.most)
    this.at = this.entries.length - 1
  }

  addEventListener = (
    type: string,
    handler: (event: Event) => void,
    { signal }: { readonly signal: AbortSignal },
  ) => {
    const handlers = this.handlers.get(type) ?? new Set()
    this.handlers.set(type, handlers.add(handler))
    signal.addEventListener('abort', () => handlers.delete(handler))
  }
  fire(type: string, more: object = {}): void {
    for (const handler of this.handlers.get(type) ?? [])
      handler({ type, target: null, ...more } as unknown as Event)
  }

  /** Lets the moves that were asked for happen. */
  arrive(): void {
    while (this.moves.length > 0) this.moves.shift()!()
  }
  /** The browser's own Back, Forward, and an address typed in. */
  travel(delta: number): void {
    this.history.go(delta)
    this.arrive()
  }
  type(hash: string): void {
    this.put({ state: null, hash })
    this.fire('popstate')
    this.fire('hashchange')
  }
  get window(): Window {
    return this as unknown as Window
  }
}

class Clock {
  time = 0
  private waiting: { at: number; callback: () => void }[] = []
  now = () => this.time
  after = (milliseconds: number, callback: () => void) => {
    const one = { at: this.time + milliseconds, callback }
    this.waiting.push(one)
    return () => {
      this.waiting = this.waiting.filter((other) => other !== one)
    }
  }
  pass(milliseconds: number): void {
    const end = this.time + milliseconds
    for (;;) {
      const [next] = this.waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.time = next.at
      this.waiting = this.waiting.filter((other) => other !== next)
      next.callback()
    }
    this.time = end
  }
}

function begin(browser = new Browser(), scene: SceneSpec = FIRST_SCENE) {
  const store = createSceneStore(scene)
  const clock = new Clock()
  const messages: (string | null)[] = []
  const tooLong: string[] = []
  const memory = { single: 0 }
  const history = createHistory({
    state: createStore(() => ({ canUndo: false, canRedo: false })),
    scene: store,
    page: browser.window,
    platform: clock,
    remember: () => {
      const { single } = memory
      return () => {
        memory.single = single
      }
    },
    onOpened: ({ message }) => messages.push(message),
    onTooLong: (text) => tooLong.push(text),
  })
  const now = () => store.getState().scene
  return { store, clock, browser, history, messages, tooLong, memory, now }
}

const target = (kind: TargetId) => (scene: SceneSpec) => ({
  ...scene,
  target: defaultTarget(kind),
  energy: { kind: 'trained' as const },
})
const epsilon = (value: number) => (scene: SceneSpec) => ({
  ...scene,
  dynamics: { ...scene.dynamics, epsilon: value },
})
const KINDS = ['banana', 'rings', 'pinwheel', 'checkerboard', 'swiss-roll'] as const

/** A click on each of the targets. */
function visit(store: SceneStore, browser: Browser, kinds: readonly TargetId[] = KINDS): void {
  for (const kind of kinds) {
    browser.fire('pointerdown')
    browser.fire('pointerup')
    edit(store, target(kind))
  }
}

describe('undo and redo', () => {
  it('walk through every scene and back, the browser with them', () => {
    const { store, browser, history, now } = begin()
    visit(store, browser)
    expect(browser.entries).toHaveLength(KINDS.length + 1)
    for (const kind of [...KINDS].reverse().slice(1)) {
      history.undo()
      expect(now().target.kind).toBe(kind)
      browser.arrive()
      expect(browser.location.hash).toBe(addressOf(now()))
    }
    history.undo()
    browser.arrive()
    expect(now()).toEqual(FIRST_SCENE)
    expect([browser.at, history.state.getState()]).toEqual([0, { canUndo: false, canRedo: true }])
    for (const kind of KINDS) {
      history.redo()
      expect(now().target.kind).toBe(kind)
    }
    browser.arrive()
    expect([browser.at, history.state.getState()]).toEqual([5, { canUndo: true, canRedo: false }])
    expect(browser.location.hash).toBe(addressOf(now()))
  })

  it('faster than the browser follows end where they should', () => {
    const { store, browser, history, now } = begin()
    visit(store, browser)
    history.undo()
    history.undo()
    history.undo()
    history.redo()
    expect(now().target.kind).toBe('pinwheel')
    browser.arrive()
    expect([browser.at, browser.location.hash]).toEqual([3, addressOf(now())])
  })

  it('give way to a new change, which the browser takes up when it has arrived', () => {
    const { store, browser, history, now } = begin()
    visit(store, browser)
    history.undo()
    history.undo()
    visit(store, browser, ['two-spirals'])
    expect(history.state.getState()).toEqual({ canUndo: true, canRedo: false })
    browser.arrive()
    expect(browser.entries.map(({ hash }) => hash).at(-1)).toBe(addressOf(now()))
    browser.travel(-1)
    expect(now().target.kind).toBe('pinwheel')
    browser.travel(1)
    expect(now().target.kind).toBe('two-spirals')
  })

  it('take a drag, a held key and an edited text as one step each', () => {
    const { store, browser, history, clock, now } = begin()
    const drag = (values: readonly number[]) => {
      for (const value of values) {
        edit(store, epsilon(value))
        clock.pass(2000)
      }
    }
    browser.fire('pointerdown')
    drag([2, 3, 4])
    browser.fire('pointerup')
    browser.fire('change')
    const slider = { target: { matches: () => false } }
    browser.fire('keydown', { repeat: false, ...slider })
    drag([5])
    browser.fire('change')
    browser.fire('keydown', { repeat: true, ...slider })
    drag([6])
    browser.fire('keyup')
    browser.fire('change')
    edit(store, epsilon(7))
    browser.fire('change')
    const text = { target: { matches: () => true } }
    for (const value of [8, 9]) {
      browser.fire('keydown', { repeat: false, ...text })
      edit(store, epsilon(value))
      browser.fire('keyup')
    }
    const seen = [now().dynamics.epsilon]
    while (history.state.getState().canUndo) {
      history.undo()
      browser.arrive()
      seen.push(now().dynamics.epsilon)
    }
    expect(seen).toEqual([9, 7, 6, 4, 1])
  })

  it('take two fields that change in one gesture as two steps', () => {
    const { store, browser, history, now } = begin()
    browser.fire('pointerdown')
    edit(store, epsilon(2))
    edit(store, (scene) => ({ ...scene, stopping: { ...scene.stopping, delta: 0.5 } }))
    history.undo()
    expect([now().dynamics.epsilon, now().stopping.delta]).toEqual([2, 0.1])
  })

  it('take what follows from a change with it, and the way back of the tray', () => {
    const { store, browser, history, memory, now } = begin()
    memory.single = 1
    visit(store, browser, ['banana'])
    history.amend(() => {
      edit(store, (scene) => ({ ...scene, domain: { ...scene.domain, halfWidth: 2 } }))
    })
    memory.single = 2
    visit(store, browser, ['rings'])
    history.undo()
    expect([now().domain.halfWidth, memory.single]).toEqual([2, 1])
    history.undo()
    expect([now(), memory.single]).toEqual([FIRST_SCENE, 0])
  })

  it('leave the theme alone', () => {
    const { store, browser, history, now } = begin()
    const theme = (name: 'dark' | 'light') => {
      edit(store, (scene) => ({ ...scene, view: { ...scene.view, theme: name } }))
    }
    theme('dark')
    expect(history.state.getState().canUndo).toBe(false)
    visit(store, browser, ['banana'])
    theme('light')
    history.undo()
    expect(now()).toEqual({ ...FIRST_SCENE, view: { ...FIRST_SCENE.view, theme: 'light' } })
  })

  it('go further back than the browser remembers', () => {
    const browser = new Browser()
    browser.most = 3
    const { store, history, clock, now } = begin(browser)
    visit(store, browser)
    for (let i = 0; i < KINDS.length; i++) {
      history.undo()
      browser.arrive()
      clock.pass(6000)
    }
    expect(now()).toEqual(FIRST_SCENE)
    expect(browser.location.hash).toBe(addressOf(now()))
  })
})

describe('the browser', () => {
  it('goes Back and Forward through the scenes, one or more at a time, and undo goes on from there', () => {
    const { store, browser, history, now } = begin()
    visit(store, browser)
    browser.travel(-3)
    expect(now().target.kind).toBe('rings')
    history.undo()
    browser.arrive()
    expect([now().target.kind, browser.at]).toEqual(['banana', 1])
    browser.travel(4)
    expect(now().target.kind).toBe('swiss-roll')
    expect(history.state.getState()).toEqual({ canUndo: true, canRedo: false })
  })

  it('follows an address that is typed in, and comes back from it', () => {
    const { store, browser, history, messages, now } = begin()
    visit(store, browser, ['banana'])
    browser.type('#target=rings&epsilon=warm')
    expect([now().target.kind, now().dynamics.epsilon]).toEqual(['rings', 1])
    expect(messages).toEqual([expect.stringMatching(/dynamics\.epsilon: found "warm"/)])
    expect(browser.location.hash).toBe(addressOf(now()))
    history.undo()
    browser.arrive()
    expect([now().target.kind, browser.at]).toEqual(['banana', 1])
    browser.travel(1)
    expect(now().target.kind).toBe('rings')
    expect(messages).toHaveLength(1)
  })

  it('finds the scenes of before a reload by their addresses', () => {
    const first = begin()
    visit(first.store, first.browser, ['banana', 'rings', 'pinwheel'])
    first.browser.travel(-1)
    first.history.dispose()
    const { history, browser, now } = begin(first.browser, first.now())
    expect(history.state.getState()).toEqual({ canUndo: true, canRedo: false })
    history.undo()
    browser.arrive()
    expect(now().target.kind).toBe('banana')
    browser.travel(2)
    expect(now().target.kind).toBe('pinwheel')
    history.undo()
    browser.arrive()
    browser.travel(-2)
    expect(now()).toEqual(FIRST_SCENE)
    expect(history.state.getState().canUndo).toBe(false)
  })

  it('is never written to more often than the strictest one allows, and has the last scene in the end', () => {
    const { store, browser, history, clock, now } = begin()
    const times: number[] = []
    let before = 0
    for (let i = 0; i < 4000; i++) {
      if (i % 7 === 0) browser.fire('pointerdown')
      edit(store, epsilon(0.01 + (i % 900) / 100))
      clock.pass(25)
      for (; before < browser.writes; before++) times.push(clock.time)
    }
    const most = Math.max(
      ...times.map(
        (time) => times.filter((other) => other >= time && other < time + 30_000).length,
      ),
    )
    expect(most).toBeLessThan(100)
    expect(most).toBeGreaterThan(40)
    clock.pass(31_000)
    expect(browser.location.hash).toBe(addressOf(now()))
    const last = now().dynamics.epsilon
    history.undo()
    browser.arrive()
    clock.pass(31_000)
    expect(now().dynamics.epsilon).not.toBe(last)
    expect(browser.location.hash).toBe(addressOf(now()))
  })

  it('that refuses a write is asked again later', () => {
    const { store, browser, clock, now } = begin()
    browser.refusing = true
    visit(store, browser, ['banana'])
    clock.pass(20_000)
    expect(browser.location.hash).toBe(addressOf(FIRST_SCENE))
    browser.refusing = false
    clock.pass(10_000)
    expect(browser.location.hash).toBe(addressOf(now()))
    browser.travel(-1)
    expect(now()).toEqual(FIRST_SCENE)
  })

  it('keeps the address where a scene is too long for one, and says so once', () => {
    const { store, browser, history, tooLong, clock, now } = begin()
    const points = Array.from({ length: 20_000 }, (_, i) => [Math.sqrt(i), Math.cbrt(i)] as const)
    const kept = browser.location.hash
    const term = {
      weight: 1,
      energy: { kind: 'trained' as const },
      target: { kind: 'points' as const, points },
    }
    edit(store, (scene) => ({
      ...scene,
      energy: { kind: 'sum', terms: [term, term], barriers: [] },
    }))
    clock.pass(1000)
    expect(browser.location.hash).toBe(kept)
    expect(tooLong).toEqual([expect.stringContaining('too long')])
    history.undo()
    browser.arrive()
    expect(now()).toEqual(FIRST_SCENE)
  })
})

it('an untrained default scene has an address of its own', () => {
  expect(addressOf(DEFAULT_SCENE)).not.toBe(addressOf(FIRST_SCENE))
})
