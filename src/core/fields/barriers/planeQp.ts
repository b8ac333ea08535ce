/** Half-planes a·x + b·y ≥ c of the plane, by index up to `count`. */
export interface Rows {
  count: number
  readonly a: Float64Array
  readonly b: Float64Array
  readonly c: Float64Array
}

/** A half-plane is kept up to this share of the greatest number in its inequality, which counts as at least `LEAST`. */
const ROUNDING = 1e-13
const LEAST = 1e-200
const HALVINGS = 50

function isIn({ count, a, b, c }: Rows, x: number, y: number, relaxed: number): boolean {
  for (let j = 0; j < count; j++) {
    const [ax, by, least] = [a[j]! * x, b[j]! * y, c[j]! - relaxed]
    const scale = LEAST + Math.abs(ax) + Math.abs(by) + Math.abs(least)
    if (!(ax + by >= least - ROUNDING * scale)) return false
  }
  return true
}

/**
 * The shortest vector in all half-planes, in closed form: in the plane it is 0, or the foot of one edge, or the corner of two.
 * @param out length 2: overwritten where there is one
 * @param relaxed by which every c is lowered; default 0
 * @returns whether there is one
 */
export function leastVector(rows: Rows, out: Float64Array, relaxed = 0): boolean {
  const { count, a, b, c } = rows
  let shortest = Infinity
  const offer = (x: number, y: number): void => {
    const length2 = x * x + y * y
    if (!(length2 < shortest) || !isIn(rows, x, y, relaxed)) return
    shortest = length2
    out[0] = x
    out[1] = y
  }
  offer(0, 0)
  if (shortest === 0) return true
  for (let i = 0; i < count; i++) {
    const squared = a[i]! * a[i]! + b[i]! * b[i]!
    const foot = (c[i]! - relaxed) / squared
    if (foot > 0) offer(foot * a[i]!, foot * b[i]!)
  }
  // A foot that is in all half-planes is the shortest vector: any other would lie farther off than its edge.
  if (shortest < Infinity) return true
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      const det = a[i]! * b[j]! - a[j]! * b[i]!
      const [ci, cj] = [c[i]! - relaxed, c[j]! - relaxed]
      offer((ci * b[j]! - cj * b[i]!) / det, (a[i]! * cj - a[j]! * ci) / det)
    }
  }
  return shortest < Infinity
}

/**
 * Where no vector lies in all half-planes: the shortest of those for which the greatest c − a·x − b·y is least, up to 2^−50 of it.
 * @param out length 2: overwritten
 */
export function leastViolation(rows: Rows, out: Float64Array): void {
  let low = 0
  let high = 0
  for (let j = 0; j < rows.count; j++) high = Math.max(high, rows.c[j]!)
  for (let i = 0; i < HALVINGS; i++) {
    const middle = 0.5 * (low + high)
    if (leastVector(rows, out, middle)) high = middle
    else low = middle
  }
  leastVector(rows, out, high)
}
