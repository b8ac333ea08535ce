import * as tf from '@tensorflow/tfjs-core'
import { Jet, type EnergyGrid } from '../src/core/fields/energyField.ts'
import { hermiteCellJet } from '../src/core/maths/hermite.ts'

/**
 * ∇V of a table, composed of the tensor library's operations: what one would write who has the library and
 * no kernels. Each cell's polynomial Σ a_ij tⁱuʲ is made beforehand; a point gathers the coefficients of its cell, each
 * from a table of its own, and follows Horner's rule: 16 gathers and some seventy operations over all points together.
 * (Gathering rows of 16 and contracting them with powers reads better and takes two to three times as long: the
 * library's reductions and broadcasts over so few elements do not vectorise.)
 * @returns a function from positions, [n] each, to the gradient, [n] each; the caller's backend must be current throughout
 */
export function tensorTable(grid: EnergyGrid): {
  readonly gradient: (x: tf.Tensor1D, y: tf.Tensor1D) => [tf.Tensor1D, tf.Tensor1D]
  readonly dispose: () => void
} {
  const { halfWidth, cells } = grid.box
  const polynomials = cellPolynomials(grid)
  const tables = Array.from({ length: 16 }, (_, k) =>
    tf.tensor1d(
      Float32Array.from({ length: cells * cells }, (_, cell) => polynomials[16 * cell + k]!),
    ),
  )
  const scale = cells / (2 * halfWidth)
  type Line = tf.Tensor1D
  /** c₀ + c₁z + c₂z² + c₃z³. */
  const value = ([c0, c1, c2, c3]: readonly Line[], z: Line): Line =>
    tf.add(c0!, tf.mul(z, tf.add(c1!, tf.mul(z, tf.add(c2!, tf.mul(z, c3!))))))
  /** Its derivative. */
  const slope = ([, c1, c2, c3]: readonly Line[], z: Line, twice: Line, thrice: Line): Line =>
    tf.add(c1!, tf.add(tf.mul(twice, c2!), tf.mul(tf.mul(thrice, z), c3!)))
  const gradient = (x: Line, y: Line): [Line, Line] =>
    tf.tidy(() => {
      const place = (z: Line) => {
        const s = tf.clipByValue(tf.mul(tf.add(z, halfWidth), scale), 0, cells)
        const cell = tf.minimum<Line>(tf.floor(s), cells - 1)
        return { cell, rest: tf.sub<Line>(s, cell) }
      }
      const { cell: column, rest: t } = place(x)
      const { cell: row, rest: u } = place(y)
      const index: Line = tf.cast(tf.add(column, tf.mul(row, cells)), 'int32')
      const a = tables.map((table) => tf.gather(table, index))
      const rows = [0, 1, 2, 3].map((i) => a.slice(4 * i, 4 * i + 4))
      const twice = tf.mul<Line>(u, 2)
      const thrice = tf.mul<Line>(u, 3)
      const inU = rows.map((one) => value(one, u))
      const inSlope = rows.map((one) => slope(one, u, twice, thrice))
      return [
        tf.mul(slope(inU, t, tf.mul(t, 2), tf.mul(t, 3)), scale),
        tf.mul(value(inSlope, t), scale),
      ]
    })
  return {
    gradient,
    dispose: () => {
      tf.dispose(tables)
    },
  }
}

/** a_ij of every cell, [i][j] with tⁱuʲ, t and u in [0, 1]: the bicubic Hermite surface written out. */
function cellPolynomials(grid: EnergyGrid): Float32Array {
  const { halfWidth, cells } = grid.box
  const h = (2 * halfWidth) / cells
  const out = new Float32Array(16 * cells * cells)
  const corner = new Float64Array(6)
  // Cubic through f(0), f(1), f′(0), f′(1).
  const cubic = (f0: number, f1: number, d0: number, d1: number) => [
    f0,
    d0,
    3 * (f1 - f0) - 2 * d0 - d1,
    2 * (f0 - f1) + d0 + d1,
  ]
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      const jets = [0, 1].map((u) =>
        [0, 1].map((t) => {
          hermiteCellJet(grid, column, row, t, u, corner)
          return {
            v: corner[Jet.v]!,
            vx: h * corner[Jet.vx]!,
            vy: h * corner[Jet.vy]!,
            vxy: h * h * corner[Jet.vxy]!,
          }
        }),
      )
      const [[a, b], [c, d]] = jets as [[Corner, Corner], [Corner, Corner]]
      // Along x on both rows, values and slopes in y; then every coefficient along y.
      const low = cubic(a.v, b.v, a.vx, b.vx)
      const high = cubic(c.v, d.v, c.vx, d.vx)
      const lowSlope = cubic(a.vy, b.vy, a.vxy, b.vxy)
      const highSlope = cubic(c.vy, d.vy, c.vxy, d.vxy)
      const at = 16 * (row * cells + column)
      for (let i = 0; i < 4; i++) {
        cubic(low[i]!, high[i]!, lowSlope[i]!, highSlope[i]!).forEach((value, j) => {
          out[at + 4 * i + j] = value
        })
      }
    }
  }
  return out
}

interface Corner {
  readonly v: number
  readonly vx: number
  readonly vy: number
  readonly vxy: number
}
