import type { Verdict, StoppingStatus } from '../curves.ts'
import { exp, log } from '../../maths/elementary.ts'
import { formatApart, formatDown, formatUp, natsExactly, natsUp } from '../../maths/limitText.ts'
import { formatCount, formatNats, formatNumber, nats } from '../../maths/numberText.ts'
import { type KlReading, reportedKl, unfired } from './report.ts'
import type { Walls } from './walls.ts'

/** A lower bound of a constant, proved or estimated. */
interface LowerBound {
  readonly value: number
  readonly proved: boolean
  /** Whether the grid resolves the quantity that it was estimated from; default true. */
  readonly resolved?: boolean
}

/** Inputs of the certificates of unadjusted Langevin; plain dynamics, no barriers. */
export interface APrioriInput {
  /** KL(ρ₀‖π), nats, finite. */
  readonly kl0: number
  /** λ: a lower bound of the log-Sobolev rate, KL ≤ ε I/(2λ); never the spectral gap, which is an upper bound. */
  readonly rate: LowerBound
  /** L: a proved upper bound of ‖∇²V‖. */
  readonly smoothness: number
  /** η. */
  readonly stepSize: number
  /** δ, nats. */
  readonly delta: number
  /** d; default 2. */
  readonly dimension?: number
  /** What the walls of Ω may add to the bounds, which are proved on the plane; absent: nothing, null: unknown. */
  readonly walls?: Walls | null | undefined
}

/** KL_k ≤ factor^k · KL₀ + floor · (1 − factor^k) or, for Vempala and Wibisono, + floor. */
export interface Envelope {
  readonly bound: 'vempala-wibisono' | 'sharper'
  /** Contraction a step, below 1. */
  readonly factor: number
  /** Level that the bound tends to, nats. */
  readonly floor: number
  /** The bound on KL_k, nats. */
  at(k: number): number
  /** First k whose bound is at most δ; null when the floor is not below δ. */
  stepsTo(delta: number): number | null
}

/** A bound, or why there is none. */
export type EnvelopeOrReason = Envelope | { readonly bound: null; readonly reason: string }

/** KL(ρ₀‖π on the plane), nats: inside Ω the density of π on the plane is lower by the factor π(Ω). */
function klOnPlane({ kl0, walls }: Pick<APrioriInput, 'kl0' | 'walls'>): number {
  return kl0 + (walls?.outside ?? 0)
}

/** ⌈x⌉, not moved up by the rounding of a quotient of logarithms. */
function ceiling(x: number): number {
  return Math.max(0, Math.ceil(x - 1e-12 * (1 + Math.abs(x))))
}

/**
 * KL_k ≤ e^(−ληk) KL₀ + 8 d L² η/λ for η ≤ λ/(4L²), the step condition.
 * Source: Vempala & Wibisono (2019), NeurIPS 32, Theorem 1, with f = V/ε and h = εη; ε drops out with λ = αε.
 */
export function vempalaWibisono(input: Omit<APrioriInput, 'delta'>): EnvelopeOrReason {
  const { stepSize, dimension = 2 } = input
  const kl0 = klOnPlane(input)
  const lambda = input.rate.value
  const l2 = input.smoothness * input.smoothness
  const largest = lambda / (4 * l2)
  if (!(stepSize <= largest)) {
    return {
      bound: null,
      reason: `the step condition η ≤ λ/(4L²) = ${formatDown(largest, 2)} fails`,
    }
  }
  const floor = (8 * dimension * l2 * stepSize) / lambda
  return {
    bound: 'vempala-wibisono',
    factor: exp(-lambda * stepSize),
    floor,
    at: (k) => exp(-lambda * stepSize * k) * kl0 + floor,
    stepsTo(delta) {
      if (!(floor < delta)) return null
      return ceiling(log(kl0 / (delta - floor)) / (lambda * stepSize))
    },
  }
}

/**
 * KL_{k+1} ≤ q KL_k + c with q = e^(−λη) + 2L⁴η³/(3λ) and c = ½ d L² η² (1 + ⅔Lη), for every η with q < 1:
 * from KL′ ≤ −½ε I + E|b̄ − ∇V|²/(2ε) inside a step, smoothness, Talagrand's and the log-Sobolev inequality.
 */
export function sharperBound(input: Omit<APrioriInput, 'delta'>): EnvelopeOrReason {
  const { stepSize: eta, dimension = 2 } = input
  const kl0 = klOnPlane(input)
  const lambda = input.rate.value
  const l = input.smoothness
  const q = exp(-lambda * eta) + (2 * l * l * l * l * eta * eta * eta) / (3 * lambda)
  if (!(q < 1)) {
    return {
      bound: null,
      reason: `the step is too large: a step may multiply KL by ${formatNumber(q)}`,
    }
  }
  const c = 0.5 * dimension * l * l * eta * eta * (1 + (2 / 3) * l * eta)
  const floor = c / (1 - q)
  const power = (k: number): number => exp(k * log(q))
  return {
    bound: 'sharper',
    factor: q,
    floor,
    at: (k) => floor + power(k) * (kl0 - floor),
    stepsTo(delta) {
      if (kl0 <= delta) return 0
      if (!(floor < delta)) return null
      return ceiling(log((kl0 - floor) / (delta - floor)) / -log(q))
    },
  }
}

/** Step size and number of steps of a certificate. */
export interface Schedule {
  readonly stepSize: number
  readonly steps: number
}

/** η = (λ/4L²) min(1, δ/(4d)), k = ⌈log(2 KL₀/δ)/(λη)⌉: the schedule of Vempala and Wibisono for KL_k ≤ δ. */
export function vempalaWibisonoSchedule(input: Omit<APrioriInput, 'stepSize'>): Schedule {
  const { kl0, delta, dimension = 2 } = input
  const lambda = input.rate.value
  const l2 = input.smoothness * input.smoothness
  const stepSize = (lambda / (4 * l2)) * Math.min(1, delta / (4 * dimension))
  return { stepSize, steps: ceiling(log((2 * kl0) / delta) / (lambda * stepSize)) }
}

