import type { AnalysisInput, AnalysisReport, Extras } from '../../core/analysis/analyse.ts'
import type {
  Collapse,
  Constants,
  Estimator,
  FromGibbsCurves,
  StoppingReport,
} from '../../core/analysis/curves.ts'
import type { SuggestedMetric } from '../../core/analysis/constants/metric.ts'
import type { Barrier } from '../../core/fields/barriers/registry.ts'
import type { BackendChoice, BackendName } from '../../learning/ids.ts'
import type {
  Calibration,
  Refused,
  Standardisation,
  TrainerCheckpoint,
} from '../../learning/training/api.ts'
import type { KernelDifferences } from '../../learning/training/kernelCheck.ts'
import type { PackedReport } from '../io/packedReport.ts'
import type { EnergySpec, SceneSpec, StoppingSpec, TargetSpec } from '../scene/sceneSpec.ts'
import type { RunResult, TrainingPoint, TrainingSummary } from './result.ts'
import type { SweepProgress, SweepResult, SweptScene } from './sweep.ts'

/**
 * Every call from the page to the compute worker, [request, reply], and every event the worker sends of
 * its own accord. Typed arrays in replies are transferred: their sender keeps no copy.
 */
interface Calls {
  /**
   * Opens a training backend: checks its gradients and, where there is a GPU that was not measured before,
   * measures. Idempotent per choice.
   */
  openBackend: [
    request: {
      readonly choice: BackendChoice
      /** What was measured on earlier visits, by the name of the GPU adapter. */
      readonly calibrations: Readonly<Record<string, Calibration>>
    },
    reply: BackendReport,
  ]
  /**
   * Opens a backend for a look, without using it: times a training step and compares V, ∇V and a θ-gradient of the
   * networks on the stage with float64 and, of a backend of the tensor library's, with the lab's own kernel.
   */
  checkBackend: [request: { readonly name: BackendName }, reply: BackendCheck]
  /** Hands the worker bytes that only the page has: shelf energies, files, uploaded data. */
  provide: [request: { readonly ref: AssetRef; readonly bytes: Uint8Array }, reply: null]
  /** Builds a run: resolves the energy, tabulates, finds η, places the particles. Aborts the run before it. */
  prepare: [request: PrepareRequest, reply: RunReady]
  /** Particles and curves at a step, computing as far as needed. */
  frame: [request: FrameRequest, reply: FrameReply]
  /** ρ* of a run on the centres of at most 64 cells a side, to be drawn; null for points. */
  targetDensity: [request: { readonly run: number }, reply: Raster | null]
  /** What each way to keep out of the regions of a run costs, tried on particles of its own. */
  priceOfWays: [request: { readonly run: number }, reply: WayPrices]
  /** What the analysis worker needs to follow the laws of a run; goes there untouched. */
  analysisInput: [request: { readonly run: number }, reply: AnalysisInput]
  /** Stopping reports of a run for other settings; no step is computed. */
  stops: [
    request: { readonly run: number; readonly stopping: StoppingSpec },
    reply: StoppingReport[],
  ]
  /** Gives a run what the analysis has found, for its reports and its result. */
  attach: [request: { readonly run: number; readonly report: PackedAnalysis }, reply: null]
  /** Served by the analysis worker: follows the laws of a run, telling on the way; aborts the one before. */
  analyse: [request: { readonly run: number; readonly input: AnalysisInput }, reply: PackedAnalysis]
  /** Served by the analysis worker: works out an extra for the run whose laws it followed last; null for another run. */
  workOut: [
    request: { readonly run: number; readonly extra: keyof Extras },
    reply: Extras[keyof Extras] | null,
  ]
  /** The whole run as the headless runner would write it, computing what is missing. */
  result: [request: { readonly run: number }, reply: RunResult]
  /** Starts training on the scene's target; replies when the training ends, is aborted or fails. */
  train: [request: TrainRequest, reply: TrainReply]
  /** Steers the training under way. `step` runs one Adam step while paused. */
  steerTraining: [request: { readonly action: 'pause' | 'resume' | 'step' | 'abort' }, reply: null]
  /**
   * Trains live on the scene's target: the first call opens the live training, every later one gives it
   * another target to go on to from what it has learned. Replies when the target has been taken up; the
   * latest wins.
   */
  live: [request: { readonly scene: SceneSpec }, reply: LiveTarget]
  /** The energy of the live training as it is shown, written down; the training goes on. */
  keepLive: [request: null, reply: LiveEnergy]
  /** Ends the live training; nothing of it is kept. */
  endLive: [request: null, reply: null]
  /**
   * Particles on the energy under training: both clouds advanced by up to n steps on the current table; null where
   * there is none yet, or where the training needs the time.
   */
  liveFrame: [request: { readonly steps: number } & Returned, reply: LiveFrame | null]
  /** A small picture of a target's density (or of its points) or of an energy's Gibbs density. */
  thumbnail: [request: ThumbnailRequest, reply: Raster]
  /** Makes the sweep of a scene, telling on the way. The page asks a worker of its own, which does nothing else. */
  sweep: [request: { readonly scene: SweptScene }, reply: SweepResult]
}

