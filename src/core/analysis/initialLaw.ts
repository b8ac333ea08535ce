import type { EnergyField } from '../fields/energyField.ts'
import { readValue } from '../fields/energyGrid.ts'
import { type Gibbs, gibbsSampler } from '../fields/gibbs.ts'
import { exp, log } from '../maths/elementary.ts'
import { spacing } from '../maths/grid.ts'
import { cholesky2, inverse2, minEigenvalue2 } from '../maths/linalg2.ts'
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

/** A law ρ₀ restricted to Ω and renormalised there. */
export interface InitialLaw {
  /** n independent draws [x0, y0, …], length 2n, inside Ω; a pure function of the seed. */
  sample(n: number, seed: number): Float64Array
  /** log ρ₀ inside Ω, normalised over Ω; null where it has no known density (data points, a point mass). */
  readonly logDensity: ((x: number, y: number) => number) | null
  /** KL(ρ₀‖π) by quadrature, nats; null with `logDensity`. */
  readonly kl: number | null
}

/** Rectangle that carries the law, and the length on which its density varies (Infinity: slowly). */
interface Window {
  readonly x0: number
  readonly x1: number
  readonly y0: number
  readonly y1: number
  readonly scale: number
}

/** A law whose mass in Ω is smaller than this is refused: rejection would not end. */
const LEAST_MASS = 1e-4
/** Standard deviations kept of a Gaussian: what lies beyond has mass below 1e-15. */
const REACH = 8.5
/** Quadrature intervals in units of a law's own scale. */
const INTERVAL_PER_SCALE = 0.6
const MAX_INTERVALS = 400

/**
 * Builds an initial law on Ω.
 * @throws RangeError when the law has almost no mass in Ω, or `data` is asked for without a target
 */
export function initialLaw(kind: InitialLawKind, context: InitialLawContext): InitialLaw {
  switch (kind.kind) {
    case 'gaussian': {
      const [[xx, xy], [, yy]] = kind.covariance
      return gaussianLaw(kind.mean, xx, xy, yy, context)
    }
    case 'point': {
      const s = kind.spread * kind.spread
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
  const reachX = REACH * Math.sqrt(xx)
  const reachY = REACH * Math.sqrt(yy)
  const window: Window = {
    x0: Math.max(-w, mx - reachX),
    x1: Math.min(w, mx + reachX),
    y0: Math.max(-w, my - reachY),
    y1: Math.min(w, my + reachY),
    scale: Math.sqrt(minEigenvalue2(xx, xy, yy)),
  }
  const { logMass, kl } = measure(unrestricted, window, context)
  if (!(exp(logMass) >= LEAST_MASS)) {
    throw new RangeError(
      `The initial Gaussian has mass ${exp(logMass).toExponential(1)} in the box; at least ${LEAST_MASS} is needed`,
    )
  }
  const pair = new Float64Array(4)
  return {
    sample(n, seed) {
      const key = initialKey(seed)
      const out = new Float64Array(2 * n)
      for (let i = 0; i < n; i++) {
        let x: number
        let y: number
        let attempt = 0
        do {
          gaussianPair(key, i, attempt++, pair)
          x = mx + l11 * pair[0]!
          y = my + l21 * pair[0]! + l22 * pair[1]!
        } while (!(Math.abs(x) <= w && Math.abs(y) <= w))
        out[2 * i] = x
        out[2 * i + 1] = y
      }
      return out
    },
    logDensity: (x, y) => unrestricted(x, y) - logMass,
    kl,
  }
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
  const window: Window = { x0: -a, x1: a, y0: -a, y1: a, scale: a }
  const words = new Uint32Array(4)
  return {
    sample(n, seed) {
      const key = initialKey(seed)
      const out = new Float64Array(2 * n)
      for (let i = 0; i < n; i++) {
        hash4(key, i, 0, words)
        out[2 * i] = a * (2 * unit(words[0]!) - 1)
        out[2 * i + 1] = a * (2 * unit(words[1]!) - 1)
      }
      return out
    },
    logDensity: (x, y) => (Math.abs(x) <= a && Math.abs(y) <= a ? height : -Infinity),
    kl: measure(() => height, window, context).kl,
  }
}

function dataLaw(context: InitialLawContext): InitialLaw {
  const { target } = context
  if (target === null) throw new RangeError('Starting at the data needs a target')
  const w = context.gibbs.box.halfWidth
  const sample = (n: number, seed: number): Float64Array => {
    const rng = new Rng(initialKey(seed))
    const out = new Float64Array(2 * n)
    let kept = 0
    for (let round = 0; kept < n; round++) {
      if (round > 1000) throw new RangeError('The target has almost no mass in the box')
      const draws = target.sample(rng, n)
      for (let i = 0; i < n && kept < n; i++) {
        const x = draws[2 * i]!
        const y = draws[2 * i + 1]!
        if (Math.abs(x) <= w && Math.abs(y) <= w) {
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
  const window: Window = { x0: -w, x1: w, y0: -w, y1: w, scale: Infinity }
  const { logMass, kl } = measure(unrestricted, window, context)
  return { sample, logDensity: (x, y) => unrestricted(x, y) - logMass, kl }
}

function gibbsLaw(context: InitialLawContext): InitialLaw {
  const { field } = context
  const { epsilon, logZ } = context.gibbs
  const sampler = gibbsSampler(field, epsilon)
  return {
    sample: (n, seed) => sampler.sample(initialKey(seed), n),
    logDensity: (x, y) => -readValue(field.grid, x, y) / epsilon - logZ,
    kl: 0,
  }
}

/**
 * log of the mass in a window, and KL of the law renormalised there against π, by the two-point Gauss
 * rule on intervals of at most a cell and 0.6 of the law's own scale: fourth order where the window
 * cuts the law off, spectrally accurate where the law vanishes first.
 */
function measure(
  logDensity: (x: number, y: number) => number,
  window: Window,
  context: InitialLawContext,
): { logMass: number; kl: number } {
  const { field, gibbs } = context
  const { epsilon, logZ } = gibbs
  const { x0, x1, y0, y1 } = window
  if (!(x1 > x0 && y1 > y0)) return { logMass: -Infinity, kl: Number.NaN }
  const step = Math.min(spacing(gibbs.box), INTERVAL_PER_SCALE * window.scale)
  const xs = gaussPoints(x0, x1, step)
  const ys = gaussPoints(y0, y1, step)
  let mass = 0
  let moment = 0
  for (const y of ys) {
    for (const x of xs) {
      const l = logDensity(x, y)
      const p = exp(l)
      if (p > 0) {
        mass += p
        moment += p * (l + readValue(field.grid, x, y) / epsilon)
      }
    }
  }
  const logMass = log((mass * (x1 - x0) * (y1 - y0)) / (xs.length * ys.length))
  return { logMass, kl: moment / mass - logMass + logZ }
}

/** Two Gauss points in each of the equal intervals, at most `step` long, that make up [a, b]. */
function gaussPoints(a: number, b: number, step: number): Float64Array {
  const n = Math.min(MAX_INTERVALS, Math.ceil((b - a) / step - 1e-9))
  const length = (b - a) / n
  const offset = length / Math.sqrt(12)
  const out = new Float64Array(2 * n)
  for (let i = 0; i < n; i++) {
    const middle = a + (i + 0.5) * length
    out[2 * i] = middle - offset
    out[2 * i + 1] = middle + offset
  }
  return out
}
