import { useState } from 'react'
import { isPositiveDefinite } from '../../../lab/scene/fields/fieldKinds.ts'
import { describeRange } from '../../../lab/scene/fields/ranges.ts'
import {
  IDENTITY,
  RANGES,
  type DynamicsSpec,
  type MetricSpec,
  type Matrix2,
  type Vector2,
} from '../../../lab/scene/sceneSpec.ts'
import { SAMPLER_IDS, SAMPLER_TEXTS } from '../../../lab/scene/texts.ts'
import { readNumber } from '../../../lab/scene/fields/typedNumber.ts'
import { formatCoordinate, formatNumber, formatShare } from '../../render/format.ts'
import { useRun } from '../parts/context.ts'
import { isIdentity } from './stepFormula.ts'
import { Figure, Slider } from '../parts/Slider.tsx'

/** What of the dynamics is to be otherwise; an undefined metric: none. */
export type DynamicsChange = Partial<Omit<DynamicsSpec, 'metric'>> & {
  readonly metric?: MetricSpec | undefined
}

export interface AccelerationProps {
  readonly dynamics: DynamicsSpec
  readonly onChange: (part: DynamicsChange) => void
}

/** Where the slider of the jumps ends; rarer ones can be typed. */
const RAREST = 100
/** Where the second cloud starts beside the particles, until a person says otherwise. */
const COMPANION: Vector2 = [1.5, 0.5]

/** Everything under _Acceleration_, each with what it keeps. */
export function AccelerationSettings({ dynamics, onChange }: AccelerationProps) {
  const { sampler, skew, preconditioner, metric, jumpEvery, companion } = dynamics
  return (
    <div className="fold-body">
      <Slider
        path="dynamics.skew"
        value={skew}
        format={(value) => formatNumber(value, 2)}
        onChange={(value) => {
          onChange({ skew: value })
        }}
      />
      <p className="quiet">
        A drift −γJ∇V along the level sets: the same π, the same identity KL′ = −εI, often a faster
        fall.
      </p>
      <Preconditioner
        matrix={preconditioner}
        metric={metric}
        onChange={(matrix) => {
          onChange({ preconditioner: matrix, metric: undefined })
        }}
        onMetric={(chosen) => {
          // A metric stands in place of P, and MALA has no move for it.
          onChange({ metric: chosen, preconditioner: IDENTITY, sampler: 'langevin' })
        }}
      />
      <p className="quiet">
        {metric === undefined
          ? 'A constant metric P for drift and noise: the same π, KL′ = −ε E|∇log(ρ/π)|² measured in P.'
          : 'M follows the place: with the drift ε div M the same π, KL′ = −ε E|∇log(ρ/π)|² measured in M. No certificate and no exact law of the chain: its steps are not those of plain Langevin.'}
      </p>
      <div className="row">
        <label className="select">
          Sampler
          <select
            value={sampler}
            onChange={(event) => {
              const chosen = SAMPLER_IDS.find((id) => id === event.target.value)
              if (chosen === undefined) return
              onChange(
                chosen === 'langevin'
                  ? { sampler: chosen }
                  : { sampler: chosen, metric: undefined },
              )
            }}
          >
            {SAMPLER_IDS.map((id) => (
              <option key={id} value={id}>
                {SAMPLER_TEXTS[id].label}
              </option>
            ))}
          </select>
        </label>
        <Accepted />
      </div>
      <p className="quiet">{SAMPLER_TEXTS[sampler].summary}</p>
      <Slider
        path="dynamics.jumpEvery"
        value={jumpEvery}
        to={RAREST}
        format={(value) => (value === 0 ? 'none' : String(value))}
        {...(jumpEvery === 0 ? {} : { unit: jumpEvery === 1 ? 'step' : 'steps' })}
        onChange={(every) => {
          onChange({ jumpEvery: every })
        }}
      />
      <p className="quiet">
        Between the steps a Metropolis jump to anywhere in the box: it keeps π, so KL cannot rise by
        it, and it crosses barriers.
      </p>
      <div className="row">
        <label className="check">
          <input
            type="checkbox"
            checked={companion !== null}
            onChange={(event) => {
              onChange({ companion: event.target.checked ? COMPANION : null })
            }}
          />
          Second cloud, same noise
        </label>
        {companion !== null && (
          <Offset
            offset={companion}
            onChange={(offset) => {
              onChange({ companion: offset })
            }}
          />
        )}
      </div>
      <p className="quiet">
        A copy that starts beside the particles: where V is convex the two approach, at the rate
        λmin(∇²V) or faster.
      </p>
    </div>
  )
}

/** The share of accepted moves in the step on the stage. */
function Accepted() {
  const acceptance = useRun((state) => state.points[state.step]?.acceptance ?? null)
  if (acceptance === null) return null
  return (
    <span className="labelled" data-testid="acceptance">
      accepted <b>{formatShare(acceptance)}</b>
    </span>
  )
}

