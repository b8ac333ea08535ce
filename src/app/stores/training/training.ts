import { CallError, isAbortError, isCrash } from '../../../lab/client/callError.ts'
import type { TrainingCheckpoint, TrainReply } from '../../../lab/protocol/calls.ts'
import { recoverScene } from '../../../lab/scene/reading/decode.ts'
import { sameTraining } from '../../../lab/scene/normalise.ts'
import type { SceneSpec, ShelfRecipe } from '../../../lab/scene/sceneSpec.ts'
import { explain } from '../explain.ts'
import { createLiveFrames } from '../run/liveFrames.ts'
import type { Playback } from '../run/playback.ts'
import { growLosses, NO_TRAINING, post } from '../run/runStore.ts'
import type { LateKeeping } from '../shelf/lateKeeping.ts'
import { targetName } from '../shelf/shelfStore.ts'
import type { Shelving } from '../shelf/shelving.ts'
import type { Surroundings } from '../surroundings.ts'

/** Follows one training at a time, from Train to the shelf, through pauses, reloads and crashes. */
export interface TrainingControl {
  /** From the first step, on the scene as it stands. */
  train(): void
  pause(): void
  /** What the stage offers: goes on from the checkpoint of this very training, where there is one. */
  learn(): void
  /** Goes on: from a pause, or from the checkpoint of an interrupted training; of several the last, or the one named. */
  resume(id?: string): void
  /** One Adam step, while paused. */
  step(): void
  /** The training under way once more from its first step. */
  startOver(): void
  /**
   * Ends the training under way; its last checkpoint can be resumed.
   * @param unasked whether something else that a person did ends it, so that it has to be said
   */
  interrupt(unasked?: boolean): void
  /** Forgets an interrupted training, which can be taken back; of several the last, or the one named. */
  discard(id?: string): void
  /** Interrupted trainings of an earlier visit, oldest first. @returns those that nothing can go on from */
  offer(found: readonly FoundTraining[]): readonly FoundTraining[]
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

export interface TrainingOptions extends Pick<
  Surroundings,
  'client' | 'platform' | 'scene' | 'run' | 'live' | 'shelf'
> {
  readonly playback: Pick<Playback, 'suspend' | 'resume'>
  /** Hands the worker the data to train on. */
  readonly provide: (scene: SceneSpec) => Promise<unknown>
  /** Where its checkpoints are kept. */
  readonly keeping: Pick<LateKeeping, 'safe' | 'ask'>
  readonly keep: Shelving['keep']
  /** A training takes the stage. */
  readonly onBegin: () => void
}

/** A training that was told to end and has not after so long, ms, is ended with its worker. */
const LONGEST_ENDING = 10_000

/** What storage holds of an interrupted training. */
export interface FoundTraining {
  readonly id: string
  readonly checkpoint: unknown
}

interface KeptTraining extends FoundTraining {
  readonly checkpoint: TrainingCheckpoint
}

/** Most interrupted trainings at once; of more the oldest makes room. */
const MOST_INTERRUPTED = 12

/** A training to start. */
interface Job {
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

export function createTraining(options: TrainingOptions): TrainingControl {
  const { platform, client, playback, scene: scenes, run: store, shelf, keeping } = options

  let job: Job | null = null
  /** Starts when the job under way has ended. */
  let next: Job | null = null
  /** The job under way has been told to end. */
  let ending = false
  /** The last one of the job under way. */
  let checkpoint: TrainingCheckpoint | null = null
  /** Every training that can be gone on with, oldest first, the one under way included. */
  let kept: readonly KeptTraining[] = []
  /** Whether the job under way ends for something else that was asked for. */
  let unasked = false

  const frames = createLiveFrames({
    client,
    platform,
    scene: scenes,
    live: options.live,
    on: () => (store.getState().training.phase === 'running' ? job : null),
  })

  const patch = (change: Partial<ReturnType<typeof store.getState>['training']>) => {
    store.setState(({ training }) => ({ training: { ...training, ...change } }))
  }

  /** Later trainings have later ids. */
  const newId = () => `${String(platform.today()).padStart(15, '0')}-${platform.uniqueId()}`

  function setKept(now: readonly KeptTraining[]): void {
    kept = now
    store.setState({
      interrupted: kept.flatMap(({ id, checkpoint: { scene, trainer } }) =>
        id === job?.id ? [] : [{ id, scene, step: trainer.step, steps: scene.training.steps ?? 0 }],
      ),
    })
  }

  function write(id: string, taken: TrainingCheckpoint): void {
    void keeping.safe('The checkpoint of this training', (library) =>
      library.putTraining(id, taken),
    )
  }

  function erase(id: string): void {
    void keeping.safe('The end of this training', (library) => library.removeTraining(id))
  }

  /** What a person calls the target of a training. */
  const nameOf = ({ target }: SceneSpec) => targetName(shelf.getState(), target)

  /** Takes down how far a training has come; one that has been there keeps its place. */
  function record(id: string, taken: TrainingCheckpoint): void {
    const entry = { id, checkpoint: taken }
    const known = kept.some((training) => training.id === id)
    setKept(known ? kept.map((old) => (old.id === id ? entry : old)) : [...kept, entry])
    write(id, taken)
    const [oldest] = kept
    if (kept.length > MOST_INTERRUPTED && oldest !== undefined) discard(oldest.id)
  }

  function forget(id: string): void {
    setKept(kept.filter((training) => training.id !== id))
  }

  function discard(id = kept.at(-1)?.id): void {
    const found = kept.find((training) => training.id === id)
    if (found === undefined || found.id === job?.id) return
    forget(found.id)
    erase(found.id)
    if (job === null) show()
    const name = nameOf(found.checkpoint.scene)
    post(store, 'info', `The interrupted training of ${name} was discarded.`, found.id, {
      action: {
        label: 'Undo',
        run: () => {
          setKept([found, ...kept].sort((a, b) => (a.id < b.id ? -1 : 1)))
          write(found.id, found.checkpoint)
          if (job === null) show()
        },
      },
    })
  }

  /** Says that a training was left, and how to go on with it. */
  function tellLeft({ id, scene }: Job): void {
    const left = kept.find((training) => training.id === id)
    const name = nameOf(scene)
    if (left === undefined) {
      post(store, 'info', `The training of ${name} was ended before its first step.`)
      return
    }
    const step = String(left.checkpoint.trainer.step)
    const steps = String(left.checkpoint.scene.training.steps ?? '?')
    post(
      store,
      'info',
      `The training of ${name} was left at step ${step} of ${steps}. Resume goes on from there.`,
      id,
      {
        action: {
          label: 'Resume',
          run: () => {
            resume(id)
          },
        },
      },
    )
  }

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
    setKept(kept)
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
      if (job !== current || isCrash(error)) return
      job = null
      const { checkpoint: from } = current
      // The trainer's own words where arrays are not those of its network.
      const said = error instanceof CallError ? `${error.message} ${error.details ?? ''}` : ''
      if (from !== null && said.includes('checkpoint: ')) {
        forget(current.id)
        keeping.ask((kept) => {
          kept.setAside({ id: current.id, checkpoint: from })
        })
      } else if (!isAbortError(error)) post(store, 'error', explain(error))
      leave(current)
    }
  }

