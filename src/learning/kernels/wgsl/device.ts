import type { Patience } from '../deadline.ts'
import { splitTuples, type NetworkShape, type Tuples } from '../kernel.ts'
import { LANES, pad, paddedLayout, transposeWeights, unpad } from './layout.ts'
import type { PaddedLayout } from './layout.ts'
import { nudged } from './nudge.ts'
import {
  SETTINGS,
  SETTINGS_STRIDE,
  accumulateSource,
  adamSource,
  chainsSource,
  evaluateSource,
  langevinSource,
  nodesSource,
  partialLength,
  sumSource,
} from './source.ts'
import type { SettingName, Source, SourceOptions } from './source.ts'

/**
 * Layout of a tile. On a GPU small tiles keep more of its units busy, and workgroup memory is faster than
 * storage buffers. A software adapter has one kind of memory, and its compiled code clears workgroup memory
 * word by word; there only the arrays that need workgroup memory use it. It compiles blocks of 2 × 2 in half the time
 * of 4 × 4, and they run as fast.
 */
const ON_GPU = { tile: 16, workgroupBytes: 32768, block: 4 }
const IN_SOFTWARE = { tile: 32, workgroupBytes: 0, block: 2 }
/** Most workgroups of one dispatch, and of one that leaves shares of the θ-gradient. */
const MOST_GROUPS = 256
const MOST_SHARES = 64

/** How long to wait for a device's compiler and for its answers. */
export interface DevicePatience {
  readonly compiler: Patience
  readonly answers: Patience
}

export type Settings = Partial<Record<SettingName, number>>

/** The program of a dispatch. */
export type ProgramName =
  | 'evaluate'
  | 'evaluateValue'
  | 'chains'
  | 'langevin'
  | 'nodes'
  | 'values'
  | 'gradients'
  | 'resampled'
  | 'sum'
  | 'adam'

const UPDATES: ReadonlySet<ProgramName> = new Set(['sum', 'adam'])
/** Whether each workgroup of a program leaves a share of the loss and its θ-gradient. */
const leavesShares = (name: ProgramName) =>
  name === 'values' || name === 'gradients' || name === 'resampled'

/** One part of the tuples, and the first of the shares that it leaves. */
interface Part {
  readonly program: 'values' | 'gradients'
  readonly settings: Readonly<Record<'points' | 'first' | 'groups' | 'share', number>>
}

interface Program {
  readonly pipeline: GPUComputePipeline
  readonly slab: number
}

export interface Dispatch {
  readonly program: ProgramName
  readonly groups: number
  readonly settings: Settings
}

type BufferName =
  | 'settings'
  | 'state'
  | 'tuples'
  | 'partial'
  | 'scratch'
  | 'chains'
  | 'nodes'
  | 'result'
  | 'reports'

const READERS = [
  'settings',
  'state',
  'tuples',
  'partial',
  'scratch',
  'chains',
  'nodes',
  'result',
] as const
const UPDATERS = ['settings', 'state', 'partial', 'chains', 'reports', 'result'] as const

/**
 * One network on one device: its programs, compiled at first use, and its buffers, which grow to the largest
 * length reserved so far. The device runs all work in the order of the calls.
 */
export class NetworkOnDevice {
  readonly device: GPUDevice
  readonly shape: NetworkShape
  readonly layout: PaddedLayout
  /** Points of a tile. */
  readonly tile: number
  private readonly memory: Pick<SourceOptions, 'workgroupBytes' | 'block'>
  private readonly programs = new Map<string, Promise<Program>>()
  private readonly buffers = new Map<BufferName, GPUBuffer>()
  private readonly staging: GPUBuffer[] = []
  private readonly layouts
  private readonly patience: DevicePatience | null
  private groups: { readers: GPUBindGroup; updaters: GPUBindGroup } | null = null
  private alive = 0
  private disposed = false

