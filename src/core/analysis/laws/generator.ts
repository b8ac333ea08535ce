import type { Gibbs } from '../../fields/gibbs.ts'
import { exp } from '../../maths/elementary.ts'
import { type Box, spacing } from '../../maths/grid.ts'
import { isPlaceMetric, type Metric, metricAtCentres } from '../../fields/placeMetric.ts'
import type { Symmetric2 } from '../../maths/linalg2.ts'

/** Bernoulli function B(z) = z/(e^z − 1), positive; B(−z) = B(z) + z. */
export function bernoulli(z: number): number {
  if (Math.abs(z) < 0.03) {
    const z2 = z * z
    return 1 - 0.5 * z + (z2 / 12) * (1 - (z2 / 60) * (1 - z2 / 42))
  }
  // e^z overflows to Infinity for large z: B is 0 to rounding there.
  return z > 0 ? z / (exp(z) - 1) : -z + bernoulli(-z)
}

/**
 * The generator along the lines of one lattice direction (dx, dy): cell k and k + stride exchange mass, stride =
 * dx + dy·cells > 0. Arrays have length cells², per unit of time, 0 where there is no such neighbour.
 */
export interface AxisGenerator {
  /** Rate from k to k + stride. */
  readonly forth: Float64Array
  /** Rate from k + stride to k. */
  readonly back: Float64Array
  readonly stride: number
  readonly cells: number
  /** Largest rate out of a cell. */
  readonly largest: number
}

/** A direction on the lattice of cells, and the weight of the diffusion along it. */
export interface Direction {
  readonly dx: number
  readonly dy: number
  /** One for all cells, or one for each. */
  readonly weight: number | Float64Array
}

/** The weight of a direction between cells k and l: the mean of theirs. */
export function weightBetween({ weight }: Direction, k: number, l: number): number {
  return typeof weight === 'number' ? weight : 0.5 * (weight[k]! + weight[l]!)
}

/**
 * Rates of Scharfetter and Gummel along a direction, q_ij = (wε/h²) B(log π_i − log π_j): π is in detailed balance with
 * them exactly. Nothing passes the walls of the box, nor into, out of or past a cell where π = 0,
 * nor through a barrier between two cells.
 * Source: Scharfetter & Gummel (1969), IEEE Trans. Electron Devices 16.
 * @param pi the Gibbs measure; its log density fixes the rates, its ε their scale
 * @param direction dy > 0, or dy = 0 and dx > 0
 */
export function scharfetterGummel(pi: Gibbs, direction: Direction): AxisGenerator {
  const { dx, dy } = direction
  const { box, logDensity, epsilon, parted } = pi
  const { cells } = box
  const area = spacing(box) * spacing(box)
  const stride = dx + dy * cells
  const forth = new Float64Array(cells * cells)
  const back = new Float64Array(cells * cells)
  for (let row = 0; row + dy < cells; row++) {
    for (let column = Math.max(0, -dx); column < cells && column + dx < cells; column++) {
      const k = row * cells + column
      if (!allOpen(logDensity, cells, k, dx, dy) || parted?.between(k, dx, dy) === true) continue
      const scale = (weightBetween(direction, k, k + stride) * epsilon) / area
      if (scale === 0) continue
      const z = logDensity[k]! - logDensity[k + stride]!
      forth[k] = scale * bernoulli(z)
      back[k] = scale * bernoulli(-z)
    }
  }
  let largest = 0
  for (let k = 0; k < forth.length; k++) {
    const exit = forth[k]! + (k < stride ? 0 : back[k - stride]!)
    if (exit > largest) largest = exit
  }
  return { forth, back, stride, cells, largest }
}

/** Whether π > 0 on the whole rectangle of cells between k and its neighbour. */
function allOpen(l: Float64Array, cells: number, k: number, dx: number, dy: number): boolean {
  for (let j = 0; j <= dy; j++) {
    for (let i = Math.min(0, dx); i <= Math.max(0, dx); i++) {
      if (l[k + i + j * cells] === -Infinity) return false
    }
  }
  return true
}

/**
 * A metric as a sum of diffusions along at most three directions of the lattice, P = Σ w v vᵀ with w > 0: a diagonal P
 * along x and y, any other along three directions that an obtuse superbase of P gives. The rates along each have one sign, so
 * that theorems on the scheme for diagonal metrics hold for every metric.
 * Source: Selling (1874), J. reine angew. Math. 77; Bonnans, Ottenwaelter & Zidani (2004), ESAIM M2AN 38.
 * @param metric [xx, xy, yy], positive definite
 */
