import { fieldValue } from '../../../src/core/fields/fieldReading.ts'
import { cloudMean, fieldOf, first, gibbsMean, known } from '../measures.ts'
import { number, percent } from '../numbers.ts'
import type { Outcomes } from '../perform.ts'
import { floorRule, klAxis, langevinSeries, STEP_AXIS } from '../panels.ts'
import { atLeast, atMost, near, type Study, withDynamics } from '../study.ts'

/** Mean over the seeds of E V at the end, with its standard error. */
function energyAtEnd({ landscape, runs }: Outcomes): {
  readonly mean: number
  readonly standardError: number
} {
  const field = fieldOf(landscape)
  const each = runs.map(({ cloud }) => cloudMean(cloud, (x, y) => fieldValue(field, x, y)))
  const n = each.length
  return {
    mean: each.reduce((sum, { mean }) => sum + mean, 0) / n,
    standardError:
      Math.sqrt(each.reduce((sum, { standardError }) => sum + standardError ** 2, 0)) / n,
  }
}

/** Mean reading of the last half of the run, over the seeds. */
function restingKl({ runs }: Outcomes): number {
  const readings = runs.flatMap(({ result }) =>
    result.langevin.kl
      .slice(-result.langevin.kl.length / 2)
      .filter((kl): kl is number => kl !== null),
  )
  return readings.reduce((a, b) => a + b, 0) / readings.length
}

/** Metropolis-adjusted Langevin beside the unadjusted chain, at a large step. */
export const mala: Study = {
  id: 'mala',
  question:
    'The unadjusted chain is biased by its step size; accept–reject steps remove that bias. Do both show it at a step far too large?',
  jobs: (scene, { few }) => ({
    main: { scene, seeds: few, laws: 'shared' },
    unadjusted: {
      scene: withDynamics(scene, { sampler: 'langevin' }),
      seeds: few,
      laws: 'shared',
    },
  }),
  variations: { unadjusted: 'the same without accept–reject steps' },
  judge(of) {
    const adjusted = of('main')
    const unadjusted = of('unadjusted')
    const field = fieldOf(adjusted.landscape)
    const exact = gibbsMean(adjusted.landscape, (x, y) => fieldValue(field, x, y))
    const right = energyAtEnd(adjusted)
    const wrong = energyAtEnd(unadjusted)
    const bias = known(first(unadjusted).result.constants.biasPrediction)
    const rest = known(first(unadjusted).result.langevin.klExact.at(-1))
    const floor = Math.max(...adjusted.runs.map(({ nullFloor }) => known(nullFloor?.upper)))
    const accepted = first(adjusted).result.langevin.acceptance.slice(1).map(known)
    const acceptance = accepted.reduce((a, b) => a + b, 0) / accepted.length
    return {
      predictions: [
        atMost(
          'Adjusted: E V at the end against quadrature over π, in standard errors',
          Math.abs(right.mean - exact) / right.standardError,
          3,
        ),
        atLeast('Unadjusted: the same', Math.abs(wrong.mean - exact) / wrong.standardError, 3),
        atMost(
          'Adjusted: smoothed KL at rest within the null floor, nats',
          restingKl(adjusted),
          floor,
        ),
        near('Unadjusted: KL at rest is the predicted bias b(η), nats', rest, bias, 0.25),
      ],
      figures: [
        {
          name: 'mala',
          alt: 'The adjusted chain falls to the null floor, the unadjusted one rests at its bias',
          caption:
            'Particles with accept–reject steps (smoothed KL) and without, and the exact law of the chain without.',
          panels: [
            {
              x: STEP_AXIS,
              y: klAxis([1e-4, 10]),
              series: [
                ...langevinSeries(adjusted)
                  .filter(({ line }) => line === 'dots')
                  .map((series) => ({ ...series, name: 'adjusted, particles ± 2 SE' })),
                ...langevinSeries(unadjusted)
                  .filter(({ line }) => line !== 'dashed')
                  .map((series) => ({
                    ...series,
                    name:
                      series.line === 'dots'
                        ? 'unadjusted, particles ± 2 SE'
                        : 'unadjusted, exact law',
                    colour: 'orange' as const,
                  })),
              ],
              rules: [
                ...floorRule(adjusted),
                { name: 'predicted bias b(η)', colour: 'grey', at: { y: bias } },
              ],
            },
          ],
        },
      ],
      tables: [
        {
          caption: 'E V after the last step, mean of the seeds.',
          head: ['chain', 'E V', 'standard error', 'E V under π'],
          rows: [
            ['adjusted', number(right.mean, 5), number(right.standardError, 2), number(exact, 5)],
            ['unadjusted', number(wrong.mean, 5), number(wrong.standardError, 2), number(exact, 5)],
          ],
        },
      ],
      remarks: [`Of the adjusted moves ${percent(acceptance)} were accepted.`],
    }
  },
}
