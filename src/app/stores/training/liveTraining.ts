import { CallError, isAbortError, isCrash } from '../../../lab/client/callError.ts'
import type { SceneSpec, Vector2 } from '../../../lab/scene/sceneSpec.ts'
import { explain } from '../explain.ts'
import { createLiveFrames } from '../run/liveFrames.ts'
import type { Playback } from '../run/playback.ts'
import { checkCount } from '../shelf/pointCount.ts'
import { LIVE_SPAN, post, type LivePoint, type LiveTrainingState } from '../run/runStore.ts'
import { edit } from '../scene/sceneStore.ts'
import type { Shelving } from '../shelf/shelving.ts'
import type { Surroundings } from '../surroundings.ts'
import type { TrainingControl } from './training.ts'

/**
 * Follows the scene's target, or a drawing, with a live training, which keeps its parameters from one target to the
 * next. `leave` discards its energy and goes back to the scene before; `keep` puts the energy onto the shelf.
 */
export interface LiveTrainingControl {
  readonly active: boolean
  /** Begins to follow the scene's target; does nothing while a training is under way. */
  begin(): void
  /** Called when the scene has changed: follows its target, or ends where the scene has another energy. */
  follow(): void
  /** Follows the points of a drawing; null: the scene's own target again. */
  sketch(points: readonly Vector2[] | null): void
  /** Puts the energy on show onto the shelf and the stage, and ends the live training. */
  keep(): Promise<void>
  /** Ends the live training and restores the energy, the target and the step from before it. */
  leave(): void
  /** Ends the live training without restoring anything, since something else takes the stage. */
  end(): void
  /** @param seen whether any of the stage is on screen; the dialog of a drawing shows the particles anyway */
  watch(seen: boolean): void
  /** Called after the worker was restarted: begins again from new parameters. @returns whether a live training was active */
  recover(): boolean
  /** Leaves after the worker has crashed again and again. @returns whether a live training was active */
  abandon(): boolean
  dispose(): void
}

export interface LiveTrainingOptions extends Pick<
  Surroundings,
  'client' | 'platform' | 'scene' | 'run' | 'live'
> {
  readonly playback: Pick<Playback, 'suspend' | 'resume' | 'place'>
  /** Hands the worker the data to train on. */
  readonly provide: (scene: SceneSpec) => Promise<unknown>
  /** The training by a recipe, which may have the stage instead. */
  readonly training: Pick<TrainingControl, 'active'>
  /** Called at the beginning; the function that it returns restores what else belongs to the scene, when `leave` goes back. */
  readonly remember: () => () => void
  /** Called when the live training takes the stage. */
  readonly onBegin: () => void
  /** Puts an energy onto the shelf and the stage. */
  readonly keep: Shelving['keepLive']
}

/** A key of all that the live training of a scene depends on. */
function liveKey({ seed, target, domain, dynamics, training }: SceneSpec): string {
  return JSON.stringify([seed, target, domain, { ...dynamics, stepSize: null }, training.backend])
}

/** The state of one live training, from its beginning to its end. */
interface Following {
  /** The scene that `leave` restores. */
  readonly before: SceneSpec
  readonly place: { readonly step: number; readonly playing: boolean }
  readonly restore: () => void
  readonly begunAt: number
  sketch: readonly Vector2[] | null
  /** `liveKey` of the scene sent last. */
  key: string | null
  /** Whether the target taken up last is a drawing. */
  drawn: boolean
}

