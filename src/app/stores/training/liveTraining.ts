import { isAbortError, isCrash } from '../../../lab/client/callError.ts'
import type { LiveProgress } from '../../../lab/protocol/calls.ts'
import type { SceneSpec, Vector2 } from '../../../lab/scene/sceneSpec.ts'
import { explain } from '../explain.ts'
import { createLiveFrames } from '../run/liveFrames.ts'
import type { Playback } from '../run/playback.ts'
import { LIVE_SPAN, post, type LiveTrainingState } from '../run/runStore.ts'
import { edit } from '../scene/sceneStore.ts'
import type { Shelving } from '../shelf/shelving.ts'
import type { Surroundings } from '../surroundings.ts'
import { createFollowedTarget, patchLive, type FollowedTargetOptions } from './followedTarget.ts'
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

export interface LiveTrainingOptions
  extends
    Pick<FollowedTargetOptions, 'provide'>,
    Pick<Surroundings, 'client' | 'platform' | 'scene' | 'run' | 'live'> {
  readonly playback: Pick<Playback, 'suspend' | 'resume' | 'place'>
  /** The training by a recipe, which may have the stage instead. */
  readonly training: Pick<TrainingControl, 'active'>
  /** Called at the beginning; the function that it returns restores what else belongs to the scene, when `leave` goes back. */
  readonly remember: () => () => void
  /** Called when the live training takes the stage. */
  readonly onBegin: () => void
  /** Puts an energy onto the shelf and the stage. */
  readonly keep: Shelving['keepLive']
}

/** One live training, from its beginning to its end. */
interface Following {
  /** The scene that `leave` restores. */
  readonly before: SceneSpec
  readonly place: Playback['place']
  readonly restore: () => void
  readonly begunAt: number
}

/** A live training before its first target. */
const STARTING: LiveTrainingState = {
  phase: 'starting',
  sketching: false,
  sketched: null,
  taken: null,
  progress: null,
  tableError: null,
  history: [],
  problem: null,
  keeping: false,
}

export function createLiveTraining(options: LiveTrainingOptions): LiveTrainingControl {
  const { client, platform, playback, scene: scenes, run: store } = options

  let following: Following | null = null
  let seen = true

  const on = () => following
  const frames = createLiveFrames({ ...options, on })
  const target = createFollowedTarget({ ...options, on, onFailed: leave })

  function stop(): Following | null {
    const ended = following
    if (ended === null) return null
    following = null
    target.reset()
    frames.watch(seen)
    client.call('endLive', null).catch(() => undefined)
    store.setState({ live: null })
    return ended
  }

  function leave(): void {
    const ended = stop()
    if (ended === null) return
    ended.restore()
    edit(scenes, (scene) => restored(scene, ended.before))
    const { step, playing } = ended.place
    playback.resume({ play: playing, step })
  }

  const unlisten = [
    client.on('landscape', (update) => {
      if (following === null) return
      target.show(update)
      frames.wake()
    }),
    client.on('live', (progress) => {
      const { live } = store.getState()
      if (following === null || live === null) return
      // The worker may be at a new target whose reply has not arrived, or the event may belong to an older one.
      if (live.taken !== null && progress.target < live.taken.target) return
      const seconds = (platform.now() - following.begunAt) / 1000
      store.setState({ live: measured(live, progress, seconds) })
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
      }
      options.onBegin()
      frames.restart()
      playback.suspend()
      store.setState({ status: 'training', live: STARTING })
      edit(scenes, followed)
      target.send()
    },
    follow() {
      if (following === null) return
      if (scenes.getState().scene.energy.kind === 'trained') {
        target.send()
        return
      }
      stop()
      playback.resume({ play: !platform.reducedMotion() })
    },
    sketch(points) {
      if (following === null) return
      target.sketch(points)
      frames.watch(seen || target.sketching)
    },
    async keep() {
      const current = following
      if (current === null || store.getState().live?.keeping === true) return
      patchLive(store, { keeping: true })
      try {
        const energy = await client.call('keepLive', null)
        if (current === following) await options.keep(energy)
      } catch (error) {
        if (current !== following || isAbortError(error)) return
        patchLive(store, { keeping: false })
        if (!isCrash(error)) post(store, 'error', explain(error))
      }
    },
    leave,
    watch(now) {
      seen = now
      frames.watch(seen || target.sketching)
    },
    end() {
      stop()
    },
    recover() {
      if (following === null) return false
      patchLive(store, { phase: 'starting', taken: null, progress: null, keeping: false })
      target.resend()
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

/** The scene while its target is followed: a trained energy, with η computed from it. */
function followed(scene: SceneSpec): SceneSpec {
  return {
    ...scene,
    energy: { kind: 'trained' },
    dynamics: { ...scene.dynamics, stepSize: null },
  }
}

/** The scene that `leave` goes back to: energy, target and step size are those from before. */
function restored(scene: SceneSpec, { target, energy, dynamics }: SceneSpec): SceneSpec {
  const { stepSize } = dynamics
  return { ...scene, target, energy, dynamics: { ...scene.dynamics, stepSize } }
}

/** The state after a measurement. @param seconds on the page's clock since the training began */
function measured(
  live: LiveTrainingState,
  progress: LiveProgress,
  seconds: number,
): LiveTrainingState {
  const { state: phase, target, targetSteps, klDataModel, crossEntropy } = progress
  const value = klDataModel ?? crossEntropy
  if (value === null) return { ...live, phase, progress }
  const quantity = klDataModel === null ? 'cross-entropy' : 'kl'
  const recent = live.history.filter((point) => seconds - point.seconds <= LIVE_SPAN)
  const history = [...recent, { seconds, target, targetSteps, value, quantity } as const]
  return { ...live, phase, progress, history }
}
