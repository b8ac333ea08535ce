import * as tf from '@tensorflow/tfjs-core'
import { createExactChain } from '../src/core/analysis/laws/exactChain.ts'
import { fokkerPlanckOf } from '../src/core/analysis/laws/fokkerPlanck.ts'
import { createKlEstimator } from '../src/core/analysis/estimators/nativeKl.ts'
import { gibbs } from '../src/core/fields/gibbs.ts'
import { centre } from '../src/core/fields/transition.ts'
import { centreCoordinate, spacing, type Box } from '../src/core/maths/grid.ts'
import { useTensors } from './backends.ts'
import { PLAIN, settledCloud, shippedEnergy } from './landscape.ts'
import { race, raceOptions, type Contender } from './race.ts'
import type { BenchOptions, Row } from './rows.ts'
import { scalingRows } from './scaling.ts'

/** A Gaussian of variance 1.5 on the cells, normalised: where the laws start. */
function startOn(box: Box): Float64Array {
  const { cells } = box
  const density = new Float64Array(cells * cells)
  let total = 0
  for (let k = 0; k < density.length; k++) {
    const x = centreCoordinate(box, k % cells)
    const y = centreCoordinate(box, Math.floor(k / cells))
    total += density[k] = Math.exp(-(x * x + y * y) / 3)
  }
  const scale = 1 / (total * spacing(box) ** 2)
  return density.map((value) => value * scale)
}

/**
 * The weights of N(c; s²) on the cells of one axis, [points, cells], each row summing to 1: what a product kernel
 * is made of. Mass beyond the walls is left out, which is less than ours does.
 */
export function axisWeights(
  centres: ArrayLike<number>,
  deviation: number,
  box: Box,
  offset: 0 | 1,
): Float32Array {
  const n = centres.length / 2
  const { cells } = box
  const out = new Float32Array(n * cells)
  for (let i = 0; i < n; i++) {
    let total = 0
    for (let j = 0; j < cells; j++) {
      const z = (centreCoordinate(box, j) - centres[2 * i + offset]!) / deviation
      total += out[i * cells + j] = Math.exp(-0.5 * z * z)
    }
    if (total === 0) continue
    for (let j = 0; j < cells; j++) out[i * cells + j] = out[i * cells + j]! / total
  }
  return out
}

/** Where the centres of all cells go in a step. */
function centresOf(box: Box, field: ReturnType<typeof shippedEnergy>['field']): Float64Array {
  const { cells } = box
  const out = new Float64Array(2 * cells * cells)
  const to = new Float64Array(2)
  for (let k = 0; k < cells * cells; k++) {
    const x = centreCoordinate(box, k % cells)
    centre(field, PLAIN, x, centreCoordinate(box, Math.floor(k / cells)), to)
    out[2 * k] = to[0]!
    out[2 * k + 1] = to[1]!
  }
  return out
}

/** The step ρ′ = Σ ρ_i k_x(i) k_y(i)ᵀ as one matrix product of [cells, cells²] and [cells², cells]. */
async function tensorChain(
  box: Box,
  field: ReturnType<typeof shippedEnergy>['field'],
): Promise<Contender> {
  await useTensors('tfjs wasm')
  const { cells } = box
  const centres = centresOf(box, field)
  const [deviation] = PLAIN.root
  const side = [cells * cells, cells] as [number, number]
  const alongX = tf.tensor2d(axisWeights(centres, deviation, box, 0), side)
  // Transposed once: the library's product is slow where it has to transpose.
  const alongY = tf.tidy(() =>
    tf.transpose(tf.tensor2d(axisWeights(centres, deviation, box, 1), side)),
  )
  const mass = Float32Array.from(startOn(box), (value) => value * spacing(box) ** 2)
  let law = tf.tensor1d(mass)
  return {
    name: 'one matrix product in tfjs wasm',
    async run() {
      const next = tf.tidy(() => {
        const weighted = tf.mul<tf.Tensor2D>(alongX, tf.reshape(law, [cells * cells, 1]))
        return tf.reshape<tf.Rank.R1>(tf.matMul(alongY, weighted), [cells * cells])
      })
      await next.data()
      law.dispose()
      law = next
    },
  }
}

