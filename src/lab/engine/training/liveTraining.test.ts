import { describe, expect, test } from 'vitest'
import { crossEntropy } from '../../../core/analysis/estimators/kl.ts'
import type { EnergyField } from '../../../core/fields/energyField.ts'
import { gibbs } from '../../../core/fields/gibbs.ts'
import { Purpose, Rng } from '../../../core/maths/rng.ts'
import type { Backend } from '../../../learning/training/api.ts'
import { readEnergyFile } from '../../io/energyFile.ts'
import { readSafetensors } from '../../io/safetensors.ts'
import { sha256HexSync } from '../../io/sha256.ts'
import type { LiveProgress } from '../../protocol/calls.ts'
import type { SceneSpec } from '../../scene/sceneSpec.ts'
import { Backends } from './backends.ts'
import { Slicer } from '../environment.ts'
import { cooled, LiveTraining, liveRate, PEAK_RATE, RESTING_RATE } from './liveTraining.ts'
import { Refusal } from '../refusal.ts'
import { prepareRows } from '../energies/resolvePoints.ts'
import { TargetResolver } from '../energies/resolveTarget.ts'
import { createBench, sceneOf, ticking, type Bench, type Heard } from '../session.testing.ts'
import { modelEnergy, tabulate } from '../energies/tabulate.ts'

const scene = (target: unknown, more: object = {}): SceneSpec =>
  sceneOf({ target, energy: { kind: 'trained' }, training: { backend: 'wasm' }, ...more })
const preset = (kind: string, sharpness = 1) => scene({ kind, sharpness })

/** Rows round an arc, as a hand draws them: one after the other. */
function arc(n: number, turn = 3): [number, number][] {
  const rng = new Rng({ seed: 11, purpose: Purpose.probe })
  return Array.from({ length: n }, (_, i) => {
    const angle = (turn * i) / n
    return [2 * Math.cos(angle) + 0.15 * rng.normal(), 2 * Math.sin(angle) + 0.15 * rng.normal()]
  })
}

/** Seconds that pass whenever the engine looks at its clock: a step of training looks six times. */
const TICK = 2e-4

/**
 * A bench whose events can be waited for, on a clock of its own: what else the machine does changes nothing.
 * `turn` lets seconds pass at once.
 */
function listening(): Bench & {
  until: (wanted: (heard: Heard) => boolean) => Promise<Heard>
  turn: (seconds: number) => void
} {
  let skipped = 0
  const looked = ticking(TICK)
  const waiting = new Set<{ wanted: (heard: Heard) => boolean; found: (heard: Heard) => void }>()
  const bench = createBench(
    (heard) => {
      for (const wait of [...waiting]) {
        if (!wait.wanted(heard)) continue
        waiting.delete(wait)
        wait.found(heard)
      }
    },
    () => looked() + skipped,
  )
  return {
    ...bench,
    turn: (seconds) => void (skipped += seconds),
    until: (wanted) => new Promise((found) => void waiting.add({ wanted, found })),
  }
}

const progressOf = (events: readonly Heard[]): LiveProgress[] =>
  events.flatMap((heard) => (heard.name === 'live' ? [heard.payload] : []))
const settledAt = (target: number) => (heard: Heard) =>
  heard.name === 'live' && heard.payload.target === target && heard.payload.state === 'settled'

describe('the learning rate', () => {
  test('falls from the peak to rest by half a cosine', () => {
    expect(liveRate(0)).toBe(PEAK_RATE)
    expect(liveRate(0.5)).toBeCloseTo((PEAK_RATE + RESTING_RATE) / 2, 12)
    expect(liveRate(1)).toBeCloseTo(RESTING_RATE, 12)
  })
  test('takes about a second of steps, and no fewer of them than learning needs', () => {
    const stepsOf = (seconds: number) => {
      let steps = 0
      for (let progress = 0; progress < 1; progress = cooled(progress, seconds)) steps++
      return steps
    }
    expect(stepsOf(0.0005) * 0.0005).toBeCloseTo(0.8, 2)
    expect(stepsOf(0.05)).toBe(250)
    expect(cooled(0.4, 3600)).toBeLessThan(0.41)
    expect(cooled(1, 1)).toBe(1)
  })
})

