import { first, known, lyapunov } from '../measures.ts'
import { exactly, number } from '../numbers.ts'
import { klAxis, langevinSeries, STEP_AXIS } from '../panels.ts'
import type { Outcomes } from '../perform.ts'
import { atLeast, atMost, type Study, withDynamics } from '../study.ts'

/** KL of the continuous dynamics that both runs are to reach, nats. */
const LEVEL = 0.5

/** The time at which the continuous dynamics come to `LEVEL`. */
function timeTo(outcomes: Outcomes): number {
  const { langevin, scene } = first(outcomes).result
  const step = langevin.fokkerPlanck.findIndex((kl) => known(kl) <= LEVEL)
  return step < 0 ? Infinity : step * known(scene.dynamics.stepSize)
}

/** A conformal metric on eight wells. */
export const placeMetric: Study = {
  id: 'place-metric',
  question:
    'M = min(c, e^(βV))·I makes drift and noise greater where V is high, at the passes above all. Is π kept, does KL fall by ε E|∇log(ρ/π)|²_M, and is anything gained per stable step?',
  jobs: (scene, { few }) => {
    const { metric, ...plain } = scene.dynamics
    if (metric === undefined) throw new Error('The scene has no metric')
    return {
      main: { scene, seeds: few, laws: 'shared' },
      plain: { scene: { ...scene, dynamics: plain }, seeds: few, laws: 'shared' },
      'at π': {
        scene: withDynamics(scene, { initial: { kind: 'gibbs' }, steps: 50 }),
        seeds: few.slice(0, 1),
        laws: 'shared',
      },
    }
  },
  variations: { plain: 'M = 1', 'at π': 'started at π, 50 steps' },
  judge(of) {
    const [metric, plain] = [of('main'), of('plain')]
    const run = first(metric)
    const gain = run.result.metricGain
    const [fast, slow] = [run, first(plain)].map(({ result }) =>
      known(result.constants.spectralGap),
    ) as [number, number]
    const atPi = first(of('at π')).result.langevin
    return {
      predictions: [
        atMost(
          'The same stationary law: KL of the continuous dynamics started at π, nats',
          Math.max(...atPi.fokkerPlanck.map((kl) => Math.abs(known(kl)))),
          1e-9,
        ),
        atLeast('The clock runs faster: spectral gap with M over the gap without', fast / slow, 2),
        atLeast(
          `Time to KL ≤ ${exactly(LEVEL)} of the continuous dynamics without M over that with M`,
          timeTo(plain) / timeTo(metric),
          1.5,
        ),
        atMost(
          'Nothing is gained: gap per stable step over that without M, a stable step by M∇²V',
          gain?.gain ?? Number.NaN,
          1,
        ),
        atMost(
          'The same by the whole Jacobian ∇(M∇V) of the drift',
          gain?.wholeGain ?? Number.NaN,
          1,
        ),
        ...lyapunov(metric),
      ],
      figures: [
        {
          name: 'place-metric',
          alt: 'With the metric KL falls faster in time to the same law',
          caption: 'KL to π at the same step size with the metric and without.',
          panels: [
            {
              title: 'M = min(8, e^(V/2))',
              x: STEP_AXIS,
              y: klAxis([1e-2, 5]),
              series: langevinSeries(metric),
            },
            { title: 'M = 1', x: STEP_AXIS, y: klAxis([1e-2, 5]), series: langevinSeries(plain) },
          ],
        },
      ],
      remarks: [
        `The 95th percentile of |M∇²V| under π is ${number(gain?.steepness ?? Number.NaN)}, that of |∇²V| ${number(gain?.plainSteepness ?? Number.NaN)}, that of |∇(M∇V)| ${number(gain?.jacobian ?? Number.NaN)}. Other metrics and energies: docs/metrics.md.`,
        'No certificate speaks of this chain, and its exact law is not followed: each step has a covariance of its own. What is claimed is of the continuous dynamics.',
      ],
    }
  },
}
