import type { Lab } from '../stores/lab.ts'

/** How long the parts of the page wait for particles that do not come, ms: their files may be late, or a scene refused. */
const PATIENCE = 1000

/** Resolves when the first particles have moved, or are not going to by themselves. */
export function opening({ live, run }: Pick<Lab, 'live' | 'run'>): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      const { status, run: ready } = run.getState()
      const isComing = status === 'running' || (status === 'idle' && ready === null)
      if (isComing && live.getState().step === 0) return
      rest()
      // They are painted on the next frame, and what follows need not be in its way.
      requestAnimationFrame(() => setTimeout(resolve))
    }
    const stops = [live.subscribe(look), run.subscribe(look)]
    const rest = () => {
      for (const stop of stops) stop()
    }
    setTimeout(() => {
      rest()
      resolve()
    }, PATIENCE)
    look()
  })
}
