import { createBitmap } from '../../render/canvas.ts'
import { CHARTS } from '../../render/charts/charts.ts'
import {
  chartPng,
  chartSvg,
  stagePng,
  stageSvg,
  type ChartFigure,
  type PixelOptions,
  type StageFigure,
} from '../../render/figures/figures.ts'
import { formatNatsWithError, formatNumber, trimZeros } from '../../render/format.ts'
import { modeRaster, rateRaster } from '../../render/stage/contraction.ts'
import { PALETTES, type Palette } from '../../render/theme.ts'
import type { Exporting, ShownRun } from '../../stores/export/exporting.ts'
import type { Lab } from '../../stores/lab.ts'
import { chartDataOf } from '../parts/chartData.ts'
import { adviceContextOf } from '../parts/useAdvice.ts'

/** What a picture shows, and as what. */
export type PictureKind = 'stage-png' | 'stage-svg' | 'chart-png' | 'chart-svg'

export interface PictureSettings {
  /** Pixels a CSS pixel, 1 to 4. */
  readonly ratio: number
  readonly transparent: boolean
  /** Of a vector picture, mm. */
  readonly width: number
  /** Of a picture of pixels; a vector picture is for paper. */
  readonly palette: Palette
}

/** Draws a picture of the stage and has it saved. */
export function savePicture(
  lab: Lab,
  exporting: Exporting,
  kind: PictureKind,
  settings: PictureSettings,
): Promise<void> {
  const { ratio, transparent, width, palette } = settings
  const pixels: PixelOptions = { ratio, transparent, palette }
  const paper = PALETTES.light
  const { chart } = lab.scene.getState().scene.view
  switch (kind) {
    case 'stage-png':
      return exporting.picture('stage.png', (shown, pause) =>
        stagePng(stageFigure(lab, shown), pixels, pause),
      )
    case 'stage-svg':
      return exporting.picture('stage.svg', (shown, pause) =>
        stageSvg(stageFigure(lab, shown), width, paper, measurer(), pause),
      )
    case 'chart-png':
      return exporting.picture(`${chart}.png`, (shown, pause) =>
        chartPng(chartFigure(lab, shown), pixels, pause),
      )
    case 'chart-svg':
      return exporting.picture(`${chart}.svg`, async (shown, pause) => {
        await pause()
        return chartSvg(chartFigure(lab, shown), width, paper, measurer())
      })
    default:
      return kind satisfies never
  }
}

/** Measures texts as a canvas of this browser writes them. */
function measurer(): (text: string, font: string) => number {
  const { context } = createBitmap(1, 1)
  return (text, font) => {
    context.font = font
    return context.measureText(text).width
  }
}

/** Scene, step, η, ε, the KL of the particles at that step, and the version of the lab. */
function captionOf(lab: Lab, { about, clouds }: ShownRun): string {
  const { run, points } = lab.run.getState()
  const { stepSize = null, epsilon = 1 } = run?.scene.dynamics ?? {}
  const { step } = clouds
  const read = points.findLast((point) => point.step <= step && point.kl !== null)
  const number = (value: number) => trimZeros(formatNumber(value, 3))
  return [
    `${about.name}, seed ${String(about.seed)}`,
    `step ${String(step)}`,
    ...(stepSize === null ? [] : [`η ${number(stepSize)}`]),
    `ε ${number(epsilon)}`,
    ...(read === undefined || read.kl === null
      ? []
      : [
          `${read.estimator === 'smoothed' ? 'smoothed KL' : 'KL'} ${formatNatsWithError(read.kl, read.klStandardError ?? 0)} nats` +
            (read.step === step ? '' : ` at step ${String(read.step)}`),
        ]),
    `Lyapunov Lab ${about.version}`,
  ].join(' · ')
}

function stageFigure(lab: Lab, shown: ShownRun): StageFigure {
  const { run, analysis } = lab.run.getState()
  if (run === null) throw new Error('no run')
  const { view, dynamics } = lab.scene.getState().scene
  const has = (layer: (typeof view.layers)[number]) => view.layers.includes(layer)
  const [[xx, xy], [, yy]] = dynamics.preconditioner
  const mode = has('slow-mode') ? (analysis?.mode ?? null) : null
  return {
    data: {
      landscape: run.landscape,
      targetDensity: run.targetDensity,
      data: run.data,
      rate:
        mode !== null
          ? modeRaster(mode)
          : has('contraction')
            ? rateRaster(run.landscape, [xx, xy, yy])
            : null,
      basins: has('basins') ? (analysis?.basins ?? null) : null,
    },
    layers: {
      energy: has('energy'),
      contours: has('contours'),
      gradient: has('gradient'),
      target: has('target'),
      data: has('data'),
      particles: has('particles'),
    },
    langevin: shown.clouds.langevin,
    deterministic: shown.clouds.deterministic,
    companion: shown.clouds.companion,
    caption: captionOf(lab, shown),
  }
}

function chartFigure(lab: Lab, shown: ShownRun): ChartFigure {
  const { view, stopping } = lab.scene.getState().scene
  const state = lab.run.getState()
  const { phase, history, steps } = state.training
  const training = phase === 'none' ? null : { history, steps }
  const advice = adviceContextOf(state, stopping.delta)
  const chart = CHARTS[view.chart]
  return {
    picture: chart.picture(chartDataOf({ ...state, training }, stopping.criterion, advice)),
    cursor: 'ofTraining' in chart ? null : shown.clouds.step,
    caption: captionOf(lab, shown),
  }
}
