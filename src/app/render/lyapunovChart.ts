import type { CurvePoint, FrameReply } from '../../lab/protocol/calls.ts'
import type { Context } from './canvas.ts'
import type { Screen, Surface } from './coordinates.ts'
import type { Palette } from './theme.ts'

/** What the chart shows. */
export interface LyapunovData {
  /** In order of step, from step 0 on; what has been computed so far. */
  readonly points: readonly CurvePoint[]
  /** Steps of the whole run: the right end of the axis. */
  readonly steps: number
  /** η; null until known. */
  readonly stepSize: number | null
  /** Mean and mean + 2 sd of the estimator at exact samples of π. */
  readonly nullFloor: FrameReply['nullFloor']
  readonly stops: FrameReply['stops']
  /** The criterion whose stop carries the flag; the others are ticks. */
  readonly criterion: string
  /** Tolerance δ, nats. */
  readonly delta: number
}

/** What the person is doing with it. */
export interface LyapunovInteraction {
  /** Step of the particles on the stage. */
  readonly cursor: number | null
  /** Step under the pointer. */
  readonly hover: number | null
  readonly deltaActive: boolean
}

export type ValueScale = 'auto' | 'log' | 'symlog' | 'linear'

export interface LyapunovOptions {
  readonly scale: ValueScale
}

/** Scales and places, a pure function of size and data. Screen units are CSS pixels. */
export interface LyapunovLayout {
  readonly surface: Surface
  readonly plot: {
    readonly left: number
    readonly top: number
    readonly width: number
    readonly height: number
  }
  /** The scale really used. */
  readonly scale: 'log' | 'symlog' | 'linear'
  /** Nats at the bottom and the top of the plot. */
  readonly domain: readonly [low: number, high: number]
  readonly steps: number
  x(step: number): number
  /** Screen y of a KL; clamped to the plot. */
  y(kl: number): number
}

/** The values at a step, for the read-out and for people who do not see the canvas. */
export interface LyapunovReading {
  readonly step: number
  readonly time: number | null
  readonly langevin: {
    readonly step: number
    readonly kl: number
    readonly standardError: number | null
    readonly estimator: CurvePoint['estimator']
  } | null
  readonly deterministic: {
    readonly step: number
    readonly kl: number
    readonly standardError: number | null
    readonly lowerBound: boolean
  } | null
  readonly klExact: number | null
  readonly fokkerPlanck: number | null
}

export type LyapunovFunctions = {
  lyapunovLayout(surface: Surface, data: LyapunovData, options?: LyapunovOptions): LyapunovLayout
  drawLyapunov(
    context: Context,
    layout: LyapunovLayout,
    data: LyapunovData,
    interaction: LyapunovInteraction,
    palette: Palette,
  ): void
  stepAt(layout: LyapunovLayout, x: number): number
  deltaAt(layout: LyapunovLayout, y: number): number
  hitDelta(layout: LyapunovLayout, delta: number, point: Screen): boolean
  hitPlot(layout: LyapunovLayout, point: Screen): boolean
  readLyapunov(data: LyapunovData, step: number): LyapunovReading
}
