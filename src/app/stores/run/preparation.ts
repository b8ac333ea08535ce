import { isAbortError, isCrash } from '../../../lab/client/callError.ts'
import type { RunReady } from '../../../lab/protocol/calls.ts'
import { partKey } from '../../../lab/scene/normalise.ts'
import type { SceneSpec } from '../../../lab/scene/sceneSpec.ts'
import { explain } from '../explain.ts'
import type { Surroundings } from '../surroundings.ts'
import { post, withdraw, type RunStore } from './runStore.ts'

/** Which run the scene asks for, whether it is to play, and the one `prepare` that is under way for it. */
export interface Preparation extends Stage {
  /** Prepares the scene. @returns false where it is the run that was asked for last */
  follow(play?: boolean): boolean
  /**
   * Prepares the scene even so.
   * @param play default: whether the run before it was playing, or had played to its end
   * @param step to go to when it is ready; default: where it was to go before
   */
  anew(play?: boolean, step?: number): void
  /** The same where the scene was refused, or its run is gone. @returns whether it did so */
  retry(play: boolean, step?: number): boolean
  /** Tells the run under way whether to play. @returns whether there is one, which was told otherwise */
  intend(play: boolean): boolean
  /** Until `resume` nothing is prepared. */
  suspend(): void
  resume(play: boolean, step: number): void
  /** There is no worker any more: the next wish prepares anew and goes to this step. */
  abandon(step: number): void
  dispose(): void
}

/** What may be done to the run on the stage. */
export interface Stage {
  /** Whether there is a run that can be played: none is on its way, and no training has the stage. */
  readonly free: boolean
  /** Whether what belongs to a run may be shown. */
  shows(run: number): boolean
}

export interface PreparationOptions extends Pick<
  Surroundings,
  'client' | 'platform' | 'scene' | 'run'
> {
  /** Hands the worker what only the page has; resolves when it may prepare, or with false to wait. */
  readonly provide: (scene: SceneSpec) => Promise<boolean>
  /** Whether the first run plays by itself. */
  readonly autoplay: boolean
  /** Changes a scene that was refused into one that may run; false where nothing helps. */
  readonly mend: (refusal: unknown) => boolean
  /** The run on the stage gives way to another. */
  readonly onBegin: () => void
  /** Puts the run on the stage. */
  readonly onReady: (run: RunReady, to: { readonly step: number; readonly play: boolean }) => void
}

/** Shortest time between two prepares, ms: a drag sends no more than the worker can use. */
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
  /** The run on the stage has no worker behind it. */
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
      // The change of the scene asks for the next run, which plays if this one was to.
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

/** What a run depends on: two scenes with the same key are the same run. */
function runKey({ seed, target, energy, domain, dynamics, training }: SceneSpec): string {
  const parts = [target, energy, domain, dynamics].map(partKey)
  return [seed, training.backend, ...parts].join(' ')
}

/** What there is to say of a run takes the place of what there was to say of the one before. */
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
