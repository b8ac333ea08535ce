import type { EnergyField } from '../../fields/energyField.ts'
import { readJet } from '../../fields/energyGrid.ts'
import { exp, log } from '../../maths/elementary.ts'
import { type Box, centreCoordinate, spacing } from '../../maths/grid.ts'
import { eigenvalues2, inverse2, type Symmetric2 } from '../../maths/linalg2.ts'
import { erfc } from '../../maths/special.ts'
import type { InitialLaw, InitialLawKind } from '../laws/initialLaw.ts'

/** Bounds a part of an initial law: `weight` times the law of some point of a square plus a normal random variable. */
export interface Patch {
  readonly weight: number
  readonly centre: readonly [number, number]
  /** Half the side of the square. */
  readonly halfWidth: number
  /** Covariance of the normal variable; [0, 0, 0] allowed. */
  readonly covariance: Symmetric2
}

/** Blocks a side that a law is cut into where only its density is known. */
const BLOCKS = 32
/** Blocks of less mass are left out; together they hold less than 1e-14. */
const LEAST_WEIGHT = 1e-17

/** Patches whose sum is nowhere below ρ₀, restricted to Ω; none where ρ₀ has no density. */
export function patchesOf(kind: InitialLawKind, law: InitialLaw, box: Box): Patch[] {
  const { logDensity, visit } = law
  if (logDensity === null || visit === null) return []
  const gaussian = (mean: readonly [number, number], covariance: Symmetric2): Patch[] => {
    const [xx, xy, yy] = covariance
    const height = 1 / (2 * Math.PI * Math.sqrt(xx * yy - xy * xy))
    const weight = exp(logDensity(...mean)) / height
    return [{ weight, centre: mean, halfWidth: 0, covariance }]
  }
  switch (kind.kind) {
    case 'gaussian': {
      const [[xx, xy], [, yy]] = kind.covariance
      return gaussian(kind.mean, [xx, xy, yy])
    }
    case 'point': {
      const variance = kind.spread * kind.spread
      return gaussian(kind.at, [variance, 0, variance])
    }
    case 'uniform': {
      const halfWidth = Math.min(kind.halfWidth, box.halfWidth)
      return [{ weight: 1, centre: [0, 0], halfWidth, covariance: [0, 0, 0] }]
    }
    case 'data':
    case 'gibbs':
      return blocksOf(visit, box)
    default:
      throw new RangeError(`Unknown initial law: ${JSON.stringify(kind satisfies never)}`)
  }
}

/** A square for each block, with the mass that ρ₀ has in it. */
function blocksOf(visit: NonNullable<InitialLaw['visit']>, { halfWidth }: Box): Patch[] {
  const blocks = { halfWidth, cells: BLOCKS }
  const h = spacing(blocks)
  const weights = new Float64Array(BLOCKS * BLOCKS)
  const blockOf = (x: number): number =>
    Math.max(0, Math.min(BLOCKS - 1, Math.floor((x + halfWidth) / h)))
  visit(blocks, (x, y, mass) => {
    const b = blockOf(y) * BLOCKS + blockOf(x)
    weights[b] = weights[b]! + mass
  })
  return Array.from(weights, (weight, b): Patch => {
    const column = b % BLOCKS
    const x = centreCoordinate(blocks, column)
    const y = centreCoordinate(blocks, (b - column) / BLOCKS)
    return { weight, centre: [x, y], halfWidth: 0.5 * h, covariance: [0, 0, 0] }
  }).filter(({ weight }) => weight > LEAST_WEIGHT)
}

/** What the walls of Ω add to a bound on KL(ρ_k‖π) that is proved on the whole plane. */
export interface Walls {
  /** Bound on the probability that the walls fold a particle in any of the first k steps; may exceed 1. */
  passed(k: number): number
  /** Nats to add to a bound on the plane to get one in Ω; Infinity where too much may be folded. */
  allowance(k: number): number
  /** −log π(Ω), nats, to add to KL(ρ₀‖π) in Ω to get KL on the plane. */
  readonly outside: number
}

