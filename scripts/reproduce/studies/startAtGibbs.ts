import { readJet } from '../../../src/core/fields/energyGrid.ts'
import { visitGibbs } from '../../../src/core/fields/gibbs.ts'
import { Jet } from '../../../src/core/fields/energyField.ts'
import { nodeCoordinate, spacing } from '../../../src/core/maths/grid.ts'
import type { Landscape } from '../../../src/lab/protocol/calls.ts'
import { number } from '../numbers.ts'
import { fieldOf, first, gibbsOf, known, meanOverSeeds, pointsOf, ROUNDING } from '../measures.ts'
import type { Outcomes } from '../perform.ts'
import { biasRule, deterministicSeries, klAxis, langevinSeries, STEP_AXIS } from '../panels.ts'
import { atMost, holds, near, type Study } from '../study.ts'

/** E_π[(ΔV − |∇V|²/ε)²]: twice the coefficient of t² of the noiseless KL started at π. */
function curvatureConstant(landscape: Landscape): number {
  const field = fieldOf(landscape)
  const pi = gibbsOf(landscape)
  const jet = new Float64Array(6)
  let sum = 0
  let mass = 0
  visitGibbs(field, pi, (x, y, m) => {
    readJet(field.grid, x, y, jet)
    const f = jet[Jet.vxx]! + jet[Jet.vyy]! - (jet[Jet.vx]! ** 2 + jet[Jet.vy]! ** 2) / pi.epsilon
    sum += m * f * f
    mass += m
  })
  return sum / mass
}

/**
 * KL of the deterministic map started at π, by quadrature over the starts instead of particles:
 * E_π[(V(x_k) − V(x₀))/ε − Σ log det(I − η∇²V(x_j))], for k = 0 … steps. The terms of first order cancel by an
 * integration by parts, which wants many midpoints a cell: second derivatives of the table jump at its edges.
 */
function quadratureKl(landscape: Landscape, eta: number, steps: number): number[] {
  const field = fieldOf(landscape)
  const { box, logDensity, epsilon } = gibbsOf(landscape)
  const jet = new Float64Array(6)
  const kl = new Array<number>(steps + 1).fill(0)
  const h = spacing(box)
  let mass = 0
  for (let cell = 0; cell < logDensity.length; cell++) {
    if (logDensity[cell]! < NEGLECTED) continue
    const left = nodeCoordinate(box, cell % box.cells)
    const bottom = nodeCoordinate(box, Math.floor(cell / box.cells))
    for (let place = 0; place < MIDPOINTS * MIDPOINTS; place++) {
      let x = left + (((place % MIDPOINTS) + 0.5) * h) / MIDPOINTS
      let y = bottom + ((Math.floor(place / MIDPOINTS) + 0.5) * h) / MIDPOINTS
      let start = 0
      let volume = 0
      let m = 0
      for (let k = 0; k <= steps; k++) {
        readJet(field.grid, x, y, jet)
        if (k === 0) {
          start = jet[Jet.v]!
          m = Math.exp(-start / epsilon)
          mass += m
        }
        kl[k] = kl[k]! + m * ((jet[Jet.v]! - start) / epsilon - volume)
        const a = 1 - eta * jet[Jet.vxx]!
        const d = 1 - eta * jet[Jet.vyy]!
        const b = eta * jet[Jet.vxy]!
        volume += Math.log(Math.abs(a * d - b * b))
        x -= eta * jet[Jet.vx]!
        y -= eta * jet[Jet.vy]!
      }
    }
  }
  return kl.map((sum) => sum / mass)
}

/** Cells with less of π than e to this, per unit of area, add nothing. */
const NEGLECTED = -25
/** Midpoints a side of a cell. */
const MIDPOINTS = 6
/** Step size of the quadrature that looks at t → 0. */
const SMALL = 1e-3
/** Steps over which particles and quadrature are compared. */
const COMPARED = 10

