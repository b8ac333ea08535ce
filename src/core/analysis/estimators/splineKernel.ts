import { type Band, type Fold, stepKernel } from '../../fields/stepKernel.ts'
import { exp } from '../../maths/elementary.ts'
import { type Box, foldIndex, spacing } from '../../maths/grid.ts'
import type { Symmetric2 } from '../../maths/linalg2.ts'

/*
 * Sums of very many equal Gaussian kernels on the cells of a box. Instead of its whole kernel each particle deposits a
 * quintic B-spline, 6 × 6 numbers whatever the width of the kernel; one discrete convolution then turns the grid of
 * splines into the grid of kernels:
 *
 *   G(c − x) ≈ Σ_m W(c − m) B₅(x − m),   W ∗ B₅ = G at whole numbers,
 *
 * which interpolates x ↦ G(c − x) by the quintic spline through its values at the nodes, the centres of the cells. The
 * error of one kernel is at most 6e-5 of its peak where its deviation is two cells and 3.5e-3 where it is 1.1; it changes
 * sign across a cell and its mean over the cell is zero, so that it almost vanishes in the sum over a cloud. Both
 * sides sum to one, so masses are kept.
 *
 * Source: Unser, Aldroubi & Eden (1993), "B-spline signal processing", IEEE Trans. Signal Processing 41(2).
 */

/** Nodes that a spline reaches beyond the outermost centres. */
const MARGIN = 3
/** The poles of the inverse of B₅ at whole numbers, [1, 26, 66, 26, 1]/120, inside the unit circle. */
const POLES = [
  Math.sqrt(67.5 - Math.sqrt(4436.25)) + Math.sqrt(26.25) - 6.5,
  Math.sqrt(67.5 + Math.sqrt(4436.25)) - Math.sqrt(26.25) - 6.5,
] as const
/** Samples of the kernel beyond its reach, on which the inverse filter settles: 0.43^24 is 2e-9. */
const SETTLING = 24

/** Sums kernels of one covariance, folded (reflected) at the walls of a box; the caller adds those at places outside it. */
export class SplineKernel {
  private readonly box: Box
  private readonly side: number
  /** Splines deposited, over the nodes −MARGIN … cells + MARGIN − 1 of both axes. */
  private readonly splines: Float64Array
  private readonly fold: (splines: Float64Array, out: Float64Array) => void
  /** The matrices of `fold` along the two axes, as `stepKernel` takes them; null where the kernel is tilted. */
  private readonly bands: Fold | null

  /** @param reach kernels are cut off at this many standard deviations, and not before the spline ends */
  constructor(box: Box, covariance: Symmetric2, reach: number) {
    this.box = box
    this.side = box.cells + 2 * MARGIN
    this.splines = new Float64Array(this.side * this.side)
    this.bands = covariance[1] === 0 ? bandsOf(box, covariance[0], covariance[2], reach) : null
    this.fold = this.bands === null ? tilted(box, covariance, reach) : separable(this.bands)
  }

  /**
   * Sums the kernels at the places start, start + stride, … that lie in the box.
   * @param places [x0, y0, …]
   * @param out length cells²: Σ of kernels of mass 1; overwritten
   * @returns how many of the places lay outside, which have no part in the sum
   */
  gather(places: Float64Array, start: number, stride: number, out: Float64Array): number {
    const kernel = stepKernel()
    if (kernel !== null && this.bands !== null) {
      return kernel.gather(this.bands, places, start, stride, out)
    }
    const { splines, side } = this
    const { halfWidth: w, cells } = this.box
    const scale = cells / (2 * w)
    splines.fill(0)
    let outside = 0
    for (let k = 2 * start; k < places.length; k += 2 * stride) {
      const x = places[k]!
      const y = places[k + 1]!
      if (!(x >= -w && x <= w && y >= -w && y <= w)) {
        outside++
        continue
      }
      // Counted from node −MARGIN, the coordinates are positive, so that truncation is the floor.
      const s = (x + w) * scale + (MARGIN - 0.5)
      const r = (y + w) * scale + (MARGIN - 0.5)
      const column = s | 0
      const row = r | 0
      const t = s - column
      const u = r - row
      const t1 = 1 - t
      const a1 = fifth(t1)
      const a2 = fifth(1 + t1)
      const b1 = fifth(t)
      const b2 = fifth(1 + t)
      const x0 = a1 / 120
      const x1 = (a2 - 6 * a1) / 120
      const x2 = (fifth(2 + t1) - 6 * a2 + 15 * a1) / 120
      const x3 = (fifth(2 + t) - 6 * b2 + 15 * b1) / 120
      const x4 = (b2 - 6 * b1) / 120
      const x5 = b1 / 120
      const u1 = 1 - u
      const c1 = fifth(u1)
      const c2 = fifth(1 + u1)
      const d1 = fifth(u)
      const d2 = fifth(1 + u)
      lines[0] = c1 / 120
      lines[1] = (c2 - 6 * c1) / 120
      lines[2] = (fifth(2 + u1) - 6 * c2 + 15 * c1) / 120
      lines[3] = (fifth(2 + u) - 6 * d2 + 15 * d1) / 120
      lines[4] = (d2 - 6 * d1) / 120
      lines[5] = d1 / 120
      let at = (row - 2) * side + column - 2
      for (let j = 0; j < 6; j++, at += side) {
        const weight = lines[j]!
        splines[at] = splines[at]! + weight * x0
        splines[at + 1] = splines[at + 1]! + weight * x1
        splines[at + 2] = splines[at + 2]! + weight * x2
        splines[at + 3] = splines[at + 3]! + weight * x3
        splines[at + 4] = splines[at + 4]! + weight * x4
        splines[at + 5] = splines[at + 5]! + weight * x5
      }
    }
    this.fold(splines, out)
    return outside
  }
}

