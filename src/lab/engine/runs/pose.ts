import { curvatureRange } from '../../../core/analysis/constants/curvature.ts'
import { convexity } from '../../../core/analysis/constants/logSobolev.ts'
import {
  biasPrediction,
  defaultStepSize,
  isQuadratic,
  curvature95,
  smoothness,
  smoothness95,
} from '../../../core/analysis/constants/smoothness.ts'
import { type Constants, UNKNOWN_CONSTANTS } from '../../../core/analysis/curves.ts'
import type { StoppingInput } from '../../../core/analysis/stopping/criterion.ts'
import type { Barrier } from '../../../core/fields/barriers/registry.ts'
import { hardWalls } from '../../../core/fields/barriers/terms.ts'
import type { EnergyField } from '../../../core/fields/energyField.ts'
import { gibbs, gibbsSampler, type Gibbs } from '../../../core/fields/gibbs.ts'
import type { Transition } from '../../../core/fields/transition.ts'
import { formatNumber, formatShare } from '../../../core/maths/numberText.ts'
import { Purpose } from '../../../core/maths/rng.ts'
import { SAMPLERS, samplerOf } from '../../../core/samplers/registry.ts'
import { departureOf } from '../../../core/samplers/sampler.ts'
import type { AnalysisInput, Notice } from '../../protocol/calls.ts'
import { isMixture } from '../../scene/composition.ts'
import type { SceneSpec } from '../../scene/sceneSpec.ts'
import { type DataLaw, dataLawOf } from '../energies/dataLaw.ts'
import type { EnergyResolver, ResolvedEnergy } from '../energies/resolveEnergy.ts'
import type { ResolvedTarget, TargetResolver } from '../energies/resolveTarget.ts'
import { Slicer, type Environment } from '../environment.ts'
import { Refusal } from '../refusal.ts'
import { recipeOf, type Trainings } from '../training/trainings.ts'
import { analysisInput, type AnalysisInputOptions } from './analysisInput.ts'
import { Run, type RunOptions } from './run.ts'
import { transitionOf } from './transitionOf.ts'

/** Draws over which L95 is taken. */
const L95_DRAWS = 4096
/** A fixed seed, so that the default η, and with it every curve of the laws, depends on the energy alone. */
const L95_SEED = 1
/** A larger mass of π in the outermost cells raises a notice. */
const WALL_MASS = 1e-6
/** Mass of π in the outermost cells above which a reflection at the walls that does not keep π is told. */
const ASKEW_MASS = 1e-3
const ASKEW: Notice = {
  level: 'warning',
  about: 'askew walls',
  text: 'Much of π lies at the walls, where particles are mirrored and not reflected along the metric: with this metric they do not keep π, at any step size, and the continuous curve is not of them.',
}
/** |log Z| of a mixture above which a notice is raised. */
const LOST = 0.01

/** A scene as far as no particle enters: its energy on the table, π, the step of the chain and the constants of the landscape. */
export interface Posed {
  /** Normalised, with the step size filled in. */
  readonly scene: SceneSpec
  readonly target: ResolvedTarget
  readonly energy: ResolvedEnergy
  /** What the samples are compared with; null where that has no density. */
  readonly data: DataLaw | null
  /** The barriers as the scene has them; a filter makes hard walls of those in `energy`. */
  readonly regions: readonly Barrier[]
  readonly pi: Gibbs
  readonly transition: Transition
  readonly constants: Constants
  /** The greatest eigenvalue of ∇²V over the box; absent with barriers. */
  readonly mostCurvature: number | undefined
  readonly notices: readonly Notice[]
}

/** What a scene is resolved with. */
export interface Resolvers {
  readonly environment: Environment
  readonly targets: TargetResolver
  readonly energies: EnergyResolver
  readonly trainings: Pick<Trainings, 'of'>
}

/**
 * Resolves a scene up to its particles, and lets messages in between pieces of work.
 * @param check called between the pieces; may throw to end the work there
 * @throws Refusal naming the field to blame
 */
export async function pose(
  scene: SceneSpec,
  { environment, targets, energies, trainings }: Resolvers,
  check: () => void,
  signal?: AbortSignal,
): Promise<Posed> {
  const target = await targets.resolve(scene.target, scene.seed, scene.domain.halfWidth)
  const resolved = await energies.resolve(scene, signal)
  const data = await dataLawOf(scene, target, targets)
  check()
  const energy =
    SAMPLERS[scene.dynamics.sampler].filtering === undefined ? resolved : bare(resolved)
  const slicer = new Slicer(environment)
  const { field } = energy
  const notices = [...energy.notices]
  const { epsilon } = scene.dynamics
  const pi = gibbsOf(field, epsilon)
  await slicer.breathe()
  check()
  const probes = probesOf(scene, target, field, pi)
  const l95 = smoothness95(field, probes)
  const stepSize = scene.dynamics.stepSize ?? defaultStepSize(l95)
  const transition = transitionOf(scene.dynamics, stepSize, field)
  const wall = wallMass(pi)
  if (wall > WALL_MASS) notices.push(wallNotice(scene, wall))
  if (wall > ASKEW_MASS && isAskew(scene.dynamics)) notices.push(ASKEW)
  const lost = mixtureNotice(scene, pi)
  if (lost !== null) notices.push(lost)
  const trainedScene = trainings.of(recipeOf(scene))?.scene
  const normalised: SceneSpec = {
    ...scene,
    training:
      scene.energy.kind === 'trained' && trainedScene ? trainedScene.training : scene.training,
    dynamics: { ...scene.dynamics, stepSize },
  }
  await slicer.breathe()
  check()
  const steepest = smoothness(field)
  const curvature = field.barriers.length > 0 ? null : curvatureRange(field)
  const quadratic = isQuadratic(field)
  const bounds = quadratic || curvature === null ? [] : [curvature.most, -curvature.least]
  const constants = {
    ...UNKNOWN_CONSTANTS,
    convexity: curvature?.least ?? convexity(field),
    smoothness: Math.max(steepest.value, ...bounds),
    smoothnessAt: steepest.at,
    quadratic,
    smoothness95: l95,
    curvature95: curvature95(field, probes),
    // MALA has no bias, and jumps (independence Metropolis–Hastings) shrink it.
    biasPrediction:
      departureOf(samplerOf(scene.dynamics)) === null
        ? biasPrediction(field, pi, transition)
        : null,
  }
  await slicer.breathe()
  check()
  const mostCurvature = curvature?.most
  const regions = resolved.field.barriers
  return {
    ...{ scene: normalised, target, energy, data, regions, pi, transition },
    ...{ constants, mostCurvature, notices },
  }
}

