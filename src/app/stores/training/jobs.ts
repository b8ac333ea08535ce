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
  /** Stands at its first step until told to go. */
  readonly paused?: boolean
  readonly checkpoint: TrainingCheckpoint | null
  /** Set when a link's missing energy is trained again. */
  readonly missing: { readonly id: string; readonly hash: string } | null
  /** Whether the scene on the stage becomes the one that is trained. */
  readonly restores?: boolean
}

/** The one training in the worker, from its beginning to its end, and the one that waits for that end. */
export interface Jobs {
  readonly current: Job | null
  /** Begins, as soon as the job under way has ended. */
  begin(job: Job): void
  /** Tells the job under way to end. @param unasked whether something else ends it, so that it has to be said */
  end(unasked: boolean): void
  steer(action: 'pause' | 'resume' | 'step' | 'abort'): void
  record(checkpoint: TrainingCheckpoint): void
  /** After the worker was restarted: goes on from the last checkpoint. @returns whether there was a job */
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
  /** A training takes the stage. */
  readonly onBegin: () => void
  /** A person goes on with one that was left. */
  readonly onResume: (id: string) => void
}

/** A training that was told to end and has not after so long, ms, is ended with its worker. */
const LONGEST_ENDING = 10_000

export function createJobs(options: JobsOptions): Jobs {
  const { client, platform, playback, scene: scenes, run: store, interrupted } = options

  let job: Job | null = null
  /** Starts when the job under way has ended. */
  let next: Job | null = null
  /** The job under way has been told to end. */
  let ending = false
  /** The last one of the job under way. */
  let checkpoint: TrainingCheckpoint | null = null
  /** Whether the job under way ends for something else that was asked for. */
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
      // A crash is answered by `recover`, which starts the job again from its checkpoint.
      if (job !== current || isCrash(error)) return
      job = null
      const { checkpoint: from } = current
      // The trainer's own words where arrays are not those of its network.
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
        // The checkpoint goes when the energy is kept: where it is not, a reload trains the last steps again.
        const shelfId = current.missing?.id ?? null
        // It came to its end although something else had been asked for: that has the stage.
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

  /** Back to the run, or on to the job that waits. */
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

/** Whether what a link names came out the same. */
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
