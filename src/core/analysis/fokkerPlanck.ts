import type { EnergyField } from '../fields/energyField.ts'
import { type Gibbs, gibbs } from '../fields/gibbs.ts'
import { log } from '../maths/elementary.ts'
import { type Box, spacing } from '../maths/grid.ts'
import {
  type AxisFactors,
  factorise,
  generator,
  scharfetterGummelRates,
  sweepX,
  sweepY,
} from './generator.ts'

/** Which way of stepping was taken. */
export type Scheme = 'crank-nicolson' | 'backward-euler'

/**
 * The Fokker–Planck equation d_t ρ = div(ρ∇V) + εΔρ on the cells of a box without flux through its walls.
 *
 * With Q_x, Q_y the generators along the axes, R(t) = (I − tQ)⁻¹ and C(t) = (I − tQ/2)⁻¹(I + tQ/2), a step is
 *
 *   dt ≤ stepLimit: C_x(dt/2) C_y(dt) C_x(dt/2), of second order;
 *   beyond: R_y(dt) R_x(dt), of first order.
 *
 * Every factor is a column-stochastic matrix with invariant π, so that each step keeps the mass, keeps
 * densities nonnegative, keeps π, and never raises KL(ρ‖π), whatever V, ρ and dt. In space the scheme is of
 * second order. Densities are arrays of length cells² with Σ ρ h² = 1.
 * Source: Strang (1968), SIAM J. Numer. Anal. 5; Scharfetter & Gummel (1969).
 */
export interface FokkerPlanck {
  readonly gibbs: Gibbs
  /** Largest dt for which C_x(dt/2) and C_y(dt) are stochastic: min(4/exit_x, 2/exit_y). */
  readonly stepLimit: number
  /** One step in place. dt > 0; factorisations are kept for the last few dt. */
  step(density: Float64Array, dt: number): Scheme
  /**
   * Advances in place by a duration > 0, by equal Crank–Nicolson steps within `stepLimit`; once KL ≤ 1e-5
   * by one backward Euler step, which then errs by less than that, since KL cannot rise.
   * @returns KL(ρ‖π) at the end
   */
  advance(density: Float64Array, duration: number): number
  /** KL(ρ‖π), nats: Σ ρ (log ρ − log π) h²; never rises. */
  kl(density: Float64Array): number
}

/** From this KL on, nats, `advance` takes backward Euler steps. */
const SETTLED = 1e-5
const KEPT_FACTORS = 4

/**
 * @param box cells of the solution; its halfWidth must be that of the table; default: the table's own cells
 */
export function createFokkerPlanck(
  field: EnergyField,
  epsilon: number,
  box: Box = field.grid.box,
): FokkerPlanck {
  return fokkerPlanckOf(gibbs(field, epsilon, box))
}

/** The solver on the cells of a Gibbs measure that is already known. */
export function fokkerPlanckOf(pi: Gibbs): FokkerPlanck {
  const rates = scharfetterGummelRates(pi)
  const { cells } = pi.box
  const area = spacing(pi.box) * spacing(pi.box)
  const x = generator(rates.right, rates.left, 1, cells)
  const y = generator(rates.up, rates.down, cells, cells)
  // The last digits are given up so that 1 − exit·dt/2 does not round below zero.
  const stepLimit = (1 - 1e-14) * Math.min(4 / x.largest, 2 / y.largest)
  const scratch = new Float64Array(cells * cells)
  const kept = new Map<number, Factors>()

  function factors(dt: number): Factors {
    let found = kept.get(dt)
    if (found === undefined) {
      const scheme = dt <= stepLimit ? 'crank-nicolson' : 'backward-euler'
      const [tx, ty] = scheme === 'crank-nicolson' ? [dt / 4, dt / 2] : [dt, dt]
      found = { scheme, x: factorise(x, tx), y: factorise(y, ty) }
      if (kept.size >= KEPT_FACTORS) kept.delete(kept.keys().next().value!)
      kept.set(dt, found)
    }
    return found
  }

  function step(density: Float64Array, dt: number): Scheme {
    if (!(dt > 0)) throw new RangeError(`The time step must be positive: ${dt}`)
    if (density.length !== cells * cells) {
      throw new RangeError(`${density.length} values for ${cells}² cells`)
    }
    const f = factors(dt)
    const halved = f.scheme === 'crank-nicolson'
    sweepX(f.x, cells, density, halved)
    sweepY(f.y, cells, density, scratch, halved)
    if (halved) sweepX(f.x, cells, density, true)
    return f.scheme
  }

  function kl(density: Float64Array): number {
    let sum = 0
    for (let k = 0; k < density.length; k++) {
      const p = density[k]!
      if (p > 0) sum += p * (log(p) - pi.logDensity[k]!)
    }
    return sum * area
  }

  return {
    gibbs: pi,
    stepLimit,
    step,
    kl,
    advance(density, duration) {
      const steps = Math.max(1, Math.ceil(duration / stepLimit))
      if (steps > 1 && kl(density) <= SETTLED) step(density, duration)
      else for (let i = 0; i < steps; i++) step(density, duration / steps)
      return kl(density)
    },
  }
}

/**
 * KL of the continuous dynamics at the times kη of a chain, k = 0 … steps, one at a time, so that a worker
 * can pause between them.
 * @param density start, length cells², Σ ρ h² = 1; overwritten by the state
 */
export function* fokkerPlanckCurve(
  solver: FokkerPlanck,
  density: Float64Array,
  stepSize: number,
  steps: number,
): Generator<number, void> {
  yield solver.kl(density)
  for (let k = 1; k <= steps; k++) yield solver.advance(density, stepSize)
}

interface Factors {
  readonly scheme: Scheme
  readonly x: AxisFactors
  readonly y: AxisFactors
}
