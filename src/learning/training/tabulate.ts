import type { EnergyGrid } from '../../core/fields/energyField.ts'
import { mixedDerivative, readGradient, readValue } from '../../core/fields/energyGrid.ts'
import { nodeCoordinate } from '../../core/maths/grid.ts'
import type { Box } from '../../core/maths/grid.ts'
import type { EnergyKernel } from '../kernels/kernel.ts'
import type { EnergyModel } from './api.ts'
import { evaluateModel } from './model.ts'

/** Most points in one call of the kernel. */
const CHUNK = 4096

/**
 * The network's energy on the (cells + 1)² nodes of a box: V, V_x and V_y as the network gives them,
 * V_xy by fourth-order differences of V_x in y and V_y in x.
 */
export async function tabulateModel(
  kernel: EnergyKernel,
  model: EnergyModel,
  box: Box,
): Promise<EnergyGrid> {
  const side = box.cells + 1
  const xy = new Float32Array(2 * side * side)
  for (let row = 0, k = 0; row < side; row++) {
    for (let column = 0; column < side; column++, k += 2) {
      xy[k] = nodeCoordinate(box, column)
      xy[k + 1] = nodeCoordinate(box, row)
    }
  }
  const { value, gradient } = await evaluateInChunks(kernel, model, xy)
  const vx = new Float64Array(side * side)
  const vy = new Float64Array(side * side)
  for (let k = 0; k < side * side; k++) {
    vx[k] = gradient[2 * k]!
    vy[k] = gradient[2 * k + 1]!
  }
  return { box, v: Float64Array.from(value), vx, vy, vxy: mixedDerivative(box, vx, vy) }
}

/**
 * Largest |V_table − V_network| and |∇V_table − ∇V_network| over the given points. Interpolation error
 * only: table and network are read at the same float32 points.
 * @param points length 2n, [x0, y0, …], inside the box of the table
 */
export async function tableError(
  kernel: EnergyKernel,
  model: EnergyModel,
  grid: EnergyGrid,
  points: ArrayLike<number>,
): Promise<{ value: number; gradient: number }> {
  const xy = Float32Array.from(points)
  const network = await evaluateInChunks(kernel, model, xy)
  const slope = new Float64Array(2)
  let value = 0
  let square = 0
  for (let i = 0; i < network.value.length; i++) {
    const x = xy[2 * i]!
    const y = xy[2 * i + 1]!
    value = Math.max(value, Math.abs(readValue(grid, x, y) - network.value[i]!))
    readGradient(grid, x, y, slope)
    const dx = slope[0]! - network.gradient[2 * i]!
    const dy = slope[1]! - network.gradient[2 * i + 1]!
    square = Math.max(square, dx * dx + dy * dy)
  }
  return { value, gradient: Math.sqrt(square) }
}

/** Evaluates in chunks of one size, the last one padded, so that the kernel can reuse its device buffers. */
async function evaluateInChunks(
  kernel: EnergyKernel,
  model: EnergyModel,
  xy: Float32Array,
): Promise<{ value: Float32Array; gradient: Float32Array }> {
  const n = xy.length / 2
  const chunk = Math.ceil(n / Math.max(1, Math.ceil(n / CHUNK)))
  const value = new Float32Array(n)
  const gradient = new Float32Array(2 * n)
  const part = new Float32Array(2 * chunk)
  const partValue = new Float32Array(chunk)
  const partGradient = new Float32Array(2 * chunk)
  for (let start = 0; start < n; start += chunk) {
    const count = Math.min(chunk, n - start)
    part.set(xy.subarray(2 * start, 2 * (start + count)))
    await evaluateModel(kernel, model, part, partValue, partGradient)
    value.set(partValue.subarray(0, count), start)
    gradient.set(partGradient.subarray(0, 2 * count), 2 * start)
  }
  return { value, gradient }
}
