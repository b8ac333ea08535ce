import type { BackendName } from '../ids.ts'
import type { EnergyKernel, NetworkShape } from '../kernels/kernel.ts'
import { createSimdKernel } from '../kernels/simd/simdKernel.ts'
import { BackendFault, Patience, within } from '../kernels/deadline.ts'
import type { DevicePatience } from '../kernels/wgsl/device.ts'
import { nudged } from '../kernels/wgsl/nudge.ts'
import { NoBackendError } from './api.ts'
import type { Backend, Calibration, OpenBackendOptions, Refused } from './api.ts'
import { DEFAULT_SHAPE } from './model.ts'
import { stepTime } from './stepTime.ts'
import { checkGradients } from './selfCheck.ts'

/** An opened backend with its kernels. */
interface Opened {
  readonly description: string
  readonly kernel: (shape: NetworkShape) => EnergyKernel
  readonly lost: () => BackendFault | null
  readonly dispose: () => void
}

/** Order of the fallbacks where a backend chosen by name is missing. */
const FALLBACKS = ['webgpu', 'wasm', 'cpu'] as const satisfies readonly BackendName[]
/** Longest waits for the browser's answers, for code and for the WebAssembly kernel, seconds. */
const DEVICE_LIMIT = 8
const CODE_LIMIT = 20
const KERNEL_LIMIT = 10
/** Shortest limits for a device's compiler and answers, seconds; `Patience` raises them for a slow device. */
const COMPILER_LIMIT = 30
const SOFTWARE_COMPILER_LIMIT = 45
const ANSWER_LIMIT = 20
const SOFTWARE_ADAPTER = /swiftshader|llvmpipe|lavapipe|software|basic render/i

/**
 * Opens a training backend and checks its gradients. A choice by name accepts a software adapter; where the
 * backend is missing, the next of webgpu, wasm, cpu replaces it. `auto` takes WebGPU only where a measurement, now
 * or earlier on this adapter, shows it to be faster than WebAssembly, JavaScript only where neither is available,
 * and never the tensor library. `refused` lists backends that are missing or fail the check, with the reason.
 * @throws Error when every backend was refused
 */
export async function openBackend(options: OpenBackendOptions): Promise<Backend> {
  return options.choice === 'auto' ? openFastest(options) : openByName(options, options.choice)
}

async function openByName(options: OpenBackendOptions, choice: BackendName): Promise<Backend> {
  const refused: Refused[] = []
  for (const name of [choice, ...FALLBACKS.filter((other) => other !== choice)]) {
    if (name !== choice && hasFailed(name, options, refused)) continue
    const opened = await attempt(name, () => open(name, options, name === choice), refused)
    if (opened === null) continue
    const reason =
      name === choice
        ? 'asked for by name'
        : `in place of ${choice}, which was asked for: ${refused[0]!.reason}`
    return { name, ...opened, reason, refused }
  }
  throw new NoBackendError(refused)
}

async function openFastest(options: OpenBackendOptions): Promise<Backend> {
  const refused: Refused[] = []
  const adapter = hasFailed('webgpu', options, refused) ? null : await attemptAdapter(refused)
  const known = adapter === null ? null : (options.calibrations?.recall(adapter.label) ?? null)
  const slower = known !== null && known.webgpu >= known.wasm
  const gpu =
    adapter === null || slower ? null : await attempt('webgpu', () => openWebGpu(adapter), refused)
  if (gpu !== null && known !== null)
    return { name: 'webgpu', ...gpu, reason: comparison(known, 'measured earlier'), refused }

  const wasm = hasFailed('wasm', options, refused)
    ? null
    : await attempt('wasm', () => openWasm(options), refused)
  if (gpu !== null && wasm !== null && adapter !== null) {
    const onGpu = await measure('webgpu', gpu, refused)
    if (onGpu === null) return { name: 'wasm', ...wasm, reason: only(refused), refused }
    const measured = { webgpu: onGpu, wasm: await stepTime(wasm.kernel(DEFAULT_SHAPE)) }
    options.calibrations?.remember(adapter.label, measured)
    const reason = comparison(measured, 'measured')
    if (measured.webgpu < measured.wasm) return { name: 'webgpu', ...gpu, reason, refused }
    gpu.dispose()
    return { name: 'wasm', ...wasm, reason, refused }
  }
  if (gpu !== null) return { name: 'webgpu', ...gpu, reason: only(refused), refused }
  if (wasm !== null) {
    const reason = known !== null && slower ? comparison(known, 'measured earlier') : only(refused)
    return { name: 'wasm', ...wasm, reason, refused }
  }
  const cpu = await attempt('cpu', openCpu, refused)
  if (cpu === null) throw new NoBackendError(refused)
  return { name: 'cpu', ...cpu, reason: only(refused), refused }
}

