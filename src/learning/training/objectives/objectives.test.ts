import { describe, expect, it } from 'vitest'
import { log } from '../../../core/maths/elementary.ts'
import { Purpose, Rng } from '../../../core/maths/rng.ts'
import type { Tuples } from '../../kernels/kernel.ts'
import { energyMatching } from './energyMatching.ts'
import { flowMatchingBatch } from './flowMatching.ts'
import type { ObjectiveContext, ObjectiveState } from './objective.ts'
import { persistent } from './persistent.ts'
import { quadrature } from './quadrature.ts'
import { scoreMatching } from './scoreMatching.ts'

const EMPTY: ObjectiveState = { arrays: {}, scalars: {} }
const THETA = new Float32Array(1)

/** V = ½(a x² + b y²) in place of a network; θ-gradients are 0 and the tuples are kept for inspection. */
function quadraticContext(a: number, b: number, steps: number) {
  const seen: Tuples[] = []
  const context: ObjectiveContext = {
    seed: 4,
    steps,
    problem: {
      halfWidth: 4,
      batch(step, n, out) {
        const rng = new Rng({ seed: 4, purpose: Purpose.batches }, step)
        for (let i = 0; i < 2 * n; i++) out[i] = 0.5 * rng.normal()
      },
    },
    energy: {
      async evaluate(_, xy, value, gradient) {
        for (let i = 0; i < value.length; i++) {
          const x = xy[2 * i]!
          const y = xy[2 * i + 1]!
          value[i] = 0.5 * (a * x * x + b * y * y)
          if (gradient === null) continue
          gradient[2 * i] = a * x
          gradient[2 * i + 1] = b * y
        }
      },
      async accumulate(_, tuples, out) {
        seen.push(structuredClone(tuples))
        out.fill(0)
        let loss = 0
        tuples.c.forEach((c, i) => {
          const x = tuples.xy[2 * i]!
          const y = tuples.xy[2 * i + 1]!
          loss += 0.5 * c * (a * x * x + b * y * y)
        })
        return loss
      },
    },
  }
  return { context, seen }
}

describe('persistent', () => {
  it('keeps its chains in the Gibbs measure of the energy, at the acceptance it adapts to', async () => {
    const steps = 1500
    const { context } = quadraticContext(4, 9, steps)
    const run = persistent.prepare(context)
    let state = EMPTY
    const gradient = new Float32Array(1)
    let count = 0
    let xx = 0
    let yy = 0
    let xy = 0
    let acceptance = 0
    for (let step = run.warmUp; step < steps; step++) {
      const result = await run.step(step, THETA, state, gradient)
      state = result.state
      if (step < 400) continue
      const { chains } = state.arrays
      for (let i = 0; i < 256; i++) {
        xx += chains![2 * i]! * chains![2 * i]!
        yy += chains![2 * i + 1]! * chains![2 * i + 1]!
        xy += chains![2 * i]! * chains![2 * i + 1]!
        count++
      }
      acceptance += result.acceptance! / (steps - 400)
    }
    // Variances 1/4 and 1/9; 280,000 correlated draws: 2 % is more than four standard errors.
    expect(Math.abs((4 * xx) / count - 1)).toBeLessThan(0.02)
    expect(Math.abs((9 * yy) / count - 1)).toBeLessThan(0.02)
    expect(Math.abs((6 * xy) / count)).toBeLessThan(0.02)
    expect(acceptance).toBeGreaterThan(0.55)
    expect(acceptance).toBeLessThan(0.75)
  })

  it('never proposes beyond the wall: a flat energy gives the uniform law on Ω', async () => {
    const { context } = quadraticContext(0, 0, 400)
    const run = persistent.prepare(context)
    let state = EMPTY
    let square = 0
    let count = 0
    let farthest = 0
    for (let step = run.warmUp; step < 400; step++) {
      state = (await run.step(step, THETA, state, new Float32Array(1))).state
      for (const x of state.arrays.chains!) {
        farthest = Math.max(farthest, Math.abs(x))
        if (step >= 150) {
          square += x * x
          count++
        }
      }
    }
    expect(farthest).toBeLessThanOrEqual(4)
    // E x² = 4²/3 on [−4, 4].
    expect(square / count).toBeGreaterThan(0.97 * (16 / 3))
    expect(square / count).toBeLessThan(1.03 * (16 / 3))
  })

  it('starts half of its chains at data, and contrasts 256 data with 256 chains', async () => {
    const { context, seen } = quadraticContext(1, 1, 1720)
    const run = persistent.prepare(context)
    expect(run.warmUp).toBe(100)
    await run.step(100, THETA, EMPTY, new Float32Array(1))
    const { c, w, xy } = seen[0]!
    // The far field comes first, and has terms in ∇V alone.
    const far = w!.length
    expect(c.slice(0, far).every((x) => x === 0)).toBe(true)
    expect(c.slice(far, far + 256).every((x) => x === 1 / 256)).toBe(true)
    expect(c.slice(far + 256).every((x) => x === -1 / 256)).toBe(true)
    expect(c.length).toBe(far + 512)
    const data = new Float32Array(512)
    context.problem.batch(100, 256, data)
    expect(xy.slice(2 * far, 2 * far + 512)).toEqual(data)
  })

  it('leaves its state alone', async () => {
    const { context } = quadraticContext(1, 1, 200)
    const run = persistent.prepare(context)
    const first = (await run.step(20, THETA, EMPTY, new Float32Array(1))).state
    const copy = structuredClone(first)
    const a = await run.step(21, THETA, first, new Float32Array(1))
    const b = await run.step(21, THETA, copy, new Float32Array(1))
    expect(first).toEqual(copy)
    expect(a).toEqual(b)
  })
})

