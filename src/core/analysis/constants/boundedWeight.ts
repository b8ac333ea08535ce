import type { EnergyField } from '../../fields/energyField.ts'
import { controlValues, halveNet } from '../../fields/gibbs.ts'
import { exp, log } from '../../maths/elementary.ts'
import { minEigenvalue2, type Symmetric2 } from '../../maths/linalg2.ts'

/** ‖v‖ ≤ 0.1893 diam(K) ‖∇v‖ for every v on a triangle K whose mean over each edge is 0; Liu (2015). */
const EDGE_MEANS = 0.1893
/** Units of rounding of the largest control value by which one may be off: 4 of `controlValues`, 3 a halving, 4 of a difference. */
const ROUNDINGS = 64
const UNIT = Number.EPSILON / 2

/** A mesh of cells × cells squares, halved by their diagonals; V is bounded on parts² parts of each half. */
export interface Mesh {
  readonly cells: number
  /** cells·parts is the table's cells a side times a power of two. */
  readonly parts: number
}

/**
 * Bounds of the weight w = e^(−(V − least)/ε) on the triangles of a mesh of cells × cells squares of the box, each halved by its
 * diagonal from upper left to lower right: triangle 2k is the lower left half of square k, 2k + 1 the upper right one. The edges
 * of a triangle are numbered 0 along x, 1 along y and 2 for the diagonal; φ_e is the linear function that is 1 at the middle of
 * edge e and 0 at the middles of the others.
 */
export interface BoundedWeight {
  readonly cells: number
  /** log α of each triangle K: α a lower bound of the harmonic mean of w on K, on a steep one a lower bound of w itself. */
  readonly logAlpha: Float64Array
  /** ∫_K φ_e φ_f β/α of each triangle for the pairs 00, 01, 02, 11, 12, 22, β ≥ w constant on its parts; area units. */
  readonly mass: Float64Array
  /**
   * A bound of ∫_K b c²(ᾱ/w − 1)²/(εα|K|), a time: b ≥ w on K, ᾱ its harmonic mean, c the constant of K in the metric. 0 on
   * a steep triangle, with whose α the inequality is the one for constant weights.
   */
  readonly variation: Float64Array
  /** The largest c²b/(εa), a time: a ≤ w ≤ b on K. */
  readonly remainder: number
}

interface Part {
  readonly column: number
  readonly row: number
  /** Whether the part is the half of its square away from the right angle of the triangle. */
  readonly far: boolean
  /** ∫ φ_e φ_f over the part, as a share of the area of the triangle; the six pairs. */
  readonly moments: readonly number[]
}

/** The parts² equal triangles that a triangle is cut into, in coordinates from its right angle, legs of length `parts`. */
function partsOf(parts: number): Part[] {
  const list: Part[] = []
  const share = 1 / (parts * parts)
  for (let row = 0; row < parts; row++) {
    for (let column = 0; column + row < parts; column++) {
      for (const far of column + row < parts - 1 ? [false, true] : [false]) {
        const corners = far
          ? [
              [column + 1, row + 1],
              [column, row + 1],
              [column + 1, row],
            ]
          : [
              [column, row],
              [column + 1, row],
              [column, row + 1],
            ]
        const moments = new Array<number>(6).fill(0)
        // The rule of the three middles is exact for the products of linear functions.
        for (let k = 0; k < 3; k++) {
          const u = (corners[k]![0]! + corners[(k + 1) % 3]![0]!) / (2 * parts)
          const v = (corners[k]![1]! + corners[(k + 1) % 3]![1]!) / (2 * parts)
          const phi = [1 - 2 * v, 1 - 2 * u, 2 * (u + v) - 1]
          let pair = 0
          for (let e = 0; e < 3; e++) {
            for (let f = e; f < 3; f++, pair++) {
              moments[pair] = moments[pair]! + (share / 3) * phi[e]! * phi[f]!
            }
          }
        }
        list.push({ column, row, far, moments })
      }
    }
  }
  return list
}

/**
 * Bounds w from the control values of the bicubic patches of V, which hold everywhere. Yields after each row of squares.
 * @param timeLimit triangles with a larger `variation` take the least of w for α
 */
