import { exp, log } from '../maths/elementary.ts'
import { type Box, centreCoordinate, nodeCoordinate, spacing } from '../maths/grid.ts'
import { hash4, type Key, unit } from '../maths/rng.ts'
import { barrierMean } from './barriers/means.ts'
import { barriersFelt, levelRange } from './barriers/levels.ts'
import { barrierTerm } from './barriers/terms.ts'
import { fieldValue } from './fieldReading.ts'
import { isAllowed, isClear, obstacles } from './barriers/ways.ts'
import type { EnergyField } from './energyField.ts'
import type { Barrier } from './barriers/registry.ts'
import { readValue } from './energyGrid.ts'

/**
 * Which cells barriers keep apart: those with a barrier across every way between them. A cell that a wall cuts in two counts as
 * its part in the middle. Arrays of length cells², 1 where parted.
 */
export interface Parted {
  /** k from k + 1. */
  readonly right: Uint8Array
  /** k from k + cells. */
  readonly up: Uint8Array
  /** k from the cell dx columns and dy rows on, both within the box. */
  between(k: number, dx: number, dy: number): boolean
}

/** The Gibbs measure π = e^(−V/ε)/Z on the cells of a box, ∫_Ω π = 1. Arrays have length cells². */
export interface Gibbs {
  readonly box: Box
  readonly epsilon: number
  /** log Z = log ∫_Ω e^(−V/ε). */
  readonly logZ: number
  /** V at the cell centres; +∞ where a barrier forbids them. */
  readonly values: Float64Array
  /**
   * log of the mean of π over each cell; at refinement 1: −V/ε − log Z at the centre. −∞ exactly for the closed
   * cells, of which barriers leave nothing, or next to nothing.
   */
  readonly logDensity: Float64Array
  /** e^logDensity; Σ density·h² = 1. */
  readonly density: Float64Array
  /** Midpoints a side of each cell in the quadrature: 1 where the cells resolve π; at least 2 with barriers. */
  readonly refinement: number
  /** The cells that barriers keep apart, however thin these are; null without barriers. */
  readonly parted: Parted | null
}

/** Refine the quadrature while halving its spacing still moves log Z by more than this, nats. */
export const LOG_Z_TOLERANCE = 1e-4
const MAX_REFINEMENT = 1024
/** Points that one refinement may cost. */
const MOST_POINTS = 1 << 22
/** A cell on which π stays below e^−45 of its greatest value is left at its midpoint. */
const NEGLECT = 45

/**
 * log Z and the Gibbs density by midpoint quadrature in the log domain, one midpoint a cell (spectrally
 * accurate while the cells resolve π and it is small at the walls). When halving the spacing moves log Z
 * by more than 1e-4, as at low temperature, the cells that can matter are subdivided, up to 1024 × 1024.
 * Barriers near a midpoint enter it by their mean over its square, so that walls between the midpoints count too; slivers
 * of cells that they leave are closed, as long as that moves log Z by no more than 1e-4.
 * @param epsilon ε > 0
 * @param box cells of the answer; its halfWidth must be that of the table; default: the table's own cells
 * @throws RangeError when the barriers leave nothing of the box
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
      values[k] = fieldValue(field, centreCoordinate(box, column), y)
    }
  }
  const walls = field.barriers.length > 0
  const everyCell = Array.from(values.keys())
  let logMeans = walls
    ? refinedLogMeans(field, epsilon, box, 1, everyCell, new Float64Array(cells * cells))
    : values.map((v) => -v / epsilon)
  if (greatest(logMeans) === -Infinity)
    throw new RangeError('The barriers leave no room in the box')
  const area = log(spacing(box) * spacing(box))
  let logZ = logSum(logMeans) + area
  let refinement = 1
  const bounds = lowerBounds(field, box)
  if (walls) leaveOutClosed(field, box, bounds)
  while (refinement < MAX_REFINEMENT) {
    const m = 2 * refinement
    const least = greatest(logMeans) - NEGLECT
    const active: number[] = []
    for (let k = 0; k < bounds.length; k++) if (-bounds[k]! / epsilon >= least) active.push(k)
    if (refinement > 1 && active.length * m * m > MOST_POINTS) break
    const finer = refinedLogMeans(field, epsilon, box, m, active, logMeans)
    const finerLogZ = logSum(finer) + area
    const settled = Math.abs(finerLogZ - logZ) <= LOG_Z_TOLERANCE
    // One midpoint a cell stays where a finer quadrature agrees with it. After a refinement the finer of the two is taken:
    // it is computed already, and where log Z of a narrow well agrees by chance its moments need not.
    if (settled && refinement === 1 && !walls) break
    refinement = m
    logMeans = finer
    logZ = finerLogZ
    if (settled) break
  }
  const parted = walls ? partedCells(field, box) : null
  if (parted !== null) {
    closeSlivers(field, box, logMeans, parted)
    logZ = logSum(logMeans) + area
  }
  const density = new Float64Array(cells * cells)
  for (let k = 0; k < density.length; k++) {
    const l = logMeans[k]! - logZ
    logMeans[k] = l
    density[k] = exp(l)
  }
  return { box, epsilon, logZ, values, logDensity: logMeans, density, refinement, parted }
}

/** Where a way between two cells may cross their border, as shares of a side from its middle. */
const GATES = [0, -0.2, 0.2, -0.45, 0.45] as const
/** Points a side among which an allowed one is sought in a cell whose middle is forbidden. */
const TRIED = 8

