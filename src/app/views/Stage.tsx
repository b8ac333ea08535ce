import { useEffect, useMemo, useRef, useState } from 'react'
import { LAYER_IDS } from '../../lab/scene/defaults.ts'
import type { LayerId } from '../../lab/scene/sceneSpec.ts'
import { prepareContext } from '../render/canvas.ts'
import { createViewport, toWorld, type Screen } from '../render/coordinates.ts'
import { drawAxes } from '../render/axes.ts'
import { drawDifference } from '../render/difference.ts'
import { formatNumber } from '../render/format.ts'
import { attachPointer } from '../render/gestures.ts'
import {
  createLandscapePainter,
  type LandscapeData,
  type LandscapePainter,
} from '../render/landscape.ts'
import { createParticlePainter } from '../render/particles.ts'
import { formatReading, readLandscape, type LandscapeReading } from '../render/readout.ts'
import type { Flow } from '../render/theme.ts'
import { quantitiesOf } from '../stores/shelfStore.ts'
import { useLab, usePalette, useRun, useScene, useShelf } from './context.ts'
import { LyapunovPlot } from './LyapunovPlot.tsx'
import { Transport } from './Transport.tsx'
import { useSurface } from './useSurface.ts'

/** The two canvases, their clock and their curve. */
export function Stage() {
  const ref = useRef<HTMLElement>(null)
  useStageAttributes(ref)
  const painter = useMemo(() => createLandscapePainter(), [])
  return (
    <section className="stage" ref={ref} data-testid="stage" aria-label="Stage">
      <div className="twins">
        <FlowCanvas flow="langevin" painter={painter} />
        <FlowCanvas flow="deterministic" painter={painter} />
        <Invitation />
      </div>
      <Layers />
      <Transport />
      <LyapunovPlot />
    </section>
  )
}

/**
 * What tests and assistive tools may rely on, written straight to the element: `data-step` follows the
 * particles frame by frame, the others change with the run store.
 */
function useStageAttributes(ref: React.RefObject<HTMLElement | null>): void {
  const lab = useLab()
  useEffect(() => {
    const element = ref.current
    if (element === null) return
    const { dataset } = element
    const write = () => {
      const { status, backend, training, run, preparing } = lab.run.getState()
      // The step first: whoever waits for a status finds the step that belongs to it.
      dataset.step = String(lab.live.getState().step)
      dataset.backend = backend?.name ?? ''
      dataset.training = training.phase
      dataset.trainingStep = String(training.step)
      dataset.run = String(run?.run ?? 0)
      dataset.preparing = String(preparing)
      dataset.status = status
    }
    write()
    dataset.fps = '0'
    let frames = 0
    let since = performance.now()
    let handle = requestAnimationFrame(function count(now) {
      handle = requestAnimationFrame(count)
      frames += 1
      if (now - since < 1000) return
      dataset.fps = String(Math.round((1000 * frames) / (now - since)))
      frames = 0
      since = now
    })
    const stops = [lab.run.subscribe(write), lab.live.subscribe(write)]
    return () => {
      cancelAnimationFrame(handle)
      for (const stop of stops) stop()
    }
  }, [lab, ref])
}

const TITLES: Readonly<
  Record<Flow, { readonly title: string; readonly law: string; readonly alt: string }>
> = {
  langevin: {
    title: 'Langevin',
    law: 'x ← x − η∇V + √(2ηε) ξ',
    alt: 'Langevin dynamics: particles with noise on the energy landscape',
  },
  deterministic: {
    title: 'Deterministic flow',
    law: 'x ← x − η∇V',
    alt: 'Deterministic gradient flow: the same particles without noise',
  },
}

interface FlowCanvasProps {
  readonly flow: Flow
  readonly painter: LandscapePainter
}

