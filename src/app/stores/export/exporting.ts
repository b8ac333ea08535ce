import { createStore, type StoreApi } from 'zustand/vanilla'
import { abortError, isAbortError } from '../../../lab/client/callError.ts'
import { aboutScene, fileName, type About } from '../../../lab/export/about.ts'
import {
  belongingsOf,
  networksOf,
  sceneFile,
  weightsOf,
  type Belongings,
} from '../../../lab/export/belongings.ts'
import { utf8 } from '../../../lab/export/bytes.ts'
import { curvesFile, particlesFile, type Clouds } from '../../../lab/export/csv.ts'
import { gridFile } from '../../../lab/export/npz.ts'
import { pythonScript } from '../../../lab/export/python.ts'
import { citation } from '../../../lab/export/readme.ts'
import { resultFile, runBundle } from '../../../lab/export/runBundle.ts'
import { zipOf } from '../../../lab/export/zip.ts'
import type { Pieces } from '../../../lab/io/slices.ts'
import type { AnalysisReport, Extras, RunReady } from '../../../lab/protocol/calls.ts'
import type { RunResult } from '../../../lab/protocol/result.ts'
import { namedAssets, type AssetName } from '../../../lab/scene/assets.ts'
import { CRITERION_TEXTS } from '../../../lab/scene/longTexts.ts'
import { samePart } from '../../../lab/scene/normalise.ts'
import type { CriterionId, SceneSpec } from '../../../lab/scene/sceneSpec.ts'
import { explain } from '../explain.ts'
import { inSlices } from '../inSlices.ts'
import { isLearning, type RunState } from '../run/runStore.ts'
import type { LateKeeping } from '../shelf/lateKeeping.ts'
import type { Surroundings } from '../surroundings.ts'

/** What can be taken away from the page. */
export type ExportKind =
  'bundle' | 'curves' | 'particles' | 'grid' | 'weights' | 'result' | 'scene' | 'citation'

export interface MadeFile {
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Of its contents, for the browser. */
  readonly type: string
}

/** What is being done for a file, and the share of it that is done, in [0, 1]; null: not known. */
interface ExportProgress {
  readonly doing: string
  readonly share: number | null
}

interface ExportState {
  /** What is being made; null: nothing. */
  readonly making: ExportKind | 'picture' | null
  /** Null before the first word of it. */
  readonly progress: ExportProgress | null
  /** The file that was made last; null where none was, or while the next is made. */
  readonly saved: { readonly name: string; readonly bytes: number } | null
  /** Whether a script was copied last. */
  readonly copied: boolean
  /** Why it could not be made; null: it could. */
  readonly problem: { readonly text: string; readonly details?: string } | null
}

/** The run on the stage as a picture shows it. */
export interface ShownRun {
  readonly about: About
  readonly clouds: Clouds
}

const NOTHING: ExportState = {
  making: null,
  progress: null,
  saved: null,
  copied: false,
  problem: null,
}

/** Makes files of the run on the stage, one at a time. */
export interface Exporting {
  readonly store: StoreApi<ExportState>
  /**
   * Makes a file and saves it, in place of the one under way. The run's missing steps are computed, and its laws waited for, where the
   * file needs them. Never rejects: what went wrong is in the state.
   */
  start(kind: ExportKind): Promise<void>
  /** Has the page make a picture of the stage, and saves it as `start` does. */
  picture(
    file: string,
    draw: (shown: ShownRun, pause: () => Promise<void>) => Promise<BlobPart>,
  ): Promise<void>
  /** Copies the script in Python, or saves it where the browser does not let the page copy. */
  copyPython(): Promise<void>
  /** Ends what is under way; no file comes of it. */
  cancel(): void
}

interface ExportingOptions extends Pick<
  Surroundings,
  'client' | 'live' | 'platform' | 'run' | 'scene'
> {
  readonly keeping: Pick<LateKeeping, 'ready' | 'loaded'>
  readonly page: Pick<Window, 'location'>
  /** Puts a text onto the clipboard. */
  readonly copy: (text: string) => Promise<void>
  /** Hands a file to the visitor. */
  readonly save: (file: MadeFile) => void
}

/** Why a file cannot be made of what is on the stage, in a sentence; null: it can. */
export function obstacleOf(
  state: Pick<RunState, 'run' | 'preparing' | 'status' | 'training' | 'live'>,
  kind: ExportKind,
): string | null {
  const { run, preparing, status } = state
  if (isLearning(state)) return 'An energy is being trained.'
  if (status === 'error') return 'The scene cannot be run.'
  if (preparing) return 'The run is being prepared.'
  if (run === null) return 'There is no run yet.'
  if (!run.trained && kind !== 'scene' && kind !== 'citation')
    return 'The energy is not trained yet.'
  if (kind === 'weights' && networksOf(run.scene).length === 0)
    return 'The energy is a formula, without a network.'
  return null
}

