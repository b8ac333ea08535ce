import type { Gibbs } from '../../fields/gibbs.ts'
import { exp, log } from '../../maths/elementary.ts'
import { spacing } from '../../maths/grid.ts'

/**
 * The flow of the skew drift, d_t ρ = div(ρ γJ∇V), on the cells of a box. Its velocity times π is the curl of the stream
 * function ψ = εγπ, so that it carries π along its own level lines:
 *
 *   d_t ρ_i = −h⁻² Σ_j Ψ_ij ½(r_i + r_j),  r = ρ/π,
 *
 * Ψ_ij the difference of ψ over the corners of the face between cells i and j. Σ_j Ψ_ij = 0 for every cell and
 * Ψ_ij = −Ψ_ji: mass and π are kept exactly, and the flow is an antisymmetric matrix in L²(π), so that χ² = Σ π r² is too.
 * The same sum over cells two apart has the same properties; 4/3 of the first less 1/3 of the second is of fourth order in
 * space. ψ = 0 on walls, along which the current runs, and around cells where π = 0. ψ is limited to a multiple of
 * π in the cells around it, which matters only where π falls by more than that factor within a cell.
 */
export interface SkewFlow {
  /** Longest step of `advance`: within it no function grows in L²(π). */
  readonly stepLimit: number
  /**
   * One step of the classical Runge–Kutta method of fourth order, in place. χ² does not rise; signs and KL are kept as
   * far as the cells resolve r.
   */
  advance(density: Float64Array, dt: number): void
}

/** Largest ratio of ψ/(εγ) at a corner of a cell to π in it; twice that at twice the distance. */
const LIMIT = 4
/** The method of fourth order does not amplify up to 2√2 on the imaginary axis. */
const STABLE = 2.8

/** Inflow into each cell from the cells `offset` places before and after it, per unit of time and density; length cells². */
interface Coupling {
  readonly offset: number
  readonly before: Float64Array
  readonly after: Float64Array
}

/** @param skew γ ≠ 0 */
export function createSkewFlow(pi: Gibbs, skew: number): SkewFlow {
  const { cells } = pi.box
  const h = spacing(pi.box)
  const scale = (pi.epsilon * skew) / (2 * h * h)
  const [x, y] = couple(pi, 1, (4 / 3) * scale)
  const [xx, yy] = couple(pi, 2, (-1 / 12) * scale)
  const size = cells * cells
  // Arrays have zeros on both sides, so that all cells are treated alike.
  const margin = yy.offset
  const [start, u, v] = Array.from({ length: 3 }, () => new Float64Array(size + 2 * margin))

  /** out = base + t A f, all with margins. */
  function add(base: Float64Array, t: number, f: Float64Array, out: Float64Array): void {
    for (let k = 0, j = margin; k < size; k++, j++) {
      out[j] =
        base[j]! +
        t *
          (x.before[k]! * f[j - 1]! +
            x.after[k]! * f[j + 1]! +
            (y.before[k]! * f[j - cells]! + y.after[k]! * f[j + cells]!) +
            (xx.before[k]! * f[j - 2]! + xx.after[k]! * f[j + 2]!) +
            (yy.before[k]! * f[j - margin]! + yy.after[k]! * f[j + margin]!))
    }
  }

  return {
    stepLimit: STABLE / largestRowSum([x, y, xx, yy]),
    advance(density, dt) {
      start!.set(density, margin)
      // Runge–Kutta of fourth order on a linear equation, in Horner's form.
      add(start!, dt / 4, start!, u!)
      add(start!, dt / 3, u!, v!)
      add(start!, dt / 2, v!, u!)
      add(start!, dt, u!, v!)
      density.set(v!.subarray(margin, margin + size))
    },
  }
}

/**
 * The couplings of cells `reach` apart in x and in y. Over the faces of a square of `reach` cells a side around cell
 * (i, j), Ψ is the difference of ψ over corners (i, j) … (i + reach, j + reach) of `logStream`.
 * @param scale of Ψ/(εγ)
 */
