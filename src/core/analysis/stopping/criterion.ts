import { formatApart, formatDown } from '../../maths/limitText.ts'
import { isPossibleKl } from '../../maths/statistics.ts'
import type { Split } from '../constants/poincare.ts'
import type {
  Constants,
  DeterministicCurves,
  KlMeaning,
  LangevinCurves,
  Verdict,
} from '../curves.ts'
import type { CriterionId } from '../ids.ts'
import type { CriterionText } from '../texts.ts'
import type { Coupling } from '../estimators/coupling.ts'
import { meaningOf } from '../estimators/nativeKl.ts'
import type { NullFloor } from '../estimators/nullFloor.ts'
import type { KlReading } from './report.ts'
import { type CertificateContext, FOLDED_LIMIT, overshoot } from './certificates.ts'

/** Inputs of the criteria. Arrays are indexed by step. */
export interface StoppingInput {
  /** Last step that the particles have reached; their entries after it are ignored. */
  readonly computed: number
  /** Number of steps of the whole run. */
  readonly steps: number
  /** N. */
  readonly particles: number
  readonly curves: Omit<LangevinCurves, 'step' | 'acceptance'>
  /** The noiseless flow from the same start. */
  readonly flow: Pick<DeterministicCurves, 'kl' | 'lowerBound' | 'gradient'>
  /** Jackknife pseudo-values of the particle KL at each step; null (or absent) where not evaluated. */
  readonly pseudoValues: readonly (Float64Array | null | undefined)[]
  /** Null until measured. */
  readonly nullFloor: NullFloor | null
  /** Tolerance δ, nats. */
  readonly delta: number
  /** Whether certified-decrease uses the strict inequality. */
  readonly strict: boolean
  /** How far the laws are known. */
  readonly law: {
    /** Last step of the exact law of the chain; −1 where there is none (yet). */
    readonly exactTo: number
    /** Whether the laws are still being followed. */
    readonly pending: boolean
    /** Why there is no exact law, or from which step on; null where all is well. */
    readonly unresolved: string | null
    /** The law of the data: π itself (the energy is exactly that of the data), a known density, a smoothed one, or none. */
    readonly data: 'gibbs' | 'known' | 'smoothed' | null
    /** Share of the data's law outside Ω, which is left out; null where the data have no law or the share is unknown (yet). */
    readonly dataOutside: number | null
    /** Splits of ρ₀; null where the cells do not resolve it or π, and until they are known. */
    readonly startSplits?: readonly Split[] | null
    /** What coupled pairs of chains say; null or absent until somebody asks for it. */
    readonly coupling?: Coupling | null
  }
  readonly certificates: CertificateContext
  readonly biasPrediction: Constants['biasPrediction']
}

/**
 * One entry of the registry of stopping criteria: one file, one object, one line in `registry.ts`.
 * Causal: once a report names a step, it names the same step when the curves are known further.
 */
export interface Criterion extends CriterionText {
  readonly id: CriterionId
  evaluate(input: StoppingInput): Verdict
}

/**
 * Why plain Langevin is unstable at its step size, a sentence: along an axis x − η∇V ends farther from the minimum than x was.
 * Null where the step is stable or its stability unknown.
 */
export function unstableStep({ certificates }: StoppingInput): string | null {
  const product = overshoot(certificates)
  if (product === null) return null
  const { quadratic } = certificates.constants
  const [above] = formatApart(product, 2)
  return `The step size is unstable: ηλmax${quadratic ? '' : ' of the 95th percentile'} = ${above} is above 2, so that ${
    quadratic ? 'every step' : 'on 5 % of the samples and more a step'
  } overshoots by more than it came; take η below ${formatDown((2 * certificates.transition.stepSize) / product, 2)}.`
}

/** Largest known mass folded at the walls in a step up to `through`, where it forbids certificates; else null. */
export function foldedTooMuch(
  { curves, computed, law }: StoppingInput,
  through: number,
): number | null {
  let most = 0
  for (let k = 0; k <= Math.min(through, Math.max(computed, law.exactTo)); k++) {
    most = Math.max(most, curves.foldedMass[k] ?? 0)
  }
  return most > FOLDED_LIMIT ? most : null
}

/** `foldedTooMuch`, with the mass that the chain folds at rest where the exact law has not been followed to `through`. */
export function foldedAhead(input: StoppingInput, through: number): number | null {
  const { law, certificates } = input
  const ahead = law.exactTo < through ? (certificates.foldedAtRest?.() ?? 0) : 0
  const most = Math.max(foldedTooMuch(input, through) ?? 0, ahead)
  return most > FOLDED_LIMIT ? most : null
}

/**
 * KL_k as the particles give it. No KL is negative: an estimate may lie below zero by its noise; one that lies lower, or has no
 * error bar, has failed, and the reading is null.
 */
export function klReading(curves: StoppingInput['curves'], k: number): number | null {
  const kl = curves.kl[k] ?? null
  if (kl === null) return null
  return isPossibleKl(kl, curves.klStandardError[k] ?? null) ? kl : null
}

/** The KL at a step: of the exact law where it has been followed so far, else of the particles; null where neither is known. */
export function klAt(
  { curves, law }: Pick<StoppingInput, 'curves' | 'law'>,
  k: number,
): KlReading | null {
  const exact = k <= law.exactTo ? (curves.klExact[k] ?? null) : null
  if (exact !== null) {
    return { kl: exact, meaning: k === 0 ? 'KL of the start' : 'KL of the exact chain' }
  }
  const kl = klReading(curves, k)
  const meaning = meaningAt(curves, k)
  return kl === null || meaning === null ? null : { kl, meaning }
}

/** The meaning of the particles' KL at a step; null where there is none. */
export function meaningAt(
  { estimator, klStandardError }: StoppingInput['curves'],
  k: number,
): KlMeaning | null {
  return meaningOf(estimator[k] ?? null, klStandardError[k] ?? null)
}

/** The KL at every step, and the last step to which it is known. */
export function bestKl(input: StoppingInput): {
  readonly kl: readonly (KlReading | null)[]
  readonly computed: number
} {
  const { curves, computed, law } = input
  return {
    kl: curves.klExact.map((_, k) => klAt(input, k)),
    computed: lastKnown({ computed, law }),
  }
}

/** The last step of the exact law while it is being followed or is complete; else the last step of either law or particles. */
function lastKnown({ computed, law }: Pick<StoppingInput, 'computed' | 'law'>): number {
  if (law.exactTo < 0) return computed
  return law.pending || law.unresolved === null ? law.exactTo : Math.max(law.exactTo, computed)
}
