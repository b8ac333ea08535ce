import { createKlEstimator } from '../../src/core/analysis/estimators/nativeKl.ts'
import { createTransition } from '../../src/core/fields/transition.ts'
import { crossEntropy } from '../../src/core/analysis/estimators/kl.ts'
import { Purpose, Rng } from '../../src/core/maths/rng.ts'
import { gaussianMixture } from '../../src/core/targets/densities/gaussianMixture.ts'
import { DEFAULT_SCENE } from '../../src/lab/scene/defaults.ts'
import { normaliseScene } from '../../src/lab/scene/normalise.ts'
import type { SceneSpec } from '../../src/lab/scene/sceneSpec.ts'
import { fieldOf } from '../reproduce/measures.ts'
import { perform } from '../reproduce/perform.ts'
import { energyOf, startOf } from './energies.ts'
import { chainCells, ChainLaw, flowKl, restOf } from './laws.ts'
import { sceneOf } from './scenes.ts'

/** How often an interval of ±1.96 SE held the true value. */
export interface Coverage {
  readonly what: string
  readonly scene: string
  readonly step: number | null
  readonly truth: number
  /** Mean of the estimates less the truth, in standard errors of that mean. */
  readonly bias: number
  /** Mean standard error over the standard deviation of the estimates. */
  readonly ratio: number
  readonly covered: number
  readonly seeds: number
}

/** Two-sided 95 % of a normal law. */
const Z = 1.96

/** One run, many seeds, what it says of its particles held to their law. */
export interface CoverageCase {
  readonly name: string
  readonly scene: SceneSpec
  /** Steps that are looked at. */
  readonly steps: readonly number[]
}

/** Mass in a corner and a cloud far wider than π: kernels scarcely overlap. */
function corner(particles: number, far: number): CoverageCase {
  return {
    name: `a corner of a wide box, N = ${particles}`,
    steps: [1, 3, 6, 10],
    scene: normaliseScene({
      ...DEFAULT_SCENE,
      target: {
        kind: 'gaussian-mixture',
        components: [
          {
            weight: 0.999,
            mean: [far, far],
            covariance: [
              [0.01, 0],
              [0, 0.01],
            ],
          },
          {
            weight: 0.001,
            mean: [0, 0],
            covariance: [
              [400, 0],
              [0, 400],
            ],
          },
        ],
      },
      energy: { kind: 'exact' },
      domain: { halfWidth: 8, cells: 256 },
      dynamics: {
        ...DEFAULT_SCENE.dynamics,
        stepSize: 0.0025,
        steps: 10,
        particles,
        initial: { kind: 'uniform', halfWidth: 5 },
      },
    }),
  }
}

const RANDOM_CASES = 8

/** The cases of a seed: random scenes of several kinds with few and with many particles, and the corner. */
export function coverageCases(seed: number): CoverageCase[] {
  const cases = Array.from({ length: RANDOM_CASES }, (_, i): CoverageCase => {
    const kind = (['mixtures', 'sums', 'starts', 'ou'] as const)[i % 4]!
    const scene = sceneOf(kind, seed, 50_000 + i)
    const particles = [256, 512, 1024, 2048][Math.floor(i / 2) % 4]!
    // Small steps make narrow kernels: there the estimator smooths.
    const stepSize = i % 3 === 2 ? 0.004 : scene.dynamics.stepSize
    const initial =
      scene.dynamics.initial.kind === 'point' && scene.dynamics.initial.spread === 0
        ? ({ kind: 'gibbs' } as const)
        : scene.dynamics.initial
    return {
      name: `${kind}, N = ${particles}, η = ${stepSize}`,
      steps: [1, 4, 10],
      scene: {
        ...scene,
        dynamics: { ...scene.dynamics, particles, stepSize, initial, steps: 10 },
      },
    }
  })
  return [corner(2048, 6.8), ...cases]
}

/** Runs a case under the given seeds. */
export async function coverageOf(
  { name, scene, steps }: CoverageCase,
  seeds: readonly number[],
): Promise<Coverage[]> {
  const { landscape, runs } = await perform({ scene, seeds, laws: 'none' })
  const { particles, epsilon, skew, preconditioner } = scene.dynamics
  const stepSize = scene.dynamics.stepSize!
  const energy = energyOf(scene)
  const start = startOf(scene, energy, 200)
  const transition = createTransition({ stepSize, epsilon, skew, preconditioner })
  const { estimator, bandwidth } = createKlEstimator({
    field: fieldOf(landscape),
    transition,
    particles,
  })
  const out: Coverage[] = []
  const hold = (
    what: string,
    step: number | null,
    truth: number,
    found: readonly (readonly [number, number])[],
  ): void => {
    out.push({ what, scene: name, step, truth, ...held(truth, found) })
  }
  const readings = (curve: 'langevin' | 'deterministic', k: number) =>
    runs.flatMap(({ result }): (readonly [number, number])[] => {
      const [kl, error] = [result[curve].kl[k] ?? null, result[curve].klStandardError[k] ?? null]
      return kl === null || error === null ? [] : [[kl, error]]
    })
  if (skew === 0 && preconditioner[0][0] === 1 && preconditioner[0][1] === 0) {
    const extra =
      estimator === 'native' ? 0 : Math.max(0, bandwidth * bandwidth - 2 * stepSize * epsilon)
    const truth = particleKl(energy, start, stepSize, extra, steps)
    for (const [i, k] of steps.entries())
      hold(`particles, ${estimator}`, k, truth[i]!, readings('langevin', k))
    if (start.logDensity !== null && scene.domain.cells < 256) {
      const { logZ } = restOf(energy, 100, 4)
      const flow = flowKl(energy, startOf(scene, energy, 120), logZ, stepSize, steps.at(-1)!)
      for (const k of steps) {
        if (runs.some(({ result }) => result.deterministic.lowerBound[k] === true)) continue
        hold('noiseless flow', k, flow[k]!, readings('deterministic', k))
      }
    }
  }
  if (scene.target.kind === 'gaussian-mixture' && scene.domain.cells < 256)
    hold('cross-entropy', null, ...crossEntropies(scene, landscape, seeds))
  return out
}

