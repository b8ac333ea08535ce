import { assetsOf } from '../scene/assets.ts'
import type { SceneSpec } from '../scene/sceneSpec.ts'
import type { Pieces } from '../io/slices.ts'
import type { Landscape } from '../protocol/calls.ts'
import type { RunResult } from '../protocol/result.ts'
import type { About } from './about.ts'
import { sceneFile, type Belongings, type NamedFile } from './belongings.ts'
import { utf8 } from './bytes.ts'
import { curvesFile, particlesFile, type Clouds } from './csv.ts'
import { jsonFile } from './json.ts'
import { gridFile } from './npz.ts'
import { pythonScript } from './python.ts'
import { citation, readme } from './readme.ts'
import { zipOf } from './zip.ts'

/** A run with all that is written of it. */
export interface ExportedRun {
  readonly about: About
  /** As it reproduces the run. */
  readonly scene: SceneSpec
  readonly result: RunResult
  readonly clouds: Clouds
  readonly landscape: Landscape
  readonly belongings: Pick<Belongings, 'asset'>
  /** Weights and data points. */
  readonly files: readonly NamedFile[]
}

/** result.json of the runner, with `exported`: version of the lab and link. */
export function resultFile(
  { version, link }: About,
  result: RunResult,
): Pieces<Uint8Array<ArrayBuffer>> {
  return jsonFile({ ...result, exported: { version, link } })
}

/** Everything that is written of a run, by the name of the file. */
export function* runFiles(run: ExportedRun): Pieces<Map<string, Uint8Array>> {
  const { about, scene, result, clouds, landscape, belongings } = run
  const files = new Map<string, Uint8Array>()
  files.set('scene.json', sceneFile(scene, belongings))
  files.set('result.json', yield* resultFile(about, result))
  files.set('curves.csv', yield* curvesFile(about, result))
  files.set('particles.csv', yield* particlesFile(about, clouds))
  files.set('grid.npz', yield* gridFile(about, landscape))
  files.set('langevin.py', utf8(pythonScript(about, scene, 'grid.npz')))
  for (const { name, bytes } of run.files) files.set(name, bytes)
  files.set('citation.bib', utf8(citation(about)))
  files.set('README.txt', utf8(readme(about, [...files.keys()], assetsOf(scene))))
  return files
}

/** `runFiles` as a zip archive, in a folder of the name that the scene has. */
export function* runBundle(run: ExportedRun): Pieces<Uint8Array<ArrayBuffer>> {
  const files = yield* runFiles(run)
  const folder = `${run.about.name}-${String(run.about.seed)}`
  return yield* zipOf(new Map([...files].map(([name, bytes]) => [`${folder}/${name}`, bytes])))
}
