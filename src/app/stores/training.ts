import { CallError, isAbortError } from '../../lab/client/callError.ts'
import type { ComputeClient } from '../../lab/client/computeClient.ts'
import type { TrainingCheckpoint, TrainReply } from '../../lab/protocol/calls.ts'
import { recoverScene } from '../../lab/scene/decode.ts'
import { sameTraining } from '../../lab/scene/normalise.ts'
import type { SceneSpec, ShelfRecipe } from '../../lab/scene/sceneSpec.ts'
import { explain } from './explain.ts'
import { createLiveFrames } from './liveFrames.ts'
import type { LiveStore } from './liveStore.ts'
import type { Platform } from './platform.ts'
import type { Playback } from './playback.ts'
import { growLosses, NO_TRAINING, post, type RunStore } from './runStore.ts'
import type { SceneStore } from './sceneStore.ts'

/** Follows one training at a time, from Train to the shelf, through pauses, reloads and crashes. */
export interface TrainingControl {
  /** From the first step, on the scene as it stands. */
  train(): void
  pause(): void
  /** What the stage offers: goes on from the checkpoint of this very training, where there is one. */
  learn(): void
  /** Goes on: from a pause, or from the checkpoint of an interrupted training. */
  resume(): void
  /** One Adam step, while paused. */
  step(): void
  /** The training under way once more from its first step. */
  startOver(): void
  /** Ends the training under way; its last checkpoint can be resumed. */
  interrupt(): void
  /** Forgets the checkpoint of an interrupted training. */
  discard(): void
  /** A checkpoint found from an earlier visit; anything else is left alone. */
  offer(found: unknown): void
  /** Trains an energy that a link names and this browser lacks. */
  retrain(id: string, hash: string, recipe: ShelfRecipe): void
  /** Whether anything that moves is seen: unseen, the training goes on and its particles rest. */
  watch(seen: boolean): void
  /** After the worker was restarted. @returns whether a training went on */
  recover(): boolean
  /** Leaves the training under way at its last checkpoint, as no worker stays alive with it. @returns whether there was one */
  abandon(): boolean
  readonly active: boolean
  dispose(): void
}

export interface TrainingOptions {
  readonly client: Pick<ComputeClient, 'call' | 'on' | 'restart'>
  readonly platform: Platform
  readonly playback: Playback
  readonly scene: SceneStore
  readonly run: RunStore
  readonly live: LiveStore
  /** Hands the worker the data to train on. */
  readonly provide: (scene: SceneSpec) => Promise<unknown>
  /** Keeps a finished energy: shelf, storage, scene. */
  readonly keep: (reply: TrainReply, trained: SceneSpec, shelfId: string | null) => Promise<void>
  /** A training takes the stage. */
  readonly onBegin: () => void
  readonly keepCheckpoint: (checkpoint: TrainingCheckpoint) => void
  readonly clearCheckpoint: () => void
}

/** A training that was told to end and has not after so long, ms, is ended with its worker. */
const LONGEST_ENDING = 10_000

/** A training to start. */
interface Job {
  readonly scene: SceneSpec
  /** Stands at its first step until told to go. */
  readonly paused?: boolean
  readonly checkpoint: TrainingCheckpoint | null
  /** Set when a link's missing energy is trained again. */
  readonly missing: { readonly id: string; readonly hash: string } | null
}

