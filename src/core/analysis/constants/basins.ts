import { level, readLevel } from '../../fields/barriers/levels.ts'
import { isClear, obstacles } from '../../fields/barriers/ways.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { fieldJet } from '../../fields/fieldReading.ts'
import type { Gibbs } from '../../fields/gibbs.ts'
import { exp } from '../../maths/elementary.ts'
import { centreCoordinate, spacing, type Box, type Point } from '../../maths/grid.ts'
import { eigenvalues2, type Symmetric2 } from '../../maths/linalg2.ts'
import type { ChainStart } from '../laws/exactChain.ts'

/** A well holds less than this share of π: particles that start in it are stray. */
const STRAY_MASS = 1e-3

/** One local minimum of V on Ω and its basin of attraction. */
interface Well {
  /** The minimum. */
  readonly at: Point
  readonly value: number
  /** π-mass of the cells whose centres flow to it, and to shallow wells that count with it. */
  readonly mass: number
  /** mass < `STRAY_MASS`. */
  readonly stray: boolean
}

/** Basins of attraction of the gradient flow x′ = −∇V, of wells that are deep enough to hold a particle at ε. */
export interface Basins {
  readonly box: Box
  /** Index into `wells` of the minimum that the flow from each cell's centre ends in, length cells²; −1 where barriers leave nothing. */
  readonly wellOf: Int32Array
  /** From the greatest mass to the least. */
  readonly wells: readonly Well[]
}

/** A well less deep than this, in ε, holds no particle back, and counts with its neighbour; one of next to no mass, less deep than ε. */
const SHALLOW = 0.5
/** Longest step of the flow, in cells: no path jumps over a ridge that the cells resolve. */
const LONGEST = 0.5
/** A path has arrived where the longest of times moves it less than this, in cells. */
const ARRIVED = 1e-4
/** The longest time of a step; nothing slower counts as motion. */
const LONGEST_TIME = 1e6
/** Minima this close, in cells, are one. */
const SAME = 0.05
/** A path that comes to rest on a saddle or a ridge is pushed down from it so far, in cells. */
const PUSH = 0.01
/** Least distance from a barrier, in cells. */
const CLEARANCE = 1e-3
/** Curvature that counts as none, beside the greatest one or 1. */
const LEVEL = 1e-9
/** A path this long ends where it is. Only a V without curvature over many cells asks for it. */
const MOST_STEPS = 4000

/**
 * The basins of V's local minima on Ω: from each cell's centre the gradient flow of the bicubic table and its barriers
 * is followed to its minimum, or to where the four nearest centres are known to flow to one minimum. A wall holds
 * a path back in its own direction, and the path slides along it. Shallow wells, such as a level ridge of π breaks into,
 * count with the neighbour that they spill over into: those less than ε/2 deep, and those less than ε deep of less than
 * STRAY_MASS.
 *
 * A step is that of the exponential Euler method: in the eigenframe of ∇²V the displacement is −gᵢ(1 − e^(−λᵢτ))/λᵢ,
 * exact for quadratic V, so that narrow valleys do not bound τ; τ is halved until the step is at most half a cell long and
 * does not climb. Wells narrower than a cell can be missed, and boundaries of basins are known to about a cell.
 * @param pi π on the cells at which the basins are wanted
 */
