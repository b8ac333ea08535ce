import type { BackendName } from '../../src/learning/ids.ts'
import type { NetworkShape } from '../../src/learning/kernels/kernel.ts'
import { openBackend } from '../../src/learning/training/backend.ts'

/** Inputs and outputs of both primitives as plain lists, so that they pass between page and test unharmed. */
export interface KernelRequest {
  readonly backend: BackendName
  readonly wasmPath: string
  readonly shape: NetworkShape
  readonly theta: readonly number[]
  readonly xy: readonly number[]
  readonly c: readonly number[]
  readonly w: readonly number[] | null
  readonly u: readonly number[] | null
  /** The primitives are called this many times more, to see whether tensors pile up. */
  readonly repeats: number
}

export interface KernelReply {
  readonly backend: BackendName
  readonly description: string
  readonly value: number[]
  readonly gradient: number[]
  readonly loss: number
  readonly lossGradient: number[]
  /** Live tensors after the first call of each primitive, and after all the others. */
  readonly tensors: readonly [number, number]
}

async function runKernel(request: KernelRequest): Promise<KernelReply> {
  const { shape, repeats } = request
  const backend = await openBackend({ choice: request.backend, wasmPath: request.wasmPath })
  const kernel = backend.kernel(shape)
  const theta = Float32Array.from(request.theta)
  const xy = Float32Array.from(request.xy)
  const value = new Float32Array(xy.length / 2)
  const gradient = new Float32Array(xy.length)
  const tuples = {
    xy,
    c: Float32Array.from(request.c),
    w: request.w && Float32Array.from(request.w),
    u: request.u && Float32Array.from(request.u),
  }
  const lossGradient = new Float32Array(theta.length)
  await kernel.evaluate(theta, xy, value, gradient)
  const loss = await kernel.accumulate(theta, tuples, lossGradient)
  const before = kernel.liveTensors()
  for (let i = 0; i < repeats; i++) {
    await kernel.evaluate(theta, xy, value, gradient)
    await kernel.accumulate(theta, tuples, lossGradient)
  }
  const tensors = [before, kernel.liveTensors()] as const
  kernel.dispose()
  backend.dispose()
  return {
    backend: backend.name,
    description: backend.description,
    value: [...value],
    gradient: [...gradient],
    loss,
    lossGradient: [...lossGradient],
    tensors,
  }
}

declare global {
  interface Window {
    runKernel: (request: KernelRequest) => Promise<KernelReply>
  }
}
window.runKernel = runKernel
