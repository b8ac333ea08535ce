import * as tf from '@tensorflow/tfjs-core'
import { setStepKernel } from '../src/core/fields/stepKernel.ts'
import { fold } from '../src/core/maths/grid.ts'
import { gaussianPair } from '../src/core/maths/rng.ts'
import { gradientFlow } from '../src/core/samplers/gradientFlow.ts'
import { langevin } from '../src/core/samplers/langevin.ts'
import { mala } from '../src/core/samplers/mala.ts'
import { createStepKernel } from '../src/core/samplers/simd/stepKernel.ts'
import { createCloud, type Sampler } from '../src/core/samplers/sampler.ts'
import { readSamplerModule } from '../src/lab/cli/kernelModule.ts'
import { exactNetworkLangevin } from '../src/lab/engine/energies/exactNetworkLangevin.ts'
import { kernelEnergy } from '../src/lab/engine/energies/tabulate.ts'
import type { EnergyKernel } from '../src/learning/kernels/kernel.ts'
import type { EnergyModel } from '../src/learning/training/api.ts'
import { evaluateModel } from '../src/learning/training/model.ts'
import { simdKernel, useTensors, type TensorBackend } from './backends.ts'
import { composedLangevin } from './composedLangevin.ts'
import { evaluateFlops, TABLE_STEP_FLOPS } from './flops.ts'
import { CPU_KERNELS, OURS } from './kernels.ts'
import { NOISE, PLAIN, settledCloud, shippedEnergy } from './landscape.ts'
import { race, raceOptions, rate, type Contender } from './race.ts'
import type { BenchOptions, Figure, Floor, Row } from './rows.ts'
import { scalingRows } from './scaling.ts'
import { tensorTable } from './tensorTable.ts'

const PARTICLES = 10_000
const UNIT = 'million particle-steps/s'

const noise = new Float64Array(4)

/**
 * What follows the gradient in the rivals that are not the library's throughout: x ← fold(x − η∇V + √(2ηε)ξ), with the
 * lab's own noise, which costs less than the library's.
 */
function move(xy: Float32Array, gradient: ArrayLike<number>, step: number, halfWidth: number) {
  const [eta] = PLAIN.drift
  const [spread] = PLAIN.root
  for (let k = 0; k < xy.length; k += 2) {
    gaussianPair(NOISE, k / 2, step, noise)
    xy[k] = fold(xy[k]! - eta * gradient[k]! + spread * noise[0]!, halfWidth)
    xy[k + 1] = fold(xy[k + 1]! - eta * gradient[k + 1]! + spread * noise[1]!, halfWidth)
  }
}

/** Langevin on the network, ∇V by a kernel, the rest as in `move`. */
export function onNetwork(
  name: string,
  kernel: EnergyKernel,
  model: EnergyModel,
  start: Float64Array,
): Contender {
  const xy = Float32Array.from(start)
  const value = new Float32Array(xy.length / 2)
  const gradient = new Float32Array(xy.length)
  let step = 0
  return {
    name,
    async run() {
      await evaluateModel(kernel, model, xy, value, gradient)
      move(xy, gradient, ++step, model.halfWidth)
    },
  }
}

function ours(
  name: string,
  sampler: Sampler,
  { field }: ReturnType<typeof shippedEnergy>,
  start: Float64Array,
): Contender {
  const logDensity = sampler.transportsDensity ? new Float64Array(start.length / 2) : null
  const cloud = createCloud(start, logDensity)
  let step = 0
  return {
    name,
    run() {
      sampler.step(cloud, field, PLAIN, NOISE, ++step)
    },
  }
}

function onTensorTable(
  name: TensorBackend,
  { field }: ReturnType<typeof shippedEnergy>,
  start: Float64Array,
): Contender {
  const n = start.length / 2
  const x = Float32Array.from({ length: n }, (_, i) => start[2 * i]!)
  const y = Float32Array.from({ length: n }, (_, i) => start[2 * i + 1]!)
  const { halfWidth } = field.grid.box
  const [eta] = PLAIN.drift
  const [spread] = PLAIN.root
  let table: ReturnType<typeof tensorTable> | null = null
  let step = 0
  return {
    name: `table in ${name}`,
    async run() {
      await useTensors(name)
      table ??= tensorTable(field.grid)
      const places = [tf.tensor1d(x), tf.tensor1d(y)] as const
      const slopes = table.gradient(...places)
      const [gx, gy] = await Promise.all(slopes.map((slope) => slope.data()))
      step++
      for (let i = 0; i < n; i++) {
        gaussianPair(NOISE, i, step, noise)
        x[i] = fold(x[i]! - eta * gx![i]! + spread * noise[0]!, halfWidth)
        y[i] = fold(y[i]! - eta * gy![i]! + spread * noise[1]!, halfWidth)
      }
      tf.dispose([...places, ...slopes])
    },
  }
}

