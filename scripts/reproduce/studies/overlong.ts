import {
  chainDriftError,
  gaussianFisher,
  gaussianKl,
  type GaussianLaw,
} from '../../../src/core/analysis/laws/gaussian.testing.ts'
import type { SceneSpec } from '../../../src/lab/scene/sceneSpec.ts'
import { closedForm } from '../closedForm.ts'
import { first, known, largestDifference, pointsOf, stopOf } from '../measures.ts'
import { number } from '../numbers.ts'
import { STEP_AXIS } from '../panels.ts'
import { atLeast, atMost, between, holds, type Study } from '../study.ts'

/** The law of the data, a single Gaussian. */
function dataOf({ target }: SceneSpec): GaussianLaw {
  const component = target.kind === 'gaussian-mixture' ? target.components[0] : undefined
  if (component === undefined) throw new TypeError('The target is not a Gaussian')
  const { mean, covariance } = component
  return { mean, covariance: [covariance[0][0], covariance[0][1], covariance[1][1]] }
}

/** A learned energy that is slightly wrong. */
export const overlong: Study = {
  id: 'overlong',
  question:
    'With an imperfect energy the samples pass the data on their way to the wrong Gibbs measure: running longer makes them worse. Does the criterion against the data stop before they do?',
  jobs: (scene, { few }) => ({ main: { scene, seeds: few, laws: 'shared' } }),
  judge(of) {
    const run = first(of('main'))
    const { langevin, scene } = run.result
    const data = dataOf(scene)
    const { laws, pi, problem } = closedForm(scene)
    const { stepSize } = scene.dynamics
    const formula = laws.map((law) => gaussianKl(law, data))
    const least = formula.indexOf(Math.min(...formula))
    const { epsilon } = scene.dynamics
    const exactStop = laws.findIndex(
      (law, k) =>
        epsilon * epsilon * gaussianFisher(law, data) <=
        chainDriftError(problem, k === 0 ? 0 : known(stepSize), laws[Math.max(0, k - 1)]!, data),
    )
    const stop = known(stopOf(run, 'data-mismatch'))
    const kl = langevin.dataKl.map(known)
    return {
      predictions: [
        atMost(
          'KL to the data at every step against its formula, nats',
          largestDifference(langevin.dataKl, formula),
          1e-4,
        ),
        between('Stop of data-mismatch against the formulas of I and E|e|²', stop, [
          exactStop - 2,
          exactStop + 2,
        ]),
        holds(
          'It stops before KL to the data turns',
          `step ${stop}`,
          `< step ${least}`,
          stop < least,
        ),
        holds(
          'Until the stop every step has lowered KL to the data',
          `${kl.slice(1, stop + 1).filter((value, k) => value < kl[k]!).length} of ${stop}`,
          'all',
          kl.slice(1, stop + 1).every((value, k) => value < kl[k]!),
        ),
        atLeast(
          'Running on makes it worse: KL to the data at the end over its least value',
          kl.at(-1)! / Math.min(...kl),
          2,
        ),
      ],
      figures: [
        {
          name: 'overlong',
          alt: 'KL to the data falls, turns and rises to the distance of the Gibbs measure; the stop comes before the turn',
          caption:
            'KL to the data falls, turns and rises to KL(π‖ρ_D); KL to π falls throughout and knows nothing of it.',
          panels: [
            {
              x: STEP_AXIS,
              y: { label: 'KL, nats', scale: 'log' },
              series: [
                { name: 'to the data', colour: 'blue', points: pointsOf(langevin.dataKl) },
                { name: 'formula', colour: 'grey', line: 'dotted', points: pointsOf(formula) },
                {
                  name: 'to π',
                  colour: 'purple',
                  line: 'dashed',
                  points: pointsOf(langevin.klExact),
                },
              ],
              rules: [
                { name: `data-mismatch: step ${stop}`, colour: 'red', at: { x: stop } },
                { name: `turn: step ${least}`, colour: 'orange', at: { x: least } },
                { name: 'KL(π‖ρ_D)', colour: 'grey', at: { y: gaussianKl(pi, data) } },
              ],
            },
          ],
        },
      ],
      remarks: [
        `KL to the data is ${number(known(kl[stop]))} nats at the stop, ${number(Math.min(...kl))} at best (step ${least}) and ${number(kl.at(-1)!)} at the end.`,
      ],
    }
  },
}
