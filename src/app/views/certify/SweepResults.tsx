import { useMemo } from 'react'
import { useStore } from 'zustand'
import { CRITERION_TEXTS } from '../../../lab/scene/longTexts.ts'
import type { CriterionId } from '../../../lab/scene/sceneSpec.ts'
import { sweepValues } from '../../../lab/scene/sweep.ts'
import { ABSENT, formatCount, formatNats, formatNumber, trimZeros } from '../../render/format.ts'
import { sweepMark, sweepPicture, type SweepPanel } from '../../render/charts/sweepPicture.ts'
import type { SweepState, Sweeping } from '../../stores/sweep/sweeping.ts'
import { useSurface } from '../parts/useSurface.ts'
import { download } from '../../stores/shelf/rescue.ts'

type Summary = SweepState['summaries'][number]

interface SweepResultsProps {
  readonly sweeping: Sweeping
  /** What is swept, in words. */
  readonly field: string
  /** Called when a run has been put on the stage. */
  readonly onOpened: () => void
}

/** What a sweep has found so far: charts, a table, files. */
export function SweepResults({ sweeping, field, onOpened }: SweepResultsProps) {
  const { scene, summaries, rows, result } = useStore(sweeping.store)
  if (scene === null || rows.length === 0) return null
  const criteria = (Object.keys(CRITERION_TEXTS) as CriterionId[]).filter((id) =>
    scene.sweep.criteria.includes(id),
  )
  const open = (value: number, criterion: CriterionId) => {
    sweeping.open(value, criterion)
    onOpened()
  }
  const shared = { criteria, field, onOpen: open }
  const name = `sweep-${scene.sweep.over}`
  return (
    <>
      <ul className="sweep-legend quiet" role="list" aria-label="Marks">
        {criteria.map((id, i) => (
          <li key={id}>
            <MarkOf index={i} /> {CRITERION_TEXTS[id].label}
          </li>
        ))}
      </ul>
      <SweepChart scene={scene} summaries={summaries} {...shared} />
      <SweepTable summaries={summaries} {...shared} />
      <footer>
        <p className="quiet">
          Medians over the seeds, with least and most. A point or a value opens its run on the
          stage.
        </p>
        <button
          type="button"
          className="button"
          onClick={() => {
            download(`${name}.csv`, sweeping.csv(), 'text/csv')
          }}
        >
          Save CSV
        </button>
        <button
          type="button"
          className="button"
          aria-disabled={result === null}
          onClick={() => {
            const text = sweeping.json()
            if (text !== null) download(`${name}.json`, text)
          }}
        >
          Save JSON
        </button>
      </footer>
    </>
  )
}

interface FoundProps {
  readonly summaries: readonly Summary[]
  readonly criteria: readonly CriterionId[]
  readonly field: string
  readonly onOpen: (value: number, criterion: CriterionId) => void
}

interface ChartProps extends FoundProps {
  readonly scene: NonNullable<SweepState['scene']>
}

/** Stops above, the true KL at them below. Everything in it stands in the table, too, where keys reach it. */
function SweepChart({ scene, summaries, criteria, field, onOpen }: ChartProps) {
  const [holder, surface] = useSurface<HTMLDivElement>()
  const width = surface?.width ?? 0
  const picture = useMemo(() => {
    const { over, values } = scene.sweep
    const all = sweepValues(scene.sweep)
    const delta = scene.stopping.delta
    return sweepPicture(
      {
        points: summaries,
        criteria,
        values: all,
        logarithmic: values.kind === 'log',
        deltaAt: (value) => (over === 'delta' ? value : delta),
      },
      width,
    )
  }, [scene, summaries, criteria, width])
  const { left, right, height, ticks, panels } = picture
  return (
    <div className="sweep-chart" ref={holder}>
      {width > 0 && (
        <svg
          role="img"
          aria-label={`Stops of each criterion, and the true KL at them, over ${field}`}
          width={width}
          height={height}
          onClick={(event) => {
            const { dataset } = event.target instanceof SVGElement ? event.target : { dataset: {} }
            const { value, criterion } = dataset as DOMStringMap
            const id = criteria.find((one) => one === criterion)
            if (value !== undefined && id !== undefined) onOpen(Number(value), id)
          }}
        >
          {panels.map((panel) => (
            <Panel key={panel.title} panel={panel} {...{ left, right, criteria }} />
          ))}
          {ticks.map(({ at, label }) => (
            <text key={label} className="tick" x={at} y={height - 5} textAnchor="middle">
              {label}
            </text>
          ))}
        </svg>
      )}
      <p className="quiet sweep-axis" aria-hidden="true">
        {field}
      </p>
    </div>
  )
}

interface PanelProps {
  readonly panel: SweepPanel<CriterionId>
  readonly left: number
  readonly right: number
  readonly criteria: readonly CriterionId[]
}