export function latticeDirections([xx, xy, yy]: Symmetric2): (Direction & {
  readonly weight: number
})[] {
  const product = (u: readonly number[], v: readonly number[]): number =>
    u[0]! * (xx * v[0]! + xy * v[1]!) + u[1]! * (xy * v[0]! + yy * v[1]!)
  let base: [number[], number[], number[]] = [
    [0, 1],
    [-1, 0],
    [1, -1],
  ]
  for (;;) {
    const acute = [0, 1, 2].find((k) => product(base[(k + 1) % 3]!, base[(k + 2) % 3]!) > 0)
    if (acute === undefined) break
    const u = base[(acute + 1) % 3]!
    const v = base[(acute + 2) % 3]!
    base = [[-u[0]!, -u[1]!], v, [u[0]! - v[0]!, u[1]! - v[1]!]]
  }
  const directions: (Direction & { readonly weight: number })[] = []
  for (let k = 0; k < 3; k++) {
    const weight = -product(base[(k + 1) % 3]!, base[(k + 2) % 3]!)
    if (!(weight > 0)) continue
    const [x, y] = base[k]! as [number, number]
    const sign = x < 0 || (x === 0 && y > 0) ? -1 : 1
    directions.push({ dx: 0 - sign * y, dy: 0 + sign * x, weight })
  }
  return directions.sort((a, b) => a.dy - b.dy || b.dx - a.dx)
}

/**
 * The directions of a metric on the cells of a box. Where it depends on the place each cell has its own two or three; their weights,
 * 0 where a cell lacks the direction, are Lipschitz functions of the metric, since one that goes out has come to 0.
 */
export function directionsOf(metric: Metric, box: Box): Direction[] {
  if (!isPlaceMetric(metric)) return latticeDirections(metric)
  const { xx, xy, yy } = metricAtCentres(metric, box)
  const found = new Map<string, { dx: number; dy: number; weight: Float64Array }>()
  for (let k = 0; k < xx.length; k++) {
    for (const { dx, dy, weight } of latticeDirections([xx[k]!, xy[k]!, yy[k]!])) {
      const id = `${dx} ${dy}`
      let one = found.get(id)
      if (one === undefined) {
        one = { dx, dy, weight: new Float64Array(xx.length) }
        found.set(id, one)
      }
      one.weight[k] = weight
    }
  }
  return [...found.values()].sort((a, b) => a.dy - b.dy || b.dx - a.dx)
}

/** The generator of a metric: one part for each direction. */
export function generatorsOf(pi: Gibbs, metric: Metric): AxisGenerator[] {
  return directionsOf(metric, pi.box).map((direction) => scharfetterGummel(pi, direction))
}

/**
 * Elimination of I − tQ along every line of an axis: forth d_k ← m_k d_k + a_k d_{k−1}, then back d_k ← d_k + c_k d_{k+1},
 * with pivots 1/m_k, a_k = t q_{k−1→k} m_k and c_k = t q_{k+1→k} m_k. `stay` is the diagonal of the explicit factor I + tQ, which
 * acts before the elimination, times m. The adjoint, which acts on functions instead of densities, has the rates of a and c
 * exchanged and the same pivots. Every number is a sum or product of nonnegative ones, the pivots too (as in
 * Grassmann, Taksar & Heyman 1985), so rounding cannot make a density negative.
 */
export interface AxisFactors {
  readonly a: Float64Array
  readonly m: Float64Array
  readonly c: Float64Array
  readonly stay: Float64Array
  readonly stride: number
  readonly cells: number
}

export function factorise(axis: AxisGenerator, t: number, adjoint = false): AxisFactors {
  const { forth, back, stride, cells } = axis
  const size = forth.length
  const a = new Float64Array(size)
  const m = new Float64Array(size)
  const c = new Float64Array(size)
  const stay = new Float64Array(size)
  // Column sums of the part that is not eliminated yet: the pivot less the entry below it.
  const rest = new Float64Array(size)
  for (let k = 0; k < size; k++) {
    const before = k - stride
    const leaving = before < 0 ? 0 : t * back[before]!
    const entering = before < 0 ? 0 : t * forth[before]!
    rest[k] = leaving === 0 ? 1 : 1 + leaving * rest[before]! * m[before]!
    const pivot = 1 / (rest[k]! + t * forth[k]!)
    m[k] = pivot
    a[k] = pivot * (adjoint ? leaving : entering)
    c[k] = pivot * t * (adjoint ? forth : back)[k]!
    stay[k] = pivot * (1 - (t * forth[k]! + leaving))
  }
  return { a, m, c, stay, stride, cells }
}

