import type { TrainingCheckpoint } from '../../../lab/protocol/calls.ts'
import { sameTraining } from '../../../lab/scene/normalise.ts'
import type { SceneSpec } from '../../../lab/scene/sceneSpec.ts'
import { NO_TRAINING, post } from '../run/runStore.ts'
import type { LateKeeping } from '../shelf/lateKeeping.ts'
import { targetName } from '../shelf/shelfStore.ts'
import type { Surroundings } from '../surroundings.ts'

/** An interrupted training as storage holds it. */
export interface FoundTraining {
  readonly id: string
  readonly checkpoint: unknown
}

export interface KeptTraining extends FoundTraining {
  readonly checkpoint: TrainingCheckpoint
}

/** The trainings that can be resumed, oldest first and including the one under way, on the page and in storage. */
export interface InterruptedTrainings {
  /** Records the checkpoint of a training; a known training keeps its place in the order. */
  record(training: KeptTraining): void
  /** The training `id`; default: the last one. */
  find(id?: string): KeptTraining | undefined
  /** The last training that trains the energy of a scene. */
  continuing(scene: SceneSpec): KeptTraining | undefined
  /** Takes a training off the page; storage keeps it. */
  forget(id: string): void
  /** Removes a training from storage. */
  erase(id: string): void
  /** Removes the training `id`, default the last one, from page and storage; the visitor can undo this. */
  discard(id?: string): void
  /** Takes up the trainings of an earlier visit, oldest first. */
  offer(found: readonly KeptTraining[]): void
  /** Stops offering a training that cannot be continued, and keeps its record for export. */
  setAside(training: KeptTraining): void
  /** Posts a notice that a training was left and how to resume it. */
  tell(
    left: Pick<KeptTraining, 'id'> & { readonly scene: SceneSpec },
    resume: (id: string) => void,
  ): void
  /** Called when another training is under way, or none; without one, shows the last interrupted training. */
  show(): void
}

export interface InterruptedOptions extends Pick<Surroundings, 'run' | 'shelf'> {
  readonly keeping: Pick<LateKeeping, 'safe' | 'ask'>
  /** Id of the training under way; null without one. */
  readonly underWay: () => string | null
}

/** Most trainings at once; beyond it the oldest is dropped. */
const MOST = 12

export function createInterruptedTrainings(options: InterruptedOptions): InterruptedTrainings {
  const { run, shelf, keeping, underWay } = options
  let kept: readonly KeptTraining[] = []

  function setKept(now: readonly KeptTraining[]): void {
    kept = now
    run.setState({
      interrupted: kept.flatMap(({ id, checkpoint: { scene, trainer } }) =>
        id === underWay()
          ? []
          : [{ id, scene, step: trainer.step, steps: scene.training.steps ?? 0 }],
      ),
    })
  }

  function write({ id, checkpoint }: KeptTraining): void {
    void keeping.safe('The checkpoint of this training', (library) =>
      library.putTraining(id, checkpoint),
    )
  }

  function erase(id: string): void {
    void keeping.safe('The end of this training', (library) => library.removeTraining(id))
  }

  const find = (id = kept.at(-1)?.id) => kept.find((training) => training.id === id)

  function forget(id: string): void {
    setKept(kept.filter((training) => training.id !== id))
  }

  function discard(id?: string): void {
    const found = find(id)
    if (found === undefined || found.id === underWay()) return
    forget(found.id)
    erase(found.id)
    show()
    const name = targetName(shelf.getState(), found.checkpoint.scene.target)
    post(run, 'info', `The interrupted training of ${name} was discarded.`, found.id, {
      action: {
        label: 'Undo',
        run: () => {
          setKept([found, ...kept].sort((a, b) => (a.id < b.id ? -1 : 1)))
          write(found)
          show()
        },
      },
    })
  }

  function show(): void {
    setKept(kept)
    if (underWay() !== null) return
    const last = kept.at(-1)?.checkpoint
    run.setState({
      training:
        last === undefined
          ? NO_TRAINING
          : {
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

  return {
    record(training) {
      const { id } = training
      const known = kept.some((old) => old.id === id)
      setKept(known ? kept.map((old) => (old.id === id ? training : old)) : [...kept, training])
      write(training)
      const [oldest] = kept
      if (kept.length > MOST && oldest !== undefined) discard(oldest.id)
    },
    find,
    continuing: (scene) => kept.findLast(({ checkpoint }) => continues(checkpoint, scene)),
    forget,
    erase,
    discard,
    offer(found) {
      const known = new Set(kept.map(({ id }) => id))
      setKept([...found.filter(({ id }) => !known.has(id)), ...kept])
      if (kept.length > 0 && run.getState().training.phase === 'none') show()
    },
    setAside(training) {
      forget(training.id)
      keeping.ask((shelfKeeping) => {
        shelfKeeping.setAside(training)
      })
    },
    tell({ id, scene }, resume) {
      const name = targetName(shelf.getState(), scene.target)
      const left = find(id)?.checkpoint
      if (left === undefined) {
        post(run, 'info', `The training of ${name} was ended before its first step.`)
        return
      }
      const step = String(left.trainer.step)
      const steps = String(left.scene.training.steps ?? '?')
      const goOn = () => {
        resume(id)
      }
      post(
        run,
        'info',
        `The training of ${name} was left at step ${step} of ${steps}. Resume goes on from there.`,
        id,
        { action: { label: 'Resume', run: goOn } },
      )
    },
    show,
  }
}

/** Whether a checkpoint belongs to the training of a scene; it holds a budget in seconds as a number of steps. */
function continues({ scene: begun }: TrainingCheckpoint, scene: SceneSpec): boolean {
  const steps = scene.training.steps ?? begun.training.steps
  return sameTraining(begun, { ...scene, training: { ...scene.training, steps, seconds: null } })
}