export function createTraining(options: TrainingOptions): TrainingControl {
  const { client, platform, playback, scene: scenes, run: store, live } = options

  let job: Job | null = null
  /** Starts when the job under way has ended. */
  let next: Job | null = null
  /** The job under way has been told to end. */
  let ending = false
  let checkpoint: TrainingCheckpoint | null = null

  const frames = createLiveFrames({
    client,
    platform,
    scene: scenes,
    live,
    on: () => (store.getState().training.phase === 'running' ? job : null),
  })

  const patch = (change: Partial<ReturnType<typeof store.getState>['training']>) => {
    store.setState(({ training }) => ({ training: { ...training, ...change } }))
  }

  function begin(wanted: Job): void {
    if (job !== null) {
      next = wanted
      steer('abort')
      return
    }
    job = wanted
    ending = false
    options.onBegin()
    frames.restart()
    checkpoint = wanted.checkpoint
    playback.suspend()
    store.setState({
      status: 'training',
      training: {
        ...NO_TRAINING,
        phase: 'starting',
        scene: wanted.scene,
        step: wanted.checkpoint?.trainer.step ?? 0,
        steps: wanted.scene.training.steps ?? 0,
        elapsedSeconds: wanted.checkpoint?.elapsedSeconds ?? 0,
        history: wanted.checkpoint?.history ?? [],
      },
    })
    void perform(wanted)
  }

  async function perform(current: Job): Promise<void> {
    try {
      await options.provide(current.scene)
      const reply = await client.call('train', {
        scene: current.scene,
        ...(current.checkpoint === null ? {} : { checkpoint: current.checkpoint }),
        ...(current.paused === true ? { paused: true } : {}),
      })
      if (job !== current) return
      job = null
      await ended(current, reply)
    } catch (error) {
      // A crash is answered by `recover`, which starts the job again from its checkpoint.
      if (job !== current || (error instanceof CallError && error.kind === 'crashed')) return
      job = null
      if (!isAbortError(error)) post(store, 'error', explain(error))
      leave()
    }
  }

  async function ended(current: Job, reply: TrainReply): Promise<void> {
    switch (reply.outcome) {
      case 'finished':
        checkpoint = null
        options.clearCheckpoint()
        patch({
          phase: 'finished',
          summary: reply.summary,
          history: reply.summary.history,
          step: reply.summary.steps,
          steps: reply.summary.steps,
          remainingSeconds: 0,
        })
        if (current.missing !== null) {
          const same = reply.hash === current.missing.hash || current.missing.hash === ''
          post(
            store,
            same ? 'info' : 'warning',
            same
              ? 'The energy of this link has been trained again from its recipe: the same weights.'
              : `The energy of this link has been trained again from its recipe on ${reply.summary.backend}; ` +
                  'its weights are not the same bit for bit, so numbers may differ in their last digits.',
          )
        }
        await options.keep(reply, current.scene, current.missing?.id ?? null)
        playback.resume({ play: !platform.reducedMotion() })
        return
      case 'aborted':
        leave()
        return
      case 'diverged':
        checkpoint = null
        options.clearCheckpoint()
        post(
          store,
          'error',
          `The training diverged at step ${String(reply.summary.steps)} and lower rates did not cure it. ` +
            'Another seed, a smaller sharpness or another objective may train.',
        )
        leave()
        return
      default:
        reply.outcome satisfies never
    }
  }

  /** Back to the run, or on to the job that waits. */
  function leave(): void {
    if (next !== null) {
      const wanted = next
      next = null
      begin(wanted)
      return
    }
    if (checkpoint === null) store.setState({ training: NO_TRAINING })
    else offer(checkpoint)
    playback.resume({ play: !platform.reducedMotion() })
  }

  function offer(found: unknown): void {
    if (job !== null || !isCheckpoint(found)) return
    checkpoint = found
    store.setState({
      training: {
        ...NO_TRAINING,
        phase: 'interrupted',
        scene: found.scene,
        step: found.trainer.step,
        steps: found.scene.training.steps ?? 0,
        elapsedSeconds: found.elapsedSeconds,
        history: found.history,
      },
    })
  }

  function steer(action: 'pause' | 'resume' | 'step' | 'abort'): void {
    if (action === 'abort' && job !== null && !ending) {
      ending = true
      const told = job
      platform.after(LONGEST_ENDING, () => {
        if (job === told) client.restart('its training did not end')
      })
    }
    client.call('steerTraining', { action }).catch((error: unknown) => {
      if (!(error instanceof CallError && error.kind === 'crashed'))
        post(store, 'error', explain(error))
    })
  }

  const fresh = (scene: SceneSpec): Job => ({ scene, checkpoint: null, missing: null })

  const unlisten = [
    client.on('trainingProgress', (progress) => {
      if (job === null) return
      const { training } = store.getState()
      const phase = progress.paused ? 'paused' : 'running'
      store.setState({
        status: progress.paused ? 'paused' : 'training',
        training: {
          ...training,
          phase,
          step: progress.step,
          steps: progress.steps,
          stage: progress.phase,
          elapsedSeconds: progress.elapsedSeconds,
          remainingSeconds: progress.remainingSeconds,
          stepsPerSecond: progress.stepsPerSecond,
          losses: growLosses(training.losses, progress.losses),
          history:
            progress.history.length === 0
              ? training.history
              : [
                  ...training.history,
                  ...progress.history.filter(
                    ({ step }) => step > (training.history.at(-1)?.step ?? -1),
                  ),
                ],
        },
      })
      frames.wake()
    }),
    client.on('landscape', ({ landscape, tableError }) => {
      if (job === null) return
      store.setState({ landscape })
      patch({ tableError })
    }),
    client.on('checkpoint', (taken) => {
      if (job === null) return
      checkpoint = taken
      options.keepCheckpoint(taken)
    }),
  ]

  function train(): void {
    checkpoint = null
    begin(fresh(trainable(scenes.getState().scene)))
  }

  return {
    get active() {
      return job !== null
    },
    train,
    learn() {
      const { scene } = scenes.getState()
      if (job !== null || checkpoint === null || !continues(checkpoint, scene)) train()
      else {
        const { training } = checkpoint.scene
        begin({ scene: { ...trainable(scene), training }, checkpoint, missing: null })
      }
    },
    pause() {
      if (job === null) return
      store.setState({ status: 'paused' })
      patch({ phase: 'paused' })
      steer('pause')
    },
    resume() {
      if (job !== null) {
        store.setState({ status: 'training' })
        patch({ phase: 'running' })
        frames.wake()
        steer('resume')
      } else if (checkpoint !== null) {
        const { scene } = checkpoint
        const from = checkpoint
        scenes.setState({ scene: { ...scene, view: scenes.getState().scene.view } })
        begin({ scene, checkpoint: from, missing: null })
      }
    },
    step() {
      if (job !== null) steer('step')
    },
    startOver() {
      const { training } = store.getState()
      const scene = job?.scene ?? training.scene ?? trainable(scenes.getState().scene)
      checkpoint = null
      options.clearCheckpoint()
      begin({ scene, checkpoint: null, missing: job?.missing ?? null })
    },
    interrupt() {
      if (job !== null) steer('abort')
    },
    discard() {
      if (job !== null) return
      checkpoint = null
      options.clearCheckpoint()
      store.setState({ training: NO_TRAINING })
    },
    offer,
    retrain(id, hash, recipe) {
      const { scene } = scenes.getState()
      const { seed, target, training } = recipe
      begin({
        scene: { ...scene, seed, target, training, energy: { kind: 'trained' } },
        checkpoint: null,
        missing: { id, hash },
      })
    },
    recover() {
      if (job === null) return false
      const interrupted = job
      const paused = store.getState().training.phase === 'paused'
      job = null
      if (ending) leave()
      else begin({ ...interrupted, checkpoint, paused })
      return true
    },
    abandon() {
      if (job === null) return false
      job = null
      next = null
      leave()
      return true
    },
    watch(seen) {
      frames.watch(seen)
    },
    dispose() {
      for (const stop of unlisten) stop()
      frames.dispose()
    },
  }
}