/**
 * KL of what the particles' estimator reads: the law of the chain, its last kernel and π widened by the extra variance.
 */
function particleKl(
  energy: ReturnType<typeof energyOf>,
  start: ReturnType<typeof startOf>,
  stepSize: number,
  extra: number,
  steps: readonly number[],
): number[] {
  const cells = chainCells(energy, stepSize)
  const law = new ChainLaw(energy, start, stepSize, cells)
  const rest = restOf(energy, cells)
  const blur = (mass: Float64Array): Float64Array =>
    extra === 0 ? mass : blurred(mass, cells, rest.h, extra)
  const pi = blur(rest.logDensity.map((log) => Math.exp(log) * rest.h * rest.h))
  const out: number[] = []
  for (let k = 1; k <= steps.at(-1)!; k++) {
    law.advance()
    if (!steps.includes(k)) continue
    const mass = blur(law.mass)
    let sum = 0
    for (const [c, m] of mass.entries())
      if (m > 0)
        sum +=
          m *
          (extra === 0
            ? Math.log(m / (rest.h * rest.h)) - rest.logDensity[c]!
            : Math.log(m / pi[c]!))
    out.push(sum)
  }
  return out
}

/** Masses convolved with N(0, variance·I), mirrored at the walls. */
function blurred(mass: Float64Array, cells: number, h: number, variance: number): Float64Array {
  const line = new Float64Array(cells * cells)
  for (let i = 0; i < cells; i++) {
    let sum = 0
    for (let image = -2; image <= 2; image++)
      for (let j = 0; j < cells; j++) {
        const at = image % 2 === 0 ? j + image * cells : image * cells + cells - 1 - j
        const part = Math.exp((-0.5 * ((at - i) * h) ** 2) / variance)
        line[i * cells + j] = line[i * cells + j]! + part
        sum += part
      }
    for (let j = 0; j < cells; j++) line[i * cells + j] = line[i * cells + j]! / sum
  }
  const along = (values: Float64Array): Float64Array => {
    const out = new Float64Array(values.length)
    for (let row = 0; row < cells; row++)
      for (let i = 0; i < cells; i++) {
        let sum = 0
        for (let j = 0; j < cells; j++) sum += line[i * cells + j]! * values[row * cells + j]!
        // Turned over, so that the second pass goes along the other axis.
        out[i * cells + row] = sum
      }
    return out
  }
  return along(along(mass))
}

/** Held-out cross-entropies of the target's draws under the energy, with E_ρ*[V] + log Z in the box by midpoints. */
function crossEntropies(
  scene: SceneSpec,
  landscape: Parameters<typeof fieldOf>[0],
  seeds: readonly number[],
): [number, (readonly [number, number])[]] {
  if (scene.target.kind !== 'gaussian-mixture') throw new RangeError('A mixture is needed')
  const distribution = gaussianMixture(scene.target.components)
  const energy = energyOf({ ...scene, dynamics: { ...scene.dynamics, epsilon: 1 } })
  const { logZ } = restOf(energy, 100, 4)
  const data = startOf(
    { ...scene, dynamics: { ...scene.dynamics, initial: { kind: 'data' } } },
    energy,
    240,
  )
  const w = energy.halfWidth
  const mean = data.mass.reduce(
    (sum, m, i) => sum + m * energy.value(data.xy[2 * i]!, data.xy[2 * i + 1]!),
    0,
  )
  const found = seeds.map((seed) => {
    const xy = distribution.sample(new Rng({ seed, purpose: Purpose.evaluation }), 600)
    const inside = Array.from({ length: 600 }, (_, i) => [xy[2 * i]!, xy[2 * i + 1]!])
      .filter(([x, y]) => Math.abs(x!) <= w && Math.abs(y!) <= w)
      .slice(0, 512)
    const { value, standardError } = crossEntropy(
      Float64Array.from(inside.flat()),
      fieldOf(landscape),
      1,
      logZ,
    )
    return [value, standardError] as const
  })
  return [mean + logZ, found]
}

function held(
  truth: number,
  found: readonly (readonly [number, number])[],
): Pick<Coverage, 'bias' | 'ratio' | 'covered' | 'seeds'> {
  const n = found.length
  const mean = found.reduce((sum, [value]) => sum + value, 0) / n
  const variance = found.reduce((sum, [value]) => sum + (value - mean) ** 2, 0) / (n - 1)
  const error = found.reduce((sum, [, e]) => sum + e, 0) / n
  return {
    bias: (mean - truth) / Math.sqrt(variance / n),
    ratio: error / Math.sqrt(variance),
    covered: found.filter(([value, e]) => Math.abs(value - truth) <= Z * e).length,
    seeds: n,
  }
}
