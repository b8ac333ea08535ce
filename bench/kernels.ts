import type { BlockState } from '../src/learning/kernels/block.ts'
import type { EnergyKernel, NetworkShape, Tuples } from '../src/learning/kernels/kernel.ts'
import { referenceKernel } from '../src/learning/kernels/reference.ts'
import { createWgslKernel } from '../src/learning/kernels/wgsl/wgslKernel.ts'
import { adamStep, startAdam } from '../src/learning/training/adam.ts'
import { DEFAULT_SHAPE } from '../src/learning/training/model.ts'
import {
  gpuTensorKernel,
  openGpu,
  simdKernel,
  tensorKernel,
  type TensorBackend,
} from './backends.ts'
import { batchOf, parametersOf } from './batch.ts'
import { accumulateFlops } from './flops.ts'
import { race, raceOptions, type Contender } from './race.ts'
import type { BenchOptions, Bound, Figure, Row } from './rows.ts'
import { scalingRows } from './scaling.ts'
import { tapedStep } from './taped.ts'

/**
 * Who runs the two primitives on a processor; the first is ours. "By hand": the oracle of the conformance tests,
 * whose derivative is written out in the library's operations, with sine and cosine of its own.
 */
export const CPU_KERNELS: readonly {
  readonly name: string
  readonly open: (shape: NetworkShape) => Promise<EnergyKernel>
}[] = [
  { name: 'SIMD', open: simdKernel },
  { name: 'tfjs wasm, by hand', open: (shape) => tensorKernel('tfjs wasm', shape) },
  { name: 'tfjs cpu, by hand', open: (shape) => tensorKernel('tfjs cpu', shape) },
  { name: 'float64 reference', open: async (shape) => referenceKernel(shape) },
]

/** The library as its manual has it: a graph of its operations, its tape and its Adam. */
const TAPES: readonly TensorBackend[] = ['tfjs wasm', 'tfjs cpu']
const taped = (backend: TensorBackend) => `${backend}, tape`

/** Our own, for suites that measure what is made of it. */
export const OURS = CPU_KERNELS[0]!.name
export const openOurs = (shape: NetworkShape): Promise<EnergyKernel> => CPU_KERNELS[0]!.open(shape)

/** The networks that are measured. */
export const SHAPES: Readonly<Record<string, NetworkShape>> = {
  '64 × 3': { widths: [64, 64, 64], activations: ['sin', 'silu', 'silu'] },
  'default, 64-32-32': DEFAULT_SHAPE,
  'quadrature, 48-24-24': { widths: [48, 24, 24], activations: ['sin', 'silu', 'silu'] },
}

const BATCH = 256

/** One training step: the loss, its θ-gradient, Adam. The rate is tiny, so that every step is like the first. */
export function trainingStep(name: string, kernel: EnergyKernel, tuples: Tuples): Contender {
  let theta = parametersOf(kernel.shape)
  let adam = startAdam(theta.length)
  const gradient = new Float32Array(theta.length)
  return {
    name,
    async run() {
      await kernel.accumulate(theta, tuples, gradient)
      const next = adamStep(adam, theta, gradient, 1e-6)
      theta = next.theta
      adam = next.state
    },
  }
}

/** Steps of a block: θ and the moments of Adam stay on the device between them. */
const BLOCK = 8

/** A whole block of steps, as training runs them where a kernel has blocks. */
function trainingBlock(name: string, kernel: EnergyKernel, tuples: Tuples): Contender {
  const trainBlock = kernel.trainBlock
  if (trainBlock === undefined) throw new Error(`${name}: this kernel has no blocks`)
  const theta = parametersOf(kernel.shape)
  const zeros = () => new Float32Array(theta.length)
  let state: BlockState = { theta, mean: zeros(), square: zeros(), chains: null }
  const step = { tuples, negatives: null, stride: 1e-6, scale: 1 }
  const steps = Array.from({ length: BLOCK }, () => step)
  return {
    name,
    async run() {
      state = await trainBlock({ halfWidth: 4, penaltyStart: 3.2 }, state, steps)
    },
  }
}

const perStep = ({ value, spread, samples }: Figure): Figure => ({
  value: value / BLOCK,
  ...(spread === undefined ? {} : { spread: [spread[0] / BLOCK, spread[1] / BLOCK] as const }),
  ...(samples === undefined ? {} : { samples }),
})