describe('quadrature', () => {
  it('reports the cross-entropy mean V + log Z of its definition', async () => {
    // V = 2x² + 4.5y²: Z = 2π/6, and E V over N(0, ¼I) = ½(4 + 9)/4.
    const { context } = quadraticContext(4, 9, 200)
    const run = quadrature.prepare(context)
    let sum = 0
    for (let step = 0; step < 200; step++) {
      sum += (await run.step(step, THETA, EMPTY, new Float32Array(1))).loss / 200
    }
    expect(sum).toBeCloseTo(13 / 8 + log((2 * 3.141592653589793) / 6), 1)
  })

  it('resamples its negatives from the Gibbs measure', async () => {
    const { context, seen } = quadraticContext(4, 9, 200)
    const run = quadrature.prepare(context)
    for (let step = 0; step < 100; step++) await run.step(step, THETA, EMPTY, new Float32Array(1))
    let xx = 0
    let yy = 0
    for (const { xy } of seen) {
      for (let i = xy.length / 2 - 256; i < xy.length / 2; i++) {
        xx += xy[2 * i]! * xy[2 * i]!
        yy += xy[2 * i + 1]! * xy[2 * i + 1]!
      }
    }
    expect(Math.abs((4 * xx) / 25_600 - 1)).toBeLessThan(0.04)
    expect(Math.abs((9 * yy) / 25_600 - 1)).toBeLessThan(0.04)
  })
})

describe('flow matching', () => {
  it('moves points of noise to data along straight lines, paired at least cost', () => {
    const { context } = quadraticContext(1, 1, 100)
    const n = 64
    const { tuples, time } = flowMatchingBatch(context, 3, n, 0)
    const data = new Float32Array(2 * n)
    context.problem.batch(3, n, data)
    // The ends x + (1 − t)u of the paths are the data, each once.
    const ends = Array.from(
      { length: n },
      (_, i) => tuples.xy[2 * i]! + (1 - time[i]!) * tuples.u[2 * i]!,
    )
    const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b)
    const expected = sorted(Array.from({ length: n }, (_, i) => data[2 * i]!))
    sorted(ends).forEach((x, i) => {
      expect(x).toBeCloseTo(expected[i]!, 5)
    })
    // No two paths gain by exchanging their ends.
    const start = (i: number, k: number) => tuples.xy[2 * i + k]! - time[i]! * tuples.u[2 * i + k]!
    const end = (i: number, k: number) => start(i, k) + tuples.u[2 * i + k]!
    const cost = (i: number, j: number) =>
      (end(j, 0) - start(i, 0)) ** 2 + (end(j, 1) - start(i, 1)) ** 2
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        expect(cost(i, i) + cost(j, j)).toBeLessThan(cost(i, j) + cost(j, i) + 1e-5)
      }
    }
  })
})

describe('energy matching', () => {
  it('joins the flow loss with the contrast of data and negatives after its warm-up', async () => {
    const { context, seen } = quadraticContext(1, 1, 8)
    const run = energyMatching.prepare(context)
    await run.step(0, THETA, EMPTY, new Float32Array(1))
    await run.step(run.warmUp, THETA, EMPTY, new Float32Array(1))
    const [flow, joint] = seen
    expect(flow!.c.length).toBe(128)
    expect(flow!.c.every((c) => c === 0)).toBe(true)
    expect(joint!.c.length).toBe(384)
    const sum = (from: number, to: number) => joint!.c.slice(from, to).reduce((a, b) => a + b, 0)
    // λ ε_max = 2 · 0.15.
    expect(sum(128, 256)).toBeCloseTo(0.3, 5)
    expect(sum(256, 384)).toBeCloseTo(-0.3, 5)
    expect(joint!.w!.length).toBe(128)
  })

  it('has negatives at temperature 0.15 where they start at data', async () => {
    // V = 10|x|², so E = 0.15 V has the Gibbs variance 1/20 at 0.15; 200 steps of 0.01 relax e^(−6).
    const { context, seen } = quadraticContext(20, 20, 8)
    const run = energyMatching.prepare(context)
    for (let k = 0; k < 20; k++) await run.step(7, THETA, EMPTY, new Float32Array(1))
    await run.step(6, THETA, EMPTY, new Float32Array(1))
    let square = 0
    for (const { xy } of seen.slice(-2)) {
      for (let i = 256; i < 320; i++) square += (xy[2 * i]! ** 2 + xy[2 * i + 1]! ** 2) / 256
    }
    expect(square).toBeGreaterThan(0.6 / 20)
    expect(square).toBeLessThan(1.5 / 20)
  })
})

describe('score matching', () => {
  it('is least at the score of the blurred data', async () => {
    // Data N(0, ¼I) blurred by σ is N(0, (¼ + σ²)I): among ∇V = ky the loss is least at 1/(¼ + σ²).
    const { context, seen } = quadraticContext(1, 1, 1000)
    const run = scoreMatching.prepare(context)
    for (let k = 0; k < 200; k++) await run.step(999 - k, THETA, EMPTY, new Float32Array(1))
    let yu = 0
    let yy = 0
    for (const { xy, u } of seen) {
      xy.forEach((y, i) => {
        yu += y * u![i]!
        yy += y * y
      })
    }
    const sigma = 0.07
    expect(-yu / yy).toBeGreaterThan(0.9 / (0.25 + sigma * sigma))
    expect(-yu / yy).toBeLessThan(1.1 / (0.25 + sigma * sigma))
  })
})
