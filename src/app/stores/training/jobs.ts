import { CallError, isAbortError, isCrash } from '../../../lab/client/callError.ts'
import type { TrainingCheckpoint, TrainReply } from '../../../lab/protocol/calls.ts'
import type { SceneSpec } from '../../../lab/scene/sceneSpec.ts'
import { explain } from '../explain.ts'
import type { Playback } from '../run/playback.ts'
import { NO_TRAINING, post, type RunStore } from '../run/runStore.ts'
import type { Shelving } from '../shelf/shelving.ts'
import type { Surroundings } from '../surroundings.ts'
import type { InterruptedTrainings } from './interrupted.ts'

/** A training to start. */
export interface Job {
  readonly id: string
  readonly scene: SceneSpec
  /** Whether it waits at its first step for `resume`. */
  readonly paused?: boolean
  readonly checkpoint: TrainingCheckpoint | null
  /** Set when a link's missing energy is trained again. */
  readonly missing: { readonly id: string; readonly hash: string } | null
  /** Whether the scene of the training replaces the one on the stage. */
  readonly restores?: boolean
}

/** The training in the worker, from its beginning to its end, and the next one, which waits for that end. */
export interface Jobs {
  readonly current: Job | null
  /** Starts a job as soon as the job under way has ended. */
  begin(job: Job): void
  /** Tells the job under way to end. @param unasked whether another action ends it, so that a notice must report that */
  end(unasked: boolean): void
  steer(action: 'pause' | 'resume' | 'step' | 'abort'): void
  record(checkpoint: TrainingCheckpoint): void
  /** Called after the worker was restarted: goes on from the last checkpoint. @returns whether there was a job */
  recover(): boolean
  /** Leaves the job at its last checkpoint. @returns whether there was one */
  abandon(): boolean
}

export interface JobsOptions extends Pick<Surroundings, 'client' | 'platform' | 'scene' | 'run'> {
  readonly playback: Pick<Playback, 'suspend' | 'resume'>
  readonly interrupted: InterruptedTrainings
  /** Hands the worker the data to train on. */
  readonly provide: (scene: SceneSpec) => Promise<unknown>
  readonly keep: Shelving['keep']
  /** Called when a training takes the stage. */
  readonly onBegin: () => void
  /** Called when the visitor resumes an interrupted training. */
  readonly onResume: (id: string) => void
}

/** Longest time that a training may take to end, ms; after it the worker is ended. */
const LONGEST_ENDING = 10_000

export function createJobs(options: JobsOptions): Jobs {
  const { client, platform, playback, scene: scenes, run: store, interrupted } = options

  let job: Job | null = null
  /** The job that starts when the job under way has ended. */
  let next: Job | null = null
  /** Whether the job under way was told to end. */
  let ending = false
  /** The last checkpoint of the job under way. */
  let checkpoint: TrainingCheckpoint | null = null
  /** Whether another action of the visitor ends the job under way. */
  let unasked = false

  function begin(wanted: Job): void {
    if (job !== null) {
      next = wanted
      unasked = wanted.id !== job.id
      steer('abort')
      return
    }
    if (wanted.restores === true) {
      const { view } = scenes.getState().scene
      scenes.setState({ scene: { ...wanted.scene, view } })
    }
    job = wanted
    ending = false
    unasked = false
    interrupted.show()
    options.onBegin()
    checkpoint = wanted.checkpoint
    playback.suspend()
    store.setState({
      status: 'training',
      training: {
        ...NO_TRAINING,
        phase: 'starting',
        scene: wanted.scene,
        step: checkpoint?.trainer.step ?? 0,
        steps: wanted.scene.training.steps ?? 0,
        elapsedSeconds: checkpoint?.elapsedSeconds ?? 0,
        history: checkpoint?.history ?? [],
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
      // `recover` handles a crash and starts the job again from its checkpoint.
      if (job !== current || isCrash(error)) return
      job = null
      const { checkpoint: from } = current
      // The trainer's error for arrays of another network begins with "checkpoint: ".
      const said = error instanceof CallError ? `${error.message} ${error.details ?? ''}` : ''
      if (from !== null && said.includes('checkpoint: ')) {
        interrupted.setAside({ id: current.id, checkpoint: from })
      } else if (!isAbortError(error)) post(store, 'error', explain(error))
      leave(current)
    }
  }

  async function ended(current: Job, reply: TrainReply): Promise<void> {
    switch (reply.outcome) {
      case 'finished': {
        const { summary } = reply
        const { history, steps } = summary
        const phase = 'finished'
        store.setState(({ training }) => ({
          training: {
            ...training,
            ...{ phase, summary, history, step: steps, steps, remainingSeconds: 0 },
          },
        }))
        if (current.missing !== null) tellRetrained(store, reply, current.missing.hash)
        // The checkpoint is erased once storage has the energy; otherwise a reload trains the last steps again.
        const shelfId = current.missing?.id ?? null
        // A training that finished although another action had ended it does not take the stage.
        const onStage = shelfId === null && !unasked && next === null
        try {
          const safe = await options.keep(reply, current.scene, { shelfId, onStage })
          interrupted.forget(current.id)
          if (safe) interrupted.erase(current.id)
        } catch (error) {
          post(store, 'error', explain(error))
        }
        unasked = false
        if (job !== null) return
        if (next !== null) leave(current)
        else playback.resume({ play: !platform.reducedMotion() })
        return
      }
      case 'aborted':
        leave(current)
        return
      case 'diverged':
        interrupted.forget(current.id)
        interrupted.erase(current.id)
        post(
          store,
          'error',
          `The training diverged at step ${String(reply.summary.steps)} and lower rates did not cure it. ` +
            'Another seed, a smaller sharpness or another objective may train.',
        )
        leave(current)
        return
      default:
        reply.outcome satisfies never
    }
  }

  /** Goes back to the run, or on to the waiting job. */
  function leave(left: Job): void {
    if (unasked) interrupted.tell(left, options.onResume)
    unasked = false
    if (next !== null) {
      const wanted = next
      next = null
      begin(wanted)
      return
    }
    interrupted.show()
    playback.resume({ play: !platform.reducedMotion() })
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
      if (!isCrash(error)) post(store, 'error', explain(error))
    })
  }

  return {
    get current() {
      return job
    },
    begin,
    end(forAnother) {
      if (job === null) return
      unasked = forAnother
      steer('abort')
    },
    steer,
    record(taken) {
      if (job === null) return
      checkpoint = taken
      interrupted.record({ id: job.id, checkpoint: taken })
    },
    recover() {
      if (job === null) return false
      const left = job
      const paused = store.getState().training.phase === 'paused'
      job = null
      if (ending) leave(left)
      else begin({ ...left, checkpoint, paused, restores: false })
      return true
    },
    abandon() {
      if (job === null) return false
      const left = job
      job = null
      next = null
      leave(left)
      return true
    },
  }
}

/** Posts whether a retrained energy equals the one that the link names. */
function tellRetrained(store: RunStore, { hash, summary }: TrainReply, asked: string): void {
  const same = hash === asked || asked === ''
  post(
    store,
    same ? 'info' : 'warning',
    same
      ? 'The energy of this link has been trained again from its recipe: the same weights.'
      : `The energy of this link has been trained again from its recipe on ${summary.backend}; ` +
          'its weights are not the same bit for bit, so numbers may differ in their last digits.',
  )
}