export function basinsOf(field: EnergyField, pi: Gibbs): Basins {
  const { box, values, density } = pi
  const { cells } = box
  const size = cells * cells
  const h = spacing(box)
  const wellOf = new Int32Array(size).fill(UNKNOWN)
  const found: { at: Point; value: number; mass: number }[] = []
  const flow = createFlow(field, h)

  const known = (x: number, y: number): number => {
    const column = Math.floor((x + box.halfWidth) / h - 0.5)
    const row = Math.floor((y + box.halfWidth) / h - 0.5)
    let well: number | null = null
    for (let k = 0; k < 4; k++) {
      const i = clamp(column + (k & 1), cells) + cells * clamp(row + (k >> 1), cells)
      const here = wellOf[i]!
      if (here === UNKNOWN || (well !== null && well !== here)) return UNKNOWN
      well = here
    }
    return well ?? UNKNOWN
  }
  /** The well of the lowest cell below `level` that touches cell k and that no wall keeps apart from it; UNKNOWN where none is known. */
  const besides = (k: number, level: number): number => {
    let [well, lowest] = [UNKNOWN, level]
    for (let d = 0; d < 9; d++) {
      const [dx, dy] = [(d % 3) - 1, Math.floor(d / 3) - 1]
      const [column, row] = [(k % cells) + dx, Math.floor(k / cells) + dy]
      if (clamp(column, cells) !== column || clamp(row, cells) !== row) continue
      const i = column + cells * row
      if (wellOf[i]! < 0 || !(values[i]! <= lowest)) continue
      if (pi.parted?.between(k, dx, dy) === true) continue
      well = wellOf[i]!
      lowest = values[i]!
    }
    return well
  }
  const wellAt = (at: Point, value: number): number => {
    const same = found.findIndex((well) => norm(well.at[0] - at[0], well.at[1] - at[1]) < SAME * h)
    return same >= 0 ? same : found.push({ at, value, mass: 0 }) - 1
  }

  // Lower cells first: a path goes down, and soon meets cells whose minimum is known.
  const open = Uint32Array.from(values.keys()).filter((k) => values[k] !== Infinity)
  for (const k of open.sort((a, b) => values[a]! - values[b]!)) {
    const x = centreCoordinate(box, k % cells)
    const y = centreCoordinate(box, Math.floor(k / cells))
    flow.start(x, y)
    let well = UNKNOWN
    let steps = 0
    while (well < 0 && steps++ < MOST_STEPS && flow.advance()) well = known(...flow.at())
    // On level ground there are no minima to tell apart.
    if (well < 0 && flow.isLevel()) well = besides(k, values[k]!)
    wellOf[k] = well >= 0 ? well : wellAt(flow.at(), flow.value())
  }

  // A cell that a barrier cuts, and whose centre it forbids, goes with the rest of its room.
  const cut = [...wellOf.keys()].filter((k) => wellOf[k] === UNKNOWN && density[k]! > 0)
  for (const [i, well] of cut.map((k) => besides(k, Infinity)).entries()) wellOf[cut[i]!] = well
  for (let k = 0; k < size; k++) if (wellOf[k]! >= 0) found[wellOf[k]!]!.mass += density[k]! * h * h
  const kept = joinShallow(field, pi, wellOf, found)
  const ranks = [...new Set(kept)].sort((a, b) => found[b]!.mass - found[a]!.mass)
  const rankOf = new Int32Array(found.length)
  for (const [rank, i] of ranks.entries()) rankOf[i] = rank
  return {
    box,
    wellOf: wellOf.map((well) => (well < 0 ? -1 : rankOf[kept[well]!]!)),
    wells: ranks.map((i) => ({ ...found[i]!, stray: found[i]!.mass < STRAY_MASS })),
  }
}

/**
 * The well that each well belongs to once the shallow ones have spilled over into the neighbour across their lowest edge, the
 * shallowest first; the masses go with them. An edge is crossed between two cells, at the higher of their floors: a valley that
 * passes beside a centre is lower than V there. A minimum in a cell of another well touches it there.
 */
function joinShallow(
  field: EnergyField,
  { box, epsilon, parted }: Gibbs,
  wellOf: Int32Array,
  wells: readonly { readonly at: Point; readonly value: number; mass: number }[],
): number[] {
  const { cells } = box
  const floors = new Float64Array(wellOf.length).fill(Number.NaN)
  const floorOf = (k: number): number => {
    if (Number.isNaN(floors[k]!))
      floors[k] = floorOfCell(
        field,
        centreCoordinate(box, k % cells),
        centreCoordinate(box, Math.floor(k / cells)),
        spacing(box),
      )
    return floors[k]!
  }
  const passes = new Map<number, { readonly a: number; readonly b: number; height: number }>()
  for (let k = 0; k < wellOf.length; k++) {
    for (const [dx, dy] of FORWARD) {
      const column = (k % cells) + dx
      const l = k + dx + dy * cells
      if (column < 0 || column >= cells || l >= wellOf.length) continue
      const [a, b] = [wellOf[k]!, wellOf[l]!]
      if (a < 0 || b < 0 || a === b || parted?.between(k, dx, dy) === true) continue
      const height = Math.max(floorOf(k), floorOf(l))
      const key = Math.min(a, b) * wells.length + Math.max(a, b)
      const known = passes.get(key)
      if (known === undefined) passes.set(key, { a, b, height })
      else known.height = Math.min(known.height, height)
    }
  }
  // A path that came to rest on the level floor of a bent valley is no well of its own: the cell in which it rests flows on.
  if (parted === null)
    for (const [a, { at }] of wells.entries()) {
      const [column, row] = at.map((x) =>
        clamp(Math.floor((x + box.halfWidth) / spacing(box)), cells),
      )
      const k = column! + cells * row!
      const b = wellOf[k]!
      if (b >= 0 && b !== a) passes.set(-1 - a, { a, b, height: floorOf(k) })
    }
  const into = wells.map((_, i) => i)
  const rootOf = (i: number): number => {
    while (into[i] !== i) i = into[i]!
    return i
  }
  for (const { a, b, height } of [...passes.values()].sort((p, q) => p.height - q.height)) {
    const [p, q] = [rootOf(a), rootOf(b)]
    if (p === q) continue
    const [lower, higher] = wells[p]!.value <= wells[q]!.value ? [p, q] : [q, p]
    const { value, mass } = wells[higher]!
    if (height - value >= (mass < STRAY_MASS ? 1 : SHALLOW) * epsilon) continue
    into[higher] = lower
    wells[lower]!.mass += mass
  }
  return into.map((_, i) => rootOf(i))
}