export function* boundWeight(
  field: EnergyField,
  epsilon: number,
  metric: Symmetric2,
  { cells, parts }: Mesh,
  timeLimit: number,
): Generator<void, BoundedWeight> {
  const { box, v } = field.grid
  const fine = cells * parts
  let depth = 0
  while (box.cells << depth < fine) depth++
  if (box.cells << depth !== fine)
    throw new RangeError(`A mesh of ${cells} squares in ${parts} parts does not fit the table`)
  let greatest = 0
  let least = Infinity
  for (const value of v) least = Math.min(least, value)
  /** Bounds of V, row-major on the squares of the parts: least and greatest on the lower left half, then on the other. */
  const bounds = new Float64Array(4 * fine * fine)
  const root = new Float64Array(16)
  const nets = Array.from({ length: 4 * depth }, () => new Float64Array(16))
  const descend = (net: Float64Array, level: number, column: number, row: number): void => {
    if (level === depth) {
      boundHalves(net, bounds, 4 * (row * fine + column))
      return
    }
    const [south, north, west, east] = nets.slice(4 * level, 4 * level + 4) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ]
    halveNet(net, 4, south, north)
    for (const [up, half] of [south, north].entries()) {
      halveNet(half, 1, west, east)
      descend(west, level + 1, 2 * column, 2 * row + up)
      descend(east, level + 1, 2 * column + 1, 2 * row + up)
    }
  }
  for (let row = 0; row < box.cells; row++) {
    for (let column = 0; column < box.cells; column++) {
      controlValues(field, column, row, root)
      for (const value of root) greatest = Math.max(greatest, Math.abs(value))
      descend(root, 0, column, row)
    }
    yield
  }
  const slack = ROUNDINGS * UNIT * greatest

  const list = partsOf(parts)
  const count = 2 * cells * cells
  const logAlpha = new Float64Array(count)
  const mass = new Float64Array(6 * count)
  const variation = new Float64Array(count)
  let remainder = 0
  const h = (2 * box.halfWidth) / cells
  const area = (h * h) / 2
  const c2 = (EDGE_MEANS * EDGE_MEANS * 2 * h * h) / (epsilon * minEigenvalue2(...metric))
  const moments = new Float64Array(6)
  for (let row = 0, k = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      for (const upper of [0, 1]) {
        const at = (part: Part): number => {
          const x = column * parts + (upper === 1 ? parts - 1 - part.column : part.column)
          const y = row * parts + (upper === 1 ? parts - 1 - part.row : part.row)
          return 4 * (y * fine + x) + (part.far === (upper === 0) ? 2 : 0)
        }
        let low = Infinity
        let high = -Infinity
        for (const part of list) {
          low = Math.min(low, bounds[at(part)]! - slack)
          high = Math.max(high, bounds[at(part) + 1]! + slack)
        }
        // All relative to e^(−(low − least)/ε), the bound b of w.
        const a = exp((low - high) / epsilon)
        let inverseMost = 0
        let inverseLeast = 0
        let inverseSquare = 0
        moments.fill(0)
        for (const part of list) {
          const top = exp((low - bounds[at(part)]! + slack) / epsilon)
          const inverse = exp((bounds[at(part) + 1]! + slack - low) / epsilon)
          inverseMost += inverse
          inverseSquare += inverse * inverse
          inverseLeast += 1 / top
          for (let pair = 0; pair < 6; pair++) {
            moments[pair] = moments[pair]! + top * part.moments[pair]!
          }
        }
        const harmonic = list.length / inverseMost
        // α ≤ the harmonic mean ᾱ of w: ∫(ᾱ/w − 1)² = ᾱ²∫w⁻² − |K|.
        const most = list.length / inverseLeast
        const spread = (c2 / harmonic) * ((most * most * inverseSquare) / list.length - 1)
        const plain = !(spread <= timeLimit)
        const alpha = plain ? a : harmonic
        logAlpha[k] = log(alpha) - (low - least) / epsilon
        variation[k] = plain ? 0 : Math.max(0, spread)
        for (let pair = 0; pair < 6; pair++) mass[6 * k + pair] = (area * moments[pair]!) / alpha
        remainder = Math.max(remainder, c2 / a)
        k++
      }
    }
    yield
  }
  return { cells, logAlpha, mass, variation, remainder }
}

/**
 * Bounds of a bicubic polynomial on the lower left and the upper right half of its square: V − ℓ has control values c − ℓ
 * for a linear ℓ, here the one through the three corners of the half, and is within their range.
 * @param net 16 control values, x fastest
 * @param out least and greatest on the lower left half, then on the upper right one, from index `at` on
 */
function boundHalves(net: Float64Array, out: Float64Array, at: number): void {
  for (const [half, origin, inX, inY] of [
    [0, 0, 3, 12],
    [2, 15, 12, 3],
  ] as const) {
    const value = net[origin]!
    const dx = (net[inX]! - value) / 3
    const dy = (net[inY]! - value) / 3
    let below = 0
    let above = 0
    for (let i = 0, k = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++, k++) {
        const [x, y] = half === 0 ? [j, i] : [3 - j, 3 - i]
        const off = net[k]! - value - x * dx - y * dy
        if (off < below) below = off
        else if (off > above) above = off
      }
    }
    out[at + half] = Math.min(value, net[inX]!, net[inY]!) + below
    out[at + half + 1] = Math.max(value, net[inX]!, net[inY]!) + above
  }
}
