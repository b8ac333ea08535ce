import { within } from '../../../learning/kernels/deadline.ts'
import { Aborted } from '../refusal.ts'

/** What is under way may take this many seconds more when nobody wants it any more. */
const GRACE = 2

/** Waits for a device, one at a time, that can be left: one that hangs keeps nobody from stopping a training. */
export class Leaving {
  private reject: ((error: Aborted) => void) | null = null

  /** What a promise brings; rejects with `Aborted` when it is left. */
  wait<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.reject = reject
      promise.then(resolve, reject)
    }).finally(() => {
      this.reject = null
    })
  }

  /** Leaves what is waited for, unless all is done soon. */
  leave(done: Promise<unknown>): void {
    within(GRACE, 'the training', done).catch(() => this.reject?.(new Aborted()))
  }
}
