import type { CriterionId } from '../../core/analysis/ids.ts'
import type { TargetId } from '../../core/targets/ids.ts'
import type { BackendChoice, ObjectiveId } from '../../learning/ids.ts'
import type { TableForm } from './tableForm.ts'

export type { BackendChoice, CriterionId, ObjectiveId, TargetId }

/**
 * Everything that a run depends on, and nothing else. The page, the link, the workers, the headless
 * runner and the tests all speak this language; `view` never touches a number.
 *
 * A person may leave out any key; `SceneSpec` is normalised: every default that can be known without
 * computing is filled in. `null` marks what is computed at run time (`stepSize`: 0.5 / L95 of the energy
 * at hand).
 */
export type Vector2 = readonly [number, number]
export type Matrix2 = readonly [readonly [number, number], readonly [number, number]]

export interface MixtureComponent {
  readonly weight: number
  readonly mean: Vector2
  readonly covariance: Matrix2
}

/**
 * A data set that lies in a file of its own. The name alone does not tell two files of one name apart: a scene that
 * knows the SHA-256 of the file's bytes is held to it.
 */
export interface PointsFile extends TableForm {
  readonly kind: 'points'
  readonly file: string
  /** 0-based; null: the first two that hold numbers and do not number the rows. */
  readonly columns: readonly [number, number] | null
  /** 64 lower-case hexadecimal digits; left out where the contents are not known. */
  readonly hash?: string
}

/** `old-faithful` in a file is accepted as `{ kind: 'old-faithful' }`: the built-in real data set. */
export type TargetSpec =
  | { readonly kind: TargetId; readonly sharpness: number }
  | { readonly kind: 'old-faithful' }
  | { readonly kind: 'gaussian-mixture'; readonly components: readonly MixtureComponent[] }
  | PointsFile
  | { readonly kind: 'points'; readonly points: readonly Vector2[] }

/** Keeps out of a region by −strength · log c(h) beside V, h and c as in `core/fields/barriers.ts`; strength 0 is a hard wall. */
export type BarrierSpec =
  | {
      readonly kind: 'disc'
      readonly center: Vector2
      readonly radius: number
      readonly strength: number
    }
  | {
      readonly kind: 'half-plane'
      /** n, of any length but 0; it points to what is kept. */
      readonly normal: Vector2
      /** Keeps n·x/|n| > offset: distance of the wall from the origin along n, world units. */
      readonly offset: number
      readonly strength: number
    }
  | { readonly kind: 'polygon'; readonly points: readonly Vector2[]; readonly strength: number }

export type EnergySpec =
  | { readonly kind: 'trained' }
  | { readonly kind: 'pretrained'; readonly name: string }
  | {
      readonly kind: 'shelf'
      readonly id: string
      readonly hash: string
      /** What the energy was trained on and how, so that a link retrains it where the shelf lacks it. */
      readonly recipe: ShelfRecipe | null
    }
  | { readonly kind: 'exact' }
  | { readonly kind: 'quadratic'; readonly center: Vector2; readonly matrix: Matrix2 }
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'sum'
      readonly terms: readonly SumTerm[]
      readonly barriers: readonly BarrierSpec[]
    }

export interface ShelfRecipe {
  readonly seed: number
  readonly target: TargetSpec
  readonly training: TrainingSpec
}

export interface SumTerm {
  readonly weight: number
  readonly energy: EnergySpec
  /**
   * The target of this term, for `trained` and `exact`; null: that of the term round it, and at the top
   * the scene's own.
   */
  readonly target: TargetSpec | null
}

export interface TrainingSpec {
  readonly objective: ObjectiveId
  /** Adam steps, warm-up included; null when `seconds` decides. Range 1–200,000. */
  readonly steps: number | null
  /** Wall-clock budget; null when `steps` decides. Range (0, 3600]. */
  readonly seconds: number | null
  readonly backend: BackendChoice
}

export type InitialSpec =
  | { readonly kind: 'gaussian'; readonly mean: Vector2; readonly covariance: Matrix2 }
  | { readonly kind: 'uniform'; readonly halfWidth: number }
  | { readonly kind: 'point'; readonly at: Vector2; readonly spread: number }
  | { readonly kind: 'data' }
  | { readonly kind: 'gibbs' }

export interface DynamicsSpec {
  /** Temperature ε: π = e^(−V/ε)/Z. Range [0.005, 10]; 1 is the temperature energies are made for. */
  readonly epsilon: number
  /** Step size η, range [1e-5, 1]; null: 0.5/L95, computed from the energy at hand. */
  readonly stepSize: number | null
  readonly steps: number
  readonly particles: number
  readonly sampler: 'langevin' | 'mala'
  readonly skew: number
  readonly preconditioner: Matrix2
  readonly jumpEvery: number
  readonly initial: InitialSpec
  /**
   * Offset at which a second cloud starts beside the Langevin particles, moved by the same noise: how fast the
   * two approach is the contraction. Null: no second cloud.
   */
  readonly companion: Vector2 | null
}

export interface StoppingSpec {
  readonly criterion: CriterionId
  readonly strict: boolean
  /** Tolerance δ in nats, range [1e-6, 10]. */
  readonly delta: number
}

/** `contraction`: the local rate λmin(∇²V); `slow-mode`: the mode of the spectral gap. */
export type LayerId =
  | 'energy'
  | 'contraction'
  | 'slow-mode'
  | 'contours'
  | 'gradient'
  | 'data'
  | 'target'
  | 'particles'
  | 'trails'
  | 'difference'

/**
 * What the chart under the stage shows: KL to π (the Lyapunov function), KL to the data, the dissipation identity
 * KL′ = −εI, or the distance of two clouds under one noise.
 */
export type ChartId = 'lyapunov' | 'data' | 'dissipation' | 'contraction'

/** How it is looked at. Never part of the numbers. */
export interface ViewSpec {
  readonly layers: readonly LayerId[]
  readonly chart: ChartId
  /** Steps a second while playing. */
  readonly speed: number
  /** Pause exactly at this step; null: at the end. */
  readonly haltAt: number | null
  readonly pauseAtStop: boolean
  readonly theme: 'auto' | 'light' | 'dark'
}

export interface SceneSpec {
  readonly version: 1
  readonly seed: number
  readonly target: TargetSpec
  readonly energy: EnergySpec
  readonly training: TrainingSpec
  readonly domain: { readonly halfWidth: number; readonly cells: number }
  readonly dynamics: DynamicsSpec
  readonly stopping: StoppingSpec
  readonly view: ViewSpec
}
