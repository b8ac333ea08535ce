import { exp, log } from '../maths/elementary.ts'
import { fold } from '../maths/grid.ts'
import { GAUSS_3 } from '../maths/quadrature.ts'
import type { Barrier, EnergyField, Point } from './energyField.ts'
import { readGradient, readGradients, readJet, readValue } from './energyGrid.ts'

/*
 * A barrier keeps out of a region by the term −μ log c(h) beside the table: h is the level of the region, positive
 * outside it, and c caps it at 1, so that far points feel nothing:
 *
 *   disc         h = (|x − c|² − r²)/(2r)
 *   half-plane   h = n·x/|n| − offset: the offset is a length, whatever |n| is
 *   polygon      h = ±(Σ dᵢ^−16)^(−1/16), dᵢ the distance to edge i; minus inside (even–odd rule)
 *   cap          c = h up to ½;  ½ + u − u³ + u⁴/2 with u = h − ½;  1 from 3/2 on
 *
 * The polygon's level is its signed distance up to a factor in [n^(−1/16), 1] for n edges, zero exactly on it, and C1
 * off it: the distance itself has a crease wherever two edges are equally near. The cap is C2, rising and concave, so
 * that the term is convex where h is concave. Where h ≤ 0, V = +∞ and π = 0; at strength 0 that is all a barrier does.
 */

const SHARPNESS = 16
const CAP_FROM = 0.5
/** From this level on a barrier is not felt. */
const CAP_TO = 1.5

/** h and its derivatives at one point, in the order of `Jet`; what `readLevel` leaves. */
const level = new Float64Array(6)
/** c′/c and c″/c at the level last capped. */
let capSlope = 0
let capBend = 0

/** c(h), h > 0; leaves c′/c and c″/c. */
function cap(h: number): number {
  if (h <= CAP_FROM) {
    capSlope = 1 / h
    capBend = 0
    return h
  }
  const u = h - CAP_FROM
  const c = CAP_FROM + u * (1 - u * u * (1 - 0.5 * u))
  capSlope = (1 - u * u * (3 - 2 * u)) / c
  capBend = (6 * u * (u - 1)) / c
  return c
}

/**
 * The level h of a barrier at (x, y), before the cap, world units: positive where it lets be. The derivatives are
 * left in `level`, those of a polygon only if asked for.
 */
function readLevel(barrier: Barrier, x: number, y: number, derivatives: boolean): number {
  switch (barrier.kind) {
    case 'disc': {
      const r = barrier.radius
      const dx = x - barrier.center[0]
      const dy = y - barrier.center[1]
      level[0] = (dx * dx + dy * dy - r * r) / (2 * r)
      level[1] = dx / r
      level[2] = dy / r
      level[3] = 1 / r
      level[4] = 0
      level[5] = 1 / r
      break
    }
    case 'half-plane': {
      const [a, b] = barrier.normal
      const scale = 1 / Math.sqrt(a * a + b * b)
      level[0] = scale * (a * x + b * y) - barrier.offset
      level[1] = scale * a
      level[2] = scale * b
      level[3] = 0
      level[4] = 0
      level[5] = 0
      break
    }
    case 'polygon':
      readPolygon(outlineOf(barrier.points), x, y, derivatives)
      break
    default:
      throw new RangeError(`Unknown barrier: ${JSON.stringify(barrier satisfies never)}`)
  }
  return level[0]!
}

/** A polygon as it is read. */
interface Outline {
  /** Corners [x0, y0, …], the first one again at the end. */
  readonly xy: Float64Array
  readonly squares: Float64Array
  /** Left, right, bottom, top. */
  readonly bounds: readonly [number, number, number, number]
  /** Where it is felt at all: left, right, bottom, top. */
  readonly reach: readonly [number, number, number, number]
}

const outlines = new WeakMap<readonly Point[], Outline>()

