import { describe, expect, it } from 'vitest'
import { Purpose, Rng } from '../../core/maths/rng.ts'
import { adamFactors, adamStep, isReachable, rampedCosine, startAdam } from './adam.ts'

describe('Adam', () => {
  it('first moves each parameter by the rate against the sign of its gradient', () => {
    const theta = Float32Array.of(1, 1, 1)
    const { theta: next } = adamStep(startAdam(3), theta, Float32Array.of(1e-3, -50, 0), 0.1)
    expect(next[0]).toBeCloseTo(0.9, 5)
    expect(next[1]).toBeCloseTo(1.1, 5)
    expect(next[2]).toBe(1)
    expect([...theta]).toEqual([1, 1, 1])
  })

  it('finds the least of a badly scaled quadratic', () => {
    let theta: Float32Array = Float32Array.of(3, -2)
    let state = startAdam(2)
    const steps = 2000
    for (let t = 0; t < steps; t++) {
      const gradient = Float32Array.of(1000 * (theta[0]! - 1), 0.1 * (theta[1]! + 1))
      ;({ theta, state } = adamStep(state, theta, gradient, rampedCosine(0.05, t, steps)))
    }
    expect(theta[0]).toBeCloseTo(1, 3)
    expect(theta[1]).toBeCloseTo(-1, 3)
  })
})

describe('what updates can lead to', () => {
  const length = 40
  /** Some updates by gradients of all sizes, then a block of more of them. */
  function block(seed: number, before: number, steps: number, scaleOf: (rng: Rng) => number) {
    const rng = new Rng({ seed, purpose: Purpose.probe })
    let theta: Float32Array = Float32Array.from({ length }, () => rng.normal())
    let state = startAdam(length)
    const strides: number[] = []
    const update = () => {
      const rate = 1e-2 * rng.uniform()
      const { stride, scale } = adamFactors(state, rate)
      strides.push(stride / Math.sqrt(scale))
      const gradient = Float32Array.from({ length }, () => scaleOf(rng) * rng.normal())
      ;({ theta, state } = adamStep(state, theta, gradient, rate))
    }
    for (let t = 0; t < before; t++) update()
    const from = { theta, square: state.square }
    strides.length = 0
    for (let t = 0; t < steps; t++) update()
    return { from, to: { theta, square: state.square }, strides }
  }

  it.each([...Array(60).keys()])('whatever the gradients, seed %i', (seed) => {
    const { from, to, strides } = block(seed, seed % 7, 1 + (seed % 25), (rng) =>
      Math.pow(10, 12 * rng.uniform() - 8),
    )
    expect(isReachable(from, to, strides)).toBe(true)
  })

  it('the greatest ratio there is: a growing gradient after a long calm', () => {
    let theta: Float32Array = Float32Array.of(0)
    let state = startAdam(1)
    for (let t = 0; t < 400; t++) {
      const from = { theta, square: state.square }
      const { stride, scale } = adamFactors(state, 0.01)
      // gᵢ ∝ (β₁/β₂)^−i: where Cauchy's inequality is an equality.
      ;({ theta, state } = adamStep(state, theta, Float32Array.of(1e-15 * Math.pow(1.1, t)), 0.01))
      expect(isReachable(from, { theta, square: state.square }, [stride / Math.sqrt(scale)])).toBe(
        true,
      )
    }
  })

  it.each([0, 5])(
    'but not to zeros, noise or someone else’s parameters, after %i updates',
    (before) => {
      const { from, strides } = block(1, before, 3, () => 1)
      const zeros = { theta: new Float32Array(length), square: new Float32Array(length) }
      expect(isReachable(from, zeros, strides)).toBe(false)
      const rng = new Rng({ seed: 2, purpose: Purpose.probe })
      const noise = () => Float32Array.from({ length }, () => rng.normal())
      expect(isReachable(from, { theta: noise(), square: noise() }, strides)).toBe(false)
      expect(isReachable(from, block(3, 5, 3, () => 1).to, strides)).toBe(false)
    },
  )
})

describe('learning rate', () => {
  it('ramps up in 50 steps and falls to 0 as a cosine', () => {
    expect(rampedCosine(1, 0, 1720)).toBeCloseTo(1 / 50, 4)
    expect(rampedCosine(1, 49, 1720)).toBeGreaterThan(0.99)
    expect(rampedCosine(1, 860, 1720)).toBeCloseTo(0.5, 6)
    expect(rampedCosine(1, 1719, 1720)).toBeLessThan(1e-5)
  })
})
