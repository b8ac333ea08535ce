import type { SceneSpec, TargetId } from '../../../src/lab/scene/sceneSpec.ts'
import { exactly, number } from '../numbers.ts'
import { collapses, first, known, lyapunov, particlesFollow, pointsOf } from '../measures.ts'
import { biasRule, deterministicSeries, klAxis, langevinSeries, STEP_AXIS } from '../panels.ts'
import { atLeast, atMost, holds, type Study, withDynamics } from '../study.ts'

/** Other targets with several wells, with their exact energies. */
const WELLS = ['two-gaussians', 'three-gaussians', 'gaussian-grid'] as const

function onTarget(scene: SceneSpec, kind: TargetId): SceneSpec {
  return withDynamics({ ...scene, target: { kind, sharpness: 0.6 } }, { steps: 600 })
}

/** Eight wells: the flow comes near π, falls through it and collapses. */
export const noCertificate: Study = {
  id: 'no-certificate',
  question:
    'Without noise no functional of the density can certify convergence to π. What does KL do instead: when is it least, and how fast does it grow once the particles fall into the minima?',
  jobs: (scene, { few }) => ({
    main: { scene, seeds: few, laws: 'shared' },
    large: {
      scene: withDynamics(scene, { particles: 16384 }),
      seeds: few,
      laws: 'shared',
    },
    ...Object.fromEntries(
      WELLS.map((id) => [id, { scene: onTarget(scene, id), seeds: few, laws: 'none' }] as const),
    ),
  }),
  variations: {
    large: 'N = 16384',
    ...Object.fromEntries(
      WELLS.map((id) => [
        id,
        `${id} at sharpness 0.6 with its exact energy, 600 steps, Langevin laws not followed`,
      ]),
    ),
  },
  judge(of) {
    const outcomes = of('main')
    const run = first(outcomes)
    const { deterministic, collapse, langevin, scene, stopping } = run.result
    const best = known(collapse?.bestStep)
    const { kl, klStandardError } = deterministic
    const readings = kl.flatMap((value, k) => (value === null ? [] : [{ k, value }]))
    const least = readings.reduce((a, b) => (b.value < a.value ? b : a))
    const atBest = readings.reduce((a, b) => (Math.abs(b.k - best) < Math.abs(a.k - best) ? b : a))
    const error = known(klStandardError[least.k])
    const end = readings.at(-1)!
    const aPriori = stopping.find(({ criterion }) => criterion === 'a-priori')
    return {
      predictions: [
        atLeast(
          'Noiseless KL ends above its start: ratio of last to first',
          end.value / known(kl[0]),
          1,
        ),
        atMost(
          'S = 0 finds its least value: KL there above the least reading, in standard errors',
          (atBest.value - least.value) / error,
          3,
        ),
        collapses('eight-gaussians', outcomes),
        ...WELLS.map((id) => collapses(id, of(id))),
        ...lyapunov(outcomes),
        particlesFollow(outcomes),
        particlesFollow(of('large')),
        holds(
          'No a-priori certificate for an energy of many wells at this step size',
          aPriori?.status ?? 'none',
          'none',
          aPriori !== undefined && aPriori.status === 'none',
        ),
      ],
      figures: [
        {
          name: 'no-certificate',
          alt: 'Langevin KL falls to its bias; the noiseless KL falls, turns at the best time and grows along a line',
          caption: `Left: KL to π of both flows from the same particles. Right: the noiseless KL alone, on a linear axis, with the slope that its minima predict, ${number(known(collapse?.slope), 4)} nats a step.`,
          panels: [
            {
              title: 'Both flows',
              x: STEP_AXIS,
              y: klAxis(),
              series: [...langevinSeries(outcomes), deterministicSeries(outcomes)],
              rules: biasRule(outcomes),
            },
            {
              title: 'The noiseless flow',
              x: STEP_AXIS,
              y: { label: 'KL(ρₖ‖π), nats' },
              series: [
                deterministicSeries(outcomes),
                {
                  name: 'slope of the minima',
                  colour: 'red',
                  line: 'dashed',
                  points: pointsOf(
                    kl.map((_, k) => end.value + (k - end.k) * known(collapse?.slope)),
                  ).filter(([k]) => k >= end.k / 3),
                },
              ],
              rules: [
                {
                  name: `best time, no certificate: ${best}`,
                  colour: 'orange',
                  at: { x: best },
                },
              ],
            },
          ],
        },
      ],
      tables: [
        {
          caption: 'Minima that the noiseless flow ends in, first seed.',
          head: ['minimum', 'share of the particles', 'ΔV', '−log det(I − η∇²V)'],
          rows: (collapse?.basins ?? []).map(({ at, mass, laplacian, growth }) => [
            `(${at.map((c) => exactly(Math.round(1000 * c) / 1000)).join(', ')})`,
            number(mass),
            number(laplacian),
            number(growth),
          ]),
        },
      ],
      remarks: [
        `At its best step ${best} the noiseless flow is at KL ${number(atBest.value)} nats; nothing keeps it there, and at step ${end.k} it is at ${number(end.value)}. Langevin is then at ${number(known(langevin.klExact[scene.dynamics.steps]), 2)}.`,
      ],
    }
  },
}
