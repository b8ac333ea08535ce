import { createRequire } from 'node:module'
import path from 'node:path'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'

/** Starts the tensor library's WebAssembly backend, a reference for tests that the lab itself does not use. */
export async function activateTensorWasm(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  setWasmPaths(path.join(path.dirname(entry), path.sep))
  if (!(await tf.setBackend('wasm'))) throw new Error('wasm did not start')
  await tf.ready()
}
