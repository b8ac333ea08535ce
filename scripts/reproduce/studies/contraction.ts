import { first, known, pointsOf } from '../measures.ts'
import { exactly } from '../numbers.ts'
import { STEP_AXIS } from '../panels.ts'
import { atMost, holds, near, type Study } from '../study.ts'

/** Two clouds under one noise on a convex quadratic. */
export const contraction: Study = {
  id: 'contraction',
  question:
    'Two copies driven by the same noise approach at the local rate λmin(∇²V). On an m-convex energy, is their distance below (1 − ηm)ᵏ of its start at every step?',
  jobs: (scene, { few }) => ({
    main: { scene, seeds: few, laws: 'shared' },
    wells: {
      scene: {
        ...scene,
        target: { kind: 'two-gaussians', sharpness: 1 },
        energy: { kind: 'exact' },
        domain: { halfWidth: 4, cells: 128 },
        dynamics: {
          ...scene.dynamics,
          epsilon: 1,
          stepSize: 0.02,
          initial: { kind: 'point', at: [-0.4, 0], spread: 0.1 },
          companion: [0.8, 0],
        },
      },
      seeds: few,
      laws: 'none',
    },
  }),
  variations: {
    wells:
      'two Gaussians at sharpness 1 with their exact energy, ε = 1, η = 0.02, pairs started on both sides of the pass: not convex',
  },
  judge(of) {
    const outcomes = of('main')
    const { contraction: curves, scene, constants } = first(outcomes).result
    const eta = known(scene.dynamics.stepSize)
    const shares = outcomes.runs.map(({ result }) =>
      Math.max(
        // At step 0 the bound is the distance.
        ...(result.contraction?.largest ?? [])
          .map((distance, k) => distance / known(result.contraction?.bound[k]))
          .slice(1),
      ),
    )
    const distance = curves?.rootMeanSquare ?? []
    const wells = first(of('wells')).result.contraction
    return {
      predictions: [
        atMost(
          'Largest distance of a pair over its bound, over all seeds and steps from 1 on',
          Math.max(...shares),
          1 + 1e-9,
        ),
        near(
          'The bound is sharp: factor of the distance in step 60 is 1 − ηm',
          known(distance[60]) / known(distance[59]),
          1 - eta * constants.convexity,
          1e-3,
        ),
        holds(
          'Without convexity there is no bound',
          wells?.bound.every((value) => value === null) === true ? 'none' : 'one is given',
          'none',
          wells?.bound.every((value) => value === null) === true,
        ),
        holds(
          'and pairs do part where the curvature is negative: largest distance over its start',
          exactly(Math.max(...(wells?.largest ?? [])) / known(wells?.largest[0])),
          '> 1',
          Math.max(...(wells?.largest ?? [])) > known(wells?.largest[0]),
        ),
      ],
      figures: [
        {
          name: 'contraction',
          alt: 'The distance of pairs falls below its bound on the convex energy and rises first on two wells',
          caption: `Distance of pairs under one noise. Left: convex, m = ${exactly(constants.convexity)}. Right: two wells, where no bound exists.`,
          panels: [
            {
              title: 'Convex',
              x: STEP_AXIS,
              y: { label: 'distance', scale: 'log' },
              series: [
                { name: 'largest', colour: 'blue', points: pointsOf(curves?.largest ?? []) },
                {
                  name: 'bound',
                  colour: 'red',
                  line: 'dashed',
                  points: pointsOf(curves?.bound ?? []),
                },
              ],
            },
            {
              title: 'Two wells',
              x: STEP_AXIS,
              y: { label: 'distance' },
              series: [
                { name: 'largest', colour: 'blue', points: pointsOf(wells?.largest ?? []) },
                {
                  name: 'root mean square',
                  colour: 'green',
                  points: pointsOf(wells?.rootMeanSquare ?? []),
                },
              ],
            },
          ],
        },
      ],
    }
  },
}