function Panel({ panel, left, right, criteria }: PanelProps) {
  const { title, top, bottom, ticks, marks, lines, delta } = panel
  const hue = (id: CriterionId) => sweepMark(criteria.indexOf(id)).hue
  return (
    <g>
      <text className="tick" x={left} y={top - 6}>
        {title}
      </text>
      {ticks.map(({ at, label }) => (
        <g key={label}>
          <line className="grid" x1={left} x2={right} y1={at} y2={at} />
          <text className="tick" x={left - 5} y={at + 4} textAnchor="end">
            {label}
          </text>
        </g>
      ))}
      <line className="base" x1={left} x2={right} y1={bottom} y2={bottom} />
      {delta !== null && (
        <>
          <path className="delta" d={delta} />
          <text className="delta-name" x={right} y={top - 6} textAnchor="end">
            – – δ
          </text>
        </>
      )}
      {lines.map(({ criterion, path }) => (
        <path key={criterion} className="link" data-hue={hue(criterion)} d={path} />
      ))}
      {marks.map(({ criterion, value, x, y, low, high }) => (
        <g key={`${criterion} ${value}`} data-hue={hue(criterion)}>
          <line className="spread" x1={x} x2={x} y1={low} y2={high} />
          <path
            className="mark"
            d={sweepMark(criteria.indexOf(criterion)).path}
            transform={`translate(${x} ${y})`}
          />
          <circle
            className="press"
            data-value={value}
            data-criterion={criterion}
            cx={x}
            cy={y}
            r={9}
          >
            <title>{`${CRITERION_TEXTS[criterion].label} at ${value}: open its run`}</title>
          </circle>
        </g>
      ))}
    </g>
  )
}

function MarkOf({ index }: { readonly index: number }) {
  const { path, hue } = sweepMark(index)
  return (
    <svg className="sweep-mark" viewBox="-7 -7 14 14" aria-hidden="true" data-hue={hue}>
      <path className="mark" d={path} />
    </svg>
  )
}

function SweepTable({ summaries, criteria, field, onOpen }: FoundProps) {
  return (
    <table className="constants sweep-table" aria-label="What the sweep found">
      <thead>
        <tr>
          <th scope="col">{field}</th>
          <th scope="col">stop k</th>
          <th scope="col">true KL</th>
          <th scope="col" title="Stops that claim KL ≤ δ where it is not, of all that claim it">
            false
          </th>
          <th scope="col" title="Steps from the first with KL ≤ δ to the stop">
            wasted
          </th>
        </tr>
      </thead>
      {criteria.map((id, i) => (
        <tbody key={id}>
          <tr className="sweep-group">
            <th scope="rowgroup" colSpan={5}>
              <MarkOf index={i} /> <strong>{CRITERION_TEXTS[id].label}</strong>
            </th>
          </tr>
          {summaries
            .filter(({ criterion }) => criterion === id)
            .map((summary) => (
              <Row key={summary.value} summary={summary} onOpen={onOpen} />
            ))}
        </tbody>
      ))}
    </table>
  )
}

interface RowProps {
  readonly summary: Summary
  readonly onOpen: FoundProps['onOpen']
}

function Row({ summary, onOpen }: RowProps) {
  const { value, criterion, runs, stopped, stalled, step, trueKl, wasted, claimed } = summary
  const unknown = summary.unknown ?? 0
  const shown = trimZeros(formatNumber(value, 4))
  return (
    <tr data-value={value} data-criterion={criterion}>
      <th scope="row">
        <button
          type="button"
          className="sweep-open"
          aria-label={`Open the run of ${CRITERION_TEXTS[criterion].label} at ${shown}`}
          onClick={() => {
            onOpen(value, criterion)
          }}
        >
          {shown}
        </button>
      </th>
      <td title={`${stopped} of ${runs} runs stopped, ${stalled} stalled`}>
        {step === null ? 'no stop' : spreadText(step, formatCount)}
        {step !== null && stopped + stalled < runs && (
          <span className="status">
            {' '}
            in {stopped + stalled}/{runs}
          </span>
        )}
      </td>
      <td>{trueKl === null ? ABSENT : formatNats(trueKl.median)}</td>
      <td title={unknown === 0 ? undefined : `${unknown} not known`}>
        {claimed === null ? ABSENT : `${summary.false ?? 0}/${claimed}`}
        {unknown > 0 && <span className="status"> +{unknown}?</span>}
      </td>
      <td>{wasted === null ? ABSENT : formatCount(wasted.median)}</td>
    </tr>
  )
}

/** The median, and the ends in brackets where the runs differ. */
function spreadText(
  { least, median, most }: NonNullable<Summary['step']>,
  format: (value: number) => string,
): string {
  return least === most ? format(median) : `${format(median)} (${format(least)}–${format(most)})`
}
