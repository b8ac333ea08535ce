import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { TARGETS, targetKind } from '../src/core/targets/registry.ts'
import type { TargetKind } from '../src/core/targets/target.ts'
import { sha256HexSync } from '../src/lab/io/sha256.ts'
import type { TrainingSpec, TargetSpec } from '../src/lab/scene/sceneSpec.ts'
import { readOptions, ROOT, runAll, trainingScene, type Finished } from './experiments.ts'

/**
 * Trains the energies that ship with the lab: every target at its default sharpness, the default recipe,
 * the WebAssembly backend; and two moons once more by a recipe so short that the energy is far from done.
 * Writes public/energies/<name>.safetensors and manifest.json. `--only a,b` renews these and keeps the rest.
 */
interface Job {
  readonly name: string
  readonly label: string
  readonly kind: TargetKind
  /** What differs from the default recipe; null: nothing. */
  readonly training: { readonly steps: number } | null
}

const JOBS: readonly Job[] = [
  ...TARGETS.map((kind) => ({ name: kind.id, label: kind.label, kind, training: null })),
  {
    name: 'two-moons-half',
    label: 'Two moons, half trained',
    kind: targetKind('two-moons'),
    // The whole schedule in 100 steps, in place of 1,720.
    training: { steps: 100 },
  },
]

interface ManifestEntry {
  readonly name: string
  readonly label: string
  readonly target: TargetSpec
  readonly sharpness: number
  readonly seed: number
  readonly recipe: TrainingSpec
  readonly steps: number
  readonly backend: string
  /** KL(ρ*‖π_θ), nats. */
  readonly klDataModel: number | null
  /** True for an energy that is wrong on purpose: scenes name it, no shelf offers it. */
  readonly unfinished?: true
  /** SHA-256 of the file, hex. */
  readonly hash: string
  /** The commit it was made from. */
  readonly commit: string | null
}

const FOLDER = path.join(ROOT, 'public/energies')
const MANIFEST = path.join(FOLDER, 'manifest.json')
const SEED = 1

function sourceCommit(): string | null {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim()
  } catch {
    return null
  }
}

async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${file}.tmp`, content)
  await rename(`${file}.tmp`, file)
}

async function knownEntries(): Promise<Map<string, ManifestEntry>> {
  try {
    const { energies } = JSON.parse(await readFile(MANIFEST, 'utf8')) as {
      energies: ManifestEntry[]
    }
    return new Map(energies.map((entry) => [entry.name, entry]))
  } catch {
    return new Map()
  }
}

const { only } = readOptions(['only'])
const unknown = only?.find((name) => JOBS.every((job) => job.name !== name))
if (unknown !== undefined)
  throw new Error(`found ${unknown}; allowed: ${JOBS.map(({ name }) => name).join(', ')}`)
const jobs = JOBS.filter(({ name }) => only?.includes(name) ?? true)
const entries = await knownEntries()
const commit = sourceCommit()
let failed = false
let writing = Promise.resolve()

async function keep(job: Job, { result, weights, seconds }: Finished): Promise<void> {
  const { scene, training } = result
  const { name, label, kind } = job
  if (training === null) throw new Error(`${name}: the runner trained nothing`)
  await writeWhole(path.join(FOLDER, `${name}.safetensors`), weights)
  entries.set(name, {
    name,
    label,
    target: scene.target,
    sharpness: kind.defaultSharpness,
    seed: scene.seed,
    recipe: scene.training,
    steps: training.steps,
    backend: training.backend,
    klDataModel: training.klDataModel,
    ...(job.training === null ? {} : { unfinished: true }),
    hash: sha256HexSync(weights),
    commit,
  })
  // Two trainings may end together, and one file is written at a time.
  writing = writing.then(() => {
    const energies = JOBS.flatMap((known) => entries.get(known.name) ?? [])
    return writeWhole(MANIFEST, `${JSON.stringify({ version: 1, energies }, null, 2)}\n`)
  })
  await writing
  console.log(`${name}: KL ${String(training.klDataModel)} in ${seconds.toFixed(0)} s`)
}

await mkdir(FOLDER, { recursive: true })
await runAll(
  jobs,
  ({ kind, training }) =>
    trainingScene({ kind: kind.id, sharpness: kind.defaultSharpness }, SEED, training ?? undefined),
  async (job, outcome) => {
    if (outcome instanceof Error) {
      failed = true
      console.error(`${job.name}: ${outcome.message}`)
    } else await keep(job, outcome)
  },
)
process.exit(failed ? 1 : 0)
