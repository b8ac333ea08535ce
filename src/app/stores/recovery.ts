import type { Crash } from '../../lab/client/computeClient.ts'
import type { Playback } from './run/playback.ts'
import { post } from './run/runStore.ts'
import type { Surroundings } from './surroundings.ts'
import type { LiveTrainingControl } from './training/liveTraining.ts'
import type { TrainingControl } from './training/training.ts'

/** The parts that may have the stage; the first one that has it recovers or stops. */
interface OnStage {
  readonly following: Pick<LiveTrainingControl, 'recover' | 'abandon'>
  readonly training: Pick<TrainingControl, 'recover' | 'abandon' | 'active'>
  readonly playback: Pick<Playback, 'recover' | 'fail'>
}

/** After a crash of the compute worker, recovers the part on the stage, or stops it without a worker, and posts a notice. */
export function recover(
  { message, restarted }: Crash,
  { run }: Pick<Surroundings, 'run'>,
  { following, training, playback }: OnStage,
  reload: () => void,
): void {
  const followed = restarted ? following.recover() : following.abandon()
  const went = !followed && (restarted ? training.recover() : training.abandon())
  if (!followed && !went) {
    if (restarted) playback.recover()
    else playback.fail()
  }
  const { step } = run.getState().training
  const then = followed
    ? '; the live training begins again.'
    : !training.active
      ? '.'
      : step > 0
        ? '; the training goes on from its last checkpoint.'
        : '; the training begins again.'
  const text = restarted
    ? `The compute worker stopped and was started again${then}`
    : 'The compute worker stopped again and again. What you made is kept; Play, Train or any other scene tries once more.'
  const more = restarted ? {} : { action: { label: 'Reload', run: reload } }
  const said = { text, details: message }
  post(run, restarted ? 'warning' : 'error', said, 'compute worker', more)
}
