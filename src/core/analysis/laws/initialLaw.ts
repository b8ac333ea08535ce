import { quadraticEnergy } from '../../fields/analytic.ts'
import { barrierLogMean, barrierMean, visitSimple } from '../../fields/barriers/means.ts'
import { fieldValue } from '../../fields/fieldReading.ts'
import { hardWalls } from '../../fields/barriers/terms.ts'
import { isAllowed } from '../../fields/barriers/ways.ts'
import { barriersFelt, levelRange } from '../../fields/barriers/levels.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { readValue, tabulateEnergy } from '../../fields/energyGrid.ts'
import {
  type Gibbs,
  gibbs as gibbsOn,
  gibbsSampler,
  LOG_Z_TOLERANCE,
  visitGibbs,
} from '../../fields/gibbs.ts'
import { exp, log } from '../../maths/elementary.ts'
import { type Box, centreCoordinate, nodeCoordinate, spacing } from '../../maths/grid.ts'
import { cholesky2, inverse2 } from '../../maths/linalg2.ts'
import { formatDown } from '../../maths/limitText.ts'
import { formatNumber } from '../../maths/numberText.ts'
import { gaussianPair, hash4, type Key, Purpose, Rng, unit } from '../../maths/rng.ts'
import { GAUSS_3, type UnitRule } from '../../maths/quadrature.ts'
import type { Distribution } from '../../targets/target.ts'

/** Where the particles start; the shape of a scene's `dynamics.initial`. */
export type InitialLawKind =
  | {
      readonly kind: 'gaussian'
      readonly mean: readonly [number, number]
      readonly covariance: readonly [readonly [number, number], readonly [number, number]]
    }
  | { readonly kind: 'uniform'; readonly halfWidth: number }
  | { readonly kind: 'point'; readonly at: readonly [number, number]; readonly spread: number }
  | { readonly kind: 'data' }
  | { readonly kind: 'gibbs' }

export interface InitialLawContext {
  readonly field: EnergyField
  /** π at the scene's temperature. */
  readonly gibbs: Gibbs
  /** The scene's target, for `data`; null where there is none. */
  readonly target: Distribution | null
}

/** A law ρ₀ restricted to the allowed set, Ω without the regions that barriers forbid, and renormalised there. */
export interface InitialLaw {
  /** n independent draws [x0, y0, …], length 2n, where allowed; a pure function of the seed. */
  sample(n: number, seed: number): Float64Array
  /** log ρ₀ inside Ω, normalised over Ω, −∞ where a barrier forbids; null where it has no known density (data points, a point mass). */
  readonly logDensity: ((x: number, y: number) => number) | null
  /** KL(ρ₀‖π) by quadrature, nats; null where `logDensity` is null, and where the quadrature does not settle. */
  readonly kl: number | null
  /** Estimated error of `kl`, nats: 0 where the quadrature is right to many digits, as without barriers. */
  readonly klError: number
  /**
   * Visits the points of a quadrature of ρ₀ with their masses. The masses of the points in a cell of the box add up to the
   * mass of ρ₀ in that cell: intervals end at the edges of cells and where the law is cut off. Σ mass is 1 only as far as the
   * quadrature resolves the law, since it is not renormalised. Null where `logDensity` is null.
   */
  readonly visit: ((box: Box, visit: Visit) => void) | null
  /** Whether the density is smooth on Ω, so that its values at the centres of small enough cells can stand for it. */
  readonly smooth: boolean
}

type Visit = (x: number, y: number, mass: number) => void

/**
 * The region that holds a law, as lines along y (`alongY`) or x: the range of the lines' positions, the range along each
 * line, and the lengths on which the density varies (Infinity: slowly).
 */
interface Window {
  readonly alongY: boolean
  readonly across: Range
  along(position: number): Range
  readonly scaleAcross: number
  readonly scaleAlong: number
}

type Range = readonly [low: number, high: number]

/** A law whose mass where allowed is smaller than this is refused: rejection would not end. */
const LEAST_MASS = 1e-4
/** A Gaussian with less mass than this where allowed is drawn by the exact sampler of a table, not by rejection… */
const FEW = 0.02
/** …unless its thickness is at most this share of a cell. */
const THIN = 0.02
/** A Gaussian is cut off at this many standard deviations: the mass beyond is below 1e-15. */
const REACH = 8.5
/** Quadrature intervals in units of a law's own scale. */
const INTERVAL_PER_SCALE = 0.6
/** Quadrature intervals across and along, at most. */
const MAX_INTERVALS = 4000
/** The cells of a law on all of Ω are subdivided while this changes its mass by more than this share. */
const MASS_TOLERANCE = 1e-5
const MAX_SUBDIVISION = 8
/**
 * Beside walls cells are cut finer until the error of KL is at most WALL_SHARE·KL + WALL_LEAST, nats, but into at most
 * MOST_HALVED² parts and while the quadrature has at most MOST_LINES lines…
 */
