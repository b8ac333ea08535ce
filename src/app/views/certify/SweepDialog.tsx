import { useMemo, type ReactNode } from 'react'
import { useStore } from 'zustand'
import { CRITERION_TEXTS } from '../../../lab/scene/longTexts.ts'
import { describeProblem } from '../../../lab/scene/reading/problem.ts'
import {
  MAX_SWEEP_VALUES,
  type CriterionId,
  type SceneSpec,
  type SweepField,
  type SweepSpec,
} from '../../../lab/scene/sceneSpec.ts'
import { sweepFields, sweepProblem, sweepValues } from '../../../lab/scene/sweep.ts'
import { counted, formatCount, formatDuration } from '../../render/format.ts'
import { sweepOf, usualValues } from '../../stores/sweep/usualSweep.ts'
import { sweepingOf, type Sweeping } from '../../stores/sweep/sweeping.ts'
import { useLab, useLearning, useRun, useScene } from '../parts/context.ts'
import { Dialog, Problem } from '../parts/Dialog.tsx'
import { Figure } from '../parts/Slider.tsx'
import { SweepResults } from './SweepResults.tsx'
import './sweep.css'

const FIELDS: Readonly<Record<SweepField, string>> = {
  stepSize: 'step size η',
  epsilon: 'temperature ε',
  delta: 'tolerance δ',
  particles: 'particles N',
  seed: 'seed',
  'start.x': 'start, x',
  'start.y': 'start, y',
  'start.size': 'start, size',
}

const SPACINGS = { linear: 'evenly', log: 'by equal factors' } as const

/** Runs of the scene that differ in one field: what is swept, how far it has come, what it found. */
export function SweepDialog({ onClose }: { readonly onClose: () => void }) {
  const lab = useLab()
  const sweeping = sweepingOf(lab)
  const scene = useScene((whole) => whole)
  const ran = useRun((state) => state.run?.scene ?? null)
  const untrained = useRun((state) => state.run?.trained !== true)
  const waits = useLearning() || untrained
  const running = useStore(sweeping.store, ({ phase }) => phase === 'running')
  const swept = useStore(sweeping.store, (state) => state.scene)
  // η is that of the run where the scene leaves it to the energy.
  const stepSize = scene.dynamics.stepSize ?? ran?.dynamics.stepSize ?? null
  const asked = useMemo(
    (): SceneSpec => ({ ...scene, dynamics: { ...scene.dynamics, stepSize } }),
    [scene, stepSize],
  )
  const spec = sweepOf(asked)
  const problem = sweepProblem(scene, spec)
  const change = (part: Partial<SweepSpec>) => {
    lab.edit((now) => ({ ...now, sweep: { ...spec, ...part } }))
  }
  const run = () => {
    if (running || waits || problem !== null) return
    change({})
    void sweeping.run({ ...scene, sweep: spec })
  }
  return (
    <Dialog title="Sweep" wide onClose={onClose}>
      <p className="quiet">
        Runs of this scene that differ in one field, each with several seeds: where every criterion
        stops, and what is true there. They run beside the stage.
      </p>
      <Settings scene={asked} spec={spec} disabled={running} onChange={change} />
      <Problem text={problem === null ? null : describeProblem(problem)} />
      <div className="sweep-run">
        <button
          type="button"
          className="button primary"
          aria-disabled={!running && (waits || problem !== null)}
          onClick={() => {
            if (running) sweeping.cancel()
            else run()
          }}
        >
          {running ? 'Cancel' : 'Run sweep'}
        </button>
        <Progress sweeping={sweeping} waits={waits} />
      </div>
      {swept !== null && (
        <SweepResults sweeping={sweeping} field={FIELDS[swept.sweep.over]} onOpened={onClose} />
      )}
    </Dialog>
  )
}

interface SettingsProps {
  readonly scene: SceneSpec
  readonly spec: SweepSpec
  readonly disabled: boolean
  readonly onChange: (part: Partial<SweepSpec>) => void
}

