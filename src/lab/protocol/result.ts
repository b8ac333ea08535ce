import type {
  Collapse,
  Constants,
  ContractionCurves,
  FromGibbsCurves,
  DeterministicCurves,
  FilterCurves,
  KlMeaning,
  LangevinCurves,
  StoppingReport,
} from '../../core/analysis/curves.ts'
import type { MetricGain } from '../../core/analysis/constants/metric.ts'
import type { ChainReading, LedgerLine } from '../../core/analysis/trainingLedger.ts'
import type { Coupling } from '../../core/analysis/estimators/coupling.ts'
import type { Encoding } from '../io/encodings.ts'
import type { Skipped } from '../io/layout.ts'
import type { PassedOver } from '../io/tableWords.ts'
import type { SceneSpec } from '../scene/sceneSpec.ts'
import type { Decimal, Separator } from '../scene/fields/tableForm.ts'

/** One line of a training history; null where the quantity does not exist for the target or the objective. */
export interface TrainingPoint {
  readonly step: number
  readonly seconds: number
  readonly loss: number
  /** KL(ρ*‖π_θ) by quadrature on Ω, nats; known densities only. */
  readonly klDataModel: number | null
  /** Held-out cross-entropy, nats in standardised units. */
  readonly crossEntropy: number | null
  /** What is read of the negative chains; absent where there are none (yet). */
  readonly chains?: ChainReading
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
  /** Share of N(0, I), restricted to Ω, in basins of the gradient flow that hold less than 1e-3 of π at ε = 1. */
  readonly strayStart: number
  readonly tableError: TableError
  readonly history: readonly TrainingPoint[]
  /** What sampling and the parameters did to KL(chains‖π_θ), nats, from the first line of the history with chains to the last; null without any. */
  readonly ledger: Pick<LedgerLine, 'sampling' | 'parameters' | 'change'> | null
}

/** How a file of points was read. */
export interface DataReport {
  readonly file: string
  readonly encoding: Encoding
  readonly separator: Separator
  readonly decimal: Decimal
  /** 0-based, with their names. */
  readonly columns: readonly { readonly index: number; readonly name: string }[]
  /** Columns that were not chosen, and why; none where the scene names its columns. */
  readonly passedOver: readonly PassedOver[]
  readonly points: number
  /** What gave no point, of each kind once. */
  readonly skipped: readonly Skipped[]
  /** What will make a poor target of the points, each with the ways on. */
  readonly remarks: readonly string[]
}

/** The headless runner's result.json, and what the page exports. */
export interface RunResult {
  readonly version: 1
  readonly scene: SceneSpec
  /** How the files that the scene names were read; empty where it names none. */
  readonly data: readonly DataReport[]
  readonly training: TrainingSummary | null
  readonly gibbs: { readonly logZ: number }
  /** With what each of its `kl` is. */
  readonly langevin: LangevinCurves & { readonly klMeaning: readonly (KlMeaning | null)[] }
  /**
   * Share of the law of the data outside Ω, of 65,536 draws: `dataKl` and `dataFisher` are to the rest of it, renormalised. Null
   * where the data have no density.
   */
  readonly dataOutside: number | null
  /** KL(π‖ρ_D), nats, as in `AnalysisReport`; of a composition ρ_D is that of the data of its terms. Null where unknown. */
  readonly dataAtGibbs: number | null
  readonly deterministic: DeterministicCurves
  /** Where the deterministic flow goes; null before its first step. */
  readonly collapse: Collapse | null
  /** Null without a companion. */
  readonly contraction: ContractionCurves | null
  /** Null unless the run starts at π. */
  readonly fromGibbs: FromGibbsCurves | null
  /** What the barrier filter does; absent without one. */
  readonly filter?: FilterCurves
  readonly constants: Constants
  /** Null unless a criterion that needs it is the scene's. */
  readonly coupling: Coupling | null
  /** What the metric of the scene gains, where it has one that depends on the place. */
  readonly metricGain?: MetricGain
  readonly stopping: readonly StoppingReport[]
}
