import type { Session } from '../engine/session.ts'
import { aboutScene } from '../export/about.ts'
import { belongingsOf, type Belongings } from '../export/belongings.ts'
import { runFiles } from '../export/runBundle.ts'
import { atOnce } from '../io/slices.ts'
import type { RunReady } from '../protocol/calls.ts'
import { selfContained } from './composition.ts'
import type { Finished } from './formats.ts'

/** Where `npm start` serves the page. */
const BASE = 'http://localhost:4173/'

/** Names that every export has. */
export const EXPORT_NAMES = [
  ...['scene.json', 'result.json', 'curves.csv', 'particles.csv', 'grid.npz'],
  ...['langevin.py', 'citation.bib', 'README.txt'],
]

interface Exported extends Finished {
  readonly session: Pick<Session, 'trainedWeights' | 'frame'>
  readonly ready: RunReady
}

/** What the page puts into the bundle of this run, with the particles of its last step, by the name of the file. */
export async function exportedFiles({
  result,
  training,
  session,
  assets,
  ready,
}: Exported): Promise<Map<string, Uint8Array>> {
  const { run, landscape } = ready
  const whole = await selfContained(result.scene, session, assets)
  // The command trains again what the scene trains; the terms of a sum come along as files.
  const scene = result.scene.energy.kind === 'trained' ? result.scene : whole.scene
  const belongings: Belongings = {
    asset: (name) => whole.assets.get(name) ?? null,
    trained: () => training?.weights ?? null,
    pretrained: (name) => assets.pretrained(name),
    oldFaithful: () => assets.oldFaithful(),
  }
  const { steps } = scene.dynamics
  return atOnce(
    runFiles({
      about: aboutScene(scene, BASE),
      clouds: await session.frame({ run, step: steps, have: steps }),
      files: await belongingsOf(scene, belongings),
      ...{ scene, result, landscape, belongings },
    }),
  )
}