/**
 * The run of a posed scene.
 * @throws Refusal where the initial law does not fit the box
 */
export function buildRun(
  { scene, target, energy, data, pi, transition, constants }: Posed,
  options: Pick<RunOptions, 'environment' | 'spare' | 'frameBudget' | 'flow' | 'initial'>,
): Run {
  try {
    return new Run({
      ...options,
      scene,
      field: energy.field,
      gibbs: pi,
      transition,
      constants,
      target: target.initial,
      dataLaw: dataLawKind(data),
    })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new Refusal(`dynamics.initial: ${error.message}`, 'dynamics.initial')
  }
}

/** What the laws of a posed scene depend on, in pieces. @param initial the start of its run */
export function lawsOf(
  { scene, energy, data, pi, transition, constants }: Posed,
  initial: AnalysisInputOptions['initial'],
): Generator<void, AnalysisInput> {
  const { field, parts: terms } = energy
  return analysisInput({ scene, field, terms, transition, gibbs: pi, initial, constants, data })
}

/** Where a filter keeps particles out, regions neither repel nor refuse: π is the law of the energy cut off at their edges. */
function bare(energy: ResolvedEnergy): ResolvedEnergy {
  const { grid, barriers } = energy.field
  return { ...energy, field: { grid, barriers: hardWalls(barriers) } }
}

/** L95_DRAWS points at which the curvature is taken: samples of the target, and of π for sums. */
function probesOf(
  scene: SceneSpec,
  target: ResolvedTarget,
  field: EnergyField,
  pi: Gibbs,
): Float64Array {
  const { domain, energy } = scene
  const seed = L95_SEED
  return energy.kind === 'sum'
    ? gibbsSampler(field, pi.epsilon).sample({ seed, purpose: Purpose.probe }, L95_DRAWS)
    : target.probes(L95_DRAWS, seed, domain.halfWidth)
}

/** What the stopping criteria are told of the law of the data. */
function dataLawKind(data: DataLaw | null): StoppingInput['law']['data'] {
  if (data === null) return null
  if (data.smoothed) return 'smoothed'
  return data.gibbs ? 'gibbs' : 'known'
}

/** @throws Refusal where barriers leave nothing of the box */
function gibbsOf(field: EnergyField, epsilon: number): Gibbs {
  try {
    return gibbs(field, epsilon)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new Refusal(`energy.barriers: ${error.message}`, 'energy.barriers')
  }
}

/** Whether the metric has directions that are not those of the axes, and so of the walls. */
function isAskew({ preconditioner: [[, xy]], metric }: SceneSpec['dynamics']): boolean {
  return xy !== 0 || metric?.kind === 'inverse-hessian'
}

/** Share of π in the outermost cells of the box, each cell counted once, relative to the sum over all cells. */
function wallMass({ box: { cells }, density }: Gibbs): number {
  let walls = 0
  let all = 0
  for (let row = 0; row < cells; row++)
    for (let column = 0; column < cells; column++) {
      const here = density[row * cells + column]!
      all += here
      const outermost = row === 0 || column === 0 || row === cells - 1 || column === cells - 1
      if (outermost) walls += here
    }
  return walls / all
}

/** What the table of a mixture lost of it: log Z of its own law at ε = 1 is 0 as far as the cells resolve its terms. */
function mixtureNotice({ energy, dynamics }: SceneSpec, { logZ }: Gibbs): Notice | null {
  if (energy.kind !== 'sum' || !isMixture(energy) || energy.barriers.length > 0) return null
  if (dynamics.epsilon !== 1 || Math.abs(logZ) <= LOST) return null
  return {
    level: 'warning',
    about: 'mixture',
    text: `The cells do not resolve every term of this mixture: log Z is ${formatNumber(logZ)} where it should be 0, so that the shares are not those asked for. More cells help.`,
  }
}

function wallNotice(scene: SceneSpec, mass: number): Notice {
  const subject =
    scene.energy.kind === 'sum'
      ? `This ${isMixture(scene.energy) ? 'mixture' : 'sum'} does not confine its particles to the box by itself`
      : 'This energy does not keep its particles off the walls of the box'
  return {
    level: 'info',
    about: 'walls',
    text: `${subject}: ${formatShare(mass)} of its Gibbs measure lies at the walls. It is still a proper law on the box.`,
  }
}