function Settings({ scene, spec, disabled, onChange }: SettingsProps) {
  const { over, values, seeds, criteria } = spec
  const known = sweepFields(scene)
  const fields = known.includes(over) ? known : [over, ...known]
  return (
    <fieldset className="sweep-settings" disabled={disabled}>
      <legend className="visually-hidden">What is swept</legend>
      <div className="sweep-values">
        <label className="select">
          Field
          <select
            value={over}
            onChange={(event) => {
              const field = fields.find((one) => one === event.target.value)
              if (field !== undefined) onChange({ over: field, values: usualValues(scene, field) })
            }}
          >
            {fields.map((field) => (
              <option key={field} value={field}>
                {FIELDS[field]}
              </option>
            ))}
          </select>
        </label>
        {values.kind === 'list' ? (
          <Labelled text="values">
            <output>{values.values.join(', ')}</output>
            <button
              type="button"
              className="button"
              onClick={() => {
                onChange({ values: usualValues(scene, over) })
              }}
            >
              A range
            </button>
          </Labelled>
        ) : (
          <>
            <Labelled text="from">
              <Figure
                {...{ name: 'From', path: 'sweep.values.from', value: values.from, disabled }}
                shown={String(values.from)}
                onChange={(from) => {
                  onChange({ values: { ...values, from } })
                }}
              />
            </Labelled>
            <Labelled text="to">
              <Figure
                {...{ name: 'To', path: 'sweep.values.to', value: values.to, disabled }}
                shown={String(values.to)}
                onChange={(to) => {
                  onChange({ values: { ...values, to } })
                }}
              />
            </Labelled>
            <Labelled text="values">
              <Figure
                {...{ name: 'Values', path: 'sweep.values.count', value: values.count, disabled }}
                shown={String(values.count)}
                onChange={(count) => {
                  onChange({ values: { ...values, count } })
                }}
              />
              <span className="unit">of at most {MAX_SWEEP_VALUES}</span>
            </Labelled>
            <label className="select">
              spaced
              <select
                value={values.kind}
                onChange={(event) => {
                  const kind = event.target.value === 'log' ? 'log' : 'linear'
                  onChange({ values: { ...values, kind } })
                }}
              >
                {Object.entries(SPACINGS).map(([kind, label]) => (
                  <option key={kind} value={kind}>
                    {label}
                  </option>
                ))}
              </select>
            </label>
          </>
        )}
        {over !== 'seed' && (
          <Labelled text="seeds">
            <Figure
              {...{ name: 'Seeds', path: 'sweep.seeds', value: seeds, disabled }}
              shown={String(seeds)}
              onChange={(count) => {
                onChange({ seeds: count })
              }}
            />
          </Labelled>
        )}
        <span className="quiet">{counted(runsOf(spec), 'run')}</span>
      </div>
      <fieldset className="sweep-criteria">
        <legend className="quiet">Criteria</legend>
        {(Object.keys(CRITERION_TEXTS) as CriterionId[]).map((id) => (
          <label key={id} className="check" title={CRITERION_TEXTS[id].description}>
            <input
              type="checkbox"
              checked={criteria.includes(id)}
              onChange={(event) => {
                const { checked } = event.target
                const chosen = criteria.filter((one) => one !== id)
                onChange({ criteria: checked ? [...chosen, id] : chosen })
              }}
            />
            {CRITERION_TEXTS[id].label}
          </label>
        ))}
      </fieldset>
    </fieldset>
  )
}

function runsOf(spec: SweepSpec): number {
  const { over, values, seeds } = spec
  // A range that has no logarithm has no values either; it is refused in words.
  if (values.kind === 'log' && !(values.from > 0 && values.to > 0)) return 0
  return sweepValues(spec).length * (over === 'seed' ? 1 : seeds)
}

function Labelled({ text, children }: { readonly text: string; readonly children: ReactNode }) {
  return (
    <span className="labelled">
      {text}
      {children}
    </span>
  )
}

/** How far the sweep has come, or how it ended. */
function Progress({ sweeping, waits }: { readonly sweeping: Sweeping; readonly waits: boolean }) {
  const state = useStore(sweeping.store)
  const { phase, done, all, secondsLeft, rows, problem } = state
  const so = `${formatCount(done)} of ${formatCount(all)}`
  return (
    <>
      {phase === 'running' && (
        <progress aria-label="Sweep" value={done} max={Math.max(1, all)} data-testid="sweep-bar" />
      )}
      <p className="quiet" data-testid="sweep-progress" data-phase={phase}>
        {phase === 'running' &&
          (all === 0
            ? 'The worker starts…'
            : `${so} parts done, ${formatDuration(secondsLeft)} left`)}
        {phase === 'none' && waits && 'It waits for a trained energy.'}
      </p>
      <p className="quiet" role="status">
        {phase === 'done' && `Done: ${counted(rows.length, 'row')}.`}
        {phase === 'cancelled' && `Cancelled after ${so} parts; what was found so far is below.`}
      </p>
      {phase === 'failed' && problem !== null && (
        <p className="problem" role="alert" title={problem.details}>
          {problem.text}
        </p>
      )}
    </>
  )
}