/** V at the floor of the valley through a cell: least along the steepest curvature, no farther off than the cell reaches. */
function floorOfCell(field: EnergyField, x: number, y: number, h: number): number {
  const jet = new Float64Array(6)
  const across = new Float64Array(2)
  fieldJet(field, x, y, jet)
  const curvature: Symmetric2 = [jet[3]!, jet[4]!, jet[5]!]
  const [, most] = eigenvalues2(...curvature)
  if (!(most > 0)) return jet[0]!
  eigenvector(curvature, most, across)
  const slope = jet[1]! * across[0]! + jet[2]! * across[1]!
  const step = Math.max(-h * Math.SQRT1_2, Math.min(h * Math.SQRT1_2, -slope / most))
  return jet[0]! + slope * step + 0.5 * most * step * step
}

/** From a cell to those of its eight neighbours that come after it. */
const FORWARD = [
  [1, 0],
  [-1, 1],
  [0, 1],
  [1, 1],
] as const

const UNKNOWN = -1

const norm = (x: number, y: number) => Math.sqrt(x * x + y * y)
const clamp = (i: number, n: number) => Math.min(n - 1, Math.max(0, i))

/** One path of the gradient flow, step by step. */
interface Flow {
  start(x: number, y: number): void
  /** Makes one step; false where the path has come to rest. */
  advance(): boolean
  /** Whether ∇²V has a direction without curvature where the path is. */
  isLevel(): boolean
  at(): Point
  value(): number
}

function createFlow(field: EnergyField, h: number): Flow {
  const wall = field.grid.box.halfWidth
  const walls = obstacles(field.barriers)
  const jet = new Float64Array(6)
  const next = new Float64Array(6)
  const step = new Float64Array(2)
  let [x, y, tau] = [0, 0, 0]

  /** Goes to (toX, toY), moved into Ω and out of barriers, where that does not climb. */
  const goTo = (toX: number, toY: number): boolean => {
    const place: [number, number] = [inside(toX), inside(toY)]
    for (const barrier of field.barriers) {
      // Newton's step to the rim: along straight walls it leaves the part of the step that follows them.
      const depth = CLEARANCE * h - readLevel(barrier, ...place, true)
      const [hx, hy] = [level[1]!, level[2]!]
      if (!(depth > 0)) continue
      const scale = depth / (hx * hx + hy * hy)
      place[0] = inside(place[0] + scale * hx)
      place[1] = inside(place[1] + scale * hy)
    }
    fieldJet(field, ...place, next)
    if (!(next[0]! <= jet[0]!) || !isClear(walls, x, y, ...place)) return false
    ;[x, y] = place
    jet.set(next)
    return true
  }
  const inside = (t: number) => Math.min(wall, Math.max(-wall, t))

  return {
    start(x0, y0) {
      ;[x, y] = [x0, y0]
      fieldJet(field, x, y, jet)
      tau = (LONGEST * h) / (norm(jet[1]!, jet[2]!) + Number.MIN_VALUE)
    },
    advance() {
      const [gx, gy, xx, xy, yy] = [jet[1]!, jet[2]!, jet[3]!, jet[4]!, jet[5]!]
      const heldX = (x <= -wall && gx > 0) || (x >= wall && gx < 0)
      const heldY = (y <= -wall && gy > 0) || (y >= wall && gy < 0)
      // A direction that a wall holds has neither slope nor curvature, and no part in the rest.
      const slope = [heldX ? 0 : gx, heldY ? 0 : gy] as const
      const cross = heldX || heldY ? 0 : xy
      const curvature: Symmetric2 = [heldX ? 0 : xx, cross, heldY ? 0 : yy]
      for (tau = Math.min(4 * tau, LONGEST_TIME); ; tau /= 2) {
        exponentialStep(slope, curvature, tau, step)
        const length = norm(step[0]!, step[1]!)
        if (length <= ARRIVED * h && tau === LONGEST_TIME) break
        if (length <= LONGEST * h && goTo(x + step[0]!, y + step[1]!)) return true
        // V does not fall over the smallest of steps: a minimum to rounding.
        if (length <= ARRIVED * h) break
      }
      if (!(downFromSaddle(curvature, step) < 0)) return false
      const [dx, dy] = [PUSH * h * step[0]!, PUSH * h * step[1]!]
      return goTo(x + dx, y + dy) || goTo(x - dx, y - dy)
    },
    isLevel() {
      const [least, most] = eigenvalues2(jet[3]!, jet[4]!, jet[5]!)
      return Math.abs(least) <= LEVEL * Math.max(1, Math.abs(most))
    },
    at: () => [x, y],
    value: () => jet[0]!,
  }
}

