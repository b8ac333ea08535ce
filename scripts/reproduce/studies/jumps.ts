import { cloudMean, first, known, pointsOf } from '../measures.ts'
import { listed, number } from '../numbers.ts'
import { floorRule, klAxis, langevinSeries, STEP_AXIS, stopRule } from '../panels.ts'
import { atLeast, atMost, holds, type Study, withDynamics } from '../study.ts'

/** Uniform Metropolis jumps out of one well. */
export const jumps: Study = {
  id: 'jumps',
  question:
    'A uniform Metropolis jump between Langevin steps keeps π, so it cannot raise KL. Does it free the particles that stalled in one of two wells?',
  jobs: (scene, { few }) => ({
    main: { scene, seeds: few, laws: 'shared' },
    without: { scene: withDynamics(scene, { jumpEvery: 0 }), seeds: few, laws: 'none' },
    'from π': {
      scene: withDynamics(scene, { initial: { kind: 'gibbs' } }),
      seeds: few,
      laws: 'none',
    },
  }),
  variations: { without: 'no jumps', 'from π': 'started at π' },
  judge(of) {
    const outcomes = of('main')
    const without = of('without')
    const atPi = of('from π')
    const end = (list: typeof outcomes) =>
      list.runs.map(({ result }) => known(result.langevin.kl.at(-1)))
    const reports = outcomes.runs.map(({ result }) =>
      result.stopping.find(({ criterion }) => criterion === 'statistical'),
    )
    const imbalance = outcomes.runs.map(({ cloud }) => {
      const { mean, standardError } = cloudMean(cloud, (x) => (x > 0 ? 1 : 0))
      return Math.abs(mean - 0.5) / standardError
    })
    const level = (list: typeof outcomes) => {
      // Once at rest: the last quarter of the run.
      const readings = list.runs.flatMap(({ result }) =>
        result.langevin.kl
          .slice(-result.langevin.kl.length / 4)
          .filter((kl): kl is number => kl !== null),
      )
      return readings.reduce((a, b) => a + b, 0) / readings.length
    }
    return {
      predictions: [
        atMost(
          'Smoothed KL at the end, largest of the seeds, nats',
          Math.max(...end(outcomes)),
          0.01,
        ),
        atLeast('Without jumps it rests near log 2, nats', Math.min(...end(without)), 0.6),
        holds(
          'The statistical rule says stopped, for every seed',
          listed(reports.map((report) => report?.outcome ?? 'no report')),
          'stopped',
          reports.every((report) => report?.outcome === 'stopped'),
        ),
        atMost(
          'Both wells hold half of the particles at the end: largest deviation in standard errors',
          Math.max(...imbalance),
          3,
        ),
        atMost(
          'Jumps keep π: smoothed KL at rest of particles started at π, nats',
          level(atPi),
          0.005,
        ),
      ],
      figures: [
        {
          name: 'jumps',
          alt: 'With jumps KL falls to the null floor; without, it stays at log 2',
          caption: 'Smoothed KL of the particles from one well, with and without jumps.',
          panels: [
            {
              x: STEP_AXIS,
              y: klAxis([3e-4, 3]),
              series: [
                ...langevinSeries(outcomes).map((series) => ({
                  ...series,
                  name: `with jumps: ${series.name}`,
                })),
                ...langevinSeries(without).map((series) => ({
                  ...series,
                  name: `without: ${series.name}`,
                  colour: 'red' as const,
                })),
              ],
              rules: [
                { name: 'log 2', colour: 'grey', at: { y: Math.log(2) } },
                ...floorRule(outcomes),
                ...stopRule(outcomes, 'statistical'),
              ],
            },
          ],
        },
      ],
      remarks: [
        `A jump is proposed every ${first(outcomes).result.scene.dynamics.jumpEvery} steps and seldom accepted, yet after ${pointsOf(first(outcomes).result.langevin.kl).length - 1} steps smoothed KL is at ${number(Math.max(...end(outcomes)), 2)} nats, without jumps at ${number(Math.min(...end(without)))}.`,
      ],
    }
  },
}
