import { useEffect, useMemo, useRef, useState } from 'react'
import type { AdviceContext } from '../../../core/analysis/stopping/advice.ts'
import { inRange } from '../../../lab/scene/fields/ranges.ts'
import { CHART_IDS, RANGES, type ChartId } from '../../../lab/scene/sceneSpec.ts'
import { prepareContext } from '../../render/canvas.ts'
import type { ChartData } from '../../render/charts/chartData.ts'
import { CHARTS, type Chart } from '../../render/charts/charts.ts'
import { formatCount, formatTime } from '../../render/format.ts'
import { attachPointer } from '../../render/gestures.ts'
import type { Frames } from '../../render/painting.ts'
import { drawPointers, drawStepChart } from '../../render/charts/stepChart.ts'
import {
  deltaAt,
  hitDelta,
  hitPlot,
  readPicture,
  stepAt,
  stepLayout,
  type Reading,
  type StepLayout,
  type StepPicture,
} from '../../render/charts/stepScale.ts'
import { chartDataOf } from '../parts/chartData.ts'
import { useLab, usePalette, useRun, useScene } from '../parts/context.ts'
import { useAdviceContext } from '../parts/useAdvice.ts'
import { usePainting } from '../parts/usePainting.ts'
import { useSurface } from '../parts/useSurface.ts'

function useChartData(advice: AdviceContext): ChartData {
  const run = useRun((state) => state.run)
  const points = useRun((state) => state.points)
  const stops = useRun((state) => state.stops)
  const analysis = useRun((state) => state.analysis)
  const collapse = useRun((state) => state.collapse)
  const nullFloor = useRun((state) => state.nullFloor)
  const criterion = useScene((scene) => scene.stopping.criterion)
  const training = useTrainingData()
  return useMemo(
    () =>
      chartDataOf(
        { run, points, stops, analysis, collapse, nullFloor, training },
        criterion,
        advice,
      ),
    [run, points, stops, analysis, collapse, nullFloor, training, criterion, advice],
  )
}

function useTrainingData(): ChartData['training'] {
  const none = useRun((state) => state.training.phase === 'none')
  const history = useRun((state) => state.training.history)
  const steps = useRun((state) => state.training.steps)
  return useMemo(() => (none ? null : { history, steps }), [none, history, steps])
}

/**
 * The chart under the stage, one of seven, over the steps of the run: hover reads off, a click or the arrow keys
 * scrub there, δ is a line to drag.
 * @param frames when the curves are drawn
 */
export function LyapunovPlot({ frames }: { readonly frames: Frames }) {
  const id = useScene((scene) => scene.view.chart)
  const advice = useAdviceContext()
  const { unlearned } = advice
  const data = useChartData(advice)
  const chart: Chart = CHARTS[id]
  const note = unlearned && chart.ofTraining !== true ? null : chart.note(data)
  return (
    <div className="charts">
      <div className="chart-head">
        <Tabs chosen={id} />
        {note !== null && (
          <p className="chart-note" title={note} data-testid="chart-note">
            {note}
          </p>
        )}
      </div>
      <Plot chart={chart} data={data} unlearned={unlearned} frames={frames} />
    </div>
  )
}

function Tabs({ chosen }: { readonly chosen: ChartId }) {
  const lab = useLab()
  return (
    <div className="tabs" role="radiogroup" aria-label="Chart">
      {CHART_IDS.map((id) => (
        <label key={id} title={CHARTS[id].title}>
          <input
            type="radio"
            name="chart"
            value={id}
            checked={chosen === id}
            onChange={() => {
              lab.edit((scene) => ({ ...scene, view: { ...scene.view, chart: id } }))
            }}
          />
          <span>{CHARTS[id].label}</span>
        </label>
      ))}
    </div>
  )
}

interface PlotProps {
  readonly chart: Chart
  readonly data: ChartData
  readonly unlearned: boolean
  readonly frames: Frames
}

