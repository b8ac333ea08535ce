import { barrierLevel } from '../../../core/fields/barriers/levels.ts'
import { barrierTerm } from '../../../core/fields/barriers/terms.ts'
import type { Landscape, Raster } from '../../../lab/protocol/calls.ts'

/** The four cubic Hermite weights of a line of sample points, cut into cells. */
interface Line {
  readonly cell: Int32Array
  /** Weights of f₀, f₀', f₁, f₁' (derivatives per world unit), four a point. */
  readonly weights: Float64Array
}

function hermiteLine(cells: number, halfWidth: number, samples: number, reversed: boolean): Line {
  const spacing = (2 * halfWidth) / cells
  const cell = new Int32Array(samples)
  const weights = new Float64Array(4 * samples)
  for (let i = 0; i < samples; i++) {
    const at = ((reversed ? samples - 1 - i : i) + 0.5) * (cells / samples)
    const k = Math.min(cells - 1, Math.floor(at))
    const t = at - k
    cell[i] = k
    weights[4 * i] = (1 + 2 * t) * (1 - t) * (1 - t)
    weights[4 * i + 1] = spacing * t * (1 - t) * (1 - t)
    weights[4 * i + 2] = t * t * (3 - 2 * t)
    weights[4 * i + 3] = spacing * t * t * (t - 1)
  }
  return { cell, weights }
}

/**
 * V by bicubic Hermite interpolation at the centres of width × height pixels that tile the box; y down,
 * as images are. The tensor form: first every node column along y, then each pixel along x.
 * @param out length width·height; overwritten
 */
export function sampleEnergy(
  landscape: Landscape,
  width: number,
  height: number,
  out: Float32Array,
): void {
  const { cells, halfWidth, v, vx, vy, vxy } = landscape
  const nodes = cells + 1
  const columns = hermiteLine(cells, halfWidth, width, false)
  const rows = hermiteLine(cells, halfWidth, height, true)
  const value = new Float64Array(nodes)
  const slope = new Float64Array(nodes)
  const { cell, weights } = columns
  for (let row = 0; row < height; row++) {
    const a = rows.weights[4 * row]!
    const b = rows.weights[4 * row + 1]!
    const c = rows.weights[4 * row + 2]!
    const d = rows.weights[4 * row + 3]!
    const low = rows.cell[row]! * nodes
    const high = low + nodes
    for (let i = 0; i < nodes; i++) {
      value[i] = a * v[low + i]! + b * vy[low + i]! + c * v[high + i]! + d * vy[high + i]!
      slope[i] = a * vx[low + i]! + b * vxy[low + i]! + c * vx[high + i]! + d * vxy[high + i]!
    }
    const start = row * width
    for (let column = 0; column < width; column++) {
      const k = cell[column]!
      const w = 4 * column
      out[start + column] =
        weights[w]! * value[k]! +
        weights[w + 1]! * slope[k]! +
        weights[w + 2]! * value[k + 1]! +
        weights[w + 3]! * slope[k + 1]!
    }
  }
}

/**
 * `sampleEnergy` with the barrier terms −μ log h; +∞ where a barrier forbids.
 * @param out length width·height; overwritten
 */
export function sampleField(
  landscape: Landscape,
  width: number,
  height: number,
  out: Float32Array,
): void {
  sampleEnergy(landscape, width, height, out)
  addTerms(landscape, width, height, out, barrierTerm)
}

/**
 * `sampleField` made finite, for level sets that reach a wall: from one pixel before it on a barrier's term goes on
 * along its tangent, and a hard wall leaves the energy as it is.
 */
export function sampleExtended(
  landscape: Landscape,
  width: number,
  height: number,
  out: Float32Array,
): void {
  const near = (2 * landscape.halfWidth) / Math.min(width, height)
  sampleEnergy(landscape, width, height, out)
  addTerms(landscape, width, height, out, (strength, h) => {
    if (strength === 0) return 0
    return h >= near ? barrierTerm(strength, h) : extended(strength, h, near)
  })
}

/** The tangent of −μ log h at h = near; capped where h has lost its meaning, deep inside. */
function extended(strength: number, h: number, near: number): number {
  return barrierTerm(strength, near) + strength * (1 - Math.max(h / near, -50))
}

function addTerms(
  { barriers, halfWidth }: Landscape,
  width: number,
  height: number,
  out: Float32Array,
  term: (strength: number, h: number) => number,
): void {
  for (const barrier of barriers) {
    for (let row = 0, k = 0; row < height; row++) {
      const y = halfWidth - ((row + 0.5) * 2 * halfWidth) / height
      for (let column = 0; column < width; column++, k++) {
        const x = ((column + 0.5) * 2 * halfWidth) / width - halfWidth
        out[k] = out[k]! + term(barrier.strength, barrierLevel(barrier, x, y))
      }
    }
  }
}

/**
 * A raster at the centres of width × height pixels, bilinear between cell centres, constant beyond the
 * outermost; y down.
 * @param out length width·height; overwritten
 */
export function sampleRaster(
  raster: Raster,
  width: number,
  height: number,
  out: Float32Array,
): void {
  const { cells, values } = raster
  const last = cells - 1
  for (let row = 0; row < height; row++) {
    const v = Math.min(last, Math.max(0, ((height - row - 0.5) * cells) / height - 0.5))
    const j = Math.min(Math.max(0, last - 1), Math.floor(v))
    const s = v - j
    const low = j * cells
    const high = Math.min(last, j + 1) * cells
    for (let column = 0; column < width; column++) {
      const u = Math.min(last, Math.max(0, ((column + 0.5) * cells) / width - 0.5))
      const i = Math.min(Math.max(0, last - 1), Math.floor(u))
      const next = Math.min(last, i + 1)
      const t = u - i
      out[row * width + column] =
        (1 - s) * ((1 - t) * values[low + i]! + t * values[low + next]!) +
        s * ((1 - t) * values[high + i]! + t * values[high + next]!)
    }
  }
}

/** Smallest and largest of the finite entries; [0, 0] where there is none. */
export function extent(values: ArrayLike<number>): readonly [low: number, high: number] {
  let low = Infinity
  let high = -Infinity
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value < low && value > -Infinity) low = value
    if (value > high && value < Infinity) high = value
  }
  return low <= high ? [low, high] : [0, 0]
}
