import { useEffect, useRef } from 'react'
import { prepareContext } from '../../render/canvas.ts'
import { formatCount, formatNumber, formatRate } from '../../render/format.ts'
import { drawLiveChart } from '../../render/charts/liveChart.ts'
import { LIVE_SPAN } from '../../stores/run/runStore.ts'
import { useLab, usePalette, useRun } from '../parts/context.ts'
import { LiveQuality } from './LiveQuality.tsx'
import { LiveSwitch } from './LiveSwitch.tsx'
import { StrayStart } from './StrayStart.tsx'
import { useSurface } from '../parts/useSurface.ts'

/** While the target is followed: keep what has been learned, or leave it. */
export function LivePanel() {
  const lab = useLab()
  const keeping = useRun((state) => state.live?.keeping === true)
  const shown = useRun((state) => state.live !== null && state.live.progress !== null)
  return (
    <div className="training" data-phase="live">
      <div className="training-buttons" role="group" aria-label="Training">
        <button
          type="button"
          className="button primary"
          disabled={!shown || keeping}
          title="Puts this energy onto the shelf and runs on it"
          onClick={() => {
            void lab.following.keep()
          }}
        >
          {keeping ? 'Keeping…' : 'Keep'}
        </button>
        <button
          type="button"
          className="button"
          title="A whole training by the recipe, from its first step"
          onClick={() => {
            lab.training.train()
          }}
        >
          Train
        </button>
        <LiveSwitch />
      </div>
      <LiveFigures />
      <LiveQuality />
      <LivePlot />
      <LiveOutcome />
    </div>
  )
}

const PHASE_WORDS = { starting: 'starting…', learning: 'learning', settled: 'settled' } as const

function LiveFigures() {
  const phase = useRun((state) => state.live?.phase ?? 'starting')
  const step = useRun((state) => state.live?.progress?.step ?? 0)
  const rate = useRun((state) => state.live?.progress?.stepsPerSecond ?? 0)
  const backend = useRun((state) => state.backend)
  return (
    <p className="figures">
      <span>
        <b>{formatCount(step)}</b> steps
      </span>
      {phase === 'learning' && rate > 0 && <span>{formatRate(rate)} steps/s</span>}
      <span role="status">{PHASE_WORDS[phase]}</span>
      {backend !== null && <span>{backend.name}</span>}
    </p>
  )
}

function LivePlot() {
  const [holder, surface] = useSurface<HTMLDivElement>()
  const canvas = useRef<HTMLCanvasElement>(null)
  const palette = usePalette()
  const history = useRun((state) => state.live?.history ?? NO_HISTORY)
  const known = useRun((state) => state.live?.taken?.transform === null)
  useEffect(() => {
    if (canvas.current === null || surface === null) return
    const context = prepareContext(canvas.current, surface)
    if (context === null) return
    drawLiveChart(
      context,
      surface,
      { history, span: LIVE_SPAN, quantity: known ? 'kl' : 'cross-entropy' },
      palette,
    )
  }, [surface, history, known, palette])
  return (
    <div className="loss live" ref={holder}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${
          known ? 'KL from the data to the model' : 'Validation cross-entropy'
        } over the last ${String(LIVE_SPAN)} seconds of training`}
      />
    </div>
  )
}

const NO_HISTORY: readonly never[] = []

function LiveOutcome() {
  const error = useRun((state) => state.live?.tableError ?? null)
  const stray = useRun((state) => state.live?.progress?.strayStart ?? null)
  if (error === null) return null
  return (
    <dl className="outcome">
      <StrayStart share={stray} />
      <div title="Largest difference of the table that is shown and the network, at 256 places drawn from π">
        <dt>Table − network</dt>
        <dd>
          V {formatNumber(error.value, 2)}, ∇V {formatNumber(error.gradient, 2)}
        </dd>
      </div>
    </dl>
  )
}
