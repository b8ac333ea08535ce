import type { EnergyGrid } from '../../../core/fields/energyField.ts'
import { mixedDerivative, type EnergyFunction } from '../../../core/fields/energyGrid.ts'
import { nodeCoordinate, type Box } from '../../../core/maths/grid.ts'
import { Float64Network } from '../../../learning/kernels/reference.ts'
import type { Float64Networks } from '../../../learning/kernels/simd/float64Networks.ts'
import type { SimdKernel } from '../../../learning/kernels/simd/simdKernel.ts'
import type { EnergyModel } from '../../../learning/training/api.ts'
import { axisConfinement } from '../../../learning/training/model.ts'
import type { Slicer } from '../environment.ts'
import { throwIfAborted } from '../refusal.ts'

/** V and ∇V at n points: xy and gradient of length 2n, value of length n; the last two are overwritten. */
export type BatchEnergy = (xy: Float64Array, value: Float64Array, gradient: Float64Array) => void

/**
 * The whole energy of a model, network and confinement, at ε = 1. Float64.
 * @param compiled a faster evaluator with the same bits; null: plain code
 */
export function modelEnergy(
  { shape, theta, penaltyStart }: EnergyModel,
  compiled: Float64Networks | null = null,
): BatchEnergy {
  const network =
    compiled !== null && shape.widths.length > 0
      ? compiled(shape, theta)
      : new Float64Network(shape, theta)
  const axis = new Float64Array(2)
  return (xy, value, gradient) => {
    network.evaluate(xy, value, gradient)
    for (let i = 0; i < xy.length; i++) {
      axisConfinement(xy[i]!, penaltyStart, axis)
      value[i >> 1] = value[i >> 1]! + axis[0]!
      gradient[i] = gradient[i]! + axis[1]!
    }
  }
}

/** The energy of a model in float32 on a synchronous kernel, many times as fast as `modelEnergy`. */
export function kernelEnergy(kernel: SimdKernel, model: EnergyModel): BatchEnergy {
  const axis = new Float64Array(2)
  let points = new Float32Array(0)
  let values = new Float32Array(0)
  let gradients = new Float32Array(0)
  return (xy, value, gradient) => {
    if (points.length !== xy.length) {
      points = new Float32Array(xy.length)
      values = new Float32Array(xy.length / 2)
      gradients = new Float32Array(xy.length)
    }
    points.set(xy)
    kernel.evaluateSync(model.theta, points, values, gradients)
    for (let i = 0; i < xy.length; i += 2) {
      axisConfinement(xy[i]!, model.penaltyStart, axis)
      gradient[i] = gradients[i]! + axis[1]!
      const alongX = axis[0]!
      axisConfinement(xy[i + 1]!, model.penaltyStart, axis)
      gradient[i + 1] = gradients[i + 1]! + axis[1]!
      value[i >> 1] = values[i >> 1]! + alongX + axis[0]!
    }
  }
}

/** A formula as a `BatchEnergy`. */
export function formulaEnergy(energy: EnergyFunction): BatchEnergy {
  const out = new Float64Array(3)
  return (xy, value, gradient) => {
    for (let i = 0; i < value.length; i++) {
      energy(xy[2 * i]!, xy[2 * i + 1]!, out)
      value[i] = out[0]!
      gradient[2 * i] = out[1]!
      gradient[2 * i + 1] = out[2]!
    }
  }
}

/**
 * The table of an energy on the nodes of a box, computed row by row; lets messages in between rows.
 * @throws RangeError naming the node where the energy or its gradient is not finite; Aborted
 */
export async function tabulate(
  box: Box,
  energy: BatchEnergy,
  slicer: Slicer,
  signal?: AbortSignal,
): Promise<EnergyGrid> {
  const side = box.cells + 1
  const v = new Float64Array(side * side)
  const vx = new Float64Array(side * side)
  const vy = new Float64Array(side * side)
  const xy = new Float64Array(2 * side)
  const gradient = new Float64Array(2 * side)
  for (let row = 0; row < side; row++) {
    const y = nodeCoordinate(box, row)
    for (let column = 0; column < side; column++) {
      xy[2 * column] = nodeCoordinate(box, column)
      xy[2 * column + 1] = y
    }
    const value = v.subarray(row * side, (row + 1) * side)
    energy(xy, value, gradient)
    for (let column = 0; column < side; column++) {
      const gx = gradient[2 * column]!
      const gy = gradient[2 * column + 1]!
      if (!Number.isFinite(value[column]! + gx + gy))
        throw new RangeError(`The energy is not finite at (${xy[2 * column]!}, ${y})`)
      vx[row * side + column] = gx
      vy[row * side + column] = gy
    }
    await slicer.breathe()
    throwIfAborted(signal)
  }
  return { box, v, vx, vy, vxy: mixedDerivative(box, vx, vy) }
}