const WALL_SHARE = 1e-3
const WALL_LEAST = 1e-8
const MOST_HALVED = 8
const MOST_LINES = 1024
/** A cell is beside a wall within this many of its own sides: farther off, −μ log h is smooth on it. */
const BESIDE = 2
/** …and `kl` is null where its error exceeds this share of 1 + KL. */
const WALL_KL_TOLERANCE = 1e-2
/** `kl` is null where the last halving of the cells still changed the mass of the law by more than this share. */
const FOUND = 1e-3
/** Greatest log of a law's mass on the box: above 0 by the errors of its normalisation, 1e-4, and of the quadrature. */
const PLANE_TOLERANCE = 1e-3
/** Points of less mass are skipped; together they hold less than 1e-14. */
const LEAST_POINT = 1e-20
/** A cell is skipped where the density in it and in its neighbours is below e^−60 of the greatest. */
const LOG_NEGLECT = 60

/**
 * Builds an initial law on Ω.
 * @throws RangeError when the law has almost no mass where allowed, its point is not allowed, or the kind is `data` and
 *   there is no target
 */
export function initialLaw(kind: InitialLawKind, context: InitialLawContext): InitialLaw {
  switch (kind.kind) {
    case 'gaussian': {
      const [[xx, xy], [, yy]] = kind.covariance
      return gaussianLaw(kind.mean, xx, xy, yy, context)
    }
    case 'point': {
      const s = kind.spread * kind.spread
      if (!isAllowed(context.field, ...kind.at)) {
        throw new RangeError(`The initial point (${kind.at.join(', ')}) lies inside a barrier`)
      }
      return s > 0 ? gaussianLaw(kind.at, s, 0, s, context) : pointMass(kind.at, context)
    }
    case 'uniform':
      return uniformLaw(kind.halfWidth, context)
    case 'data':
      return dataLaw(context)
    case 'gibbs':
      return gibbsLaw(context)
    default:
      throw new RangeError(`Unknown initial law: ${JSON.stringify(kind satisfies never)}`)
  }
}

function initialKey(seed: number): Key {
  return { seed, purpose: Purpose.initial }
}

function gaussianLaw(
  mean: readonly [number, number],
  xx: number,
  xy: number,
  yy: number,
  context: InitialLawContext,
): InitialLaw {
  const w = context.gibbs.box.halfWidth
  const [mx, my] = mean
  const [l11, l21, l22] = cholesky2(xx, xy, yy)
  const [axx, axy, ayy] = inverse2(xx, xy, yy)
  const constant = -log(2 * Math.PI * l11 * l22)
  const unrestricted = (x: number, y: number): number => {
    const dx = x - mx
    const dy = y - my
    return constant - 0.5 * (axx * dx * dx + 2 * axy * dx * dy + ayy * dy * dy)
  }
  // The position of a line is the coordinate of greater variance; along it runs the other one, given the position.
  const alongY = xx >= yy
  const [m1, m2, v1, v2] = alongY ? [mx, my, xx, yy] : [my, mx, yy, xx]
  const slope = xy / v1
  const thickness = Math.sqrt(v2 - slope * xy)
  const clipped = (centre: number, deviation: number): Range => [
    Math.max(-w, centre - REACH * deviation),
    Math.min(w, centre + REACH * deviation),
  ]
  const reach = REACH * Math.sqrt(v2)
  // A thin oblique law that runs into a wall is cut off within its thickness.
  const cutOff = m2 - reach < -w || m2 + reach > w
  const window: Window = {
    alongY,
    across: clipped(m1, Math.sqrt(v1)),
    along: (position) => clipped(m2 + slope * (position - m1), thickness),
    scaleAcross:
      cutOff && slope !== 0 ? Math.min(Math.sqrt(v1), thickness / Math.abs(slope)) : Math.sqrt(v1),
    scaleAlong: thickness,
  }
  const known = measure(unrestricted, window, context)
  const { logMass } = known
  requireMass('The initial Gaussian', logMass, context)
  const { field } = context
  const pair = new Float64Array(4)
  // A table reproduces a parabola, so the exact sampler of a table draws the restricted Gaussian.
  const inside =
    exp(logMass) < FEW && thickness > THIN * spacing(context.gibbs.box)
      ? gibbsSampler(
          {
            grid: tabulateEnergy(
              context.gibbs.box,
              quadraticEnergy(mean, [
                [axx, axy],
                [axy, ayy],
              ]),
            ),
            barriers: hardWalls(field.barriers),
          },
          1,
        )
      : null
  return {
    sample(n, seed) {
      const key = initialKey(seed)
      if (inside !== null) return inside.sample(key, n)
      const out = new Float64Array(2 * n)
      for (let i = 0; i < n; i++) {
        let x: number
        let y: number
        let attempt = 0
        do {
          gaussianPair(key, i, attempt++, pair)
          x = mx + l11 * pair[0]!
          y = my + l21 * pair[0]! + l22 * pair[1]!
        } while (!(Math.abs(x) <= w && Math.abs(y) <= w && isAllowed(field, x, y)))
        out[2 * i] = x
        out[2 * i + 1] = y
      }
      return out
    },
    ...lawIn(window, unrestricted, known, context),
    smooth: field.barriers.length === 0,
  }
}

