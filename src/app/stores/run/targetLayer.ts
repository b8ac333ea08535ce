import type { Surroundings } from '../surroundings.ts'

/**
 * Requests the target's density once per run, only where the scene shows that layer, so that the first particles do not
 * wait for it. @returns the function to call when the run or the layers may have changed
 */
export function createTargetLayer({
  client,
  scene,
  run,
}: Pick<Surroundings, 'client' | 'scene' | 'run'>): () => void {
  /** The run of the last request. */
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
      // The run or its worker has been replaced; the next run gets its own request.
      () => undefined,
    )
  }
}