/** What training trains: the scene's target, whatever energy stood on the stage. */
function trainable(scene: SceneSpec): SceneSpec {
  return { ...scene, energy: { kind: 'trained' } }
}

/** Whether a checkpoint belongs to the training of a scene; it has a budget of seconds already as steps. */
function continues({ scene: begun }: TrainingCheckpoint, scene: SceneSpec): boolean {
  const steps = scene.training.steps ?? begun.training.steps
  return sameTraining(begun, { ...scene, training: { ...scene.training, steps, seconds: null } })
}

/** Whether something from storage is a checkpoint that this version can go on from. */
export function isCheckpoint(found: unknown): found is TrainingCheckpoint {
  if (!isRecord(found) || !isRecord(found.trainer) || !isRecord(found.scene)) return false
  const { trainer, scene, elapsedSeconds, history, best, lossWindow } = found
  return (
    typeof elapsedSeconds === 'number' &&
    Array.isArray(history) &&
    (best === null || (isRecord(best) && best.theta instanceof Float32Array)) &&
    isRecord(lossWindow) &&
    typeof lossWindow.sum === 'number' &&
    typeof lossWindow.count === 'number' &&
    Number.isSafeInteger(trainer.step) &&
    isRecord(trainer.arrays) &&
    Object.values(trainer.arrays).every(
      (array) => array instanceof Float32Array || array instanceof Float64Array,
    ) &&
    isRecord(trainer.scalars) &&
    Object.values(trainer.scalars).every((value) => typeof value === 'number') &&
    recoverScene(scene).problems.length === 0
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
