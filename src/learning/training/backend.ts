import * as tf from '@tensorflow/tfjs-core'
import { BACKEND_NAMES } from '../ids.ts'
import type { BackendName } from '../ids.ts'
import { parameterLayout } from '../kernels/kernel.ts'
import type { EnergyKernel, NetworkShape } from '../kernels/kernel.ts'
import type { Backend, OpenBackendOptions } from './api.ts'
import { DEFAULT_SHAPE } from './model.ts'
import { checkGradients } from './selfCheck.ts'
import { tfKernel } from './tfKernel.ts'

/** A backend of the tensor library, ready for kernels. */
interface Opened {
  readonly description: string
  readonly lost: Promise<string>
  dispose(): void
}

/** Why a backend is not to be had, in words for people. */
class RefusedError extends Error {}

const NEVER = new Promise<string>(() => {})
/** Milliseconds that the calibration of one backend may take once it has warmed up. */
const CALIBRATION_BUDGET = 120
const CALIBRATION_ROUNDS = 20
const SOFTWARE_ADAPTER = /swiftshader|llvmpipe|lavapipe|software|basic render/i

/**
 * Opens a training backend and checks its gradients. `auto` measures all that are available and takes
 * the fastest; a backend asked for by name is taken as it is, a software adapter included. One that is
 * missing or fails its check is refused with the reason, and the next of webgpu, wasm, cpu is taken.
 * @throws Error when every backend was refused
 */
export async function openBackend(options: OpenBackendOptions): Promise<Backend> {
  tf.enableProdMode()
  const refused: { name: BackendName; reason: string }[] = []
  const candidates: { name: BackendName; opened: Opened; milliseconds: number }[] = []
  const byName = options.choice !== 'auto'
  const order = byName
    ? [options.choice, ...BACKEND_NAMES.filter((name) => name !== options.choice)]
    : BACKEND_NAMES

  for (const name of order) {
    try {
      const opened = await open(name, options, name === options.choice)
      const fault = await checkGradients(name, (shape) => tfKernel(name, shape))
      if (fault !== null) {
        opened.dispose()
        throw new RefusedError(fault)
      }
      if (byName) {
        const reason =
          name === options.choice
            ? 'asked for by name'
            : `in place of ${options.choice}, which was asked for: ${refused[0]!.reason}`
        return present(name, opened, reason, refused)
      }
      candidates.push({
        name,
        opened,
        milliseconds: await calibrate(tfKernel(name, DEFAULT_SHAPE)),
      })
    } catch (error) {
      refused.push({ name, reason: error instanceof Error ? error.message : String(error) })
    }
  }

  candidates.sort((a, b) => a.milliseconds - b.milliseconds)
  const best = candidates[0]
  if (best === undefined) {
    const reasons = refused.map(({ name, reason }) => `${name}: ${reason}`).join('; ')
    throw new Error(`No training backend works here. ${reasons}`)
  }
  for (const { opened } of candidates.slice(1)) opened.dispose()
  const measured = candidates
    .map(({ name, milliseconds }) => `${name} ${milliseconds.toPrecision(2)} ms`)
    .join(', ')
  const reason =
    candidates.length === 1
      ? `the only one available: ${measured} a step`
      : `fastest of ${candidates.length} measured: ${measured} a step`
  return present(best.name, best.opened, reason, refused)
}

function present(
  name: BackendName,
  opened: Opened,
  reason: string,
  refused: Backend['refused'],
): Backend {
  return {
    name,
    description: opened.description,
    reason,
    refused,
    kernel: (shape: NetworkShape) => tfKernel(name, shape),
    lost: opened.lost,
    dispose: () => opened.dispose(),
  }
}

function open(name: BackendName, options: OpenBackendOptions, asked: boolean): Promise<Opened> {
  switch (name) {
    case 'webgpu':
      return openWebGpu(asked)
    case 'wasm':
      return openWasm(options.wasmPath)
    case 'cpu':
      return openCpu()
    default:
      return name satisfies never
  }
}

/** Makes a registered backend the current one. The library itself would silently take another. */
async function activate(name: BackendName): Promise<void> {
  const done = await tf.setBackend(name)
  if (done) await tf.ready()
  if (!done || tf.getBackend() !== name) throw new RefusedError(`${name} did not start`)
}

async function openCpu(): Promise<Opened> {
  await import('@tensorflow/tfjs-backend-cpu')
  await activate('cpu')
  return { description: 'JavaScript', lost: NEVER, dispose() {} }
}

