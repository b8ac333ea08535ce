/**
 * `npm run check:python`: runs the script that is exported with a scene, by python3 with NumPy, and compares V and ∇V at random points
 * with the lab's own, and E[V] of its chain with the runner's. Where there is no python3 or no NumPy it says so and ends with 0.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { unzipSync } from 'fflate'
import { hermiteGradient, hermiteValue, type HermiteTable } from '../src/core/maths/hermite.ts'
import { Purpose, Rng } from '../src/core/maths/rng.ts'
import type { RunResult } from '../src/lab/protocol/result.ts'
import { readCommandLine } from './commandLine.ts'

/** Scenes whose chains differ: plain, with a skew drift, a preconditioner, walls that fold and another start, and one far from rest. */
const SCENES = [
  {
    target: { kind: 'two-moons' },
    energy: { kind: 'pretrained', name: 'two-moons' },
    domain: { cells: 64 },
    dynamics: { steps: 100, particles: 8192 },
  },
  {
    energy: {
      kind: 'quadratic',
      matrix: [
        [1, 0.3],
        [0.3, 0.5],
      ],
    },
    domain: { halfWidth: 2, cells: 32 },
    dynamics: {
      ...{ steps: 60, particles: 8192, stepSize: 0.05, epsilon: 0.7, skew: 1.5 },
      preconditioner: [
        [1.2, 0.4],
        [0.4, 0.8],
      ],
      initial: { kind: 'uniform', halfWidth: 1.5 },
    },
  },
  // A few steps far from rest: another drift, metric, step size or start gives another mean energy.
  {
    energy: {
      kind: 'quadratic',
      matrix: [
        [3, 0.5],
        [0.5, 0.4],
      ],
    },
    domain: { halfWidth: 4, cells: 32 },
    dynamics: {
      ...{ steps: 5, particles: 32_768, stepSize: 0.05, epsilon: 0.2, skew: 1.5 },
      preconditioner: [
        [1.2, 0.4],
        [0.4, 0.8],
      ],
      initial: { kind: 'point', at: [0.5, 2.5], spread: 0.1 },
    },
  },
]
const POINTS = 2000
/** Largest difference of V, and of ∇V. */
const CLOSE = 1e-12
/** So many standard errors of the difference of two means: beyond lies less than one run in a million. */
const SIGMAS = 5

readCommandLine('npm run check:python', { options: {} })

function python(args: readonly string[], cwd: string, input = ''): string {
  return execFileSync('python3', [...args], {
    cwd,
    input,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

function isThere(): boolean {
  try {
    python(['-c', 'import numpy'], tmpdir())
    return true
  } catch {
    return false
  }
}

/** The values of a .npy file of float64. */
function values(bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = 10 + view.getUint16(8, true)
  return Float64Array.from({ length: (bytes.length - start) / 8 }, (_, i) =>
    view.getFloat64(start + 8 * i, true),
  )
}

function tableOf(file: string): HermiteTable {
  const files = unzipSync(new Uint8Array(readFileSync(file)))
  const read = (name: string) => values(files[`${name}.npy`]!)
  const box = { halfWidth: read('halfWidth')[0]!, cells: read('x').length - 1 }
  return { box, v: read('V'), vx: read('V_x'), vy: read('V_y'), vxy: read('V_xy') }
}

const EVALUATE = `
import json, sys
import numpy as np
from langevin import Energy
v, g = Energy("grid.npz")(np.array(json.load(sys.stdin)))
print(json.dumps([v.tolist(), g.ravel().tolist()]))
`

let failed = 0
function hold(what: string, difference: number, most: number): void {
  const isHeld = difference <= most
  if (!isHeld) failed++
  console.log(
    `${isHeld ? '✓' : '✗'} ${what}: ${difference.toExponential(2)}, at most ${most.toExponential(2)}`,
  )
}

function largest(list: Iterable<number>): number {
  let most = 0
  for (const value of list) most = Math.max(most, Math.abs(value))
  return most
}

function check(scene: object, folder: string): void {
  writeFileSync(path.join(folder, 'scene.json'), JSON.stringify(scene))
  const runner = path.resolve(import.meta.dirname, '../src/lab/cli/experiment.ts')
  const parameters = [
    '--import',
    'tsx',
    runner,
    path.join(folder, 'scene.json'),
    '--out',
    folder,
    '--export',
  ]
  execFileSync(process.execPath, parameters, { stdio: ['ignore', 'ignore', 'pipe'] })
  const out = path.join(folder, 'export')
  const { langevin } = JSON.parse(readFileSync(path.join(out, 'result.json'), 'utf8')) as RunResult
  const table = tableOf(path.join(out, 'grid.npz'))

  const rng = new Rng({ seed: 1, purpose: Purpose.initial })
  // Some of them outside of the box, where both clamp.
  const points = Array.from({ length: POINTS }, () =>
    [0, 1].map(() => (2 * rng.uniform() - 1) * 1.1 * table.box.halfWidth),
  )
  const [v, g] = JSON.parse(python(['-c', EVALUATE], out, JSON.stringify(points))) as [
    number[],
    number[],
  ]
  const own = points.map(([x, y]) => hermiteValue(table, x!, y!))
  const slopes = points.flatMap(([x, y]) => {
    const slope = new Float64Array(2)
    hermiteGradient(table, x!, y!, slope)
    return [...slope]
  })
  hold('V', largest(own.map((value, i) => value - v[i]!)), CLOSE)
  hold('∇V', largest(slopes.map((value, i) => value - g[i]!)), CLOSE)

  const said = python(['langevin.py'], out).trim().split('\n').at(-1)!
  console.log(`  ${said}`)
  const [, mean, error] = /E\[V\] = ([-\d.]+) \+- ([\d.]+)/u.exec(said)!
  const difference = Math.abs(Number(mean) - langevin.energy.at(-1)!)
  hold(
    'E[V] of the last step',
    difference,
    SIGMAS * Math.hypot(Number(error), langevin.energyError.at(-1)!),
  )
}

if (!isThere()) {
  console.log('Skipped: there is no python3 with NumPy here.')
  process.exit(0)
}
for (const scene of SCENES) {
  const folder = mkdtempSync(path.join(tmpdir(), 'lyapunov-python-'))
  try {
    check(scene, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
process.exit(failed === 0 ? 0 : 1)