export type { AnalysisInput, AnalysisReport, Calibration, Extras }
export type PackedAnalysis = PackedReport<AnalysisReport>

export type CallName = keyof Calls
export type Request<K extends CallName> = Calls[K][0]
export type Reply<K extends CallName> = Calls[K][1]

export interface Events {
  /** At most 10 a second while training. */
  trainingProgress: TrainingProgress
  /** A new table of the energy under training; at most 4 a second, 6 while it is trained live. */
  landscape: LandscapeUpdate
  /** How the live training stands; at most 6 a second. */
  live: LiveProgress
  /** The live training ended by itself: no backend trains any more. */
  liveEnded: { readonly message: string }
  /** Enough to continue the training elsewhere; every few seconds. */
  checkpoint: TrainingCheckpoint
  /** Something a person should read. */
  notice: Notice
  /** The backend changed by itself (device lost, gradient check failed). */
  backend: BackendReport
  /** A GPU was measured against WebAssembly: worth keeping for the next visit. */
  calibrated: { readonly adapter: string; readonly calibration: Calibration }
  /** What is known so far of the laws of a run: whenever a curve is whole, and between at most 5 times a second. */
  analysis: { readonly run: number; readonly report: PackedAnalysis }
  /** After the laws of each value of a sweep, and after each run. */
  sweep: SweepProgress
}
export type EventName = keyof Events

export interface Notice {
  readonly level: 'info' | 'warning' | 'error'
  readonly text: string
  /** What the browser or a library said, in its own words: shown to whoever asks for it. */
  readonly details?: string
  /** What it is about: a later one about the same takes its place. Absent: its text. */
  readonly about?: string
}

/** `shelf:<id>`, `file:<path>`, `points:<file>`; shipped assets are fetched by the worker itself. */
export type AssetRef = `shelf:${string}` | `file:${string}` | `points:${string}`

export interface BackendReport {
  readonly name: BackendName
  readonly description: string
  readonly reason: string
  readonly refused: readonly Refused[]
}

/** What was found of a backend, or why there is nothing to be found. */
export type BackendCheck =
  | { readonly refused: string; readonly details?: string }
  | {
      readonly description: string
      /** Of a training step of the default network. */
      readonly milliseconds: number
      /** Networks on the stage; 0: one with random parameters was taken. */
      readonly networks: number
      readonly fromFloat64: KernelDifferences
      /** Beside the lab's own kernel on the same hardware; null where that is this one, or cannot be had. */
      readonly fromFused: (KernelDifferences & { readonly name: BackendName }) | null
    }

export interface PrepareRequest {
  /** Chosen by the page, growing; a reply for an older run is dropped. */
  readonly run: number
  readonly scene: SceneSpec
}

/** The tabulated energy as it is drawn and read off. Arrays as in `EnergyGrid`. */
export interface Landscape {
  readonly halfWidth: number
  readonly cells: number
  readonly v: Float64Array
  readonly vx: Float64Array
  readonly vy: Float64Array
  readonly vxy: Float64Array
  readonly epsilon: number
  /** log Z of e^(−V/ε) over the box. */
  readonly logZ: number
  /** Keep-out regions beside the table: π = 0 inside them. */
  readonly barriers: readonly Barrier[]
}

/** Values over cells × cells cell centres of a square box, row-major, x fastest, y upwards. */
export interface Raster {
  readonly halfWidth: number
  readonly cells: number
  readonly values: Float32Array
}