  /**
   * @param software whether the adapter is a software one; default: as the device says
   * @param patience how long to wait for the device; null: without limit
   */
  constructor(
    device: GPUDevice,
    shape: NetworkShape,
    software = isSoftware(device),
    patience: DevicePatience | null = null,
  ) {
    this.device = device
    this.patience = patience
    const { tile, workgroupBytes, block } = software ? IN_SOFTWARE : ON_GPU
    this.tile = tile
    const { maxComputeWorkgroupStorageSize } = device.limits
    this.memory = {
      workgroupBytes: Math.min(workgroupBytes, maxComputeWorkgroupStorageSize),
      block,
    }
    this.shape = shape
    this.layout = paddedLayout(shape)
    this.layouts = {
      readers: bindingLayout(device, READERS, new Set(['state'])),
      updaters: bindingLayout(device, UPDATERS, new Set(['partial'])),
    }
  }

  /** Number of buffers alive. */
  get held(): number {
    return this.alive
  }

  get stateLength(): number {
    return 4 * this.layout.length
  }

  /** The compiled program; compiles it at the first call. */
  program(name: ProgramName, nodes = 0): Promise<Program> {
    const key = `${name} ${nodes}`
    let compiling = this.programs.get(key)
    if (compiling === undefined) {
      compiling = this.compile(name, this.source(name, nodes))
      this.programs.set(key, compiling)
    }
    return compiling
  }

  /** Workgroups for a number of points, each taking a tile at a time. */
  groupsFor(points: number, program: ProgramName): number {
    const tiles = Math.ceil(points / this.tile)
    return Math.max(1, Math.min(tiles, leavesShares(program) ? MOST_SHARES : MOST_GROUPS))
  }

  /** The programs that accumulate tuples: one for the points with terms in ∇V, one for those without. */
  parts(tuples: Tuples): Part[] {
    let [first, share] = [0, 0]
    return splitTuples(tuples).map(({ c, w }) => {
      const program = w === null ? 'values' : 'gradients'
      const groups = this.groupsFor(c.length, program)
      const settings = { points: c.length, first, groups, share }
      first += c.length
      share += groups
      return { program, settings }
    })
  }

  /** A buffer of at least `floats` floats. A buffer that has to grow loses its contents. */
  reserve(name: BufferName, floats: number): GPUBuffer {
    const bytes = Math.max(16, 4 * floats)
    const known = this.buffers.get(name)
    if (known !== undefined && known.size >= bytes) return known
    if (this.disposed) throw new Error('the kernel was disposed of')
    known?.destroy()
    if (known === undefined) this.alive++
    const kind = name === 'settings' ? GPUBufferUsage.UNIFORM : GPUBufferUsage.STORAGE
    const buffer = this.device.createBuffer({
      label: `${name} of a network`,
      size: Math.ceil(bytes / 16) * 16,
      usage: kind | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    })
    this.buffers.set(name, buffer)
    this.groups = null
    return buffer
  }

  write(name: BufferName, data: Float32Array, at = 0): void {
    const { buffer, byteOffset, byteLength } = data
    this.device.queue.writeBuffer(this.buffers.get(name)!, 4 * at, buffer, byteOffset, byteLength)
  }

  /** Uploads θ with its transposed copy, and Adam's moments where given. */
  writeState(theta: Float32Array, mean?: Float32Array, square?: Float32Array): void {
    const { length } = this.layout
    const data = new Float32Array(mean === undefined ? 2 * length : 4 * length)
    pad(this.layout, theta, data)
    transposeWeights(this.layout, data.subarray(0, length), data.subarray(length, 2 * length))
    if (mean !== undefined && square !== undefined) {
      pad(this.layout, mean, data.subarray(2 * length, 3 * length))
      pad(this.layout, square, data.subarray(3 * length))
    }
    this.reserve('state', this.stateLength)
    this.write('state', data)
  }

  /** Reads θ and the moments out of a copy of the state. */
  readState(state: Float32Array): {
    theta: Float32Array
    mean: Float32Array
    square: Float32Array
  } {
    const { layout } = this
    const part = (i: number) => {
      const values = new Float32Array(layout.place.length)
      unpad(layout, state.subarray(i * layout.length, (i + 1) * layout.length), values)
      return values
    }
    return { theta: part(0), mean: part(2), square: part(3) }
  }

