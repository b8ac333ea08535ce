import { isAbortError, isCrash } from '../../../lab/client/callError.ts'
import type { RunReady } from '../../../lab/protocol/calls.ts'
import { partKey } from '../../../lab/scene/normalise.ts'
import type { SceneSpec } from '../../../lab/scene/sceneSpec.ts'
import { explain } from '../explain.ts'
import type { Surroundings } from '../surroundings.ts'
import { post, withdraw, type RunStore } from './runStore.ts'

/** Prepares the run of the scene, with at most one `prepare` in flight, and records whether the run is to play. */
export interface Preparation extends Stage {
  /** Prepares the scene. @returns false where its run is the one prepared last */
  follow(play?: boolean): boolean
  /**
   * Prepares the scene even where its run is the one prepared last.
   * @param play default: whether the run before it was playing, or had played to its end
   * @param step the step to show when the run is ready; default: that of the last call
   */
  anew(play?: boolean, step?: number): void
  /** Prepares the scene again where it was refused or the worker of its run is gone. @returns whether it did so */
  retry(play: boolean, step?: number): boolean
  /** Sets whether the run being prepared is to play. @returns whether a run is being prepared and this changes its intent */
  intend(play: boolean): boolean
  /** Aborts the `prepare` in flight and starts none until `resume`. */
  suspend(): void
  resume(play: boolean, step: number): void
  /** Called when there is no worker any more: the next call of `follow` prepares anew and goes to this step. */
  abandon(step: number): void
  dispose(): void
}

/** Whether the run on the stage may be played and shown. */
export interface Stage {
  /** Whether there is a run that can be played: no `prepare` is in flight, and no training has the stage. */
  readonly free: boolean
  /** Whether `run` is the run on the stage and no training has the stage. */
  shows(run: number): boolean
}

export interface PreparationOptions extends Pick<
  Surroundings,
  'client' | 'platform' | 'scene' | 'run'
> {
  /** Hands the worker the assets that only the page has. Resolves to whether the scene may be prepared now. */
  readonly provide: (scene: SceneSpec) => Promise<boolean>
  /** Whether the first run plays by itself. */
  readonly autoplay: boolean
  /** Changes a refused scene into one that may run. @returns false where no change helps */
  readonly mend: (refusal: unknown) => boolean
  /** Called when the run on the stage is to be replaced. */
  readonly onBegin: () => void
  /** Puts the run on the stage. */
  readonly onReady: (run: RunReady, to: { readonly step: number; readonly play: boolean }) => void
}

/** Shortest time between two calls of `prepare`, ms, so that a drag does not flood the worker. */
const PREPARE_INTERVAL = 60

export function createPreparation(options: PreparationOptions): Preparation {
  const { client, platform, scene: scenes, run: store } = options

  let latestRun = 0
  let wantedKey: string | null = null
  let controller: AbortController | null = null
  let timer: (() => void) | null = null
  let lastPrepare = -Infinity
  let suspended = false
  /** Whether the run being prepared is to play. */
  let intent = options.autoplay
  let returnTo = 0
  /** Whether the worker of the run on the stage is gone. */
  let orphaned = false

  function anew(play?: boolean, step = returnTo): void {
    const { scene } = scenes.getState()
    const { status, preparing } = store.getState()
    returnTo = step
    if (play !== undefined) intent = play
    else if (!preparing && wantedKey !== null) intent = status === 'running' || status === 'stopped'
    wantedKey = runKey(scene)
    if (suspended) return
    cancel()
    orphaned = false
    options.onBegin()
    store.setState({ preparing: true })
    controller = new AbortController()
    const { signal } = controller
    const wait = Math.max(0, PREPARE_INTERVAL - (platform.now() - lastPrepare))
    timer = platform.after(wait, () => {
      void prepare(scene, signal)
    })
  }

  async function prepare(scene: SceneSpec, signal: AbortSignal): Promise<void> {
    lastPrepare = platform.now()
    const run = ++latestRun
    try {
      if (!(await options.provide(scene)) || signal.aborted) return
      const ready = await client.call('prepare', { run, scene }, { signal })
      if (signal.aborted) return
      const to = { step: returnTo, play: ready.trained && intent }
      returnTo = 0
      say(store, ready)
      options.onReady(ready, to)
    } catch (error) {
      if (isAbortError(error) || isCrash(error) || signal.aborted) return
      // `mend` changes the scene, which starts the next `prepare` with the same intent.
      if (options.mend(error)) return
      store.setState({ preparing: false, status: 'error' })
      post(store, 'error', explain(error), 'scene')
    }
  }

  function cancel(): void {
    controller?.abort()
    timer?.()
  }

  return {
    get free() {
      const { run, preparing } = store.getState()
      return run !== null && !preparing && !suspended
    },
    shows: (run) => run === store.getState().run?.run && !suspended,
    follow(play) {
      const isSame = runKey(scenes.getState().scene) === wantedKey
      if (isSame && !orphaned) {
        if (play !== undefined) intent = play
        return false
      }
      anew(play, isSame ? returnTo : 0)
      return true
    },
    anew,
    retry(play, step = returnTo) {
      const { status, preparing } = store.getState()
      if (status !== 'error') return false
      returnTo = step
      if (preparing || suspended) return false
      anew(play)
      return true
    },
    intend(play) {
      if (!store.getState().preparing || intent === play) return false
      intent = play
      return true
    },
    suspend() {
      suspended = true
      cancel()
      store.setState({ preparing: false })
    },
    resume(play, step) {
      suspended = false
      anew(play, step)
    },
    abandon(step) {
      if (!store.getState().preparing && !suspended) returnTo = step
      cancel()
      orphaned = true
      store.setState({ preparing: false, status: 'error' })
    },
    dispose: cancel,
  }
}

/** A key of all that a run depends on: two scenes with the same key have the same run. */
function runKey({ seed, target, energy, domain, dynamics, training }: SceneSpec): string {
  const parts = [target, energy, domain, dynamics].map(partKey)
  return [seed, training.backend, ...parts].join(' ')
}

/** Replaces the notices of the run before by those of this run. */
function say(store: RunStore, { notices }: RunReady): void {
  const said = notices.map((notice) => ({ notice, about: `run: ${notice.about ?? notice.text}` }))
  for (const { about } of store.getState().notices)
    if (
      about === 'scene' ||
      (about.startsWith('run: ') && !said.some((one) => one.about === about))
    )
      withdraw(store, about)
  for (const { notice, about } of said) post(store, notice.level, notice, about)
}
