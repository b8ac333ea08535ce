import type { Box } from './grid.ts'

/**
 * Values and derivatives of a scalar function on the nodes of a box, read as a C1 bicubic Hermite
 * surface. All arrays have length (cells + 1)², x fastest; derivatives are per world unit.
 */
export interface HermiteTable {
  readonly box: Box
  readonly v: Float64Array
  readonly vx: Float64Array
  readonly vy: Float64Array
  readonly vxy: Float64Array
}

/*
 * On the cell with lower corner (x_i, y_j), t = (x − x_i)/h and u = (y − y_j)/h,
 *
 *   V = Σ_{a,b ∈ {0,1}} [ α_a(t) α_b(u) V + h β_a(t) α_b(u) V_x + h α_a(t) β_b(u) V_y + h² β_a(t) β_b(u) V_xy ]
 *
 * with α₀ = (1+2t)(1−t)², α₁ = t²(3−2t), β₀ = t(1−t)², β₁ = −t²(1−t). Each reader first blends along x
 * on the two rows (p: V, q: V_y), then along y. The readers repeat the blending instead of sharing
 * it, because they are the innermost loop of every sampler and must not allocate or branch.
 *
 * A point outside Ω is clamped to the nearest point of Ω, whose value and derivatives it gets.
 * A NaN coordinate gives NaN.
 */

/** V at (x, y). Points outside Ω are clamped to Ω. */
export function hermiteValue(table: HermiteTable, x: number, y: number): number {
  const { v, vx, vy, vxy } = table
  const { halfWidth, cells } = table.box
  const h = (2 * halfWidth) / cells
  let sx = (x + halfWidth) / h
  let sy = (y + halfWidth) / h
  if (sx < 0) sx = 0
  else if (sx > cells) sx = cells
  if (sy < 0) sy = 0
  else if (sy > cells) sy = cells
  const column = sx >= cells ? cells - 1 : sx | 0
  const row = sy >= cells ? cells - 1 : sy | 0
  const t = sx - column
  const u = sy - row
  const low = row * (cells + 1) + column
  const high = low + cells + 1
  const t1 = 1 - t
  const a0 = (1 + 2 * t) * t1 * t1
  const a1 = t * t * (3 - 2 * t)
  const b0 = h * t * t1 * t1
  const b1 = -h * t * t * t1
  const u1 = 1 - u
  return (
    (v[low]! * a0 + v[low + 1]! * a1 + vx[low]! * b0 + vx[low + 1]! * b1) *
      ((1 + 2 * u) * u1 * u1) +
    (v[high]! * a0 + v[high + 1]! * a1 + vx[high]! * b0 + vx[high + 1]! * b1) *
      (u * u * (3 - 2 * u)) +
    h *
      ((vy[low]! * a0 + vy[low + 1]! * a1 + vxy[low]! * b0 + vxy[low + 1]! * b1) * (u * u1 * u1) -
        (vy[high]! * a0 + vy[high + 1]! * a1 + vxy[high]! * b0 + vxy[high + 1]! * b1) *
          (u * u * u1))
  )
}

const point = new Float64Array(2)

/**
 * ∇V at (x, y), the exact gradient of `hermiteValue`. Points outside Ω are clamped to Ω.
 * @param out length ≥ 2: [V_x, V_y]; overwritten
 */
export function hermiteGradient(
  table: HermiteTable,
  x: number,
  y: number,
  out: Float64Array,
): void {
  point[0] = x
  point[1] = y
  hermiteGradients(table, point, 0, 1, out)
}

/**
 * ∇V at n points, as `hermiteGradient` gives it at each.
 * @param xy points [x0, y0, …]
 * @param first index of the first point
 * @param out length ≥ 2n: [V_x, V_y] of each; overwritten
 */
