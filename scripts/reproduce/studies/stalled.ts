import { first, known, last, pointsOf } from '../measures.ts'
import { listed, number } from '../numbers.ts'
import { floorRule, klAxis, langevinSeries, stopRule, STEP_AXIS } from '../panels.ts'
import { atLeast, holds, near, type Study } from '../study.ts'

/** All particles in one of two wells. */
export const stalled: Study = {
  id: 'stalled',
  question:
    'Started in one of two deep wells the chain fills it and then seems to rest. Does the lab say that it stalled, and not that it converged?',
  jobs: (scene, { few }) => ({ main: { scene, seeds: few, laws: 'shared' } }),
  judge(of) {
    const outcomes = of('main')
    const run = first(outcomes)
    const { langevin, stopping, scene, constants } = run.result
    const reports = outcomes.runs.map(({ result }) =>
      result.stopping.find(({ criterion }) => criterion === 'statistical'),
    )
    const tolerance = stopping.find(({ criterion }) => criterion === 'tolerance')
    const plateau = last(langevin.klExact)
    const gap = known(constants.spectralGap)
    const time = known(scene.dynamics.stepSize) * scene.dynamics.steps
    return {
      predictions: [
        near('KL rests near log 2, the other well being empty, nats', plateau, Math.log(2), 0.05),
        holds(
          'The statistical rule says stalled, for every seed',
          listed(reports.map((report) => report?.outcome ?? 'no report')),
          'stalled',
          reports.every((report) => report?.outcome === 'stalled'),
        ),
        atLeast(
          'KL where it stalled over the null floor of the particles',
          Math.min(...reports.map((report) => known(report?.kl))) /
            Math.max(...outcomes.runs.map(({ nullFloor }) => known(nullFloor?.upper))),
          10,
        ),
        holds(
          'The tolerance is never met',
          tolerance?.outcome ?? 'no report',
          'unfired',
          tolerance?.outcome === 'unfired',
        ),
        holds(
          'The spectral gap knows why: time of the run over relaxation time 1/λ',
          number(time * gap),
          '< 1',
          time * gap < 1,
        ),
      ],
      figures: [
        {
          name: 'stalled',
          alt: 'KL falls to log 2 and stays there, far above the null floor',
          caption: 'KL falls fast inside the well, then rests at log 2.',
          panels: [
            {
              x: STEP_AXIS,
              y: klAxis([1e-3, 10]),
              series: langevinSeries(outcomes),
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
        `The gap of the grid is ${number(gap)} per unit of time: to leave the well takes of the order of ${number(1 / gap)}, the run lasts ${number(time)} (${pointsOf(langevin.klExact).length - 1} steps).`,
      ],
    }
  },
}