function outlineOf(points: readonly Point[]): Outline {
  let outline = outlines.get(points)
  if (outline === undefined) {
    const xs = points.map(([x]) => x)
    const ys = points.map(([, y]) => y)
    const n = points.length
    const bounds = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)] as const
    // h ≥ n^(−1/16) d.
    const margin = CAP_TO * exp(log(n) / SHARPNESS)
    outline = {
      xy: Float64Array.from({ length: 2 * n + 2 }, (_, i) => points[(i >> 1) % n]![i & 1]!),
      squares: new Float64Array(n),
      bounds,
      reach: [bounds[0] - margin, bounds[1] + margin, bounds[2] - margin, bounds[3] + margin],
    }
    outlines.set(points, outline)
  }
  return outline
}

/** Edges whose squared distance is this many times the least weigh less than 1e-12 together. */
const NEGLECT = 60

/*
 * With l_i = log d_i and w_i = d_i^−p / Σ d_j^−p, q = log h = −(1/p) log Σ e^(−p l_i) has
 *   ∇q = Σ w_i ∇l_i,   ∇²q = Σ w_i ∇²l_i − p (Σ w_i ∇l_i ∇l_iᵀ − ∇q ∇qᵀ).
 */
function readPolygon(outline: Outline, x: number, y: number, derivatives: boolean): void {
  const { xy, squares, reach } = outline
  level.fill(0)
  if (!(x > reach[0] && x < reach[1] && y > reach[2] && y < reach[3])) {
    level[0] = CAP_TO
    return
  }
  const n = squares.length
  let least = Infinity
  let inside = false
  for (let i = 0, k = 0; i < n; i++, k += 2) {
    const ax = xy[k]!
    const ay = xy[k + 1]!
    const ex = xy[k + 2]! - ax
    const ey = xy[k + 3]! - ay
    const px = x - ax
    const py = y - ay
    const along = px * ex + py * ey
    const length2 = ex * ex + ey * ey
    const t = along <= 0 ? 0 : along >= length2 ? 1 : along / length2
    const dx = px - t * ex
    const dy = py - t * ey
    const d2 = dx * dx + dy * dy
    squares[i] = d2
    if (d2 < least) least = d2
    if (py < 0 !== py < ey && px < (py / ey) * ex) inside = !inside
  }
  if (least === 0) return
  let total = 0
  let qx = 0
  let qy = 0
  let xx = 0
  let xy2 = 0
  let yy = 0
  for (let i = 0, k = 0; i < n; i++, k += 2) {
    const d2 = squares[i]!
    if (d2 > NEGLECT * least) continue
    const r = least / d2
    const r2 = r * r
    const r4 = r2 * r2
    const weight = r4 * r4
    total += weight
    if (!derivatives) continue
    const ax = xy[k]!
    const ay = xy[k + 1]!
    const ex = xy[k + 2]! - ax
    const ey = xy[k + 3]! - ay
    const along = (x - ax) * ex + (y - ay) * ey
    const length2 = ex * ex + ey * ey
    const t = along <= 0 ? 0 : along >= length2 ? 1 : along / length2
    const gx = (x - ax - t * ex) / d2
    const gy = (y - ay - t * ey) / d2
    qx += weight * gx
    qy += weight * gy
    // ∇²l = −∇l∇lᵀ beside an edge, I/d² − 2∇l∇lᵀ round a corner.
    const corner = t === 0 || t === 1
    const round = corner ? weight / d2 : 0
    const outer = weight * ((corner ? 2 : 1) + SHARPNESS)
    xx += round - outer * gx * gx
    xy2 -= outer * gx * gy
    yy += round - outer * gy * gy
  }
  const sign = inside ? -1 : 1
  const h = sign * Math.sqrt(least / Math.sqrt(Math.sqrt(Math.sqrt(total))))
  level[0] = h
  if (!derivatives) return
  qx /= total
  qy /= total
  level[1] = h * qx
  level[2] = h * qy
  const p1 = SHARPNESS + 1
  level[3] = h * (xx / total + p1 * qx * qx)
  level[4] = h * (xy2 / total + p1 * qx * qy)
  level[5] = h * (yy / total + p1 * qy * qy)
}

/** The level h of a barrier at (x, y), before the cap, world units: positive outside the region kept clear. */
export function barrierLevel(barrier: Barrier, x: number, y: number): number {
  return readLevel(barrier, x, y, false)
}

