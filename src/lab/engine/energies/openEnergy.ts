import type { EnergyKernel, NetworkShape } from '../../../learning/kernels/kernel.ts'
import { referenceKernel } from '../../../learning/kernels/reference.ts'
import {
  createFloat64Networks,
  type Float64Networks,
} from '../../../learning/kernels/simd/float64Networks.ts'
import { createSimdKernel } from '../../../learning/kernels/simd/simdKernel.ts'
import type { EnergyModel } from '../../../learning/training/api.ts'
import type { Environment } from '../environment.ts'
import { modelEnergy, type BatchEnergy } from './tabulate.ts'

type Kernels = Pick<Environment, 'kernelModule'>

/** The compiled kernel; null until it has arrived, where its fetch fails and where the engine has no SIMD. */
interface Arrival {
  compiled: { readonly module: WebAssembly.Module; readonly networks: Float64Networks } | null
}

const arrivals = new WeakMap<Kernels, Arrival>()

function arrivalOf(environment: Kernels): Arrival {
  const known = arrivals.get(environment)
  if (known !== undefined) return known
  const arrival: Arrival = { compiled: null }
  arrivals.set(environment, arrival)
  environment
    .kernelModule()
    .then((module) => {
      arrival.compiled = { module, networks: createFloat64Networks(module) }
    })
    // The next call fetches the module anew.
    .catch(() => arrivals.delete(environment))
  return arrival
}

/**
 * `modelEnergy` on WebAssembly SIMD once the module has compiled, in plain code before. Both give the same bits, so no
 * table waits for the module.
 */
export function openEnergy(environment: Kernels, model: EnergyModel): BatchEnergy {
  const arrival = arrivalOf(environment)
  let networks = arrival.compiled?.networks ?? null
  let energy = modelEnergy(model, networks)
  return (...batch) => {
    if (networks === null && arrival.compiled !== null) {
      networks = arrival.compiled.networks
      energy = modelEnergy(model, networks)
    }
    energy(...batch)
  }
}

/** A kernel in this thread, with which callers check the values of a device. */
export function trustedKernel(environment: Kernels, shape: NetworkShape): EnergyKernel {
  const { compiled } = arrivalOf(environment)
  if (compiled !== null) return createSimdKernel(compiled.module, shape)
  return referenceKernel(shape)
}
