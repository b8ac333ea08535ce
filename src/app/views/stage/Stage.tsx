import { useEffect, useMemo, useRef, useState } from 'react'
import { LAYER_IDS, type LayerId } from '../../../lab/scene/sceneSpec.ts'
import type { Landscape } from '../../../lab/protocol/calls.ts'
import { prepareContext } from '../../render/canvas.ts'
import { createViewport, toWorld, type Screen } from '../../render/coordinates.ts'
import { attachPointer } from '../../render/gestures.ts'
import type { LandscapeData } from '../../render/stage/landscape.ts'
import { createParticlePainter } from '../../render/stage/particles.ts'
import { createFrameMeter } from '../../render/frameMeter.ts'
import { inTurns, observeScreen, type Frames } from '../../render/painting.ts'
import type { Flow } from '../../render/theme.ts'
import { isDrawnInTurns } from '../../stores/run/cloudStore.ts'
import { barriersOf, everyBarrier } from '../../stores/shelf/shelfStore.ts'
import { useLab, useLearning, usePalette, useRun, useScene, useTool } from '../parts/context.ts'
import { isIdentity, lawOf } from '../sample/stepFormula.ts'
import { atLeisure } from '../parts/later.ts'
import { createPart, useLater } from '../parts/lazyPart.tsx'
import type { GroundPainter } from './ground.tsx'
import { Transport } from './Transport.tsx'
import { usePainting } from '../parts/usePainting.ts'
import { useSurface } from '../parts/useSurface.ts'

const BarrierHandles = createPart(
  async () => (await import('../barriers/BarrierHandles.tsx')).BarrierHandles,
)
/** The particles come before their curve, which has nothing to show as long as they have not moved. */
const LyapunovPlot = createPart(
  async () => (await import('../certify/LyapunovPlot.tsx')).LyapunovPlot,
  {
    placeholder: (
      <div className="charts">
        <div className="chart-head" />
        <div className="plot" />
      </div>
    ),
  },
)
const Caption = createPart(async () => (await import('./Caption.tsx')).Caption, {
  placeholder: <div className="caption" />,
})
const RegionPad = createPart(async () => (await import('../barriers/RegionPad.tsx')).RegionPad)

/** What lies under the particles comes after them. */
const loadGround = atLeisure(() => import('./ground.tsx'))
type Ground = typeof import('./ground.tsx')

const loadDifference = atLeisure(
  async () => (await import('../../render/stage/difference.ts')).drawDifference,
)

/** The two canvases, their clock and their curve. */
export function Stage() {
  const ref = useRef<HTMLElement>(null)
  useStageAttributes(ref)
  const ground = useLater(loadGround, true)
  const painter = useMemo(() => ground?.createGroundPainter() ?? null, [ground])
  const data = useLandscapeData(ground)
  const lab = useLab()
  const frames = useMemo(() => inTurns(() => isDrawnInTurns(lab.live.getState())), [lab])
  return (
    <section className="stage" ref={ref} data-testid="stage" aria-label="Stage">
      <Caption />
      <div className="twins">
        <FlowCanvas flow="langevin" ground={ground} painter={painter} data={data} frames={frames} />
        <FlowCanvas
          flow="deterministic"
          ground={ground}
          painter={painter}
          data={data}
          frames={frames}
        />
        <Invitation />
      </div>
      <Layers ground={ground} />
      <Transport />
      <LyapunovPlot frames={frames} />
    </section>
  )
}

/**
 * What tests and assistive tools may rely on, written straight to the element: `data-step` follows the
 * particles frame by frame, `data-fps` is the last full second's in which anything moved, the others change with
 * the run store. Also tells the lab whether the stage is on screen.
 */
