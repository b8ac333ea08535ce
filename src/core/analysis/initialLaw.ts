import { quadraticEnergy } from '../fields/analytic.ts'
import { barrierMean, fieldValue, hardWalls, isAllowed } from '../fields/barriers.ts'
import type { EnergyField } from '../fields/energyField.ts'
import { readValue, tabulateEnergy } from '../fields/energyGrid.ts'
import { type Gibbs, gibbsSampler } from '../fields/gibbs.ts'
import { exp, log } from '../maths/elementary.ts'
import { centreCoordinate, nodeCoordinate, spacing } from '../maths/grid.ts'
import { cholesky2, inverse2 } from '../maths/linalg2.ts'
import { formatNumber } from '../maths/numberText.ts'
import { gaussianPair, hash4, type Key, Purpose, Rng, unit } from '../maths/rng.ts'
import type { Distribution } from '../targets/target.ts'

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

/** A law ρ₀ restricted to what is allowed, Ω without the regions that barriers keep clear, and renormalised there. */
export interface InitialLaw {
  /** n independent draws [x0, y0, …], length 2n, where allowed; a pure function of the seed. */
  sample(n: number, seed: number): Float64Array
  /** log ρ₀ inside Ω, normalised over Ω, −∞ where a barrier forbids; null where it has no known density (data points, a point mass). */
  readonly logDensity: ((x: number, y: number) => number) | null
  /** KL(ρ₀‖π) by quadrature, nats; null with `logDensity`. */
  readonly kl: number | null
}

/**
 * Where a law lives, as lines along y (`alongY`) or x: the range across them, the range along each, and
 * the lengths on which the density varies (Infinity: slowly).
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
/** With less mass than this there a Gaussian is drawn inside it, not drawn freely and rejected outside… */
const FEW = 0.02
/** …unless it is thinner than this share of a cell. */
const THIN = 0.02
/** Standard deviations kept of a Gaussian: what lies beyond has mass below 1e-15. */
const REACH = 8.5
/** Quadrature intervals in units of a law's own scale. */
const INTERVAL_PER_SCALE = 0.6
/** Quadrature intervals across and along, at most. */
const MAX_INTERVALS = 4000
/** Cells of a tabulated law are subdivided while that moves its mass by more than this share. */
const MASS_TOLERANCE = 1e-5
/** With barriers, whose walls settle more slowly. */
const WALL_MASS_TOLERANCE = 1e-4
const MAX_SUBDIVISION = 8
/** Cells e^−60 below the densest hold nothing, unless next to one that does. */
const LOG_NEGLECT = 60

/**
 * Builds an initial law on Ω.
 * @throws RangeError when the law has almost no mass where allowed, its point is not allowed, or `data` is asked for
 *   without a target
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
  // Across: the coordinate of greater variance; along: the other one given it, however thin the law.
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
  const { logMass, kl } = measure(unrestricted, window, context)
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
    logDensity: restricted((x, y) => unrestricted(x, y) - logMass, field),
    kl,
  }
}

/** The same density where allowed, −∞ elsewhere. */
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
    `${law} has mass ${formatNumber(mass, 2)} ${where}; at least ${formatNumber(LEAST_MASS, 1)} is needed`,
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
  const { logMass, kl } = measure(() => height, window, context)
  requireMass('The initial square', logMass, context)
  const density = field.barriers.length === 0 ? height : height - logMass
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
    logDensity: restricted(
      (x, y) => (Math.abs(x) <= a && Math.abs(y) <= a ? density : -Infinity),
      field,
    ),
    kl,
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
  if (density === null) return { sample, logDensity: null, kl: null }
  const unrestricted = (x: number, y: number): number => density.logDensity(x, y)
  const { logMass, kl } = measureCells(unrestricted, context)
  if (field.barriers.length > 0) requireMass('The data', logMass, context)
  return { sample, logDensity: restricted((x, y) => unrestricted(x, y) - logMass, field), kl }
}

function gibbsLaw(context: InitialLawContext): InitialLaw {
  const { field } = context
  const { epsilon, logZ } = context.gibbs
  const sampler = gibbsSampler(field, epsilon)
  return {
    sample: (n, seed) => sampler.sample(initialKey(seed), n),
    logDensity: (x, y) => -fieldValue(field, x, y) / epsilon - logZ,
    kl: 0,
  }
}

interface Measure {
  readonly logMass: number
  readonly kl: number
}

/**
 * log of the mass in a window, and KL of the law renormalised there against π, by the two-point Gauss
 * rule on intervals of at most a cell and 0.6 of the law's own scale: fourth order where the window
 * cuts the law off, spectrally accurate where the law vanishes first. With barriers by midpoints and the
 * shares of their rectangles that are allowed, of second order.
 */