/** Milliseconds of a step on both backends, the faster one first. */
function comparison({ webgpu, wasm }: Calibration, how: string): string {
  const times = [
    { name: 'webgpu', milliseconds: webgpu },
    { name: 'wasm', milliseconds: wasm },
  ]
    .sort((a, b) => a.milliseconds - b.milliseconds)
    .map(({ name, milliseconds }) => `${name} ${milliseconds.toPrecision(2)} ms`)
  return `faster of 2 ${how}: ${times.join(', ')} a step`
}

function only(refused: readonly Refused[]): string {
  return `the only one available: ${refused.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}`
}

/** Opens a backend and checks its gradients. Where either fails, adds a line to `refused` and returns null. */
async function attempt(
  name: BackendName,
  opening: () => Promise<Opened>,
  refused: Refused[],
): Promise<Opened | null> {
  try {
    const opened = await opening()
    const fault = await checkGradients(name, opened.kernel)
    if (fault === null) return opened
    opened.dispose()
    throw fault
  } catch (error) {
    refused.push(refusal(name, error))
    return null
  }
}

/** Milliseconds of a step. Where the timing fails, closes the backend, adds a line to `refused` and returns null. */
async function measure(
  name: BackendName,
  opened: Opened,
  refused: Refused[],
): Promise<number | null> {
  try {
    return await stepTime(opened.kernel(DEFAULT_SHAPE))
  } catch (error) {
    opened.dispose()
    refused.push(refusal(name, error))
    return null
  }
}

/** Whether a backend has failed in use; adds a line to `refused` then. */
function hasFailed(name: BackendName, { failed }: OpenBackendOptions, refused: Refused[]): boolean {
  const message = failed?.get(name)
  if (message === undefined) return false
  refused.push({ name, reason: `failed earlier: ${message}` })
  return true
}

async function attemptAdapter(refused: Refused[]): Promise<Adapter | null> {
  try {
    return await findAdapter(false)
  } catch (error) {
    refused.push(refusal('webgpu', error))
    return null
  }
}

/** A refusal with a reason for people; the words of the browser or a library go into `details`. */
function refusal(name: BackendName, error: unknown): Refused {
  if (error instanceof BackendFault)
    return {
      name,
      reason: error.message,
      ...(error.details === null ? {} : { details: error.details }),
    }
  const details = error instanceof Error ? error.message : String(error)
  return { name, reason: 'it could not be opened', details }
}

async function open(
  name: BackendName,
  options: OpenBackendOptions,
  asked: boolean,
): Promise<Opened> {
  switch (name) {
    case 'webgpu':
      return openWebGpu(await findAdapter(asked))
    case 'wasm':
      return openWasm(options)
    case 'cpu':
      return openCpu()
    case 'tfjs-webgpu':
      return openTensorWebGpu(await findAdapter(asked))
    case 'tfjs-cpu':
      return openTensorCpu()
    default:
      return name satisfies never
  }
}

/** The fallback: tensor operations in JavaScript. */
async function openCpu(): Promise<Opened> {
  const { tfKernel } = await openTensors((library) => library.activateCpu())
  return {
    description: 'JavaScript',
    kernel: (shape) => tfKernel('cpu', shape),
    lost: () => null,
    dispose() {},
  }
}

/** Loads the tensor library and makes one of its backends the current one. */
async function openTensors(
  activate: (library: TensorLibrary) => Promise<void>,
): Promise<TensorLibrary> {
  const opening = async () => {
    const library = await import('./tensorLibrary.ts')
    await activate(library)
    return library
  }
  try {
    return await within(CODE_LIMIT, 'the tensor library', opening())
  } catch (error) {
    if (error instanceof BackendFault) throw error
    const details = error instanceof Error ? error.message : String(error)
    throw new BackendFault('the tensor library could not be opened', details)
  }
}

type TensorLibrary = typeof import('./tensorLibrary.ts')

async function openTensorCpu(): Promise<Opened> {
  const { tapedKernel } = await openTensors((library) => library.activateCpu())
  return {
    description: 'tfjs · JavaScript',
    kernel: (shape) => tapedKernel('cpu', shape),
    lost: () => null,
    dispose() {},
  }
}

