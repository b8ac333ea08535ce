import { exp, log } from '../../maths/elementary.ts'
import { GAUSS_3 } from '../../maths/quadrature.ts'
import { cap, CAP_FROM, CAP_TO, capped, logCapped } from './cap.ts'
import { level, readLevel } from './levels.ts'
import { kindOf, type Barrier } from './registry.ts'

/**
 * h of a barrier at the middle of a rectangle, its derivatives in `level`. On its very edge a polygon has no gradient: there both are
 * read a 1e-9th of the rectangle beside it.
 */
function readSlope(barrier: Barrier, x: number, y: number, width: number, height: number): number {
  const h = readLevel(barrier, x, y, true)
  if (h !== 0 || level[1] !== 0 || level[2] !== 0) return h
  return readLevel(barrier, x + 1e-9 * width, y + 1.7e-9 * height, true)
}

/** A rectangle takes h at its middle where that is at least this many times the change of h across half of it. */
const FAR = 8
/** Of the changes of h along the two sides of a rectangle the smaller one counts as 0 below this share of the greater. */
const FLAT = 1e-3

/** How often a rectangle is halved at most. */
const DEEPEST = 12
/** Between two walls each counts as near a rectangle while its h is less than this many times the change of h across half of it. */
const BETWEEN = 64
/** How far h at a corner may be from its tangent at the middle, as a share of h and of the rectangle's size. */
const CROOKED = 0.0125

/**
 * Cuts a rectangle into smaller ones, each near at most one wall, which is nearly straight there, and visits them. On these
 * `barrierMean` and `barrierLogMean` are of second order; on a rectangle wider than a corridor between two walls they are not, since the
 * mean over the corridor is not the product of the means of the two walls.
 * @param fineness m: between two walls the rectangles are m times as fine
 */
export function visitSimple(
  barriers: readonly Barrier[],
  fineness: number,
  x: number,
  y: number,
  width: number,
  height: number,
  visit: (x: number, y: number, width: number, height: number) => void,
  depth = 0,
): void {
  const cut = depth < DEEPEST ? tangledAlong(barriers, fineness, x, y, width, height) : 'not'
  if (cut === 'not') {
    visit(x, y, width, height)
    return
  }
  for (const side of [-0.25, 0.25])
    if (cut === 'x')
      visitSimple(barriers, fineness, x + side * width, y, width / 2, height, visit, depth + 1)
    else visitSimple(barriers, fineness, x, y + side * height, width, height / 2, visit, depth + 1)
}

/** The axis along which to halve a rectangle that has two walls near it or a bent one; `not` where it has neither. */
function tangledAlong(
  barriers: readonly Barrier[],
  fineness: number,
  x: number,
  y: number,
  width: number,
  height: number,
): 'x' | 'y' | 'not' {
  const far = BETWEEN * fineness
  const crooked = CROOKED / fineness
  let isBent = false
  let near = 0
  let sideways = 0
  let upwards = 0
  for (const barrier of barriers) {
    const h = readSlope(barrier, x, y, width, height)
    const along = level[1]! * width
    const up = level[2]! * height
    const half = 0.5 * (Math.abs(along) + Math.abs(up))
    const reach = 0.5 * (width + height)
    const kind = kindOf(barrier)
    const unseen = kind.course === 'creased' ? reach : 0
    // The barrier covers the whole rectangle, whatever the others do in it.
    if (kind.covers?.(barrier, x, y, width, height) ?? h <= -Math.max(half, unseen)) return 'not'
    if (isBent || h >= Math.max(far * half, unseen)) continue
    if (kind.course !== 'affine') {
      for (let corner = 0; corner < 4 && !isBent; corner++) {
        const [u, v] = [(corner & 1) - 0.5, (corner >> 1) - 0.5]
        const there = readLevel(barrier, x + u * width, y + v * height, false)
        isBent = Math.abs(there - (h + u * along + v * up)) > crooked * Math.max(reach, h)
      }
    }
    near++
    sideways += Math.abs(along)
    upwards += Math.abs(up)
  }
  if (isBent) return width >= height ? 'x' : 'y'
  return near < 2 ? 'not' : sideways >= upwards ? 'x' : 'y'
}

/**
 * The factor by which barriers change the mean of e^(−V/ε) over a rectangle: to out[0] the log of the mean of
 * Π c(h)^(μ/ε) 1_{h>0}, one factor a barrier, −∞ where they cover all of it; to out[1], out[2] the place at which the caller reads the
 * table. Where a wall crosses the rectangle, h is taken as linear and integrated in closed form, and the place moves to the
 * mean level, so that a quadrature of such rectangles is of second order in their size.
 * @param epsilon ε; Infinity gives the log of the share of the rectangle that is allowed
 * @param x, y its middle
 * @param out length ≥ 3; overwritten
 * @param inSum true where the caller sums rectangles that tile a region. Away from walls h is then read at their middles, also at high
 *   powers, where the value at the middle is not the mean: a sum of middles converges faster than any order once they
 *   resolve the integrand, a sum of means at moved places only to second order
 */
