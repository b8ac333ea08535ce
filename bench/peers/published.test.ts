import { describe, expect, it } from 'vitest'
import {
  parameterLayout,
  type EnergyKernel,
  type Tuples,
} from '../../src/learning/kernels/kernel.ts'
import {
  PUBLISHED_SHAPE,
  publishedParameters,
  PublishedTraining,
  temperature,
} from './published.ts'

/** V = 5|x|² in place of the network; keeps what it is asked, and answers a gradient of 1 everywhere. */
function recorder() {
  const accumulated: Tuples[] = []
  let evaluations = 0
  const kernel: EnergyKernel = {
    shape: PUBLISHED_SHAPE,
    async evaluate(_theta, xy, value, gradient) {
      evaluations++
      for (let k = 0; k < xy.length; k++) if (gradient !== null) gradient[k] = 10 * xy[k]!
      value.fill(0)
    },
    async accumulate(_theta, tuples, out) {
      accumulated.push(tuples)
      out.fill(1)
      return 0
    },
    liveTensors: () => 0,
    dispose() {},
  }
  return { kernel, accumulated, evaluations: () => evaluations }
}

const atTwo = {
  halfWidth: 4,
  batch: (_step: number, n: number, out: Float32Array) => {
    out.fill(2, 0, 2 * n)
  },
}

describe('the published recipe', () => {
  it('is cold until t = 0.8 and at ε = 0.15 from t = 1 on', () => {
    expect([0, 0.5, 0.8].map(temperature)).toEqual([0, 0, 0])
    expect(temperature(0.9)).toBeCloseTo(0.075, 12)
    expect([1, 2].map(temperature)).toEqual([0.15, 0.15])
  })

  it('starts from uniform weights and biases within 1/√fan-in', () => {
    const theta = publishedParameters(1)
    for (const { inputs, outputs, weights, biases } of parameterLayout(PUBLISHED_SHAPE).layers) {
      const part = theta.slice(weights, biases + outputs)
      const bound = 1 / Math.sqrt(inputs)
      const largest = Math.max(...part.map(Math.abs))
      expect(largest).toBeLessThanOrEqual(bound)
      expect(largest).toBeGreaterThan(0.95 * bound)
    }
  })

  it('matches the flow by ½ mean |∇V + (x₁ − x₀)|²', async () => {
    const { kernel, accumulated } = recorder()
    const training = new PublishedTraining(kernel, atTwo, 1)
    const before = training.theta.slice()
    await training.flow()
    const [{ w, c }] = accumulated as [Tuples]
    expect(w).toHaveLength(128)
    expect(w!.every((one) => Math.abs(one - 1 / 256) < 1e-9)).toBe(true)
    expect(c.every((one) => one === 0)).toBe(true)
    // Adam's first step is the rate itself, against the sign of the gradient.
    expect(before[5]! - training.theta[5]!).toBeCloseTo(1e-4, 6)
    expect(training.step).toBe(1)
  })

  it('adds twice the contrast with 200 Langevin steps, and lets the flow fade', async () => {
    const { kernel, accumulated, evaluations } = recorder()
    await new PublishedTraining(kernel, atTwo, 1).joint()
    expect(evaluations()).toBe(200)
    const [flow, contrast] = accumulated as [Tuples, Tuples]
    const most = Math.max(...flow.w!)
    expect(most).toBeCloseTo(1 / 256, 9)
    expect(flow.w!.filter((one) => one < 0.999 * most).length).toBeGreaterThan(10)
    expect(contrast.w).toBeNull()
    expect(contrast.c.slice(0, 128).every((one) => Math.abs(one - 2 / 128) < 1e-9)).toBe(true)
    expect(contrast.c.slice(128).every((one) => Math.abs(one + 2 / 128) < 1e-9)).toBe(true)
    // The data, then negatives that have forgotten where they began: variance ε/10 of a half-quadratic.
    expect(contrast.xy.slice(0, 256).every((x) => x === 2)).toBe(true)
    const square = (from: number, to: number) =>
      contrast.xy.slice(from, to).reduce((sum, x) => sum + x * x, 0) / (to - from)
    expect(square(256, 384)).toBeGreaterThan(0.008)
    expect(square(256, 384)).toBeLessThan(0.025)
    // Those from noise were warmed at the end only, and are as warm by then.
    expect(square(384, 512)).toBeGreaterThan(0.006)
    expect(square(384, 512)).toBeLessThan(0.025)
  })
})
