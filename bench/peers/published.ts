import { Purpose, gaussianPair, Rng } from '../../src/core/maths/rng.ts'
import {
  parameterLayout,
  type EnergyKernel,
  type NetworkShape,
  type Tuples,
} from '../../src/learning/kernels/kernel.ts'
import type { TrainingProblem } from '../../src/learning/training/api.ts'
import { flowMatchingBatch } from '../../src/learning/training/objectives/flowMatching.ts'
import type { ObjectiveContext } from '../../src/learning/training/objectives/objective.ts'

/**
 * The two-dimensional recipe that was published with energy matching, over our kernels, so that both recipes run
 * on the same arithmetic: Balcerak et al. (2025), arXiv 2504.10612, and the authors' two-dimensional tutorial.
 *
 *   flow phase   ½ mean |∇V(x) + (x₁ − x₀)|² along minibatch-OT paths with noise σ = 0.1
 *   joint phase  the same, fading linearly from t = 0.8 to 1, plus 2 (mean V(data) − mean V(negatives)),
 *                negatives by 200 steps of x ← x − Δt∇V + √(2ε(t)Δt)ξ, Δt = 0.01, half from data at ε = 0.15, half
 *                from noise with ε = 0 to t = 0.8, linear to 0.15 at t = 1
 *
 * Batch 128, Adam (0.9, 0.999) at 1e-4 throughout, 20,000 + 2,000 steps, a 2-256-256-256-256-1 network with the
 * framework's default initial values. Different here: the first layer is SiLU where theirs is ReLU, which our kernels do not
 * have; x₀ ~ N(0, I) where theirs are eight Gaussians; and the targets are ours.
 */
export const PUBLISHED_SHAPE: NetworkShape = {
  widths: [256, 256, 256, 256],
  activations: ['silu', 'silu', 'silu', 'silu'],
}
export const PUBLISHED_STEPS = { flow: 20_000, joint: 2_000 } as const
export const PUBLISHED_TEMPERATURE = 0.15

const BATCH = 128
const RATE = 1e-4
const FIRST = 0.9
const SECOND = 0.999
const ADAM_EPSILON = 1e-8
const SIGMA = 0.1
const CONTRAST_WEIGHT = 2
const LANGEVIN_STEPS = 200
const LANGEVIN_STEP = 0.01
const TAU = 0.8

/** ε(t). */
export function temperature(t: number): number {
  return PUBLISHED_TEMPERATURE * Math.min(1, Math.max(0, (t - TAU) / (1 - TAU)))
}

/** U(−1/√fan-in, 1/√fan-in) for weights and biases alike: what PyTorch gives its linear layers. */
export function publishedParameters(seed: number): Float32Array {
  const { layers, length } = parameterLayout(PUBLISHED_SHAPE)
  const rng = new Rng({ seed, purpose: Purpose.weights })
  const theta = new Float32Array(length)
  for (const { inputs, outputs, weights, biases } of layers) {
    const bound = 1 / Math.sqrt(inputs)
    for (let k = weights; k < biases + outputs; k++) theta[k] = bound * (2 * rng.uniform() - 1)
  }
  return theta
}

const draws = new Float64Array(4)

export class PublishedTraining {
  readonly theta: Float32Array
  step = 0

  private readonly kernel: EnergyKernel
  private readonly context: ObjectiveContext
  private readonly gradient: Float32Array
  private readonly contrastGradient: Float32Array
  private readonly mean: Float32Array
  private readonly square: Float32Array
  private readonly negatives = new Float32Array(2 * BATCH)
  private readonly value = new Float32Array(BATCH)
  private readonly slope = new Float32Array(2 * BATCH)

  constructor(kernel: EnergyKernel, problem: TrainingProblem, seed: number) {
    this.kernel = kernel
    this.theta = publishedParameters(seed)
    this.gradient = new Float32Array(this.theta.length)
    this.contrastGradient = new Float32Array(this.theta.length)
    this.mean = new Float32Array(this.theta.length)
    this.square = new Float32Array(this.theta.length)
    const { flow, joint } = PUBLISHED_STEPS
    this.context = { seed, steps: flow + joint, problem, energy: kernel }
  }

  /** One Adam step of the flow phase. */
  async flow(): Promise<void> {
    const { tuples } = flowMatchingBatch(this.context, this.step, BATCH, SIGMA)
    const w = new Float32Array(BATCH).fill(1 / (2 * BATCH))
    await this.kernel.accumulate(this.theta, { ...tuples, w }, this.gradient)
    this.update()
  }

  /** One Adam step of the joint phase. */
  async joint(): Promise<void> {
    const { tuples, time } = flowMatchingBatch(this.context, this.step, BATCH, SIGMA)
    const w = time.map((t) => Math.min(1, (1 - t) / (1 - TAU)) / (2 * BATCH))
    await this.kernel.accumulate(this.theta, { ...tuples, w }, this.gradient)
    await this.drawNegatives()
    const contrast = this.contrast()
    await this.kernel.accumulate(this.theta, contrast, this.contrastGradient)
    for (let k = 0; k < this.gradient.length; k++)
      this.gradient[k] = this.gradient[k]! + this.contrastGradient[k]!
    this.update()
  }

  private contrast(): Tuples {
    const xy = new Float32Array(4 * BATCH)
    const { problem, steps } = this.context
    problem.batch(steps + 2 * this.step, BATCH, xy.subarray(0, 2 * BATCH))
    xy.set(this.negatives, 2 * BATCH)
    const each = CONTRAST_WEIGHT / BATCH
    const c = new Float32Array(2 * BATCH).fill(each, 0, BATCH).fill(-each, BATCH)
    return { xy, c, w: null, u: null }
  }

  private async drawNegatives(): Promise<void> {
    const { negatives: x, value, slope, theta } = this
    const { problem, seed, steps } = this.context
    const key = { seed, purpose: Purpose.chains }
    const half = BATCH / 2
    const first = this.step * (LANGEVIN_STEPS + 1)
    problem.batch(steps + 2 * this.step + 1, half, x.subarray(0, 2 * half))
    for (let i = half; i < BATCH; i++) {
      gaussianPair(key, i, first, draws)
      x[2 * i] = draws[0]!
      x[2 * i + 1] = draws[1]!
    }
    const hot = Math.sqrt(2 * PUBLISHED_TEMPERATURE * LANGEVIN_STEP)
    for (let m = 1; m <= LANGEVIN_STEPS; m++) {
      await this.kernel.evaluate(theta, x, value, slope)
      const warming = Math.sqrt(2 * temperature(m / LANGEVIN_STEPS) * LANGEVIN_STEP)
      for (let i = 0; i < BATCH; i++) {
        gaussianPair(key, i, first + m, draws)
        const spread = i < half ? hot : warming
        for (let k = 2 * i; k < 2 * i + 2; k++)
          x[k] = x[k]! - LANGEVIN_STEP * slope[k]! + spread * draws[k & 1]!
      }
    }
  }

  private update(): void {
    this.step++
    const { theta, gradient, mean, square } = this
    const stride = RATE / (1 - FIRST ** this.step)
    const scale = 1 / (1 - SECOND ** this.step)
    for (let k = 0; k < theta.length; k++) {
      const g = gradient[k]!
      const m = FIRST * mean[k]! + (1 - FIRST) * g
      const s = SECOND * square[k]! + (1 - SECOND) * g * g
      mean[k] = m
      square[k] = s
      theta[k] = theta[k]! - (stride * m) / (Math.sqrt(s * scale) + ADAM_EPSILON)
    }
  }
}
