import type { Gibbs } from '../../fields/gibbs.ts'
import { exp } from '../../maths/elementary.ts'

/**
 * One global jump (independence Metropolis–Hastings) of a law on cells, in place: y, uniform in Ω, is proposed and accepted
 * with probability min(1, π_y/π_x),
 *
 *   p′(y) = p(y) (1 − Σ_{x≠y} K(y, x)) + Σ_{x≠y} p(x) K(x, y),  K(x, y) = min(1, π_y/π_x)/N, N = cells².
 *
 * π is in detailed balance with K, so that the jump keeps mass, sign and π, and never raises KL(ρ‖π) or any other
 * f-divergence. With cells sorted by π once, the sum over all pairs costs one pass up and one down. Proposals of cells where π = 0 are refused.
 * Source: Metropolis et al. (1953), J. Chem. Phys. 21.
 * @returns the jump of densities or masses on the cells of π, length cells², 0 where π = 0
 */
export function createGridJump(pi: Gibbs): (density: Float64Array) => void {
  const l = pi.logDensity
  const order = Int32Array.from(l.keys())
    .filter((k) => l[k]! > -Infinity)
    .sort((a, b) => l[a]! - l[b]! || a - b)
  const n = order.length
  const share = 1 / l.length
  // Ratio of π from one place of the order to the next: at most 1, so that nothing overflows.
  const ratio = new Float64Array(n)
  const stay = new Float64Array(n)
  // Σ over lower places of π/π_i.
  let lower = 0
  for (let i = 0; i < n; i++) {
    ratio[i] = i === 0 ? 0 : exp(l[order[i - 1]!]! - l[order[i]!]!)
    lower = i === 0 ? 0 : (lower + 1) * ratio[i]!
    stay[i] = 1 - share * (n - 1 - i + lower)
  }
  const next = new Float64Array(n)
  return (density) => {
    let below = 0
    for (let i = 0; i < n; i++) {
      const p = density[order[i]!]!
      next[i] = stay[i]! * p + share * below
      below += p
    }
    // Σ over higher places of p π_i/π.
    let above = 0
    for (let i = n - 1; i >= 0; i--) {
      const k = order[i]!
      const p = density[k]!
      density[k] = next[i]! + share * above
      above = (above + p) * ratio[i]!
    }
  }
}