export function createLiveTraining(options: LiveTrainingOptions): LiveTrainingControl {
  const { client, platform, playback, scene: scenes, run: store } = options

  let following: Following | null = null
  let sending = false
  let seen = true

  const frames = createLiveFrames({
    client,
    platform,
    scene: scenes,
    live: options.live,
    on: () => following,
  })

  const patch = (change: Partial<LiveTrainingState>) => {
    store.setState(({ live }) => (live === null ? {} : { live: { ...live, ...change } }))
  }

  /** The scene to train on now; null where a drawing has too few points yet. */
  function wanted({ sketch }: Following): SceneSpec | null {
    const { scene } = scenes.getState()
    if (sketch === null) return scene
    if (!fits(sketch)) return null
    return { ...scene, target: { kind: 'points', points: sketch } }
  }

  /** Sends the wanted target. At most one call is in flight; the latest target waits for it. */
  async function send(): Promise<void> {
    if (sending) return
    sending = true
    try {
      for (;;) {
        const current = following
        if (current === null) return
        const scene = wanted(current)
        if (scene === null) return
        const key = liveKey(scene)
        if (key === current.key) return
        current.key = key
        await take(current, scene)
      }
    } finally {
      sending = false
    }
  }

  async function take(current: Following, scene: SceneSpec): Promise<void> {
    try {
      await options.provide(scene)
      const taken = await client.call('live', { scene })
      if (current !== following) return
      const { live } = store.getState()
      const same = live?.taken?.target === taken.target
      current.drawn = current.sketch !== null
      patch({ taken, problem: null, ...(same ? {} : { progress: null }) })
    } catch (error) {
      if (current !== following || isAbortError(error)) return
      // `recover` handles a crash.
      if (isCrash(error)) return
      const problem = explain(error)
      patch({ problem: problem.text })
      // For a drawing the dialog shows the problem, which a few more strokes may solve.
      if (current.sketch === null) post(store, 'error', problem)
      if (!(error instanceof CallError && error.kind === 'refused')) leave()
    }
  }

  function stop(): Following | null {
    const ended = following
    if (ended === null) return null
    following = null
    frames.watch(seen)
    client.call('endLive', null).catch(() => undefined)
    store.setState({ live: null })
    return ended
  }

  function leave(): void {
    const ended = stop()
    if (ended === null) return
    const { target, energy, dynamics } = ended.before
    ended.restore()
    edit(scenes, (scene) => ({
      ...scene,
      target,
      energy,
      dynamics: { ...scene.dynamics, stepSize: dynamics.stepSize },
    }))
    const { step, playing } = ended.place
    playback.resume({ play: playing, step })
  }

  const unlisten = [
    client.on('landscape', ({ landscape, tableError }) => {
      if (following === null) return
      // While the dialog covers the stage, its own picture of the energy is enough.
      if (following.drawn && following.sketch !== null) {
        if (fits(following.sketch)) patch({ tableError, sketched: landscape })
      } else {
        store.setState({ landscape })
        patch({ tableError })
      }
      frames.wake()
    }),
    client.on('live', (progress) => {
      const { live } = store.getState()
      if (following === null || live === null) return
      // The worker may be at a new target whose reply has not arrived, or the event may belong to an older one.
      if (live.taken !== null && progress.target < live.taken.target) return
      const value = progress.klDataModel ?? progress.crossEntropy
      const quantity = progress.klDataModel === null ? 'cross-entropy' : 'kl'
      const seconds = (platform.now() - following.begunAt) / 1000
      const { target, targetSteps } = progress
      patch({
        phase: progress.state,
        progress,
        history:
          value === null
            ? live.history
            : grown(live.history, { seconds, target, targetSteps, value, quantity }),
      })
    }),
    client.on('liveEnded', () => {
      // The worker has already posted a notice with the reason.
      leave()
    }),
  ]

  return {
    get active() {
      return following !== null
    },
    begin() {
      if (following !== null || options.training.active) return
      const { scene } = scenes.getState()
      following = {
        before: scene,
        place: playback.place,
        restore: options.remember(),
        begunAt: platform.now(),
        sketch: null,
        key: null,
        drawn: false,
      }
      options.onBegin()
      frames.restart()
      playback.suspend()
      store.setState({
        status: 'training',
        live: {
          phase: 'starting',
          sketching: false,
          sketched: null,
          taken: null,
          progress: null,
          tableError: null,
          history: [],
          problem: null,
          keeping: false,
        },
      })
      edit(scenes, followed)
      void send()
    },
    follow() {
      if (following === null) return
      if (scenes.getState().scene.energy.kind === 'trained') {
        void send()
        return
      }
      stop()
      playback.resume({ play: !platform.reducedMotion() })
    },
    sketch(points) {
      if (following === null) return
      following.sketch = points
      const fit = points !== null && fits(points)
      // When the drawing ends, its energy takes the stage.
      const sketched = store.getState().live?.sketched ?? null
      if (points === null && sketched !== null) store.setState({ landscape: sketched })
      patch({
        sketching: points !== null,
        ...(fit ? {} : { problem: null, sketched: null }),
      })
      frames.watch(seen || points !== null)
      void send()
    },
    async keep() {
      const current = following
      if (current === null || store.getState().live?.keeping === true) return
      patch({ keeping: true })
      try {
        const energy = await client.call('keepLive', null)
        if (current === following) await options.keep(energy)
      } catch (error) {
        if (current !== following || isAbortError(error)) return
        patch({ keeping: false })
        if (!isCrash(error)) post(store, 'error', explain(error))
      }
    },
    leave,
    watch(now) {
      seen = now
      frames.watch(seen || (following !== null && following.sketch !== null))
    },
    end() {
      stop()
    },
    recover() {
      if (following === null) return false
      following.key = null
      patch({ phase: 'starting', taken: null, progress: null, keeping: false })
      void send()
      return true
    },
    abandon() {
      if (following === null) return false
      leave()
      return true
    },
    dispose() {
      for (const off of unlisten) off()
      frames.dispose()
    },
  }
}

/** Whether the number of points of a drawing is allowed for a target. */
function fits(points: readonly Vector2[]): boolean {
  return checkCount(points.length) === null
}

/** The scene while its target is followed: a trained energy, with η computed from it. */
function followed(scene: SceneSpec): SceneSpec {
  return {
    ...scene,
    energy: { kind: 'trained' },
    dynamics: { ...scene.dynamics, stepSize: null },
  }
}

function grown(history: readonly LivePoint[], point: LivePoint): readonly LivePoint[] {
  const first = history.findIndex(({ seconds }) => point.seconds - seconds <= LIVE_SPAN)
  return first < 0 ? [point] : [...history.slice(first), point]
}