/** Whether no barrier forbids (x, y): h > 0 for all of them. */
export function isAllowed(
  { barriers }: Pick<EnergyField, 'barriers'>,
  x: number,
  y: number,
): boolean {
  for (const barrier of barriers) if (!(readLevel(barrier, x, y, false) > 0)) return false
  return true
}

/**
 * Whether no barrier forbids a place on the way straight from one allowed point to another. Half-planes leave a convex set, in
 * which there is nothing to look at.
 */
export function isClear(
  barriers: readonly Barrier[],
  x0: number,
  y0: number,
  x1: number,
  y1: number,
): boolean {
  for (const barrier of barriers) {
    if (barrier.kind === 'disc' && meetsDisc(barrier, x0, y0, x1, y1)) return false
    if (barrier.kind === 'polygon' && meetsOutline(outlineOf(barrier.points), x0, y0, x1, y1)) {
      return false
    }
  }
  return true
}

function meetsDisc(
  { center, radius }: Extract<Barrier, { kind: 'disc' }>,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
): boolean {
  const ex = x1 - x0
  const ey = y1 - y0
  const px = center[0] - x0
  const py = center[1] - y0
  const along = px * ex + py * ey
  const length2 = ex * ex + ey * ey
  // The nearest place is an end, which is allowed.
  if (!(along > 0 && along < length2)) return false
  const across = px * ey - py * ex
  return across * across <= radius * radius * length2
}

function meetsOutline(
  { xy, bounds }: Outline,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
): boolean {
  const beside =
    Math.max(x0, x1) < bounds[0] ||
    Math.min(x0, x1) > bounds[1] ||
    Math.max(y0, y1) < bounds[2] ||
    Math.min(y0, y1) > bounds[3]
  if (beside) return false
  const ex = x1 - x0
  const ey = y1 - y0
  for (let k = 0; k + 3 < xy.length; k += 2) {
    const ax = xy[k]! - x0
    const ay = xy[k + 1]! - y0
    const bx = xy[k + 2]! - x0
    const by = xy[k + 3]! - y0
    const a = ex * ay - ey * ax
    const b = ex * by - ey * bx
    // Both ends of the edge on one side of the line of the way, or both ends of the way on one side of the edge's.
    if ((a > 0 && b > 0) || (a < 0 && b < 0)) continue
    const from = bx * ay - by * ax
    const to = (bx - ax) * (ay - ey) - (by - ay) * (ax - ex)
    if ((from > 0 && to > 0) || (from < 0 && to < 0)) continue
    return true
  }
  return false
}

/**
 * `isClear` for a way that the walls of the box [−w, w]² fold.
 * @param x0, y0 inside the box
 * @param x1, y1 the end before it is folded
 */
export function isFoldedClear(
  barriers: readonly Barrier[],
  w: number,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
): boolean {
  const cuts = [0, ...crossings(x0, x1, w), ...crossings(y0, y1, w), 1].sort((a, b) => a - b)
  for (let i = 1; i < cuts.length; i++) {
    const s = cuts[i - 1]!
    const t = cuts[i]!
    const at = (from: number, to: number, share: number): number =>
      fold(from + share * (to - from), w)
    if (!isClear(barriers, at(x0, x1, s), at(y0, y1, s), at(x0, x1, t), at(y0, y1, t))) {
      return false
    }
  }
  return true
}

/** Most walls that a way is followed through; what goes farther has lost itself. */
const MOST_FOLDS = 64

/** Where between 0 and 1 a way along an axis passes (2k + 1)w. */
function crossings(from: number, to: number, w: number): number[] {
  const out: number[] = []
  const sign = to > from ? 1 : -1
  for (let k = 0; k < MOST_FOLDS; k++) {
    const t = (sign * (2 * k + 1) * w - from) / (to - from)
    if (!(t > 0 && t < 1)) break
    out.push(t)
  }
  return out
}

/** V(x, y) with barriers; +∞ where one forbids. The table is clamped outside Ω. */
export function fieldValue(field: EnergyField, x: number, y: number): number {
  const { barriers } = field
  let value = readValue(field.grid, x, y)
  for (const barrier of barriers) {
    const h = readLevel(barrier, x, y, false)
    if (!(h > 0)) return Infinity
    if (barrier.strength > 0 && h < CAP_TO) value -= barrier.strength * log(cap(h))
  }
  return value
}