function partedCells({ barriers }: EnergyField, box: Box): Parted {
  const { cells } = box
  const h = spacing(box)
  const solid = obstacles(barriers)
  /** For each cell that a barrier touches, an allowed place of it; NaN where it has none. */
  const sites = new Map<number, readonly [number, number]>()
  for (let row = 0, k = 0; row < cells; row++) {
    const y = centreCoordinate(box, row)
    for (let column = 0; column < cells; column++, k++) {
      const x = centreCoordinate(box, column)
      const near = barriers.some((barrier) => levelRange(barrier, x, y, h)[0] <= 0)
      if (near) sites.set(k, siteOf(barriers, x, y, h))
    }
  }
  const site = (k: number): readonly [number, number] =>
    sites.get(k) ?? [centreCoordinate(box, k % cells), centreCoordinate(box, Math.floor(k / cells))]
  const between = (k: number, dx: number, dy: number): boolean => {
    const l = k + dx + dy * cells
    if (solid.length === 0 || !(sites.has(k) || sites.has(l))) return false
    const [ax, ay] = site(k)
    const [bx, by] = site(l)
    if (!(ax < Infinity && bx < Infinity)) return true
    if (isClear(solid, ax, ay, bx, by)) return false
    const column = k % cells
    const mx = centreCoordinate(box, column) + 0.5 * dx * h
    const my = centreCoordinate(box, (k - column) / cells) + 0.5 * dy * h
    const length = Math.sqrt(dx * dx + dy * dy)
    return !GATES.some((gate) => {
      const gx = mx - (gate * h * dy) / length
      const gy = my + (gate * h * dx) / length
      return (
        isAllowed({ barriers }, gx, gy) &&
        isClear(solid, ax, ay, gx, gy) &&
        isClear(solid, gx, gy, bx, by)
      )
    })
  }
  const right = new Uint8Array(cells * cells)
  const up = new Uint8Array(cells * cells)
  for (let k = 0; k < right.length; k++) {
    if (k % cells < cells - 1 && between(k, 1, 0)) right[k] = 1
    if (k + cells < up.length && between(k, 0, 1)) up[k] = 1
  }
  return { right, up, between }
}

/** An allowed place of a cell: the middle, that of what a wall leaves of it, or the nearest to the middle that is found. */
function siteOf(
  barriers: readonly Barrier[],
  x: number,
  y: number,
  h: number,
): readonly [number, number] {
  if (isAllowed({ barriers }, x, y)) return [x, y]
  barrierMean(barriers, Infinity, x, y, h, h, place)
  const [, px, py] = place as unknown as [number, number, number]
  if (place[0]! > -Infinity && isAllowed({ barriers }, px, py)) return [px, py]
  let best: readonly [number, number] = [Number.NaN, Number.NaN]
  let least = Infinity
  for (let p = 0; p < TRIED * TRIED; p++) {
    const dx = ((p % TRIED) + 0.5) / TRIED - 0.5
    const dy = (Math.floor(p / TRIED) + 0.5) / TRIED - 0.5
    const distance = dx * dx + dy * dy
    if (distance >= least || !isAllowed({ barriers }, x + dx * h, y + dy * h)) continue
    least = distance
    best = [x + dx * h, y + dy * h]
  }
  return best
}

