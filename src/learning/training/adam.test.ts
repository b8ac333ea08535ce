import { describe, expect, it } from 'vitest'
import { adamStep, rampedCosine, startAdam } from './adam.ts'

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

describe('learning rate', () => {
  it('ramps up in 50 steps and falls to 0 as a cosine', () => {
    expect(rampedCosine(1, 0, 1720)).toBeCloseTo(1 / 50, 4)
    expect(rampedCosine(1, 49, 1720)).toBeGreaterThan(0.99)
    expect(rampedCosine(1, 860, 1720)).toBeCloseTo(0.5, 6)
    expect(rampedCosine(1, 1719, 1720)).toBeLessThan(1e-5)
  })
})