function measure(
  logDensity: (x: number, y: number) => number,
  window: Window,
  context: InitialLawContext,
): Measure {
  const { field, gibbs } = context
  const { alongY, across, scaleAcross, scaleAlong } = window
  if (!(across[1] > across[0])) return { logMass: -Infinity, kl: Number.NaN }
  const h = spacing(gibbs.box)
  const sum = new Moment(field, gibbs)
  const walls = field.barriers.length > 0
  const countAcross = intervals(across, Math.min(h, INTERVAL_PER_SCALE * scaleAcross))
  const lengthAcross = (across[1] - across[0]) / countAcross
  for (let i = 0; i < 2 * countAcross; i++) {
    const p = quadraturePoint(across[0], lengthAcross, i, walls)
    const range = window.along(p)
    if (!(range[1] > range[0])) continue
    const countAlong = intervals(range, Math.min(h, INTERVAL_PER_SCALE * scaleAlong))
    const lengthAlong = (range[1] - range[0]) / countAlong
    const [width, height] = alongY ? [lengthAcross, lengthAlong] : [lengthAlong, lengthAcross]
    for (let j = 0; j < 2 * countAlong; j++) {
      const q = quadraturePoint(range[0], lengthAlong, j, walls)
      const x = alongY ? p : q
      const y = alongY ? q : p
      sum.add(logDensity, x, y, 0.5 * width, 0.5 * height)
    }
  }
  return sum.result()
}

/**
 * The same for a law on all of Ω of which no scale is known, by the two-point Gauss rule on the cells
 * where it lives. They are subdivided until the mass settles: thin laws on coarse cells.
 */
function measureCells(
  logDensity: (x: number, y: number) => number,
  context: InitialLawContext,
): Measure {
  const { field, gibbs } = context
  const walls = field.barriers.length > 0
  const { box } = gibbs
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
  const h = spacing(box)
  let before = 0
  for (const k of active) before += h * h * exp(middles[k]!)
  for (let m = 1; ; m *= 2) {
    const sum = new Moment(field, gibbs)
    const length = h / m
    for (const k of active) {
      const column = k % cells
      const x0 = nodeCoordinate(box, column)
      const y0 = nodeCoordinate(box, (k - column) / cells)
      for (let j = 0; j < 2 * m; j++) {
        const y = quadraturePoint(y0, length, j, walls)
        for (let i = 0; i < 2 * m; i++) {
          const x = quadraturePoint(x0, length, i, walls)
          sum.add(logDensity, x, y, 0.5 * length, 0.5 * length)
        }
      }
    }
    const tolerance = walls ? WALL_MASS_TOLERANCE : MASS_TOLERANCE
    const settled = Math.abs(sum.mass - before) <= tolerance * sum.mass
    if (settled || m === MAX_SUBDIVISION) return sum.result()
    before = sum.mass
  }
}

/** Σ of mass and of mass·(log ρ + V/ε) over the points of a quadrature. */
class Moment {
  mass = 0
  private moment = 0
  private readonly allowed = new Float64Array(3)
  private readonly field: EnergyField
  private readonly gibbs: Gibbs

  constructor(field: EnergyField, gibbs: Gibbs) {
    this.field = field
    this.gibbs = gibbs
  }

  /** @param width, height rectangle that the point stands for */
  add(
    logDensity: (x: number, y: number) => number,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void {
    const { grid, barriers } = this.field
    const { epsilon } = this.gibbs
    let area = width * height
    let px = x
    let py = y
    let walls = 0
    if (barriers.length > 0) {
      const { allowed } = this
      barrierMean(barriers, epsilon, x, y, width, height, allowed)
      walls = allowed[0]!
      barrierMean(barriers, Infinity, x, y, width, height, allowed)
      if (allowed[0] === -Infinity) return
      walls -= allowed[0]!
      area *= exp(allowed[0]!)
      px = allowed[1]!
      py = allowed[2]!
    }
    const l = logDensity(px, py)
    const share = area * exp(l)
    if (!(share > 0)) return
    this.mass += share
    this.moment += share * (l + readValue(grid, px, py) / epsilon - walls)
  }

  result(): Measure {
    const logMass = log(this.mass)
    // Below 0 there is only the error of the table.
    return { logMass, kl: Math.max(0, this.moment / this.mass - logMass + this.gibbs.logZ) }
  }
}

/** The i-th of the two Gauss points, or middles of halves, in each of the intervals of a length that begin at `from`. */
function quadraturePoint(from: number, length: number, i: number, middles: boolean): number {
  const middle = from + ((i >> 1) + 0.5) * length
  const offset = middles ? 0.25 * length : length / Math.sqrt(12)
  return (i & 1) === 0 ? middle - offset : middle + offset
}

function intervals([low, high]: Range, step: number): number {
  return Math.min(MAX_INTERVALS, Math.ceil((high - low) / step - 1e-9))
}
