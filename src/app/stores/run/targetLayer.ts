import type { Surroundings } from '../surroundings.ts'

/**
 * The target is drawn where somebody looks at that layer, and each run is asked for it once: the first particles do not
 * wait for it. @returns what asks, wherever the run or the layers may have changed
 */
export function createTargetLayer({
  client,
  scene,
  run,
}: Pick<Surroundings, 'client' | 'scene' | 'run'>): () => void {
  /** The run that was asked last. */
  let pictured: number | null = null
  return () => {
    const { run: ready } = run.getState()
    if (ready === null || ready.targetDensity !== null || ready.run === pictured) return
    if (!scene.getState().scene.view.layers.includes('target')) return
    const { run: id } = ready
    pictured = id
    client.call('targetDensity', { run: id }).then(
      (targetDensity) => {
        run.setState(({ run: now }) => (now?.run === id ? { run: { ...now, targetDensity } } : {}))
      },
      // The run has given way to another, or its worker has: the next one is asked.
      () => undefined,
    )
  }
}
