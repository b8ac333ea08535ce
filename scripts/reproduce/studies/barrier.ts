import { isAllowed } from '../../../src/core/fields/barriers/ways.ts'
import { centreCoordinate, spacing } from '../../../src/core/maths/grid.ts'
import type { BarrierSpec, SceneSpec } from '../../../src/lab/scene/sceneSpec.ts'
import { centralFall, fieldOf, first, gibbsOf, known, lyapunov, pointsOf } from '../measures.ts'
import { listed, number, percent } from '../numbers.ts'
import type { Outcomes } from '../perform.ts'
import { floorRule, klAxis, langevinSeries, STEP_AXIS } from '../panels.ts'
import { atMost, holds, type Study, withDynamics } from '../study.ts'

function withBarriers(
  scene: SceneSpec,
  change: (barriers: readonly BarrierSpec[]) => readonly BarrierSpec[],
): SceneSpec {
  const { energy } = scene
  return energy.kind === 'sum'
    ? { ...scene, energy: { ...energy, barriers: change(energy.barriers) } }
    : scene
}

/** Mass of π on the cells whose centre is forbidden and whose every corner is, too. */
function massInside(outcomes: Outcomes): number {
  const field = fieldOf(outcomes.landscape)
  const { box, density } = gibbsOf(outcomes.landscape)
  const h = spacing(box)
  let mass = 0
  density.forEach((value, k) => {
    const x = centreCoordinate(box, k % box.cells)
    const y = centreCoordinate(box, Math.floor(k / box.cells))
    const corners = [-0.5, 0, 0.5].flatMap((i) =>
      [-0.5, 0, 0.5].map((j) => [i * h, j * h] as const),
    )
    if (corners.every(([dx, dy]) => !isAllowed(field, x + dx, y + dy))) mass += value * h * h
  })
  return mass
}

/** Total variation between π behind hard walls and the free π cut off by them and renormalised, on whole cells. */
function distanceFromRestriction(walled: Outcomes, free: Outcomes): number {
  const field = fieldOf(walled.landscape)
  const a = gibbsOf(walled.landscape)
  const b = gibbsOf(free.landscape)
  const { box } = a
  const h = spacing(box)
  // Cells that a wall cuts have a mass of their own: only whole ones are compared.
  const whole = a.density.map((_, k) => {
    const x = centreCoordinate(box, k % box.cells)
    const y = centreCoordinate(box, Math.floor(k / box.cells))
    return [-0.5, 0.5].every((i) =>
      [-0.5, 0.5].every((j) => isAllowed(field, x + i * h, y + j * h)),
    )
      ? 1
      : 0
  })
  const total = (density: Float64Array) =>
    density.reduce((sum, value, k) => sum + value * whole[k]!, 0)
  const [massA, massB] = [total(a.density), total(b.density)]
  return (
    0.5 *
    a.density.reduce(
      (sum, value, k) => sum + whole[k]! * Math.abs(value / massA - b.density[k]! / massB),
      0,
    )
  )
}

/** A hard wall, a repelling disc and a repelling polygon. */
export const barrier: Study = {
  id: 'barrier',
  question:
    'Barriers −μ log h keep particles out of regions. Is the Gibbs measure the old one cut off, does anything get in, does KL still obey the identity, and are the certificates withdrawn?',
  jobs: (scene, { few }) => {
    const still = withDynamics(scene, { steps: 0, particles: 16 })
    return {
      main: { scene, seeds: few, laws: 'shared' },
      walls: {
        scene: withBarriers(still, (list) => list.map((each) => ({ ...each, strength: 0 }))),
        seeds: [1],
        laws: 'none',
      },
      free: { scene: withBarriers(still, () => []), seeds: [1], laws: 'none' },
    }
  },
  variations: {
    walls: 'every barrier a hard wall, its Gibbs measure only',
    free: 'no barriers, its Gibbs measure only',
  },
  judge(of) {
    const outcomes = of('main')
    const { langevin, scene, stopping } = first(outcomes).result
    const inside = outcomes.runs.map(({ trespassers }) => trespassers)
    const off = ['certified-decrease', 'a-priori', 'floor'].map((id) =>
      stopping.find(({ criterion }) => criterion === id),
    )
    const { epsilon } = scene.dynamics
    const eta = known(scene.dynamics.stepSize)
    const accepted = langevin.acceptance.slice(1).map(known)
    const refused = 1 - accepted.reduce((a, b) => a + b, 0) / accepted.length
    return {
      predictions: [
        holds(
          'Particles inside a barrier, over all steps, by seed',
          listed(inside),
          '0',
          inside.every((count) => count === 0),
        ),
        atMost('Mass of π inside the barriers', massInside(outcomes), 0),
        atMost(
          'Behind hard walls π is the free π cut off and renormalised: total variation',
          distanceFromRestriction(of('walls'), of('free')),
          2e-3,
        ),
        ...lyapunov(outcomes),
        holds(
          'The certificates are withdrawn, with the barrier as the reason',
          listed(off.map((report) => report?.status ?? 'no report')),
          'none',
          off.every((report) => report?.status === 'none' && report.reason.includes('barrier')),
        ),
        holds(
          'No exact law is claimed for a chain that refuses moves',
          langevin.klExact.slice(1).every((kl) => kl === null) ? 'none' : 'one is given',
          'none',
          langevin.klExact.slice(1).every((kl) => kl === null),
        ),
      ],
      figures: [
        {
          name: 'barrier',
          alt: 'KL falls behind barriers; its fall equals the dissipation',
          caption:
            'Left: KL to the Gibbs measure behind the barriers. Right: the fall of KL of the continuous dynamics, and its dissipation.',
          panels: [
            {
              title: 'Lyapunov curve',
              x: STEP_AXIS,
              y: klAxis(),
              series: langevinSeries(outcomes),
              rules: floorRule(outcomes),
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
                    langevin.fokkerPlanck.map((_, k) => centralFall(langevin.fokkerPlanck, k, eta)),
                  ),
                },
              ],
            },
          ],
        },
      ],
      remarks: [
        `Of the proposed moves ${percent(refused, 2)} led into a barrier and were refused. The smoothed KL of the particles is at ${number(known(langevin.kl.at(-1)))} nats at the end, that of the continuous dynamics at ${number(known(langevin.fokkerPlanck.at(-1)))}: a chain that refuses moves has a bias at the walls, for which nothing is claimed.`,
      ],
    }
  },
}
