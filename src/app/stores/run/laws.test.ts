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

const COUPLING = { lag: 7, pairs: 512, unmet: 0, curves: null }

/** Laws over an analysis worker that meets each call with the next of some errors, then answers. */
function follow(meets: Error[]) {
  const run = createRunStore()
  const attached: PackedAnalysis[] = []
  const asked: number[] = []
  let last: PackedAnalysis | null = null
  const proofs: number[] = []
  const couplings: number[] = []
  const analysis: AnalysisClient = {
    analyse(id) {
      asked.push(id)
      const error = meets.shift()
      return error === undefined ? Promise.resolve(last!) : Promise.reject(error)
    },
    workOut(id, extra) {
      if (extra === 'coupling') {
        couplings.push(id)
        return Promise.resolve(COUPLING)
      }
      proofs.push(id)
      return id === 3
        ? Promise.reject(new Error('gone'))
        : Promise.resolve({ value: 0.25, cells: 128 })
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
  return { laws, run, attached, asked, answers, proofs, couplings }
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

describe('the proof of the gap', () => {
  const known = () => {
    const followed = follow([])
    const list = () => new Float64Array(4)
    followed.answers({
      stage: 'done',
      curves: { klExact: list() } as unknown as PackedAnalysis['curves'],
      foldedMass: list(),
      exactTo: 3,
    } as unknown as PackedAnalysis)
    return followed
  }
  const bound = { value: 0.25, cells: 128 }

  it('is made for those who look at it, once the laws are known, and the run is told', async () => {
    const { laws, run, attached, proofs } = known()
    laws.follow(ready(1))
    await settle()
    expect(proofs).toEqual([])
    laws.workOut('test', ['spectralGapBound'])
    await settle()
    expect(proofs).toEqual([1])
    expect(run.getState().analysis?.spectralGapBound).toEqual(bound)
    expect(attached.map(({ spectralGapBound }) => spectralGapBound)).toEqual([undefined, bound])
    // Looked at again, it is there.
    laws.workOut('test', [])
    laws.workOut('test', ['spectralGapBound'])
    await settle()
    expect(proofs).toEqual([1])
  })

  it('is made for every later run while it is looked at, and not after', async () => {
    const { laws, proofs } = known()
    laws.workOut('test', ['spectralGapBound'])
    await settle()
    expect(proofs).toEqual([])
    for (const id of [1, 2]) {
      laws.follow(ready(id))
      await settle()
    }
    expect(proofs).toEqual([1, 2])
    laws.workOut('test', [])
    laws.follow(ready(4))
    await settle()
    expect(proofs).toEqual([1, 2])
  })

  it('that a worker breaks off is known to be missing', async () => {
    const { laws, run } = known()
    laws.workOut('test', ['spectralGapBound'])
    laws.follow(ready(3))
    await settle()
    expect(run.getState().analysis?.spectralGapBound).toEqual({ value: 0, cells: 0 })
  })

  it('comes before coupled pairs, each once, where both are asked for', async () => {
    const { laws, run, proofs, couplings } = known()
    laws.follow(ready(1))
    laws.workOut('test', ['spectralGapBound', 'coupling'])
    await settle()
    expect([proofs, couplings]).toEqual([[1], [1]])
    expect(run.getState().analysis).toMatchObject({ spectralGapBound: bound, coupling: COUPLING })
    laws.workOut('test', ['coupling'])
    await settle()
    expect(couplings).toEqual([1])
  })
})