function useStageAttributes(ref: React.RefObject<HTMLElement | null>): void {
  const lab = useLab()
  useEffect(() => {
    const element = ref.current
    if (element === null) return
    const { dataset } = element
    const put = (name: string, value: string) => {
      if (dataset[name] !== value) dataset[name] = value
    }
    const move = () => {
      put('step', String(lab.live.getState().step))
    }
    const write = () => {
      const { status, backend, training, live, run, preparing, analysis } = lab.run.getState()
      // The step first: whoever waits for a status finds the step that belongs to it.
      move()
      put('backend', backend?.name ?? '')
      put('training', training.phase)
      put('trainingStep', String(training.step))
      const measured = live?.progress ?? null
      put('live', live?.phase ?? '')
      put('liveTarget', String(live?.taken?.target ?? 0))
      put('liveKl', String(measured?.klDataModel ?? ''))
      put('liveCrossEntropy', String(measured?.crossEntropy ?? ''))
      put('run', String(run?.run ?? 0))
      put('preparing', String(preparing))
      put('laws', analysis?.stage ?? '')
      put('status', status)
      meter.run(seen && (status === 'running' || status === 'training'))
    }
    let seen = true
    const meter = createFrameMeter((rate) => {
      put('fps', String(Math.round(rate)))
    })
    const unobserve = observeScreen(element, (now) => {
      seen = now
      lab.watch(now)
      write()
    })
    put('fps', '0')
    write()
    const stops = [lab.run.subscribe(write), lab.live.subscribe(move), unobserve]
    return () => {
      meter.run(false)
      for (const stop of stops) stop()
    }
  }, [lab, ref])
}

/** What both canvases draw under their particles. */
function useLandscapeData(ground: Ground | null): LandscapeData | null {
  const landscape = useRun((state) => state.landscape)
  const targetDensity = useRun(
    ({ run, live }) => (live === null ? run : live.taken)?.targetDensity ?? null,
  )
  const points = useRun(({ run, live }) => (live === null ? run : live.taken)?.data ?? null)
  const metric = useScene((scene) => scene.dynamics.preconditioner)
  const wanted = useScene((scene) => scene.view.layers.includes('contraction'))
  const modeWanted = useScene((scene) => scene.view.layers.includes('slow-mode'))
  const mode = useRun(({ analysis }) => (modeWanted ? (analysis?.mode ?? null) : null))
  const basinsWanted = useScene((scene) => scene.view.layers.includes('basins'))
  const basins = useRun(({ analysis }) => (basinsWanted ? (analysis?.basins ?? null) : null))
  const rate = useMemo(() => {
    if (landscape === null || ground === null) return null
    if (mode !== null) return ground.modeRaster(mode)
    if (!wanted) return null
    const [[xx, xy], [, yy]] = metric
    return ground.rateRaster(landscape, [xx, xy, yy])
  }, [ground, landscape, wanted, metric, mode])
  return useMemo(
    () =>
      landscape === null
        ? null
        : { landscape, targetDensity, data: points ?? new Float32Array(), rate, basins },
    [landscape, targetDensity, points, rate, basins],
  )
}

const TITLES: Readonly<Record<Flow, { readonly title: string; readonly alt: string }>> = {
  langevin: {
    title: 'Langevin',
    alt: 'Langevin dynamics: particles with noise on the energy landscape',
  },
  deterministic: {
    title: 'Deterministic flow',
    alt: 'Deterministic gradient flow: the same particles without noise',
  },
}

const NO_TRAIL: readonly Float32Array[] = []

interface FlowCanvasProps {
  readonly flow: Flow
  readonly ground: Ground | null
  /** Of the ground; one for both canvases. */
  readonly painter: GroundPainter | null
  readonly data: LandscapeData | null
  /** When it is drawn. */
  readonly frames: Frames
}