/**
 * log π at the centres of the cells, −V/ε − log Z: what a law that the cells resolve is to be compared with
 * there. `logDensity` is that where the cells resolve π, too; else, and with barriers, it is of the means over cells,
 * which belong to laws known by their cells only.
 */
export function logDensityAtCentres(pi: Gibbs): Float64Array {
  if (pi.refinement === 1) return pi.logDensity
  return pi.values.map((v) => -v / pi.epsilon - pi.logZ)
}

/**
 * Visits the midpoints of the quadrature behind `gibbs`, with the mass of π that each stands for; what
 * cells hold below e^−45 of the greatest cell is passed over. Σ mass = 1 up to that. In a square
 * that a wall crosses it is the middle of what the wall leaves.
 */
export function visitGibbs(
  field: EnergyField,
  pi: Gibbs,
  visit: (x: number, y: number, mass: number) => void,
): void {
  const { box, epsilon, logZ, logDensity, refinement: m } = pi
  const least = greatest(logDensity) - NEGLECT
  const h = spacing(box)
  const step = h / m
  const scale = log(step * step) - logZ
  for (let row = 0, k = 0; row < box.cells; row++) {
    const y0 = nodeCoordinate(box, row)
    for (let column = 0; column < box.cells; column++, k++) {
      if (logDensity[k]! < least) continue
      const x0 = nodeCoordinate(box, column)
      const felt = barriersFelt(field.barriers, x0 + 0.5 * h, y0 + 0.5 * h, Math.SQRT1_2 * h)
      for (let j = 0; j < m; j++) {
        const y = y0 + (j + 0.5) * step
        for (let i = 0; i < m; i++) {
          const x = x0 + (i + 0.5) * step
          const mass = exp(scale + logIntegrand(field, felt, epsilon, x, y, step))
          if (!(mass > 0)) continue
          if (felt.length === 0) visit(x, y, mass)
          else visit(place[1]!, place[2]!, mass)
        }
      }
    }
  }
}

/** Result of `barrierMean`: its log mean, and the place at which to read the table. */
const place = new Float64Array(3)

/**
 * log of e^(−V/ε) at the middle of a square; with barriers that are near, their mean over the square and the
 * rest at the place that `place` then holds.
 */
function logIntegrand(
  { grid }: EnergyField,
  barriers: readonly Barrier[],
  epsilon: number,
  x: number,
  y: number,
  side: number,
): number {
  if (barriers.length === 0) return -readValue(grid, x, y) / epsilon
  barrierMean(barriers, epsilon, x, y, side, side, place, true)
  return place[0]! - readValue(grid, place[1]!, place[2]!) / epsilon
}

function greatest(l: Float64Array): number {
  let top = -Infinity
  for (let k = 0; k < l.length; k++) if (l[k]! > top) top = l[k]!
  return top
}

/** log Σ e^l. */
function logSum(l: Float64Array): number {
  const top = greatest(l)
  let sum = 0
  for (let k = 0; k < l.length; k++) sum += exp(l[k]! - top)
  return top + log(sum)
}

/** log of the mean of e^(−V/ε) over m × m midpoints of each active cell; the others as in `before`. */
function refinedLogMeans(
  field: EnergyField,
  epsilon: number,
  box: Box,
  m: number,
  active: readonly number[],
  before: Float64Array,
): Float64Array<ArrayBuffer> {
  const { cells } = box
  const h = spacing(box)
  const step = h / m
  const out = before.slice()
  const local = new Float64Array(m * m)
  for (const k of active) {
    const column = k % cells
    const x0 = nodeCoordinate(box, column)
    const y0 = nodeCoordinate(box, (k - column) / cells)
    const felt = barriersFelt(field.barriers, x0 + 0.5 * h, y0 + 0.5 * h, Math.SQRT1_2 * h)
    let top = -Infinity
    for (let j = 0, p = 0; j < m; j++) {
      const y = y0 + (j + 0.5) * step
      for (let i = 0; i < m; i++, p++) {
        const l = logIntegrand(field, felt, epsilon, x0 + (i + 0.5) * step, y, step)
        local[p] = l
        if (l > top) top = l
      }
    }
    if (top === -Infinity) {
      out[k] = top
      continue
    }
    let sum = 0
    for (let p = 0; p < local.length; p++) sum += exp(local[p]! - top)
    out[k] = top + log(sum / local.length)
  }
  return out
}