/** Density, KL and quadrature of a law in a window, renormalised where allowed. */
function lawIn(
  window: Window,
  unrestricted: LogDensity,
  { logMass, kl, klError }: Known,
  { field }: InitialLawContext,
): Pick<InitialLaw, 'logDensity' | 'kl' | 'klError' | 'visit'> {
  const logDensity: LogDensity = (x, y) => unrestricted(x, y) - logMass
  return {
    logDensity: restricted(logDensity, field),
    kl,
    klError,
    visit: (box, visit) => {
      visitWindow(window, box, field, pointsOf(logDensity, field, visit))
    },
  }
}

/** `logDensity` where no barrier forbids, −∞ elsewhere. */
function restricted(
  logDensity: (x: number, y: number) => number,
  field: EnergyField,
): (x: number, y: number) => number {
  if (field.barriers.length === 0) return logDensity
  return (x, y) => (isAllowed(field, x, y) ? logDensity(x, y) : -Infinity)
}

/** @throws RangeError when a law has almost no mass where allowed */
function requireMass(law: string, logMass: number, { field }: InitialLawContext): void {
  const mass = exp(logMass)
  if (mass >= LEAST_MASS) return
  const where = field.barriers.length === 0 ? 'in the box' : 'in the box outside the barriers'
  throw new RangeError(
    `${law} has mass ${formatDown(mass, 2)} ${where}; at least ${formatNumber(LEAST_MASS, 1)} is needed`,
  )
}

function pointMass(at: readonly [number, number], context: InitialLawContext): InitialLaw {
  const w = context.gibbs.box.halfWidth
  if (!(Math.abs(at[0]) <= w && Math.abs(at[1]) <= w)) {
    throw new RangeError(`The initial point (${at.join(', ')}) lies outside the box`)
  }
  return {
    sample(n) {
      const out = new Float64Array(2 * n)
      for (let i = 0; i < n; i++) out.set(at, 2 * i)
      return out
    },
    logDensity: null,
    kl: null,
    klError: 0,
    visit: null,
    smooth: false,
  }
}

function uniformLaw(halfWidth: number, context: InitialLawContext): InitialLaw {
  const a = Math.min(halfWidth, context.gibbs.box.halfWidth)
  if (!(a > 0)) throw new RangeError(`The half-width of the initial square must be positive: ${a}`)
  const height = -2 * log(2 * a)
  const side: Range = [-a, a]
  const window: Window = {
    alongY: true,
    across: side,
    along: () => side,
    scaleAcross: a,
    scaleAlong: a,
  }
  const { field } = context
  const inside: LogDensity = (x, y) => (Math.abs(x) <= a && Math.abs(y) <= a ? height : -Infinity)
  const walls = field.barriers.length > 0
  const known = measure(inside, window, context)
  requireMass('The initial square', known.logMass, context)
  const words = new Uint32Array(4)
  return {
    sample(n, seed) {
      const key = initialKey(seed)
      const out = new Float64Array(2 * n)
      for (let i = 0; i < n; i++) {
        let x: number
        let y: number
        let attempt = 0
        do {
          hash4(key, i, attempt++, words)
          x = a * (2 * unit(words[0]!) - 1)
          y = a * (2 * unit(words[1]!) - 1)
        } while (!isAllowed(field, x, y))
        out[2 * i] = x
        out[2 * i + 1] = y
      }
      return out
    },
    ...lawIn(window, inside, walls ? known : { ...known, logMass: 0 }, context),
    smooth: !walls && a === context.gibbs.box.halfWidth,
  }
}

