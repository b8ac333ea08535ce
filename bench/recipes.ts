import { tabulateDensity, type DensityTable } from '../src/core/analysis/estimators/kl.ts'
import { centreCoordinate, spacing, type Box } from '../src/core/maths/grid.ts'
import type { TargetId } from '../src/core/targets/ids.ts'
import { targetKind } from '../src/core/targets/registry.ts'
import { TargetResolver } from '../src/lab/engine/energies/resolveTarget.ts'
import type { ObjectiveId } from '../src/learning/ids.ts'
import type { EnergyKernel } from '../src/learning/kernels/kernel.ts'
import type { TrainingProblem } from '../src/learning/training/api.ts'
import { axisConfinement, penaltyStartOf } from '../src/learning/training/model.ts'
import { recipeSteps } from '../src/learning/training/recipe.ts'
import { createTrainer } from '../src/learning/training/trainer.ts'

/** Where KL is taken: the cells of the lab's own box. */
const BOX: Box = { halfWidth: 4, cells: 128 }

/** A target at sharpness 1, with its data and its density. */
export interface Benchmark {
  readonly id: TargetId
  readonly label: string
  readonly density: DensityTable
  problem(seed: number): TrainingProblem
}

const noFiles = (): Promise<never> => Promise.reject(new Error('a benchmark reads no files'))

export async function benchmark(id: TargetId): Promise<Benchmark> {
  const { label } = targetKind(id)
  const resolver = new TargetResolver({
    pretrained: noFiles,
    points: noFiles,
    oldFaithful: noFiles,
    shelf: noFiles,
    file: noFiles,
  })
  const target = await resolver.resolve({ kind: id, sharpness: 1 }, 1, BOX.halfWidth)
  const { density } = target.distribution
  if (density === null) throw new Error(`${id} has no density to be compared with`)
  return {
    id,
    label,
    density: tabulateDensity((x, y) => density.logDensity(x, y), BOX),
    problem: (seed) => target.problem(seed, BOX.halfWidth),
  }
}

/** Cell centres, [x0, y0, …]. */
export const CENTRES = Float32Array.from({ length: 2 * BOX.cells * BOX.cells }, (_, k) => {
  const cell = k >> 1
  return centreCoordinate(BOX, k % 2 === 0 ? cell % BOX.cells : Math.floor(cell / BOX.cells))
})

/**
 * KL(ρ‖e^(−V/ε)/Z), nats, by quadrature on the cell centres, both laws restricted to the box.
 * @param values V at the centres
 */
export function klAt(density: DensityTable, values: ArrayLike<number>, epsilon: number): number {
  let least = Infinity
  for (let k = 0; k < values.length; k++) least = Math.min(least, values[k]!)
  let total = 0
  for (let k = 0; k < values.length; k++) total += Math.exp((least - values[k]!) / epsilon)
  const h = spacing(density.box)
  const logZ = Math.log(total * h * h) - least / epsilon
  let kl = 0
  for (let k = 0; k < values.length; k++) {
    const p = density.density[k]!
    if (p > 0) kl += p * (density.logDensity[k]! + values[k]! / epsilon + logZ)
  }
  return kl * h * h
}

/** The temperature at which KL is least, by golden section in log ε (KL is convex in 1/ε), and that KL. */
export function bestTemperature(
  density: DensityTable,
  values: ArrayLike<number>,
): { readonly epsilon: number; readonly kl: number } {
  const golden = (Math.sqrt(5) - 1) / 2
  let low = Math.log(1e-3)
  let high = Math.log(1e3)
  const at = (logEpsilon: number) => klAt(density, values, Math.exp(logEpsilon))
  let a = high - golden * (high - low)
  let b = low + golden * (high - low)
  let fa = at(a)
  let fb = at(b)
  while (high - low > 1e-3) {
    if (fa <= fb) {
      high = b
      b = a
      fb = fa
      a = high - golden * (high - low)
      fa = at(a)
    } else {
      low = a
      a = b
      fa = fb
      b = low + golden * (high - low)
      fb = at(b)
    }
  }
  const epsilon = Math.exp((low + high) / 2)
  return { epsilon, kl: klAt(density, values, epsilon) }
}

/** How a training went. Times are of the training alone: the clock stands still while KL is taken. */
export interface Course {
  readonly seconds: number
  readonly kl: number
  /** Seconds until KL was first seen at or below each of the thresholds; Infinity where it never was. */
  readonly reached: ReadonlyMap<number, number>
}

/** KL is looked at this many times in a course. */
const LOOKS = 60

/** Trains by a recipe of the lab from first step to last. */
export async function runRecipe(
  target: Benchmark,
  objective: ObjectiveId,
  kernel: EnergyKernel,
  seed: number,
  thresholds: readonly number[] = [],
): Promise<Course> {
  const steps = recipeSteps(objective)
  const problem = target.problem(seed)
  const trainer = createTrainer({ seed, objective, steps, problem, kernel })
  const confinement = confinementAt(penaltyStartOf(problem.halfWidth))
  const values = new Float32Array(CENTRES.length / 2)
  const slopes = new Float32Array(CENTRES.length)
  const look = async (): Promise<number> => {
    await kernel.evaluate(trainer.model().theta, CENTRES, values, slopes)
    return klAt(
      target.density,
      values.map((value, k) => value + confinement[k]!),
      1,
    )
  }
  const reached = new Map(thresholds.map((threshold) => [threshold, Infinity]))
  let seconds = 0
  let kl = Infinity
  const every = Math.ceil(steps / LOOKS)
  while (trainer.step < steps) {
    const start = performance.now()
    const stop = thresholds.length === 0 ? steps : Math.min(steps, trainer.step + every)
    while (trainer.step < stop) await trainer.advance()
    seconds += (performance.now() - start) / 1000
    kl = await look()
    for (const threshold of thresholds) {
      if (kl <= threshold) reached.set(threshold, Math.min(seconds, reached.get(threshold)!))
    }
  }
  return { seconds, kl, reached }
}

/**
 * Times of single steps, ms, at the beginning of a long training (after its warm-up) and after `made` steps of it.
 * @param length.steps of the whole schedule, which sets the learning rates; it is not made to its end
 */
export async function timeLongTraining(
  target: Benchmark,
  objective: ObjectiveId,
  kernel: EnergyKernel,
  { steps, made, timed }: { steps: number; made: number; timed: number },
): Promise<{ readonly early: readonly number[]; readonly late: readonly number[] }> {
  const trainer = createTrainer({ seed: 1, objective, steps, problem: target.problem(1), kernel })
  const advanceTo = async (step: number) => {
    while (trainer.step < step) await trainer.advance()
  }
  const time = async () => {
    const times: number[] = []
    for (let k = 0; k < timed; k++) {
      const start = performance.now()
      await trainer.advance()
      times.push(performance.now() - start)
    }
    return times
  }
  await advanceTo(timed)
  const early = await time()
  await advanceTo(made - timed)
  return { early, late: await time() }
}

/** The part of the lab's energy that is not the network. */
function confinementAt(penaltyStart: number): Float64Array {
  const axis = new Float64Array(2)
  return Float64Array.from({ length: CENTRES.length / 2 }, (_, k) => {
    axisConfinement(CENTRES[2 * k]!, penaltyStart, axis)
    const x = axis[0]!
    axisConfinement(CENTRES[2 * k + 1]!, penaltyStart, axis)
    return x + axis[0]!
  })
}
