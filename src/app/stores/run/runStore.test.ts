import { describe, expect, it } from 'vitest'
import type { CurvePoint } from '../../../lab/protocol/calls.ts'
import { createCloudStore, showFrame, TRAIL_LENGTH } from './cloudStore.ts'
import {
  createRunStore,
  dismiss,
  grow,
  growLosses,
  MOST_LOSSES,
  post,
  withdraw,
} from './runStore.ts'

const point = (step: number, kl = step): CurvePoint => ({
  step,
  kl,
  klStandardError: null,
  estimator: 'native',
  foldedMass: null,
  deterministicKl: null,
  deterministicStandardError: null,
  deterministicLowerBound: false,
  acceptance: null,
  deterministicRate: null,
  energy: null,
  energyStandardError: null,
  deterministicEnergy: null,
  contraction: null,
  fromGibbs: null,
})

describe('the curve', () => {
  it('stays dense whatever overlaps or is missing in a reply', () => {
    const first = grow([], [point(0), point(1)])
    expect(grow(first, [point(1, 99), point(2), point(4)]).map((p) => [p.step, p.kl])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ])
  })

  it('is the same array when nothing came', () => {
    const first = grow([], [point(0)])
    expect(grow(first, [point(0)])).toBe(first)
  })
})

describe('the loss curve', () => {
  it('keeps its end and stays short over a long training', () => {
    let losses: readonly { step: number; loss: number }[] = []
    for (let step = 1; step <= 20_000; step += 10)
      losses = growLosses(
        losses,
        Array.from({ length: 10 }, (_, i) => ({ step: step + i, loss: 1 })),
      )
    expect(losses.length).toBeLessThanOrEqual(MOST_LOSSES)
    expect(losses.at(-1)?.step).toBe(20_000)
    expect(losses.every((p, i) => i === 0 || p.step > losses[i - 1]!.step)).toBe(true)
  })

  it('ignores what it has', () => {
    const losses = growLosses([], [{ step: 5, loss: 1 }])
    expect(growLosses(losses, [{ step: 5, loss: 9 }])).toEqual([{ step: 5, loss: 1 }])
  })
})

describe('notices', () => {
  it('carry what can be done about them', () => {
    const store = createRunStore()
    let done = 0
    post(store, 'info', 'a', 'a', { action: { label: 'Undo', run: () => void done++ } })
    store.getState().notices[0]!.action?.run()
    expect(done).toBe(1)
  })

  it('stay readable, however many lines and however long they are', () => {
    const store = createRunStore()
    const lines = Array.from({ length: 250_000 }, (_, i) => `field${String(i)}: found x`)
    post(store, 'warning', lines.join('\n'))
    post(store, 'warning', 'x'.repeat(1_000_000))
    const [many, long] = store.getState().notices.map(({ text }) => text)
    expect(many!.split('\n')).toHaveLength(9)
    expect(many).toMatch(/249992 more$/)
    expect(long!.length).toBeLessThan(1300)
    for (let i = 0; i < 100; i++) post(store, 'info', `notice ${String(i)}`)
    expect(store.getState().notices.length).toBeLessThanOrEqual(8)
  })

  it('are shown once, and go one by one', () => {
    const store = createRunStore()
    post(store, 'warning', 'a')
    post(store, 'error', 'b')
    post(store, 'warning', 'a')
    expect(store.getState().notices.map((n) => n.text)).toEqual(['b', 'a'])
    dismiss(store, store.getState().notices[0]!.id)
    expect(store.getState().notices.map((n) => n.text)).toEqual(['a'])
    post(store, 'warning', 'δ: found 7', 'δ')
    post(store, 'warning', 'δ: found 8', 'δ')
    expect(store.getState().notices.map((n) => n.text)).toEqual(['a', 'δ: found 8'])
    withdraw(store, 'ε')
    withdraw(store, 'δ')
    expect(store.getState().notices.map((n) => n.text)).toEqual(['a'])
  })
})

describe('frames', () => {
  const frame = (step: number, n = 2) => ({
    step,
    langevin: new Float32Array(n).fill(step),
    deterministic: new Float32Array(n).fill(-step),
    companion: null,
  })

  it('leave a trail of the frames before, oldest first, and no longer than allowed', () => {
    const store = createCloudStore()
    for (let step = 0; step < 20; step++) showFrame(store, frame(step), step > 0)
    const { langevinTrail, deterministicTrail } = store.getState()
    expect(langevinTrail.map((cloud) => cloud[0])).toEqual([11, 12, 13, 14, 15, 16, 17, 18])
    expect(deterministicTrail).toHaveLength(TRAIL_LENGTH)
  })

  it('cut the trail at a jump and when the number of particles changes', () => {
    const store = createCloudStore()
    showFrame(store, frame(0), false)
    showFrame(store, frame(1), true)
    showFrame(store, frame(2, 4), true)
    expect(store.getState().langevinTrail).toEqual([])
    showFrame(store, frame(3, 4), true)
    showFrame(store, frame(9, 4), false)
    expect(store.getState().langevinTrail).toEqual([])
  })

  it('carry the second cloud, and lose it with a run that has none', () => {
    const store = createCloudStore()
    const companion = new Float32Array([1, 2])
    showFrame(store, { ...frame(0), companion }, false)
    expect(store.getState().companion).toBe(companion)
    showFrame(store, frame(0), false)
    expect(store.getState().companion).toBeNull()
  })
})
