import { Derivative, fieldDerivatives, fieldValues } from '../../fields/blocks.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { METRIC_ENTRIES, readMetric } from '../../fields/placeMetric.ts'
import { BLOCK, type Transition } from '../../fields/transition.ts'
import { finish, PIECE } from '../../maths/pieces.ts'

/** A mean over particles with its standard error sd/√n, null for n = 1. */
interface ParticleMean {
  readonly value: number
  readonly standardError: number | null
}

/** The energy of a cloud and what moves it. */
export interface EnergyBalance {
  /** E[V]. */
  readonly energy: ParticleMean
  /**
   * S/ε = E[tr(P∇²V)] − E[∇VᵀP∇V]/ε, per unit of time, of either sign: d/dt of E[V]/ε under the Langevin dynamics, hence 0 at π,
   * and d/dt KL(ρ_t‖π), nats, under the noiseless flow x′ = −D∇V, D = P + γJ. The skew part drops out: tr(J∇²V) = 0 = ∇VᵀJ∇V.
   * In a metric M(x) also E[div M·∇V].
   */
  readonly rate: ParticleMean
  /** E[∇VᵀP∇V]/ε, per unit of time: what the drift takes from E[V]/ε. */
  readonly drift: ParticleMean
  /** E|∇V|². */
  readonly gradient: number
}

const metric = new Float64Array(METRIC_ENTRIES)
const derivatives = new Float64Array(Derivative.count * BLOCK)
const values = new Float64Array(BLOCK)

/** @param xy positions, length 2n, n ≥ 1 */
export function energyBalance(
  xy: Float64Array,
  field: EnergyField,
  transition: Transition,
): EnergyBalance {
  return finish(energyBalanceInPieces(xy, field, transition))
}

/** `energyBalance` in pieces of a few milliseconds at most; the positions must not change meanwhile. */
export function* energyBalanceInPieces(
  xy: Float64Array,
  field: EnergyField,
  transition: Transition,
): Generator<undefined, EnergyBalance> {
  const { epsilon, covariance } = transition
  const scale = 1 / (2 * transition.stepSize * epsilon)
  let pxx = covariance[0] * scale
  let pxy = covariance[1] * scale
  let pyy = covariance[2] * scale
  let diverging = 0
  const n = xy.length / 2
  const energy = new Sum()
  const rate = new Sum()
  const drift = new Sum()
  let gradient = 0
  for (let first = 0; first < n; first += BLOCK) {
    if (first > 0 && first % PIECE === 0) yield
    const count = Math.min(BLOCK, n - first)
    fieldDerivatives(field, xy, first, count, derivatives)
    for (let i = 0, at = 0; i < count; i++, at += Derivative.count) {
      const gx = derivatives[at + Derivative.vx]!
      const gy = derivatives[at + Derivative.vy]!
      if (transition.metric !== null) {
        readMetric(transition.metric, xy[2 * (first + i)]!, xy[2 * (first + i) + 1]!, metric)
        pxx = metric[0]!
        pxy = metric[1]!
        pyy = metric[2]!
        diverging = metric[9]! * gx + metric[10]! * gy
      }
      const moved = (pxx * gx * gx + 2 * pxy * gx * gy + pyy * gy * gy) / epsilon
      rate.add(
        pxx * derivatives[at + Derivative.vxx]! +
          2 * pxy * derivatives[at + Derivative.vxy]! +
          pyy * derivatives[at + Derivative.vyy]! -
          moved +
          diverging,
      )
      drift.add(moved)
      gradient += gx * gx + gy * gy
    }
    fieldValues(field, xy, first, count, values)
    for (let i = 0; i < count; i++) energy.add(values[i]!)
  }
  return {
    energy: energy.mean(),
    rate: rate.mean(),
    drift: drift.mean(),
    gradient: gradient / n,
  }
}

/** Sums values, and their squares about the first, which is near enough to their mean for no digit to be lost. */
class Sum {
  private count = 0
  private sum = 0
  private centre = 0
  private shifted = 0
  private squares = 0

  add(value: number): void {
    if (this.count === 0) this.centre = value
    this.count++
    this.sum += value
    const d = value - this.centre
    this.shifted += d
    this.squares += d * d
  }

  mean(): ParticleMean {
    const { count, sum, shifted, squares } = this
    if (count < 2) return { value: sum, standardError: null }
    const variance = Math.max(0, squares - (shifted * shifted) / count) / (count - 1)
    return { value: sum / count, standardError: Math.sqrt(variance / count) }
  }
}
