import { CallError, isAbortError, isCrash } from '../../../lab/client/callError.ts'
import type { LandscapeUpdate } from '../../../lab/protocol/calls.ts'
import type { SceneSpec, Vector2 } from '../../../lab/scene/sceneSpec.ts'
import { explain } from '../explain.ts'
import { post, type LiveTrainingState, type RunStore } from '../run/runStore.ts'
import { checkCount } from '../shelf/pointCount.ts'
import type { Surroundings } from '../surroundings.ts'

/**
 * The target of a live training: the scene's own, or a drawing. Sends it to the worker with at most one call in
 * flight, for which the latest target waits, and shows the energy that is learned from it.
 */
export interface FollowedTarget {
  /** Whether a drawing is followed. */
  readonly sketching: boolean
  /** Sends the target where it is not the one sent last. */
  send(): void
  /** Sends the target again, since the worker is a new one. */
  resend(): void
  /** Follows the points of a drawing; null: the scene's own target again. */
  sketch(points: readonly Vector2[] | null): void
  /** Shows the energy on the stage, or that of a drawing under its strokes. */
  show(update: LandscapeUpdate): void
  /** Goes back to the scene's own target, for the next training. */
  reset(): void
}

export interface FollowedTargetOptions extends Pick<Surroundings, 'client' | 'scene' | 'run'> {
  /** Hands the worker the data to train on. */
  readonly provide: (scene: SceneSpec) => Promise<unknown>
  /** The training under way; null without one. Replies to an earlier one are dropped. */
  readonly on: () => object | null
  /** Called when the training cannot go on. */
  readonly onFailed: () => void
}

export function createFollowedTarget(options: FollowedTargetOptions): FollowedTarget {
  const { client, scene: scenes, run: store, on } = options

  let drawing: readonly Vector2[] | null = null
  /** `liveKey` of the scene sent last. */
  let key: string | null = null
  /** Whether the target taken up last is a drawing. */
  let drawn = false
  let sending = false

  /** The scene to train on now; null where a drawing has too few points yet. */
  function wanted(): SceneSpec | null {
    const { scene } = scenes.getState()
    if (drawing === null) return scene
    return fits(drawing) ? { ...scene, target: { kind: 'points', points: drawing } } : null
  }

  async function send(): Promise<void> {
    if (sending) return
    sending = true
    try {
      for (;;) {
        const training = on()
        const scene = wanted()
        if (training === null || scene === null) return
        const now = liveKey(scene)
        if (now === key) return
        key = now
        await take(training, scene)
      }
    } finally {
      sending = false
    }
  }

  async function take(training: object, scene: SceneSpec): Promise<void> {
    try {
      await options.provide(scene)
      const taken = await client.call('live', { scene })
      if (on() !== training) return
      drawn = drawing !== null
      const same = store.getState().live?.taken?.target === taken.target
      patchLive(store, { taken, problem: null, ...(same ? {} : { progress: null }) })
    } catch (error) {
      // A crash is followed by `resend`.
      if (on() !== training || isAbortError(error) || isCrash(error)) return
      const problem = explain(error)
      patchLive(store, { problem: problem.text })
      // For a drawing the dialog shows the problem, which a few more strokes may solve.
      if (drawing === null) post(store, 'error', problem)
      if (!(error instanceof CallError && error.kind === 'refused')) options.onFailed()
    }
  }

  return {
    get sketching() {
      return drawing !== null
    },
    send() {
      void send()
    },
    resend() {
      key = null
      void send()
    },
    sketch(points) {
      drawing = points
      // When the drawing ends, its energy takes the stage.
      const sketched = store.getState().live?.sketched ?? null
      if (points === null && sketched !== null) store.setState({ landscape: sketched })
      patchLive(store, {
        sketching: points !== null,
        ...(points !== null && fits(points) ? {} : { problem: null, sketched: null }),
      })
      void send()
    },
    show({ landscape, tableError }) {
      // While the dialog covers the stage, its own picture of the energy is enough.
      if (!drawn || drawing === null) {
        store.setState({ landscape })
        patchLive(store, { tableError })
      } else if (fits(drawing)) patchLive(store, { tableError, sketched: landscape })
    },
    reset() {
      drawing = null
      key = null
      drawn = false
    },
  }
}

/** Changes what the page shows of the live training; does nothing without one. */
export function patchLive(store: RunStore, change: Partial<LiveTrainingState>): void {
  store.setState(({ live }) => (live === null ? {} : { live: { ...live, ...change } }))
}

/** A key of all that the live training of a scene depends on. */
function liveKey({ seed, target, domain, dynamics, training }: SceneSpec): string {
  return JSON.stringify([seed, target, domain, { ...dynamics, stepSize: null }, training.backend])
}

/** Whether the number of points of a drawing is allowed for a target. */
function fits(points: readonly Vector2[]): boolean {
  return checkCount(points.length) === null
}