/** The displacement −∑ᵢ eᵢ (eᵢ·g)(1 − e^(−λᵢτ))/λᵢ over the eigenvectors eᵢ of the curvature, to `out`. */
function exponentialStep(
  [gx, gy]: Point,
  curvature: Symmetric2,
  tau: number,
  out: Float64Array,
): void {
  const [least, most] = eigenvalues2(...curvature)
  eigenvector(curvature, most, out)
  const [cx, cy] = [out[0]!, out[1]!]
  const along = (gx * cx + gy * cy) * relaxation(most, tau)
  const across = (gy * cx - gx * cy) * relaxation(least, tau)
  out[0] = -(along * cx - across * cy)
  out[1] = -(along * cy + across * cx)
}

/** (1 − e^(−λτ))/λ. */
function relaxation(lambda: number, tau: number): number {
  const z = lambda * tau
  return Math.abs(z) < 1e-6 ? tau : (1 - exp(-z)) / lambda
}

/** The unit eigenvector of the greater eigenvalue `most`, to `out`. */
function eigenvector([xx, xy, yy]: Symmetric2, most: number, out: Float64Array): void {
  // The rows of A − λ_least I are multiples of it; the longer one is exact to rounding.
  const least = xx + yy - most
  const [x, y] = xx >= yy ? [xx - least, xy] : [xy, yy - least]
  const length = norm(x, y)
  out[0] = length > 0 ? x / length : 1
  out[1] = length > 0 ? y / length : 0
}

/** The least eigenvalue of the curvature; its unit eigenvector to `out`. */
function downFromSaddle(curvature: Symmetric2, out: Float64Array): number {
  const [least, most] = eigenvalues2(...curvature)
  eigenvector(curvature, most, out)
  ;[out[0], out[1]] = [-out[1]!, out[0]!]
  return least
}

/**
 * The masses of a start, within what barriers leave, in the cells of π, Σ = 1: every point, and the centre of every cell of a
 * density, counts for the cell that it lies in. Null where barriers leave none of it.
 * @param cells of the density, a side
 */
export function startMasses(
  start: ChainStart,
  cells: number,
  { box, logDensity }: Gibbs,
): Float64Array | null {
  const masses = new Float64Array(logDensity.length)
  const h = spacing(box)
  const cellOf = (t: number) => clamp(Math.floor((t + box.halfWidth) / h), box.cells)
  let sum = 0
  const put = (x: number, y: number, mass: number) => {
    const k = cellOf(x) + box.cells * cellOf(y)
    if (logDensity[k] === -Infinity) return
    masses[k]! += mass
    sum += mass
  }
  if ('density' in start) {
    const own = { ...box, cells }
    for (const [k, p] of start.density.entries())
      put(centreCoordinate(own, k % cells), centreCoordinate(own, Math.floor(k / cells)), p)
  } else {
    const { xy, mass } = start
    for (let i = 0; i < xy.length; i += 2) put(xy[i]!, xy[i + 1]!, mass?.[i / 2] ?? 1)
  }
  return sum > 0 ? masses.map((mass) => mass / sum) : null
}

/**
 * The share of a law that lies in stray wells.
 * @param masses of the law in the cells of the basins, Σ = 1
 */
export function strayShare({ wellOf, wells }: Basins, masses: ArrayLike<number>): number {
  let share = 0
  for (let k = 0; k < wellOf.length; k++) {
    if (wells[wellOf[k]!]?.stray === true) share += masses[k]!
  }
  return share
}
