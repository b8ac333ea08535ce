import { exp, log } from '../../maths/elementary.ts'
import type { Point } from '../../maths/grid.ts'
import { CAP_TO } from './cap.ts'
import type { BarrierKind } from './kind.ts'

interface Polygon {
  readonly kind: 'polygon'
  readonly points: readonly Point[]
  readonly strength: number
}

/** p in h = ±(Σ dᵢ^−p)^(−1/p). */
const SHARPNESS = 16

/**
 * The inside of a closed polygon by the even–odd rule: h = ±(Σ dᵢ^−16)^(−1/16), dᵢ the distance to edge i, minus inside.
 * That is the signed distance up to a factor in [n^(−1/16), 1] for n edges, zero exactly on the polygon, and C¹ off it: the
 * distance itself has a crease wherever two edges are equally near.
 */
export const polygon: BarrierKind<Polygon> = {
  course: 'creased',
  readLevel({ points }, x, y, derivatives, jet) {
    readPolygon(edgesOf(points), x, y, derivatives, jet)
  },
  meets: ({ points }, x0, y0, x1, y1) => meetsEdges(edgesOf(points), x0, y0, x1, y1),
  outline: ({ points }) => points,
}

/** A polygon made ready to be read. */
interface Edges {
  /** Corners [x0, y0, …], the first one again at the end. */
  readonly xy: Float64Array
  /** Room for the squared distances to the edges. */
  readonly squares: Float64Array
  /** Left, right, bottom, top. */
  readonly bounds: readonly [number, number, number, number]
  /** Outside of it h is above CAP_TO: left, right, bottom, top. */
  readonly reach: readonly [number, number, number, number]
}

const known = new WeakMap<readonly Point[], Edges>()

function edgesOf(points: readonly Point[]): Edges {
  let edges = known.get(points)
  if (edges === undefined) {
    const xs = points.map(([x]) => x)
    const ys = points.map(([, y]) => y)
    const n = points.length
    const bounds = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)] as const
    // h ≥ n^(−1/16) d.
    const margin = CAP_TO * exp(log(n) / SHARPNESS)
    edges = {
      xy: Float64Array.from({ length: 2 * n + 2 }, (_, i) => points[(i >> 1) % n]![i & 1]!),
      squares: new Float64Array(n),
      bounds,
      reach: [bounds[0] - margin, bounds[1] + margin, bounds[2] - margin, bounds[3] + margin],
    }
    known.set(points, edges)
  }
  return edges
}

/** Edges whose squared distance is this many times the least weigh less than 1e-12 together. */
const NEGLECT = 60

/*
 * With l_i = log d_i and w_i = d_i^−p / Σ d_j^−p, q = log h = −(1/p) log Σ e^(−p l_i) has
 *   ∇q = Σ w_i ∇l_i,   ∇²q = Σ w_i ∇²l_i − p (Σ w_i ∇l_i ∇l_iᵀ − ∇q ∇qᵀ).
 */
function readPolygon(
  { xy, squares, reach }: Edges,
  x: number,
  y: number,
  derivatives: boolean,
  jet: Float64Array,
): void {
  jet.fill(0)
  if (!(x > reach[0] && x < reach[1] && y > reach[2] && y < reach[3])) {
    jet[0] = CAP_TO
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
  jet[0] = h
  if (!derivatives) return
  qx /= total
  qy /= total
  jet[1] = h * qx
  jet[2] = h * qy
  const p1 = SHARPNESS + 1
  jet[3] = h * (xx / total + p1 * qx * qx)
  jet[4] = h * (xy2 / total + p1 * qx * qy)
  jet[5] = h * (yy / total + p1 * qy * qy)
}

function meetsEdges(
  { xy, bounds }: Edges,
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