describe('following a target', () => {
  test('each preset is learned from the one before, and the clock starts again with it', async () => {
    const bench = listening()
    const { session, events, turn } = bench
    const first = await session.live({ scene: preset('two-moons') })
    expect(first.target).toBe(1)
    expect(first.targetDensity?.cells).toBe(64)
    expect(first.transform).toBeNull()
    await bench.until(settledAt(1))
    const learned = progressOf(events).at(-1)!
    expect(learned.klDataModel).toBeLessThan(0.06)
    expect(learned.learningRate).toBeCloseTo(RESTING_RATE, 10)
    // Kept, the energy on show is tabulated on the scene's own, finer cells.
    const { summary } = await session.keepLive()
    expect(learned.strayStart).toBeCloseTo(summary.strayStart, 2)
    // The first table is measured at once, and those that follow within a second are not.
    const strays = progressOf(events).map(({ strayStart }) => strayStart)
    expect(strays).not.toContain(null)
    expect(new Set(strays).size).toBeLessThan(strays.length / 2)

    // Long enough after the last table for the next one to be due at once.
    turn(0.4)
    const second = await session.live({ scene: preset('eight-gaussians') })
    expect(second.target).toBe(2)
    const woken = (await bench.until((heard) => heard.name === 'live')) as Extract<
      Heard,
      { name: 'live' }
    >
    // The energy of the target before, judged by the new one; the steps go on where they were.
    expect(woken.payload.target).toBe(2)
    expect(woken.payload.state).toBe('learning')
    expect(woken.payload.klDataModel).toBeGreaterThan(0.5)
    expect(woken.payload.step).toBeGreaterThanOrEqual(learned.step)
    expect(woken.payload.targetSteps).toBeLessThan(50)
    expect(woken.payload.learningRate).toBeGreaterThan(0.9 * PEAK_RATE)
    await bench.until(settledAt(2))
    const again = progressOf(events).at(-1)!
    expect(again.klDataModel).toBeLessThan(0.06)
    // What is shown never gets worse while the target stands.
    const shown = progressOf(events).filter(({ target }) => target === 2)
    shown.slice(1).forEach((progress, i) => {
      expect(progress.klDataModel!).toBeLessThanOrEqual(shown[i]!.klDataModel!)
    })
    // A landscape came with every better one, on the coarse grid.
    const landscapes = events.filter(({ name }) => name === 'landscape')
    expect(landscapes.length).toBeGreaterThan(4)
    await session.endLive()
  })

  test('one second after a switch or a stroke no start is stray, and the density is near', async () => {
    const bench = listening()
    const { session } = bench
    const strokes = arc(400)
    const targets = [
      ...['rings', 'two-moons'].map((kind) => ({ kind })),
      ...[150, 400].map((n) => ({ kind: 'points', points: strokes.slice(0, n) })),
    ]
    for (const [k, target] of targets.entries()) {
      await session.live({ scene: scene(target) })
      await bench.until(
        ({ name, payload }) =>
          name === 'live' &&
          payload.target === k + 1 &&
          (payload.seconds >= 1 || payload.state === 'settled'),
      )
      const { summary } = await session.keepLive()
      expect(summary.strayStart).toBeLessThan('points' in target ? 1e-3 : 5e-4)
      if (summary.klDataModel !== null) expect(summary.klDataModel).toBeLessThan(0.02)
    }
    await session.endLive()
  }, 60_000)

  test('of targets that come at once the latest is taken up, the others are told so', async () => {
    const { session } = createBench()
    const kinds = ['rings', 'banana', 'pinwheel', 'two-spirals']
    const calls = await Promise.allSettled(
      kinds.map((kind) => session.live({ scene: preset(kind) })),
    )
    expect(calls.map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
      'rejected',
      'fulfilled',
    ])
    expect(calls[0]).toMatchObject({ reason: { name: 'AbortError' } })
    const latest = calls.at(-1)
    expect(latest).toMatchObject({ value: { target: 1 } })
    await session.endLive()
  })

  test('the particles go on from where they are when the target changes', async () => {
    const bench = listening()
    const { session } = bench
    await session.live({ scene: preset('two-moons') })
    await bench.until(({ name }) => name === 'landscape')
    const before = (await session.liveFrame({ steps: 5 }))!
    await session.live({ scene: preset('two-moons', 0.9) })
    const after = (await session.liveFrame({ steps: 0 }))!
    expect([...after.langevin.slice(0, 40)]).toEqual([...before.langevin.slice(0, 40)])
    // After a call that took long there is none for a while.
    let moved = await session.liveFrame({ steps: 1 })
    while (moved === null) {
      await bench.environment.pause()
      moved = await session.liveFrame({ steps: 1 })
    }
    expect([...moved.langevin.slice(0, 40)]).not.toEqual([...before.langevin.slice(0, 40)])
    await session.endLive()
    expect(await session.liveFrame({ steps: 1 })).toBeNull()
  })

  test('other dynamics change how it is shown, not what is learned', async () => {
    const bench = listening()
    const { session, events } = bench
    await session.live({ scene: preset('banana') })
    await bench.until(settledAt(1))
    const { step } = progressOf(events).at(-1)!
    const reply = await session.live({
      scene: scene({ kind: 'banana', sharpness: 1 }, { dynamics: { epsilon: 0.5 } }),
    })
    expect(reply.target).toBe(1)
    const last = events.at(-1)!
    if (last.name !== 'landscape') throw new Error(last.name)
    expect(last.payload.landscape.epsilon).toBe(0.5)
    // It went on resting: a real change of target finds it where it was.
    await session.live({ scene: preset('banana', 1.1) })
    await bench.until(({ name }) => name === 'live')
    const woken = progressOf(events).at(-1)!
    expect(woken.step - woken.targetSteps).toBe(step)
    await session.endLive()
  })

  test('a drawing that grows is learned, and judged on points that were held out all along', async () => {
    const bench = listening()
    const { session, events } = bench
    const points = arc(400)
    let target = 0
    for (const n of [40, 120, 260, 400]) {
      const reply = await session.live({
        scene: scene({ kind: 'points', points: points.slice(0, n) }),
      })
      target = reply.target
      expect(reply.transform).not.toBeNull()
      expect(reply.targetDensity).toBeNull()
      expect(reply.data.length).toBe(2 * n)
      await bench.until(({ name, payload }) => name === 'live' && 'target' in payload)
    }
    await bench.until(settledAt(target))
    const settled = progressOf(events).at(-1)!
    expect(settled.klDataModel).toBeNull()
    const kept = await session.keepLive()
    expect(kept.summary.crossEntropy).toBeLessThan(kept.summary.gaussianCrossEntropy! - 0.3)
    await session.endLive()

    // What is reported of the energy kept is its score on the test points, which chose nothing, ...
    const { seed, domain } = kept.scene
    const parts = (n: number) =>
      prepareRows(Float64Array.from(points.slice(0, n).flat()), {
        seed,
        halfWidth: domain.halfWidth,
      })
    const { test: held, validation, transform, unitsOffset } = parts(400)
    const file = readEnergyFile(kept.weights)
    if ('error' in file) throw new Error(file.error)
    const grid = await tabulate(domain, modelEnergy(file.model), new Slicer(bench.environment))
    const field: EnergyField = { grid, barriers: [] }
    const scoreOn = (rows: Float64Array) =>
      crossEntropy(rows, field, 1, gibbs(field, 1).logZ).value + unitsOffset
    expect(kept.summary.crossEntropy).toBeCloseTo(scoreOn(held), 12)
    expect(scoreOn(validation)).not.toBeCloseTo(scoreOn(held), 4)
    // ... while the validation points chose it, on the coarser live table.
    expect(Math.abs(settled.crossEntropy! - scoreOn(validation))).toBeLessThan(0.02)
    // And no stage of the drawing was trained on, or chosen by, what is reported on in the end.
    const raw = (rows: Float64Array, { mean, deviation, extraScale }: typeof transform) =>
      Array.from({ length: rows.length / 2 }, (_, i) =>
        [0, 1]
          .map((k) => (rows[2 * i + k]! * extraScale * deviation[k]! + mean[k]!).toFixed(9))
          .join(' '),
      )
    const reported = new Set(raw(held, transform))
    expect(reported.size).toBe(80)
    for (const n of [40, 120, 260, 400]) {
      const stage = parts(n)
      for (const part of [stage.train, stage.validation])
        expect(raw(part, stage.transform).filter((row) => reported.has(row))).toEqual([])
      expect(raw(stage.test, stage.transform).every((row) => reported.has(row))).toBe(true)
    }
  })

  test('what cannot be a target is refused by field and range, and what was followed goes on', async () => {
    const bench = listening()
    const { session } = bench
    await session.live({ scene: preset('two-moons') })
    const refused = session.live({ scene: scene({ kind: 'points', points: arc(12).slice(0, 12) }) })
    await expect(refused).resolves.toMatchObject({ target: 2 })
    const line = Array.from({ length: 30 }, (_, i): [number, number] => [i / 10, i / 5])
    await expect(session.live({ scene: scene({ kind: 'points', points: line }) })).rejects.toThrow(
      /^target\.columns: .*one line/,
    )
    const heard = (await bench.until(({ name }) => name === 'live')) as Extract<
      Heard,
      { name: 'live' }
    >
    expect(heard.payload.target).toBe(2)
    await session.endLive()
  })
})

