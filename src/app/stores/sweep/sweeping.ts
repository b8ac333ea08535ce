import { createStore, type StoreApi } from 'zustand/vanilla'
import { isAbortError, isCrash } from '../../../lab/client/callError.ts'
import { createComputeClient, type ComputeClient } from '../../../lab/client/computeClient.ts'
import { rowsCsv } from '../../../lab/io/rowsCsv.ts'
import { summariesOf, sweepJson, type SweepSummary } from '../../../lab/io/sweepSummary.ts'
import type { SweepResult, SweepRow, SweptScene } from '../../../lab/protocol/sweep.ts'
import type { CriterionId, SceneSpec } from '../../../lab/scene/sceneSpec.ts'
import { sweptScene } from '../../../lab/scene/sweep.ts'
import { explain } from '../explain.ts'
import type { Lab } from '../lab.ts'

/** The sweep that was made last on this page, or is being made. */
export interface SweepState {
  readonly phase: 'none' | 'running' | 'done' | 'cancelled' | 'failed'
  /** What is swept, as it stood when the sweep began. */
  readonly scene: SweptScene | null
  /** Parts that are done, and all; see `SweepProgress`. */
  readonly done: number
  readonly all: number
  /** Seconds that the rest will take, if it goes on as so far; null before the first part. */
  readonly secondsLeft: number | null
  /** The rows so far. A sweep that was cancelled or failed keeps them. */
  readonly rows: readonly SweepRow[]
  readonly summaries: readonly SweepSummary<CriterionId>[]
  /** With all rows, in their order; null before. */
  readonly result: SweepResult | null
  /** Why it failed; null: it did not. */
  readonly problem: { readonly text: string; readonly details?: string } | null
}

const NOTHING: SweepState = {
  phase: 'none',
  scene: null,
  done: 0,
  all: 0,
  secondsLeft: null,
  rows: [],
  summaries: [],
  result: null,
  problem: null,
}

/** Makes sweeps, each in a worker of its own that ends with it, so that the stage goes on beside it. */
export interface Sweeping {
  readonly store: StoreApi<SweepState>
  /** Makes the sweep of a scene, in place of the one under way. Never rejects: what went wrong is in the state. */
  run(scene: SweptScene): Promise<void>
  /** Ends the sweep under way; its rows so far stay. */
  cancel(): void
  /**
   * Puts a run of the sweep on the stage, with its criterion chosen: of all seeds that whose stop is nearest to the
   * median.
   */
  open(value: number, criterion: CriterionId): void
  /** The rows so far as comma-separated text. */
  csv(): string
  /** The finished sweep as `sweep.json` of the command line; null before. */
  json(): string | null
}

interface SweepingOptions extends Pick<Lab, 'edit' | 'provideTo'> {
  readonly openClient: () => ComputeClient
  /** Milliseconds from any origin. */
  readonly now: () => number
}

const STOPPED = 'The sweep worker stopped. The rows so far are kept; Run sweep begins it again.'

export function createSweeping({ openClient, now, edit, provideTo }: SweepingOptions): Sweeping {
  const store = createStore<SweepState>()(() => NOTHING)
  let current: AbortController | null = null

  function show(rows: readonly SweepRow[]): Pick<SweepState, 'rows' | 'summaries'> {
    const values = [...new Set(rows.map(({ value }) => value))].sort((a, b) => a - b)
    const summaries = values.flatMap((value) => summariesOf(rows.filter((r) => r.value === value)))
    return { rows, summaries }
  }

  /** @throws CallError, an AbortError */
  async function ask(scene: SweptScene, client: ComputeClient, signal: AbortSignal) {
    const [missing] = await provideTo(client, scene)
    if (missing !== undefined)
      return 'An energy of this scene is not in this browser: train it on the stage first.'
    return client.call('sweep', { scene }, { signal })
  }

  async function run(scene: SweptScene): Promise<void> {
    current?.abort()
    const own = new AbortController()
    current = own
    store.setState({ ...NOTHING, phase: 'running', scene })
    const started = now()
    const client = openClient()
    client.on('sweep', ({ done, all, rows }) => {
      if (current !== own) return
      const secondsLeft = ((now() - started) * (all - done)) / done / 1000
      store.setState((state) => ({
        ...{ done, all, secondsLeft },
        ...(rows.length === 0 ? {} : show([...state.rows, ...rows])),
      }))
    })
    try {
      const found = await ask(scene, client, own.signal)
      if (current !== own) return
      store.setState(
        typeof found === 'string'
          ? { phase: 'failed', problem: { text: found } }
          : { phase: 'done', result: found, ...show(found.rows) },
      )
    } catch (error) {
      if (current !== own || isAbortError(error)) return
      const said = explain(error)
      const problem = isCrash(error) ? { ...said, text: STOPPED } : said
      store.setState({ phase: 'failed', problem })
    } finally {
      client.dispose()
      if (current === own) current = null
    }
  }

  return {
    store,
    run,
    cancel() {
      if (current === null) return
      store.setState({ phase: 'cancelled' })
      current.abort()
      current = null
    },
    open(value, criterion) {
      const { scene, rows, summaries } = store.getState()
      const is = (row: { readonly value: number; readonly criterion: CriterionId }): boolean =>
        row.value === value && row.criterion === criterion
      const median = summaries.find(is)?.step?.median ?? Infinity
      const [row] = rows
        .filter(is)
        .sort((a, b) => distance(a, median) - distance(b, median) || a.seed - b.seed)
      if (scene === null || row === undefined) return
      edit(({ view }): SceneSpec => {
        const opened = sweptScene(scene, scene.sweep.over, value, row.seed)
        return { ...opened, stopping: { ...opened.stopping, criterion }, view }
      })
    },
    csv: () => rowsCsv(store.getState().rows.map((row) => ({ ...row }))),
    json() {
      const { result } = store.getState()
      return result === null ? null : sweepJson(result)
    },
  }
}

/** Steps between the stop of a row and another step; a row without a stop comes last. */
function distance({ step }: SweepRow, other: number): number {
  if (step === null) return Number.MAX_VALUE
  return other === Infinity ? 0 : Math.abs(step - other)
}

const all = new WeakMap<Lab, Sweeping>()

/** The sweeps of a page, whose last result stays as long as the page. */
export function sweepingOf(lab: Lab): Sweeping {
  const known = all.get(lab)
  if (known !== undefined) return known
  const created = createSweeping({
    edit: (change) => {
      lab.edit(change)
    },
    provideTo: (client, scene) => lab.provideTo(client, scene),
    now: () => performance.now(),
    openClient: () => createComputeClient({ name: 'sweep worker' }),
  })
  all.set(lab, created)
  return created
}