const lines = new Float64Array(6)

function fifth(x: number): number {
  const square = x * x
  return square * square * x
}

/** Divides by B₅ at whole numbers along a line of `count` values, `step` apart, up to a constant; zero beyond. */
function unspline(values: Float64Array, first: number, step: number, count: number): void {
  for (const z of POLES) {
    const last = first + (count - 1) * step
    for (let k = first + step; k <= last; k += step) values[k] = values[k]! + z * values[k - step]!
    values[last] = values[last]! / (1 - z * z)
    for (let k = last - step; k >= first; k -= step) {
      values[k] = values[k]! + z * values[k + step]!
    }
  }
}

function normalise(values: Float64Array): Float64Array {
  let sum = 0
  for (const v of values) sum += v
  return values.map((v) => v / sum)
}

/** Reach of W on an axis, in nodes. */
function reachOf(box: Box, variance: number, reach: number): number {
  return Math.ceil((reach * Math.sqrt(variance)) / spacing(box)) + MARGIN
}

/** W along one axis as a matrix [cell][node], mirrored at the walls. */
function axisMatrix(box: Box, variance: number, reach: number): Band {
  const { cells } = box
  const h = spacing(box)
  const radius = reachOf(box, variance, reach)
  const far = radius + SETTLING
  const samples = Float64Array.from({ length: 2 * far + 1 }, (_, i) =>
    exp((-0.5 * (i - far) * (i - far) * h * h) / variance),
  )
  unspline(samples, 0, 1, samples.length)
  const weights = normalise(samples.slice(SETTLING, SETTLING + 2 * radius + 1))
  const side = cells + 2 * MARGIN
  const matrix = new Float64Array(cells * side)
  for (let node = 0; node < side; node++) {
    for (let k = -radius; k <= radius; k++) {
      const at = foldIndex(node - MARGIN + k, cells) * side + node
      matrix[at] = matrix[at]! + weights[radius + k]!
    }
  }
  const from = new Int32Array(cells)
  const to = new Int32Array(cells)
  for (let c = 0; c < cells; c++) {
    from[c] = side
    for (let node = 0; node < side; node++) {
      if (matrix[c * side + node] === 0) continue
      from[c] = Math.min(from[c]!, node)
      to[c] = node + 1
    }
  }
  return { matrix, from, to }
}

function bandsOf(box: Box, varianceX: number, varianceY: number, reach: number): Fold {
  const x = axisMatrix(box, varianceX, reach)
  const y = varianceY === varianceX ? x : axisMatrix(box, varianceY, reach)
  return { box, x, y }
}

/** Convolution and mirroring axis by axis. */
function separable({ box, x, y }: Fold): (splines: Float64Array, out: Float64Array) => void {
  const { cells } = box
  const side = cells + 2 * MARGIN
  const half = new Float64Array(side * cells)
  return (splines, out) => {
    for (let node = 0; node < side; node++) {
      const line = node * side
      for (let c = 0; c < cells; c++) {
        const to = x.to[c]!
        const row = c * side
        let sum = 0
        for (let m = x.from[c]!; m < to; m++) sum += x.matrix[row + m]! * splines[line + m]!
        half[node * cells + c] = sum
      }
    }
    out.fill(0)
    for (let c = 0; c < cells; c++) {
      const to = y.to[c]!
      const start = c * cells
      for (let node = y.from[c]!; node < to; node++) {
        const weight = y.matrix[c * side + node]!
        const line = node * cells
        for (let i = 0; i < cells; i++) {
          out[start + i] = out[start + i]! + weight * half[line + i]!
        }
      }
    }
  }
}

/** Convolution and mirroring of a kernel whose axes are not those of the grid. */
function tilted(
  box: Box,
  [xx, xy, yy]: Symmetric2,
  reach: number,
): (splines: Float64Array, out: Float64Array) => void {
  const { cells } = box
  const side = cells + 2 * MARGIN
  const h = spacing(box)
  const rx = reachOf(box, xx, reach)
  const ry = reachOf(box, yy, reach)
  const wide = 2 * (rx + SETTLING) + 1
  const high = 2 * (ry + SETTLING) + 1
  const scale = (-0.5 * h * h) / (xx * yy - xy * xy)
  const samples = new Float64Array(wide * high)
  for (let j = 0, k = 0; j < high; j++) {
    const dy = j - ry - SETTLING
    for (let i = 0; i < wide; i++, k++) {
      const dx = i - rx - SETTLING
      samples[k] = exp(scale * (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy))
    }
  }
  for (let j = 0; j < high; j++) unspline(samples, j * wide, 1, wide)
  for (let i = 0; i < wide; i++) unspline(samples, i, wide, high)
  const width = 2 * rx + 1
  const height = 2 * ry + 1
  const weights = new Float64Array(width * height)
  for (let j = 0; j < height; j++) {
    const from = (j + SETTLING) * wide + SETTLING
    weights.set(samples.subarray(from, from + width), j * width)
  }
  weights.set(normalise(weights))
  return (splines, out) => {
    out.fill(0)
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const mass = splines[row * side + column]!
        if (mass === 0) continue
        const left = column - MARGIN - rx
        const inside = left >= 0 && left + width <= cells
        for (let j = 0; j < height; j++) {
          const line = foldIndex(row - MARGIN - ry + j, cells) * cells
          const from = j * width
          if (inside) {
            for (let i = 0; i < width; i++) {
              out[line + left + i] = out[line + left + i]! + mass * weights[from + i]!
            }
            continue
          }
          for (let i = 0; i < width; i++) {
            const k = line + foldIndex(left + i, cells)
            out[k] = out[k]! + mass * weights[from + i]!
          }
        }
      }
    }
  }
}
