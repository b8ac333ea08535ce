import type { ShelfRecipe, SceneSpec } from '../../../lab/scene/sceneSpec.ts'
import type { TrainingProgress } from '../../../lab/protocol/calls.ts'
import { createLiveFrames } from '../run/liveFrames.ts'
import { growLosses, post, type TrainingState } from '../run/runStore.ts'
import type { LateKeeping } from '../shelf/lateKeeping.ts'
import type { Surroundings } from '../surroundings.ts'
import { createInterruptedTrainings, type KeptTraining } from './interrupted.ts'
import { createJobs, type Job, type JobsOptions } from './jobs.ts'

/** Controls one training at a time, from Train to the shelf, through pauses, reloads and crashes. */
export interface TrainingControl {
  /** Trains the current scene from the first step. */
  train(): void
  pause(): void
  /** Trains the current scene, from the checkpoint of the same training where there is one. */
  learn(): void
  /** Resumes a paused training, or the interrupted training `id`; default: the last one. */
  resume(id?: string): void
  /** Makes one Adam step while paused. */
  step(): void
  /** Restarts the training under way from its first step. */
  startOver(): void
  /**
   * Ends the training under way; its last checkpoint can be resumed.
   * @param unasked whether another action of the visitor ends it, so that a notice must report that
   */
  interrupt(unasked?: boolean): void
  /** Forgets the interrupted training `id`, default the last one; the visitor can undo this. */
  discard(id?: string): void
  /** Takes up the interrupted trainings of an earlier visit, oldest first. */
  offer(found: readonly KeptTraining[]): void
  /** Trains an energy that a link names and this browser lacks. */
  retrain(id: string, hash: string, recipe: ShelfRecipe): void
  /** @param seen whether any of the stage is on screen; otherwise the training goes on and its particles rest */
  watch(seen: boolean): void
  /** Called after the worker was restarted. @returns whether a training went on */
  recover(): boolean
  /** Leaves the training at its last checkpoint after the worker has crashed too often. @returns whether there was one */
  abandon(): boolean
  readonly active: boolean
  dispose(): void
}

export interface TrainingOptions
  extends Omit<JobsOptions, 'interrupted' | 'onResume'>, Pick<Surroundings, 'live' | 'shelf'> {
  /** Storage of the checkpoints. */
  readonly keeping: Pick<LateKeeping, 'safe' | 'ask'>
}

export function createTraining(options: TrainingOptions): TrainingControl {
  const { client, platform, scene: scenes, run: store } = options

  const frames = createLiveFrames({
    ...options,
    on: () => (store.getState().training.phase === 'running' ? jobs.current : null),
  })
  const interrupted = createInterruptedTrainings({
    ...options,
    underWay: () => jobs.current?.id ?? null,
  })
  const jobs = createJobs({
    ...options,
    interrupted,
    onBegin: () => {
      options.onBegin()
      frames.restart()
    },
    onResume: resume,
  })

  const patch = (change: Partial<TrainingState>) => {
    store.setState(({ training }) => ({ training: { ...training, ...change } }))
  }

  /** Later trainings have later ids. */
  const newId = () => `${String(platform.today()).padStart(15, '0')}-${platform.uniqueId()}`

  const fresh = (scene: SceneSpec): Job => ({ id: newId(), scene, checkpoint: null, missing: null })

  const unlisten = [
    client.on('trainingProgress', (progress) => {
      if (jobs.current === null) return
      store.setState(({ training }) => ({
        status: progress.paused ? 'paused' : 'training',
        training: advanced(training, progress),
      }))
      frames.wake()
    }),
    client.on('landscape', ({ landscape, tableError }) => {
      if (jobs.current === null) return
      store.setState({ landscape })
      patch({ tableError })
    }),
    client.on('checkpoint', (taken) => {
      jobs.record(taken)
    }),
  ]

  function train(): void {
    jobs.begin(fresh(trainable(scenes.getState().scene)))
  }

  function resume(id = jobs.current?.id ?? interrupted.find()?.id): void {
    if (jobs.current !== null && id === jobs.current.id) {
      store.setState({ status: 'training' })
      patch({ phase: 'running' })
      frames.wake()
      jobs.steer('resume')
      return
    }
    const from = id === undefined ? undefined : interrupted.find(id)
    if (from === undefined) return
    jobs.begin({ ...from, scene: from.checkpoint.scene, missing: null, restores: true })
  }

  return {
    get active() {
      return jobs.current !== null
    },
    train,
    learn() {
      const { scene } = scenes.getState()
      const found = interrupted.continuing(scene)
      if (jobs.current !== null || found === undefined) train()
      else {
        const { training } = found.checkpoint.scene
        jobs.begin({ ...found, scene: { ...trainable(scene), training }, missing: null })
      }
    },
    pause() {
      if (jobs.current === null) return
      store.setState({ status: 'paused' })
      patch({ phase: 'paused' })
      jobs.steer('pause')
    },
    resume,
    step() {
      if (jobs.current !== null) jobs.steer('step')
    },
    startOver() {
      const { current } = jobs
      const { training } = store.getState()
      const scene = current?.scene ?? training.scene ?? trainable(scenes.getState().scene)
      const id = current?.id ?? newId()
      jobs.begin({ id, scene, checkpoint: null, missing: current?.missing ?? null })
    },
    interrupt(unasked = false) {
      jobs.end(unasked)
    },
    discard(id) {
      interrupted.discard(id)
    },
    offer(found) {
      interrupted.offer(found)
    },
    retrain(id, hash, recipe) {
      const { seed, target, training } = recipe
      post(
        store,
        'info',
        'This link names an energy that is not in this browser; it is being trained again from its recipe.',
      )
      const wanted = trainable({ ...scenes.getState().scene, seed, target, training })
      // Continues an interrupted training of the same energy.
      const found = interrupted.continuing(wanted)
      jobs.begin({ ...fresh(wanted), ...found, missing: { id, hash } })
    },
    recover: () => jobs.recover(),
    abandon: () => jobs.abandon(),
    watch(seen) {
      frames.watch(seen)
    },
    dispose() {
      for (const stop of unlisten) stop()
      frames.dispose()
    },
  }
}

/** The scene with a trained energy in place of the one on the stage. */
function trainable(scene: SceneSpec): SceneSpec {
  return { ...scene, energy: { kind: 'trained' } }
}

/** The state of a training after an event on its progress. */
function advanced(training: TrainingState, progress: TrainingProgress): TrainingState {
  const { step, steps, elapsedSeconds, remainingSeconds, stepsPerSecond } = progress
  const last = training.history.at(-1)?.step ?? -1
  const fresh = progress.history.filter((point) => point.step > last)
  return {
    ...training,
    ...{ step, steps, elapsedSeconds, remainingSeconds, stepsPerSecond },
    phase: progress.paused ? 'paused' : 'running',
    stage: progress.phase,
    losses: growLosses(training.losses, progress.losses),
    chains: progress.chains,
    history: fresh.length === 0 ? training.history : [...training.history, ...fresh],
  }
}