interface OffsetProps {
  readonly offset: Vector2
  readonly onChange: (offset: Vector2) => void
}

function Offset({ offset: [x, y], onChange }: OffsetProps) {
  return (
    <span className="labelled offset">
      at +
      <Figure
        name="Offset x of the second cloud"
        path="dynamics.companion"
        value={x}
        shown={formatCoordinate(x)}
        disabled={false}
        onChange={(value) => {
          onChange([value, y])
        }}
      />
      <Figure
        name="Offset y of the second cloud"
        path="dynamics.companion"
        value={y}
        shown={formatCoordinate(y)}
        disabled={false}
        onChange={(value) => {
          onChange([x, value])
        }}
      />
    </span>
  )
}

interface PreconditionerProps {
  readonly matrix: Matrix2
  readonly onChange: (matrix: Matrix2) => void
}

interface MetricProps extends PreconditionerProps {
  readonly metric: MetricSpec | undefined
  readonly onMetric: (metric: MetricSpec) => void
}

const KINDS = { conformal: 'M(x), conformal', 'inverse-hessian': 'M(x), inverse Hessian' } as const
type Choice = 'none' | 'suggested' | 'custom' | keyof typeof KINDS

/** No metric, the one that the energy suggests, any, or one that follows the place. */
function Preconditioner({ matrix, metric, onChange, onMetric }: MetricProps) {
  const steepness = useRun((state) => state.run?.constants.smoothness95 ?? null)
  const suggestion = useRun((state) => state.run?.suggestedMetric ?? null)
  const suggested = suggestion === null ? null : rounded(suggestion.preconditioner)
  const [open, setOpen] = useState(false)
  const choice: Choice = open
    ? 'custom'
    : metric !== undefined
      ? metric.kind
      : isIdentity(matrix)
        ? 'none'
        : suggested !== null && same(matrix, suggested)
          ? 'suggested'
          : 'custom'
  return (
    <div className="metric">
      <div className="row">
        <label className="select">
          Preconditioner P
          <select
            value={choice}
            onChange={(event) => {
              const { value } = event.target
              setOpen(value === 'custom')
              if (value === 'none' || (value === 'custom' && metric !== undefined))
                onChange(IDENTITY)
              if (value === 'conformal' || value === 'inverse-hessian')
                onMetric(firstMetric(value, steepness))
            }}
          >
            <option value="none">none</option>
            {choice === 'suggested' && <option value="suggested">(E∇²V)⁻¹</option>}
            <option value="custom">custom</option>
            {Object.entries(KINDS).map(([kind, label]) => (
              <option key={kind} value={kind}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {suggested !== null && choice !== 'suggested' && (
          <button
            type="button"
            className="button"
            title="The metric in which the mean curvature under π is the same in every direction"
            onClick={() => {
              setOpen(false)
              onChange(suggested)
            }}
          >
            Use (E∇²V)⁻¹
          </button>
        )}
      </div>
      {choice === 'suggested' && suggestion !== null && (
        <p>
          P = [{matrix.map((row) => `[${row.map(show).join(', ')}]`).join(', ')}]: rate of the mean
          curvature {show(suggestion.rateBefore)} → {show(suggestion.rateAfter)}
        </p>
      )}
      {metric !== undefined && !open && <PlaceMetric metric={metric} onChange={onMetric} />}
      {choice === 'custom' && <MatrixFields matrix={matrix} onChange={onChange} />}
    </div>
  )
}

/** A metric as it is first picked: the inverse Hessian with V as steep in it as before, and softened where V is a third as steep. */
function firstMetric(kind: MetricSpec['kind'], steepness: number | null): MetricSpec {
  if (kind === 'conformal') return { kind, beta: 0.25, cap: 8 }
  const cap = Number(Math.min(1000, Math.max(0.1, steepness ?? 20)).toPrecision(2))
  return { kind, softening: Number((0.3 * cap).toPrecision(2)), cap }
}

interface PlaceMetricProps {
  readonly metric: MetricSpec
  readonly onChange: (metric: MetricSpec) => void
}

/** The numbers of a metric that follows the place, and what it gains. */
function PlaceMetric({ metric, onChange }: PlaceMetricProps) {
  return (
    <>
      {metric.kind === 'conformal' ? (
        <Slider
          path="dynamics.metric.beta"
          value={metric.beta}
          format={show}
          onChange={(beta) => {
            onChange({ ...metric, beta })
          }}
        />
      ) : (
        <Slider
          path="dynamics.metric.softening"
          value={metric.softening}
          format={show}
          onChange={(softening) => {
            onChange({ ...metric, softening })
          }}
        />
      )}
      <Slider
        path="dynamics.metric.cap"
        value={metric.cap}
        format={show}
        onChange={(cap) => {
          onChange({ ...metric, cap })
        }}
      />
      <p>{metric.kind === 'conformal' ? 'M = min(c, e^(βV))' : 'M = c((∇²V)² + τ²)^(−½)'}</p>
      <Gain />
    </>
  )
}

/** The gap of the metric per unit of time, and per stable step beside that of plain Langevin. */
function Gain() {
  const gap = useRun((state) => state.analysis?.constants?.spectralGap ?? null)
  const found = useRun((state) => state.analysis?.metricGain ?? null)
  if (gap === null || found === null) return <p className="quiet">Its gap is being computed.</p>
  const times = (factor: number) => <b>×{show(factor)}</b>
  return (
    <p
      data-testid="metric-gain"
      title={`A stable step by the 95th percentile under π of |M∇²V|, ${show(found.steepness)} (plain ${show(found.plainSteepness)}), or of the whole Jacobian |∇(M∇V)|, ${show(found.jacobian)}: where M changes fast, a step that M∇²V calls stable leaves a large bias`}
    >
      Gap {show(found.plainGap)} → {show(gap)}; per stable step {times(found.gain)}, with the
      derivatives of M {times(found.wholeGain)}
    </p>
  )
}

/** Four significant digits, so that the link stays short. */
function rounded([[a, b], [, c]]: Matrix2): Matrix2 {
  const digits = (value: number) => Number(value.toPrecision(4))
  return [
    [digits(a), digits(b)],
    [digits(b), digits(c)],
  ]
}

function same([[a, b], [, c]]: Matrix2, [[p, q], [, r]]: Matrix2): boolean {
  return a === p && b === q && c === r
}

function show(value: number): string {
  return formatNumber(value, 3)
}

const ENTRIES = [
  { key: 'xx', label: 'P₁₁' },
  { key: 'xy', label: 'P₁₂' },
  { key: 'yy', label: 'P₂₂' },
] as const
type Drafts = readonly [string, string, string]
const ENTRY = RANGES['dynamics.preconditioner']

/**
 * The three entries of a symmetric matrix. What is typed stays until it is a metric, and is used as soon as it is; a metric
 * that comes from elsewhere takes its place.
 */
function MatrixFields({ matrix, onChange }: PreconditionerProps) {
  const [[a, b], [, c]] = matrix
  const [typed, setTyped] = useState<{ readonly drafts: Drafts; readonly over: Matrix2 } | null>(
    null,
  )
  const own = typed !== null && (same(typed.over, matrix) || same(matrixOf(typed.drafts), matrix))
  const drafts: Drafts = own ? typed.drafts : [String(a), String(b), String(c)]
  const problem = problemOf(drafts)
  const type = (index: number, text: string) => {
    const next = drafts.map((draft, i) => (i === index ? text : draft)) as [string, string, string]
    setTyped({ drafts: next, over: matrix })
    if (problemOf(next) === null) onChange(matrixOf(next))
  }
  return (
    <>
      <div className="matrix" role="group" aria-label="Entries of P">
        {ENTRIES.map(({ key, label }, i) => (
          <label key={key}>
            {label}
            <input
              type="text"
              inputMode="decimal"
              aria-label={`${label} of the preconditioner`}
              aria-invalid={problem !== null && problem.entries.includes(i)}
              value={drafts[i]}
              onChange={(event) => {
                type(i, event.target.value)
              }}
            />
          </label>
        ))}
      </div>
      {problem !== null && (
        <p className="problem" role="alert">
          {problem.text}
        </p>
      )}
    </>
  )
}

/** The number that was typed as an entry; NaN where it is none. */
function entryIn(text: string): number {
  const read = readNumber(text, ENTRY)
  return 'value' in read ? read.value : NaN
}

function matrixOf(drafts: Drafts): Matrix2 {
  const [xx, xy, yy] = drafts.map(entryIn) as [number, number, number]
  return [
    [xx, xy],
    [xy, yy],
  ]
}

/** What keeps three typed entries from being a metric, with the entries to blame; null when nothing does. */
function problemOf(
  drafts: Drafts,
): { readonly text: string; readonly entries: readonly number[] } | null {
  for (const [i, draft] of drafts.entries()) {
    const read = readNumber(draft, ENTRY)
    if ('value' in read) continue
    const found = read.found === '' ? 'nothing' : read.found
    return {
      text: `${ENTRIES[i]!.label}: found ${found}; allowed: ${describeRange(ENTRY)}.`,
      entries: [i],
    }
  }
  if (isPositiveDefinite(matrixOf(drafts))) return null
  return {
    text: 'P: not positive definite; allowed: P₁₁ > 0, P₂₂ > 0 and P₁₂² < P₁₁·P₂₂.',
    entries: [0, 1, 2],
  }
}