describe('keeping and leaving', () => {
  test('what is kept is the energy as shown, as weights that claim no recipe', async () => {
    const bench = listening()
    const { session, turn } = bench
    await expect(session.keepLive()).rejects.toBeInstanceOf(Refusal)
    await session.live({ scene: preset('banana') })
    await bench.until(settledAt(1))
    const kept = await session.keepLive()
    expect(kept.hash).toBe(sha256HexSync(kept.weights))
    expect(kept.provenance).toMatch(/^trained live, \d+ steps, objective quadrature$/)
    const file = readEnergyFile(kept.weights)
    if ('error' in file) throw new Error(file.error)
    expect(file.recipe).toBeNull()
    expect(file.model.shape.widths).toEqual([48, 24, 24])
    const tensors = readSafetensors(kept.weights)
    if ('error' in tensors) throw new Error(tensors.error)
    expect(tensors.metadata.get('provenance')).toBe(kept.provenance)
    expect(kept.summary.klDataModel).toBeLessThan(0.06)
    // However long it has been at rest: what it took is counted up to where it was that energy.
    turn(60)
    expect((await session.keepLive()).summary).toEqual(kept.summary)
    // A run on it is a run like any other.
    bench.assets.bytes.set('shelf:live', kept.weights)
    const energy = { kind: 'shelf', id: 'live', hash: kept.hash, recipe: null } as const
    const ready = await session.prepare({ run: 1, scene: { ...kept.scene, energy } })
    expect(ready.trained).toBe(true)
    expect(ready.notices).toEqual([])
    // Keeping ends nothing.
    await session.live({ scene: preset('rings') })
    await session.endLive()
  })

  test('an energy that later steps did not better is kept with its own steps and seconds', async () => {
    const bench = listening()
    const { session, events } = bench
    await session.live({ scene: preset('two-moons') })
    const shownAt = () => {
      const heard = events.findLast(({ name }) => name === 'landscape')
      return heard?.name === 'landscape' ? heard.payload.step : null
    }
    // A measurement that showed no better energy; by then some steps have gone by in vain.
    const heard = await bench.until(
      (one) => one.name === 'live' && shownAt() !== null && shownAt()! < one.payload.step,
    )
    if (heard.name !== 'live') throw new Error(heard.name)
    const best = shownAt()!
    const kept = await session.keepLive()
    await session.endLive()
    const { steps, seconds, gradientEvaluations, history } = kept.summary
    expect(steps).toBe(best)
    expect(kept.scene.training.steps).toBe(best)
    expect(kept.provenance).toContain(` ${best} steps`)
    expect(history.at(-1)!.step).toBe(best)
    expect(history.at(-1)!.klDataModel).toBe(heard.payload.klDataModel)
    // A step of the cheap version takes its gradient through 24² + 2 · 128 points, one of the full 32² + 2 · 256.
    expect(gradientEvaluations).toBeGreaterThanOrEqual(best * (24 ** 2 + 2 * 128))
    expect(gradientEvaluations).toBeLessThanOrEqual(best * (32 ** 2 + 2 * 256))
    expect(seconds / heard.payload.trainingSeconds).toBeCloseTo(best / heard.payload.step, 2)
  })

  test('after it ends nothing is heard of it, nothing is held, and a training may begin', async () => {
    const bench = listening()
    const { session, events } = bench
    await session.live({ scene: preset('two-moons') })
    await bench.until(({ name }) => name === 'landscape')
    await expect(session.train({ scene: preset('two-moons') })).rejects.toThrow(/live training/)
    await session.endLive()
    const heard = events.length
    // A step of training would let at least these turns of the event loop pass.
    for (let i = 0; i < 200; i++) await bench.environment.pause()
    expect(events.length).toBe(heard)
    const reply = await session.train({
      scene: scene(
        { kind: 'two-moons', sharpness: 1 },
        { training: { steps: 2, backend: 'wasm' } },
      ),
    })
    expect(reply.outcome).toBe('finished')
  })
})

