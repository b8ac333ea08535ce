import { within } from '../../../learning/kernels/deadline.ts'
import { Aborted } from '../refusal.ts'

/** Seconds that a training has to end by itself before `leave` gives up its wait. */
const GRACE = 2

/** Waits for one promise of a device at a time; `leave` gives the wait up, so that a training can end although a device hangs. */
export class Leaving {
  private reject: ((error: Aborted) => void) | null = null

  /** Settles as `promise` does, or rejects with `Aborted` when `leave` gives up. */
  wait<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.reject = reject
      promise.then(resolve, reject)
    }).finally(() => {
      this.reject = null
    })
  }

  /** Gives up the current wait unless `done` resolves within GRACE seconds. */
  leave(done: Promise<unknown>): void {
    within(GRACE, 'the training', done).catch(() => this.reject?.(new Aborted()))
  }
}
