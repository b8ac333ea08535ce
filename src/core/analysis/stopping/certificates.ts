import type { Barrier } from '../../fields/barriers/registry.ts'
import type { TransitionParameters } from '../../fields/transition.ts'
import type { Constants } from '../curves.ts'
import { type APrioriInput, type Envelope, sharperBound, vempalaWibisono } from './aPriori.ts'
import type { Walls } from './walls.ts'

/** The settings that decide whether anything can be certified of a run, and the constants to certify it from. */
export interface CertificateContext {
  readonly transition: TransitionParameters
  /** Why the sampler's steps are not those of unadjusted Langevin, a clause; null where they are. */
  readonly departure: string | null
  readonly jumpEvery: number
  readonly barriers: readonly Barrier[]
  /** The walls of a convex quadratic, whose chain on the plane is known; null or absent for others. Called only when needed. */
  readonly walls?: () => Walls | null
  /** Mass that the walls fold in a step from π, for steps that are not followed yet; default 0. Called only when needed. */
  readonly foldedAtRest?: () => number
  /** KL(ρ₀‖π), nats; null where ρ₀ has no density. */
  readonly kl0: number | null
  readonly constants: Pick<Constants, 'convexity' | 'smoothness' | 'quadratic'> &
    Partial<
      Pick<
        Constants,
        | 'logSobolevEstimate'
        | 'logSobolevBound'
        | 'curvature95'
        | 'spectralGapResolved'
        | 'spectralGapBound'
      >
    >
}

/** Mass folded at the walls in a step above which nothing is called a certificate. */
export const FOLDED_LIMIT = 1e-6

/** Whether a step is x − η∇V + √(2ηε)ξ, without skew drift, preconditioner or metric. */
export function isPlain({ skew, preconditioner, metricTable }: TransitionParameters): boolean {
  const [[a, b], [, c]] = preconditioner
  return skew === 0 && a === 1 && b === 0 && c === 1 && (metricTable ?? null) === null
}

type StepContext = Pick<CertificateContext, 'transition' | 'departure' | 'barriers'> & {
  readonly constants: Pick<CertificateContext['constants'], 'curvature95'>
}

/**
 * 2/λmax(∇²V), the step size above which plain Langevin is unstable: λmax of all of a quadratic, else of the 95th percentile of the
 * samples behind L95. Null where it is unknown, or nothing overshoots: with negative curvature, or another sampler.
 */
export function stableBelow({
  transition,
  departure,
  barriers,
  constants,
}: StepContext): number | null {
  if (departure !== null || barriers.length > 0 || !isPlain(transition)) return null
  // On a quadratic the Hessian is the same everywhere, and every percentile is its greatest eigenvalue.
  const curvature = constants.curvature95 ?? 0
  return curvature > 0 ? 2 / curvature : null
}

/** ηλmax(∇²V) of `stableBelow` where it is above 2 and the step unstable; null where it is at most 2 or unknown. */
export function overshoot(context: StepContext): number | null {
  if (stableBelow(context) === null) return null
  const product = context.transition.stepSize * (context.constants.curvature95 ?? 0)
  return product > 2 ? product : null
}

/** Why the certificates of unadjusted Langevin say nothing of a run, in words for a sentence; null where they do. */
export function certificatesOff({
  barriers,
  departure,
  jumpEvery,
}: Pick<CertificateContext, 'barriers' | 'departure' | 'jumpEvery'>): string | null {
  if (departure !== null) return `${departure}, and the certificates speak of unadjusted Langevin`
  if (barriers.length > 0) {
    return 'at a barrier the curvature of V has no bound and moves are refused, which the certificates do not allow for'
  }
  if (jumpEvery > 0) return 'global jumps are not part of the chain that the certificates speak of'
  return null
}

/** The inputs of the a-priori bounds, or why there are none. */
export function aPrioriInput(
  context: CertificateContext,
): Omit<APrioriInput, 'delta'> | { readonly reason: string } {
  const { transition, kl0, constants } = context
  const off = certificatesOff(context)
  if (off !== null) return { reason: off }
  if (!isPlain(transition)) {
    return {
      reason: 'the bounds are proved for plain Langevin, without skew drift and preconditioner',
    }
  }
  if (kl0 === null) return { reason: 'the initial law has no density, so KL₀ is not finite' }
  const { convexity, smoothness, quadratic, logSobolevEstimate, logSobolevBound } = constants
  const estimate = logSobolevEstimate ?? null
  const bound = logSobolevBound ?? null
  // A proved bound of at least half the estimate is preferred; on energies of several wells most bounds are far lower.
  const proved = bound !== null && bound.value > 0 && bound.value >= 0.5 * (estimate ?? Infinity)
  const rate =
    quadratic && convexity > 0
      ? { value: convexity, proved: true }
      : proved
        ? { value: bound.value, proved: true }
        : {
            value: estimate ?? 0,
            proved: false,
            resolved: constants.spectralGapResolved !== false,
          }
  if (!(rate.value > 0)) return { reason: 'the log-Sobolev rate λ has not been estimated' }
  return {
    kl0,
    rate,
    smoothness,
    stepSize: transition.stepSize,
    walls: quadratic && convexity > 0 ? context.walls?.() : null,
  }
}

/** The least a-priori bound on KL_k, step by step; null where there is none. */
export function aPrioriEnvelope(context: CertificateContext): Pick<Envelope, 'at'> | null {
  const input = aPrioriInput(context)
  if ('reason' in input) return null
  const bounds = [sharperBound(input), vempalaWibisono(input)].filter(
    (bound): bound is Envelope => bound.bound !== null,
  )
  if (bounds.length === 0) return null
  return {
    at: (k) => Math.min(...bounds.map((bound) => bound.at(k))) + (input.walls?.allowance(k) ?? 0),
  }
}
