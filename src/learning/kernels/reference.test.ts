import { describe, expect, it } from 'vitest'
import { Purpose, Rng } from '../../core/maths/rng.ts'
import { parameterLayout } from './kernel.ts'
import type { NetworkShape } from './kernel.ts'
import { accumulateReference, evaluateReference, Float64Network } from './reference.ts'

const shape: NetworkShape = { widths: [5, 4, 3], activations: ['sin', 'silu', 'tanh'] }

function problem(seed: number) {
  const rng = new Rng({ seed, purpose: Purpose.weights })
  const theta = Float64Array.from({ length: parameterLayout(shape).length }, () => rng.normal())
  const n = 7
  const draw = (length: number) => Float64Array.from({ length }, () => rng.normal())
  return { theta, xy: draw(2 * n), c: draw(n), w: draw(n), u: draw(2 * n), n }
}

/** Five-point central difference: error O(h⁴), 1e-10 here. */
function derivative(f: (t: number) => number, at: number): number {
  const h = 1e-3
  return (8 * (f(at + h) - f(at - h)) - (f(at + 2 * h) - f(at - 2 * h))) / (12 * h)
}

describe('reference kernel', () => {
  it('lays out θ as weights and biases of consecutive layers', () => {
    const { layers, length } = parameterLayout(shape)
    expect(length).toBe(2 * 5 + 5 + (5 * 4 + 4) + (4 * 3 + 3) + (3 + 1))
    expect(layers.map((layer) => layer.weights)).toEqual([0, 15, 39, 54])
  })

  it('gives ∇V as the derivative of V', () => {
    const { theta, xy, n } = problem(1)
    const value = new Float64Array(n)
    const gradient = new Float64Array(2 * n)
    evaluateReference(shape, theta, xy, value, gradient)
    for (let i = 0; i < 2 * n; i++) {
      const slope = derivative((t) => {
        const moved = xy.slice()
        moved[i] = t
        const v = new Float64Array(n)
        evaluateReference(shape, theta, moved, v, new Float64Array(2 * n))
        return v[i >> 1]!
      }, xy[i]!)
      expect(gradient[i]).toBeCloseTo(slope, 7)
    }
  })

  it.each(['values only', 'values and gradients'])('gives dLoss/dθ: %s', (kind) => {
    const { theta, xy, c, w, u } = problem(2)
    const second = kind === 'values and gradients'
    const tuples = { xy, c, w: second ? w : null, u: second ? u : null }
    const out = new Float64Array(theta.length)
    const loss = accumulateReference(shape, theta, tuples, out)
    const scratch = new Float64Array(theta.length)
    for (let k = 0; k < theta.length; k++) {
      const slope = derivative((t) => {
        const moved = theta.slice()
        moved[k] = t
        return accumulateReference(shape, moved, tuples, scratch)
      }, theta[k]!)
      expect(Math.abs(out[k]! - slope)).toBeLessThan(1e-6 * (1 + Math.abs(slope)))
    }
    expect(Number.isFinite(loss)).toBe(true)
  })

  it.each([0, 1, 63, 64, 65, 131])('sums over blocks as over points: %i of them', (n) => {
    const rng = new Rng({ seed: 4, purpose: Purpose.weights })
    const draw = (length: number) => Float64Array.from({ length }, () => rng.normal())
    const theta = draw(parameterLayout(shape).length)
    const { xy, c, w, u } = { xy: draw(2 * n), c: draw(n), w: draw(n), u: draw(2 * n) }
    const expected = new Float64Array(theta.length)
    const share = new Float64Array(theta.length)
    let loss = 0
    for (let i = 0; i < n; i++) {
      const [at, next] = [2 * i, 2 * i + 2]
      const one = { xy: xy.slice(at, next), c: [c[i]!], w: [w[i]!], u: u.slice(at, next) }
      loss += accumulateReference(shape, theta, one, share)
      for (const [k, value] of share.entries()) expected[k] = expected[k]! + value
    }
    const out = new Float64Array(theta.length).fill(1)
    expect(accumulateReference(shape, theta, { xy, c, w, u }, out)).toBeCloseTo(loss, 10)
    for (const [k, value] of out.entries()) expect(value).toBeCloseTo(expected[k]!, 9)
  })

  it('is of a network without a hidden layer, too', () => {
    const out = new Float64Array(3)
    // V = 2x − y + 3 at (1, 4): 1, and ∇V + u = (3, 1).
    const tuples = { xy: [1, 4], c: [5], w: [0.5], u: [1, 2] }
    expect(accumulateReference({ widths: [], activations: [] }, [2, -1, 3], tuples, out)).toBe(10)
    expect([...out]).toEqual([8, 21, 5])
  })

  it('refuses parameters of another network', () => {
    expect(() => new Float64Network(shape, [1, 2, 3])).toThrow(/found 3 parameters/)
  })

  it('returns the loss of its definition', () => {
    const { theta, xy, c, w, u, n } = problem(3)
    const value = new Float64Array(n)
    const g = new Float64Array(2 * n)
    evaluateReference(shape, theta, xy, value, g)
    let expected = 0
    for (let i = 0; i < n; i++) {
      const dx = g[2 * i]! + u[2 * i]!
      const dy = g[2 * i + 1]! + u[2 * i + 1]!
      expected += c[i]! * value[i]! + w[i]! * (dx * dx + dy * dy)
    }
    const out = new Float64Array(theta.length)
    expect(accumulateReference(shape, theta, { xy, c, w, u }, out)).toBeCloseTo(expected, 10)
  })
})
