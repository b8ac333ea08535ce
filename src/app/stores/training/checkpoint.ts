import type { TrainingCheckpoint } from '../../../lab/protocol/calls.ts'
import { recoverScene } from '../../../lab/scene/reading/decode.ts'
import type { FoundTraining, KeptTraining } from './interrupted.ts'

/** Splits the stored trainings into those that this version can resume and the rest. */
export function readCheckpoints(found: readonly FoundTraining[]): {
  readonly good: readonly KeptTraining[]
  readonly bad: readonly FoundTraining[]
} {
  const good: KeptTraining[] = []
  const bad: FoundTraining[] = []
  for (const { id, checkpoint } of found) {
    const decoded = decodeCheckpoint(checkpoint)
    if (decoded === null) bad.push({ id, checkpoint })
    else good.push({ id, checkpoint: decoded })
  }
  return { good, bad }
}

/** A stored record as a checkpoint that this version can resume; null where it is none. */
export function decodeCheckpoint(found: unknown): TrainingCheckpoint | null {
  if (!isRecord(found) || !isRecord(found.trainer) || !isRecord(found.scene)) return null
  const { trainer, elapsedSeconds, history, lossWindow } = found
  const { scene, problems } = recoverScene(found.scene)
  const good =
    isNumber(elapsedSeconds) &&
    Array.isArray(history) &&
    history.every(isTrainingPoint) &&
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
    [value.klDataModel, value.crossEntropy].every((each) => each === null || isNumber(each)) &&
    (value.chains === undefined ||
      (isRecord(value.chains) && Object.values(value.chains).every(isNumber)))
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
