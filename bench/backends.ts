import { createRequire } from 'node:module'
import path from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import type { EnergyKernel, NetworkShape } from '../src/learning/kernels/kernel.ts'
import { tfKernel } from '../src/learning/training/tfKernel.ts'

/** The tensor library's own backends in Node, opened once each. */
export type TensorBackend = 'tfjs wasm' | 'tfjs cpu'

const opened = new Map<TensorBackend, Promise<void>>()

async function start(name: TensorBackend): Promise<void> {
  tf.enableProdMode()
  if (name === 'tfjs cpu') {
    await import('@tensorflow/tfjs-backend-cpu')
    await tf.setBackend('cpu')
  } else {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
    const require = createRequire(import.meta.url)
    const file = require.resolve('@tensorflow/tfjs-backend-wasm/package.json')
    setWasmPaths(path.join(path.dirname(file), 'dist', path.sep))
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
    await tf.setBackend('wasm')
    if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')))
      throw new Error('the tensor library finds no SIMD here: the comparison would not be fair')
  }
  await tf.ready()
}

/** Makes a backend current, opening it first where need be. */
export async function useTensors(name: TensorBackend): Promise<void> {
  const known = opened.get(name)
  if (known) await known
  else {
    const opening = start(name)
    opened.set(name, opening)
    await opening
  }
  await tf.setBackend(name === 'tfjs cpu' ? 'cpu' : 'wasm')
}

/** The primitives composed of the library's operations. */
export async function tensorKernel(
  name: TensorBackend,
  shape: NetworkShape,
): Promise<EnergyKernel> {
  await useTensors(name)
  return tfKernel(name === 'tfjs cpu' ? 'cpu' : 'wasm', shape)
}