const SCHEDULE_RANGE = [1e-8, 1] as const
const SCHEDULE_POINTS = 4001

/** The fewest steps that the sharper bound certifies for KL_k ≤ δ, over a log grid of η in [1e-8, 1]; null: none. */
export function sharperSchedule(input: Omit<APrioriInput, 'stepSize'>): Schedule | null {
  const low = log(SCHEDULE_RANGE[0])
  const high = log(SCHEDULE_RANGE[1])
  let best: Schedule | null = null
  for (let i = 0; i < SCHEDULE_POINTS; i++) {
    const stepSize = exp(low + ((high - low) * i) / (SCHEDULE_POINTS - 1))
    const bound = sharperBound({ ...input, stepSize })
    const steps = bound.bound === null ? null : bound.stepsTo(input.delta)
    if (steps !== null && (best === null || steps < best.steps)) best = { stepSize, steps }
  }
  return best
}

/** `certificate` only where every input is proved and the walls' part is known. */
export function aPrioriStatus({
  rate,
  walls,
}: Pick<APrioriInput, 'rate' | 'walls'>): StoppingStatus {
  return rate.proved && walls !== null ? 'certificate' : 'certificate-if'
}

/** λ and L in words, λ marked where it is estimated. */
export function aPrioriConditions({
  rate,
  smoothness,
}: Pick<APrioriInput, 'rate' | 'smoothness'>): string {
  const estimated = rate.proved
    ? ''
    : rate.resolved === false
      ? ' (a rough estimate: the cells do not resolve the slowest mode)'
      : ' (estimated)'
  return `λ ≥ ${formatDown(rate.value)}${estimated} and L ≤ ${formatUp(smoothness)}`
}

/** First k whose bound, with what the walls may add on the way there, is at most δ. */
function stepsWithin(
  envelope: Envelope,
  delta: number,
  walls: Walls | null,
): number | null | { readonly folded: number; readonly steps: number } {
  let steps = envelope.stepsTo(delta)
  if (walls === null) return steps
  // The allowance of the walls grows with the steps: both are iterated until the steps no longer change.
  for (let round = 0; steps !== null && round < MOST_ROUNDS; round++) {
    const next = envelope.stepsTo(delta - walls.allowance(steps))
    if (next === steps) return steps
    if (next === null) break
    steps = next
  }
  return steps === null ? null : { folded: Math.min(1, walls.passed(steps)), steps }
}

const MOST_ROUNDS = 50

/**
 * First k for which one of the two bounds certifies KL_k ≤ δ at the step size of the run. Where that is step 0, the report says
 * that only the start is meant, and what the bounds allow after it.
 * @param kl KL at the steps where it is known, for the report; null where not
 */
export function aPrioriReport(
  input: APrioriInput,
  kl: readonly (KlReading | null)[] = [],
): Verdict {
  const { delta, kl0, walls = null } = input
  const status = aPrioriStatus(input)
  const conditions = `${status === 'certificate' ? 'since' : 'if'} ${aPrioriConditions(input)}`
  const bounds = [sharperBound(input), vempalaWibisono(input)]
  if (kl0 <= delta) {
    const [sharper] = bounds
    const most = sharper!.bound === null ? Infinity : Math.max(kl0, sharper!.floor)
    const later =
      sharper!.bound === null
        ? `Of later steps nothing is certified: ${sharper!.reason}`
        : `After it the sharper bound allows up to ${natsUp(most)}, ${conditions}`
    return {
      criterion: 'a-priori',
      step: 0,
      ...reportedKl({ kl: kl0, meaning: 'KL of the start' }),
      reason: `At step 0, before any step, KL₀ = ${nats(kl0)} by quadrature is at most δ = ${natsExactly(delta)}: nothing but the start is meant. ${later}.`,
      status: most <= delta ? status : 'estimate',
      outcome: 'stopped',
    }
  }
  let best: { readonly steps: number; readonly envelope: Envelope } | null = null
  let reason = ''
  let lowest = Infinity
  for (const envelope of bounds) {
    if (envelope.bound === null) {
      reason ||= envelope.reason
      continue
    }
    const steps = stepsWithin(envelope, delta, walls)
    if (steps !== null && typeof steps === 'object') {
      reason = `the walls may fold up to ${formatUp(steps.folded, 2)} of the mass on the way to step ${formatCount(steps.steps)}, which the bounds do not allow for`
      lowest = -Infinity
    } else if (steps === null) {
      if (envelope.floor >= lowest) continue
      lowest = envelope.floor
      const [least] = formatApart(lowest, delta, formatNats)
      reason = `the bound cannot fall below ${least} nats, and δ is ${natsExactly(delta)}`
    } else if (best === null || steps < best.steps) best = { steps, envelope }
  }
  const start = `KL₀ = ${nats(kl0)}`
  if (best === null) {
    const why = `No certificate: ${reason} (${start}, ${aPrioriConditions(input)}).`
    return { ...unfired('a-priori', why), status: 'none' }
  }
  const name = best.envelope.bound === 'sharper' ? 'sharper bound' : 'bound of Vempala and Wibisono'
  return {
    criterion: 'a-priori',
    step: best.steps,
    ...reportedKl(kl[best.steps] ?? null),
    reason: `KL is at most δ = ${natsExactly(delta)} after ${formatCount(best.steps)} steps by the ${name}, ${conditions} (${start}).`,
    status,
    outcome: 'stopped',
  }
}
