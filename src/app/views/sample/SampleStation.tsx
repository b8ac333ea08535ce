import { defaultInitial } from '../../../lab/scene/defaults.ts'
import { samePart } from '../../../lab/scene/normalise.ts'
import { RANGES, type InitialSpec } from '../../../lab/scene/sceneSpec.ts'
import { isUnstable } from '../../../core/analysis/stopping/advice.ts'
import { formatCount, formatCoordinate, formatDown, formatNumber } from '../../render/format.ts'
import { Acceleration } from './Acceleration.tsx'
import type { DynamicsChange } from './AccelerationSettings.tsx'
import { useLab, useRun, useScene } from '../parts/context.ts'
import { Icon } from '../parts/Icon.tsx'
import { Figure, Slider } from '../parts/Slider.tsx'
import { Term } from '../parts/Term.tsx'

/** Station 3: how particles move. */
export function SampleStation() {
  const lab = useLab()
  const dynamics = useScene((scene) => scene.dynamics)
  const used = useRun((state) => state.run?.scene.dynamics.stepSize ?? null)
  const stableBelow = useRun((state) => state.run?.stableBelow ?? null)
  const l95 = useRun((state) => state.run?.constants.smoothness95 ?? null)
  const change = (part: DynamicsChange) => {
    lab.edit((scene) => {
      const { metric, ...rest } = { ...scene.dynamics, ...part }
      return { ...scene, dynamics: metric === undefined ? rest : { ...rest, metric } }
    })
  }
  const stepSize = dynamics.stepSize ?? used
  const computed = dynamics.stepSize === null
  return (
    <section className="station sample" aria-labelledby="sample-heading">
      <h2 id="sample-heading">
        <span>3</span> Sample
      </h2>
      <Slider
        path="dynamics.epsilon"
        term="epsilon"
        value={dynamics.epsilon}
        format={(value) => formatNumber(value, 3)}
        onChange={(epsilon) => {
          change({ epsilon })
        }}
      />
      <Slider
        path="dynamics.stepSize"
        term="stepSize"
        value={stepSize ?? 0.01}
        limit={stableBelow}
        format={(value) => (stepSize === null ? '…' : formatNumber(value, 3))}
        onChange={(value) => {
          change({ stepSize: value })
        }}
      >
        <button
          type="button"
          className="reset"
          aria-pressed={computed}
          aria-label={
            computed ? 'η is 0.5/L95 of this energy' : 'Set η back to 0.5/L95 of this energy'
          }
          title={
            l95 === null
              ? undefined
              : `L95 = ${formatNumber(l95, 3)}: 95th percentile of ‖∇²V‖. Default η = 0.5/L95 = ${formatNumber(0.5 / l95, 3)}`
          }
          onClick={() => {
            change({ stepSize: null })
          }}
        >
          {computed ? '0.5/L95' : <Icon name="undo" />}
          {!computed && '0.5/L95'}
        </button>
      </Slider>
      {isUnstable({ stepSize, stableBelow }) && (
        <p className="unstable-step" role="status">
          <Term id="unstable">unstable</Term>{' '}
          <span>{`take η below ${formatDown(stableBelow ?? 0, 2)}`}</span>
          <button
            type="button"
            className="reset"
            onClick={(event) => {
              change({ stepSize: null })
              // The button goes once the step is stable: the focus moves to the slider.
              event.currentTarget
                .closest('.station')
                ?.querySelector<HTMLInputElement>(
                  `input[aria-label="${RANGES['dynamics.stepSize'].label}"]`,
                )
                ?.focus()
            }}
          >
            mend
          </button>
        </p>
      )}
      <Slider
        path="dynamics.particles"
        term="particles"
        value={dynamics.particles}
        format={formatCount}
        onChange={(particles) => {
          change({ particles })
        }}
      />
      <div className="row start">
        <InitialLaw
          initial={dynamics.initial}
          onChange={(initial) => {
            change({ initial })
          }}
        />
        <span className="labelled">
          run
          <Figure
            name="Steps of the run"
            path="dynamics.steps"
            value={dynamics.steps}
            shown={formatCount(dynamics.steps)}
            from={1}
            disabled={false}
            onChange={(steps) => {
              change({ steps })
            }}
          />
          <span className="unit">steps</span>
        </span>
      </div>
      <Acceleration dynamics={dynamics} onChange={change} />
    </section>
  )
}

const INITIAL_LABELS: Readonly<Record<InitialSpec['kind'], string>> = {
  gaussian: 'Gaussian N(0, I)',
  uniform: 'Uniform square',
  point: 'At a point',
  data: 'At the data',
  gibbs: 'Gibbs π itself',
}
const INITIAL_KINDS = Object.keys(INITIAL_LABELS) as InitialSpec['kind'][]

/** The chosen law with its parameters, where they are not those of the list. */
function describeInitial(initial: InitialSpec): string {
  if (initial.kind === 'point')
    return `Point (${formatCoordinate(initial.at[0])}, ${formatCoordinate(initial.at[1])})`
  if (initial.kind === 'gaussian' && !samePart(initial, defaultInitial('gaussian')))
    return `Gaussian round (${formatCoordinate(initial.mean[0])}, ${formatCoordinate(initial.mean[1])})`
  return INITIAL_LABELS[initial.kind]
}

function InitialLaw({
  initial,
  onChange,
}: {
  readonly initial: InitialSpec
  readonly onChange: (initial: InitialSpec) => void
}) {
  return (
    <label
      className="select initial"
      title={
        initial.kind === 'point'
          ? `Cloud at (${formatCoordinate(initial.at[0])}, ${formatCoordinate(initial.at[1])}), spread ${formatNumber(initial.spread, 2)}. Click the stage to move it.`
          : 'Where the particles start. Click the stage to release a cloud there.'
      }
    >
      <span className="visually-hidden">Start</span>
      <select
        value={initial.kind}
        aria-label="Initial law"
        onChange={(event) => {
          const kind = INITIAL_KINDS.find((id) => id === event.target.value)
          if (kind !== undefined) onChange(defaultInitial(kind))
        }}
      >
        {INITIAL_KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {kind === initial.kind ? describeInitial(initial) : INITIAL_LABELS[kind]}
          </option>
        ))}
      </select>
    </label>
  )
}
