import { log } from '../../maths/elementary.ts'
import { formatApart, natsUp } from '../../maths/limitText.ts'
import { formatCount, formatNats, nats } from '../../maths/numberText.ts'
import { CRITERION_TEXTS } from '../texts.ts'
import type { Verdict } from '../curves.ts'
import { type APrioriInput, aPrioriConditions, aPrioriStatus, sharperBound } from './aPriori.ts'
import { aPrioriInput, certificatesOff } from './certificates.ts'
import { bestKl, type Criterion, foldedAhead, type StoppingInput } from './criterion.ts'
import {
  type KlReading,
  klText,
  noClaim,
  reportedKl,
  sentenceOf,
  smoothedRemark,
  unfired,
} from './report.ts'

/** The level that the sharper bound tends to, and the step at which its decaying part falls to that level. */
export interface CertifiedFloor {
  /** F, nats: a decrease of KL is certified a priori only while KL > F. */
  readonly level: number
  /** First k with q^k KL₀ ≤ c/(1 − q); F includes the allowance of the walls up to it. */
  readonly step: number
}

/**
 * F = c/(1 − q) and k = ⌈log(KL₀/F)/(−log q)⌉ of the sharper bound: the chain is ultimately bounded by 2F from
 * there on. Null where the bound does not contract and where the walls fold too much on the way.
 */
export function certifiedFloor(input: Omit<APrioriInput, 'delta'>): CertifiedFloor | null {
  const bound = sharperBound(input)
  if (bound.bound === null) return null
  const step = Math.max(0, Math.ceil(log(input.kl0 / bound.floor) / -log(bound.factor) - 1e-12))
  const level = bound.floor + (input.walls?.allowance(step) ?? 0)
  return level < Infinity ? { level, step } : null
}

/** Inputs of the predicted floor. */
export interface PredictedFloorInput {
  /** Last step that has been computed. */
  readonly computed: number
  /** KL_k, indexed by step; null where not evaluated. */
  readonly kl: readonly (KlReading | null)[]
  /** b(η) = (η²/8) Var_π(ΔV − |∇V|²/(2ε)), the predicted bias of the step size, nats. */
  readonly bias: number
}

/** First k with KL_k − b(η) ≤ b(η): the remainder of the start is no more than the bias. Null before. */
export function predictedFloorStep({ computed, kl, bias }: PredictedFloorInput): number | null {
  for (let k = 0; k <= computed; k++) {
    const value = kl[k] ?? null
    if (value !== null && value.kl <= 2 * bias) return k
  }
  return null
}

/**
 * The report on the predicted floor, a prediction, with the certified floor in its reason where there is one.
 * @param certificate inputs of the a-priori floor; null where they are not known
 */
export function floorReport(
  input: PredictedFloorInput,
  certificate: Omit<APrioriInput, 'delta'> | null,
): Verdict {
  const { computed, kl, bias } = input
  const step = predictedFloorStep(input)
  const proved = certificate === null ? null : certifiedFloor(certificate)
  const also =
    proved === null || certificate === null
      ? ''
      : ` A priori the floor is at most ${natsUp(proved.level)}, reached by step ${formatCount(proved.step)} ${aPrioriStatus(certificate) === 'certificate' ? 'since' : 'if'} ${aPrioriConditions(certificate)}.`
  const reading =
    step === null
      ? (kl.slice(0, computed + 1).findLast((value) => value !== null) ?? null)
      : kl[step]!
  if (reading === null) {
    return {
      ...unfired('floor', `No KL has been read yet; the predicted bias is ${nats(bias)}.${also}`),
      status: 'prediction',
    }
  }
  const [value, twice] = formatApart(reading.kl, 2 * bias, formatNats)
  const text = sentenceOf(klText(reading, `${value} nats`))
  const level = `${twice} nats, twice the bias b(η) that step size η is predicted to leave`
  if (step === null) {
    return { ...unfired('floor', `${text} is above ${level}.${also}`), status: 'prediction' }
  }
  const remark = smoothedRemark(reading.meaning, 'the KL itself may be above that')
  return {
    criterion: 'floor',
    step,
    ...reportedKl(reading),
    reason: `${text} is at most ${level}.${remark}${also}`,
    status: 'prediction',
    outcome: 'stopped',
  }
}

/** Whether the walls fold too much mass before the certified floor, judged by known steps and π where there is no bound. */
function wallsSpoil(input: StoppingInput, bounds: Omit<APrioriInput, 'delta'>): boolean {
  if (bounds.walls) return false
  const floor = certifiedFloor(bounds)
  return floor !== null && foldedAhead(input, floor.step) !== null
}

/** Stops where the remainder of the start is no more than the bias that the step size is predicted to leave. */
export const floor: Criterion = {
  id: 'floor',
  ...CRITERION_TEXTS.floor,
  evaluate(input) {
    const { biasPrediction, certificates } = input
    const bounds = aPrioriInput(certificates)
    if (biasPrediction === null) {
      return noClaim(
        'floor',
        `No floor is predicted: ${
          certificatesOff(certificates) ??
          'the prediction of the bias holds for plain Langevin with steps small for the curvature, away from the walls'
        }.`,
      )
    }
    const proved = 'reason' in bounds || wallsSpoil(input, bounds) ? null : bounds
    return floorReport({ ...bestKl(input), bias: biasPrediction }, proved)
  },
}