/** Independent exact draws from a Gibbs measure. */
export interface GibbsSampler {
  /**
   * n draws as [x0, y0, …], length 2n, inside Ω. Draw i is a pure function of (key, first + i).
   * @param first index of the first draw; default 0
   */
  sample(key: Key, n: number, first?: number): Float64Array
}

/**
 * Exact sampling of π by rejection: a square with probability ∝ area·e^(−b/ε), b a lower bound of V on it,
 * a uniform point of the square, accepted with probability e^(−(V − b)/ε). The bound is the least of the
 * 16 Bézier control values of the bicubic patch, which lies in their convex hull, plus what each barrier
 * is worth at its farthest, so the draws follow π itself and not a discretisation of it. Squares are the
 * cells, quartered where π lives until the control values span at most 6ε, and barriers that at half
 * their level, so that a cold sampler does not reject for ever; closed ones are left out.
 * @throws RangeError when the barriers leave nothing of the box
 */
export function gibbsSampler(field: EnergyField, epsilon: number): GibbsSampler {
  const { left, bottom, size, bound } = squares(field, epsilon)
  if (bound.length === 0) throw new RangeError('The barriers leave no room in the box')
  let lowest = Infinity
  for (let k = 0; k < bound.length; k++) if (bound[k]! < lowest) lowest = bound[k]!
  const cumulative = new Float64Array(bound.length)
  let total = 0
  for (let k = 0; k < cumulative.length; k++) {
    total += size[k]! * size[k]! * exp((lowest - bound[k]!) / epsilon)
    cumulative[k] = total
  }
  const words = new Uint32Array(4)
  return {
    sample(key, n, first = 0) {
      const xy = new Float64Array(2 * n)
      for (let i = 0; i < n; i++) {
        for (let attempt = 0; ; attempt++) {
          hash4(key, first + i, attempt, words)
          const k = search(cumulative, unit(words[0]!) * total)
          const x = left[k]! + unit(words[1]!) * size[k]!
          const y = bottom[k]! + unit(words[2]!) * size[k]!
          if (unit(words[3]!) < exp((bound[k]! - fieldValue(field, x, y)) / epsilon)) {
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

/**
 * The 16 Bézier control values of the bicubic patch on one cell, x fastest: V at the corners, and a third
 * of the way along each edge and inwards by the derivatives there.
 * @param out length 16; overwritten
 */
export function controlValues(
  field: EnergyField,
  column: number,
  row: number,
  out: Float64Array,
): void {
  const { box, v, vx, vy, vxy } = field.grid
  const third = spacing(box) / 3
  for (let up = 0; up < 2; up++) {
    for (let right = 0; right < 2; right++) {
      const node = (row + up) * (box.cells + 1) + column + right
      const dx = (right === 0 ? third : -third) * vx[node]!
      const dy = (up === 0 ? third : -third) * vy[node]!
      const dxy = (right === up ? third * third : -third * third) * vxy[node]!
      const corner = 12 * up + 3 * right
      const inX = right === 0 ? 1 : -1
      const inY = up === 0 ? 4 : -4
      out[corner] = v[node]!
      out[corner + inX] = v[node]! + dx
      out[corner + inY] = v[node]! + dy
      out[corner + inX + inY] = v[node]! + dx + dy + dxy
    }
  }
}

/** A lower bound of V on each cell of a box: that of the patches of the table it overlaps. Length cells². */
function lowerBounds(field: EnergyField, box: Box): Float64Array {
  const table = field.grid.box
  const own = new Float64Array(table.cells * table.cells)
  const net = new Float64Array(16)
  for (let row = 0, k = 0; row < table.cells; row++) {
    for (let column = 0; column < table.cells; column++, k++) {
      controlValues(field, column, row, net)
      own[k] = net[0]!
      for (let p = 1; p < 16; p++) if (net[p]! < own[k]!) own[k] = net[p]!
    }
  }
  if (table.cells === box.cells) return own
  // In whole numbers: cell i of the box covers [i·T, (i + 1)·T] of a line of T·B units, a table cell B.
  const first = (i: number): number => Math.floor((i * table.cells) / box.cells)
  const last = (i: number): number => Math.ceil(((i + 1) * table.cells) / box.cells) - 1
  const out = new Float64Array(box.cells * box.cells).fill(Infinity)
  for (let row = 0, k = 0; row < box.cells; row++) {
    for (let column = 0; column < box.cells; column++, k++) {
      for (let r = first(row); r <= last(row); r++) {
        for (let c = first(column); c <= last(column); c++) {
          const bound = own[r * table.cells + c]!
          if (bound < out[k]!) out[k] = bound
        }
      }
    }
  }
  return out
}

/** Puts +∞ on the cells that surely are closed. */
function leaveOutClosed(field: EnergyField, box: Box, bounds: Float64Array): void {
  const { cells } = box
  const reach = Math.SQRT1_2 * spacing(box)
  for (let row = 0, k = 0; row < cells; row++) {
    const y = centreCoordinate(box, row)
    for (let column = 0; column < cells; column++, k++) {
      const x = centreCoordinate(box, column)
      for (const barrier of field.barriers) {
        if (!(levelRange(barrier, x, y, reach)[1] > 0)) bounds[k] = Infinity
      }
    }
  }
}

/** A cell of which barriers leave less than this share is a sliver. */
const SLIVER = 0.02

/**
 * Closes slivers, whose density lies so far below that of their neighbours that a grid would need tiny steps for
 * them, and then what hangs together with nothing but itself: lightest first, while all of it has at most 1e-4 of
 * the mass.
 * @param logMeans log of the mean of e^(−V/ε) over each cell; −∞ put where closed
 */
function closeSlivers(field: EnergyField, box: Box, logMeans: Float64Array, parted: Parted): void {
  const { cells } = box
  const h = spacing(box)
  let allowance = log(LOG_Z_TOLERANCE) + logSum(logMeans)
  const close = (parts: readonly (readonly number[])[]): void => {
    const weighed = parts.map((part) => ({
      part,
      weight: logSum(Float64Array.from(part, (k) => logMeans[k]!)),
    }))
    weighed.sort((a, b) => a.weight - b.weight)
    for (const { part, weight } of weighed) {
      if (!(weight < allowance)) return
      allowance += log(1 - exp(weight - allowance))
      for (const k of part) logMeans[k] = -Infinity
    }
  }
  const slivers: number[][] = []
  for (let row = 0, k = 0; row < cells; row++) {
    const y = centreCoordinate(box, row)
    for (let column = 0; column < cells; column++, k++) {
      if (logMeans[k] === -Infinity) continue
      const x = centreCoordinate(box, column)
      const felt = barriersFelt(field.barriers, x, y, Math.SQRT1_2 * h)
      if (felt.length === 0) continue
      barrierMean(felt, Infinity, x, y, h, h, place)
      if (place[0]! < log(SLIVER)) slivers.push([k])
    }
  }
  close(slivers)
  close(islands(logMeans, cells, parted))
}

/** The open cells that hang together through their sides, part by part. */
function islands(logMeans: Float64Array, cells: number, parted: Parted): number[][] {
  const seen = Uint8Array.from(logMeans, (l) => (l === -Infinity ? 1 : 0))
  const parts: number[][] = []
  for (let first = 0; first < seen.length; first++) {
    if (seen[first] === 1) continue
    seen[first] = 1
    const part = [first]
    for (let at = 0; at < part.length; at++) {
      const k = part[at]!
      const column = k % cells
      for (const [next, exists, closed] of [
        [k - 1, column > 0, parted.right[k - 1]],
        [k + 1, column + 1 < cells, parted.right[k]],
        [k - cells, k >= cells, parted.up[k - cells]],
        [k + cells, k + cells < seen.length, parted.up[k]],
      ] as const) {
        if (!exists || seen[next] === 1 || closed === 1) continue
        seen[next] = 1
        part.push(next)
      }
    }
    parts.push(part)
  }
  return parts
}

/** Squares that tile Ω, each with a lower bound of V on it. */
interface Squares {
  /** Lower left corner and side, world units. */
  readonly left: number[]
  readonly bottom: number[]
  readonly size: number[]
  readonly bound: number[]
}

/** Control values of a square may span this many ε before it is quartered. */
const SPAN = 6
/** Squares whose V is this many ε above the least are taken as they are. */
const OUT_OF_REACH = 20
const MAX_DEPTH = 12

function squares(field: EnergyField, epsilon: number): Squares {
  const { box } = field.grid
  const h = spacing(box)
  const out: Squares = { left: [], bottom: [], size: [], bound: [] }
  const least = leastAtNodes(field)
  const scratch = Array.from({ length: MAX_DEPTH }, () =>
    Array.from({ length: 4 }, () => new Float64Array(16)),
  )
  const add = (net: Float64Array, x: number, y: number, size: number, depth: number): void => {
    let low = net[0]!
    let high = low
    for (let p = 1; p < 16; p++) {
      const c = net[p]!
      if (c < low) low = c
      if (c > high) high = c
    }
    const half = 0.5 * size
    let walls = 0
    let wallSpan = 0
    for (const barrier of field.barriers) {
      const [near, far] = levelRange(barrier, x + half, y + half, Math.SQRT2 * half)
      // Closed.
      if (!(far > 0)) return
      const term = barrierTerm(barrier.strength, far)
      walls += term
      // Next to a wall the term has no upper bound; what lies there is rare by its lower one.
      wallSpan += barrierTerm(barrier.strength, Math.max(near, 0.5 * far)) - term
    }
    const bound = low + walls
    const whole =
      (high - low <= SPAN * epsilon && wallSpan <= SPAN * epsilon) ||
      bound - least > OUT_OF_REACH * epsilon ||
      depth === MAX_DEPTH
    if (whole) {
      out.left.push(x)
      out.bottom.push(y)
      out.size.push(size)
      out.bound.push(bound)
      return
    }
    const [south, north, west, east] = scratch[depth]!
    halveNet(net, 4, south!, north!)
    halveNet(south!, 1, west!, east!)
    add(west!, x, y, half, depth + 1)
    add(east!, x + half, y, half, depth + 1)
    halveNet(north!, 1, west!, east!)
    add(west!, x, y + half, half, depth + 1)
    add(east!, x + half, y + half, half, depth + 1)
  }
  const net = new Float64Array(16)
  for (let row = 0; row < box.cells; row++) {
    for (let column = 0; column < box.cells; column++) {
      controlValues(field, column, row, net)
      add(net, nodeCoordinate(box, column), nodeCoordinate(box, row), h, 0)
    }
  }
  return out
}

/** The least V at the nodes of the table, barriers included; +∞ where they forbid every node. */
function leastAtNodes(field: EnergyField): number {
  const { box, v } = field.grid
  const side = box.cells + 1
  let least = Infinity
  for (let k = 0; k < v.length; k++) {
    if (!(v[k]! < least)) continue
    const column = k % side
    const x = nodeCoordinate(box, column)
    const y = nodeCoordinate(box, (k - column) / side)
    least = Math.min(least, field.barriers.length === 0 ? v[k]! : fieldValue(field, x, y))
  }
  return least
}

/** Control values of the two halves of a bicubic patch, length 16 each, cut across x (stride 1) or y (stride 4), by de Casteljau. */
export function halveNet(
  net: Float64Array,
  stride: 1 | 4,
  low: Float64Array,
  high: Float64Array,
): void {
  const across = stride === 1 ? 4 : 1
  for (let line = 0; line < 4; line++) {
    const p = line * across
    const a = net[p]!
    const b = net[p + stride]!
    const c = net[p + 2 * stride]!
    const d = net[p + 3 * stride]!
    const ab = 0.5 * (a + b)
    const bc = 0.5 * (b + c)
    const cd = 0.5 * (c + d)
    const abc = 0.5 * (ab + bc)
    const bcd = 0.5 * (bc + cd)
    const middle = 0.5 * (abc + bcd)
    low[p] = a
    low[p + stride] = ab
    low[p + 2 * stride] = abc
    low[p + 3 * stride] = middle
    high[p] = middle
    high[p + stride] = bcd
    high[p + 2 * stride] = cd
    high[p + 3 * stride] = d
  }
}
