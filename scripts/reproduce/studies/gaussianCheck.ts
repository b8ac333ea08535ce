import { closedForm, largestDeviation } from '../closedForm.ts'
import { exactly } from '../numbers.ts'
import {
  first,
  known,
  largestDifference,
  lyapunov,
  particlesFollow,
  pointsOf,
  stopOf,
} from '../measures.ts'
import { deterministicSeries, floorRule, klAxis, langevinSeries, STEP_AXIS } from '../panels.ts'
import { atMost, holds, type Study, withDynamics } from '../study.ts'

const STEP_SIZES = [0.01, 0.05, 0.2] as const
const nameOf = (eta: number) => `eta ${exactly(eta)}`

/** Criteria that read only the laws on the grid. */
const GRID_CRITERIA = ['certified-decrease', 'a-priori', 'floor', 'tolerance'] as const

/** An Ornstein–Uhlenbeck process with correlated axes against its formulas. */
export const gaussianCheck: Study = {
  id: 'gaussian-check',
  question:
    'On a quadratic energy every law stays Gaussian and every curve has a formula. Do the grid and the particles follow it, at small and at large steps?',
  jobs: (scene, { few }) => ({
    main: { scene, seeds: few, laws: 'each' },
    large: { scene: withDynamics(scene, { particles: 16384 }), seeds: few, laws: 'shared' },
    ...Object.fromEntries(
      STEP_SIZES.filter((eta) => eta !== scene.dynamics.stepSize).map(
        (eta) =>
          [
            nameOf(eta),
            { scene: withDynamics(scene, { stepSize: eta }), seeds: few, laws: 'shared' },
          ] as const,
      ),
    ),
  }),
  variations: {
    large: 'N = 16384',
    ...Object.fromEntries(
      STEP_SIZES.filter((eta) => eta !== 0.05).map((eta) => [nameOf(eta), `η = ${exactly(eta)}`]),
    ),
  },
  judge(of) {
    const outcomes = of('main')
    const main = first(outcomes).result
    const bySize = STEP_SIZES.map((eta) =>
      eta === main.scene.dynamics.stepSize ? outcomes : of(nameOf(eta)),
    )
    const steps = GRID_CRITERIA.map((criterion) => [
      ...new Set(outcomes.runs.map((run) => stopOf(run, criterion) ?? '–')),
    ])
    return {
      predictions: [
        ...bySize.flatMap((each) => {
          const { langevin, deterministic, scene } = first(each).result
          const formula = closedForm(scene)
          const eta = `η = ${exactly(known(scene.dynamics.stepSize))}`
          return [
            atMost(
              `${eta}: exact law of the chain at every step against its formula, nats`,
              largestDifference(langevin.klExact, formula.chain),
              1e-4,
            ),
            atMost(
              `${eta}: continuous dynamics at every step against its formula, nats`,
              largestDifference(langevin.fokkerPlanck, formula.continuous),
              5e-4,
            ),
            atMost(
              `${eta}: noiseless KL of the particles against the formula of the map, all seeds: largest deviation in standard errors`,
              Math.max(
                ...each.runs.map(({ result }) =>
                  largestDeviation(
                    result.deterministic.kl,
                    result.deterministic.klStandardError,
                    formula.map,
                  ),
                ),
              ),
              3,
            ),
            holds(
              `${eta}: both laws are known at every step`,
              `${langevin.klExact.filter((kl) => kl !== null).length} and ${langevin.fokkerPlanck.filter((kl) => kl !== null).length} of ${deterministic.step.length}`,
              'all',
              [...langevin.klExact, ...langevin.fokkerPlanck].every((kl) => kl !== null),
            ),
          ]
        }),
        ...lyapunov(outcomes),
        particlesFollow(outcomes),
        particlesFollow(of('large')),
        holds(
          'Criteria on the grid do not move with the seed, the laws followed anew each time',
          GRID_CRITERIA.map((id, i) => `${id} ${steps[i]!.join(', ')}`).join('; '),
          'one step each',
          steps.every((list) => list.length === 1),
        ),
      ],
      figures: [
        {
          name: 'gaussian-check',
          alt: 'Curves of the grid and of the particles on top of their closed forms for three step sizes',
          caption:
            'Left: the scene itself. Right: the exact law of the chain for three step sizes on the axis of time; the formulas are dotted.',
          panels: [
            {
              title: 'All flows',
              x: STEP_AXIS,
              y: klAxis([1e-4, 100]),
              series: [
                ...langevinSeries(outcomes),
                deterministicSeries(outcomes),
                {
                  name: 'formula of the map',
                  colour: 'grey',
                  line: 'dotted',
                  points: pointsOf(closedForm(main.scene).map),
                },
              ],
              rules: floorRule(outcomes),
            },
            {
              title: 'Three step sizes',
              x: { label: 'time t = kη', domain: [0, 4] },
              y: klAxis([1e-5, 20]),
              series: bySize.flatMap((each, i) => {
                const { langevin, scene } = first(each).result
                const eta = known(scene.dynamics.stepSize)
                const inTime = (curve: readonly (number | null)[]) =>
                  pointsOf(curve)
                    .map(([k, kl]) => [k * eta, kl] as const)
                    .filter(([t]) => t <= 4)
                const colour = (['blue', 'green', 'orange'] as const)[i]!
                return [
                  {
                    name: `η = ${exactly(eta)}`,
                    colour,
                    points: inTime(langevin.klExact),
                  },
                  {
                    name: i === 0 ? 'formulas' : '',
                    colour: 'grey',
                    line: 'dotted',
                    points: inTime(closedForm(scene).chain),
                  } as const,
                ]
              }),
            },
          ],
        },
      ],
    }
  },
}
