import * as tf from '@tensorflow/tfjs-core'
import { tapedKernel, type TensorBackend } from './tapedKernel.ts'

/*
 * The tensor library's own backends. Nothing imports this file but on demand: where a kernel of the lab's
 * trains, the library is never loaded.
 */

export { tapedKernel }
export { tfKernel } from './tfKernel.ts'

/** Makes a registered backend the current one. The library itself would silently take another. */
async function activate(name: TensorBackend): Promise<void> {
  tf.enableProdMode()
  const done = await tf.setBackend(name)
  if (done) await tf.ready()
  if (!done || tf.getBackend() !== name) throw new Error(`${name} did not start`)
}

/** @throws Error when the library does not start it */
export async function activateCpu(): Promise<void> {
  await import('@tensorflow/tfjs-backend-cpu')
  await activate('cpu')
}

/**
 * The library's WebGPU backend on a device of ours: left alone it would choose its own adapter.
 * @throws Error when the library does not start it
 */
export async function activateWebGpu(device: GPUDevice, info: GPUAdapterInfo): Promise<void> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu')
  // Its own registration, which it makes in browsers only, and any of ours from before.
  deactivateWebGpu()
  tf.registerBackend('webgpu', () => new WebGPUBackend(device, info), 3)
  await activate('webgpu')
}

/** Lets go of the device. */
export function deactivateWebGpu(): void {
  if (tf.findBackendFactory('webgpu') !== null) tf.removeBackend('webgpu')
}