function FlowCanvas({ flow, ground, painter, data, frames }: FlowCanvasProps) {
  const lab = useLab()
  const [holder, surface] = useSurface<HTMLDivElement>()
  const base = useRef<HTMLCanvasElement>(null)
  const top = useRef<HTMLCanvasElement>(null)
  const palette = usePalette()
  const { landscape = null, rate = null } = data ?? {}
  const layers = useScene((scene) => scene.view.layers)
  const dynamics = useScene((scene) => scene.dynamics)
  const barriers = useShownBarriers()
  const drawing = useTool((tool) => tool.drawing)
  const editing = useEditing()
  const walled = useScene((scene) => barriersOf(scene.energy).length > 0)
  const particles = useMemo(() => createParticlePainter(), [])
  const companions = useMemo(() => createParticlePainter(), [])
  const [hover, setHover] = useState<Screen | null>(null)

  const viewport = useMemo(
    () =>
      surface === null || landscape === null ? null : createViewport(surface, landscape.halfWidth),
    [surface, landscape],
  )

  const paintBase = useMemo(() => {
    if (painter === null || viewport === null || data === null) return null
    return (canvas: HTMLCanvasElement) => {
      const context = prepareContext(canvas, viewport)
      if (context === null) return
      painter(context, viewport, data, layers, barriers, palette)
      canvas.dataset.drawn = 'true'
    }
  }, [painter, viewport, data, layers, barriers, palette])

  const learning = useLearning()
  const chains = useRun(({ training }) =>
    learning && flow === 'langevin' && layers.includes('chains') ? training.chains : null,
  )
  const drawDifference = useLater(loadDifference, layers.includes('difference'))
  const paintTop = useMemo(() => {
    if (viewport === null || landscape === null) return null
    const has = (layer: LayerId) => layers.includes(layer)
    return (canvas: HTMLCanvasElement) => {
      const state = lab.live.getState()
      const xy = state[flow]
      const context = prepareContext(canvas, viewport)
      if (context === null) return
      const first = !has('difference')
      if (!first) drawDifference?.(context, viewport, landscape, xy, palette)
      if (has('particles')) {
        const trail = flow === 'langevin' ? state.langevinTrail : state.deterministicTrail
        const previous = has('trails') ? trail : NO_TRAIL
        const companion = flow === 'langevin' ? state.companion : null
        if (companion !== null) {
          const second = { xy: companion, previous: NO_TRAIL, first }
          companions.draw(context, viewport, second, 'companion', palette)
        }
        const cloud = { xy, previous, first: first && companion === null }
        particles.draw(context, viewport, cloud, flow, palette)
        if (companion !== null) ground?.drawLinks(context, viewport, xy, companion, palette)
      }
      if (chains !== null) ground?.drawChains(context, viewport, chains, palette)
      canvas.dataset.chains = String((chains?.length ?? 0) / 2)
      canvas.dataset.step = String(state.step)
    }
  }, [
    lab,
    flow,
    viewport,
    landscape,
    layers,
    palette,
    particles,
    companions,
    ground,
    drawDifference,
    chains,
  ])

  usePainting(base, paintBase, frames)
  // Frames reach the canvas past React; several between two screen frames are drawn once.
  const repaint = usePainting(top, paintTop, frames)
  // Under the dialog that shows a drawing's energy the stage rests: those particles are not on its landscape.
  const resting = useRun((state) => (state.live?.sketched ?? null) !== null)
  useEffect(() => (resting ? undefined : lab.live.subscribe(repaint)), [lab, repaint, resting])

  useEffect(() => {
    const element = holder.current
    if (element === null || viewport === null || landscape === null) return
    return attachPointer(element, {
      hover: (point) => {
        setHover(point)
      },
      click: (point) => {
        loadGround().then(
          ({ releaseAt }) => {
            releaseAt(lab, landscape, toWorld(viewport, point))
          },
          // `useLater` posts the notice that the file of the landscape could not be fetched.
          () => undefined,
        )
      },
    })
  }, [holder, viewport, landscape, lab])

  const { title, alt } = TITLES[flow]
  const law = lawOf(flow, dynamics)
  return (
    <figure className="flow" data-flow={flow}>
      <figcaption>
        <i className="swatch" />
        <strong>{title}</strong>
        {flow === 'langevin' && dynamics.companion !== null && (
          <span className="second">
            <i className="swatch" /> <span>second cloud</span>
          </span>
        )}
        <span className="law" title={law}>
          {law}
        </span>
      </figcaption>
      <div className="flow-canvas">
        <div className="flow-surface" ref={holder}>
          <canvas ref={base} className="base" role="img" aria-label={`${alt}. Energy landscape`} />
          <canvas
            ref={top}
            className="top"
            role="img"
            aria-label={alt}
            data-testid={`particles-${flow}`}
          />
        </div>
        {ground !== null && rate !== null && layers.includes('slow-mode') && <ground.ModeLegend />}
        {ground !== null && layers.includes('basins') && <ground.BasinLegend />}
        {ground !== null && rate !== null && layers.includes('contraction') && (
          <ground.RateLegend
            rate={rate}
            plain={isIdentity(dynamics.preconditioner)}
            place={dynamics.metric !== undefined}
          />
        )}
        {ground !== null && hover !== null && viewport !== null && landscape !== null && (
          <ground.Readout at={hover} viewport={viewport} landscape={landscape} />
        )}
        {viewport !== null && editing && walled && (
          <BarrierHandles viewport={viewport} focusable={flow === 'langevin'} />
        )}
        {viewport !== null && editing && drawing && (
          <RegionPad viewport={viewport} focused={flow === 'langevin'} />
        )}
      </div>
    </figure>
  )
}

