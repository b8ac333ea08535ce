import { cos, exp, log, sin } from '../../maths/elementary.ts'
import { standardError } from '../../maths/statistics.ts'
import type { FromGibbsCurves } from '../curves.ts'

/** Directions of the slices, evenly spaced over half a turn. */
const DIRECTIONS = 8
/** Particles, the first of the cloud, that are sorted along each direction. */
const SORTED = 2048

/**
 * How far the noiseless flow takes π from itself in two more distances, χ² and W₂, from a cloud of exact samples X₀ of π and its image
 * X_k. Neither is a Lyapunov function of the flow, as KL is none: all three are 0 at the start.
 *
 * χ²: with the densities carried along the paths, 1 + χ²(ρ_k‖π) = E[ρ_k/π(X_k)], a mean over the particles. W₂: the paths are a
 * coupling, W₂² ≤ E|X_k − X₀|², an equality while k = 1 and η∇²V ≤ I, where x − η∇V(x) is the gradient of a convex function; from below
 * 2·mean_θ W₂²(θ·X_k, θ·X₀) ≤ W₂², since the mean of (θ·v)² over evenly spaced θ is |v|²/2, and on a line W₂ pairs sorted values. Of samples this
 * is an estimate: it is too large where paths cross, since two samples of one law have a distance, too.
 * Sources: Villani (2003), Topics in Optimal Transportation, ch. 2; Bonneel et al. (2015), J. Math. Imaging Vision 51.
 */
export class FromGibbs {
  readonly curves: FromGibbsCurves = { step: [], renyi: [], renyiError: [], moved: [], sliced: [] }
  private readonly start: Float64Array
  private readonly sorted: readonly Float64Array[]

  /** @param start samples of π, length 2n, n ≥ 1 */
  constructor(start: Float64Array) {
    this.start = start.slice()
    this.sorted = slices(this.start)
  }

  /**
   * Enters a step in pieces of work.
   * @param xy where the particles are now, length 2n; null: not evaluated
   * @param logRatio log ρ_k/π at each, length n, exact while the map is injective and a lower bound from then on; null where it is unknown
   */
  *note(
    step: number,
    xy: Float64Array | null,
    logRatio: Float64Array | null,
  ): Generator<undefined, void> {
    const { curves } = this
    const chi = xy === null || logRatio === null ? null : renyiOf(logRatio)
    let square = 0
    let below = 0
    if (xy !== null) {
      for (let k = 0; k < xy.length; k++) square += (xy[k]! - this.start[k]!) ** 2
      yield
      for (const [j, now] of slices(xy).entries()) {
        const before = this.sorted[j]!
        for (let i = 0; i < now.length; i++)
          below += (now[i]! - before[i]!) ** 2 / (now.length * DIRECTIONS)
      }
      yield
    }
    curves.step[step] = step
    curves.renyi[step] = chi?.value ?? null
    curves.renyiError[step] = chi?.standardError ?? null
    curves.moved[step] = xy === null ? null : Math.sqrt((2 * square) / xy.length)
    curves.sliced[step] = xy === null ? null : Math.sqrt(2 * below)
  }
}

/** The projections of the first particles on each direction, sorted. */
function slices(xy: Float64Array): Float64Array[] {
  const n = Math.min(SORTED, xy.length / 2)
  return Array.from({ length: DIRECTIONS }, (_, j) => {
    const angle = (Math.PI * j) / DIRECTIONS
    const [c, s] = [cos(angle), sin(angle)]
    const line = new Float64Array(n)
    for (let i = 0; i < n; i++) line[i] = c * xy[2 * i]! + s * xy[2 * i + 1]!
    return line.sort()
  })
}

/** log(1 + χ²) = log E[r], nats, of log ratios r, with its standard error by the delta method; null where it overflows. */
function renyiOf(
  logRatio: Float64Array,
): { readonly value: number; readonly standardError: number | null } | null {
  let top = -Infinity
  for (const l of logRatio) top = Math.max(top, l)
  const ratios = logRatio.map((l) => exp(l - top))
  const mean = ratios.reduce((sum, r) => sum + r, 0) / ratios.length
  const value = top + log(mean)
  if (!Number.isFinite(value)) return null
  return { value, standardError: ratios.length > 1 ? standardError(ratios) / mean : null }
}