/** Share of paths that meet a wall, beyond which no bound on the plane is taken into Ω. */
const MOST_PASSED = 1e-3
/** Steps in one group are at most this share of the steps before it. */
const GROUPED = 1 / 32

/**
 * Walls of a convex quadratic energy under plain Langevin. The chain in Ω is, until it first meets a wall, the chain
 * on the plane, whose law is known: Y_j = c + B^j(Y₀ − c) + N(0, 2ηε Σ_{i<j} B^2i), B = I − ηA. With p the sum of
 * P(Y_j ∉ Ω) over j ≤ k, ρ_k = (1 − p)·(the law of the paths that met none) + p·ν, and by convexity of KL, the
 * entropy h(p) of the mixture and the bounded density of a step,
 *
 *   KL(ρ_k‖π in Ω) ≤ KL(Y_k‖π on the plane) + h(p) + p (log(1/p) + log sup ν + max_Ω V/ε + log Z).
 *
 * @param patches of ρ₀
 * @returns null unless ∇²V is positive definite and the chain on the plane contracts
 */
export function quadraticWalls(
  field: EnergyField,
  { stepSize, epsilon }: { readonly stepSize: number; readonly epsilon: number },
  patches: readonly Patch[],
): Walls | null {
  const w = field.grid.box.halfWidth
  const jet = new Float64Array(6)
  readJet(field.grid, 0, 0, jet)
  const [v, gx, gy, xx, xy, yy] = jet as unknown as [number, number, number, number, number, number]
  const [low, high] = eigenvalues2(xx, xy, yy)
  if (!(low > 0 && stepSize * high < 2)) return null
  const [ixx, ixy, iyy] = inverse2(xx, xy, yy)
  const centre = [-(ixx * gx + ixy * gy), -(ixy * gx + iyy * gy)] as const
  const lowest = v - 0.5 * (ixx * gx * gx + 2 * ixy * gx * gy + iyy * gy * gy)
  /** Projections on the eigenvectors, by their entries. */
  const split = high - low
  const first: Symmetric2 =
    split > 0 ? [(high - xx) / split, -xy / split, (high - yy) / split] : [1, 0, 1]
  const second: Symmetric2 =
    split > 0 ? [(xx - low) / split, xy / split, (yy - low) / split] : [0, 0, 0]
  const modes = [
    { factor: 1 - stepSize * low, of: first },
    { factor: 1 - stepSize * high, of: second },
  ]

  /** Greatest P(x ∉ [−w, w]) of N(m, variance) over the means m with |m − c| ≤ reach, as a bound. */
  const beyond = (c: number, reach: number, variance: number): number => {
    const scale = 1 / Math.sqrt(2 * variance)
    return 0.5 * (erfc((w - c - reach) * scale) + erfc((w + c - reach) * scale))
  }

  /** Bound on P(Y_j ∉ Ω) over the steps j from `from` to `to`. */
  const outsideAt = (from: number, to: number): number => {
    const powers = modes.map(({ factor }) => (from === 0 ? 1 : power(factor, from)))
    // How far the factor of a mode may change from its value at step `from`.
    const slack = modes.map(({ factor }, e) =>
      to === from ? 0 : Math.abs(powers[e]!) * (factor < 0 ? 2 : 1 - power(factor, to - from)),
    )
    const noise = modes.map(({ factor }) => {
      const b2 = factor * factor
      return (2 * stepSize * epsilon * (1 - power(b2, to))) / (1 - b2)
    })
    let sum = 0
    for (const axis of [0, 1] as const) {
      const row = (e: number): readonly [number, number] => {
        const [pxx, pxy, pyy] = modes[e]!.of
        return axis === 0 ? [pxx, pxy] : [pxy, pyy]
      }
      const [ax, ay] = row(0)
      const [bx, by] = row(1)
      // The axis' row of B^j, and how far each mode may move it.
      const rx = powers[0]! * ax + powers[1]! * bx
      const ry = powers[0]! * ay + powers[1]! * by
      const variance = noise[0]! * row(0)[axis] + noise[1]! * row(1)[axis]
      for (const { weight, centre: at, halfWidth, covariance } of patches) {
        const dx = at[0] - centre[0]
        const dy = at[1] - centre[1]
        const [sxx, sxy, syy] = covariance
        const spread = Math.sqrt(Math.max(0, rx * rx * sxx + 2 * rx * ry * sxy + ry * ry * syy))
        const moved = (x: number, y: number, s: number): number =>
          slack[0]! * Math.abs(ax * x + ay * y) +
          slack[1]! * Math.abs(bx * x + by * y) +
          s *
            (slack[0]! * (Math.abs(ax) + Math.abs(ay)) + slack[1]! * (Math.abs(bx) + Math.abs(by)))
        const deviation = spread + moved(0, 0, Math.sqrt(sxx + syy))
        const mean = centre[axis] + rx * dx + ry * dy
        const reach = halfWidth * (Math.abs(rx) + Math.abs(ry)) + moved(dx, dy, halfWidth)
        sum += weight * beyond(mean, reach, variance + deviation * deviation)
      }
    }
    return sum
  }

  interface Group {
    readonly from: number
    readonly to: number
    /** Sum over the steps before the group. */
    readonly before: number
    readonly each: number
  }
  const groups: Group[] = []
  const contraction = Math.max(...modes.map(({ factor }) => Math.abs(factor)))
  const passed = (k: number): number => {
    for (;;) {
      const last = groups.at(-1)
      if (last !== undefined && last.to >= k) break
      const from = (last?.to ?? 0) + 1
      const settled = power(contraction, from) < 1e-6
      const to = settled ? Infinity : from + Math.floor(GROUPED * (from - 1))
      const before = last === undefined ? 0 : last.before + (last.to - last.from + 1) * last.each
      groups.push({
        from,
        to,
        before,
        each: outsideAt(from, Math.min(to, Number.MAX_SAFE_INTEGER)),
      })
    }
    if (k < 1) return 0
    let [a, b] = [0, groups.length - 1]
    while (a < b) {
      const middle = (a + b) >> 1
      if (groups[middle]!.to >= k) b = middle
      else a = middle + 1
    }
    const { from, before, each } = groups[a]!
    return before + (k - from + 1) * each
  }

  const sd = Math.sqrt(2 * stepSize * epsilon)
  // Mirror images of a kernel lie 4w apart, in two families along each axis.
  const density = 2 * log(2 * (1 / (Math.sqrt(2 * Math.PI) * sd) + 1 / (4 * w)))
  let most = 0
  for (const x of [-w, w]) {
    for (const y of [-w, w]) {
      const dx = x - centre[0]
      const dy = y - centre[1]
      most = Math.max(most, 0.5 * (xx * dx * dx + 2 * xy * dx * dy + yy * dy * dy))
    }
  }
  const det = xx * yy - xy * xy
  const logZ = log((2 * Math.PI * epsilon) / Math.sqrt(det)) - lowest / epsilon
  const worst = Math.max(0, density + (lowest + most) / epsilon + logZ)
  const rest = beyond(centre[0], 0, epsilon * ixx) + beyond(centre[1], 0, epsilon * iyy)
  return {
    passed,
    outside: -log(1 - Math.min(rest, 0.5)),
    allowance(k) {
      const p = passed(k)
      if (!(p <= MOST_PASSED && rest <= 0.5)) return Infinity
      if (p === 0) return 0
      return p * (worst + 2 * log(1 / p)) - (1 - p) * log(1 - p)
    },
  }
}

/** b^n for |b| ≤ 1 and whole n ≥ 0. */
function power(b: number, n: number): number {
  if (b === 0) return n === 0 ? 1 : 0
  const size = exp(n * log(Math.abs(b)))
  return b < 0 && n % 2 === 1 ? -size : size
}
