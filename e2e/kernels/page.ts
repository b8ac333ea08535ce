import type { BackendName } from '../../src/learning/ids.ts'
import type { NetworkShape } from '../../src/learning/kernels/kernel.ts'
import { openBackend } from '../../src/learning/training/backend.ts'

/** Inputs and outputs of both primitives as plain lists, so that they pass between page and test unharmed. */
export interface KernelRequest {
  readonly backend: BackendName
  /** Where energy.wasm is served. */
  readonly kernelUrl: string
  readonly shape: NetworkShape
  readonly theta: readonly number[]
  readonly xy: readonly number[]
  readonly c: readonly number[]
  /** Used in the second of the two losses only: the first has values alone. */
  readonly w: readonly number[]
  readonly u: readonly number[]
  /** The primitives are called this many times more, to see whether tensors pile up. */
  readonly repeats: number
}

interface KernelReply {
  readonly backend: BackendName
  readonly description: string
  readonly value: number[]
  readonly gradient: number[]
  /** The loss and its gradient with values alone, then with values and gradients. */
  readonly losses: readonly { readonly loss: number; readonly gradient: number[] }[]
  /** Live tensors after the first call of each primitive, and after all the others. */
  readonly tensors: readonly [number, number]
}

async function runKernel(request: KernelRequest): Promise<KernelReply> {
  const { shape, repeats } = request
  const backend = await openBackend({
    choice: request.backend,
    kernelModule: async () => {
      const response = await fetch(request.kernelUrl)
      return WebAssembly.compile(await response.arrayBuffer())
    },
  })
  const kernel = backend.kernel(shape)
  const theta = Float32Array.from(request.theta)
  const xy = Float32Array.from(request.xy)
  const value = new Float32Array(xy.length / 2)
  const gradient = new Float32Array(xy.length)
  const c = Float32Array.from(request.c)
  const both = { xy, c, w: Float32Array.from(request.w), u: Float32Array.from(request.u) }
  const tuples = [{ xy, c, w: null, u: null }, both]
  const losses: { loss: number; gradient: number[] }[] = []
  await kernel.evaluate(theta, xy, value, gradient)
  for (const each of tuples) {
    const out = new Float32Array(theta.length)
    const loss = await kernel.accumulate(theta, each, out)
    losses.push({ loss, gradient: [...out] })
  }
  const before = kernel.liveTensors()
  for (let i = 0; i < repeats; i++) {
    await kernel.evaluate(theta, xy, new Float32Array(value.length), gradient.slice())
    await kernel.accumulate(theta, both, new Float32Array(theta.length))
  }
  const tensors = [before, kernel.liveTensors()] as const
  kernel.dispose()
  backend.dispose()
  return {
    backend: backend.name,
    description: backend.description,
    value: [...value],
    gradient: [...gradient],
    losses,
    tensors,
  }
}

declare global {
  interface Window {
    runKernel: (request: KernelRequest) => Promise<KernelReply>
  }
}
window.runKernel = runKernel
