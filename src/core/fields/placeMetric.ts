import { exp } from '../maths/elementary.ts'
import { type Box, centreCoordinate, foldIndex, spacing } from '../maths/grid.ts'
import type { Symmetric2 } from '../maths/linalg2.ts'
import type { EnergyGrid } from './energyField.ts'
import { readJet } from './energyGrid.ts'

/**
 * A metric M(x) that follows the energy, V from its least value on the cells:
 * - `conformal`: M = min(cap, e^(βV))·I, fast where V is high;
 * - `inverse-hessian`: M = cap·((∇²V)² + τ²)^(−½), of eigenvalues cap/√(h² + τ²): V curves by less than cap in it where ∇²V is
 *   that of the cells' centres, and by more between them where ∇²V changes from cell to cell.
 */
export type PlaceMetric =
  | { readonly kind: 'conformal'; readonly beta: number; readonly cap: number }
  | { readonly kind: 'inverse-hessian'; readonly softening: number; readonly cap: number }

/**
 * M(x) as a tensor product of quadratic B-splines, M(x) = Σ B(x − x_k) M_k over the cell centres x_k, control values beyond a wall
 * mirrored. B ≥ 0 and Σ B = 1, so that M(x) is a mean of nine M_k: positive definite wherever these are, between their least and
 * greatest eigenvalues, and C¹. It need not interpolate them, since any M keeps π, as far as π is small at the walls or M diagonal there: a mirror is not the
 * reflection along M·n; the divergence that the drift needs is that
 * of this very function. Arrays have length cells².
 */
export interface MetricTable {
  readonly box: Box
  readonly xx: Float64Array
  readonly xy: Float64Array
  readonly yy: Float64Array
}

/** A metric for all of the plane, or one for each place. */
export type Metric = Symmetric2 | MetricTable

/** Where `readMetric` writes: M, ∂M/∂x and ∂M/∂y, three entries each, and div M, (div M)_i = Σ_j ∂_j M_ij. */
export const METRIC_ENTRIES = 11

export function isPlaceMetric(metric: Metric): metric is MetricTable {
  return 'box' in metric
}

/** Control values M_k = f(V, ∇²V) at the cell centres, V from its least value there. */
export function tabulateMetric(
  grid: EnergyGrid,
  of: (v: number, vxx: number, vxy: number, vyy: number) => Symmetric2,
): MetricTable {
  const { box } = grid
  const { cells } = box
  const size = cells * cells
  const jets = new Float64Array(6 * size)
  let least = Infinity
  for (let k = 0; k < size; k++) {
    const x = centreCoordinate(box, k % cells)
    const y = centreCoordinate(box, Math.floor(k / cells))
    const jet = jets.subarray(6 * k, 6 * k + 6)
    readJet(grid, x, y, jet)
    least = Math.min(least, jet[0]!)
  }
  const xx = new Float64Array(size)
  const xy = new Float64Array(size)
  const yy = new Float64Array(size)
  for (let k = 0; k < size; k++) {
    const j = 6 * k
    const [a, b, c] = of(jets[j]! - least, jets[j + 3]!, jets[j + 4]!, jets[j + 5]!)
    xx[k] = a
    xy[k] = b
    yy[k] = c
  }
  return { box, xx, xy, yy }
}

/** The table of a metric on the cells of an energy. */
export function metricTable(grid: EnergyGrid, metric: PlaceMetric): MetricTable {
  const { cap } = metric
  if (metric.kind === 'conformal') {
    const { beta } = metric
    return tabulateMetric(grid, (v) => {
      const m = Math.min(cap, exp(beta * v))
      return [m, 0, m]
    })
  }
  const square = metric.softening * metric.softening
  return tabulateMetric(grid, (_, vxx, vxy, vyy) =>
    ofEigenvalues(vxx, vxy, vyy, (h) => cap / Math.sqrt(h * h + square)),
  )
}

/** f(A) of a symmetric matrix: its eigenvectors with the eigenvalues f. */
function ofEigenvalues(
  xx: number,
  xy: number,
  yy: number,
  f: (eigenvalue: number) => number,
): Symmetric2 {
  const middle = 0.5 * (xx + yy)
  const d = 0.5 * (xx - yy)
  const radius = Math.sqrt(d * d + xy * xy)
  const low = f(middle - radius)
  const high = f(middle + radius)
  const slope = radius > 0 ? (0.5 * (high - low)) / radius : 0
  const mean = 0.5 * (low + high)
  return [mean + slope * d, slope * xy, mean - slope * d]
}

/**
 * M, its derivatives and its divergence at (x, y), to out[0 … 10].
 * @param x, y inside the box; beyond it the spline goes on by mirroring
 * @param out [xx, xy, yy, ∂x xx, ∂x xy, ∂x yy, ∂y xx, ∂y xy, ∂y yy, (div M)_x, (div M)_y]; overwritten
 */
export function readMetric(table: MetricTable, x: number, y: number, out: Float64Array): void {
  const { box, xx, xy, yy } = table
  const { cells, halfWidth } = box
  const h = spacing(box)
  const sx = (x + halfWidth) / h - 0.5
  const sy = (y + halfWidth) / h - 0.5
  const column = Math.floor(sx + 0.5)
  const row = Math.floor(sy + 0.5)
  const t = sx - column
  const u = sy - row
  const wx0 = 0.5 * (0.5 - t) * (0.5 - t)
  const wx2 = 0.5 * (0.5 + t) * (0.5 + t)
  const wx1 = 0.75 - t * t
  const dx0 = (t - 0.5) / h
  const dx1 = (-2 * t) / h
  const dx2 = (t + 0.5) / h
  const c0 = foldIndex(column - 1, cells)
  const c1 = foldIndex(column, cells)
  const c2 = foldIndex(column + 1, cells)
  out.fill(0, 0, 9)
  for (let j = -1; j <= 1; j++) {
    const line = foldIndex(row + j, cells) * cells
    const w = j === 0 ? 0.75 - u * u : 0.5 * (0.5 + j * u) * (0.5 + j * u)
    const dw = (j === 0 ? -2 * u : u + 0.5 * j) / h
    for (let entry = 0; entry < 3; entry++) {
      const f = entry === 0 ? xx : entry === 1 ? xy : yy
      const p = f[line + c0]!
      const q = f[line + c1]!
      const r = f[line + c2]!
      const across = wx0 * p + wx1 * q + wx2 * r
      out[entry] = out[entry]! + w * across
      out[3 + entry] = out[3 + entry]! + w * (dx0 * p + dx1 * q + dx2 * r)
      out[6 + entry] = out[6 + entry]! + dw * across
    }
  }
  out[9] = out[3]! + out[7]!
  out[10] = out[4]! + out[8]!
}

const entries = new Float64Array(METRIC_ENTRIES)

/** M at the cell centres of any box of the same half-width. */
export function metricAtCentres(table: MetricTable, box: Box): Omit<MetricTable, 'box'> {
  const { cells } = box
  const xx = new Float64Array(cells * cells)
  const xy = new Float64Array(cells * cells)
  const yy = new Float64Array(cells * cells)
  for (let row = 0, k = 0; row < cells; row++) {
    const y = centreCoordinate(box, row)
    for (let column = 0; column < cells; column++, k++) {
      readMetric(table, centreCoordinate(box, column), y, entries)
      xx[k] = entries[0]!
      xy[k] = entries[1]!
      yy[k] = entries[2]!
    }
  }
  return { xx, xy, yy }
}
