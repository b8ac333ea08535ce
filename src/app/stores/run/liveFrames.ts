import { CallError, isAbortError } from '../../../lab/client/callError.ts'
import type { LiveFrame } from '../../../lab/protocol/calls.ts'
import { cloudsOf, showFrame } from './cloudStore.ts'
import type { Surroundings } from '../surroundings.ts'

export interface LiveFramesOptions extends Pick<
  Surroundings,
  'client' | 'platform' | 'scene' | 'live'
> {
  /** The training whose energy the particles move on; null without one. Frames of an earlier one are dropped. */
  readonly on: () => object | null
}

/**
 * Moves particles on an energy under training, with at most one call in flight. Requests animation frames only
 * while the particles move and are seen.
 */
export interface LiveFrames {
  /** Counts the steps from 0 again. */
  restart(): void
  /** Starts to move the particles if there is an energy to move on. */
  wake(): void
  /** @param seen whether any of the particles are on screen */
  watch(seen: boolean): void
  dispose(): void
}

/** Shortest time between two pictures of the particles, ms. */
const INTERVAL = 40

export function createLiveFrames({
  client,
  platform,
  scene,
  live,
  on,
}: LiveFramesOptions): LiveFrames {
  let busy = false
  let step = 0
  let last = -Infinity
  let seen = true
  let unframe: (() => void) | null = null
  let shown: LiveFrame | null = null
  let spare: readonly Float32Array[] = []

  async function move(steps: number): Promise<void> {
    const current = on()
    busy = true
    try {
      const given = spare
      spare = []
      const frame = await client.call('liveFrame', { steps, spare: given })
      if (frame === null || on() !== current) return
      step += steps
      showFrame(live, { step, companion: null, ...frame }, true)
      if (shown !== null) spare = cloudsOf(shown)
      shown = frame
    } catch (error) {
      if (!isAbortError(error) && !(error instanceof CallError)) throw error
    } finally {
      busy = false
    }
  }

  function wake(): void {
    if (unframe !== null || on() === null || !seen || platform.reducedMotion()) return
    unframe = platform.onFrame((now) => {
      if (on() === null) {
        sleep()
        return
      }
      if (busy || now - last < INTERVAL) return
      const { speed } = scene.getState().scene.view
      const elapsed = Math.min(0.25, Math.max(0, (now - last) / 1000))
      last = now
      void move(Math.max(1, Math.round(speed * elapsed)))
    })
  }

  function sleep(): void {
    unframe?.()
    unframe = null
  }

  return {
    restart() {
      step = 0
    },
    wake,
    watch(now) {
      if (now === seen) return
      seen = now
      if (seen) wake()
      else sleep()
    },
    dispose: sleep,
  }
}