describe('a device that goes wrong while it follows a target', () => {
  /** A live training on a GPU that spoils what it evaluates from its n-th call on. */
  async function follow(bench: Bench, spoil: (value: Float32Array) => void) {
    const { environment, assets } = bench
    const wasm = await new Backends(environment).open('wasm')
    let calls = 0
    const gpu: Backend = {
      ...wasm,
      name: 'webgpu',
      description: 'The GPU',
      kernel: (shape) => {
        const kernel = wasm.kernel(shape)
        return {
          ...kernel,
          async evaluate(theta, xy, value, gradient) {
            await kernel.evaluate(theta, xy, value, gradient)
            if (++calls > 40) spoil(value)
          },
        }
      },
      dispose() {},
    }
    const backends = new Backends(
      environment,
      async () =>
        async ({ choice }) =>
          choice === 'webgpu' ? gpu : wasm,
    )
    const asked = scene({ kind: 'two-gaussians' }, { training: { backend: 'webgpu' } })
    const target = await new TargetResolver(assets).resolve(asked.target, asked.seed, 4)
    return new LiveTraining({ environment, backends, scene: asked, target })
  }

  test.each([
    ['values that are not numbers', (value: Float32Array) => void value.fill(Number.NaN)],
    [
      'wrong values of the energy',
      // Whole tables alone: what the steps are made of is right.
      (value: Float32Array) => void (value.length > 2048 && value.fill(0)),
    ],
  ])('it returns %s: the next backend goes on from what was learned', async (what, spoil) => {
    const bench = listening()
    const replaced = bench.until(({ name }) => name === 'notice')
    const following = await follow(bench, spoil)
    expect((await replaced).payload).toEqual({
      level: 'warning',
      text: `The GPU failed: it returned ${what}; training goes on with WebAssembly SIMD.`,
    })
    const { payload } = await bench.until(({ name }) => name === 'live')
    expect((payload as LiveProgress).step).toBeGreaterThan(0)
    following.end()
    await following.done
  })
})
