import type { AssetReader } from '../engine/energies/assets.ts'
import type { Session } from '../engine/session.ts'
import { writeBundle } from '../io/bundle.ts'
import { curvesCsv } from '../io/curvesCsv.ts'
import type { TrainReply } from '../protocol/calls.ts'
import type { RunResult } from '../protocol/result.ts'
import { selfContained } from './composition.ts'

/** An experiment that has come to its end. */
export interface Finished {
  readonly result: RunResult
  /** The training that made the energy of the scene; null where none did. */
  readonly training: TrainReply | null
  readonly session: Pick<Session, 'trainedWeights'>
  readonly assets: AssetReader
}

/** Content of a file; null where the experiment has nothing to write into it. */
type Content = string | Uint8Array | null

/** The files that an experiment writes, by name. */
const FORMATS: Readonly<Record<string, (finished: Finished) => Content | Promise<Content>>> = {
  'result.json': ({ result }) => json(result),
  'curves.csv': ({ result }) => curvesCsv(result),
  'energy.safetensors': ({ training }) => training?.weights ?? null,
  async 'bundle.json'({ result, session, assets }) {
    if (result.scene.energy.kind !== 'sum') return null
    const whole = await selfContained(result.scene, session, assets)
    return writeBundle(whole.scene, whole.assets)
  },
}

/** The files that a training writes which diverged, by name: its history and its last good parameters. */
const PARTIAL_FORMATS: Readonly<Record<string, (training: TrainReply) => string | Uint8Array>> = {
  'result.partial.json': ({ scene, summary }) => json({ version: 1, scene, training: summary }),
  'energy.partial.safetensors': ({ weights }) => weights,
}

/** Every file that the runner may write. */
export const OUTPUT_NAMES = [...Object.keys(FORMATS), ...Object.keys(PARTIAL_FORMATS)]

/** What an experiment writes, by the name of the file. */
export async function filesOf(finished: Finished): Promise<Map<string, string | Uint8Array>> {
  const files = new Map<string, string | Uint8Array>()
  for (const [name, write] of Object.entries(FORMATS)) {
    const content = await write(finished)
    if (content !== null) files.set(name, content)
  }
  return files
}

/** What a training writes that diverged, by the name of the file. */
export function partialFilesOf(training: TrainReply): Map<string, string | Uint8Array> {
  return new Map(
    Object.entries(PARTIAL_FORMATS).map(([name, write]) => [name, write(training)] as const),
  )
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
