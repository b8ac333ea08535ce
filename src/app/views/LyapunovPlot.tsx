import { useEffect, useMemo, useRef, useState } from 'react'
import { inRange, rangeOf } from '../../lab/scene/ranges.ts'
import { prepareContext } from '../render/canvas.ts'
import { formatNats, formatNatsWithError, formatTime } from '../render/format.ts'
import { attachPointer } from '../render/gestures.ts'
import {
  deltaAt,
  drawLyapunov,
  hitDelta,
  hitPlot,
  lyapunovLayout,
  readLyapunov,
  stepAt,
  type LyapunovData,
} from '../render/lyapunovChart.ts'
import { useLab, usePalette, useRun, useScene } from './context.ts'
import { useSurface } from './useSurface.ts'

/** KL(ρₖ‖π) of both dynamics over the steps: hover reads off, a click scrubs there, δ is a line to drag. */
export function LyapunovPlot() {
  const lab = useLab()
  const [holder, surface] = useSurface<HTMLDivElement>()
  const canvas = useRef<HTMLCanvasElement>(null)
  const palette = usePalette()
  const run = useRun((state) => state.run)
  const points = useRun((state) => state.points)
  const stops = useRun((state) => state.stops)
  const laws = useRun((state) => state.analysis?.curves ?? null)
  const nullFloor = useRun((state) => state.nullFloor)
  /** Nothing is measured on an energy that is still being learned, or has not been. */
  const unlearned = useRun(
    (state) =>
      ['starting', 'running', 'paused'].includes(state.training.phase) ||
      state.run?.trained === false,
  )
  const stopping = useScene((scene) => scene.stopping)
  /** Where the playback stands; the canvas follows it frame by frame, the summary in words at leisure. */
  const cursor = useRun((state) => state.step)
  const [hover, setHover] = useState<number | null>(null)
  const [dragging, setDragging] = useState(false)
  const [nearDelta, setNearDelta] = useState(false)

  const data = useMemo<LyapunovData>(
    () => ({
      points: run === null || unlearned ? [] : points,
      laws: unlearned ? null : laws,
      steps: run?.scene.dynamics.steps ?? 200,
      stepSize: run?.scene.dynamics.stepSize ?? null,
      nullFloor: unlearned ? null : nullFloor,
      stops: unlearned ? [] : stops,
      criterion: stopping.criterion,
      delta: stopping.delta,
    }),
    [run, unlearned, points, laws, nullFloor, stops, stopping],
  )
  const layout = useMemo(
    () => (surface === null ? null : lyapunovLayout(surface, data)),
    [surface, data],
  )
  const latest = useRef({ layout, data })
  useEffect(() => {
    latest.current = { layout, data }
  })

  useEffect(() => {
    const element = canvas.current
    if (element === null || layout === null) return
    let handle = 0
    const draw = () => {
      handle = 0
      const context = prepareContext(element, layout.surface)
      const now = run === null || unlearned ? null : lab.live.getState().step
      drawLyapunov(
        context,
        layout,
        data,
        { cursor: now, hover, deltaActive: dragging || nearDelta },
        palette,
      )
    }
    draw()
    const stop = lab.live.subscribe(() => {
      if (handle === 0) handle = requestAnimationFrame(draw)
    })
    return () => {
      stop()
      cancelAnimationFrame(handle)
    }
  }, [lab, run, unlearned, layout, data, hover, dragging, nearDelta, palette])

  useEffect(() => {
    const element = holder.current
    if (element === null) return
    const setDelta = (y: number) => {
      const { layout: now } = latest.current
      if (now === null) return
      const range = rangeOf('stopping.delta')
      const value = Number(deltaAt(now, y).toPrecision(3))
      const delta = inRange(range, value) ? value : value > range.max ? range.max : range.min
      lab.edit((scene) => ({ ...scene, stopping: { ...scene.stopping, delta } }))
    }
    return attachPointer(element, {
      hover: (point) => {
        const { layout: now, data: shown } = latest.current
        const inside = point !== null && now !== null && hitPlot(now, point)
        setHover(inside ? stepAt(now, point[0]) : null)
        setNearDelta(point !== null && now !== null && hitDelta(now, shown.delta, point))
      },
      press: (point) => {
        const { layout: now, data: shown } = latest.current
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
        if (now !== null && hitPlot(now, point)) lab.playback.scrub(stepAt(now, point[0]))
      },
    })
  }, [holder, lab])

  const chosen = data.stops.find((stop) => stop.criterion === stopping.criterion)
  const reading = useMemo(
    () => readLyapunov(data, hover ?? Math.min(cursor, Math.max(0, data.points.length - 1))),
    [data, hover, cursor],
  )
  return (
    <div className="lyapunov" ref={holder} data-grab={nearDelta || dragging} aria-busy={unlearned}>
      <canvas
        ref={canvas}
        role="img"
        aria-label="Lyapunov curve: KL of both dynamics to the Gibbs measure over the steps"
        aria-describedby="lyapunov-summary"
        data-points={data.points.length}
      />
      {layout !== null && chosen !== undefined && chosen.step !== null && (
        <div
          className="stopping-marker"
          data-testid="stopping-marker"
          data-criterion={chosen.criterion}
          data-step={chosen.step}
          data-outcome={chosen.outcome}
          title={chosen.reason}
          style={{
            left: layout.x(chosen.step),
            top: layout.plot.top,
            height: layout.plot.height,
          }}
        />
      )}
      {unlearned && run !== null && (
        <p className="chart-wait">
          KL(ρₖ‖π) is drawn once the energy is trained: until then π moves.
        </p>
      )}
      {hover !== null && layout !== null && (
        <dl
          className="chart-tip"
          style={{
            left: layout.x(hover),
            top: layout.plot.top + 4,
            transform:
              layout.x(hover) > layout.plot.left + layout.plot.width / 2
                ? 'translateX(calc(-100% - 10px))'
                : 'translateX(10px)',
          }}
        >
          <div>
            <dt>k = {reading.step}</dt>
            <dd>{data.stepSize !== null && `t = ${formatTime(reading.step, data.stepSize)}`}</dd>
          </div>
          {reading.langevin !== null && (
            <div className="langevin">
              <dt>Langevin</dt>
              <dd>
                {formatNatsWithError(reading.langevin.kl, reading.langevin.standardError)} nats
                {reading.langevin.estimator === 'smoothed' && ' (smoothed)'}
              </dd>
            </div>
          )}
          {reading.deterministic !== null && (
            <div className="deterministic">
              <dt>Deterministic</dt>
              <dd>
                {reading.deterministic.lowerBound && '≥ '}
                {formatNatsWithError(
                  reading.deterministic.kl,
                  reading.deterministic.standardError,
                )}{' '}
                nats
              </dd>
            </div>
          )}
        </dl>
      )}
      <p className="visually-hidden" id="lyapunov-summary">
        {reading.langevin !== null &&
          `At step ${String(reading.langevin.step)} the KL of the Langevin particles is ${formatNats(reading.langevin.kl)} nats. `}
        {reading.deterministic !== null &&
          `That of the deterministic flow is ${formatNats(reading.deterministic.kl)} nats. `}
        {chosen?.reason}
      </p>
    </div>
  )
}