/** What a criterion reads beyond the laws. */
const NEEDS: Readonly<
  Record<CriterionId, { readonly label: string; readonly needs?: keyof Extras }>
> = CRITERION_TEXTS

/** Milliseconds of steps between two words of progress. */
const BETWEEN = 250

const TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  json: 'application/json',
  png: 'image/png',
  svg: 'image/svg+xml',
  py: 'text/x-python',
  txt: 'text/plain',
  zip: 'application/zip',
}

export function createExporting(options: ExportingOptions): Exporting {
  const { client, live, platform, run, scene: asked, keeping, page, copy, save } = options

  /** The scene of a run as it stands on the page: what is looked at may have changed since the run was prepared. */
  function sceneOf(ready: RunReady): SceneSpec {
    const { stopping, view } = asked.getState().scene
    return { ...ready.scene, stopping, view: { ...view, theme: 'auto' } }
  }

  /** The bytes of what a scene names. */
  async function belongingsFor(scene: SceneSpec): Promise<Belongings> {
    const bytes = new Map<AssetName, Uint8Array>()
    const named = namedAssets(scene)
    if (named.size > 0) {
      await keeping.loaded
      const kept = await keeping.ready()
      for (const [name, asset] of named) {
        const found = kept?.bytesOf(asset) ?? null
        if (found !== null) bytes.set(name, found)
      }
    }
    const shipped = async (path: string): Promise<Uint8Array> => {
      const response = await fetch(new URL(path, page.location.href))
      if (!response.ok) throw new Refused(`${path}: the server answers ${String(response.status)}`)
      return new Uint8Array(await response.arrayBuffer())
    }
    return {
      asset: (name) => bytes.get(name) ?? null,
      // What is trained on the page goes onto its shelf.
      trained: () => null,
      pretrained: (name) => shipped(`energies/${encodeURIComponent(name)}.safetensors`),
      oldFaithful: () => shipped('data/old-faithful.csv'),
    }
  }

  /** Resolves when all laws of a run are known that its result holds. */
  function laws({ run: id }: RunReady, scene: SceneSpec, signal: AbortSignal): Promise<void> {
    const { needs } = NEEDS[scene.stopping.criterion]
    const isKnown = (report: AnalysisReport | null) =>
      report?.stage === 'done' && (needs === undefined || report[needs] !== undefined)
    return new Promise((resolve, reject) => {
      const look = () => {
        const state = run.getState()
        if (state.run?.run !== id) end(new Refused(GONE))
        else if (isKnown(state.analysis)) end()
      }
      const giveUp = () => {
        end(abortError())
      }
      const unlisten = run.subscribe(look)
      signal.addEventListener('abort', giveUp)
      const end = (error?: Error) => {
        unlisten()
        signal.removeEventListener('abort', giveUp)
        if (error === undefined) resolve()
        else reject(error)
      }
      if (signal.aborted) giveUp()
      else look()
    })
  }

  /** result.json of a run, as the runner would write it. */
  async function resultOf(
    ready: RunReady,
    scene: SceneSpec,
    signal: AbortSignal,
    onProgress: (progress: ExportProgress) => void,
  ): Promise<RunResult> {
    const { stopping } = scene
    const id = ready.run
    const changed = !samePart(stopping, ready.scene.stopping)
    // What the criterion of now measures is measured at every step from here on.
    if (changed) await client.call('stops', { run: id, stopping }, { signal })
    const { steps } = scene.dynamics
    let some = 1
    for (let step = run.getState().computed; step < steps;) {
      onProgress({ doing: 'Computing the steps that are missing', share: step / steps })
      const started = platform.now()
      step = Math.min(steps, step + some)
      await client.call('frame', { run: id, step, have: steps }, { signal })
      const factor = BETWEEN / Math.max(1, platform.now() - started)
      some = Math.max(1, Math.round(some * Math.min(4, factor)))
    }
    onProgress({ doing: 'Waiting for the exact curves', share: null })
    await laws(ready, scene, signal)
    const result = await client.call('result', { run: id }, { signal })
    const reports = changed ? await client.call('stops', { run: id, stopping }, { signal }) : null
    return { ...result, scene, stopping: reports ?? result.stopping }
  }

  const address = () => page.location.href.replace(/[?#].*$/u, '')

  /** The clouds on the stage, copied, since their arrays are written over. */
  function cloudsNow(): Clouds {
    const { step, langevin, deterministic, companion } = live.getState()
    return {
      step,
      langevin: langevin.slice(),
      deterministic: deterministic.slice(),
      companion: companion?.slice() ?? null,
    }
  }

  const store = createStore<ExportState>()(() => NOTHING)
  let current: AbortController | null = null

  /** @throws Error where the run has given way to another, AbortError of the signal, and as calls do */
  async function make(
    kind: ExportKind,
    signal: AbortSignal,
    onProgress: (progress: ExportProgress) => void,
  ): Promise<MadeFile> {
    const state = run.getState()
    const obstacle = obstacleOf(state, kind)
    const ready = state.run
    if (obstacle !== null || ready === null) throw new Refused(obstacle ?? GONE)
    const clouds = cloudsNow()
    const scene = sceneOf(ready)
    const about = aboutScene(scene, address())
    const written = async (file: string, work: Pieces<Uint8Array<ArrayBuffer>>) => {
      onProgress({ doing: 'Writing', share: null })
      return named(about, file, await inSlices(work, signal))
    }
    const result = () => resultOf(ready, scene, signal, onProgress)
    switch (kind) {
      case 'curves':
        return written('curves.csv', curvesFile(about, await result()))
      case 'particles':
        return written('particles.csv', particlesFile(about, clouds))
      case 'grid':
        return written('grid.npz', gridFile(about, ready.landscape))
      case 'result':
        return written('result.json', resultFile(about, await result()))
      case 'scene':
        return named(about, 'scene.json', sceneFile(scene, await belongingsFor(scene)))
      case 'citation':
        return named(about, 'citation.bib', utf8(citation(about)))
      case 'weights': {
        const belongings = await belongingsFor(scene)
        const found = new Map<string, Uint8Array>()
        for (const network of networksOf(scene)) {
          const bytes = await weightsOf(network, belongings)
          if (bytes !== null) found.set(network.file, bytes)
        }
        const [[file, bytes] = []] = found
        if (file === undefined || bytes === undefined)
          throw new Refused('The weights of this energy are not in this browser.')
        return found.size === 1
          ? named(about, file, new Uint8Array(bytes))
          : written('energies.zip', zipOf(found))
      }
      case 'bundle': {
        const belongings = await belongingsFor(scene)
        const files = await belongingsOf(scene, belongings)
        const found = await result()
        const { landscape } = ready
        const whole = { about, scene, result: found, clouds, landscape, belongings, files }
        return written('run.zip', runBundle(whole))
      }
      default:
        return kind satisfies never
    }
  }

  async function take(
    kind: ExportKind | 'picture',
    work: (
      signal: AbortSignal,
      onProgress: (progress: ExportProgress) => void,
    ) => Promise<MadeFile>,
  ): Promise<void> {
    current?.abort()
    const own = new AbortController()
    current = own
    store.setState({ ...NOTHING, making: kind })
    try {
      const file = await work(own.signal, (progress) => {
        if (current === own) store.setState({ progress })
      })
      if (current !== own) return
      save(file)
      store.setState({ ...NOTHING, saved: { name: file.name, bytes: file.bytes.length } })
    } catch (error) {
      if (current !== own) return
      const problem = isAbortError(error)
        ? { text: GONE }
        : error instanceof Refused
          ? { text: error.message }
          : explain(error)
      store.setState({ ...NOTHING, problem })
    } finally {
      if (current === own) current = null
    }
  }

  return {
    store,
    start: (kind) => take(kind, (signal, onProgress) => make(kind, signal, onProgress)),
    picture: (file, draw) =>
      take('picture', async (signal, onProgress) => {
        const state = run.getState()
        const obstacle = obstacleOf(state, 'grid')
        if (obstacle !== null || state.run === null) throw new Refused(obstacle ?? GONE)
        const about = aboutScene(sceneOf(state.run), address())
        onProgress({ doing: 'Drawing', share: null })
        const pause = async () => {
          await new Promise<void>((resolve) => setTimeout(resolve))
          signal.throwIfAborted()
        }
        const drawn = await draw({ about, clouds: cloudsNow() }, pause)
        const bytes = new Uint8Array(await new Blob([drawn]).arrayBuffer())
        return named(about, file, bytes)
      }),
    async copyPython() {
      const state = run.getState()
      if (state.run === null || obstacleOf(state, 'grid') !== null) return
      const scene = sceneOf(state.run)
      const about = aboutScene(scene, address())
      const script = pythonScript(about, scene, fileName(about, 'grid.npz'))
      try {
        await copy(script)
        store.setState({ ...NOTHING, copied: true })
      } catch {
        await take('picture', () => Promise.resolve(named(about, 'langevin.py', utf8(script))))
      }
    },
    cancel() {
      current?.abort()
      current = null
      store.setState(NOTHING)
    },
  }
}

const GONE =
  'The run on the stage has given way to another. Try again with the one that is there now.'

/** An end that says in words for people why there is no file. */
class Refused extends Error {}

function named(about: About, file: string, bytes: Uint8Array<ArrayBuffer>): MadeFile {
  const ending = /\w+$/u.exec(file)?.[0] ?? ''
  return { name: fileName(about, file), bytes, type: TYPES[ending] ?? 'application/octet-stream' }
}
