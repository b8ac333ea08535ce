import * as tf from '@tensorflow/tfjs-core'
import { tapedKernel, type TensorBackend } from './tapedKernel.ts'

/*
 * The tensor library's own backends. Other files import this one on demand only, so that a training on one of
 * the lab's kernels never loads the library.
 */

export { tapedKernel }
export { tfKernel } from './tfKernel.ts'

/** Makes a registered backend the current one. @throws Error where the library would silently take another */
async function activate(name: TensorBackend): Promise<void> {
  tf.enableProdMode()
  const done = await tf.setBackend(name)
  if (done) await tf.ready()
  if (!done || tf.getBackend() !== name) throw new Error(`${name} did not start`)
}

/** @throws Error when the library does not start the backend */
export async function activateCpu(): Promise<void> {
  await import('@tensorflow/tfjs-backend-cpu')
  await activate('cpu')
}

/**
 * Starts the library's WebGPU backend on a given device, since the library would choose its own adapter.
 * @throws Error when the library does not start the backend
 */
export async function activateWebGpu(device: GPUDevice, info: GPUAdapterInfo): Promise<void> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu')
  // Removes the registration that the library makes in browsers, or that of an earlier call.
  deactivateWebGpu()
  tf.registerBackend('webgpu', () => new WebGPUBackend(device, info), 3)
  await activate('webgpu')
}

/**
 * Removes the backend, which releases the device.
 * @public `backend.ts` takes it from this file once it is loaded, which no unused-export check sees.
 */
export function deactivateWebGpu(): void {
  if (tf.findBackendFactory('webgpu') !== null) tf.removeBackend('webgpu')
}
