import type { AnalysisInput, Events, PackedAnalysis } from '../protocol/calls.ts'
import { createComputeClient, type WorkerLike } from './computeClient.ts'
import { spawnWorker } from './spawnWorker.ts'

export interface AnalysisClient {
  /**
   * Follows the laws of a run; a later call aborts the one before it. Rejects as `ComputeClient.call` does; after crashes,
   * however many, the next call finds a fresh worker.
   */
  analyse(run: number, input: AnalysisInput, signal: AbortSignal): Promise<PackedAnalysis>
  /** Listens to what is known on the way. */
  onReport(handler: (event: Events['analysis']) => void): void
  dispose(): void
}

/** The analysis worker, started when it is first needed: the first particles come before it. */
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
    onReport(handler) {
      handlers.add(handler)
    },
    dispose() {
      client?.dispose()
      handlers.clear()
    },
  }
}