function FlowCanvas({ flow, painter }: FlowCanvasProps) {
  const lab = useLab()
  const [holder, surface] = useSurface<HTMLDivElement>()
  const base = useRef<HTMLCanvasElement>(null)
  const top = useRef<HTMLCanvasElement>(null)
  const palette = usePalette()
  const landscape = useRun((state) => state.landscape)
  const targetDensity = useRun((state) => state.run?.targetDensity ?? null)
  const points = useRun((state) => state.run?.data ?? null)
  const layers = useScene((scene) => scene.view.layers)
  const skew = useScene((scene) => scene.dynamics.skew)
  const particles = useMemo(() => createParticlePainter(), [])
  const [hover, setHover] = useState<Screen | null>(null)

  const data = useMemo<LandscapeData | null>(
    () =>
      landscape === null ? null : { landscape, targetDensity, data: points ?? new Float32Array() },
    [landscape, targetDensity, points],
  )
  const viewport = useMemo(
    () =>
      surface === null || landscape === null ? null : createViewport(surface, landscape.halfWidth),
    [surface, landscape],
  )

  useEffect(() => {
    if (base.current === null || viewport === null || data === null) return
    const context = prepareContext(base.current, viewport)
    const has = (layer: LayerId) => layers.includes(layer)
    painter.draw(
      context,
      viewport,
      data,
      {
        energy: has('energy'),
        contours: has('contours'),
        gradient: has('gradient'),
        target: has('target'),
        data: has('data'),
      },
      palette,
    )
    drawAxes(context, viewport, palette)
    base.current.dataset.drawn = 'true'
  }, [painter, viewport, data, layers, palette])

  // Frames reach the canvas past React; several between two screen frames are drawn once.
  useEffect(() => {
    const canvas = top.current
    if (canvas === null || viewport === null || landscape === null) return
    let handle = 0
    const draw = () => {
      handle = 0
      const state = lab.live.getState()
      const xy = state[flow]
      const context = prepareContext(canvas, viewport)
      if (layers.includes('difference')) drawDifference(context, viewport, landscape, xy, palette)
      if (layers.includes('particles')) {
        const trail = flow === 'langevin' ? state.langevinTrail : state.deterministicTrail
        const previous = layers.includes('trails') ? trail : []
        particles.draw(context, viewport, { xy, previous }, flow, palette)
      }
      canvas.dataset.step = String(state.step)
    }
    const request = () => {
      if (handle === 0) handle = requestAnimationFrame(draw)
    }
    draw()
    const stop = lab.live.subscribe(request)
    return () => {
      stop()
      cancelAnimationFrame(handle)
    }
  }, [lab, flow, viewport, landscape, layers, palette, particles])

  useEffect(() => {
    const element = holder.current
    if (element === null || viewport === null || landscape === null) return
    return attachPointer(element, {
      hover: (point) => {
        setHover(point)
      },
      click: (point) => {
        const [x, y] = toWorld(viewport, point)
        if (readLandscape(landscape, toWorld(viewport, point)) === null) return
        const round = (value: number) => Math.round(value * 100) / 100 + 0
        lab.edit((scene) => ({
          ...scene,
          dynamics: {
            ...scene.dynamics,
            initial: {
              kind: 'point',
              at: [round(x), round(y)],
              spread:
                scene.dynamics.initial.kind === 'point' ? scene.dynamics.initial.spread : 0.25,
            },
          },
        }))
      },
    })
  }, [holder, viewport, landscape, lab])

  const { title, law, alt } = TITLES[flow]
  return (
    <figure className="flow" data-flow={flow}>
      <figcaption>
        <i className="swatch" />
        <strong>{title}</strong>
        <span className="law">
          {law}
          {skew !== 0 && ' − ηγJ∇V'}
        </span>
      </figcaption>
      <div className="flow-canvas" ref={holder}>
        <canvas ref={base} className="base" role="img" aria-label={`${alt}. Energy landscape`} />
        <canvas
          ref={top}
          className="top"
          role="img"
          aria-label={alt}
          data-testid={`particles-${flow}`}
        />
        {hover !== null && viewport !== null && landscape !== null && (
          <Readout at={hover} reading={readLandscape(landscape, toWorld(viewport, hover))} />
        )}
      </div>
    </figure>
  )
}

/** Over an untrained landscape: what to do about it. */
function Invitation() {
  const lab = useLab()
  const untrained = useRun((state) => state.run !== null && !state.run.trained)
  const training = useRun((state) => state.training.phase)
  const preparing = useRun((state) => state.preparing)
  const run = useRun((state) => state.run)
  if (run === null) {
    if (['starting', 'running', 'paused'].includes(training)) return null
    return (
      <p className="invitation" role="status">
        {preparing ? 'Opening the lab…' : 'Nothing to show yet'}
      </p>
    )
  }
  if (!untrained || preparing || ['starting', 'running', 'paused'].includes(training)) return null
  return (
    <div className="invitation">
      <p>This energy is still untrained: pure confinement.</p>
      <button
        type="button"
        className="button primary"
        onClick={() => {
          lab.training.learn()
        }}
      >
        Learn it
      </button>
    </div>
  )
}

const LAYER_NAMES: Readonly<Record<LayerId, string>> = {
  energy: 'Density π',
  contraction: 'Rate λmin(∇²V)',
  contours: 'Contours V',
  gradient: 'Arrows −∇V',
  data: 'Data',
  target: 'Target ρ*',
  particles: 'Particles',
  trails: 'Trails',
  difference: 'Difference',
}

function Layers() {
  const lab = useLab()
  const shown = useScene((scene) => scene.view.layers)
  return (
    <div className="layers" role="group" aria-label="Layers">
      {LAYER_IDS.map((layer) => (
        <button
          key={layer}
          type="button"
          className="chip"
          aria-pressed={shown.includes(layer)}
          title={
            layer === 'difference'
              ? 'Particles against the Gibbs density: too many, too few'
              : undefined
          }
          onClick={() => {
            lab.edit((scene) => {
              const on = scene.view.layers.includes(layer)
              const layers = LAYER_IDS.filter((id) =>
                id === layer ? !on : scene.view.layers.includes(id),
              )
              return { ...scene, view: { ...scene.view, layers } }
            })
          }}
        >
          {LAYER_NAMES[layer]}
        </button>
      ))}
    </div>
  )
}

/** What lies under the pointer; for data also in their own units. */
function Readout({
  at,
  reading,
}: {
  readonly at: Screen
  readonly reading: LandscapeReading | null
}) {
  const target = useScene((scene) => scene.target)
  const shelf = useShelf((state) => state)
  const transform = useRun((state) => state.run?.transform ?? null)
  if (reading === null) return null
  const quantities = quantitiesOf(shelf, target)
  return (
    <>
      <i
        className="cross"
        style={{ transform: `translate(${String(at[0])}px, ${String(at[1])}px)` }}
      />
      <p className="readout" data-testid="readout">
        {transform !== null &&
          quantities?.map(({ name, unit }, axis) => (
            <span key={name}>
              <i>{name}</i>{' '}
              {formatNumber(
                transform.mean[axis]! +
                  reading.point[axis]! * transform.deviation[axis]! * transform.extraScale,
              )}
              {unit !== '' && ` ${unit}`}
            </span>
          ))}
        {formatReading(reading).map(({ label, value }) => (
          <span key={label}>
            <i>{label}</i> {value}
          </span>
        ))}
      </p>
    </>
  )
}
