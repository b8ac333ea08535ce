import { exp, log } from '../maths/elementary.ts'
import { type Box, nodeCoordinate, sameBox, spacing } from '../maths/grid.ts'
import { hermiteGradient, hermiteGradients, hermiteJet, hermiteValue } from '../maths/hermite.ts'
import type { EnergyGrid } from './energyField.ts'

/** Writes [V, V_x, V_y] at (x, y) to `out` (length ≥ 3). */
export type EnergyFunction = (x: number, y: number, out: Float64Array) => void

/** V(x, y) of the table; points outside Ω are clamped to Ω. */
export function readValue(grid: EnergyGrid, x: number, y: number): number {
  return hermiteValue(grid, x, y)
}

/** ∇V(x, y) of the table to out[0], out[1]; points outside Ω are clamped to Ω. */
export function readGradient(grid: EnergyGrid, x: number, y: number, out: Float64Array): void {
  hermiteGradient(grid, x, y, out)
}

/**
 * ∇V of the table at n points, as `readGradient` gives it at each.
 * @param xy points [x0, y0, …]
 * @param first index of the first point
 * @param out length ≥ 2n: [V_x, V_y] of each; overwritten
 */
export function readGradients(
  grid: EnergyGrid,
  xy: Float64Array,
  first: number,
  n: number,
  out: Float64Array,
): void {
  hermiteGradients(grid, xy, first, n, out)
}

/** [V, V_x, V_y, V_xx, V_xy, V_yy] at (x, y), in the order of `Jet`; points outside Ω are clamped to Ω. */
export function readJet(grid: EnergyGrid, x: number, y: number, out: Float64Array): void {
  hermiteJet(grid, x, y, out)
}

/**
 * Tabulates an energy on the (cells + 1)² nodes of a box. V, V_x and V_y are taken as given; V_xy is
 * `mixedDerivative` of them. Interpolation error O(h⁴) in V for smooth V.
 * @throws RangeError naming the node where the energy or its gradient is not finite
 */
export function tabulateEnergy(box: Box, energy: EnergyFunction): EnergyGrid {
  const side = box.cells + 1
  const v = new Float64Array(side * side)
  const vx = new Float64Array(side * side)
  const vy = new Float64Array(side * side)
  const out = new Float64Array(3)
  for (let row = 0, k = 0; row < side; row++) {
    const y = nodeCoordinate(box, row)
    for (let column = 0; column < side; column++, k++) {
      const x = nodeCoordinate(box, column)
      energy(x, y, out)
      if (!Number.isFinite(out[0]! + out[1]! + out[2]!)) {
        throw new RangeError(`The energy is not finite at (${x}, ${y}): ${out.join(', ')}`)
      }
      v[k] = out[0]!
      vx[k] = out[1]!
      vy[k] = out[2]!
    }
  }
  return { box, v, vx, vy, vxy: mixedDerivative(box, vx, vy) }
}

/**
 * V_xy on the nodes as ½(∂_y V_x + ∂_x V_y), each by fourth-order differences: central inside,
 * one-sided in the two lines of nodes next to each edge.
 * @param vx, vy length (cells + 1)², per world unit
 */
export function mixedDerivative(box: Box, vx: Float64Array, vy: Float64Array): Float64Array {
  const side = box.cells + 1
  const scale = 1 / (24 * spacing(box))
  const out = new Float64Array(side * side)
  for (let row = 0, k = 0; row < side; row++) {
    for (let column = 0; column < side; column++, k++) {
      out[k] =
        scale * (difference(vx, k, side, row, side - 1) + difference(vy, k, 1, column, side - 1))
    }
  }
  return out
}

/** 12h times the fourth-order first difference at index k along a line of nodes 0 … last. */
function difference(f: Float64Array, k: number, stride: number, i: number, last: number): number {
  if (i >= 2 && i <= last - 2) {
    return 8 * (f[k + stride]! - f[k - stride]!) - (f[k + 2 * stride]! - f[k - 2 * stride]!)
  }
  const s = i < 2 ? stride : -stride
  const sign = i < 2 ? 1 : -1
  if (i === 0 || i === last) {
    return (
      sign *
      (-25 * f[k]! + 48 * f[k + s]! - 36 * f[k + 2 * s]! + 16 * f[k + 3 * s]! - 3 * f[k + 4 * s]!)
    )
  }
  return sign * (-3 * f[k - s]! - 10 * f[k]! + 18 * f[k + s]! - 6 * f[k + 2 * s]! + f[k + 3 * s]!)
}