  /**
   * Submits dispatches, then copies of parts of buffers to the host, in one command buffer. The programs
   * must have been compiled.
   * @returns the copies, in one array, in the order of `copies`
   */
  async run(
    dispatches: readonly (Dispatch & { readonly compiled: Program })[],
    copies: readonly {
      readonly name: BufferName
      readonly floats: number
      readonly from?: number
    }[],
  ): Promise<Float32Array> {
    const { device } = this
    this.reserve('settings', (Math.max(1, dispatches.length) * SETTINGS_STRIDE) / 4)
    let scratch = 0
    let shares = 0
    for (const { program, groups, compiled, settings } of dispatches) {
      scratch = Math.max(scratch, groups * compiled.slab)
      if (leavesShares(program)) shares = Math.max(shares, (settings.share ?? 0) + groups)
    }
    this.reserve('scratch', scratch)
    this.reserve('partial', shares * partialLength(this.layout))
    for (const name of [...READERS, ...UPDATERS]) this.reserve(name, 4)
    this.write('settings', settingsOf(dispatches))

    const groups = (this.groups ??= {
      readers: this.bind(this.layouts.readers.group, READERS),
      updaters: this.bind(this.layouts.updaters.group, UPDATERS),
    })
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    dispatches.forEach(({ program, groups: count, compiled }, i) => {
      pass.setPipeline(compiled.pipeline)
      const group = UPDATES.has(program) ? groups.updaters : groups.readers
      pass.setBindGroup(0, group, [i * SETTINGS_STRIDE])
      pass.dispatchWorkgroups(count)
    })
    pass.end()
    if (copies.length === 0) {
      device.queue.submit([encoder.finish()])
      return new Float32Array(0)
    }
    const floats = copies.reduce((sum, copy) => sum + copy.floats, 0)
    const staging = this.takeStaging(4 * floats)
    let at = 0
    for (const { name, floats: length, from = 0 } of copies) {
      const buffer = this.buffers.get(name)!
      encoder.copyBufferToBuffer(buffer, 4 * from, staging, at, 4 * length)
      at += 4 * length
    }
    device.queue.submit([encoder.finish()])
    try {
      const mapping = staging.mapAsync(GPUMapMode.READ, 0, at)
      await nudged(device.queue, this.patience?.answers.wait(mapping) ?? mapping)
      const data = new Float32Array(staging.getMappedRange(0, at).slice(0))
      staging.unmap()
      this.staging.push(staging)
      return data
    } catch (error) {
      this.alive--
      staging.destroy()
      throw error
    }
  }

  dispose(): void {
    this.disposed = true
    for (const buffer of [...this.buffers.values(), ...this.staging]) {
      buffer.destroy()
      this.alive--
    }
    this.buffers.clear()
    this.staging.length = 0
    this.programs.clear()
    this.groups = null
  }

  /** A buffer that the host can read: a free one of sufficient size, or a new one. */
  private takeStaging(bytes: number): GPUBuffer {
    const free = this.staging.findIndex(({ size }) => size >= bytes)
    if (free >= 0) return this.staging.splice(free, 1)[0]!
    // Drops one free buffer that is too small, since later calls are likely to need this size again.
    const small = this.staging.pop()
    if (small === undefined) this.alive++
    small?.destroy()
    return this.device.createBuffer({
      label: 'what a network gives back',
      size: Math.max(16, bytes),
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    })
  }

  private bind(layout: GPUBindGroupLayout, names: readonly BufferName[]): GPUBindGroup {
    const entries = names.map((name, i) => ({
      binding: i,
      resource: {
        buffer: this.buffers.get(name)!,
        ...(name === 'settings' ? { size: SETTINGS_STRIDE } : {}),
      },
    }))
    return this.device.createBindGroup({ layout, entries })
  }