export function barrierMean(
  barriers: readonly Barrier[],
  epsilon: number,
  x: number,
  y: number,
  width: number,
  height: number,
  out: Float64Array,
  inSum = false,
): void {
  let sum = 0
  let far = 0
  let isFelt = false
  out[1] = x
  out[2] = y
  for (const barrier of barriers) {
    const power = barrier.strength / epsilon
    const h = readSlope(barrier, x, y, width, height)
    const hx = level[1]!
    const hy = level[2]!
    const a = Math.abs(hx) * width
    const b = Math.abs(hy) * height
    const half = 0.5 * (a + b)
    if (h <= -half) {
      out[0] = -Infinity
      return
    }
    if (isFar(h, half, power, inSum)) {
      if (power > 0) {
        farWalls[far] = barrier
        farLevels[far++] = h
        isFelt ||= h < CAP_TO + half
      }
      continue
    }
    if (power > 0 && h - half >= CAP_TO) continue
    const wide = Math.max(a, b)
    const narrow = Math.min(a, b)
    const isCapped = power > 0 && h + half > CAP_FROM
    const mean = isCapped
      ? cappedMean(h, wide, narrow, power)
      : logPowerMean(h, wide, narrow, power)
    sum += mean
    if (mean === -Infinity) continue
    const rise = isCapped ? cappedRise : exp(logPowerMean(h, wide, narrow, power + 1) - mean) - h
    const scale = rise / (hx * hx + hy * hy)
    out[1] = out[1] + scale * hx
    out[2] = out[2] + scale * hy
  }
  if (isFelt) {
    const isMoved = out[1] !== x || out[2] !== y
    let terms = 0
    for (let i = 0; i < far; i++) {
      const wall = farWalls[i]!
      const there = isMoved ? readLevel(wall, out[1], out[2], false) : farLevels[i]!
      if (there < CAP_TO) terms += (wall.strength / epsilon) * log(cap(there))
    }
    sum += terms
  }
  out[0] = sum
}

/** The soft barriers that are far from the rectangle at hand, and their h at its middle. */
const farWalls: Barrier[] = []
const farLevels: number[] = []

/**
 * Whether the middle of a rectangle, whose h changes by `half` to either side, stands for it: nothing but a wall is felt, and none
 * crosses, or c(h)^power changes by no more than e^(1/8) to either side; in a sum, c alone.
 */
function isFar(h: number, half: number, power: number, inSum: boolean): boolean {
  if (power === 0) return h >= half
  if (h < FAR * half) return false
  if (inSum || h - half >= CAP_TO) return true
  cap(h - half)
  return FAR * power * capped[0]! * half <= 1
}

/**
 * Σ μ/ε · mean of log c(h) over the allowed part of a rectangle, which may not be empty: the mean of what barriers add to −V/ε, by
 * Jensen's inequality at most the log of the mean that `barrierMean` gives. Where a wall crosses the rectangle or is near, h is taken as
 * linear and integrated in closed form; farther away the second derivatives of h enter, and the error is of fourth order.
 * @param x, y its middle
 * @param allowedX, allowedY the middle of its allowed part, as `barrierMean` gives it for ε = Infinity
 */
export function barrierLogMean(
  barriers: readonly Barrier[],
  epsilon: number,
  x: number,
  y: number,
  width: number,
  height: number,
  allowedX: number,
  allowedY: number,
): number {
  let sum = 0
  const dx = allowedX - x
  const dy = allowedY - y
  for (const barrier of barriers) {
    const power = barrier.strength / epsilon
    if (!(power > 0)) continue
    const h = readSlope(barrier, x, y, width, height)
    const hx = level[1]!
    const hy = level[2]!
    const a = Math.abs(hx) * width
    const b = Math.abs(hy) * height
    const half = 0.5 * (a + b)
    if (h - half >= CAP_TO) continue
    if (h < FAR * half) {
      const wide = Math.max(a, b)
      const narrow = Math.min(a, b)
      sum +=
        power * (h + half > CAP_FROM ? cappedMeanLog(h, wide, narrow) : meanLog(h, wide, narrow))
    } else if (h < CAP_TO) {
      const value = log(cap(h + hx * dx + hy * dy))
      const capSlope = capped[0]!
      const capBend = capped[1]!
      const bend = (capBend - capSlope * capSlope) * (a * a + b * b)
      const curve = capSlope * (level[3]! * width * width + level[5]! * height * height)
      sum += power * (value + (bend + curve) / 24)
    }
  }
  return sum
}