export function hermiteGradients(
  table: HermiteTable,
  xy: Float64Array,
  first: number,
  n: number,
  out: Float64Array,
): void {
  const { v, vx, vy, vxy } = table
  const { halfWidth, cells } = table.box
  const h = (2 * halfWidth) / cells
  const side = cells + 1
  for (let i = 0, k = 2 * first; i < n; i++, k += 2) {
    let sx = (xy[k]! + halfWidth) / h
    let sy = (xy[k + 1]! + halfWidth) / h
    if (sx < 0) sx = 0
    else if (sx > cells) sx = cells
    if (sy < 0) sy = 0
    else if (sy > cells) sy = cells
    const column = sx >= cells ? cells - 1 : sx | 0
    const row = sy >= cells ? cells - 1 : sy | 0
    const t = sx - column
    const u = sy - row
    const low = row * side + column
    const high = low + side
    const t1 = 1 - t
    const a0 = (1 + 2 * t) * t1 * t1
    const a1 = t * t * (3 - 2 * t)
    const b0 = h * t * t1 * t1
    const b1 = -h * t * t * t1
    // Derivatives in x (not in t): the division by h is done here once.
    const da = (6 * t * t1) / h
    const db0 = t1 * (1 - 3 * t)
    const db1 = t * (3 * t - 2)

    const v00 = v[low]!
    const v10 = v[low + 1]!
    const v01 = v[high]!
    const v11 = v[high + 1]!
    const x00 = vx[low]!
    const x10 = vx[low + 1]!
    const x01 = vx[high]!
    const x11 = vx[high + 1]!
    const y00 = vy[low]!
    const y10 = vy[low + 1]!
    const y01 = vy[high]!
    const y11 = vy[high + 1]!
    const m00 = vxy[low]!
    const m10 = vxy[low + 1]!
    const m01 = vxy[high]!
    const m11 = vxy[high + 1]!

    const p0 = v00 * a0 + v10 * a1 + x00 * b0 + x10 * b1
    const p1 = v01 * a0 + v11 * a1 + x01 * b0 + x11 * b1
    const q0 = y00 * a0 + y10 * a1 + m00 * b0 + m10 * b1
    const q1 = y01 * a0 + y11 * a1 + m01 * b0 + m11 * b1
    const dp0 = (v10 - v00) * da + x00 * db0 + x10 * db1
    const dp1 = (v11 - v01) * da + x01 * db0 + x11 * db1
    const dq0 = (y10 - y00) * da + m00 * db0 + m10 * db1
    const dq1 = (y11 - y01) * da + m01 * db0 + m11 * db1

    const u1 = 1 - u
    out[2 * i] =
      dp0 * ((1 + 2 * u) * u1 * u1) +
      dp1 * (u * u * (3 - 2 * u)) +
      h * (dq0 * (u * u1 * u1) - dq1 * (u * u * u1))
    out[2 * i + 1] =
      ((p1 - p0) * (6 * u * u1)) / h + q0 * (u1 * (1 - 3 * u)) + q1 * (u * (3 * u - 2))
  }
}

/**
 * The jet of one cell at local coordinates: [V, V_x, V_y, V_xx, V_xy, V_yy] at
 * (x_column + t·h, y_row + u·h). At t or u ∈ {0, 1} it gives the cell's own one-sided second
 * derivatives, which jump from cell to cell.
 * @param column, row cell, 0 ≤ · < cells
 * @param t, u in [0, 1]
 * @param out length ≥ 6; overwritten
 */