/** Opens the tensor library on its own device, apart from that of the lab's kernels. */
async function openTensorWebGpu(found: Adapter): Promise<Opened> {
  return openOnDevice(found, 'tfjs · WebGPU', async (device, { answers }) => {
    const { tapedKernel, deactivateWebGpu } = await openTensors((library) =>
      library.activateWebGpu(device, found.adapter.info),
    )
    return {
      kernel: (shape) =>
        tapedKernel('webgpu', shape, (reading) => nudged(device.queue, answers.wait(reading))),
      release: deactivateWebGpu,
    }
  })
}

/** A module that only splats a byte over a vector; it is valid exactly where the engine has SIMD. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 8, 1, 6, 0, 65, 0, 253, 15, 11],
)

async function openWasm({ kernelModule, onLate }: OpenBackendOptions): Promise<Opened> {
  if (typeof WebAssembly === 'undefined') throw new BackendFault('no WebAssembly here')
  if (!WebAssembly.validate(SIMD_PROBE)) throw new BackendFault('this WebAssembly has no SIMD')
  let module: WebAssembly.Module
  try {
    module = await within(KERNEL_LIMIT, 'the WebAssembly module', kernelModule(), onLate)
  } catch (error) {
    if (error instanceof BackendFault) throw error
    const details = error instanceof Error ? error.message : String(error)
    throw new BackendFault('the WebAssembly module could not be loaded', details)
  }
  return {
    description: 'WebAssembly SIMD',
    kernel: (shape) => createSimdKernel(module, shape),
    lost: () => null,
    dispose() {},
  }
}

interface Adapter {
  readonly adapter: GPUAdapter
  readonly label: string
  /** Whether a CPU emulates the GPU. */
  readonly software: boolean
}

/** @param asked whether the backend was chosen by name; a software adapter is then accepted */
async function findAdapter(asked: boolean): Promise<Adapter> {
  const gpu = 'navigator' in globalThis ? navigator.gpu : undefined
  if (gpu === undefined) throw new BackendFault('no WebGPU in this browser')
  const adapter = await within(
    DEVICE_LIMIT,
    'WebGPU',
    gpu.requestAdapter({ powerPreference: 'high-performance' }),
  )
  if (adapter === null) throw new BackendFault('WebGPU is there, but it offers no adapter')
  const label = adapterLabel(adapter.info)
  const software = adapter.info.isFallbackAdapter || SOFTWARE_ADAPTER.test(label)
  if (software && !asked) {
    throw new BackendFault(`only a software adapter (${label}), slower than WebAssembly`)
  }
  return { adapter, label, software }
}

async function openWebGpu(found: Adapter): Promise<Opened> {
  return openOnDevice(found, 'WebGPU', async (device, patience) => {
    const code = import('../kernels/wgsl/wgslKernel.ts')
    const { createWgslKernel } = await within(CODE_LIMIT, 'the code of this backend', code)
    return { kernel: (shape) => createWgslKernel(device, shape, found.software, patience) }
  })
}

/** Opens a device and the kernels on it. @param what the text before the adapter's name in the description */
async function openOnDevice(
  { adapter, label, software }: Adapter,
  what: string,
  load: (
    device: GPUDevice,
    patience: DevicePatience,
  ) => Promise<Pick<Opened, 'kernel'> & { readonly release?: () => void }>,
): Promise<Opened> {
  const device = await within(
    DEVICE_LIMIT,
    'the GPU adapter',
    adapter.requestDevice({ requiredLimits: requiredLimits(adapter.limits) }),
    (late) => {
      late.destroy()
    },
  )
  const patience = {
    compiler: new Patience(
      "the GPU's compiler",
      software ? SOFTWARE_COMPILER_LIMIT : COMPILER_LIMIT,
    ),
    answers: new Patience('the GPU', ANSWER_LIMIT),
  }
  let fault: BackendFault | null = null
  void device.lost.then(({ message }) => {
    fault ??= new BackendFault('the GPU device was lost', message)
  })
  // A broken shader returns garbage instead of throwing, so a reported error counts like a lost device.
  device.addEventListener('uncapturederror', (event) => {
    fault ??= new BackendFault('the GPU reported an error', event.error.message)
  })
  try {
    const { kernel, release } = await load(device, patience)
    return {
      description: `${what} · ${label}${software ? ' (software)' : ''}`,
      kernel,
      lost: () => fault,
      dispose() {
        release?.()
        device.destroy()
      },
    }
  } catch (error) {
    device.destroy()
    throw error
  }
}

/** The limits that the programs of the lab and of the tensor library use. */
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