function Plot({ chart, data, unlearned, frames }: PlotProps) {
  const lab = useLab()
  const [holder, surface] = useSurface<HTMLDivElement>()
  const canvas = useRef<HTMLCanvasElement>(null)
  /** Over the chart: what moves with the particles and the pointer. */
  const pointers = useRef<HTMLCanvasElement>(null)
  const palette = usePalette()
  const run = useRun((state) => state.run)
  /** Where the playback stands; the canvas follows it frame by frame, the summary in words at leisure. */
  const cursor = useRun((state) => state.step)
  const [hover, setHover] = useState<number | null>(null)
  const [keyed, setKeyed] = useState(false)
  const [dragging, setDragging] = useState(false)
  const [nearDelta, setNearDelta] = useState(false)

  const picture = useMemo(() => chart.picture(data), [chart, data])
  const layout = useMemo(
    () => (surface === null ? null : stepLayout(surface, picture)),
    [surface, picture],
  )
  const latest = useRef({ layout, picture })
  useEffect(() => {
    latest.current = { layout, picture }
  })

  const ofTraining = chart.ofTraining === true
  const pending = unlearned && !ofTraining
  const empty = pending
    ? run === null
      ? null
      : 'KL(ρₖ‖π) is drawn once the energy is trained: until then π moves.'
    : chart.empty(data)
  const read = hover ?? (keyed ? cursor : null)

  const deltaActive = dragging || nearDelta
  const drawChart = useMemo(
    () =>
      layout === null
        ? null
        : (element: HTMLCanvasElement) => {
            const context = prepareContext(element, layout.surface)
            if (context === null) return
            drawStepChart(context, layout, picture, deltaActive, palette)
          },
    [layout, picture, deltaActive, palette],
  )
  const moves = run !== null && empty === null && !ofTraining
  const drawCursor = useMemo(
    () =>
      layout === null
        ? null
        : (element: HTMLCanvasElement) => {
            const context = prepareContext(element, layout.surface)
            if (context === null) return
            const now = moves ? lab.live.getState().step : null
            drawPointers(context, layout, picture, { cursor: now, hover: read }, palette)
          },
    [lab, moves, layout, picture, read, palette],
  )
  usePainting(canvas, drawChart, frames)
  const redrawCursor = usePainting(pointers, drawCursor)
  useEffect(() => {
    let drawn = NaN
    return lab.live.subscribe(({ step }) => {
      // Of a long run many steps share a pixel.
      const at = layout === null ? NaN : Math.round(4 * layout.x(step))
      if (at === drawn) return
      drawn = at
      redrawCursor()
    })
  }, [lab, layout, redrawCursor])

  useEffect(() => {
    const element = holder.current
    if (element === null) return
    const setDelta = (y: number) => {
      const { layout: now } = latest.current
      if (now === null) return
      const range = RANGES['stopping.delta']
      const value = Number(deltaAt(now, y).toPrecision(3))
      const delta = inRange(range, value) ? value : value > range.max ? range.max : range.min
      lab.edit((scene) => ({ ...scene, stopping: { ...scene.stopping, delta } }))
    }
    return attachPointer(element, {
      hover: (point) => {
        const { layout: now, picture: shown } = latest.current
        const inside = point !== null && now !== null && hitPlot(now, point)
        setHover(inside ? stepAt(now, point[0]) : null)
        setNearDelta(point !== null && now !== null && hitDelta(now, shown.delta, point))
      },
      press: (point) => {
        const { layout: now, picture: shown } = latest.current
        if (now === null || !hitDelta(now, shown.delta, point)) return false
        setDragging(true)
        return true
      },
      drag: (point) => {
        setDelta(point[1])
      },
      release: () => {
        setDragging(false)
      },
      click: (point) => {
        const { layout: now } = latest.current
        if (moves && now !== null && hitPlot(now, point)) lab.playback.scrub(stepAt(now, point[0]))
      },
    })
  }, [holder, lab, moves])

  const stop = ofTraining
    ? undefined
    : data.stops.find(({ criterion }) => criterion === data.criterion.id)
  const place = read ?? (ofTraining ? picture.computed : cursor)
  const readings = useMemo(() => readPicture(picture, place), [picture, place])
  const spoken = readings.map(({ curve, text }) => `${curve.label}: ${text}`).join('; ')
  return (
    <div className="plot" ref={holder} data-grab={nearDelta || dragging} aria-busy={pending}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={chart.alt}
        aria-describedby="chart-summary"
        data-points={data.points.length}
      />
      <canvas ref={pointers} aria-hidden="true" />
      <input
        hidden={ofTraining}
        className="plot-keys"
        type="range"
        aria-label="Step on the chart"
        min={0}
        max={Math.max(1, picture.steps)}
        step={1}
        value={cursor}
        aria-valuetext={`k = ${String(cursor)}${spoken === '' ? '' : `; ${spoken}`}`}
        onFocus={(event) => {
          setKeyed(event.target.matches(':focus-visible'))
        }}
        onBlur={() => {
          setKeyed(false)
        }}
        onChange={(event) => {
          lab.playback.scrub(Number(event.target.value))
        }}
      />
      {layout !== null && stop !== undefined && stop.step !== null && (
        <div
          className="stopping-marker"
          data-testid="stopping-marker"
          data-criterion={stop.criterion}
          data-step={stop.step}
          data-outcome={stop.outcome}
          title={stop.reason}
          style={{
            left: layout.x(Math.min(stop.step, layout.steps)),
            top: layout.plot.top,
            height: layout.plot.height,
          }}
        />
      )}
      {empty !== null && (
        <div className="chart-wait">
          <p>{empty}</p>
          {chart === CHARTS.contraction && !data.companion && run !== null && !unlearned && (
            <button
              type="button"
              className="button"
              onClick={() => {
                lab.edit((scene) => ({
                  ...scene,
                  dynamics: { ...scene.dynamics, companion: SECOND_CLOUD },
                }))
                lab.playback.refresh({ play: true })
              }}
            >
              Start a second cloud
            </button>
          )}
        </div>
      )}
      {read !== null && layout !== null && empty === null && (
        <Tip step={read} layout={layout} picture={picture} readings={readings} />
      )}
      <p className="visually-hidden" id="chart-summary">
        {readings.length > 0 && `At step ${String(place)}: ${spoken}. `}
        {stop !== undefined && stop.step !== null && `The stop is at step ${String(stop.step)}. `}
        {stop?.reason}
      </p>
    </div>
  )
}

/** Where the second cloud starts, seen from the first. */
const SECOND_CLOUD = [1.5, 0.5] as const

interface TipProps {
  readonly step: number
  readonly layout: StepLayout
  readonly picture: StepPicture
  readonly readings: readonly Reading[]
}

/** The values under the pointer. */
function Tip({ step, layout, picture, readings }: TipProps) {
  const { plot } = layout
  const x = layout.x(step)
  const leftwards = x > plot.left + plot.width / 2
  return (
    <dl
      className="chart-tip"
      style={{
        left: x,
        top: plot.top + 4,
        transform: leftwards ? 'translateX(calc(-100% - 10px))' : 'translateX(10px)',
      }}
    >
      <div>
        <dt>
          {picture.axis ?? 'k ='} {formatCount(step)}
        </dt>
        <dd>{picture.stepSize !== null && `t = ${formatTime(step, picture.stepSize)}`}</dd>
      </div>
      {readings.map(({ curve, text }) => (
        <div key={curve.label} data-tone={curve.pen.tone}>
          <dt>{curve.label}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  )
}
