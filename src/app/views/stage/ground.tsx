import type { Landscape } from '../../../lab/protocol/calls.ts'
import type { LayerId } from '../../../lab/scene/sceneSpec.ts'
import type { Context } from '../../render/canvas.ts'
import { drawAxes } from '../../render/charts/axes.ts'
import { formatReading, readLandscape } from '../../render/charts/readout.ts'
import { toWorld, type Screen, type Viewport, type World } from '../../render/coordinates.ts'
import { counted, formatCount, formatNumber, formatShare } from '../../render/format.ts'
import { gradientOf, rampsOf } from '../../render/ramps.ts'
import type { RateRaster } from '../../render/stage/contraction.ts'
import { createLandscapePainter, type LandscapeData } from '../../render/stage/landscape.ts'
import { drawRegions } from '../../render/stage/regions.ts'
import type { Palette } from '../../render/theme.ts'
import type { Lab } from '../../stores/lab.ts'
import { quantitiesOf } from '../../stores/shelf/cards.ts'
import { usePalette, useRun, useScene, useShelf } from '../parts/context.ts'

/*
 * What lies under the particles, what ties them, and what is said of both: fetched after the first of them have moved.
 */
export { drawChains } from '../../render/stage/chains.ts'
export { drawLinks } from '../../render/stage/links.ts'
export { modeRaster, rateRaster } from '../../render/stage/contraction.ts'

/** What the layers show, for the buttons that switch them. */
export const LAYER_TITLES: Partial<Readonly<Record<LayerId, string>>> = {
  contraction: 'm = λmin(∇²V): how fast two nearby copies under one noise approach, or part',
  contours: 'Lines of equal V',
  gradient: 'Arrows along −∇V',
  'slow-mode':
    'Between which two states mass is exchanged most slowly: the mode of the spectral gap',
  basins:
    'Which start ends in which well, when nothing but the gradient drives it; wells that hold less than 0.1 % of π are stray',
  chains: 'The negative chains of the training under way: the same dynamics, by which it learns',
  difference: 'Particles against the Gibbs density: too many, too few',
}

/** Draws the landscape of one canvas or the other, with regions and axes. */
export type GroundPainter = (
  context: Context,
  viewport: Viewport,
  data: LandscapeData,
  layers: readonly LayerId[],
  barriers: Landscape['barriers'],
  palette: Palette,
) => void

export function createGroundPainter(): GroundPainter {
  const landscapes = createLandscapePainter()
  return (context, viewport, data, layers, barriers, palette) => {
    const has = (layer: LayerId) => layers.includes(layer)
    const shown = {
      energy: has('energy'),
      contours: has('contours'),
      gradient: has('gradient'),
      target: has('target'),
      data: has('data'),
    }
    landscapes.draw(context, viewport, data, shown, palette)
    drawRegions(context, viewport, barriers, palette)
    drawAxes(context, viewport, palette)
  }
}

/** Has the particles start anew from a point of the stage, if it is allowed. */
export function releaseAt(lab: Lab, landscape: Landscape, at: World): void {
  const reading = readLandscape(landscape, at)
  if (reading === null) return
  if (reading.forbidden) {
    lab.notify('info', 'No cloud can be released inside a forbidden region.')
    return
  }
  const round = (value: number) => Math.round(value * 100) / 100 + 0
  lab.edit((scene) => {
    const { initial } = scene.dynamics
    const spread = initial.kind === 'point' ? initial.spread : 0.25
    const point = { kind: 'point', at: [round(at[0]), round(at[1])], spread } as const
    return { ...scene, dynamics: { ...scene.dynamics, initial: point } }
  })
}

/** The colours of the rate of contraction. */
export function RateLegend({
  rate,
  plain,
  place,
}: {
  readonly rate: RateRaster
  readonly plain: boolean
  /** Whether the dynamics have a metric M(x), of which the rates do not speak. */
  readonly place: boolean
}) {
  const scale = formatNumber(rate.scale, 2)
  return (
    <p
      className="rate-legend"
      title={`Two nearby copies under one noise approach at the rate ${
        plain ? 'λmin(∇²V)' : 'λmin(√P ∇²V √P), in the metric P⁻¹'
      }; where it is negative they part${place ? '. So it is in plain Langevin, not in the metric M(x)' : ''}`}
    >
      <span>
        <span className="word">part </span>−{scale} <RateScale /> {scale}
        <span className="word"> approach</span>
      </span>
    </p>
  )
}

function RateScale() {
  const palette = usePalette()
  const style: Record<`--${string}`, string> = { '--rate': gradientOf(rampsOf(palette).rate) }
  return <i className="rate-scale" style={style} />
}

/** The colours of the slowest mode. */
export function ModeLegend() {
  return (
    <p
      className="rate-legend"
      title="The states that exchange mass most slowly, and what lies between them; where they are stands among the constants"
    >
      <span>
        heavier <RateScale /> lighter<span className="word"> state</span>
      </span>
    </p>
  )
}

/** How many basins there are, and how much of the start ends in wells that hold next to nothing. */
export function BasinLegend() {
  const analysis = useRun((state) => state.analysis)
  const wells = analysis?.basins?.wells
  const stray = wells?.filter((well) => well.stray).length ?? 0
  const share = analysis?.constants?.strayStart ?? null
  return (
    <p
      className="rate-legend"
      title="Wells of V, shallow ones with their neighbours, and their shares of π. From a stray well, which holds less than 0.1 % of π, the gradient flow never leads to the others, and noise often in no time that counts"
    >
      {wells === undefined ? (
        `wells: ${analysis?.stage === 'done' ? 'unknown' : '…'}`
      ) : (
        <span>
          {counted(wells.length - stray, 'well')},{' '}
          {stray === 0 ? (
            'no stray well'
          ) : (
            <>
              <i className="stray-swatch" /> {formatCount(stray)} stray
              {share !== null && (
                <>
                  : {formatShare(share)}
                  <span className="word"> of the start</span>
                </>
              )}
            </>
          )}
        </span>
      )}
    </p>
  )
}

interface ReadoutProps {
  readonly at: Screen
  readonly viewport: Viewport
  readonly landscape: Landscape
}

/** What lies under the pointer; for data also in their own units. */
export function Readout({ at, viewport, landscape }: ReadoutProps) {
  const target = useScene((scene) => scene.target)
  const shelf = useShelf((state) => state)
  const transform = useRun(({ run, live }) => (live === null ? run : live.taken)?.transform ?? null)
  const reading = readLandscape(landscape, toWorld(viewport, at))
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
