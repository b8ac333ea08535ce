import { exp, log } from '../maths/elementary.ts'
import { type Box, centreCoordinate, nodeCoordinate, spacing } from '../maths/grid.ts'
import { hash4, type Key, unit } from '../maths/rng.ts'
import type { EnergyField } from './energyField.ts'
import { readValue } from './energyGrid.ts'

/** The Gibbs measure π = e^(−V/ε)/Z on the cells of a box, ∫_Ω π = 1. Arrays have length cells². */
export interface Gibbs {
  readonly box: Box
  readonly epsilon: number
  /** log Z = log ∫_Ω e^(−V/ε). */
  readonly logZ: number
  /** V at the cell centres. */
  readonly values: Float64Array
  /** log of the mean of π over each cell; at refinement 1: −V/ε − log Z at the centre. */
  readonly logDensity: Float64Array
  /** e^logDensity; Σ density·h² = 1. */
  readonly density: Float64Array
  /** Midpoints a side of each cell in the quadrature: 1 where the cells resolve π. */
  readonly refinement: number
}

/** Refine the quadrature while halving its spacing still moves log Z by more than this, nats. */
const LOG_Z_TOLERANCE = 1e-4
const MAX_REFINEMENT = 8

/**
 * log Z and the Gibbs density by midpoint quadrature in the log domain, one midpoint a cell (spectrally
 * accurate while the cells resolve π and it is small at the walls). When halving the spacing moves log Z
 * by more than 1e-4, as at very low temperature, each cell is subdivided, up to 8 × 8.
 * @param epsilon ε > 0
 * @param box cells of the answer; its halfWidth must be that of the table; default: the table's own cells
 */
export function gibbs(field: EnergyField, epsilon: number, box: Box = field.grid.box): Gibbs {
  if (!(epsilon > 0)) throw new RangeError(`The temperature must be positive: ${epsilon}`)
  if (box.halfWidth !== field.grid.box.halfWidth) {
    throw new RangeError('The Gibbs measure lives on the box of its energy')
  }
  const { cells } = box
  const values = new Float64Array(cells * cells)
  for (let row = 0, k = 0; row < cells; row++) {
    const y = centreCoordinate(box, row)
    for (let column = 0; column < cells; column++, k++) {
      values[k] = readValue(field.grid, centreCoordinate(box, column), y)
    }
  }
  let logMeans = new Float64Array(cells * cells)
  for (let k = 0; k < values.length; k++) logMeans[k] = -values[k]! / epsilon
  const area = log(spacing(box) * spacing(box))
  let logZ = logSum(logMeans) + area
  let refinement = 1
  while (refinement < MAX_REFINEMENT) {
    const finer = refinedLogMeans(field, epsilon, box, 2 * refinement)
    const finerLogZ = logSum(finer) + area
    const settled = Math.abs(finerLogZ - logZ) <= LOG_Z_TOLERANCE
    if (settled) break
    refinement *= 2
    logMeans = finer
    logZ = finerLogZ
  }
  const density = new Float64Array(cells * cells)
  for (let k = 0; k < density.length; k++) {
    const l = logMeans[k]! - logZ
    logMeans[k] = l
    density[k] = exp(l)
  }
  return { box, epsilon, logZ, values, logDensity: logMeans, density, refinement }
}

/** log Σ e^l. */
function logSum(l: Float64Array): number {
  let top = -Infinity
  for (let k = 0; k < l.length; k++) if (l[k]! > top) top = l[k]!
  let sum = 0
  for (let k = 0; k < l.length; k++) sum += exp(l[k]! - top)
  return top + log(sum)
}