const millions = (figure: Figure, particles: number) => rate(figure, particles / 1e6)

function floorOf(flops: number, peak: number, what: string): Floor {
  return {
    kind: 'arithmetic',
    value: peak / flops / 1e6,
    from: `${flops} operations a particle-step at ${(peak / 1e9).toFixed(1)} ${what}`,
  }
}

export async function measureSamplers(options: BenchOptions): Promise<Row[]> {
  setStepKernel(createStepKernel(await readSamplerModule()))
  const shipped = shippedEnergy('two-moons')
  const { model, field } = shipped
  const start = settledCloud(field, PARTICLES).xy
  const times = raceOptions(options.quick)
  const rows: Row[] = []

  options.log('the table against the network and against tables in tensor operations')
  const networks: { readonly name: string; readonly kernel: EnergyKernel }[] = []
  for (const { name, open } of CPU_KERNELS) {
    if (name !== OURS && name !== 'float64 reference')
      networks.push({ name: `network in ${name}`, kernel: await open(model.shape) })
  }
  const simd = await simdKernel(model.shape)
  const contenders = [
    ours('table', langevin, shipped, start),
    onTensorTable('tfjs wasm', shipped, start),
    onTensorTable('tfjs cpu', shipped, start),
    ours('network in SIMD', exactNetworkLangevin(kernelEnergy(simd, model)), shipped, start),
    ...networks.map(({ name, kernel }) => onNetwork(name, kernel, model, start)),
    ...(['tfjs wasm', 'tfjs cpu'] as const).map((backend) =>
      composedLangevin(`network in ${backend}, tape`, backend, model, PLAIN, start),
    ),
  ]
  const figures = await race(contenders, times)
  const rate10k = (k: number): Figure => millions(figures[k]!, PARTICLES)
  const rivals = contenders.map(({ name }, k) => ({ name, ...rate10k(k) }))
  const group = `${PARTICLES.toLocaleString('en-GB')} particles, one step of Langevin`
  rows.push({
    group,
    name: 'table of 128²',
    unit: UNIT,
    better: 'more',
    ...rate10k(0),
    rivals: rivals.slice(1),
    bounds: [
      { at: 'least', value: 10, of: 'value' },
      { at: 'least', value: 40, of: { ratioTo: 'network in tfjs wasm, by hand' } },
    ],
    floor: floorOf(
      TABLE_STEP_FLOPS,
      options.peak.simd / 2,
      'GFLOP/s of float64 in SIMD, half of float32’s',
    ),
    note: 'the rivals on the network compute what the table was made from; table against table is the comparison of like with like.',
  })
  rows.push({
    group,
    name: 'the network itself, SIMD',
    unit: UNIT,
    better: 'more',
    ...rate10k(3),
    rivals: rivals.slice(4),
    bounds: [{ at: 'least', value: 4, of: { ratioTo: 'network in tfjs wasm, tape' } }],
    floor: floorOf(evaluateFlops(model.shape, 1), options.peak.simd, 'GFLOP/s of float32 in SIMD'),
  })
  for (const { kernel } of networks) kernel.dispose()
  simd.dispose()

  options.log('other samplers on the table')
  const others: readonly [string, Sampler][] = [
    ['Metropolis-adjusted Langevin', mala],
    ['gradient flow with its density', gradientFlow],
  ]
  const [base, ...more] = await race(
    [langevin, ...others.map(([, sampler]) => sampler)].map((sampler) =>
      ours(sampler.id, sampler, shipped, start),
    ),
    times,
  )
  others.forEach(([name], k) => {
    rows.push({
      group,
      name: `${name}, on the table`,
      unit: UNIT,
      better: 'more',
      ...millions(more[k]!, PARTICLES),
      rivals: [{ name: 'Langevin on the table', ...millions(base!, PARTICLES) }],
    })
  })

  options.log('how time grows with the number of particles')
  const sizes = options.quick ? [1_000, 10_000, 100_000] : [1_000, 10_000, 100_000, 1_000_000]
  rows.push(
    ...(await scalingRows({
      group: 'Time of a step against the number of particles, table',
      sizes,
      label: (n) => `${n.toLocaleString('en-GB')} particles`,
      work: (n) => ours('table', langevin, shipped, settledCloud(field, n).xy),
      options: times,
      most: 1.1,
    })),
  )
  return rows
}