function dataLaw(context: InitialLawContext): InitialLaw {
  const { target, field } = context
  if (target === null) throw new RangeError('Starting at the data needs a target')
  const w = context.gibbs.box.halfWidth
  const sample = (n: number, seed: number): Float64Array => {
    const rng = new Rng(initialKey(seed))
    const out = new Float64Array(2 * n)
    let kept = 0
    for (let round = 0; kept < n; round++) {
      if (round > 1000)
        throw new RangeError('The target has almost no mass where allowed in the box')
      const draws = target.sample(rng, n)
      for (let i = 0; i < n && kept < n; i++) {
        const x = draws[2 * i]!
        const y = draws[2 * i + 1]!
        if (Math.abs(x) <= w && Math.abs(y) <= w && isAllowed(field, x, y)) {
          out[2 * kept] = x
          out[2 * kept + 1] = y
          kept++
        }
      }
    }
    return out
  }
  const { density } = target
  if (density === null)
    return { sample, logDensity: null, kl: null, klError: 0, visit: null, smooth: false }
  const unrestricted: LogDensity = (x, y) => density.logDensity(x, y)
  const { logMass, kl, klError, length } = measureCells(unrestricted, context)
  if (field.barriers.length > 0) requireMass('The data', logMass, context)
  const logDensity: LogDensity = (x, y) => unrestricted(x, y) - logMass
  return {
    sample,
    logDensity: restricted(logDensity, field),
    kl,
    klError,
    visit: (box, visit) => {
      const parts = Math.ceil(spacing(box) / length - 1e-9)
      const cells = cellsOf(logDensity, box)
      visitCells(cells, box, parts, field, pointsOf(logDensity, field, visit))
    },
    smooth: field.barriers.length === 0,
  }
}

function gibbsLaw(context: InitialLawContext): InitialLaw {
  const { field } = context
  const { epsilon, logZ } = context.gibbs
  const sampler = gibbsSampler(field, epsilon)
  return {
    sample: (n, seed) => sampler.sample(initialKey(seed), n),
    logDensity: (x, y) => -fieldValue(field, x, y) / epsilon - logZ,
    kl: 0,
    klError: 0,
    visit: (box, visit) => {
      visitGibbs(field, gibbsOn(field, epsilon, box), visit)
    },
    smooth: field.barriers.length === 0,
  }
}

type LogDensity = (x: number, y: number) => number
/** Takes a point of a quadrature and the sides of the rectangle that it stands for. */
type Node = (x: number, y: number, width: number, height: number) => void

interface Measure {
  readonly logMass: number
  readonly kl: number
}

interface Known {
  readonly logMass: number
  readonly kl: number | null
  readonly klError: number
}

/** Midpoints of two halves: each point is the middle of its rectangle, of which barriers may cover a part. */
const HALVES: UnitRule = [
  [-0.25, 0.5],
  [0.25, 0.5],
]

function ruleFor({ barriers }: EnergyField): UnitRule {
  return barriers.length > 0 ? HALVES : GAUSS_3
}

/**
 * A quadrature of a law in a window: the three-point Gauss rule on intervals that end at the edges of cells and of
 * the window, and are at most 0.6 of the law's own scale long. It is of sixth order where the window cuts the law
 * off, spectrally accurate where the law vanishes first. With barriers it takes midpoints and is of second order.
 */
function visitWindow(window: Window, box: Box, field: EnergyField, visit: Node): void {
  const { alongY, across, scaleAcross, scaleAlong } = window
  const rule = ruleFor(field)
  for (const [from, length] of intervals(across, box, scaleAcross)) {
    for (const [at, weight] of rule) {
      const p = from + (0.5 + at) * length
      const range = window.along(p)
      const width = weight * length
      for (const [start, extent] of intervals(range, box, scaleAlong)) {
        for (const [place, part] of rule) {
          const q = start + (0.5 + place) * extent
          if (alongY) visit(p, q, width, part * extent)
          else visit(q, p, part * extent, width)
        }
      }
    }
  }
}