/** ∇V(x, y) with barriers to out[0], out[1]; NaN where one forbids. */
export function fieldGradient(field: EnergyField, x: number, y: number, out: Float64Array): void {
  readGradient(field.grid, x, y, out)
  if (field.barriers.length > 0) addSlopes(field.barriers, x, y, out, 0)
}

/**
 * ∇V with barriers at n points, as `fieldGradient` gives it at each.
 * @param xy points [x0, y0, …]
 * @param first index of the first point
 * @param out length ≥ 2n: [V_x, V_y] of each; overwritten
 */
export function fieldGradients(
  field: EnergyField,
  xy: Float64Array,
  first: number,
  n: number,
  out: Float64Array,
): void {
  const { barriers } = field
  readGradients(field.grid, xy, first, n, out)
  if (barriers.length === 0) return
  for (let i = 0, k = 2 * first; i < n; i++, k += 2) {
    addSlopes(barriers, xy[k]!, xy[k + 1]!, out, 2 * i)
  }
}

/** Adds the gradients of −μ log c(h) at (x, y) to out[k], out[k + 1]; NaN where one forbids. */
function addSlopes(
  barriers: readonly Barrier[],
  x: number,
  y: number,
  out: Float64Array,
  k: number,
): void {
  for (const barrier of barriers) {
    const h = readLevel(barrier, x, y, barrier.strength > 0)
    if (!(h > 0)) {
      out[k] = Number.NaN
      out[k + 1] = Number.NaN
      return
    }
    if (barrier.strength === 0 || h >= CAP_TO) continue
    cap(h)
    const slope = barrier.strength * capSlope
    out[k] = out[k]! - slope * level[1]!
    out[k + 1] = out[k + 1]! - slope * level[2]!
  }
}

/**
 * [V, V_x, V_y, V_xx, V_xy, V_yy] with barriers, in the order of `Jet`; V = +∞ and derivatives NaN where one
 * forbids.
 */
export function fieldJet(field: EnergyField, x: number, y: number, out: Float64Array): void {
  readJet(field.grid, x, y, out)
  if (field.barriers.length > 0) addBarriers(field.barriers, x, y, out)
}

/** Adds the jets of −μ log c(h) at (x, y) to `out`, in the order of `Jet`; +∞ and NaN where one forbids. */
export function addBarriers(
  barriers: readonly Barrier[],
  x: number,
  y: number,
  out: Float64Array,
): void {
  for (const barrier of barriers) {
    const mu = barrier.strength
    const h = readLevel(barrier, x, y, mu > 0)
    if (!(h > 0)) {
      out.fill(Number.NaN, 1, 6)
      out[0] = Infinity
      return
    }
    if (mu === 0 || h >= CAP_TO) continue
    out[0] = out[0]! - mu * log(cap(h))
    const slope = mu * capSlope
    const bend = mu * (capBend - capSlope * capSlope)
    const hx = level[1]!
    const hy = level[2]!
    out[1] = out[1]! - slope * hx
    out[2] = out[2]! - slope * hy
    out[3] = out[3]! - (bend * hx * hx + slope * level[3]!)
    out[4] = out[4]! - (bend * hx * hy + slope * level[4]!)
    out[5] = out[5]! - (bend * hy * hy + slope * level[5]!)
  }
}

/** The same regions as hard walls: strength 0, so that only h > 0 remains of them. */
export function hardWalls(barriers: readonly Barrier[]): Barrier[] {
  return barriers.map((barrier) => ({ ...barrier, strength: 0 }))
}

/** Least and greatest value that h may take within `distance` of (x, y): bounds, not attained by every kind. */
export function levelRange(
  barrier: Barrier,
  x: number,
  y: number,
  distance: number,
): readonly [low: number, high: number] {
  if (barrier.kind === 'disc') {
    const r = barrier.radius
    const dx = x - barrier.center[0]
    const dy = y - barrier.center[1]
    const rho = Math.sqrt(dx * dx + dy * dy)
    const near = Math.max(0, rho - distance)
    const far = rho + distance
    return [(near * near - r * r) / (2 * r), (far * far - r * r) / (2 * r)]
  }
  // The others rise by at most 1 a unit of length.
  const h = readLevel(barrier, x, y, false)
  return [h - distance, h + distance]
}