export async function measureSolver(options: BenchOptions): Promise<Row[]> {
  const { field } = shippedEnergy('two-moons')
  const { halfWidth } = field.grid.box
  const times = raceOptions(options.quick)
  const sizes = options.quick ? [64, 96, 128] : [64, 96, 128, 192, 256]
  const total = (cells: number) => cells * cells
  const label = (n: number) => `${Math.round(Math.sqrt(n))}² cells`
  const boxOf = (n: number): Box => ({ halfWidth, cells: Math.round(Math.sqrt(n)) })

  options.log('the Fokker–Planck equation')
  const continuous = await scalingRows({
    group: 'One step of the Fokker–Planck equation, Crank–Nicolson, against the number of cells',
    sizes: sizes.map(total),
    label,
    options: times,
    work: (n) => {
      const box = boxOf(n)
      const solver = fokkerPlanckOf(gibbs(field, 1, box))
      const density = startOn(box)
      const dt = 0.9 * solver.stepLimit
      return {
        name: label(n),
        run: () => {
          solver.step(density, dt)
        },
      }
    },
  })

  options.log('the exact law of the chain')
  const chainOn = (box: Box): Contender => {
    const chain = createExactChain({
      field,
      transition: PLAIN,
      gibbs: gibbs(field, 1, box),
      start: { density: startOn(box) },
    })
    return {
      name: 'exact chain',
      run: () => {
        chain.advance(false)
      },
    }
  }
  const chain = await scalingRows({
    group: 'One step of the exact law of the chain against the number of cells',
    sizes: sizes.map(total),
    label,
    options: times,
    work: (n) => chainOn(boxOf(n)),
  })

  options.log('the exact chain against a matrix product')
  const box: Box = { halfWidth, cells: 128 }
  const tensors = await tensorChain(box, field)
  const [ours, theirs] = await race([chainOn(box), tensors], times)
  const against: Row = {
    group: 'One step of the exact law of the chain, 128² cells',
    name: 'float64, walls included',
    unit: 'ms',
    ...ours!,
    rivals: [{ name: tensors.name, ...theirs! }],
    note: 'the product is in float32 and leaves out the walls; its matrices are made beforehand.',
  }
  return [...continuous, ...chain, against]
}

/** The density that kernels deposit, as a matrix product of the library's, a group of the jackknife at a time. */
function tensorDeposit(centres: Float64Array, deviation: number, box: Box): Contender {
  const groups = 16
  const n = centres.length / 2
  const { cells } = box
  return {
    name: 'deposit in tfjs wasm',
    async run() {
      await useTensors('tfjs wasm')
      const axis = (offset: 0 | 1) => {
        const places = Float32Array.from({ length: n }, (_, i) => centres[2 * i + offset]!)
        const nodes = Float32Array.from({ length: cells }, (_, j) => centreCoordinate(box, j))
        const z = tf.sub(
          tf.reshape(tf.tensor1d(places), [n, 1]),
          tf.reshape(tf.tensor1d(nodes), [1, cells]),
        )
        const weights = tf.exp(tf.mul(tf.square(z), -0.5 / (deviation * deviation)))
        const normal = tf.div(weights, tf.sum(weights, 1, true))
        return tf.reshape<tf.Rank.R3>(normal, [groups, n / groups, cells])
      }
      const deposited = tf.tidy(() => tf.matMul(tf.transpose(axis(1), [0, 2, 1]), axis(0)))
      await deposited.data()
      deposited.dispose()
    },
  }
}

export async function measureEstimator(options: BenchOptions): Promise<Row[]> {
  const { field } = shippedEnergy('two-moons')
  const times = raceOptions(options.quick)
  const label = (n: number) => `${n.toLocaleString('en-GB')} particles`
  const estimatorOf = (n: number): Contender => {
    const estimator = createKlEstimator({ field, transition: PLAIN, particles: n })
    const { centres } = settledCloud(field, n)
    return { name: estimator.estimator, run: () => void estimator.read(centres) }
  }
  options.log('the native estimator')
  // Above 20,000 the estimator sums by splines: no law goes through both.
  const sides = options.quick
    ? ([
        ['one by one', [5_000, 20_000]],
        ['by splines', [25_000, 100_000]],
      ] as const)
    : ([
        ['one by one', [1_600, 5_000, 10_000, 20_000]],
        ['by splines', [25_000, 50_000, 100_000, 200_000]],
      ] as const)
  const growth: Row[] = []
  for (const [how, sizes] of sides)
    growth.push(
      ...(await scalingRows({
        group: `One reading of KL(ρ_k‖π) with its error bar, kernels summed ${how}, against the number of particles`,
        sizes,
        label,
        options: times,
        work: estimatorOf,
        most: 1.1,
      })),
    )
  options.log('the estimator against tensor operations')
  const n = 16_000
  const estimator = createKlEstimator({ field, transition: PLAIN, particles: n })
  const box: Box = { halfWidth: field.grid.box.halfWidth, cells: estimator.cells }
  const { centres } = settledCloud(field, n)
  const ours: Contender = { name: 'ours', run: () => void estimator.read(centres) }
  const [mine, theirs] = await race([ours, tensorDeposit(centres, estimator.bandwidth, box)], times)
  const against: Row = {
    group: `${label(n)}, ${estimator.cells}² cells, ${estimator.estimator}`,
    name: 'reading with jackknife',
    unit: 'ms',
    ...mine!,
    rivals: [{ name: 'deposit alone in tfjs wasm', ...theirs! }],
    note: 'the rival lays down the kernels of the 16 groups of the jackknife in one batch of products and reads no KL.',
  }
  return [...growth, against]
}