export function hermiteCellJet(
  table: HermiteTable,
  column: number,
  row: number,
  t: number,
  u: number,
  out: Float64Array,
): void {
  const { v, vx, vy, vxy } = table
  const { halfWidth, cells } = table.box
  const h = (2 * halfWidth) / cells
  const low = row * (cells + 1) + column
  const high = low + cells + 1

  const t1 = 1 - t
  const a0 = (1 + 2 * t) * t1 * t1
  const a1 = t * t * (3 - 2 * t)
  const b0 = h * t * t1 * t1
  const b1 = -h * t * t * t1
  const da = (6 * t * t1) / h
  const db0 = t1 * (1 - 3 * t)
  const db1 = t * (3 * t - 2)
  const dda = (6 - 12 * t) / (h * h)
  const ddb0 = (6 * t - 4) / h
  const ddb1 = (6 * t - 2) / h

  const v00 = v[low]!
  const v10 = v[low + 1]!
  const v01 = v[high]!
  const v11 = v[high + 1]!
  const x00 = vx[low]!
  const x10 = vx[low + 1]!
  const x01 = vx[high]!
  const x11 = vx[high + 1]!
  const y00 = vy[low]!
  const y10 = vy[low + 1]!
  const y01 = vy[high]!
  const y11 = vy[high + 1]!
  const m00 = vxy[low]!
  const m10 = vxy[low + 1]!
  const m01 = vxy[high]!
  const m11 = vxy[high + 1]!

  const p0 = v00 * a0 + v10 * a1 + x00 * b0 + x10 * b1
  const p1 = v01 * a0 + v11 * a1 + x01 * b0 + x11 * b1
  const q0 = y00 * a0 + y10 * a1 + m00 * b0 + m10 * b1
  const q1 = y01 * a0 + y11 * a1 + m01 * b0 + m11 * b1
  const dp0 = (v10 - v00) * da + x00 * db0 + x10 * db1
  const dp1 = (v11 - v01) * da + x01 * db0 + x11 * db1
  const dq0 = (y10 - y00) * da + m00 * db0 + m10 * db1
  const dq1 = (y11 - y01) * da + m01 * db0 + m11 * db1
  const ddp0 = (v10 - v00) * dda + x00 * ddb0 + x10 * ddb1
  const ddp1 = (v11 - v01) * dda + x01 * ddb0 + x11 * ddb1
  const ddq0 = (y10 - y00) * dda + m00 * ddb0 + m10 * ddb1
  const ddq1 = (y11 - y01) * dda + m01 * ddb0 + m11 * ddb1

  const u1 = 1 - u
  const c0 = (1 + 2 * u) * u1 * u1
  const c1 = u * u * (3 - 2 * u)
  const d0 = h * u * u1 * u1
  const d1 = -h * u * u * u1
  const dc = (6 * u * u1) / h
  const dd0 = u1 * (1 - 3 * u)
  const dd1 = u * (3 * u - 2)
  out[0] = p0 * c0 + p1 * c1 + q0 * d0 + q1 * d1
  out[1] = dp0 * c0 + dp1 * c1 + dq0 * d0 + dq1 * d1
  out[2] = (p1 - p0) * dc + q0 * dd0 + q1 * dd1
  out[3] = ddp0 * c0 + ddp1 * c1 + ddq0 * d0 + ddq1 * d1
  out[4] = (dp1 - dp0) * dc + dq0 * dd0 + dq1 * dd1
  out[5] = ((p1 - p0) * (6 - 12 * u)) / (h * h) + (q0 * (6 * u - 4)) / h + (q1 * (6 * u - 2)) / h
}

/**
 * The jet [V, V_x, V_y, V_xx, V_xy, V_yy] at (x, y). Points outside Ω are clamped to Ω. Second
 * derivatives are those of the cell above and to the right of a node line (they jump there).
 * @param out length ≥ 6; overwritten
 */
export function hermiteJet(table: HermiteTable, x: number, y: number, out: Float64Array): void {
  const { halfWidth, cells } = table.box
  const h = (2 * halfWidth) / cells
  let sx = (x + halfWidth) / h
  let sy = (y + halfWidth) / h
  if (sx < 0) sx = 0
  else if (sx > cells) sx = cells
  if (sy < 0) sy = 0
  else if (sy > cells) sy = cells
  const column = sx >= cells ? cells - 1 : sx | 0
  const row = sy >= cells ? cells - 1 : sy | 0
  hermiteCellJet(table, column, row, sx - column, sy - row, out)
}
