import type { Constants } from '../../../src/core/analysis/curves.ts'
import { PRETRAINED_IDS, experiment } from '../../../src/lab/scene/experiments.ts'
import {
  first,
  known,
  last,
  pointsOf,
  readingsWithin,
  riseOverError,
  ROUNDING,
  stopOf,
} from '../measures.ts'
import { exactly, number, percent } from '../numbers.ts'
import type { Outcome, Outcomes } from '../perform.ts'
import { floorRule, klAxis, langevinSeries, STEP_AXIS } from '../panels.ts'
import { holds, limit, type Prediction, type Study } from '../study.ts'

/** The scene whose stop is looked at under many seeds. */
const REPEATED = 'eight-gaussians'

/** The worst of all targets, by name. */
function worst(
  claim: string,
  bound: number,
  values: readonly (readonly [string, number])[],
): Prediction {
  const [id, value] = values.reduce((a, b) => (b[1] <= a[1] ? a : b))
  return holds(
    claim,
    `${number(value)} (${id})`,
    `≤ ${limit(bound)}`,
    values.every(([, each]) => each <= bound),
  )
}

/**
 * Where `statistical` may stop, from the exact law and the noise of the readings. With σ_k the standard deviation of a reading
 * at step k and w the window, two quiet windows in a row are not to be had while KL falls by more than
 * 5√(σ²_{k−w} + σ_k²) a window, and fail to come four windows after it has ceased to fall by ½σ₀ only by rare chance; σ₀ is
 * that at π, which σ_k exceeds early in a run.
 */
export function statisticalInterval(
  exact: readonly (number | null)[],
  deviation: number,
  window: number,
  deviationAt: (k: number) => number = () => deviation,
): readonly [number, number] {
  const fall = (k: number) => known(exact[k - window]) - known(exact[k])
  const ends = Array.from(
    { length: Math.floor((exact.length - 1) / window) },
    (_, i) => (i + 1) * window,
  )
  const noise = (k: number) => Math.hypot(deviationAt(k - window), deviationAt(k))
  const slow = ends.find((k) => fall(k) <= 5 * noise(k)) ?? Number.NaN
  const still = ends.find((k) => fall(k) <= 0.5 * deviation) ?? Number.NaN
  return [slow + window, still + 4 * window]
}

/** Below this log(1 + χ²) its changes are those of its two grids. */
const LEAST_RENYI = 1e-3

/** The largest χ²_{k+1}/χ²_k over e^(−2λη), λ the proved gap, on the steps that a run has followed. */
function slowestFall({ result }: Outcome): number {
  const { langevin, constants, scene } = result
  const promised = Math.exp(
    -2 * known(constants.spectralGapBound?.value) * known(scene.dynamics.stepSize),
  )
  const chi = langevin.renyi.map((renyi) => Math.expm1(known(renyi)))
  return Math.max(
    ...chi.slice(2).map((next, i) => (next < LEAST_RENYI ? 0 : next / chi[i + 1]! / promised)),
  )
}

/** Standard error of the particles' KL at a step; 0 where it is no estimate. */
const errorAt = ({ result }: Outcome, k: number) => result.langevin.klStandardError[k] ?? 0

const rootMeanSquare = (values: readonly number[]) =>
  Math.hypot(...values) / Math.sqrt(values.length)

/** Window of `statistical`: max(10, steps/20), up to a multiple of 5. */
const windowOf = (steps: number) => 5 * Math.ceil(Math.max(10, steps / 20) / 5)