/** log of the mean of e^(−V/ε) over m × m midpoints of each cell. */
function refinedLogMeans(
  field: EnergyField,
  epsilon: number,
  box: Box,
  m: number,
): Float64Array<ArrayBuffer> {
  const { cells } = box
  const step = spacing(box) / m
  const out = new Float64Array(cells * cells)
  const local = new Float64Array(m * m)
  for (let row = 0, k = 0; row < cells; row++) {
    const y0 = nodeCoordinate(box, row)
    for (let column = 0; column < cells; column++, k++) {
      const x0 = nodeCoordinate(box, column)
      let top = -Infinity
      for (let j = 0, p = 0; j < m; j++) {
        for (let i = 0; i < m; i++, p++) {
          const x = x0 + (i + 0.5) * step
          const l = -readValue(field.grid, x, y0 + (j + 0.5) * step) / epsilon
          local[p] = l
          if (l > top) top = l
        }
      }
      let sum = 0
      for (let p = 0; p < local.length; p++) sum += exp(local[p]! - top)
      out[k] = top + log(sum / local.length)
    }
  }
  return out
}

/** Independent exact draws from the Gibbs measure of a table. */
export interface GibbsSampler {
  /**
   * n draws as [x0, y0, …], length 2n, inside Ω. Draw i is a pure function of (key, first + i).
   * @param first index of the first draw; default 0
   */
  sample(key: Key, n: number, first?: number): Float64Array
}

/**
 * Exact sampling of π of the tabulated energy by rejection: a cell with probability ∝ e^(−b/ε), b a
 * lower bound of V on it, a uniform point of the cell, accepted with probability e^(−(V − b)/ε).
 * The bound is the least of the 16 Bézier control values of the bicubic patch, which lies in their
 * convex hull, so the draws follow π itself and not a discretisation of it.
 */
export function gibbsSampler(field: EnergyField, epsilon: number): GibbsSampler {
  const { grid } = field
  const { box } = grid
  const { cells, halfWidth } = box
  const h = spacing(box)
  const bounds = cellLowerBounds(field)
  let lowest = Infinity
  for (let k = 0; k < bounds.length; k++) if (bounds[k]! < lowest) lowest = bounds[k]!
  const cumulative = new Float64Array(cells * cells)
  let total = 0
  for (let k = 0; k < cumulative.length; k++) {
    total += exp((lowest - bounds[k]!) / epsilon)
    cumulative[k] = total
  }
  const words = new Uint32Array(4)
  return {
    sample(key, n, first = 0) {
      const xy = new Float64Array(2 * n)
      for (let i = 0; i < n; i++) {
        for (let attempt = 0; ; attempt++) {
          hash4(key, first + i, attempt, words)
          const cell = search(cumulative, unit(words[0]!) * total)
          const column = cell % cells
          const x = -halfWidth + (column + unit(words[1]!)) * h
          const y = -halfWidth + ((cell - column) / cells + unit(words[2]!)) * h
          if (unit(words[3]!) < exp((bounds[cell]! - readValue(grid, x, y)) / epsilon)) {
            xy[2 * i] = x
            xy[2 * i + 1] = y
            break
          }
        }
      }
      return xy
    },
  }
}

/** Smallest k with cumulative[k] > u. */
function search(cumulative: Float64Array, u: number): number {
  let low = 0
  let high = cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (cumulative[middle]! > u) high = middle
    else low = middle + 1
  }
  return low
}

/** A lower bound of V on each cell: the least Bézier control value of its patch. Length cells². */
function cellLowerBounds(field: EnergyField): Float64Array {
  const { box, v, vx, vy, vxy } = field.grid
  const { cells } = box
  const side = cells + 1
  const third = spacing(box) / 3
  const out = new Float64Array(cells * cells)
  for (let row = 0, k = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++, k++) {
      let bound = Infinity
      for (let corner = 0; corner < 4; corner++) {
        const right = corner & 1
        const up = corner >> 1
        const node = (row + up) * side + column + right
        const dx = (right === 0 ? third : -third) * vx[node]!
        const dy = (up === 0 ? third : -third) * vy[node]!
        const dxy = (right === up ? third * third : -third * third) * vxy[node]!
        bound = Math.min(bound, v[node]! + Math.min(0, dx, dy, dx + dy + dxy))
      }
      out[k] = bound
    }
  }
  return out
}
