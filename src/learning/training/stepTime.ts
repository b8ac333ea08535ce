import { Purpose } from '../../core/maths/rng.ts'
import type { BlockStep, TrainBlock } from '../kernels/block.ts'
import { parameterLayout } from '../kernels/kernel.ts'
import type { EnergyKernel } from '../kernels/kernel.ts'
import { penaltyStartOf } from './model.ts'

/** Milliseconds that a measurement may take after its first step. */
const BUDGET = 80
const ROUNDS = 20
/** Most steps of a block: about as many as a fast GPU makes in the time of a training block. */
const BLOCK = 16

/**
 * Milliseconds of a step like those of the default recipe: V and ∇V at 512 points, then at 256, and the θ-gradient of V at 512. The best of as many rounds as fit the budget, after a warm-up. The result
 * decides only which backend `auto` takes.
 * @param kernel the function disposes of it
 */
export async function stepTime(kernel: EnergyKernel): Promise<number> {
  if (kernel.trainBlock !== undefined) return blockStepTime(kernel, kernel.trainBlock)
  const n = 512
  const xy = new Float32Array(2 * n)
  for (let i = 0; i < xy.length; i++) xy[i] = ((i * 37) % 101) / 17 - 3
  const c = new Float32Array(n).fill(1 / n)
  const theta = new Float32Array(parameterLayout(kernel.shape).length).fill(0.01)
  const value = new Float32Array(n)
  const gradient = new Float32Array(2 * n)
  const out = new Float32Array(theta.length)
  const step = async () => {
    await kernel.evaluate(theta, xy, value, gradient)
    await kernel.evaluate(
      theta,
      xy.subarray(0, n),
      value.subarray(0, n / 2),
      gradient.subarray(0, n),
    )
    await kernel.accumulate(theta, { xy, c, w: null, u: null }, out)
  }
  try {
    await step()
    let best = Infinity
    const end = performance.now() + BUDGET
    let round = 0
    do {
      const start = performance.now()
      await step()
      best = Math.min(best, performance.now() - start)
    } while (++round < ROUNDS && performance.now() < end)
    return best
  } finally {
    kernel.dispose()
  }
}

/** `stepTime` of a kernel that trains in blocks: chains, gradient and Adam, compiled beforehand. */
async function blockStepTime(kernel: EnergyKernel, trainBlock: TrainBlock): Promise<number> {
  const { length } = parameterLayout(kernel.shape)
  const count = 256
  const xy = new Float32Array(4 * count)
  for (let i = 0; i < xy.length; i++) xy[i] = ((i * 37) % 101) / 17 - 3
  const c = new Float32Array(2 * count).fill(1 / count, 0, count).fill(-1 / count, count)
  const step: BlockStep = {
    tuples: { xy, c, w: null, u: null },
    negatives: {
      kind: 'chains',
      seed: 0,
      purpose: Purpose.chains,
      counter: 0,
      count,
      jumps: { side: 1, log: new Float32Array(1) },
      moves: 1,
      clip: 0.25,
      targetAcceptance: 0.6,
      adaptation: 0,
      leastStep: 0.02,
      largestStep: 0.02,
    },
    stride: 0,
    scale: 1,
  }
  const state = {
    theta: new Float32Array(length).fill(0.01),
    mean: new Float32Array(length),
    square: new Float32Array(length),
    chains: { xy: xy.slice(0, 2 * count), stepSize: 0.02 },
  }
  const run = async (steps: number) => {
    const start = performance.now()
    await trainBlock(
      { halfWidth: 4, penaltyStart: penaltyStartOf(4) },
      state,
      Array<BlockStep>(steps).fill(step),
    )
    return (performance.now() - start) / steps
  }
  try {
    await run(1)
    let best = await run(1)
    const end = performance.now() + BUDGET - best
    for (let round = 0; round < ROUNDS && performance.now() < end; round++) {
      // A single step may mostly be the wait for its answer; the time per step of longer blocks allows longer ones.
      const steps = Math.min(BLOCK, Math.floor(BUDGET / best))
      best = Math.min(best, await run(Math.max(1, steps)))
    }
    return best
  } finally {
    kernel.dispose()
  }
}