/** Intervals [from, length] that tile a range, none across an edge of a cell or longer than 0.6 of a scale. */
function intervals([low, high]: Range, box: Box, scale: number): [number, number][] {
  const out: [number, number][] = []
  if (!(high > low)) return out
  const h = spacing(box)
  const longest = Math.max(INTERVAL_PER_SCALE * scale, (high - low) / MAX_INTERVALS)
  const last = Math.min(box.cells - 1, Math.floor((high + box.halfWidth) / h))
  for (let cell = Math.max(0, Math.floor((low + box.halfWidth) / h)); cell <= last; cell++) {
    const from = Math.max(low, nodeCoordinate(box, cell))
    const to = Math.min(high, nodeCoordinate(box, cell + 1))
    if (!(to > from)) continue
    const parts = Math.ceil((to - from) / longest - 1e-9)
    for (let i = 0; i < parts; i++) {
      out.push([from + (i * (to - from)) / parts, (to - from) / parts])
    }
  }
  return out
}

/** log of the mass of a law in a window, and KL(ρ‖π) of the law ρ renormalised there. */
function measure(logDensity: LogDensity, window: Window, context: InitialLawContext): Known {
  const { field, gibbs } = context
  if (!(window.across[1] > window.across[0]))
    return { logMass: -Infinity, kl: Number.NaN, klError: 0 }
  const { halfWidth, cells } = gibbs.box
  const walls = field.barriers.length > 0 ? wallCells(field, gibbs.box) : null
  const at = (m: number, clearToo: boolean): Moment => {
    const sum = new Moment(field, gibbs, walls, m, clearToo)
    const finer = {
      ...window,
      scaleAcross: window.scaleAcross / m,
      scaleAlong: window.scaleAlong / m,
    }
    visitWindow(finer, { halfWidth, cells: m * cells }, field, (x, y, width, height) => {
      sum.add(logDensity, x, y, width, height)
    })
    return sum
  }
  if (walls !== null) return besideWalls(context, walls, at)
  const { logMass, kl } = measureOf(at(1, true).clear, gibbs.logZ)
  // Only an error of the table takes KL below 0.
  return { logMass, kl: Math.max(0, kl), klError: 0 }
}

/** The cells that hold a law on all of Ω whose scale is not known; the others are negligible (`LOG_NEGLECT`). */
function cellsOf(logDensity: LogDensity, box: Box): readonly number[] {
  const { cells } = box
  const middles = new Float64Array(cells * cells)
  let top = -Infinity
  for (let k = 0; k < middles.length; k++) {
    const column = k % cells
    const l = logDensity(centreCoordinate(box, column), centreCoordinate(box, (k - column) / cells))
    middles[k] = l
    if (l > top) top = l
  }
  const active: number[] = []
  for (let k = 0; k < middles.length; k++) {
    const column = k % cells
    const row = (k - column) / cells
    let near = -Infinity
    for (let r = Math.max(0, row - 1); r <= Math.min(cells - 1, row + 1); r++) {
      for (let c = Math.max(0, column - 1); c <= Math.min(cells - 1, column + 1); c++) {
        near = Math.max(near, middles[r * cells + c]!)
      }
    }
    if (near >= top - LOG_NEGLECT) active.push(k)
  }
  return active
}

/** The quadrature of `visitWindow` on cells, each of them cut into `parts` × `parts`. */
function visitCells(
  cells: readonly number[],
  box: Box,
  parts: number,
  field: EnergyField,
  visit: Node,
): void {
  const rule = ruleFor(field)
  const length = spacing(box) / parts
  for (const k of cells) {
    const column = k % box.cells
    const x0 = nodeCoordinate(box, column)
    const y0 = nodeCoordinate(box, (k - column) / box.cells)
    for (let j = 0; j < parts; j++) {
      for (const [v, height] of rule) {
        const y = y0 + (j + 0.5 + v) * length
        for (let i = 0; i < parts; i++) {
          for (const [u, width] of rule) {
            visit(x0 + (i + 0.5 + u) * length, y, width * length, height * length)
          }
        }
      }
    }
  }
}

/**
 * `measure` for a law on all of Ω, on the cells that hold it, subdivided until its mass settles, since a law may be thin
 * beside a cell.
 * @returns `kl` null where the mass does not settle, and the side of the subdivided cells
 */
