import { FILTER_RATE } from '../../../src/core/samplers/ids.ts'
import type { SceneSpec } from '../../../src/lab/scene/sceneSpec.ts'
import { first, known, pointsOf } from '../measures.ts'
import { listed, number, percent } from '../numbers.ts'
import { STEP_AXIS, klAxis } from '../panels.ts'
import type { Outcomes } from '../perform.ts'
import { atLeast, atMost, holds, type Study, type Table, withDynamics } from '../study.ts'

/** Rates besides that of the experiment, the slowest first. */
const SLOW = 1
const FAST = 100

function hard(scene: SceneSpec): SceneSpec {
  const { energy } = scene
  const barriers = energy.kind === 'sum' ? energy.barriers : []
  return energy.kind === 'sum'
    ? {
        ...scene,
        energy: { ...energy, barriers: barriers.map((one) => ({ ...one, strength: 0 })) },
      }
    : scene
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** Means over seeds and steps of a curve of the filter. */
function ofFilter({ runs }: Outcomes, curve: 'changed' | 'exits' | 'infeasible' | 'intervention') {
  return mean(runs.map(({ result }) => mean((result.filter?.[curve] ?? [Number.NaN]).slice(1))))
}

const outsideOf = ({ runs }: Outcomes) =>
  mean(runs.map(({ result }) => known(result.filter?.outside.at(-1))))

const klOf = ({ runs }: Outcomes) =>
  mean(runs.map(({ result }) => known(result.langevin.kl.at(-1))))

const refusedOf = ({ runs }: Outcomes) =>
  mean(runs.map(({ result }) => 1 - mean(result.langevin.acceptance.slice(1).map((a) => a ?? 1))))

const share = (value: number) => (value === 0 ? '0' : percent(value, 2))

/** A control-barrier filter beside hard walls and walls that repel. */
export const filter: Study = {
  id: 'filter-or-barrier',
  question:
    'A filter bends the drift as little as the safety of the mean of a step takes. How much does it bend, how many get in all the same, what is left of the law, and is anything claimed?',
  jobs: (scene, { few }) => {
    const plain = withDynamics(scene, { sampler: 'langevin' })
    return {
      main: { scene, seeds: few, laws: 'shared' },
      slow: { scene: withDynamics(scene, { filterRate: SLOW }), seeds: few, laws: 'none' },
      fast: { scene: withDynamics(scene, { filterRate: FAST }), seeds: few, laws: 'none' },
      walls: { scene: hard(plain), seeds: few, laws: 'none' },
      repulsion: { scene: plain, seeds: few, laws: 'none' },
    }
  },
  variations: {
    slow: `α = ${SLOW}`,
    fast: `α = ${FAST}: αη = 1, so that the mean must only be safe`,
    walls: 'Langevin, every barrier a hard wall',
    repulsion: 'Langevin, the barriers of the experiment *barrier*',
  },
  judge(of) {
    const [main, slow, fast] = [of('main'), of('slow'), of('fast')]
    const [walls, repulsion] = [of('walls'), of('repulsion')]
    const rates = [slow, main, fast]
    const exits = rates.map((one) => ofFilter(one, 'exits'))
    const kl = rates.map(klOf)
    const { langevin, stopping, scene } = first(main).result
    const names = rates.map(
      (one) => `α = ${first(one).result.scene.dynamics.filterRate ?? FILTER_RATE}`,
    )
    const off = ['certified-decrease', 'a-priori', 'floor', 'poincare', 'coupling'].map((id) =>
      stopping.find(({ criterion }) => criterion === id),
    )
    const laws = [langevin.klExact, langevin.fokkerPlanck].flatMap((curve) => curve.slice(1))
    const table: Table = {
      caption: `The price of each way; shares of all steps of N = ${scene.dynamics.particles} particles, E|u|² the change of the drift. π is the Gibbs measure cut off at the regions, but for repulsion its own.`,
      head: [
        'way',
        'bent',
        'E|u|²',
        'refused',
        'break in',
        'inside at the end',
        'KL to π, smoothed',
      ],
      rows: [
        ...rates.map((one, i) => [
          `filter, ${names[i]!}`,
          share(ofFilter(one, 'changed')),
          number(ofFilter(one, 'intervention')),
          '0',
          share(exits[i]!),
          share(outsideOf(one)),
          number(kl[i]!),
        ]),
        ...(
          [
            ['hard walls', walls],
            ['repulsion', repulsion],
          ] as const
        ).map(([name, one]) => [name, '', '', share(refusedOf(one)), '0', '0', number(klOf(one))]),
      ],
    }
    return {
      predictions: [
        atMost(
          'Share of the steps in which the filter finds no way to keep its condition',
          Math.max(...rates.map((one) => ofFilter(one, 'infeasible'))),
          1e-4,
        ),
        atMost('Share of the steps that it bends', ofFilter(main, 'changed'), 0.5),
        atLeast('It forbids no exit: share of the steps that break in', exits[1]!, 1e-3),
        holds(
          'Walls do: particles inside a barrier, over all steps, by seed',
          listed([...walls.runs, ...repulsion.runs].map(({ trespassers }) => trespassers)),
          '0',
          [...walls.runs, ...repulsion.runs].every(({ trespassers }) => trespassers === 0),
        ),
        holds(
          `The more slowly the mean may come nearer, the fewer break in: ${listed(names)}`,
          listed(exits.map((value) => percent(value, 2))),
          'rising',
          exits[0]! < exits[1]! && exits[1]! < exits[2]!,
        ),
        holds(
          `and the farther the law is from π: KL, nats, ${listed(names)}`,
          listed(kl.map((value) => number(value))),
          'falling',
          kl[0]! > kl[1]! && kl[1]! > kl[2]!,
        ),
        atLeast(
          'The law of the filter is not π: its KL over that of hard walls, nats',
          klOf(main) - klOf(walls),
          0.01,
        ),
        holds(
          'No law is claimed, of the chain or in continuous time',
          laws.every((value) => value === null) ? 'none' : 'one is given',
          'none',
          laws.every((value) => value === null),
        ),
        holds(
          'The certificates are withdrawn, with the filter as the reason',
          listed(off.map((report) => report?.status ?? 'no report')),
          'none',
          off.every((report) => report?.status === 'none' && report.reason.includes('filter')),
        ),
      ],
      figures: [
        {
          name: 'filter-or-barrier',
          alt: 'Some particles break in before every filter; a slower one keeps more of them out and rests farther from π',
          caption: 'Left: particles inside a region. Right: their KL to π, smoothed.',
          panels: [
            {
              title: 'Share inside a region',
              x: STEP_AXIS,
              y: { label: 'share', scale: 'linear' },
              series: rates.map((one, i) => ({
                name: names[i]!,
                colour: COLOURS[i]!,
                points: pointsOf(first(one).result.filter?.outside ?? []),
              })),
            },
            {
              title: 'KL to π',
              x: STEP_AXIS,
              y: klAxis(),
              series: [...rates, walls].map((one, i) => ({
                name: names[i] ?? 'hard walls',
                colour: COLOURS[i]!,
                points: pointsOf(first(one).result.langevin.kl, 5),
              })),
            },
          ],
        },
      ],
      tables: [table],
    }
  },
}

const COLOURS = ['purple', 'orange', 'blue', 'grey'] as const
