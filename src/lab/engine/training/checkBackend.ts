import type { BackendName } from '../../../learning/ids.ts'
import { BackendFault } from '../../../learning/kernels/deadline.ts'
import type { Backend, EnergyModel } from '../../../learning/training/api.ts'
import type { CheckedNetwork, KernelDifferences } from '../../../learning/training/kernelCheck.ts'
import { DEFAULT_SHAPE } from '../../../learning/training/model.ts'
import type { BackendCheck } from '../../protocol/calls.ts'
import { DEFAULT_SCENE } from '../../scene/defaults.ts'
import { describeFailure } from '../describeFailure.ts'
import type { Backends } from './backends.ts'

/** The lab's kernel on the same hardware as each backend of the tensor library. */
const FUSED: Readonly<Partial<Record<BackendName, BackendName>>> = {
  'tfjs-webgpu': 'webgpu',
  'tfjs-cpu': 'wasm',
}

/**
 * Opens a backend for a check: times a training step, and compares its values for networks with float64 and, for a
 * backend of the tensor library, with the lab's kernel on the same hardware. The first check loads the code for it.
 * @param models the networks on the stage; without any, one with random parameters is checked
 */
export async function checkBackend(
  backends: Backends,
  name: BackendName,
  models: readonly EnergyModel[],
): Promise<BackendCheck> {
  try {
    const backend = await backends.open(name, true)
    if (backend.name !== name) {
      const { reason = 'it could not be opened', details } = backend.refused[0] ?? {}
      return { refused: reason, ...(details === undefined ? {} : { details }) }
    }
    const check = await import('../../../learning/training/kernelCheck.ts')
    const { stepTime } = await import('../../../learning/training/stepTime.ts')
    const networks =
      models.length > 0 ? models : [check.randomNetwork(DEFAULT_SCENE.domain.halfWidth)]
    const outputs = async (backend: Backend, network: CheckedNetwork) => {
      const kernel = backend.kernel(network.shape)
      try {
        return await check.outputsOf(kernel, network)
      } finally {
        kernel.dispose()
      }
    }
    const fusedName = FUSED[name]
    const fused = fusedName === undefined ? null : await backends.open(fusedName, true)
    const beside = fused?.name === fusedName ? fused : null
    const fromFloat64: KernelDifferences[] = []
    const fromFused: KernelDifferences[] = []
    for (const network of networks) {
      const found = await outputs(backend, network)
      fromFloat64.push(check.differencesOf(found, check.exactOutputs(network)))
      if (beside !== null)
        fromFused.push(check.differencesOf(found, await outputs(beside, network)))
    }
    const fault = backend.lost()
    if (fault !== null) throw fault
    return {
      description: backend.description,
      milliseconds: await stepTime(backend.kernel(DEFAULT_SHAPE)),
      networks: models.length,
      fromFloat64: largest(fromFloat64),
      fromFused: beside === null ? null : { name: beside.name, ...largest(fromFused) },
    }
  } catch (error) {
    if (error instanceof BackendFault) return { refused: error.message }
    const { message, details } = describeFailure(error)
    return { refused: message, ...(details === undefined ? {} : { details }) }
  }
}

function largest(all: readonly KernelDifferences[]): KernelDifferences {
  return {
    value: Math.max(...all.map(({ value }) => value)),
    gradient: Math.max(...all.map(({ gradient }) => gradient)),
    parameters: Math.max(...all.map(({ parameters }) => parameters)),
  }
}
