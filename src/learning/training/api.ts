import type { BackendChoice, BackendName, ObjectiveId } from '../ids.ts'
import type { BackendFault } from '../kernels/deadline.ts'
import type { EnergyKernel, NetworkShape } from '../kernels/kernel.ts'

/** Affine map from a data set's own units to world units: world = (raw − mean) / deviation / extraScale. */
export interface Standardisation {
  readonly mean: readonly [number, number]
  readonly deviation: readonly [number, number]
  readonly extraScale: number
}

/**
 * A trained energy as data: V(x) = net_θ(x) + (ε/2)|x|² + 10ε Σᵢ relu(|xᵢ| − penaltyStart)², ε = 1, on
 * Ω = [−halfWidth, halfWidth]².
 */
export interface EnergyModel {
  readonly shape: NetworkShape
  readonly theta: Float32Array
  readonly halfWidth: number
  /** 0.8·halfWidth. */
  readonly penaltyStart: number
  readonly transform: Standardisation | null
}

/** The source of a trainer's data. A batch is a pure function of (the problem's seed, step). */
export interface TrainingProblem {
  /** Writes n fresh points to `out` (length 2n), world units, inside Ω. */
  batch(step: number, n: number, out: Float32Array): void
  readonly halfWidth: number
}

export interface TrainerOptions {
  readonly seed: number
  readonly objective: ObjectiveId
  /** All Adam steps, warm-up included; the cosine of the learning rate ends here. */
  readonly steps: number
  readonly problem: TrainingProblem
  readonly kernel: EnergyKernel
  /**
   * Opens a kernel that repeats a step with non-finite values: where it finds finite ones, the training kernel is at
   * fault and the step throws a `BackendFault`. null: the training kernel is trusted.
   */
  readonly check?: () => EnergyKernel | null
  /** The state to continue from; the result is bit for bit that of an uninterrupted run. */
  readonly checkpoint?: TrainerCheckpoint
}

export interface StepReport {
  /** Adam steps done, this one included. */
  readonly step: number
  readonly loss: number
  /** Which part of the recipe the step belonged to. */
  readonly phase: 'warm-up' | 'main'
  /** Metropolis acceptance of the negative chains in this step, or null. */
  readonly acceptance: number | null
  /** A message when the trainer rolled back (non-finite values) and lowered its rate; else null. */
  readonly recovery: string | null
}

/** The whole state of a trainer as plain transferable data. */
export interface TrainerCheckpoint {
  readonly step: number
  readonly arrays: Readonly<Record<string, Float32Array | Float64Array>>
  readonly scalars: Readonly<Record<string, number>>
}

/** The negatives of a training that moves the same ones on from step to step. */
export interface Chains {
  /** [x0, y0, …], world units. */
  readonly xy: Float32Array
  /**
   * Sum over the moves so far of the change of mean V over the chains, θ being fixed during a move. NaN where the training
   * goes on from a checkpoint that lacks it.
   */
  readonly moved: number
}

export interface Trainer {
  readonly step: number
  readonly steps: number
  readonly gradientEvaluations: number
  /** One Adam step. Throws `DivergenceError` when rollback could not cure non-finite values. */
  advance(): Promise<StepReport>
  /**
   * Makes 1 to `limit` Adam steps: as many as a kernel that trains in blocks can make without reading results
   * back, one on any other kernel. The numbers do not depend on how the steps are divided. After non-finite values
   * the only report is that of the rollback.
   */
  advanceBlock(limit: number): Promise<readonly StepReport[]>
  checkpoint(): TrainerCheckpoint
  /** Steps before the first one with chains; `steps` where the objective has none. */
  readonly chainsFrom: number
  /** The chains as they are, not to be written to; null without any. */
  chains(): Chains | null
  /** A copy of the current energy. */
  model(): EnergyModel
  /** Replaces the kernel (after a lost device, or for another backend) and keeps the state. */
  useKernel(kernel: EnergyKernel): void
}

/** Training ended in non-finite values that lower rates did not cure. */
export class DivergenceError extends Error {
  override readonly name = 'DivergenceError'
}

/** A backend that could not be opened, or that failed its check. */
export interface Refused {
  readonly name: BackendName
  /** A clause for people: "no WebGPU in this browser". */
  readonly reason: string
  /** What the browser or a library said. */
  readonly details?: string
}

/** No backend works here. */
export class NoBackendError extends Error {
  override readonly name = 'NoBackendError'
  /** The reason for each backend, one line each. */
  readonly details: string

  constructor(refused: readonly Refused[]) {
    super('No training backend works here.')
    this.details = refused
      .map(({ name, reason, details }) => `${name}: ${details ?? reason}`)
      .join('\n')
  }
}

/** One backend, opened and checked. */
export interface Backend {
  readonly name: BackendName
  /** For people: "WebGPU · NVIDIA RTX…", "WebAssembly SIMD", "JavaScript". */
  readonly description: string
  /** Reason for this backend: "faster of 2 measured: webgpu 0.4 ms, wasm 1.2 ms a step", "asked for by name". */
  readonly reason: string
  /** Refused backends, each with its reason. */
  readonly refused: readonly Refused[]
  /** A kernel for a network shape on this backend. */
  kernel(shape: NetworkShape): EnergyKernel
  /** The fault of a lost or broken device, polled since a promise would keep its waiters in memory; null: there is none. */
  lost(): BackendFault | null
  dispose(): void
}

/** Milliseconds of a training step, measured on both backends. */
export interface Calibration {
  readonly webgpu: number
  readonly wasm: number
}

/** Calibrations by the name of the GPU adapter; an implementation may keep them between visits. */
export interface CalibrationMemory {
  recall(adapter: string): Calibration | null
  remember(adapter: string, calibration: Calibration): void
}

export interface OpenBackendOptions {
  readonly choice: BackendChoice
  /** Reads or fetches the compiled energy.wasm. */
  readonly kernelModule: () => Promise<WebAssembly.Module>
  /** Default: none, so that every `auto` measures anew. */
  readonly calibrations?: CalibrationMemory
  /** Backends that failed in use, with the reason; only a choice by name opens them. */
  readonly failed?: ReadonlyMap<BackendName, string>
  /** Called when a module arrives after its time limit: another call of `openBackend` may then open a better backend. */
  readonly onLate?: () => void
}

/** The type of `openBackend` in `backend.ts`. */
export type OpenBackend = (options: OpenBackendOptions) => Promise<Backend>