export async function measureKernels(options: BenchOptions): Promise<Row[]> {
  const rows: Row[] = []
  for (const [shapeName, shape] of Object.entries(SHAPES)) {
    for (const second of [true, false]) {
      const name = `${shapeName}, ${second ? '∇V' : 'contrast'}`
      options.log(name)
      const tuples = batchOf(BATCH, second)
      const kernels: EnergyKernel[] = []
      const contenders: Contender[] = []
      for (const { name: who, open } of CPU_KERNELS) {
        const kernel = await open(shape)
        kernels.push(kernel)
        contenders.push(trainingStep(who, kernel, tuples))
      }
      const tapes = []
      for (const backend of TAPES)
        tapes.push(await tapedStep(taped(backend), backend, shape, tuples))
      contenders.push(...tapes)
      const [ours, ...others] = await race(contenders, raceOptions(options.quick))
      for (const held of [...kernels, ...tapes]) held.dispose()
      const flops = accumulateFlops(shape, BATCH, second)
      const bounds: readonly Bound[] =
        shape === SHAPES['64 × 3']
          ? [
              { at: 'least', value: 6, of: { ratioTo: taped('tfjs wasm') } },
              { at: 'least', value: 25, of: { ratioTo: taped('tfjs cpu') } },
            ]
          : []
      rows.push({
        group: `${CPU_KERNELS[0]!.name}, batch ${BATCH}`,
        name,
        unit: 'ms',
        ...ours!,
        rivals: others.map((other, k) => ({ name: contenders[k + 1]!.name, ...other })),
        bounds,
        floor: {
          kind: 'arithmetic',
          value: (1000 * flops) / options.peak.simd,
          from: `${(flops / 1e6).toFixed(1)} million FLOPs at ${(options.peak.simd / 1e9).toFixed(1)} GFLOP/s`,
        },
      })
    }
  }
  rows.push(...(await measureOnDevice(options)))
  rows.push(...(await measureScaling(options)))
  return rows
}

/** How the time of a step of ours grows with the batch and with the width. */
async function measureScaling(options: BenchOptions): Promise<Row[]> {
  const { quick } = options
  options.log('how time grows with batch and width')
  const kernels: EnergyKernel[] = []
  const step = async (shape: NetworkShape, batch: number) => {
    const kernel = await openOurs(shape)
    kernels.push(kernel)
    return trainingStep(OURS, kernel, batchOf(batch, true))
  }
  const three = (width: number): NetworkShape => ({
    widths: [width, width, width],
    activations: ['sin', 'silu', 'silu'],
  })
  const rows = [
    ...(await scalingRows({
      group: `${OURS}, time of a step on ∇V against the batch, 64 × 3`,
      sizes: quick ? [64, 256, 1024] : [64, 128, 256, 512, 1024, 2048, 4096],
      label: (batch) => `batch ${batch}`,
      work: (batch) => step(three(64), batch),
      options: raceOptions(quick),
      fitFrom: 256,
    })),
    ...(await scalingRows({
      group: `${OURS}, time of a step on ∇V against the width, three layers, batch 256`,
      sizes: quick ? [32, 64, 128] : [16, 32, 64, 128, 256],
      label: (width) => `width ${width}`,
      work: (width) => step(three(width), BATCH),
      options: raceOptions(quick),
      fitFrom: 64,
    })),
  ]
  for (const kernel of kernels) kernel.dispose()
  return rows
}

const GPU_BY_HAND = 'tfjs webgpu, by hand'

/**
 * The same step on a WebGPU device: ours in fused programs, the library's operation by operation. The bound is on like against
 * like, a gradient read back and a step of Adam on the processor; blocks, which the library's tensors have not, stand beside.
 */
async function measureOnDevice(options: BenchOptions): Promise<Row[]> {
  const gpu = await openGpu(options.gpu)
  const single: Row[] = []
  const blocks: Row[] = []
  for (const [shapeName, shape] of Object.entries(SHAPES)) {
    for (const second of [true, false]) {
      const name = `${shapeName}, ${second ? '∇V' : 'contrast'}`
      options.log(`WebGPU, ${name}`)
      const tuples = batchOf(BATCH, second)
      const fused = createWgslKernel(gpu.device, shape)
      const composed = await gpuTensorKernel(gpu, shape)
      const [block, ours, theirs] = await race(
        [
          trainingBlock('WGSL, in blocks', fused, tuples),
          trainingStep('WGSL, step by step', fused, tuples),
          trainingStep(GPU_BY_HAND, composed, tuples),
        ],
        raceOptions(options.quick),
      )
      fused.dispose()
      composed.dispose()
      const rivals = [{ name: GPU_BY_HAND, ...theirs! }]
      single.push({
        group: `WGSL on ${gpu.name}, batch ${BATCH}, θ and gradient on the processor between two steps`,
        name,
        unit: 'ms',
        ...ours!,
        rivals,
        bounds:
          shape === SHAPES['64 × 3']
            ? [{ at: 'least', value: 4, of: { ratioTo: GPU_BY_HAND } }]
            : [],
      })
      blocks.push({
        group: `WGSL on ${gpu.name}, batch ${BATCH}, a step in a block of ${BLOCK}, nothing read back within it`,
        name,
        unit: 'ms',
        ...perStep(block!),
        rivals,
      })
    }
  }
  return [...single, ...blocks]
}
