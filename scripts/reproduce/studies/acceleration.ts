import { relaxationRate } from '../../../src/core/analysis/laws/gaussian.testing.ts'
import { closedForm } from '../closedForm.ts'
import { first, known, largestDifference, lyapunov, stepAt } from '../measures.ts'
import { exactly, number } from '../numbers.ts'
import { klAxis, langevinSeries, STEP_AXIS } from '../panels.ts'
import { atLeast, atMost, near, type Study, withDynamics } from '../study.ts'

/** The skew drift (I + γJ)∇V on a narrow valley. */
export const acceleration: Study = {
  id: 'acceleration',
  question:
    'A drift γJ∇V along the contours changes neither π nor the dissipation identity. Does KL fall faster along it, as the spectrum of (I + γJ)A says?',
  jobs: (scene, { few }) => ({
    main: { scene, seeds: few, laws: 'shared' },
    plain: { scene: withDynamics(scene, { skew: 0 }), seeds: few, laws: 'shared' },
    'at π': {
      scene: withDynamics(scene, { initial: { kind: 'gibbs' }, steps: 50 }),
      seeds: few.slice(0, 1),
      laws: 'shared',
    },
  }),
  variations: {
    plain: 'γ = 0',
    'at π': 'started at π, 50 steps',
  },
  judge(of) {
    const skew = of('main')
    const plain = of('plain')
    const run = first(skew)
    const { scene, langevin } = run.result
    const reference = first(plain).result
    const eta = known(scene.dynamics.stepSize)
    const { epsilon } = scene.dynamics
    const formula = closedForm(scene)
    const plainFormula = closedForm(reference.scene)
    // With complex eigenvalues KL falls in waves: its rate is read over one whole of them.
    const [xx, xy, yy] = formula.problem.hessian
    const det = (xx * yy - xy * xy) * (1 + scene.dynamics.skew ** 2)
    const wave = Math.PI / Math.sqrt(det - ((xx + yy) / 2) ** 2)
    const from = stepAt(0.6, run)
    const to = from + Math.round(wave / eta)
    const rateOf = (curve: readonly (number | null)[], a: number, b: number) =>
      Math.log(known(curve[a]) / known(curve[b])) / ((b - a) * eta)
    const unit = stepAt(1, run)
    // I is null in steps in which the cells do not resolve it: the mean is over those in which both runs have it.
    const common = Array.from({ length: unit + 1 }, (_, k) => k).filter((k) =>
      [langevin, reference.langevin].every((curves) => curves.fokkerPlanckFisher[k] !== null),
    )
    const meanRate = ({ fokkerPlanckFisher, fokkerPlanck }: typeof langevin) =>
      common.reduce(
        (sum, k) => sum + (epsilon * known(fokkerPlanckFisher[k])) / known(fokkerPlanck[k]),
        0,
      ) / common.length
    const atPi = first(of('at π')).result.langevin
    const later = langevin.fokkerPlanck.map(
      (kl, k) => known(kl) - known(reference.langevin.fokkerPlanck[k]),
    )
    return {
      predictions: [
        atMost(
          'The same stationary law: KL of the continuous dynamics started at π, nats',
          Math.max(...atPi.fokkerPlanck.map((kl) => Math.abs(known(kl)))),
          1e-9,
        ),
        atMost(
          'Exact law of the chain at every step against its formula, nats',
          largestDifference(langevin.klExact, formula.chain),
          1e-4,
        ),
        atMost(
          'The same without skew',
          largestDifference(reference.langevin.klExact, plainFormula.chain),
          1e-4,
        ),
        atMost(
          'Smaller KL at equal time: largest excess over the plain dynamics, nats',
          Math.max(...later),
          1e-9,
        ),
        atLeast(
          `Larger dissipation: mean of εI/KL over the ${common.length} of ${unit + 1} steps up to t = 1 in which I is resolved, with skew over without`,
          meanRate(langevin) / meanRate(reference.langevin),
          1.5,
        ),
        near(
          'Late rate of fall of KL with skew, per unit of time, over one turn',
          rateOf(langevin.fokkerPlanck, from, to),
          2 * relaxationRate(formula.problem),
          0.05,
        ),
        near(
          'Late rate of fall of KL without',
          rateOf(reference.langevin.fokkerPlanck, from, to),
          2 * relaxationRate(plainFormula.problem),
          0.05,
        ),
        ...lyapunov(skew),
      ],
      figures: [
        {
          name: 'acceleration',
          alt: 'With the skew drift KL falls several times faster to the same law',
          caption:
            'KL to π with and without the skew drift; the price is a larger bias of the chain at the same step size.',
          panels: [
            {
              title: `γ = ${exactly(scene.dynamics.skew)}`,
              x: STEP_AXIS,
              y: klAxis([1e-4, 20]),
              series: langevinSeries(skew),
            },
            {
              title: 'γ = 0',
              x: STEP_AXIS,
              y: klAxis([1e-4, 20]),
              series: langevinSeries(plain),
            },
          ],
        },
      ],
      tables: [
        {
          caption: 'KL at time t = 1, nats, and the relaxation rate min Re spec((I + γJ)A).',
          head: ['γ', 'continuous, grid', 'formula', 'chain, exact', 'formula', 'rate'],
          rows: [[reference, plainFormula] as const, [run.result, formula] as const].map(
            ([result, closed]) => [
              exactly(result.scene.dynamics.skew),
              number(known(result.langevin.fokkerPlanck[unit]), 4),
              number(known(closed.continuous[unit]), 4),
              number(known(result.langevin.klExact[unit]), 4),
              number(known(closed.chain[unit]), 4),
              number(relaxationRate(closed.problem)),
            ],
          ),
        },
      ],
    }
  },
}
