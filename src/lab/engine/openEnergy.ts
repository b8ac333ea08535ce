import {
  createFloat64Networks,
  type Float64Networks,
} from '../../learning/kernels/simd/float64Networks.ts'
import type { EnergyModel } from '../../learning/training/api.ts'
import type { Environment } from './environment.ts'
import { modelEnergy, type BatchEnergy } from './tabulate.ts'

type Kernels = Pick<Environment, 'kernelModule'>

/** Null where the kernel cannot be had, or runs on no SIMD. */
const opened = new WeakMap<Kernels, Promise<Float64Networks | null>>()

/** `modelEnergy` on WebAssembly SIMD where there is any, in plain code elsewhere: the same bits. */
export async function openEnergy(environment: Kernels, model: EnergyModel): Promise<BatchEnergy> {
  let opening = opened.get(environment)
  if (opening === undefined) {
    opening = environment
      .kernelModule()
      .then(createFloat64Networks)
      .catch(() => null)
    opened.set(environment, opening)
  }
  return modelEnergy(model, await opening)
}