function measureCells(
  logDensity: LogDensity,
  context: InitialLawContext,
): Known & { readonly length: number } {
  const { field, gibbs } = context
  const { box } = gibbs
  const h = spacing(box)
  const active = cellsOf(logDensity, box)
  const walls = field.barriers.length > 0 ? wallCells(field, box) : null
  const at = (m: number, clearToo: boolean): Moment => {
    const sum = new Moment(field, gibbs, walls, m, clearToo)
    visitCells(active, box, m, field, (x, y, width, height) => {
      sum.add(logDensity, x, y, width, height)
    })
    return sum
  }
  if (walls !== null) {
    const { logMass, kl, klError } = besideWalls(context, walls, at)
    return { logMass, kl: logMass <= PLANE_TOLERANCE ? kl : null, klError, length: h / MOST_HALVED }
  }
  let before = 0
  for (const k of active) {
    const column = k % box.cells
    const row = (k - column) / box.cells
    before += h * h * exp(logDensity(centreCoordinate(box, column), centreCoordinate(box, row)))
  }
  for (let m = 1; ; m *= 2) {
    const sum = at(m, true).clear
    const moved = Math.abs(sum.mass - before) / sum.mass
    if (moved <= MASS_TOLERANCE || m === MAX_SUBDIVISION) {
      const { logMass, kl } = measureOf(sum, gibbs.logZ)
      // A density on the plane has at most mass 1 on the box.
      const known = moved <= FOUND && logMass <= PLANE_TOLERANCE
      return { logMass, kl: known ? Math.max(0, kl) : null, klError: 0, length: h / m }
    }
    before = sum.mass
  }
}

/** The part of a rectangle that barriers allow: its area, and the point at which to read a density for it. */
class Allowed {
  x = 0
  y = 0
  /** Area of the allowed part; 0 where barriers cover the rectangle. */
  area = 0
  private readonly out = new Float64Array(3)

  read(barriers: Barriers, x: number, y: number, width: number, height: number): void {
    const { out } = this
    this.x = x
    this.y = y
    this.area = width * height
    if (barriers.length === 0) return
    barrierMean(barriers, Infinity, x, y, width, height, out)
    this.area *= exp(out[0]!)
    this.x = out[1]!
    this.y = out[2]!
  }
}

/** Passes the nodes of a quadrature on as points with their masses under a density. */
function pointsOf(logDensity: LogDensity, field: EnergyField, visit: Visit): Node {
  const allowed = new Allowed()
  const simple: Node = (x, y, width, height) => {
    allowed.read(field.barriers, x, y, width, height)
    if (!(allowed.area > 0)) return
    const mass = allowed.area * exp(logDensity(allowed.x, allowed.y))
    if (mass > LEAST_POINT) visit(allowed.x, allowed.y, mass)
  }
  return (x, y, width, height) => {
    visitSimple(field.barriers, 1, x, y, width, height, simple)
  }
}

/** Sums over the nodes of a quadrature. */
interface Sums {
  /** Σ mass, and Σ mass·(log ρ + V/ε). */
  mass: number
  moment: number
}

/** Two `Sums` of a law: over the nodes in cells beside walls, and over all others. */
class Moment {
  readonly beside: Sums = { mass: 0, moment: 0 }
  readonly clear: Sums = { mass: 0, moment: 0 }
  /** The sums that `add` adds the present node to; `barriers` and `logDensity` belong to the same node. */
  private sums = this.clear
  private barriers: Barriers = []
  private logDensity: LogDensity = () => Number.NaN
  private readonly allowed = new Allowed()
  private readonly field: EnergyField
  private readonly gibbs: Gibbs
  private readonly fineness: number
  private readonly clearToo: boolean
  private readonly walls: WallCells | null

  /**
   * @param walls null where there are none
   * @param fineness m: cells are cut into m × m
   * @param clearToo false: only cells beside walls are summed
   */
  constructor(
    field: EnergyField,
    gibbs: Gibbs,
    walls: WallCells | null,
    fineness: number,
    clearToo: boolean,
  ) {
    this.fineness = fineness
    this.clearToo = clearToo
    this.field = field
    this.gibbs = gibbs
    this.walls = walls
  }

  add(logDensity: LogDensity, x: number, y: number, width: number, height: number): void {
    const { walls, fineness, clearToo } = this
    const cell = walls === null ? 0 : cellAt(walls.box, x, y)
    const felt = walls === null ? [] : walls.felt[cell]!
    const beside = walls?.beside[cell] === 1
    if (!beside && !clearToo) return
    this.sums = beside ? this.beside : this.clear
    this.barriers = felt
    this.logDensity = logDensity
    if (felt.length === 0) this.simple(x, y, width, height)
    else visitSimple(felt, fineness, x, y, width, height, this.simple)
  }