/** The energies that come with the lab, at their own step sizes. */
export const shipped: Study = {
  id: 'shipped',
  title: 'The shipped energies',
  covers: PRETRAINED_IDS,
  question:
    'Eleven trained energies, each at its own default step size from N(0, I): does KL obey the identity on all of them, do the particles follow the exact law, and how much does the seed move the stopping step?',
  jobs: (_, { few, many }) => ({
    ...Object.fromEntries(
      PRETRAINED_IDS.map(
        (id) =>
          [
            id,
            {
              scene: experiment(id)!.scene,
              seeds: few,
              laws: 'shared',
              extras: ['spectralGapBound'],
            },
          ] as const,
      ),
    ),
    repeated: { scene: experiment(REPEATED)!.scene, seeds: many, laws: 'shared' },
  }),
  variations: { repeated: `${REPEATED} under many seeds` },
  judge(of) {
    const all = PRETRAINED_IDS.map((id) => [id, of(id)] as const)
    // Readings of one run share its particles, and what these have in excess in a well they keep: the runs of one
    // energy are too few for a share of its own, those of all eleven are not.
    const follow = all.map(([, outcomes]) => readingsWithin(outcomes))
    const readings = follow.reduce((sum, each) => sum + each.all, 0)
    const share = follow.reduce((sum, each) => sum + each.inside, 0) / readings
    const repeated = of('repeated')
    const stops = repeated.runs.map((run) => known(stopOf(run, 'statistical')))
    const { langevin, scene } = first(repeated).result
    const floor = first(repeated).nullFloor
    const deviation = (known(floor?.upper) - known(floor?.mean)) / 2
    const interval = statisticalInterval(
      langevin.klExact,
      deviation,
      windowOf(scene.dynamics.steps),
      (k) => Math.max(deviation, rootMeanSquare(repeated.runs.map((run) => errorAt(run, k)))),
    )
    const proved = (constants: Constants) => known(constants.spectralGapBound?.value)
    const least = (share: (constants: Constants) => number) => {
      const shares = all.map(
        ([id, outcomes]) => [id, share(first(outcomes).result.constants)] as const,
      )
      const [id, value] = shares.reduce((a, b) => (b[1] < a[1] ? b : a))
      return `${number(value)} (${id})`
    }
    const certified = all.flatMap(([, outcomes]) => stopOf(first(outcomes), 'poincare') ?? [])
    const fastest = Math.min(...stops)
    const slowest = Math.max(...stops)
    return {
      predictions: [
        worst(
          'KL of the continuous dynamics never rises: largest change in a step on the cells themselves, nats, of all energies',
          ROUNDING,
          all.map(
            ([id, outcomes]) => [id, known(first(outcomes).continuous.fokkerPlanckRise)] as const,
          ),
        ),
        worst(
          'Extrapolated from two grids it rises in no step by more than its error bar: largest rise over that, of all energies',
          1,
          all.map(([id, outcomes]) => [id, riseOverError(first(outcomes))] as const),
        ),
        worst(
          'KL′ = −εI: largest relative error over a step of the continuous dynamics',
          0.02,
          all.map(
            ([id, outcomes]) => [id, known(first(outcomes).continuous.dissipationError)] as const,
          ),
        ),
        holds(
          'The particles lie within 3 of their standard errors of the exact law, of all energies together',
          `${percent(share)} of ${readings} readings, ${Math.min(...follow.map(({ fewest }) => fewest))} a run`,
          '≥ 95 %, ≥ 20 a run',
          share >= 0.95 && follow.every(({ fewest }) => fewest >= 20),
        ),
        holds(
          `Stops of the statistical rule on ${REPEATED} under ${stops.length} seeds lie in the interval that the exact law gives`,
          `${fastest} to ${slowest}`,
          `${interval.join(' to ')}`,
          fastest >= interval[0] && slowest <= interval[1],
        ),
        holds(
          'The proved gap is at most the estimate of the gap and at least 0.6 of it: least share, of all energies',
          least((constants) => proved(constants) / known(constants.spectralGap)),
          '0.6 to 1',
          all.every(([, outcomes]) => {
            const { constants } = first(outcomes).result
            const gap = known(constants.spectralGap)
            return proved(constants) >= 0.6 * gap && proved(constants) <= gap
          }),
        ),
        worst(
          'χ² of the continuous dynamics falls in every step to at most the e^(−2λη) of it that the proved gap promises: largest part of that, of all energies',
          1,
          all.map(([id, outcomes]) => [id, slowestFall(first(outcomes))] as const),
        ),
        holds(
          'By it the criterion poincare certifies in advance a step from which on the continuous dynamics are within δ',
          `${certified.length} of ${all.length} energies, after ${Math.min(...certified)} to ${Math.max(...certified)} steps`,
          `${all.length} of ${all.length}`,
          certified.length === all.length,
        ),
      ],
      figures: [
        {
          name: 'shipped',
          alt: 'KL of the exact law for the eleven shipped energies, and the stopping steps of many seeds',
          caption: `Left: exact law of the chain on each shipped energy, on the axis of time. Right: particles and exact law on ${REPEATED} under ${stops.length} seeds; between the upright lines the statistical rule may stop.`,
          panels: [
            {
              title: 'Eleven energies',
              x: { label: 'time t = kη', scale: 'log' },
              y: klAxis([1e-4, 20]),
              series: all.map(([id, outcomes], i) => {
                const { langevin: curves, scene: own } = first(outcomes).result
                const eta = known(own.dynamics.stepSize)
                return {
                  name: id,
                  colour: (['blue', 'orange', 'green', 'purple', 'red', 'grey'] as const)[i % 6]!,
                  line: i < 6 ? ('solid' as const) : ('dashed' as const),
                  points: pointsOf(curves.klExact)
                    .map(([k, kl]) => [k * eta, kl] as const)
                    .filter(([t]) => t > 0),
                }
              }),
            },
            {
              title: 'One energy, many seeds',
              x: STEP_AXIS,
              y: klAxis([1e-4, 20]),
              series: langevinSeries(repeated),
              rules: [
                ...floorRule(repeated),
                { name: `earliest: step ${interval[0]}`, colour: 'grey', at: { x: interval[0] } },
                { name: `latest: step ${interval[1]}`, colour: 'grey', at: { x: interval[1] } },
              ],
            },
          ],
        },
      ],
      tables: [
        {
          caption: 'Each energy at its default step size; the exact law, nats.',
          head: [
            'energy',
            'η',
            'cells',
            'KL₀',
            'KL at the end',
            'b(η)',
            'gap λ',
            'error of KL′ = −εI',
            'particles within 3 SE',
          ],
          rows: all.map(([id, outcomes], i) => row(id, outcomes, follow[i]!)),
        },
        {
          caption: `Stopping steps of the statistical rule on ${REPEATED}, by seed.`,
          head: ['seeds', 'steps'],
          rows: [
            [
              `${first(repeated).seed} to ${repeated.runs.at(-1)!.seed}`,
              stops.map((step) => exactly(step)).join(', '),
            ],
          ],
        },
      ],
    }
  },
}

function row(
  id: string,
  outcomes: Outcomes,
  { inside, all }: ReturnType<typeof readingsWithin>,
): string[] {
  const { result, cells, continuous } = first(outcomes)
  const { langevin, constants, scene } = result
  return [
    id,
    number(known(scene.dynamics.stepSize)),
    cells === null ? '–' : String(cells),
    number(known(langevin.klExact[0] ?? langevin.kl[0])),
    number(last(langevin.klExact)),
    constants.biasPrediction === null ? '–' : number(constants.biasPrediction, 2),
    number(known(constants.spectralGap)),
    percent(known(continuous.dissipationError), 2),
    percent(inside / all),
  ]
}
