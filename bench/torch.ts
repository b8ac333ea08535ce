import { execFileSync, spawnSync } from 'node:child_process'
import path from 'node:path'
import { DEFAULT_SHAPE } from '../src/learning/training/model.ts'
import { batchOf, parametersOf } from './batch.ts'
import { openOurs, OURS, SHAPES, trainingStep } from './kernels.ts'
import { PUBLISHED_SHAPE } from './peers/published.ts'
import { race, type Contender } from './race.ts'
import type { BenchOptions, Row } from './rows.ts'
import { onNetwork } from './samplers.ts'
import { settledCloud, shippedEnergy } from './landscape.ts'
import { summarise } from './statistics.ts'

const SCRIPT = path.resolve(import.meta.dirname, 'peers/torch/steps.py')

interface Said {
  readonly torch: string
  readonly blas: string
  readonly milliseconds: Readonly<Record<string, readonly number[]>>
}

/** A Python that has PyTorch: `PYTHON` if set, then the system's own, which Debian's package belongs to. */
function findPython(): string {
  const places = [process.env['PYTHON'] ?? '', '/usr/bin/python3', 'python3', 'python']
  for (const python of places.filter((one) => one !== '')) {
    if (spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0) return python
  }
  throw new Error(
    'No Python with PyTorch was found. On Debian or Ubuntu: apt-get install python3-torch libopenblas0. ' +
      'Elsewhere: pip install torch, and PYTHON=<that python> npm run bench -- torch.',
  )
}

/** The same 200 evaluations that a joint step of the published recipe makes, ours. */
async function publishedNegatives(): Promise<Contender> {
  const kernel = await openOurs(PUBLISHED_SHAPE)
  const theta = parametersOf(PUBLISHED_SHAPE)
  const { xy } = batchOf(128, true)
  const value = new Float32Array(128)
  const gradient = new Float32Array(256)
  return {
    name: 'negatives',
    async run() {
      const x = xy.slice()
      for (let m = 0; m < 200; m++) {
        await kernel.evaluate(theta, x, value, gradient)
        for (let k = 0; k < x.length; k++) x[k] = x[k]! - 0.01 * gradient[k]!
      }
    },
  }
}

/** Names are those of steps.py. */
async function ours(): Promise<Contender[]> {
  const wide = SHAPES['64 × 3']!
  const { model, field } = shippedEnergy('two-moons')
  const start = settledCloud(field, 10_000).xy
  return [
    trainingStep('training step, 64 × 3, ∇V', await openOurs(wide), batchOf(256, true)),
    trainingStep('training step, 64 × 3, contrast', await openOurs(wide), batchOf(256, false)),
    onNetwork(
      'Langevin on the network, 10,000 particles',
      await openOurs(DEFAULT_SHAPE),
      model,
      start,
    ),
    trainingStep(
      'published recipe, flow step',
      await openOurs(PUBLISHED_SHAPE),
      batchOf(128, true),
    ),
    { ...(await publishedNegatives()), name: 'published recipe, negatives of a joint step' },
  ]
}

/** `npm run bench -- torch`: the same work in PyTorch with one and with two threads, and ours on one. */
export async function measureTorch(options: BenchOptions): Promise<Row[]> {
  const python = findPython()
  const rounds = options.quick ? 1 : 5
  const seconds = options.quick ? 0.1 : 0.5
  const contenders = await ours()
  const samples = new Map<string, { ours: number[]; one: number[]; two: number[] }>(
    contenders.map(({ name }) => [name, { ours: [], one: [], two: [] }]),
  )
  let said: Said | null = null
  const ask = (threads: number): Said => {
    const text = execFileSync(python, [SCRIPT, JSON.stringify({ threads, samples: 1, seconds })], {
      encoding: 'utf8',
      // OpenBLAS has threads of its own.
      env: { ...process.env, OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` },
    })
    return JSON.parse(text) as Said
  }
  // Ours, one thread, two threads, ours, …: a round is a few seconds.
  for (let round = 0; round < rounds; round++) {
    options.log(`round ${round + 1} of ${rounds}`)
    const figures = await race(contenders, { samples: 1, atLeast: 1000 * seconds })
    contenders.forEach(({ name }, k) => samples.get(name)!.ours.push(figures[k]!.value))
    for (const [threads, which] of [
      [1, 'one'],
      [2, 'two'],
    ] as const) {
      said = ask(threads)
      for (const [name, times] of Object.entries(said.milliseconds))
        samples.get(name)![which].push(...times)
    }
  }
  return contenders.map(({ name }): Row => {
    const { ours: mine, one, two } = samples.get(name)!
    return {
      group: `${OURS} on one core; PyTorch ${said!.torch} on ${said!.blas}`,
      name,
      unit: 'ms',
      ...summarise(mine),
      // The faster first: two threads cost more than they bring where the matrices are small.
      rivals: [
        { name: `PyTorch, 1 thread, ${said!.blas}`, ...summarise(one) },
        { name: `PyTorch, 2 threads, ${said!.blas}`, ...summarise(two) },
      ].sort((a, b) => a.value - b.value),
    }
  })
}
