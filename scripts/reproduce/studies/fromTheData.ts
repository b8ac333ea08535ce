import { klModelData, tabulateDensity } from '../../../src/core/analysis/estimators/kl.ts'
import { targetKind } from '../../../src/core/targets/registry.ts'
import { first, gibbsOf, known, last, lyapunov, particlesFollow, pointsOf } from '../measures.ts'
import { number } from '../numbers.ts'
import type { Outcomes } from '../perform.ts'
import { STEP_AXIS } from '../panels.ts'
import { atLeast, atMost, near, type Study, withDynamics } from '../study.ts'

/** KL(π‖ρ_D) of the scene's energy to its known target, by quadrature on the table's cells. */
function klOfGibbs({ landscape, runs }: Outcomes): number {
  const target = runs[0]?.result.scene.target
  if (target === undefined || !('sharpness' in target)) return Number.NaN
  const { density } = targetKind(target.kind).build(target.sharpness)
  if (density === null) return Number.NaN
  const pi = gibbsOf(landscape)
  return klModelData(
    pi,
    tabulateDensity((x, y) => density.logDensity(x, y), pi.box),
  )
}

/** The shipped energy, started at its data. */
export const fromTheData: Study = {
  id: 'from-the-data',
  question:
    'Training is the same dynamics started at the data: its negative chains must not leave it. Do the data stay under a trained energy?',
  jobs: (scene, { few }) => ({
    main: { scene, seeds: few, laws: 'shared' },
    fine: {
      scene: { ...scene, domain: { ...scene.domain, cells: 192 } },
      seeds: few.slice(0, 1),
      laws: 'shared',
    },
  }),
  variations: { fine: '192² cells: so near to π the identity wants a finer grid' },
  judge(of) {
    const outcomes = of('main')
    const { langevin, constants } = first(outcomes).result
    const limit = klOfGibbs(outcomes)
    const bias = known(constants.biasPrediction)
    // Near π KL is half a squared length to leading order, and lengths add up to their sum at most.
    const farthest = (Math.sqrt(limit) + Math.sqrt(bias)) ** 2
    const drift = Math.max(...langevin.dataKl.map(known))
    return {
      predictions: [
        atMost('KL to the data at the start, nats', Math.abs(known(langevin.dataKl[0])), 1e-9),
        atMost(
          'KL to the data never exceeds (√KL(π_θ‖ρ_D) + √b(η))², nats, with the predicted bias b(η)',
          drift,
          farthest,
        ),
        ...lyapunov(of('fine')),
        particlesFollow(outcomes),
      ],
      figures: [
        {
          name: 'from-the-data',
          alt: 'KL to the data rises from zero to a small level and stays',
          caption: 'KL to the data, and to π, of the chain started at the data.',
          panels: [
            {
              x: STEP_AXIS,
              y: { label: 'KL, nats', domain: [0, 1.2 * drift] },
              series: dataSeries(outcomes, ''),
              rules: [{ name: 'KL(π_θ‖ρ_D)', colour: 'grey', at: { y: limit } }],
            },
          ],
        },
      ],
      remarks: [
        `The energy is not perfect: its own Gibbs measure is ${number(limit)} nats from the data. The bias of the step, ${number(bias, 2)} nats as predicted, comes on top. Near π KL is half a squared length, so that together they let the data drift to (√ + √)² = ${number(farthest, 2)} nats at most, however long the run.`,
      ],
    }
  },
}

function dataSeries(outcomes: Outcomes, suffix: string) {
  const { langevin } = first(outcomes).result
  return [
    { name: `to the data${suffix}`, colour: 'blue', points: pointsOf(langevin.dataKl) },
    { name: `to π${suffix}`, colour: 'purple', line: 'dashed', points: pointsOf(langevin.klExact) },
  ] as const
}

/** The same start under an energy whose training was broken off. */
export const halfTrained: Study = {
  id: 'half-trained',
  question:
    'Where the energy is only half trained its Gibbs measure is elsewhere. How far do the data drift under it, compared with the trained energy?',
  jobs: (scene, { few }) => ({
    main: { scene, seeds: few, laws: 'shared' },
    trained: {
      scene: { ...scene, energy: { kind: 'pretrained', name: 'two-moons' } },
      seeds: few,
      laws: 'shared',
    },
    fine: {
      scene: withDynamics(scene, { stepSize: 0.005, steps: 800 }),
      seeds: few.slice(0, 1),
      laws: 'shared',
    },
  }),
  variations: {
    trained: 'the shipped energy, its training complete',
    fine: 'η = 0.005 and 800 steps',
  },
  judge(of) {
    const half = of('main')
    const trained = of('trained')
    const end = last(first(half).result.langevin.dataKl)
    const trainedEnd = last(first(trained).result.langevin.dataKl)
    const limit = klOfGibbs(half)
    const residual = (outcomes: Outcomes) => known(first(outcomes).result.langevin.residual[0])
    return {
      predictions: [
        atLeast('KL to the data at the end, half trained over trained', end / trainedEnd, 10),
        atLeast(
          'Error of the drift E|∇V + ε∇log ρ_D|² at the data, half trained over trained',
          residual(half) / residual(trained),
          2,
        ),
        near(
          'KL to the data at small η ends at KL(π_θ‖ρ_D), nats',
          last(first(of('fine')).result.langevin.dataKl),
          limit,
          0.05,
        ),
        ...lyapunov(half),
      ],
      figures: [
        {
          name: 'half-trained',
          alt: 'Under the half-trained energy KL to the data rises; under the trained one it stays near zero',
          caption:
            'KL to the data and to π under the half-trained and the trained energy, both started at the data.',
          panels: [
            {
              x: STEP_AXIS,
              y: { label: 'KL, nats', scale: 'log', domain: [1e-3, 10] },
              series: [
                ...dataSeries(half, ', half trained'),
                ...dataSeries(trained, ', trained').map((series) => ({
                  ...series,
                  colour: series.colour === 'blue' ? ('green' as const) : ('grey' as const),
                })),
              ],
            },
          ],
        },
      ],
      remarks: [
        `Under the half-trained energy the data end ${number(end)} nats away at the step size of the scene; its Gibbs measure is at ${number(limit)}, and the rest is the bias of the step. Under the trained one they end at ${number(trainedEnd)}.`,
      ],
    }
  },
}