/**
 * (I − tQ)⁻¹ d, or (I − tQ)⁻¹(I + tQ) d, in place.
 * @param scratch as long as d; overwritten
 */
export function sweep(
  f: AxisFactors,
  d: Float64Array,
  scratch: Float64Array,
  explicit: boolean,
): void {
  const { a, m, c, stay, stride, cells } = f
  if (stride === 1 && cells % 4 === 0) {
    sweepRows(f, d, explicit)
    return
  }
  const size = d.length
  const last = size - stride
  if (explicit) {
    for (let k = 0; k < stride; k++) scratch[k] = stay[k]! * d[k]! + c[k]! * d[k + stride]!
    for (let k = stride; k < last; k++) {
      const before = k - stride
      scratch[k] =
        stay[k]! * d[k]! + c[k]! * d[k + stride]! + a[k]! * (d[before]! + scratch[before]!)
    }
    for (let k = last; k < size; k++) {
      const before = k - stride
      scratch[k] = stay[k]! * d[k]! + a[k]! * (d[before]! + scratch[before]!)
    }
  } else {
    for (let k = 0; k < stride; k++) scratch[k] = m[k]! * d[k]!
    for (let k = stride; k < size; k++) scratch[k] = m[k]! * d[k]! + a[k]! * scratch[k - stride]!
  }
  for (let k = size - 1; k >= last; k--) d[k] = scratch[k]!
  for (let k = last - 1; k >= 0; k--) d[k] = scratch[k]! + c[k]! * d[k + stride]!
}

/** `sweep` along rows of cells, four at a time: within one row each operation waits for the result of the one before. */
function sweepRows(f: AxisFactors, d: Float64Array, explicit: boolean): void {
  const { a, m, c, stay, cells } = f
  for (let start = 0; start < d.length; start += 4 * cells) {
    let k = start
    let p = k + cells
    let q = p + cells
    let r = q + cells
    let sk = 0
    let sp = 0
    let sq = 0
    let sr = 0
    if (explicit) {
      let bk = 0
      let bp = 0
      let bq = 0
      let br = 0
      for (const end = start + cells - 1; k < end; k++, p++, q++, r++) {
        const hk = d[k]!
        const hp = d[p]!
        const hq = d[q]!
        const hr = d[r]!
        sk = stay[k]! * hk + c[k]! * d[k + 1]! + a[k]! * (bk + sk)
        sp = stay[p]! * hp + c[p]! * d[p + 1]! + a[p]! * (bp + sp)
        sq = stay[q]! * hq + c[q]! * d[q + 1]! + a[q]! * (bq + sq)
        sr = stay[r]! * hr + c[r]! * d[r + 1]! + a[r]! * (br + sr)
        d[k] = sk
        d[p] = sp
        d[q] = sq
        d[r] = sr
        bk = hk
        bp = hp
        bq = hq
        br = hr
      }
      sk = stay[k]! * d[k]! + a[k]! * (bk + sk)
      sp = stay[p]! * d[p]! + a[p]! * (bp + sp)
      sq = stay[q]! * d[q]! + a[q]! * (bq + sq)
      sr = stay[r]! * d[r]! + a[r]! * (br + sr)
    } else {
      for (const end = start + cells - 1; k < end; k++, p++, q++, r++) {
        sk = m[k]! * d[k]! + a[k]! * sk
        sp = m[p]! * d[p]! + a[p]! * sp
        sq = m[q]! * d[q]! + a[q]! * sq
        sr = m[r]! * d[r]! + a[r]! * sr
        d[k] = sk
        d[p] = sp
        d[q] = sq
        d[r] = sr
      }
      sk = m[k]! * d[k]! + a[k]! * sk
      sp = m[p]! * d[p]! + a[p]! * sp
      sq = m[q]! * d[q]! + a[q]! * sq
      sr = m[r]! * d[r]! + a[r]! * sr
    }
    d[k] = sk
    d[p] = sp
    d[q] = sq
    d[r] = sr
    while (k > start) {
      k--
      p--
      q--
      r--
      sk = d[k]! + c[k]! * sk
      sp = d[p]! + c[p]! * sp
      sq = d[q]! + c[q]! * sq
      sr = d[r]! + c[r]! * sr
      d[k] = sk
      d[p] = sp
      d[q] = sq
      d[r] = sr
    }
  }
}