/** The barriers that change V anywhere within `distance` of (x, y). */
export function barriersFelt(
  barriers: readonly Barrier[],
  x: number,
  y: number,
  distance: number,
): readonly Barrier[] {
  if (barriers.length === 0) return barriers
  return barriers.filter((barrier) => {
    const [low] = levelRange(barrier, x, y, distance)
    return barrier.strength > 0 ? low < CAP_TO : low <= 0
  })
}

/** −μ log c(h); +∞ for h ≤ 0. */
export function barrierTerm(strength: number, h: number): number {
  if (!(h > 0)) return Infinity
  return strength === 0 || h >= CAP_TO ? 0 : -strength * log(cap(h))
}

/** h with its derivatives: on an edge itself a polygon has no gradient; next to it, within the rectangle, it has. */
function readSlope(barrier: Barrier, x: number, y: number, width: number, height: number): number {
  const h = readLevel(barrier, x, y, true)
  if (h !== 0 || level[1] !== 0 || level[2] !== 0) return h
  return readLevel(barrier, x + 1e-9 * width, y + 1.7e-9 * height, true)
}

/** Cells farther from a wall than this many times the change of h across half of them take h at their middle. */
const FAR = 8
/** A slope across a rectangle this much smaller than the other one is left out. */
const FLAT = 1e-3

/** How often a rectangle is halved at most. */
const DEEPEST = 12
/** Between two walls: each matters to a rectangle while h is less than this many times its change across half of it. */
const BETWEEN = 64
/** Share of h, and of a rectangle's size, that h may be off a linear one at a corner. */
const CROOKED = 0.0125

/**
 * Visits rectangles that make up one, small enough that in each of them one wall at most matters, and that one is nearly straight:
 * for them `barrierMean` and `barrierLogMean` are of second order also where two walls leave a corridor narrower than
 * the rectangle, whose means are not the product of those of either wall.
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

/** Along which side a rectangle is to be halved, across the walls. */
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
  let near = 0
  let sideways = 0
  let upwards = 0
  for (const barrier of barriers) {
    const h = readSlope(barrier, x, y, width, height)
    const along = level[1]! * width
    const up = level[2]! * height
    const half = 0.5 * (Math.abs(along) + Math.abs(up))
    const reach = 0.5 * (width + height)
    // Nothing of the rectangle is left.
    const gone =
      barrier.kind === 'disc'
        ? farthestSquared(barrier.center, x, y, width, height) <= barrier.radius * barrier.radius
        : h <= -(barrier.kind === 'polygon' ? Math.max(half, reach) : half)
    if (gone) return 'not'
    if (h >= Math.max(far * half, barrier.kind === 'polygon' ? reach : 0)) continue
    if (barrier.kind !== 'half-plane') {
      for (let corner = 0; corner < 4; corner++) {
        const [u, v] = [(corner & 1) - 0.5, (corner >> 1) - 0.5]
        const there = readLevel(barrier, x + u * width, y + v * height, false)
        if (Math.abs(there - (h + u * along + v * up)) > crooked * Math.max(reach, h))
          return width >= height ? 'x' : 'y'
      }
    }
    near++
    sideways += Math.abs(along)
    upwards += Math.abs(up)
  }
  return near < 2 ? 'not' : sideways >= upwards ? 'x' : 'y'
}

/** Squared distance of a point from the farthest corner of a rectangle with its middle at (x, y). */
function farthestSquared(
  [px, py]: Point,
  x: number,
  y: number,
  width: number,
  height: number,
): number {
  const dx = Math.abs(x - px) + 0.5 * width
  const dy = Math.abs(y - py) + 0.5 * height
  return dx * dx + dy * dy
}

