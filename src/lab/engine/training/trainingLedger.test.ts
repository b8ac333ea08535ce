import { expect, test } from 'vitest'
import { nearestKl } from '../../../core/analysis/estimators/nearestEntropy.ts'
import { createKlEstimator } from '../../../core/analysis/estimators/nativeKl.ts'
import { trainingLedger, type ChainReading } from '../../../core/analysis/trainingLedger.ts'
import { gibbs } from '../../../core/fields/gibbs.ts'
import { createTransition } from '../../../core/fields/transition.ts'
import { mean, standardError } from '../../../core/maths/statistics.ts'
import { readKernelModule } from '../../../learning/kernels/simd/module.testing.ts'
import { createSimdKernel } from '../../../learning/kernels/simd/simdKernel.ts'
import type { EnergyModel } from '../../../learning/training/api.ts'
import { createTrainer } from '../../../learning/training/trainer.ts'
import { DEFAULT_SCENE, defaultTarget } from '../../scene/defaults.ts'
import { createBench } from '../session.testing.ts'
import { TargetResolver } from '../energies/resolveTarget.ts'
import { kernelEnergy, tabulate } from '../energies/tabulate.ts'
import { Slicer } from '../environment.ts'

const STEPS = 80
const BOX = { halfWidth: 4, cells: 32 }
const kernel = createSimdKernel(await readKernelModule(), {
  widths: [16, 16],
  activations: ['sin', 'silu'],
})
const { environment, assets } = createBench()

function values(model: EnergyModel, xy: Float64Array): Float64Array {
  const value = new Float64Array(xy.length / 2)
  kernelEnergy(kernel, model)(xy, value, new Float64Array(xy.length))
  return value
}

test.each(['banana', 'two-gaussians', 'eight-gaussians'] as const)(
  'the ledger of a training on %s closes, for the chains and for the data',
  async (id) => {
    const target = await new TargetResolver(assets).resolve(defaultTarget(id), 3, 4)
    const data = target.probes(4096, 17, 4)
    const trainer = createTrainer({
      ...{ seed: 3, objective: 'persistent', steps: STEPS, kernel },
      problem: target.problem(3, 4),
    })
    const look = async () => {
      const model = trainer.model()
      const grid = await tabulate(BOX, kernelEnergy(kernel, model), new Slicer(environment))
      const field = { grid, barriers: [] }
      return { model, field, pi: gibbs(field, 1) }
    }
    while (trainer.step <= trainer.chainsFrom) await trainer.advance()
    const readings: ChainReading[] = []
    const looked: Awaited<ReturnType<typeof look>>[] = []
    let last = new Float64Array(0)
    /** Both columns as a bookkeeper keeps them who is there at every single step. */
    let [work, moved] = [0, 0]
    let now = await look()
    while (trainer.step < STEPS) {
      const xy = Float64Array.from(trainer.chains()!.xy)
      if (trainer.step === trainer.chainsFrom + 1 || trainer.step % 30 === 0) {
        const surprise = values(now.model, xy).map((v) => v + now.pi.logZ)
        readings.push({ ...nearestKl(xy, surprise)!, moved: trainer.chains()!.moved })
        looked.push(now)
        last = xy
      }
      await trainer.advance()
      const next = await look()
      const after = Float64Array.from(trainer.chains()!.xy)
      const [here, there] = [values(now.model, after), values(next.model, after)]
      if (trainer.step <= 60) {
        moved += mean(here) - mean(values(now.model, xy))
        work += mean(there) - mean(here) + next.pi.logZ - now.pi.logZ
      }
      now = next
    }
    const lines = trainingLedger(readings)
    const end = lines.at(-1)!
    expect(lines).toHaveLength(3)
    // Three looks suffice for what happened at each step; values are single precision.
    expect(end.parameters).toBeCloseTo(work, 4)
    expect(readings.at(-1)!.moved - readings[0]!.moved).toBeCloseTo(moved, 4)
    expect(end.sampling + end.parameters).toBeCloseTo(end.change, 9)
    // In law sampling takes off; what is read of 256 chains may rise by its noise alone.
    const noise = Math.sqrt(lines[0]!.standardError ** 2 + end.standardError ** 2)
    expect(end.sampling).toBeLessThan(3 * noise)
    // The lab's estimator of particles, smoothed and with its own error, is a lower bound.
    const estimator = createKlEstimator({
      field: looked.at(-1)!.field,
      transition: createTransition({ ...DEFAULT_SCENE.dynamics, stepSize: 0.02 }),
      particles: last.length / 2,
      nativeKernel: false,
    })
    const { kl: least, standardError: doubt } = estimator.read(last)
    expect(end.kl).toBeGreaterThan(least - 3 * (end.standardError + doubt!))
    // The data stay: the mean over draws of theirs is the change of the KL by quadrature of the known density.
    const [first, final] = [looked[0]!, looked.at(-1)!]
    const before = values(first.model, data)
    const change = values(final.model, data).map(
      (v, i) => v - before[i]! + final.pi.logZ - first.pi.logZ,
    )
    const klOf = ({ field, pi }: typeof first) => target.measure(field, pi).klDataModel!
    const exact = klOf(final) - klOf(first)
    expect(Math.abs(mean(change) - exact)).toBeLessThan(4 * standardError(change) + 1e-4)
  },
)