function couple(pi: Gibbs, reach: number, scale: number): [x: Coupling, y: Coupling] {
  const { cells } = pi.box
  const l = pi.logDensity
  const stream = logStream(pi, reach)
  const side = cells + reach
  const size = cells * cells
  const x = { offset: reach, before: new Float64Array(size), after: new Float64Array(size) }
  const y = { offset: reach * cells, before: new Float64Array(size), after: new Float64Array(size) }
  const join = (
    k: number,
    { offset, before, after }: Coupling,
    a: number,
    b: number,
    factor: number,
  ): void => {
    if (a === b) return
    const flux = (logPi: number): number => factor * (exp(b - logPi) - exp(a - logPi))
    after[k] = -flux(l[k + offset]!)
    before[k + offset] = flux(l[k]!)
  }
  for (let row = 0, k = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++, k++) {
      const corner = (row + reach) * side + column + reach
      const far = stream[corner]!
      if (column + reach < cells) join(k, x, stream[corner - reach * side]!, far, scale)
      if (row + reach < cells) join(k, y, stream[corner - reach]!, far, -scale)
    }
  }
  return [x, y]
}

/** A bound on the spectrum of the antisymmetric matrix √|A_ij A_ji|, by Gershgorin's circles. */
function largestRowSum(couplings: readonly Coupling[]): number {
  const sums = new Float64Array(couplings[0]!.after.length)
  for (const { offset, before, after } of couplings) {
    for (let k = 0; k + offset < sums.length; k++) {
      const entry = Math.sqrt(Math.abs(after[k]! * before[k + offset]!))
      sums[k] = sums[k]! + entry
      sums[k + offset] = sums[k + offset]! + entry
    }
  }
  return sums.reduce((most, sum) => Math.max(most, sum), 0)
}

/**
 * log π at the corners of squares of `reach` cells a side: (cells + reach)² of them, corner (i, j) in the middle of the
 * cells i − reach … i, j − reach … j. Between cells by cubic interpolation, which is exact for quadratic energies, next
 * to walls and barriers by the mean; −∞ where one of those cells is outside, closed or parted from
 * its neighbours.
 */
function logStream({ box, logDensity: l, parted }: Gibbs, reach: number): Float64Array {
  const { cells } = box
  const side = cells + reach
  const out = new Float64Array(side * side).fill(-Infinity)
  const margin = log(LIMIT * reach)
  for (let row = reach; row < cells; row++) {
    for (let column = reach; column < cells; column++) {
      const k = row * cells + column
      let open = true
      for (let j = 0; j <= reach; j++) {
        for (let i = 0; i <= reach; i++) {
          const at = k - i - j * cells
          open &&= l[at]! > -Infinity
          if (parted === null) continue
          open &&= (i === 0 || parted.right[at] === 0) && (j === 0 || parted.up[at] === 0)
        }
      }
      if (!open) continue
      const opposite = k - reach * cells
      const four = [l[k]!, l[k - reach]!, l[opposite]!, l[opposite - reach]!] as const
      const inside = row >= 2 && row + 2 <= cells && column >= 2 && column + 2 <= cells
      let value = reach === 2 ? l[k - 1 - cells]! : inside ? cubic(l, k, cells) : Number.NaN
      if (!Number.isFinite(value)) value = 0.25 * (four[0] + four[1] + four[2] + four[3])
      out[row * side + column] = Math.min(value, Math.min(...four) + margin)
    }
  }
  return out
}

const CUBIC = [-1 / 16, 9 / 16, 9 / 16, -1 / 16] as const

/** At the lower left corner of cell k, from the 4 × 4 cells around it; not finite where one is closed. */
function cubic(l: Float64Array, k: number, cells: number): number {
  let sum = 0
  for (let j = 0; j < 4; j++) {
    const start = k + (j - 2) * cells - 2
    for (let i = 0; i < 4; i++) sum += CUBIC[j]! * CUBIC[i]! * l[start + i]!
  }
  return sum
}