/** Mean of log z over z = h + a·s + b·t > 0, s, t in [−½, ½]; a ≥ b ≥ 0, a > 0, and some z > 0. */
function meanLog(h: number, a: number, b: number): number {
  if (b < FLAT * a) {
    const top = h + 0.5 * a
    const bottom = Math.max(0, h - 0.5 * a)
    const inner = (z: number): number => (z > 0 ? z * (log(z) - 1) : 0)
    return (inner(top) - inner(bottom)) / (top - bottom)
  }
  const square = (z: number): number => (z > 0 ? 0.5 * z * z : 0)
  const inner = (z: number): number => (z > 0 ? 0.5 * z * z * (log(z) - 1.5) : 0)
  const difference = (f: (z: number) => number): number =>
    f(h + 0.5 * (a + b)) - f(h + 0.5 * (a - b)) - f(h - 0.5 * (a - b)) + f(h - 0.5 * (a + b))
  return difference(inner) / difference(square)
}

/** log of the mean of (h + a·s + b·t)₊^power over s, t in [−½, ½]; a ≥ b ≥ 0, a > 0. */
function logPowerMean(h: number, a: number, b: number, power: number): number {
  if (b < FLAT * a) {
    const top = h + 0.5 * a
    if (!(top > 0)) return -Infinity
    const q = power + 1
    return q * log(top) + log((1 - positivePower((h - 0.5 * a) / top, q)) / (q * a))
  }
  const top = h + 0.5 * (a + b)
  const q = power + 2
  const difference =
    1 -
    positivePower((h + 0.5 * (a - b)) / top, q) -
    positivePower((h - 0.5 * (a - b)) / top, q) +
    positivePower((h - 0.5 * (a + b)) / top, q)
  return q * log(top) + log(difference / (q * (q - 1) * a * b))
}

function positivePower(z: number, q: number): number {
  return z > 0 ? exp(q * log(z)) : 0
}

/** Levels below this share of the greatest one are left out, and those whose weight c(z)^power is below e^−40 of the greatest. */
const LOWEST = 1e-12
const LIGHTEST = 40

/**
 * Visits z = h + a·s + b·t > 0, s, t in [−½, ½], by its law, which has the density of a trapezium, from the greatest level down: by
 * points of Gauss on intervals within which neither a side of the trapezium nor a part of the cap ends, z falls by no more than
 * half, and c(z)^power by no more than e.
 * @param a, b a ≥ b ≥ 0, a > 0
 * @param visit takes log c(z) and a share of the whole
 */
function visitLevels(
  h: number,
  a: number,
  b: number,
  power: number,
  visit: (z: number, logCap: number, weight: number) => void,
): void {
  const half = 0.5 * (a + b)
  const inner = 0.5 * (a - b)
  const density = (z: number): number => {
    const off = Math.abs(z - h)
    return off <= inner ? 1 / a : Math.max(0, half - off) / (a * b)
  }
  const last = Math.max(h - half, LOWEST * (h + half))
  let z = h + half
  let logZ = logCapped(z)
  const lightest = power > 0 ? logZ - LIGHTEST / power : -Infinity
  while (z > last && logZ > lightest) {
    let low = 0.5 * z
    for (const edge of [CAP_TO, CAP_FROM, h + inner, h - inner, last])
      if (edge < z && edge > low) low = edge
    let logLow = logCapped(low)
    while (power * (logZ - logLow) > 1) {
      low = 0.5 * (low + z)
      logLow = logCapped(low)
    }
    for (const [at, weight] of GAUSS_3) {
      const there = 0.5 * (low + z) + at * (z - low)
      visit(there, logCapped(there), weight * (z - low) * density(there))
    }
    z = low
    logZ = logLow
  }
}

/** The mean of z − h under the weight c(z)^power, as `cappedMean` last computed it. */
let cappedRise = 0

/** `logPowerMean` of c(z) for z, where the cap acts on some of the rectangle. */
function cappedMean(h: number, a: number, b: number, power: number): number {
  const top = power * logCapped(h + 0.5 * (a + b))
  let sum = 0
  let rise = 0
  visitLevels(h, a, b, power, (z, logCap, weight) => {
    const mean = weight * exp(power * logCap - top)
    sum += mean
    rise += (z - h) * mean
  })
  cappedRise = rise / sum
  return log(sum) + top
}

/** `meanLog` of c(z) for z, where the cap acts on some of the rectangle. */
function cappedMeanLog(h: number, a: number, b: number): number {
  let sum = 0
  let share = 0
  visitLevels(h, a, b, 0, (_, logCap, weight) => {
    share += weight
    sum += weight * logCap
  })
  return sum / share
}
