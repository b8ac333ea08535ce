import { first, known, last } from '../measures.ts'
import { listed, number } from '../numbers.ts'
import { deterministicSeries, klAxis, langevinSeries, stopRule, STEP_AXIS } from '../panels.ts'
import type { Outcomes } from '../perform.ts'
import { atLeast, atMost, holds, near, type Study } from '../study.ts'

const stopsOf = (outcomes: Outcomes, criterion: string) =>
  outcomes.runs.map(({ result }) => result.stopping.find((one) => one.criterion === criterion))

const stepsOf = (outcomes: Outcomes, criterion: string) =>
  stopsOf(outcomes, criterion).map((report) => report?.step ?? null)

/** The Stein discrepancy and the energy balance, with all mass in one of two wells. */
export const oneWell: Study = {
  id: 'one-well',
  question:
    'Rules from practice read the score or the energy of the particles. Do they see that one of two wells is empty?',
  jobs: (scene, { few }) => ({
    main: { scene, seeds: few, laws: 'shared', extras: ['coupling'] },
  }),
  judge(of) {
    const outcomes = of('main')
    const run = first(outcomes)
    const { langevin, scene } = run.result
    const stein = stopsOf(outcomes, 'stein')
    const plateau = stopsOf(outcomes, 'energy-plateau')
    const least = (reports: typeof stein) => Math.min(...reports.map((report) => known(report?.kl)))
    return {
      predictions: [
        holds(
          'The Stein discrepancy stops, for every seed',
          listed(stepsOf(outcomes, 'stein').map((step) => `step ${String(step)}`)),
          'a step',
          stein.every((report) => report?.outcome === 'stopped'),
        ),
        near('KL where it stops, least of the seeds: log 2, nats', least(stein), Math.log(2), 0.05),
        holds(
          'The energy rests, for every seed',
          listed(stepsOf(outcomes, 'energy-plateau').map((step) => `step ${String(step)}`)),
          'a step',
          plateau.every((report) => report?.outcome === 'stopped'),
        ),
        near(
          'KL where it rests, least of the seeds: log 2, nats',
          least(plateau),
          Math.log(2),
          0.05,
        ),
        holds(
          'Neither claims anything',
          listed([...stein, ...plateau].map((report) => report?.status ?? 'no report')),
          'none',
          [...stein, ...plateau].every((report) => report?.status === 'none'),
        ),
        holds(
          'The coupling does not stop: it says that pairs of chains cross the pass too seldom',
          listed(stepsOf(outcomes, 'coupling').map((step) => step ?? 'never')),
          'never',
          stopsOf(outcomes, 'coupling').every(
            (report) => report?.step === null && report.reason.includes('too slow'),
          ),
        ),
        atLeast(
          'KL at the end over the tolerance δ of the rules',
          last(langevin.klExact) / scene.stopping.delta,
          3,
        ),
        holds(
          'The statistical rule says stalled, for every seed',
          listed(stopsOf(outcomes, 'statistical').map((report) => report?.outcome ?? 'no report')),
          'stalled',
          stopsOf(outcomes, 'statistical').every((report) => report?.outcome === 'stalled'),
        ),
      ],
      figures: [
        {
          name: 'one-well',
          alt: 'KL rests at log 2 while the Stein rule has stopped',
          caption: 'KL rests at log 2; the Stein discrepancy has stopped.',
          panels: [
            {
              x: STEP_AXIS,
              y: klAxis([1e-3, 10]),
              series: langevinSeries(outcomes),
              rules: [
                { name: 'log 2', colour: 'grey', at: { y: Math.log(2) } },
                ...stopRule(outcomes, 'stein'),
              ],
            },
          ],
        },
      ],
    }
  },
}

/** The gradient norm of the noiseless flow, for tolerances that fall by decades. */
const SHARES = [1e-1, 1e-2, 1e-4] as const

export const smallGradient: Study = {
  id: 'small-gradient',
  question:
    'Samplers that descend stop where the slope is small. How far from π is the noiseless flow then, and does a smaller slope help?',
  jobs: (scene, { few }) => ({
    main: { scene, seeds: few, laws: 'shared' },
    ...Object.fromEntries(
      SHARES.map(
        (delta) =>
          [
            `share ${delta}`,
            {
              scene: { ...scene, stopping: { ...scene.stopping, delta } },
              seeds: few,
              laws: 'none',
            },
          ] as const,
      ),
    ),
  }),
  variations: Object.fromEntries(
    SHARES.map((delta) => [`share ${delta}`, `δ = ${delta}, Langevin laws not followed`]),
  ),
  judge(of) {
    const outcomes = of('main')
    const { result } = first(outcomes)
    const levels = [...SHARES, result.scene.stopping.delta]
    const all = [...SHARES.map((delta) => of(`share ${delta}`)), outcomes]
    const kl = all.map((one) => stopsOf(one, 'gradient-norm').map((report) => known(report?.kl)))
    const { gradient } = result.langevin
    const read = gradient.filter((value) => value !== null)
    return {
      predictions: [
        atLeast(
          'KL of the noiseless flow where it stops, least of the seeds, nats',
          Math.min(...kl.at(-1)!),
          10,
        ),
        holds(
          `The smaller δ is, the greater is the KL at the stop: δ = ${listed(levels.map((level) => String(level)))}`,
          listed(kl.map((values) => number(values[0]!))),
          'rising',
          kl.every((values, i) => i === 0 || values.every((value, s) => value > kl[i - 1]![s]!)),
        ),
        atMost(
          'KL of Langevin at the same step, nats',
          known(result.langevin.klExact[known(stepsOf(outcomes, 'gradient-norm')[0])]),
          0.01,
        ),
        atLeast(
          'Under Langevin the least E|∇V|² over the first: never a share that would stop it at δ = 0.1',
          Math.min(...read) / read[0]!,
          0.1,
        ),
        holds(
          'It claims nothing',
          listed(stopsOf(outcomes, 'gradient-norm').map((report) => report?.status ?? 'no report')),
          'none',
          stopsOf(outcomes, 'gradient-norm').every((report) => report?.status === 'none'),
        ),
      ],
      figures: [
        {
          name: 'small-gradient',
          alt: 'The gradient of the noiseless flow falls while its KL rises',
          caption: 'KL of both flows; the gradient norm stops the noiseless one far from π.',
          panels: [
            {
              x: STEP_AXIS,
              y: klAxis(),
              series: [...langevinSeries(outcomes), deterministicSeries(outcomes)],
              rules: stopRule(outcomes, 'gradient-norm'),
            },
          ],
        },
      ],
    }
  },
}