  private readonly simple: Node = (x, y, width, height) => {
    const { sums, barriers, logDensity } = this
    const { allowed } = this
    allowed.read(barriers, x, y, width, height)
    if (!(allowed.area > 0)) return
    const l = logDensity(allowed.x, allowed.y)
    const share = allowed.area * exp(l)
    if (!(share > 0)) return
    sums.mass += share
    const { grid } = this.field
    const { epsilon } = this.gibbs
    // The mean of the log, not the log of the mean: the law weighs every place alike, not those where π is large.
    const walls = barrierLogMean(barriers, epsilon, x, y, width, height, allowed.x, allowed.y)
    sums.moment += share * (l + readValue(grid, allowed.x, allowed.y) / epsilon - walls)
  }
}

/** @param logZ log Z of π */
function measureOf({ mass, moment }: Sums, logZ: number): Measure {
  const logMass = log(mass)
  return { logMass, kl: moment / mass - logMass + logZ }
}

/** Richardson extrapolation from intervals and their halves: an error of second order becomes one of fourth. */
function extrapolated(coarse: number, fine: number): number {
  return fine + (fine - coarse) / 3
}

/** Index of the cell that holds a place. */
function cellAt(box: Box, x: number, y: number): number {
  return indexAt(box, y) * box.cells + indexAt(box, x)
}

function indexAt(box: Box, u: number): number {
  return Math.min(box.cells - 1, Math.max(0, Math.floor((u + box.halfWidth) / spacing(box))))
}

/** For each cell of the box: the barriers that change V in it, and 1 where a wall may pass within `BESIDE` of its sides. */
interface WallCells {
  readonly box: Box
  readonly felt: readonly Barriers[]
  readonly beside: Uint8Array
}

type Barriers = EnergyField['barriers']

function wallCells({ barriers }: EnergyField, box: Box): WallCells {
  const { cells } = box
  const h = spacing(box)
  const beside = new Uint8Array(cells * cells)
  const felt = Array.from(beside, (_, k): Barriers => {
    const column = k % cells
    const [x, y] = [centreCoordinate(box, column), centreCoordinate(box, (k - column) / cells)]
    for (const barrier of barriers) {
      const [low, high] = levelRange(barrier, x, y, (BESIDE + Math.SQRT1_2) * h)
      if (low <= 0 && high >= 0) beside[k] = 1
    }
    return barriersFelt(barriers, x, y, Math.SQRT1_2 * h)
  })
  return { box, felt, beside }
}

/**
 * ∫ e^(−V/ε)/Z over the cells beside walls, or over all others, by the quadrature of the laws on cells cut into m × m, so that
 * the errors of this integral and of a law's sums may cancel: see `besideWalls`.
 */
function partition(
  field: EnergyField,
  gibbs: Gibbs,
  walls: WallCells,
  m: number,
  where: Where,
): number {
  const known = partitions.get(gibbs) ?? new Map<string, number>()
  partitions.set(gibbs, known)
  const key = `${where} ${m}`
  const found = known.get(key) ?? partitionOf(field, gibbs, walls, m, where)
  known.set(key, found)
  return found
}

type Where = 'beside' | 'clear'

/** Results of `partition` by place and m: they do not depend on the start, and the next start reads them again. */
const partitions = new WeakMap<Gibbs, Map<string, number>>()

function partitionOf(
  field: EnergyField,
  { epsilon, box, logZ }: Gibbs,
  { felt, beside }: WallCells,
  m: number,
  where: Where,
): number {
  const { grid } = field
  const out = new Float64Array(3)
  const length = spacing(box) / (2 * m)
  let barriers: Barriers = []
  let sum = 0
  const simple: Node = (x, y, width, height) => {
    barrierMean(barriers, epsilon, x, y, width, height, out)
    if (out[0]! > -Infinity)
      sum += width * height * exp(out[0]! - readValue(grid, out[1]!, out[2]!) / epsilon - logZ)
  }
  for (let k = 0; k < beside.length; k++) {
    if ((beside[k] === 1) !== (where === 'beside')) continue
    barriers = felt[k]!
    const column = k % box.cells
    const x0 = nodeCoordinate(box, column)
    const y0 = nodeCoordinate(box, (k - column) / box.cells)
    for (let j = 0; j < 2 * m; j++) {
      for (let i = 0; i < 2 * m; i++) {
        const [x, y] = [x0 + (i + 0.5) * length, y0 + (j + 0.5) * length]
        if (!(-readValue(grid, x, y) / epsilon - logZ > -LOG_NEGLECT)) continue
        if (barriers.length === 0) simple(x, y, length, length)
        else visitSimple(barriers, m, x, y, length, length, simple)
      }
    }
  }
  return sum
}