/**
 * What barriers make of e^(−V/ε) on a rectangle: to out[0] the log of the mean of Π c(h)^(μ/ε) 1_{h>0}, one factor a
 * barrier, −∞ where nothing is left; to out[1], out[2] the place at which to read what else varies there. Where a wall
 * crosses, h is taken as linear and integrated in closed form, and the place is moved to the mean level, so that a
 * quadrature of such rectangles is of second order in their size.
 * @param epsilon ε; Infinity gives the log of the share of the rectangle that is allowed
 * @param x, y its middle
 * @param out length ≥ 3; overwritten
 * @param inSum it is to be one of many that tile a region. Away from walls their middles then stand for them even where they are no
 *   means, at high powers: sums of middles are right to all orders once they resolve the whole integrand, sums of means at
 *   places that are moved only to the second
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
      if (power > 0 && h < CAP_TO + half) far++
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
  if (far > 0) sum += farTerms(barriers, epsilon, x, y, width, height, out[1], out[2], inSum)
  out[0] = sum
}

/**
 * Whether the middle of a rectangle, whose h changes by `half` to either side, stands for it: nothing but a wall is felt, and none
 * crosses, or c(h)^power changes by no more than e^(1/8) to either side; in a sum, c alone.
 */
function isFar(h: number, half: number, power: number, inSum: boolean): boolean {
  if (power === 0) return h >= half
  if (h < FAR * half) return false
  if (inSum || h - half >= CAP_TO) return true
  cap(h - half)
  return FAR * power * capSlope * half <= 1
}

/** Σ μ/ε log c(h) of the barriers that are not near a rectangle, at the place where what is near leaves its mean. */
function farTerms(
  barriers: readonly Barrier[],
  epsilon: number,
  x: number,
  y: number,
  width: number,
  height: number,
  atX: number,
  atY: number,
  inSum: boolean,
): number {
  let sum = 0
  for (const barrier of barriers) {
    const power = barrier.strength / epsilon
    if (!(power > 0)) continue
    const h = readSlope(barrier, x, y, width, height)
    const half = 0.5 * (Math.abs(level[1]!) * width + Math.abs(level[2]!) * height)
    if (!isFar(h, half, power, inSum)) continue
    const there = atX === x && atY === y ? h : readLevel(barrier, atX, atY, false)
    if (there < CAP_TO) sum += power * log(cap(there))
  }
  return sum
}

/**
 * Σ μ/ε · mean of log c(h) over what barriers leave of a rectangle, which has to be something: what they add to −V/ε in the
 * mean, by Jensen below the log of the mean that `barrierMean` gives. Where a wall crosses or is near, h is taken as linear
 * and integrated in closed form; farther away its second derivatives count, so that what is left is of fourth order.
 */
export function barrierLogMean(
  barriers: readonly Barrier[],
  epsilon: number,
  x: number,
  y: number,
  width: number,
  height: number,
): number {
  let sum = 0
  // The middle of what is left.
  barrierMean(barriers, Infinity, x, y, width, height, left)
  const [dx, dy] = [left[1]! - x, left[2]! - y]
  for (const barrier of barriers) {
    const power = barrier.strength / epsilon
    if (!(power > 0)) continue
    const h = readSlope(barrier, x, y, width, height)
    const [, hx, hy, hxx, , hyy] = level as unknown as [number, ...number[]]
    const a = Math.abs(hx!) * width
    const b = Math.abs(hy!) * height
    const half = 0.5 * (a + b)
    if (h - half >= CAP_TO) continue
    if (h < FAR * half) {
      const [wide, narrow] = [Math.max(a, b), Math.min(a, b)]
      sum +=
        power * (h + half > CAP_FROM ? cappedMeanLog(h, wide, narrow) : meanLog(h, wide, narrow))
    } else if (h < CAP_TO) {
      const value = log(cap(h + hx! * dx + hy! * dy))
      const bend = (capBend - capSlope * capSlope) * (a * a + b * b)
      const curve = capSlope * (hxx! * width * width + hyy! * height * height)
      sum += power * (value + (bend + curve) / 24)
    }
  }
  return sum
}

const left = new Float64Array(3)

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

/** What lies this many times lower than the greatest level, or its weight e^−40 below that there, is left out. */
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

/** log c(z), z > 0. */
function logCapped(z: number): number {
  return z < CAP_TO ? log(cap(z)) : 0
}

/** What `cappedMean` leaves: the mean of z − h under the weight c(z)^power. */
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