export interface RunReady {
  readonly run: number
  /** Normalised, with `stepSize`, `steps` and `backend` filled in: running it again gives the same numbers. */
  readonly scene: SceneSpec
  /** False when the scene's energy is to be trained and has not been yet: the landscape is that of the untrained network. */
  readonly trained: boolean
  readonly landscape: Landscape
  /** The reply to `targetDensity` where the scene shows the target; else null. */
  readonly targetDensity: Raster | null
  /** Up to 2,000 data points to draw, [x0, y0, …]. */
  readonly data: Float32Array
  /** From the data's own units to world units; null for targets made in world units. */
  readonly transform: Standardisation | null
  readonly constants: Constants
  /** The least value of V on the nodes of its table, and E_π[V]. */
  readonly energy: { readonly least: number; readonly atGibbs: number }
  /** Whether the data have a law to be compared with: ρ*, or the smoothed data of points. */
  readonly dataLaw: 'known' | 'smoothed' | 'none'
  readonly frame: FrameReply
  readonly notices: readonly Notice[]
  /** Lists of labels of the terms, for a sum; empty otherwise. */
  readonly terms: readonly string[]
  /** The step size above which plain Langevin overshoots (core/analysis/stopping/certificates); null where none is known. */
  readonly stableBelow: number | null
  /**
   * P ∝ (E_π ∇²V)⁻¹, the constant metric in which the mean curvature is the same in every direction, and its rates;
   * null where there is none or it gains nothing.
   */
  readonly suggestedMetric: SuggestedMetric | null
}

/** What the page gives back. */
export interface Returned {
  /** Clouds of earlier replies that are shown no longer: transferred, to be written over. Default: none. */
  readonly spare?: readonly Float32Array[]
}

export interface FrameRequest extends Returned {
  readonly run: number
  readonly step: number
  /** The page has the curve up to and including this step; −1: nothing yet. */
  readonly have: number
  /**
   * Replies as soon as the particles have come to the step, when only this one was missing: what is measured of it
   * comes with a later reply, and `computed` is short of it. Default: replies when all is known.
   */
  readonly early?: boolean
}

/** One step's worth of the curves that come from particles; null where not evaluated. */
export interface CurvePoint {
  readonly step: number
  readonly kl: number | null
  readonly klStandardError: number | null
  readonly estimator: Estimator | null
  readonly foldedMass: number | null
  readonly acceptance: number | null
  readonly deterministicKl: number | null
  readonly deterministicStandardError: number | null
  readonly deterministicLowerBound: boolean
  /** S/ε, the rate of the deterministic KL. */
  readonly deterministicRate: number | null
  /** E[V] of the Langevin particles, and of the deterministic flow. */
  readonly energy: number | null
  readonly energyStandardError: number | null
  readonly deterministicEnergy: number | null
  /** Distances of the two clouds under one noise; null without a companion. */
  readonly contraction: {
    readonly largest: number
    readonly rootMeanSquare: number
    readonly bound: number | null
  } | null
  /** χ² and W₂ of the flow from π to it; null unless the run starts at π. */
  readonly fromGibbs: Readonly<Record<Exclude<keyof FromGibbsCurves, 'step'>, number | null>> | null
}

/** What a way to keep particles out of regions costs; means over all particles and steps, where nothing else is said. */
export interface WayPrice {
  readonly way: 'walls' | 'repulsion' | 'filter'
  /** E|u|², u what it adds to the drift, and the share of steps in which that is not 0. */
  readonly intervention: number
  readonly bent: number
  /** Share of moves that it refuses. */
  readonly refused: number
  /** Share of steps that lead from outside the regions into one, or through one. */
  readonly exits: number
  /** Share of steps in which the filter found no change that keeps its condition. */
  readonly infeasible: number
  /** Share of the particles in a region after the last step. */
  readonly outside: number
  /** Smoothed KL after the last step, nats, to the Gibbs measure of the energy cut off at the regions, with its standard error. */
  readonly kl: number
  readonly klError: number | null
}

export interface WayPrices {
  readonly particles: number
  readonly steps: number
  /** α of the filter. */
  readonly rate: number
  readonly ways: readonly WayPrice[]
  /** What the same KL reads of exact draws of that measure. */
  readonly floor: number
}

/** Both clouds at one step: [x0, y0, x1, y1, …], length 2n, world units. */
export interface FrameReply {
  readonly run: number
  readonly step: number
  readonly langevin: Float32Array
  readonly deterministic: Float32Array
  /** The second cloud under the same noise; null without a companion. */
  readonly companion: Float32Array | null
  /** Every step up to this one has been computed. */
  readonly computed: number
  /** Curve entries after `have`, in order. */
  readonly points: readonly CurvePoint[]
  readonly stops: readonly StoppingReport[]
  /** Mean, and mean + 2 sd, of the estimator at exact samples of π of the same size; null until measured. */
  readonly nullFloor: { readonly mean: number; readonly upper: number } | null
  readonly collapse: Collapse | null
}

