import type { Panel, Rule, Series } from './figure.ts'
import { first, known, meanOverSeeds, pointsOf } from './measures.ts'
import type { Outcomes } from './perform.ts'

/** Series and panels that several figures share. */

export const STEP_AXIS = { label: 'step k' } as const

export function klAxis(domain?: readonly [number, number]): Panel['y'] {
  return { label: 'KL(ρₖ‖π), nats', scale: 'log', ...(domain === undefined ? {} : { domain }) }
}

/** Exact law, continuous dynamics and particles of Langevin; what was not followed is left out. */
export function langevinSeries(outcomes: Outcomes): Series[] {
  const { langevin } = first(outcomes).result
  const { points, error } = meanOverSeeds(outcomes, 'langevin')
  const smoothed = langevin.estimator.includes('smoothed')
  return [
    { name: 'exact law of the chain', colour: 'blue', points: pointsOf(langevin.klExact) },
    {
      name: 'continuous dynamics',
      colour: 'purple',
      line: 'dashed',
      points: pointsOf(langevin.fokkerPlanck),
    },
    {
      name: smoothed ? 'particles, smoothed, ± 2 SE' : 'particles ± 2 SE',
      colour: 'green',
      line: 'dots',
      points,
      error,
    } as const,
  ].filter(({ points: list }) => list.some(([, y]) => Number.isFinite(y))) as Series[]
}

/** The noiseless flow, mean over the seeds. */
export function deterministicSeries(outcomes: Outcomes): Series {
  return {
    name: 'noiseless flow ± 2 SE',
    colour: 'orange',
    ...meanOverSeeds(outcomes, 'deterministic'),
  }
}

/** Where the criterion of the scene stopped in the run of the first seed. */
export function stopRule(outcomes: Outcomes, criterion: string): Rule[] {
  const report = first(outcomes).result.stopping.find((entry) => entry.criterion === criterion)
  if (report === undefined || report.step === null) return []
  return [
    {
      name: `${criterion}: step ${report.step}`,
      colour: report.outcome === 'stalled' ? 'red' : 'grey',
      at: { x: report.step },
    },
  ]
}

/** The level that particles started at π read: mean + 2 standard deviations. */
export function floorRule(outcomes: Outcomes): Rule[] {
  const floor = first(outcomes).nullFloor
  return floor === null || !(floor.upper > 0)
    ? []
    : [{ name: 'null floor of the particles', colour: 'green', at: { y: floor.upper } }]
}

/** The predicted bias of the step size. */
export function biasRule(outcomes: Outcomes): Rule[] {
  const bias = known(first(outcomes).result.constants.biasPrediction)
  return bias > 0 ? [{ name: 'predicted bias b(η)', colour: 'grey', at: { y: bias } }] : []
}
