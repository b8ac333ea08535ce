import type {
  Collapse,
  Constants,
  ContractionCurves,
  DeterministicCurves,
  LangevinCurves,
  StoppingReport,
} from '../../core/analysis/curves.ts'
import type { SceneSpec } from '../scene/sceneSpec.ts'

/** One line of a training history; null where the quantity does not exist for the target. */
export interface TrainingPoint {
  readonly step: number
  readonly seconds: number
  readonly loss: number
  /** KL(ρ*‖π_θ) by quadrature on Ω, nats; known densities only. */
  readonly klDataModel: number | null
  /** Held-out cross-entropy, nats in standardised units. */
  readonly crossEntropy: number | null
}

export interface TableError {
  /** Largest |V_table − V_network| over the cell centres where π has 99.9 % of its mass. */
  readonly value: number
  /** Largest |∇V_table − ∇V_network| there. */
  readonly gradient: number
}

export interface TrainingSummary {
  readonly backend: string
  readonly steps: number
  readonly seconds: number
  /** Samples × evaluations of ∇ₓV or ∇θ. */
  readonly gradientEvaluations: number
  readonly klDataModel: number | null
  readonly klModelData: number | null
  readonly crossEntropy: number | null
  readonly crossEntropyStandardError: number | null
  readonly gaussianCrossEntropy: number | null
  readonly tableError: TableError
  readonly history: readonly TrainingPoint[]
}

/** The headless runner's result.json, and what the page exports. */
export interface RunResult {
  readonly version: 1
  readonly scene: SceneSpec
  readonly training: TrainingSummary | null
  readonly gibbs: { readonly logZ: number }
  readonly langevin: LangevinCurves
  readonly deterministic: DeterministicCurves
  /** Where the deterministic flow goes; null before its first step. */
  readonly collapse: Collapse | null
  /** Null without a companion. */
  readonly contraction: ContractionCurves | null
  readonly constants: Constants
  readonly stopping: readonly StoppingReport[]
}
