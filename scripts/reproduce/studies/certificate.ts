import { closedForm } from '../closedForm.ts'
import { first, known, largestDifference, pointsOf, stopOf } from '../measures.ts'
import { klAxis, langevinSeries, STEP_AXIS } from '../panels.ts'
import { atMost, holds, type Study } from '../study.ts'

/** V = |x|²/2: the a-priori bound, its step, and the true curve below it. */
export const certificate: Study = {
  id: 'certificate',
  question:
    'On a strongly convex energy the log-Sobolev rate and the smoothness are known, so a number of steps after which KL ≤ δ can be stated before the run. Is the curve below its bound, and is the stated step safe?',
  jobs: (scene, { few }) => ({ main: { scene, seeds: few, laws: 'shared' } }),
  judge(of) {
    const outcomes = of('main')
    const run = first(outcomes)
    const { langevin, scene, stopping } = run.result
    const { delta } = scene.stopping
    const report = stopping.find(({ criterion }) => criterion === 'a-priori')
    const step = known(report?.step)
    const exact = known(langevin.klExact[step])
    const reached = langevin.klExact.findIndex((kl) => kl !== null && kl <= delta)
    const shares = langevin.klExact.map((kl, k) => known(kl) / known(langevin.envelope[k])).slice(1)
    return {
      predictions: [
        holds(
          'The scene has a certificate',
          report?.status ?? 'none',
          'certificate',
          report?.status === 'certificate',
        ),
        atMost(
          'KL stays below the a-priori bound from step 1 on: largest KL over bound',
          Math.max(...shares),
          1,
        ),
        atMost(`KL at the certified step ${step}, nats`, exact, delta),
        atMost(
          'Exact law of the chain against the closed form, largest difference, nats',
          largestDifference(langevin.klExact, closedForm(scene).chain),
          1e-4,
        ),
        holds(
          'The certificate does not depend on the seed',
          [...new Set(outcomes.runs.map((other) => stopOf(other, 'a-priori')))].join(', '),
          'one step',
          new Set(outcomes.runs.map((other) => stopOf(other, 'a-priori'))).size === 1,
        ),
      ],
      figures: [
        {
          name: 'certificate',
          alt: 'KL of the chain falls below its a-priori bound, which reaches δ at the certified step',
          caption:
            'KL to π and the a-priori bound. The bound levels off at its own floor, far above the bias of the chain; where it passes δ the step is certified.',
          panels: [
            {
              x: STEP_AXIS,
              y: klAxis(),
              series: [
                {
                  name: 'a-priori bound',
                  colour: 'red',
                  points: pointsOf(langevin.envelope),
                },
                ...langevinSeries(outcomes),
              ],
              rules: [
                { name: `δ = ${delta}`, colour: 'grey', at: { y: delta } },
                { name: `certified: step ${step}`, colour: 'red', at: { x: step } },
              ],
            },
          ],
        },
      ],
      remarks: [
        `The certificate is true and pessimistic: KL is first below δ at step ${reached}, the bound promises it from step ${step} on.`,
      ],
    }
  },
}
