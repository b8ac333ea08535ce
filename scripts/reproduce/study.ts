import type { SceneSpec } from '../../src/lab/scene/sceneSpec.ts'
import type { Figure } from './figure.ts'
import { exactly, number, powerOfTen } from './numbers.ts'
import type { Job, Outcomes } from './perform.ts'

/** One statement of the theory, and what the runs say of it. */
export interface Prediction {
  /** A sentence without its full stop. */
  readonly claim: string
  readonly measured: string
  /** What `measured` is held to. */
  readonly bound: string
  readonly met: boolean
}

export interface Table {
  readonly caption: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** What a study found, with every number taken from its runs. */
export interface Finding {
  readonly predictions: readonly Prediction[]
  readonly figures: readonly Figure[]
  readonly tables?: readonly Table[]
  /** Paragraphs that follow the figures. */
  readonly remarks?: readonly string[]
}

/** Seeds of a study: of every run, of particles against a slow mode, and of the question how much the seed matters. */
export interface Seeds {
  readonly few: readonly number[]
  readonly several: readonly number[]
  readonly many: readonly number[]
}

/** What an experiment of the table is asked, how it is run, and what the theory predicts of it. */
export interface Study {
  /** Of the experiment, where it is about one. */
  readonly id: string
  /** Default: that of the experiment. */
  readonly title?: string
  /** Ids of the experiments that it runs; default: its own. */
  readonly covers?: readonly string[]
  readonly question: string
  /** The scene of the (first) experiment under the name `main`, and its variations. */
  readonly jobs: (scene: SceneSpec, seeds: Seeds) => Readonly<Record<string, Job>>
  /** The variations in words, for the setting; names as in `jobs`. */
  readonly variations?: Readonly<Record<string, string>>
  readonly judge: (of: (name: string) => Outcomes) => Finding
}

/** The scene with other dynamics. */
export function withDynamics(
  scene: SceneSpec,
  dynamics: Partial<SceneSpec['dynamics']>,
): SceneSpec {
  return { ...scene, dynamics: { ...scene.dynamics, ...dynamics } }
}

/** A bound as somebody would write it. */
export function limit(value: number): string {
  const power = Math.log10(Math.abs(value))
  return power < -3 && Number.isInteger(power) ? powerOfTen(power) : exactly(value)
}

export function atMost(claim: string, measured: number, bound: number): Prediction {
  return {
    claim,
    measured: number(measured),
    bound: `≤ ${limit(bound)}`,
    met: measured <= bound,
  }
}

export function atLeast(claim: string, measured: number, bound: number): Prediction {
  return {
    claim,
    measured: number(measured),
    bound: `≥ ${limit(bound)}`,
    met: measured >= bound,
  }
}

export function between(
  claim: string,
  measured: number,
  [low, high]: readonly [number, number],
): Prediction {
  return {
    claim,
    measured: number(measured),
    bound: `${limit(low)} to ${limit(high)}`,
    met: measured >= low && measured <= high,
  }
}

/** Within a share of what is expected. */
export function near(claim: string, measured: number, expected: number, share: number): Prediction {
  return {
    claim,
    measured: number(measured, 4),
    bound: `${number(expected, 4)} ± ${limit(100 * share)} %`,
    met: Math.abs(measured - expected) <= share * Math.abs(expected),
  }
}

export function holds(claim: string, measured: string, bound: string, met: boolean): Prediction {
  return { claim, measured, bound, met }
}