/** Mass of π in the cells that are not beside walls. */
function massClear({ density, box }: Gibbs, { beside }: WallCells): number {
  return density.reduce((sum, p, k) => sum + (1 - beside[k]!) * p, 0) * spacing(box) ** 2
}

/** Sums over some cells, and ∫ e^(−V/ε)/Z over the same cells. */
interface Part extends Sums {
  readonly z: number
}

/**
 * The measure of a law in a field with walls, on cells cut into m × m, m = 1, 2, 4, …, until KL at two m agrees. Away from
 * walls the integrands are smooth: there the sums at m = 1 and 2, extrapolated by second order, suffice where the
 * extrapolation changes KL little, and only the cells beside walls are cut further. Beside walls Z is summed over the nodes of
 * the law, so that the errors of both in the cells that a wall cuts cancel. Away from walls such errors cancel only if all walls
 * are hard: under soft walls a law weighs log h and Z a power of h, and there Z is the mass of π by its own, finer quadrature.
 * @returns `kl` null where its error exceeds `WALL_KL_TOLERANCE`
 */
function besideWalls(
  { field, gibbs }: InitialLawContext,
  walls: WallCells,
  at: (m: number, clearToo: boolean) => Moment,
): Known {
  const isHard = field.barriers.every(({ strength }) => strength === 0)
  const part = (sums: Moment, where: Where, m: number): Part => ({
    ...sums[where],
    z:
      isHard || where === 'beside'
        ? partition(field, gibbs, walls, m, where)
        : massClear(gibbs, walls),
  })
  const between = (coarse: Part, fine: Part): Part => ({
    mass: extrapolated(coarse.mass, fine.mass),
    moment: extrapolated(coarse.moment, fine.moment),
    z: extrapolated(coarse.z, fine.z),
  })
  const measureWith = (p: Part, q: Part): Measure =>
    measureOf({ mass: p.mass + q.mass, moment: p.moment + q.moment }, gibbs.logZ + log(p.z + q.z))
  const allowed = (kl: number) => WALL_SHARE * kl + WALL_LEAST
  const [one, two] = [at(1, true), at(2, true)]
  let [wide, narrow] = [part(one, 'beside', 1), part(two, 'beside', 2)]
  let [before, last] = [part(one, 'clear', 1), part(two, 'clear', 2)]
  let clear = between(before, last)
  const moved = Math.abs(measureWith(narrow, clear).kl - measureWith(narrow, last).kl)
  // The error that the extrapolation leaves is of fourth order; it is estimated as a quarter of the change in KL.
  let clearError = moved / 4
  let isClear = moved <= allowed(measureWith(narrow, clear).kl)
  let differed = 0
  for (let m = 2; ; m *= 2) {
    const [coarse, fine] = [measureWith(wide, clear), measureWith(narrow, clear)]
    const difference = Math.abs(fine.kl - coarse.kl)
    // Walls cut cells at any place, so that a difference may be small by chance; first order gives half the difference before.
    const klError = Math.max(difference, 0.5 * differed) + clearError
    differed = difference
    const kl = Math.max(0, extrapolated(coarse.kl, fine.kl))
    const isFinest = m === MOST_HALVED || 4 * m * gibbs.box.cells > MOST_LINES
    if (isFinest || (m > 2 && klError <= allowed(kl))) {
      const ofZ = isHard ? 0 : 2 * LOG_Z_TOLERANCE
      const known = klError + ofZ <= WALL_KL_TOLERANCE * (1 + kl)
      const logMass = extrapolated(coarse.logMass, fine.logMass)
      return { logMass, kl: known ? kl : null, klError: klError + ofZ }
    }
    const next = at(2 * m, !isClear)
    ;[wide, narrow] = [narrow, part(next, 'beside', 2 * m)]
    if (isClear) continue
    ;[before, last] = [last, part(next, 'clear', 2 * m)]
    const better = between(before, last)
    const found = measureWith(narrow, better).kl
    clearError = Math.abs(found - measureWith(narrow, clear).kl)
    clear = better
    isClear = clearError <= allowed(found)
  }
}
