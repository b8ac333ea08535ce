import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunResult } from '../src/lab/protocol/result.ts'

/** Runs scenes through the headless runner, each in a process of its own. */

export const ROOT = fileURLToPath(new URL('..', import.meta.url))
const RUNNER = path.join(ROOT, 'src/lab/cli/experiment.ts')

/** What one run left behind. */
export interface Finished {
  readonly result: RunResult
  /** The trained energy as a file. */
  readonly weights: Uint8Array
  /** Wall time of the whole process. */
  readonly seconds: number
}

/** The machine in words, for tables of times. */
export const MACHINE = `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.versions.node}`

/**
 * Trains the scene's target and nothing more: no step is sampled.
 * @param training what differs from the default recipe
 */
export function trainingScene(target: unknown, seed: number, training: object = {}): object {
  return {
    seed,
    target,
    energy: { kind: 'trained' },
    training: { backend: 'wasm', ...training },
    dynamics: { steps: 0, particles: 16 },
  }
}

/** @throws Error with the runner's last words when it fails */
async function runScene(scene: object): Promise<Finished> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lyapunov-'))
  try {
    const file = path.join(folder, 'scene.json')
    const out = path.join(folder, 'out')
    await writeFile(file, JSON.stringify(scene))
    const start = performance.now()
    await runProcess([file, '--out', out])
    return {
      result: JSON.parse(await readFile(path.join(out, 'result.json'), 'utf8')) as RunResult,
      weights: await readFile(path.join(out, 'energy.safetensors')),
      seconds: (performance.now() - start) / 1000,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function runProcess(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', RUNNER, ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (data: Buffer) => (said += data.toString()))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`exit ${String(code)}: ${said.trim().split('\n').at(-1) ?? ''}`))
    })
  })
}

/**
 * Runs jobs two at a time (one on a single core), in order, and reports each as it ends.
 * @param scene of a job
 */
export async function runAll<Job>(
  jobs: readonly Job[],
  scene: (job: Job) => object,
  report: (job: Job, outcome: Finished | Error) => void | Promise<void>,
): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    for (let job = jobs[next++]; job !== undefined; job = jobs[next++])
      await report(job, await runScene(scene(job)).catch((error: unknown) => error as Error))
  }
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work))
}

/** `--only a,b` and the like; throws for anything else on the command line. */
export function readOptions<Name extends string>(
  allowed: readonly Name[],
): Partial<Record<Name, readonly string[]>> {
  const options: Partial<Record<Name, readonly string[]>> = {}
  const argv = process.argv.slice(2)
  for (let i = 0; i < argv.length; i += 2) {
    const name = allowed.find((known) => argv[i] === `--${known}`)
    const value = argv[i + 1]
    if (name === undefined || value === undefined)
      throw new Error(
        `found ${argv.slice(i).join(' ')}; allowed: ${allowed.map((n) => `--${n} a,b`).join(', ')}`,
      )
    options[name] = value.split(',')
  }
  return options
}