/**
 * Σ wᵢ Vᵢ node by node. Interpolation is linear in the table, so the sum of the tables is the table
 * of the sum, exactly (up to rounding): composing needs no retabulation.
 * @param weights one a grid; any sign
 * @throws RangeError when there are no grids, the counts differ or the boxes differ
 */
export function combineGrids(weights: readonly number[], grids: readonly EnergyGrid[]): EnergyGrid {
  const { box, v, vx, vy, vxy } = emptyGrid(weights, grids)
  grids.forEach((grid, term) => {
    const w = weights[term]!
    for (let k = 0; k < v.length; k++) {
      v[k] = v[k]! + w * grid.v[k]!
      vx[k] = vx[k]! + w * grid.vx[k]!
      vy[k] = vy[k]! + w * grid.vy[k]!
      vxy[k] = vxy[k]! + w * grid.vxy[k]!
    }
  })
  return { box, v, vx, vy, vxy }
}

/**
 * V = −log Σ pᵢ e^(−Vᵢ)/Zᵢ node by node, pᵢ = wᵢ/Σw: the energy whose Gibbs measure at ε = 1 is the mixture Σ pᵢπᵢ,
 * with ∫e^(−V) = 1. By the share rᵢ = pᵢ e^(V − Vᵢ)/Zᵢ that term i has of the density at a node,
 *
 *     ∇V = Σ rᵢ ∇Vᵢ,   V_xy = Σ rᵢ V_i,xy − Σ rᵢ (∂ₓVᵢ − ∂ₓV)(∂ᵧVᵢ − ∂ᵧV)
 *
 * Exact at the nodes, up to rounding; between them the table is interpolated like that of any energy.
 * @param weights wᵢ ≥ 0, one a grid; not all 0
 * @param logZ log Zᵢ = log ∫_Ω e^(−Vᵢ), one a grid
 * @throws RangeError when no weight is positive or one is negative, and as `combineGrids`
 */
export function mixGrids(
  weights: readonly number[],
  grids: readonly EnergyGrid[],
  logZ: readonly number[],
): EnergyGrid {
  const { box, v, vx, vy, vxy } = emptyGrid(weights, grids)
  if (!weights.every((w) => w >= 0) || !weights.some((w) => w > 0))
    throw new RangeError('A mixture needs weights of at least 0, one of them above 0')
  const total = weights.reduce((sum, w) => sum + w, 0)
  const terms = grids.flatMap((grid, i) =>
    weights[i]! > 0 ? [{ grid, offset: logZ[i]! - log(weights[i]! / total) }] : [],
  )
  const shares = new Float64Array(terms.length)
  for (let k = 0; k < v.length; k++) {
    let least = Infinity
    for (const { grid, offset } of terms) least = Math.min(least, grid.v[k]! + offset)
    let sum = 0
    terms.forEach(({ grid, offset }, i) => {
      const part = exp(least - (grid.v[k]! + offset))
      shares[i] = part
      sum += part
    })
    let gx = 0
    let gy = 0
    terms.forEach(({ grid }, i) => {
      const share = shares[i]! / sum
      shares[i] = share
      gx += share * grid.vx[k]!
      gy += share * grid.vy[k]!
    })
    let mixed = 0
    terms.forEach(({ grid }, i) => {
      mixed += shares[i]! * (grid.vxy[k]! - (grid.vx[k]! - gx) * (grid.vy[k]! - gy))
    })
    v[k] = least - log(sum)
    vx[k] = gx
    vy[k] = gy
    vxy[k] = mixed
  }
  return { box, v, vx, vy, vxy }
}

/** A table of zeros on the box of all grids. @throws RangeError when there are no grids, the counts differ or the boxes differ */
function emptyGrid(weights: readonly number[], grids: readonly EnergyGrid[]): EnergyGrid {
  const first = grids[0]
  if (first === undefined) throw new RangeError('A composed energy needs at least one term')
  if (weights.length !== grids.length) {
    throw new RangeError(`${grids.length} energies but ${weights.length} weights`)
  }
  if (!grids.every(({ box }) => sameBox(box, first.box)))
    throw new RangeError('The energies lie on different boxes')
  const zeros = () => new Float64Array(first.v.length)
  return { box: first.box, v: zeros(), vx: zeros(), vy: zeros(), vxy: zeros() }
}
