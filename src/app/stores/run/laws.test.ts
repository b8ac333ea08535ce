import { describe, expect, it } from 'vitest'
import type { AnalysisClient } from '../../../lab/client/analysisClient.ts'
import { CallError } from '../../../lab/client/callError.ts'
import type { ComputeClient } from '../../../lab/client/computeClient.ts'
import type { PackedAnalysis, RunReady } from '../../../lab/protocol/calls.ts'
import { createLaws } from './laws.ts'
import type { Platform } from '../platform.ts'
import { createRunStore } from './runStore.ts'

const settle = async () => {
  for (let i = 0; i < 30; i++) await Promise.resolve()
}
const ready = (run: number) =>
  ({ run, trained: true, scene: { dynamics: { steps: 3 } } }) as unknown as RunReady

/** Laws over an analysis worker that meets each call with the next of some errors, then answers. */
function follow(meets: Error[]) {
  const run = createRunStore()
  const attached: PackedAnalysis[] = []
  const asked: number[] = []
  let last: PackedAnalysis | null = null
  const analysis: AnalysisClient = {
    analyse(id) {
      asked.push(id)
      const error = meets.shift()
      return error === undefined ? Promise.resolve(last!) : Promise.reject(error)
    },
    onReport: () => undefined,
    dispose: () => undefined,
  }
  const call = (name: string, request: { readonly report: PackedAnalysis }) => {
    if (name === 'attach') attached.push(request.report)
    return Promise.resolve(null)
  }
  const laws = createLaws({
    analysis,
    client: { call } as unknown as Pick<ComputeClient, 'call'>,
    platform: {
      after: (_ms: number, callback: () => void) => {
        callback()
        return () => undefined
      },
    } as unknown as Platform,
    run,
    refreshStops: () => undefined,
  })
  const answers = (report: PackedAnalysis) => (last = report)
  return { laws, run, attached, asked, answers }
}

describe('an analysis worker that does not answer', () => {
  const crash = () => new CallError('crashed', 'gone', null)

  it('is asked once more, then the laws are known to be missing: nothing is followed for ever', async () => {
    const { laws, run, attached, asked } = follow([crash(), crash()])
    laws.follow(ready(1))
    await settle()
    expect(asked).toEqual([1, 1])
    const { analysis, notices } = run.getState()
    expect(analysis).toMatchObject({
      stage: 'done',
      exactTo: -1,
      curves: { klExact: Array(4).fill(null) },
    })
    expect(analysis?.unresolved).not.toBeNull()
    // The run, whose criteria wait for it, is told as well.
    expect(attached.map(({ stage }) => stage)).toEqual(['done'])
    expect(notices).toHaveLength(1)
  })

  it('is not asked again where it fails without dying, and the next run is followed', async () => {
    const { laws, run, asked, answers } = follow([
      new CallError('failed', 'Array buffer allocation failed', null),
    ])
    laws.follow(ready(1))
    await settle()
    expect(asked).toEqual([1])
    expect(run.getState().notices).toHaveLength(1)
    const { analysis } = run.getState()
    const lists = (length: number) => new Float64Array(length)
    answers({
      ...analysis!,
      curves: { ...analysis!.curves, klExact: lists(4) } as unknown as PackedAnalysis['curves'],
      foldedMass: lists(4),
      exactTo: 3,
      unresolved: null,
    })
    laws.follow(ready(2))
    await settle()
    expect(asked).toEqual([1, 2])
    expect(run.getState().analysis).toMatchObject({ exactTo: 3, curves: { klExact: [0, 0, 0, 0] } })
    expect(run.getState().notices).toEqual([])
  })
})
