import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { TARGETS } from '../src/core/targets/registry.ts'
import type { TargetKind } from '../src/core/targets/target.ts'
import { sha256HexSync } from '../src/lab/io/sha256.ts'
import type { TrainingSpec, TargetSpec } from '../src/lab/scene/sceneSpec.ts'
import { readOptions, ROOT, runAll, trainingScene, type Finished } from './experiments.ts'

/**
 * Trains the energies that ship with the lab: every target at its default sharpness, the default recipe,
 * the WebAssembly backend. Writes public/energies/<id>.safetensors and manifest.json.
 * `--only a,b` renews these and keeps the rest.
 */
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
const unknown = only?.find((id) => TARGETS.every((kind) => kind.id !== id))
if (unknown !== undefined)
  throw new Error(`found ${unknown}; allowed: ${TARGETS.map(({ id }) => id).join(', ')}`)
const kinds = TARGETS.filter(({ id }) => only?.includes(id) ?? true)
const entries = await knownEntries()
const commit = sourceCommit()
let failed = false

async function keep(kind: TargetKind, { result, weights, seconds }: Finished): Promise<void> {
  const { scene, training } = result
  if (training === null) throw new Error(`${kind.id}: the runner trained nothing`)
  await writeWhole(path.join(FOLDER, `${kind.id}.safetensors`), weights)
  entries.set(kind.id, {
    name: kind.id,
    label: kind.label,
    target: scene.target,
    sharpness: kind.defaultSharpness,
    seed: scene.seed,
    recipe: scene.training,
    steps: training.steps,
    backend: training.backend,
    klDataModel: training.klDataModel,
    hash: sha256HexSync(weights),
    commit,
  })
  const energies = TARGETS.flatMap(({ id }) => entries.get(id) ?? [])
  await writeWhole(MANIFEST, `${JSON.stringify({ version: 1, energies }, null, 2)}\n`)
  console.log(`${kind.id}: KL ${String(training.klDataModel)} in ${seconds.toFixed(0)} s`)
}

await mkdir(FOLDER, { recursive: true })
await runAll(
  kinds,
  ({ id, defaultSharpness }) => trainingScene({ kind: id, sharpness: defaultSharpness }, SEED),
  async (kind, outcome) => {
    if (outcome instanceof Error) {
      failed = true
      console.error(`${kind.id}: ${outcome.message}`)
    } else await keep(kind, outcome)
  },
)
process.exit(failed ? 1 : 0)
