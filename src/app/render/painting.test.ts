import { describe, expect, it } from 'vitest'
import { createPainting, inTurns, type Screening } from './painting.ts'

/** A screen on which frames and visibility come when the test says so. */
function fakeScreen() {
  const waiting = new Map<number, () => void>()
  let handles = 0
  let tell: (visible: boolean) => void = () => undefined
  let observed = 0
  const screening: Screening = {
    requestFrame: (callback) => {
      waiting.set(++handles, callback)
      return handles
    },
    cancelFrame: (handle) => void waiting.delete(handle),
    observe: (_element, onScreen) => {
      observed++
      tell = onScreen
      return () => void observed--
    },
  }
  return {
    screening,
    waiting,
    observers: () => observed,
    show: (visible: boolean) => {
      tell(visible)
    },
    frame: () => {
      const callbacks = [...waiting.values()]
      waiting.clear()
      for (const callback of callbacks) callback()
    },
  }
}

const element = {} as Element

describe('a painting', () => {
  it('is painted once a frame, however often it is asked for, and not at all when it is not', () => {
    const screen = fakeScreen()
    const painting = createPainting(element, screen.screening)
    let painted = 0
    painting.set(() => void painted++)
    for (let i = 0; i < 5; i++) painting.request()
    expect(painted).toBe(0)
    screen.frame()
    expect(painted).toBe(1)
    screen.frame()
    expect(painted).toBe(1)
    expect(screen.waiting.size).toBe(0)
  })

  it('costs no frame off screen, and is painted once, as it then is, when it comes back', () => {
    const screen = fakeScreen()
    const painting = createPainting(element, screen.screening)
    const painted: string[] = []
    painting.set(() => painted.push('old'))
    screen.show(false)
    expect(screen.waiting.size).toBe(0)
    painting.set(() => painted.push('new'))
    for (let i = 0; i < 3; i++) {
      painting.request()
      screen.frame()
    }
    expect(painted).toEqual([])
    screen.show(true)
    screen.frame()
    expect(painted).toEqual(['new'])
    screen.show(false)
    screen.show(true)
    screen.frame()
    expect(painted).toEqual(['new'])
  })

  it('ends with all that it asked for', () => {
    const screen = fakeScreen()
    const painting = createPainting(element, screen.screening)
    let painted = 0
    painting.set(() => void painted++)
    painting.dispose()
    expect(screen.waiting.size).toBe(0)
    expect(screen.observers()).toBe(0)
    painting.request()
    screen.frame()
    expect(painted).toBe(0)
  })
})

describe('two paintings that take turns', () => {
  function twins(heavy: () => boolean) {
    const screen = fakeScreen()
    const frames = inTurns(heavy, screen.screening)
    const painted: string[] = []
    const [left, right] = ['left', 'right'].map((name) => {
      const painting = createPainting(element, screen.screening, frames)
      painting.set(() => painted.push(name))
      return painting
    })
    const both = () => {
      left!.request()
      right!.request()
    }
    return { screen, painted, both, left: left!, right: right! }
  }

  it('are painted on alternate frames while they are heavy, each as often as the other', () => {
    const { screen, painted, both } = twins(() => true)
    for (let i = 0; i < 6; i++) {
      both()
      screen.frame()
    }
    expect(painted).toEqual(['left', 'right', 'left', 'right', 'left', 'right'])
  })

  it('are painted on the same frame while they are light', () => {
    const { screen, painted, both } = twins(() => false)
    both()
    screen.frame()
    expect(painted).toEqual(['left', 'right'])
    expect(screen.waiting.size).toBe(0)
  })

  it('do not wait for one that has gone, and leave no frame asked for', () => {
    const { screen, painted, left, right } = twins(() => true)
    left.dispose()
    screen.frame()
    expect(painted).toEqual(['right'])
    right.request()
    right.dispose()
    expect(screen.waiting.size).toBe(0)
  })
})