/** While a training has the stage, its energy is shown, which has no barriers and takes none. */
function useEditing(): boolean {
  const learning = useLearning()
  const run = useRun((state) => state.run !== null)
  return run && !learning
}

/** The barriers to draw: those of the scene while its run is being prepared, else those of the energy on the stage. */
function useShownBarriers(): Landscape['barriers'] {
  const editing = useEditing()
  const energy = useScene((scene) => scene.energy)
  const asked = useMemo(() => everyBarrier(energy), [energy])
  const shown = useRun((state) => state.landscape?.barriers ?? NO_BARRIERS)
  return editing ? asked : shown
}

const NO_BARRIERS: Landscape['barriers'] = []

/** Over an untrained landscape: what to do about it. */
function Invitation() {
  const lab = useLab()
  const untrained = useRun((state) => state.run !== null && !state.run.trained)
  const learning = useLearning()
  const preparing = useRun((state) => state.preparing)
  const run = useRun((state) => state.run)
  if (run === null) {
    if (learning) return null
    return (
      <p className="invitation" role="status">
        {preparing ? 'Opening the lab…' : 'Nothing to show yet'}
      </p>
    )
  }
  if (!untrained || preparing || learning) return null
  return (
    <div className="invitation">
      <p>This energy knows nothing of the data yet.</p>
      <button
        type="button"
        className="button primary"
        onClick={() => {
          lab.training.learn()
        }}
      >
        Train it
      </button>
    </div>
  )
}

const LAYER_NAMES: Readonly<Record<LayerId, string>> = {
  energy: 'Density π',
  contraction: 'Rate m(x)',
  'slow-mode': 'Slow mode',
  basins: 'Basins',
  contours: 'Contours',
  gradient: 'Arrows',
  data: 'Data',
  target: 'Target ρ*',
  particles: 'Particles',
  trails: 'Trails',
  difference: 'Difference',
  chains: 'Chains',
}

function Layers({ ground }: { readonly ground: Ground | null }) {
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
          title={ground?.LAYER_TITLES[layer]}
          onClick={() => {
            lab.edit((scene) => {
              return {
                ...scene,
                view: { ...scene.view, layers: toggled(scene.view.layers, layer) },
              }
            })
          }}
        >
          {LAYER_NAMES[layer]}
        </button>
      ))}
    </div>
  )
}

/** Layers that colour the whole box: one takes the place of the other. */
const RIVALS: readonly LayerId[] = ['energy', 'contraction', 'slow-mode', 'basins']

/** The layers with one switched. */
function toggled(layers: readonly LayerId[], layer: LayerId): readonly LayerId[] {
  const on = !layers.includes(layer)
  const isRival = RIVALS.includes(layer)
  const away = on && isRival ? RIVALS : []
  // What took the place of the density gives it back.
  const back = !on && isRival && layer !== 'energy'
  return LAYER_IDS.filter((id) =>
    id === layer ? on : (back && id === 'energy') || (!away.includes(id) && layers.includes(id)),
  )
}
