import { createRequire } from 'node:module'
import path from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { openDawn } from '../scripts/openDawn.ts'
import { readKernelModule } from '../src/lab/cli/kernelModule.ts'
import type { EnergyKernel, NetworkShape } from '../src/learning/kernels/kernel.ts'
import { createSimdKernel, type SimdKernel } from '../src/learning/kernels/simd/simdKernel.ts'
import { tfKernel } from '../src/learning/training/tfKernel.ts'

/** The tensor library's own backends on a processor, opened once each. */
export type TensorBackend = 'tfjs wasm' | 'tfjs cpu'

let module: Promise<WebAssembly.Module> | null = null

/** Ours on a processor. */
export async function simdKernel(shape: NetworkShape): Promise<SimdKernel> {
  return createSimdKernel(await (module ??= readKernelModule()), shape)
}

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

/** A WebGPU device in Node, with the name of its adapter. */
export interface Gpu {
  readonly device: GPUDevice
  readonly name: string
}

/**
 * Dawn, the WebGPU of Chromium, in Node: on the software adapter that Chromium brings along, or on a real GPU.
 * @throws Error with the reason where there is none
 */
export async function openGpu(real: boolean): Promise<Gpu> {
  if (!real) {
    const dawn = await openDawn()
    if (dawn.open === null) throw new Error(dawn.reason)
    return named(await dawn.open())
  }
  const { create, globals } = await import('webgpu')
  Object.assign(globalThis, globals)
  const gpu = create([])
  instances.push(gpu)
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null || adapter.info.isFallbackAdapter)
    throw new Error('--gpu: Dawn offers no GPU here')
  const { maxComputeWorkgroupStorageSize, maxStorageBufferBindingSize, maxBufferSize } =
    adapter.limits
  return named(
    await adapter.requestDevice({
      requiredLimits: {
        maxComputeWorkgroupStorageSize,
        maxStorageBufferBindingSize,
        maxBufferSize,
      },
    }),
  )
}

/** Dawn's devices die with the instance that made them. */
const instances: GPU[] = []

function named(device: GPUDevice): Gpu {
  const { description, vendor, architecture, device: model } = device.adapterInfo
  const parts = description === '' ? [vendor, architecture, model] : [description]
  return { device, name: parts.filter((part) => part !== '').join(' ') }
}

/** The primitives composed of the library's operations on that device. */
export async function gpuTensorKernel({ device }: Gpu, shape: NetworkShape): Promise<EnergyKernel> {
  // The library asks for this object, though it is given its device. Node has none of its own.
  if (!('navigator' in globalThis)) {
    Object.defineProperty(globalThis, 'navigator', { value: { gpu: {} }, configurable: true })
  }
  const { activateWebGpu } = await import('../src/learning/training/tensorLibrary.ts')
  await activateWebGpu(device, device.adapterInfo)
  return tfKernel('webgpu', shape)
}
