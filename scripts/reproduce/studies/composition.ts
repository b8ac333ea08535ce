import type { Constants } from '../../../src/core/analysis/curves.ts'
import type { Landscape } from '../../../src/lab/protocol/calls.ts'
import type { SceneSpec } from '../../../src/lab/scene/sceneSpec.ts'
import { centralFall, first, known, lyapunov, particlesFollow, pointsOf } from '../measures.ts'
import type { Job, Outcomes } from '../perform.ts'
import {
  biasRule,
  deterministicSeries,
  floorRule,
  klAxis,
  langevinSeries,
  stopRule,
  STEP_AXIS,
} from '../panels.ts'
import { atMost, type Prediction, type Study, withDynamics } from '../study.ts'

const termName = (i: number) => `term ${i + 1}`

/** The terms of a composition alone, their tables only, by `termName`. */
export function termJobs(scene: SceneSpec): Readonly<Record<string, Job>> {
  const terms = scene.energy.kind === 'sum' ? scene.energy.terms : []
  return Object.fromEntries(
    terms.map((term, i): [string, Job] => [
      termName(i),
      {
        scene: withDynamics(
          { ...scene, energy: term.energy, target: term.target ?? scene.target },
          { steps: 0, particles: 16 },
        ),
        seeds: [1],
        laws: 'none',
      },
    ]),
  )
}

/** Weight and table of each term of a composition. */
export function termTables(
  { energy }: SceneSpec,
  of: (name: string) => Outcomes,
): readonly (Landscape & { readonly weight: number })[] {
  const terms = energy.kind === 'sum' ? energy.terms : []
  return terms.map(({ weight }, i) => ({ ...of(termName(i)).landscape, weight }))
}

export const TERM_VARIATIONS = {
  [termName(0)]: 'the table of the first energy alone',
  [termName(1)]: 'the table of the second energy alone',
}

/** Σ wᵢVᵢ of two trained energies. */
export const composition: Study = {
  id: 'composition',
  question:
    'Energies trained apart are added node by node. Is the table of the sum the sum of the tables, and does KL to the Gibbs measure of the sum obey the same identity?',
  jobs: (scene, { several }) => {
    return {
      main: { scene, seeds: several, laws: 'shared' },
      fine: {
        scene: { ...scene, domain: { ...scene.domain, cells: 192 } },
        seeds: [1],
        laws: 'shared',
      },
      large: { scene: withDynamics(scene, { particles: 16384 }), seeds: several, laws: 'shared' },
      ...termJobs(scene),
    }
  },
  variations: {
    fine: '192² cells: early in the run the identity wants a finer grid',
    large: 'N = 16384',
    ...TERM_VARIATIONS,
  },
  judge(of) {
    const outcomes = of('main')
    const { langevin, scene, constants, dataAtGibbs } = first(outcomes).result
    const tables = termTables(scene, of)
    const epsilon = scene.dynamics.epsilon
    return {
      predictions: [
        atMost(
          'Table of the sum against the sum of the tables, V and its derivatives: largest difference over the largest value',
          Math.max(
            ...(['v', 'vx', 'vy', 'vxy'] as const).map((key) => sumError(outcomes, tables, key)),
          ),
          1e-12,
        ),
        ...curvatureRules(constants, scene, of),
        atMost(
          'KL(π‖ρ_D), what the trained energies have of the composition of their data wrong, nats',
          known(dataAtGibbs),
          0.05,
        ),
        ...lyapunov(of('fine')),
        particlesFollow(outcomes),
        particlesFollow(of('large')),
      ],
      figures: [
        {
          name: 'composition',
          alt: 'KL of the sum falls to its bias; its fall equals the dissipation',
          caption:
            'Left: KL to the Gibbs measure of the sum. Right: the fall of KL of the continuous dynamics over a step, and the dissipation εI that the identity puts in its place.',
          panels: [
            {
              title: 'Lyapunov curve',
              x: STEP_AXIS,
              y: klAxis([1e-3, 30]),
              series: [...langevinSeries(outcomes), deterministicSeries(outcomes)],
              rules: [
                ...floorRule(outcomes),
                ...biasRule(outcomes),
                ...stopRule(outcomes, scene.stopping.criterion),
              ],
            },
            {
              title: 'Dissipation',
              x: STEP_AXIS,
              y: { label: 'nats per unit of time', scale: 'log' },
              series: [
                {
                  name: 'εI',
                  colour: 'purple',
                  points: pointsOf(langevin.fokkerPlanckFisher.map((i) => epsilon * known(i))),
                },
                {
                  name: '−ΔKL/η, central',
                  colour: 'orange',
                  line: 'dotted',
                  points: pointsOf(
                    langevin.fokkerPlanck.map((_, k) =>
                      centralFall(langevin.fokkerPlanck, k, known(scene.dynamics.stepSize)),
                    ),
                  ),
                },
              ],
            },
          ],
        },
      ],
    }
  },
}

/** m ≥ Σ wᵢmᵢ and L ≤ Σ |wᵢ|Lᵢ, weights being positive here. */
function curvatureRules(
  { convexity, smoothness }: Constants,
  { energy }: SceneSpec,
  of: (name: string) => Outcomes,
): Prediction[] {
  const terms = energy.kind === 'sum' ? energy.terms : []
  const sum = (key: 'convexity' | 'smoothness') =>
    terms.reduce(
      (all, { weight }, i) => all + weight * first(of(termName(i))).result.constants[key],
      0,
    )
  return [
    atMost('L of the sum over Σ |wᵢ|Lᵢ', smoothness / sum('smoothness'), 1),
    atMost('m of the sum, below 0, over Σ wᵢmᵢ', convexity / sum('convexity'), 1),
  ]
}

function sumError(
  { landscape }: Outcomes,
  terms: readonly (Pick<Outcomes['landscape'], 'v' | 'vx' | 'vy' | 'vxy'> & {
    readonly weight: number
  })[],
  key: 'v' | 'vx' | 'vy' | 'vxy',
): number {
  let error = 0
  let largest = 0
  landscape[key].forEach((value, i) => {
    const sum = terms.reduce((total, term) => total + term.weight * term[key][i]!, 0)
    error = Math.max(error, Math.abs(value - sum))
    largest = Math.max(largest, Math.abs(value))
  })
  return error / largest
}
