import { spacing } from '../../../src/core/maths/grid.ts'
import { LOG_Z_TOLERANCE } from '../../../src/core/fields/gibbs.ts'
import { first, gibbsOf, lyapunov, particlesFollow } from '../measures.ts'
import {
  biasRule,
  deterministicSeries,
  floorRule,
  klAxis,
  langevinSeries,
  stopRule,
  STEP_AXIS,
} from '../panels.ts'
import type { Outcomes } from '../perform.ts'
import { atMost, type Study } from '../study.ts'
import { TERM_VARIATIONS, termJobs, termTables } from './composition.ts'

type Terms = ReturnType<typeof termTables>

/** pᵢ and log Zᵢ of each term, from its table alone. */
function laws(terms: Terms) {
  const total = terms.reduce((sum, { weight }) => sum + weight, 0)
  return terms.map((term) => ({ term, pi: gibbsOf(term), share: term.weight / total }))
}

/** Largest |e^(−V) − Σ pᵢ e^(−Vᵢ)/Zᵢ| over the nodes, over the largest density. */
function densityError({ landscape }: Outcomes, terms: Terms): number {
  const parts = laws(terms)
  let error = 0
  let largest = 0
  landscape.v.forEach((v, k) => {
    const density = parts.reduce(
      (sum, { term, pi, share }) => sum + share * Math.exp(-term.v[k]! - pi.logZ),
      0,
    )
    error = Math.max(error, Math.abs(Math.exp(-v) - density))
    largest = Math.max(largest, density)
  })
  return error / largest
}

/** KL(Σ pᵢπᵢ‖π) over the cells, nats. */
function klOfMixture({ landscape }: Outcomes, terms: Terms): number {
  const parts = laws(terms)
  const { box, logDensity } = gibbsOf(landscape)
  const h = spacing(box)
  return logDensity.reduce((kl, l, k) => {
    const density = parts.reduce((sum, { pi, share }) => sum + share * pi.density[k]!, 0)
    return density > 0 ? kl + h * h * density * (Math.log(density) - l) : kl
  }, 0)
}

/** −log Σ pᵢ e^(−Vᵢ)/Zᵢ of two trained energies. */
export const mixture: Study = {
  id: 'mixture',
  question:
    'A sum of energies multiplies their laws, an or averages them. Is the Gibbs measure of the composed energy the mixture of the two laws, is it normalised, and does KL to it obey the same identity?',
  jobs: (scene, { several }) => ({
    main: { scene, seeds: several, laws: 'shared' },
    fine: {
      scene: { ...scene, domain: { ...scene.domain, cells: 192 } },
      seeds: [1],
      laws: 'shared',
    },
    ...termJobs(scene),
  }),
  variations: {
    fine: '192² cells: early in the run the identity wants a finer grid',
    ...TERM_VARIATIONS,
  },
  judge(of) {
    const outcomes = of('main')
    const { scene } = first(outcomes).result
    const terms = termTables(scene, of)
    return {
      predictions: [
        atMost(
          'Density of the mixture of the two normalised laws against e^(−V), at the nodes: largest difference over the largest density',
          densityError(outcomes, terms),
          1e-6,
        ),
        atMost(
          'It is normalised: |log Z|, held to the error of the quadrature, nats',
          Math.abs(gibbsOf(outcomes.landscape).logZ),
          LOG_Z_TOLERANCE,
        ),
        atMost(
          'KL of the mixture to π over the cells, nats',
          Math.abs(klOfMixture(outcomes, terms)),
          1e-5,
        ),
        ...lyapunov(of('fine')),
        particlesFollow(outcomes),
      ],
      figures: [
        {
          name: 'mixture',
          alt: 'KL to the mixture falls to its bias',
          caption: 'KL to the mixture of the two laws.',
          panels: [
            {
              x: STEP_AXIS,
              y: klAxis([1e-3, 30]),
              series: [...langevinSeries(outcomes), deterministicSeries(outcomes)],
              rules: [
                ...floorRule(outcomes),
                ...biasRule(outcomes),
                ...stopRule(outcomes, scene.stopping.criterion),
              ],
            },
          ],
        },
      ],
    }
  },
}
