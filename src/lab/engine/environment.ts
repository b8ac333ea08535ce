import type { EventName, Events } from '../protocol/calls.ts'
import type { OpenBackendOptions } from '../../learning/training/api.ts'
import type { AssetReader } from './energies/assets.ts'

/** What the engine uses of the outside world; it has no clock, no files and no event loop of its own. */
export interface Environment {
  readonly assets: AssetReader
  /** Wall time in seconds, from any origin. The only number of a run that depends on it is `seconds` itself. */
  readonly clock: () => number
  /** Resolves when the waiting messages have been handled; takes no time without waiting messages. */
  readonly pause: () => Promise<void>
  readonly emit: <K extends EventName>(name: K, payload: Events[K]) => void
  /** Called between pieces of work; the headless runner prints `words()`, and the page does not set this. */
  readonly working?: (words: () => string) => void
  /** The compiled energy.wasm; called by the tables of networks, and for each backend that is opened. */
  readonly kernelModule: OpenBackendOptions['kernelModule']
  /** The compiled sampler.wasm; called once. */
  readonly samplerModule: () => Promise<WebAssembly.Module>
}

/** Longest time in seconds that the engine computes without letting messages in. */
const SLICE = 0.012

/** Calls `pause` when a slice of time is used up; cheap enough to ask after every small piece of work. */
export class Slicer {
  private readonly environment: Pick<Environment, 'clock' | 'pause'>
  private started: number

  constructor(environment: Pick<Environment, 'clock' | 'pause'>) {
    this.environment = environment
    this.started = environment.clock()
  }

  async breathe(): Promise<void> {
    if (this.environment.clock() - this.started < SLICE) return
    await this.environment.pause()
    this.started = this.environment.clock()
  }

  /**
   * Does work piece by piece and lets messages in between two pieces.
   * @param check called after every piece; may throw to end the work there
   */
  async drain<Result>(work: Generator<unknown, Result>, check?: () => void): Promise<Result> {
    for (;;) {
      const next = work.next()
      if (next.done === true) return next.value
      await this.breathe()
      check?.()
    }
  }
}