async function openWasm(path: OpenBackendOptions['wasmPath']): Promise<Opened> {
  if (typeof WebAssembly === 'undefined') throw new RefusedError('no WebAssembly here')
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
  // Threads need cross-origin isolation, which static hosts do not give, and break in minified builds.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  try {
    if (tf.findBackend('wasm') === null) setWasmPaths(path)
    await activate('wasm')
  } catch {
    throw new RefusedError('the WebAssembly module could not be loaded')
  }
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')
  return { description: simd ? 'WebAssembly SIMD' : 'WebAssembly', lost: NEVER, dispose() {} }
}

async function openWebGpu(asked: boolean): Promise<Opened> {
  const gpu = 'navigator' in globalThis ? navigator.gpu : undefined
  if (gpu === undefined) throw new RefusedError('no WebGPU in this browser')
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null) throw new RefusedError('WebGPU is there, but it offers no adapter')
  const label = adapterLabel(adapter.info)
  const software = adapter.info.isFallbackAdapter || SOFTWARE_ADAPTER.test(label)
  if (software && !asked) {
    throw new RefusedError(`only a software adapter (${label}), slower than WebAssembly`)
  }
  const device = await adapter.requestDevice({ requiredLimits: requiredLimits(adapter.limits) })
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu')
  // The library would choose its own adapter: drop its registration, and any of ours from before.
  tf.removeBackend('webgpu')
  tf.registerBackend('webgpu', () => new WebGPUBackend(device, adapter.info), 3)

  let leaving = false
  const lost = new Promise<string>((resolve) => {
    void device.lost.then(({ message }) => {
      if (!leaving) resolve(`the GPU device was lost${message === '' ? '' : `: ${message}`}`)
    })
    // A broken shader does not throw, it returns garbage: as bad as a lost device.
    device.addEventListener('uncapturederror', (event) => {
      resolve(`the GPU reported an error: ${event.error.message}`)
    })
  })
  const dispose = () => {
    leaving = true
    if (tf.findBackend('webgpu') !== null) tf.removeBackend('webgpu')
    device.destroy()
  }
  try {
    await activate('webgpu')
  } catch (error) {
    dispose()
    throw error
  }
  return { description: `WebGPU · ${label}${software ? ' (software)' : ''}`, lost, dispose }
}

/** The limits that the tensor library's shaders count on, at what the adapter offers. */
function requiredLimits(limits: GPUSupportedLimits): Record<string, number> {
  return {
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxBufferSize: limits.maxBufferSize,
    maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
    maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
  }
}

function adapterLabel(info: GPUAdapterInfo): string {
  if (info.description !== '') return info.description
  const parts = [info.vendor, info.architecture, info.device].filter((part) => part !== '')
  return parts.length === 0 ? 'unnamed adapter' : parts.join(' ')
}

/**
 * Milliseconds of a step like those of the default recipe: V and ∇V at 512 points, twice at 256, and
 * the θ-gradient of V at 512. The best of as many rounds as fit the budget, after warming up; the
 * clock is the tensor library's, and decides nothing but which backend is taken.
 */
async function calibrate(kernel: EnergyKernel): Promise<number> {
  const n = 512
  const xy = new Float32Array(2 * n)
  for (let i = 0; i < xy.length; i++) xy[i] = ((i * 37) % 101) / 17 - 3
  const c = new Float32Array(n).fill(1 / n)
  const theta = new Float32Array(parameterLayout(kernel.shape).length).fill(0.01)
  const value = new Float32Array(n)
  const gradient = new Float32Array(2 * n)
  const out = new Float32Array(theta.length)
  const step = async () => {
    await kernel.evaluate(theta, xy, value, gradient)
    for (let m = 0; m < 2; m++) {
      await kernel.evaluate(
        theta,
        xy.subarray(0, n),
        value.subarray(0, n / 2),
        gradient.subarray(0, n),
      )
    }
    await kernel.accumulate(theta, { xy, c, w: null, u: null }, out)
  }
  try {
    let best = Infinity
    const begin = tf.util.now()
    await step()
    if (tf.util.now() - begin > CALIBRATION_BUDGET) return tf.util.now() - begin
    const end = tf.util.now() + CALIBRATION_BUDGET
    for (let round = 0; round < CALIBRATION_ROUNDS && tf.util.now() < end; round++) {
      const start = tf.util.now()
      await step()
      best = Math.min(best, tf.util.now() - start)
    }
    return best
  } finally {
    kernel.dispose()
  }
}