  async function ended(current: Job, reply: TrainReply): Promise<void> {
    switch (reply.outcome) {
      case 'finished': {
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
        // The checkpoint goes when the energy is kept: where it is not, a reload trains the last steps again.
        const shelfId = current.missing?.id ?? null
        // It came to its end although something else had been asked for: that has the stage.
        const onStage = shelfId === null && !unasked && next === null
        try {
          const safe = await options.keep(reply, current.scene, { shelfId, onStage })
          forget(current.id)
          if (safe) erase(current.id)
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
        forget(current.id)
        erase(current.id)
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
    if (unasked) tellLeft(left)
    unasked = false
    if (next !== null) {
      const wanted = next
      next = null
      begin(wanted)
      return
    }
    show()
    playback.resume({ play: !platform.reducedMotion() })
  }

  /** While nothing is trained: the training that was interrupted last. */
  function show(): void {
    setKept(kept)
    const last = kept.at(-1)?.checkpoint
    if (last === undefined) {
      store.setState({ training: NO_TRAINING })
      return
    }
    store.setState({
      training: {
        ...NO_TRAINING,
        phase: 'interrupted',
        scene: last.scene,
        step: last.trainer.step,
        steps: last.scene.training.steps ?? 0,
        elapsedSeconds: last.elapsedSeconds,
        history: last.history,
      },
    })
  }

  function offer(found: readonly FoundTraining[]): readonly FoundTraining[] {
    const known = new Set(kept.map(({ id }) => id))
    const bad: FoundTraining[] = []
    const good = found.flatMap((one): readonly KeptTraining[] => {
      const decoded = decodeCheckpoint(one.checkpoint)
      if (decoded === null) bad.push(one)
      return decoded === null || known.has(one.id) ? [] : [{ id: one.id, checkpoint: decoded }]
    })
    setKept([...good, ...kept])
    if (job === null && kept.length > 0 && store.getState().training.phase === 'none') show()
    return bad
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

  const fresh = (scene: SceneSpec): Job => ({
    id: newId(),
    scene,
    checkpoint: null,
    missing: null,
  })

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
      record(job.id, taken)
    }),
  ]

  function train(): void {
    begin(fresh(trainable(scenes.getState().scene)))
  }

  function resume(id = job?.id ?? kept.at(-1)?.id): void {
    if (job !== null && id === job.id) {
      store.setState({ status: 'training' })
      patch({ phase: 'running' })
      frames.wake()
      steer('resume')
      return
    }
    const from = kept.find((training) => training.id === id)?.checkpoint
    if (id === undefined || from === undefined) return
    const { scene } = from
    begin({ id, scene, checkpoint: from, missing: null, restores: true })
  }

  return {
    get active() {
      return job !== null
    },
    train,
    learn() {
      const { scene } = scenes.getState()
      const found = kept.findLast(({ checkpoint: from }) => continues(from, scene))
      if (job !== null || found === undefined) train()
      else {
        const { id, checkpoint: from } = found
        const { training } = from.scene
        begin({ id, scene: { ...trainable(scene), training }, checkpoint: from, missing: null })
      }
    },
    pause() {
      if (job === null) return
      store.setState({ status: 'paused' })
      patch({ phase: 'paused' })
      steer('pause')
    },
    resume,
    step() {
      if (job !== null) steer('step')
    },
    startOver() {
      const { training } = store.getState()
      const scene = job?.scene ?? training.scene ?? trainable(scenes.getState().scene)
      begin({ id: job?.id ?? newId(), scene, checkpoint: null, missing: job?.missing ?? null })
    },
    interrupt(forAnother = false) {
      if (job === null) return
      unasked = forAnother
      steer('abort')
    },
    discard,
    offer,
    retrain(id, hash, recipe) {
      const { scene } = scenes.getState()
      const { seed, target, training } = recipe
      const missing = { id, hash }
      post(
        store,
        'info',
        'This link names an energy that is not in this browser; it is being trained again from its recipe.',
      )
      const wanted: SceneSpec = { ...scene, seed, target, training, energy: { kind: 'trained' } }
      // Where its training was interrupted before, it goes on from there.
      const found = kept.findLast(({ checkpoint: from }) => continues(from, wanted))
      begin({ ...fresh(wanted), ...found, missing })
    },
    recover() {
      if (job === null) return false
      const interrupted = job
      const paused = store.getState().training.phase === 'paused'
      job = null
      if (ending) leave(interrupted)
      else begin({ ...interrupted, checkpoint, paused, restores: false })
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

/** What storage holds as a checkpoint that this version can go on from; null where it is none. */
export function decodeCheckpoint(found: unknown): TrainingCheckpoint | null {
  if (!isRecord(found) || !isRecord(found.trainer) || !isRecord(found.scene)) return null
  const { trainer, elapsedSeconds, history, best, lossWindow } = found
  const { scene, problems } = recoverScene(found.scene)
  const good =
    isNumber(elapsedSeconds) &&
    Array.isArray(history) &&
    history.every(isTrainingPoint) &&
    (best === null ||
      (isRecord(best) &&
        isNumber(best.step) &&
        isNumber(best.crossEntropy) &&
        best.theta instanceof Float32Array)) &&
    isRecord(lossWindow) &&
    isNumber(lossWindow.sum) &&
    isNumber(lossWindow.count) &&
    Number.isSafeInteger(trainer.step) &&
    isRecord(trainer.arrays) &&
    Object.values(trainer.arrays).every(
      (array) =>
        (array instanceof Float32Array || array instanceof Float64Array) &&
        array.every(Number.isFinite),
    ) &&
    isRecord(trainer.scalars) &&
    Object.values(trainer.scalars).every((value) => typeof value === 'number') &&
    problems.length === 0
  return good ? { ...(found as unknown as TrainingCheckpoint), scene } : null
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isTrainingPoint(value: unknown): boolean {
  return (
    isRecord(value) &&
    isNumber(value.step) &&
    [value.klDataModel, value.crossEntropy].every((each) => each === null || isNumber(each))
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
