import { closedForm } from '../closedForm.ts'
import { first, known, largestDifference, lyapunov, pointsOf } from '../measures.ts'
import { number, powerOfTen } from '../numbers.ts'
import type { Outcomes } from '../perform.ts'
import { klAxis, langevinSeries, STEP_AXIS } from '../panels.ts'
import { atLeast, atMost, near, type Study, withDynamics } from '../study.ts'
import { IDENTITY } from '../../../src/lab/scene/sceneSpec.ts'

/** Factor of the root-mean-square distance a step, from the start to a step. */
function contractionFactor(outcomes: Outcomes, step: number): number {
  const { contraction } = first(outcomes).result
  const distance = contraction?.rootMeanSquare ?? []
  return (known(distance[step]) / known(distance[0])) ** (1 / step)
}

/** Distances below this carry the rounding of positions. */
const ROUNDING = 1e-6

/** Steps over which the factor is read: later the distances are rounding. */
const READ = 40

/** A constant metric made to the curvature. */
export const preconditioner: Study = {
  id: 'preconditioner',
  question:
    'In the metric P = 9A⁻¹ the steepest direction is as steep as before and the flattest nine times steeper. Does every direction contract at one rate, with the Gibbs measure unchanged?',
  jobs: (scene, { few }) => ({
    main: { scene, seeds: few, laws: 'shared' },
    plain: { scene: withDynamics(scene, { preconditioner: IDENTITY }), seeds: few, laws: 'shared' },
    'at π': {
      scene: withDynamics(scene, { initial: { kind: 'gibbs' }, companion: null, steps: 50 }),
      seeds: few.slice(0, 1),
      laws: 'shared',
    },
  }),
  variations: { plain: 'P = I', 'at π': 'started at π, 50 steps' },
  judge(of) {
    const metric = of('main')
    const plain = of('plain')
    const { langevin, scene, contraction } = first(metric).result
    const reference = first(plain).result
    const eta = known(scene.dynamics.stepSize)
    const atPi = first(of('at π')).result.langevin
    const shares = (contraction?.largest ?? [])
      .map((distance, k) => ({ distance, bound: known(contraction?.bound[k]) }))
      .filter(({ bound }) => !(bound < ROUNDING))
      .map(({ distance, bound }) => distance / bound)
    const end = reference.scene.dynamics.steps
    return {
      predictions: [
        atMost(
          'The same stationary law: KL of the continuous dynamics started at π, nats',
          Math.max(...atPi.fokkerPlanck.map((kl) => Math.abs(known(kl)))),
          1e-9,
        ),
        atMost(
          'Exact law of the chain at every step against its formula, nats',
          largestDifference(langevin.klExact, closedForm(scene).chain),
          1e-4,
        ),
        near(
          `Every direction contracts at one rate: factor a step of the distance in |·|_{P⁻¹} over ${READ} steps`,
          contractionFactor(metric, READ),
          1 - 9 * eta,
          1e-3,
        ),
        atMost(
          `Distance of the pairs over its bound (1 − ηm)ᵏ, largest while the bound is above ${powerOfTen(Math.log10(ROUNDING))}`,
          Math.max(...shares),
          1 + 1e-8,
        ),
        near(
          'Without the metric the flat direction decides: factor of the last step',
          known(reference.contraction?.rootMeanSquare[end]) /
            known(reference.contraction?.rootMeanSquare[end - 1]),
          1 - eta,
          1e-3,
        ),
        atLeast(
          'KL at step 25 without the metric over KL with it',
          known(reference.langevin.klExact[25]) / known(langevin.klExact[25]),
          10,
        ),
        ...lyapunov(metric),
      ],
      figures: [
        {
          name: 'preconditioner',
          alt: 'With the metric both KL and the distance of pairs fall much faster',
          caption:
            'Left: KL to π. Right: root-mean-square distance of pairs under one noise, each in its own metric.',
          panels: [
            {
              title: 'KL, exact law of the chain',
              x: STEP_AXIS,
              y: klAxis([1e-4, 20]),
              series: [
                { ...langevinSeries(metric)[0]!, name: 'P = 9A⁻¹' },
                { ...langevinSeries(plain)[0]!, name: 'P = I', colour: 'orange' },
              ],
            },
            {
              title: 'Distance of pairs',
              x: STEP_AXIS,
              y: { label: 'distance', scale: 'log', domain: [1e-6, 10] },
              series: [
                {
                  name: 'P = 9A⁻¹',
                  colour: 'blue',
                  points: pointsOf(contraction?.rootMeanSquare ?? []),
                },
                {
                  name: 'P = I',
                  colour: 'orange',
                  points: pointsOf(reference.contraction?.rootMeanSquare ?? []),
                },
              ],
            },
          ],
        },
      ],
      remarks: [
        `With the metric the pairs approach by ${number(1 - contractionFactor(metric, READ))} a step, without it in the end by ${number(eta)}.`,
      ],
    }
  },
}