  private source(name: ProgramName, nodes: number): Source {
    const { shape, tile } = this
    const options: SourceOptions = { shape, tile, ...this.memory }
    switch (name) {
      case 'evaluate':
        return evaluateSource(options, true)
      case 'evaluateValue':
        return evaluateSource(options, false)
      case 'chains':
        return chainsSource(options)
      case 'langevin':
        return langevinSource(options)
      case 'nodes':
        return nodesSource(options)
      case 'values':
        return accumulateSource({ ...options, second: false, nodes: 0 })
      case 'gradients':
        return accumulateSource({ ...options, second: true, nodes: 0 })
      case 'resampled':
        return accumulateSource({ ...options, second: false, nodes })
      case 'sum':
        return sumSource(shape)
      case 'adam':
        return adamSource(shape)
      default:
        return name satisfies never
    }
  }

  private async compile(name: ProgramName, { code, entry, slab }: Source): Promise<Program> {
    return { pipeline: await this.pipeline(name, code, entry), slab }
  }

  /** Compiles a pipeline once per device; all kernels with the same code share it. */
  private pipeline(name: ProgramName, code: string, entry: string): Promise<GPUComputePipeline> {
    let known = pipelines.get(this.device)
    if (known === undefined)
      pipelines.set(this.device, (known = new Map<string, Promise<GPUComputePipeline>>()))
    let compiling = known.get(code)
    if (compiling === undefined) {
      compiling = this.compilePipeline(name, code, entry)
      known.set(code, compiling)
    }
    return compiling
  }

  private async compilePipeline(
    name: ProgramName,
    code: string,
    entry: string,
  ): Promise<GPUComputePipeline> {
    const { device } = this
    const layout = UPDATES.has(name) ? this.layouts.updaters : this.layouts.readers
    // Without this scope an error in the code would reach the device's `uncapturederror` event only.
    device.pushErrorScope('validation')
    const module = device.createShaderModule({ label: name, code })
    const pipeline = device.createComputePipelineAsync({
      label: name,
      layout: layout.pipeline,
      compute: { module, entryPoint: entry },
    })
    const fault = device.popErrorScope()
    const both = Promise.allSettled([fault, pipeline])
    const [error, compiled] = await (this.patience?.compiler.wait(both) ?? both)
    if (error.status === 'fulfilled' && error.value !== null) throw new Error(error.value.message)
    if (compiled.status === 'rejected') throw compiled.reason
    return compiled.value
  }
}

const pipelines = new WeakMap<GPUDevice, Map<string, Promise<GPUComputePipeline>>>()

function isSoftware(device: GPUDevice): boolean {
  // Older browsers have no `adapterInfo` on a device.
  const { adapterInfo } = device as { adapterInfo?: GPUAdapterInfo }
  return adapterInfo?.isFallbackAdapter ?? false
}

function bindingLayout(
  device: GPUDevice,
  names: readonly BufferName[],
  readOnly: ReadonlySet<BufferName>,
): { group: GPUBindGroupLayout; pipeline: GPUPipelineLayout } {
  const group = device.createBindGroupLayout({
    entries: names.map((name, i) => ({
      binding: i,
      visibility: GPUShaderStage.COMPUTE,
      buffer:
        name === 'settings'
          ? { type: 'uniform', hasDynamicOffset: true }
          : { type: readOnly.has(name) ? 'read-only-storage' : 'storage' },
    })),
  })
  return { group, pipeline: device.createPipelineLayout({ bindGroupLayouts: [group] }) }
}

/** The settings of all dispatches, each in its own slot of SETTINGS_STRIDE bytes. */
function settingsOf(dispatches: readonly Dispatch[]): Float32Array {
  const data = new ArrayBuffer(dispatches.length * SETTINGS_STRIDE)
  const view = new DataView(data)
  const names = Object.keys(SETTINGS) as SettingName[]
  dispatches.forEach(({ settings }, slot) => {
    names.forEach((name, i) => {
      const value = settings[name] ?? 0
      const at = slot * SETTINGS_STRIDE + 4 * i
      if (SETTINGS[name] === 'u32') view.setUint32(at, value, true)
      else view.setFloat32(at, value, true)
    })
  })
  return new Float32Array(data)
}

/** Number of workgroups of 64 invocations that cover the padded parameters and the loss after them. */
export function updateGroups(layout: PaddedLayout): number {
  return Math.ceil((layout.length + LANES) / 64)
}
