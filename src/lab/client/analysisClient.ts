import type { AnalysisInput, Events, Extras, PackedAnalysis } from '../protocol/calls.ts'
import { createComputeClient, type WorkerLike } from './computeClient.ts'
import { spawnWorker } from './spawnWorker.ts'

export interface AnalysisClient {
  /**
   * Follows the laws of a run; a later call aborts the pending one. Rejects as `ComputeClient.call` does; after any number
   * of crashes the next call finds a new worker.
   */
  analyse(run: number, input: AnalysisInput, signal: AbortSignal): Promise<PackedAnalysis>
  /** Works out an extra for the run whose laws were followed last; null where the worker no longer knows it. */
  workOut(
    run: number,
    extra: keyof Extras,
    signal: AbortSignal,
  ): Promise<Extras[keyof Extras] | null>
  /** Adds a listener for the reports before the last. */
  onReport(handler: (event: Events['analysis']) => void): void
  dispose(): void
}

/** The client of the analysis worker, which starts at the first call, so that the first particles do not wait for it. */
export function createAnalysisClient(
  options: { readonly spawn?: () => WorkerLike } = {},
): AnalysisClient {
  const spawn = options.spawn ?? ((): WorkerLike => spawnWorker('analysis'))
  const handlers = new Set<(event: Events['analysis']) => void>()
  let client: ReturnType<typeof createComputeClient> | null = null

  function open(): ReturnType<typeof createComputeClient> {
    if (client !== null) {
      client.revive()
      return client
    }
    client = createComputeClient({ spawn, name: 'analysis worker' })
    client.on('analysis', (event) => {
      for (const handler of handlers) handler(event)
    })
    return client
  }

  return {
    analyse: (run, input, signal) => open().call('analyse', { run, input }, { signal }),
    workOut: (run, extra, signal) => open().call('workOut', { run, extra }, { signal }),
    onReport(handler) {
      handlers.add(handler)
    },
    dispose() {
      client?.dispose()
      handlers.clear()
    },
  }
}