export interface LiveFrame {
  readonly langevin: Float32Array
  readonly deterministic: Float32Array
}

/** A target that the live training has taken up, as it is drawn. */
export interface LiveTarget {
  /** 1 for the first target of a live training, and one more for each that follows. */
  readonly target: number
  /** ρ* on the centres of at most 64 cells a side; null for points. */
  readonly targetDensity: Raster | null
  /** Up to 2,000 data points to draw, [x0, y0, …], world units. */
  readonly data: Float32Array
  /** From the data's own units to world units; null for targets made in world units. */
  readonly transform: Standardisation | null
}

/**
 * - `learning`: the learning rate is on its way down since the target was taken up, or what follows at
 *   the resting rate still improves
 * - `settled`: nothing improves any more; the training rests until the next target
 */
type LiveState = 'learning' | 'settled'

export interface LiveProgress {
  /** Which target this speaks of. */
  readonly target: number
  readonly state: LiveState
  /** Adam steps since the live training began, and since it took up this target. */
  readonly step: number
  readonly targetSteps: number
  /** Seconds since this target was taken up, and of them those spent in training steps. */
  readonly seconds: number
  readonly trainingSeconds: number
  readonly stepsPerSecond: number
  readonly learningRate: number
  /** KL(ρ*‖π_θ) by quadrature of the energy as it is shown, nats; known densities only. */
  readonly klDataModel: number | null
  /** Its cross-entropy on the validation points, which chose it, nats in standardised units; points only. */
  readonly crossEntropy: number | null
  /**
   * Share of N(0, I) in basins that hold less than 1e-3 of π at ε = 1: of this energy once `settled`, while `learning` of the
   * one that was shown a second ago or so. Null before the first table.
   */
  readonly strayStart: number | null
}

/** A live energy written down. No recipe gives it again: its making depended on the clock. */
export interface LiveEnergy {
  readonly scene: SceneSpec
  readonly summary: TrainingSummary
  /** A safetensors file without a recipe, with a sentence on its provenance. */
  readonly weights: Uint8Array
  /** SHA-256 of the weights, hex. */
  readonly hash: string
  readonly provenance: string
}

export interface TrainRequest {
  readonly scene: SceneSpec
  /** Continue from here (after a reload or a crash). */
  readonly checkpoint?: TrainingCheckpoint
  /** Start paused (single-stepping from the first step). */
  readonly paused?: boolean
}

export interface TrainReply {
  readonly outcome: 'finished' | 'aborted' | 'diverged'
  readonly summary: TrainingSummary
  /** The trained energy as a safetensors file. */
  readonly weights: Uint8Array
  /** The scene with the backend and the number of steps really used. */
  readonly scene: SceneSpec
  /** SHA-256 of the weights, hex: names this energy in links. */
  readonly hash: string
}

export interface TrainingProgress {
  readonly step: number
  readonly steps: number
  readonly phase: 'warm-up' | 'main'
  readonly paused: boolean
  readonly elapsedSeconds: number
  readonly remainingSeconds: number | null
  readonly stepsPerSecond: number
  /** Losses since the last progress event, one per step. */
  readonly losses: readonly { readonly step: number; readonly loss: number }[]
  /** Quality measurements since the last progress event. */
  readonly history: readonly TrainingPoint[]
  /** The negative chains, [x0, y0, …], world units; null without any. */
  readonly chains: Float32Array | null
}

export interface LandscapeUpdate {
  readonly step: number
  readonly landscape: Landscape
  /** Measured at random places under π while training; over all cell centres at the end. */
  readonly tableError: { readonly value: number; readonly gradient: number }
}

export interface TrainingCheckpoint {
  readonly scene: SceneSpec
  readonly elapsedSeconds: number
  readonly history: readonly TrainingPoint[]
  /** Losses since the last entry of the history, for the mean of the next. */
  readonly lossWindow: { readonly sum: number; readonly count: number }
  readonly trainer: TrainerCheckpoint
}

export type ThumbnailRequest =
  | { readonly kind: 'target'; readonly target: TargetSpec; readonly cells: number }
  | {
      readonly kind: 'energy'
      readonly energy: EnergySpec
      readonly target: TargetSpec
      readonly cells: number
    }
