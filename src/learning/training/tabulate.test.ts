import { describe, expect, it } from 'vitest'
import { Purpose, Rng } from '../../core/maths/rng.ts'
import { parameterLayout } from '../kernels/kernel.ts'
import type { EnergyKernel, NetworkShape } from '../kernels/kernel.ts'
import { referenceKernel } from '../kernels/reference.ts'
import type { EnergyModel } from './api.ts'
import { accumulateModel, evaluateModel, penaltyStartOf } from './model.ts'
import { tableError, tabulateModel } from './tabulate.ts'

const shape: NetworkShape = { widths: [6, 5], activations: ['sin', 'silu'] }
const rng = new Rng({ seed: 8, purpose: Purpose.probe })
const draws = (length: number, scale: number) =>
  Float32Array.from({ length }, () => scale * rng.normal())

const model: EnergyModel = {
  shape,
  theta: draws(parameterLayout(shape).length, 0.7),
  halfWidth: 4,
  penaltyStart: penaltyStartOf(4),
  transform: null,
}
const kernel = referenceKernel(shape)

describe('evaluateModel', () => {
  it('adds ½|x|² + 10 Σ relu(|xᵢ| − 3.2)² and its gradient', async () => {
    const zero = { ...model, theta: new Float32Array(model.theta.length) }
    const value = new Float32Array(2)
    const gradient = new Float32Array(4)
    await evaluateModel(kernel, zero, Float32Array.of(1, -2, 3.7, -4), value, gradient)
    expect(value[0]).toBeCloseTo(2.5, 6)
    expect(value[1]).toBeCloseTo(0.5 * (3.7 * 3.7 + 16) + 10 * (0.25 + 0.64), 4)
    expect([...gradient].map((g) => Math.round(g * 1e4) / 1e4)).toEqual([1, -2, 13.7, -20])
  })

  it('gives the gradient of its value', async () => {
    const h = 2 ** -6
    for (const [x, y] of [
      [0.3, -1.1],
      [3.5, 3.9],
      [-3.6, 0.2],
    ] as const) {
      const xy = Float32Array.of(x, y, x + h, y, x - h, y, x, y + h, x, y - h)
      const value = new Float32Array(5)
      const gradient = new Float32Array(10)
      await evaluateModel(kernel, model, xy, value, gradient)
      expect(gradient[0]).toBeCloseTo((value[1]! - value[2]!) / (2 * h), 2)
      expect(gradient[1]).toBeCloseTo((value[3]! - value[4]!) / (2 * h), 2)
    }
  })
})

describe('accumulateModel', () => {
  it('is the loss of the whole energy, and ∂loss/∂θ of it', async () => {
    const n = 9
    const xy = draws(2 * n, 2)
    const tuples = { xy, c: draws(n, 1), w: draws(n, 1), u: draws(2 * n, 1) }
    const loss = async (theta: Float32Array) => {
      const value = new Float32Array(n)
      const g = new Float32Array(2 * n)
      await evaluateModel(kernel, { ...model, theta }, xy, value, g)
      let sum = 0
      for (let i = 0; i < n; i++) {
        const dx = g[2 * i]! + tuples.u[2 * i]!
        const dy = g[2 * i + 1]! + tuples.u[2 * i + 1]!
        sum += tuples.c[i]! * value[i]! + tuples.w[i]! * (dx * dx + dy * dy)
      }
      return sum
    }
    const out = new Float32Array(model.theta.length)
    const expected = await loss(model.theta)
    expect(
      Math.abs((await accumulateModel(kernel, model, tuples, out)) / expected - 1),
    ).toBeLessThan(1e-5)
    const h = 2 ** -8
    for (let k = 0; k < out.length; k += 5) {
      const moved = async (by: number) => {
        const theta = model.theta.slice()
        theta[k] = theta[k]! + by
        return loss(theta)
      }
      const slope = ((await moved(h)) - (await moved(-h))) / (2 * h)
      expect(Math.abs(out[k]! - slope)).toBeLessThan(0.02 * (1 + Math.abs(slope)))
    }
  })
})

describe('tabulateModel', () => {
  it('holds the network at the nodes, in the order of Box', async () => {
    const box = { halfWidth: 4, cells: 40 }
    const grid = await tabulateModel(kernel, model, box)
    const value = new Float32Array(1)
    const gradient = new Float32Array(2)
    await evaluateModel(
      kernel,
      model,
      Float32Array.of(-4 + 0.2 * 7, -4 + 0.2 * 31),
      value,
      gradient,
    )
    const k = 31 * 41 + 7
    expect(grid.v[k]).toBeCloseTo(value[0]!, 5)
    expect(grid.vx[k]).toBeCloseTo(gradient[0]!, 5)
    expect(grid.vy[k]).toBeCloseTo(gradient[1]!, 5)
  })

  it('is the same whatever the chunks of the evaluation', async () => {
    const sizes = new Set<number>()
    const counting: EnergyKernel = {
      ...kernel,
      evaluate: (theta, xy, value, gradient) => {
        sizes.add(value.length)
        return kernel.evaluate(theta, xy, value, gradient)
      },
    }
    const grid = await tabulateModel(counting, model, { halfWidth: 4, cells: 72 })
    expect(sizes.size).toBe(1)
    expect(Math.max(...sizes)).toBeLessThan(73 * 73)
    const last = new Float32Array(1)
    await evaluateModel(kernel, model, Float32Array.of(4, 4), last, new Float32Array(2))
    expect(grid.v.at(-1)).toBeCloseTo(last[0]!, 4)
  })

  it('errs by O(h⁴) in the value where the energy is smooth', async () => {
    const points = Array.from(draws(400, 0.8)).map((x) => Math.max(-3, Math.min(3, x)))
    const error = async (cells: number) =>
      tableError(kernel, model, await tabulateModel(kernel, model, { halfWidth: 4, cells }), points)
    const coarse = await error(32)
    const fine = await error(64)
    expect(coarse.value).toBeGreaterThan(1e-5)
    expect(fine.value).toBeLessThan(coarse.value / 8)
    expect(fine.gradient).toBeLessThan(coarse.gradient / 5)
  })
})