/** Largest |mean over seeds − quadrature| over its standard error. */
function largestDeviation(outcomes: Outcomes, exact: readonly number[]): number {
  const { points, error } = meanOverSeeds(outcomes, 'deterministic')
  return Math.max(
    ...points.map(([k, kl], i) =>
      k === 0 || k >= exact.length ? 0 : (2 * Math.abs(kl - exact[k]!)) / error[i]!,
    ),
  )
}

/** Both flows started at π itself. */
export const startAtGibbs: Study = {
  id: 'start-at-gibbs',
  question:
    'A Lyapunov function for π would have to stay at zero from π on. Start both flows exactly there: who stays?',
  jobs: (scene, { few }) => ({ main: { scene, seeds: few, laws: 'shared' } }),
  judge(of) {
    const outcomes = of('main')
    const { landscape } = outcomes
    const { langevin, deterministic, fromGibbs, constants, scene } = first(outcomes).result
    if (fromGibbs === null) throw new RangeError('The run did not start at π')
    const eta = known(scene.dynamics.stepSize)
    const constant = curvatureConstant(landscape)
    const parabola = (t: number) => 0.5 * t * t * constant
    const exact = quadratureKl(landscape, eta, COMPARED)
    const bias = known(constants.biasPrediction)
    const highest = Math.max(...langevin.klExact.map(known))
    const rises = exact.every((kl, k) => k === 0 || kl > exact[k - 1]!)
    const early = exact.slice(1, 4)
    const slices = fromGibbs.sliced.slice(0, COMPARED + 1).map(known)
    return {
      predictions: [
        near(
          `Noiseless KL is (t²/2) E_π[(ΔV − |∇V|²/ε)²] as t → 0: ratio at one step of η = ${SMALL}`,
          quadratureKl(landscape, SMALL, 1)[1]! / parabola(SMALL),
          1,
          0.01,
        ),
        holds(
          `It rises at each of the first ${COMPARED} steps, by quadrature over the starts`,
          early.map((kl) => number(kl)).join(', ') + ', …',
          'increasing',
          rises,
        ),
        atMost(
          `Particles against that quadrature over ${COMPARED} steps, mean of the seeds: largest deviation in standard errors`,
          largestDeviation(outcomes, exact),
          3,
        ),
        holds(
          `W₂ rises with it, by its lower bound at each of the first ${COMPARED} steps, lengths`,
          slices
            .slice(1, 4)
            .map((w) => number(w))
            .join(', ') + ', …',
          'increasing',
          slices.every((w, k) => k === 0 || w > slices[k - 1]!),
        ),
        near(
          'After one step that way is η (E_π|∇V|²)^½: ratio',
          known(fromGibbs.moved[1]) / (eta * Math.sqrt(known(deterministic.gradient[0]))),
          1,
          1e-6,
        ),
        atMost('Langevin: largest KL over the predicted bias b(η)', highest / bias, 1.25),
        atMost(
          'Langevin: KL of the continuous dynamics stays 0, nats',
          Math.max(...langevin.fokkerPlanck.map((kl) => Math.abs(known(kl)))),
          ROUNDING,
        ),
      ],
      figures: [
        {
          name: 'start-at-gibbs',
          alt: 'Started at the target, the noiseless KL rises like a parabola while Langevin stays at its bias',
          caption: `Both flows started at π, and the parabola (t²/2)·${number(constant, 4)}.`,
          panels: [
            {
              x: STEP_AXIS,
              y: klAxis([1e-4, 30]),
              series: [
                deterministicSeries(outcomes),
                {
                  name: 'parabola',
                  colour: 'red',
                  line: 'dashed',
                  points: pointsOf(langevin.step.map((k) => parabola(k * eta))).filter(
                    ([k]) => k > 0,
                  ),
                },
                ...langevinSeries(outcomes).filter(({ name }) => name !== 'continuous dynamics'),
              ],
              rules: biasRule(outcomes),
            },
          ],
        },
      ],
      remarks: [
        `The constant E_π[(ΔV − |∇V|²/ε)²] is ${number(constant, 4)} here; b(η) is ${number(bias, 2)} nats. E[V] still falls along the noiseless flow, but what it certifies is collapse onto the minima.`,
      ],
    }
  },
}
