import { gibbs, type Gibbs, visitGibbs } from '../../src/core/fields/gibbs.ts'
import type { EnergyField } from '../../src/core/fields/energyField.ts'
import type { Landscape } from '../../src/lab/protocol/calls.ts'
import { number, percent } from './numbers.ts'
import type { Outcome, Outcomes } from './perform.ts'
import { atMost, holds, type Prediction } from './study.ts'

/** What several studies measure of their runs. */

type Curve = readonly (number | null)[]

/** The run of the first seed. */
export function first({ runs }: Outcomes): Outcome {
  const [run] = runs
  if (run === undefined) throw new RangeError('No run')
  return run
}

/** A value that must be there; NaN, which meets no prediction, where it is not. */
export function known(value: number | null | undefined): number {
  return value ?? Number.NaN
}

/** Points of a curve for a figure, in steps; gaps where it was not evaluated. */
export function pointsOf(curve: Curve, every = 1): (readonly [number, number])[] {
  return curve.flatMap((value, k) => (k % every === 0 ? [[k, known(value)] as const] : []))
}

/** Mean over the seeds where all were evaluated, with twice its standard error. */
export function meanOverSeeds(
  { runs }: Outcomes,
  of: 'langevin' | 'deterministic',
): { readonly points: (readonly [number, number])[]; readonly error: number[] } {
  const points: (readonly [number, number])[] = []
  const error: number[] = []
  for (const k of first({ runs } as Outcomes).result[of].step) {
    const values = runs.map(({ result }) => result[of].kl[k] ?? null)
    if (values.includes(null)) continue
    const squares = runs.map(({ result }) => (result[of].klStandardError[k] ?? 0) ** 2)
    points.push([k, values.reduce<number>((sum, value) => sum + known(value), 0) / runs.length])
    error.push((2 * Math.sqrt(squares.reduce((a, b) => a + b, 0))) / runs.length)
  }
  return { points, error }
}

/** Largest |a − b| over the steps at which both are known; NaN where there is none. */
export function largestDifference(a: Curve, b: Curve): number {
  let largest = Number.NaN
  a.forEach((value, k) => {
    const other = b[k] ?? null
    if (value === null || other === null) return
    const d = Math.abs(value - other)
    if (!(d <= largest)) largest = d
  })
  return largest
}

/** Largest rise from one known entry to the next. */
function largestRise(curve: Curve): number {
  let before: number | null = null
  let rise = Number.NaN
  for (const value of curve) {
    if (value === null) continue
    if (before !== null && !(value - before <= rise)) rise = value - before
    before = value
  }
  return rise
}

/** The last entry that is known. */
export function last(curve: Curve): number {
  return known(curve.findLast((value) => value !== null))
}

/** Deviations of the particles' KL from the exact law, in standard errors, where the native kernel was used. */
function deviations(run: Outcome): number[] {
  const { kl, klExact, klStandardError, estimator } = run.result.langevin
  return kl.flatMap((value, k) => {
    const exact = klExact[k] ?? null
    const error = klStandardError[k] ?? null
    if (value === null || exact === null || error === null || estimator[k] !== 'native') return []
    return [(value - exact) / error]
  })
}

/** How many of all readings of `kl` lie within 3 of their standard errors of `klExact`, and how many there are. */
export function readingsWithin(outcomes: Outcomes): {
  readonly inside: number
  readonly all: number
  /** Of the run that has the fewest. */
  readonly fewest: number
} {
  const each = outcomes.runs.map(deviations)
  const all = each.flat()
  return {
    inside: all.filter((z) => Math.abs(z) <= 3).length,
    all: all.length,
    fewest: Math.min(...each.map((list) => list.length)),
  }
}

/** `kl` within 3 of its standard errors of `klExact` for at least 95 % of at least 20 entries a run. */
export function particlesFollow(outcomes: Outcomes): Prediction {
  const { inside, all, fewest } = readingsWithin(outcomes)
  const share = inside / all
  const { particles } = first(outcomes).result.scene.dynamics
  return holds(
    `KL of N = ${particles} particles lies within 3 of its standard errors of the exact law`,
    `${percent(share)} of ${all} readings, ${fewest} a run`,
    '≥ 95 %, ≥ 20 a run',
    share >= 0.95 && fewest >= 20,
  )
}

/** Rounding of a sum over all cells, nats. */
export const ROUNDING = 1e-12

/** Largest error bar of the continuous curve, nats; null: one grid only. */
function largestError({ result }: Outcome): number | null {
  return result.langevin.fokkerPlanckError.reduce(
    (most, error) => (error === null ? most : Math.max(most ?? 0, error)),
    null,
  )
}

/**
 * Largest rise in a step of the continuous curve as it is drawn, extrapolated from two grids, over its error bar; step 0 is a
 * quadrature of the initial law and not of the grid. Without extrapolation it is the curve of one grid: 0.
 */
export function riseOverError(outcome: Outcome): number {
  const error = largestError(outcome)
  if (error === null) return 0
  return Math.max(0, largestRise(outcome.result.langevin.fokkerPlanck.slice(1))) / error
}

/** Continuous Langevin: KL never rises, and falls as the dissipation identity says. */
export function lyapunov(outcomes: Outcomes): Prediction[] {
  const run = first(outcomes)
  const { dissipationError, fokkerPlanckRise } = run.continuous
  const error = largestError(run)
  return [
    atMost(
      'KL of the continuous dynamics never rises: largest change in a step on the cells themselves, nats',
      known(fokkerPlanckRise),
      ROUNDING,
    ),
    ...(error === null
      ? []
      : [
          atMost(
            `Extrapolated from two grids it rises in no step by more than its error bar, ${number(error, 2)} nats: largest rise over that`,
            riseOverError(run),
            1,
          ),
        ]),
    atMost(
      'KL′ = −εI: largest relative error over a step of the continuous dynamics',
      known(dissipationError),
      0.02,
    ),
  ]
}

/** Least-squares slope of a curve a step over its last quarter. */
function lateSlope(curve: Curve): number {
  const from = 0.75 * (curve.length - 1)
  const points = curve.flatMap((value, k) => (value !== null && k >= from ? [[k, value]] : []))
  const n = points.length
  const mx = points.reduce((sum, [k]) => sum + k!, 0) / n
  const my = points.reduce((sum, [, y]) => sum + y!, 0) / n
  const sxy = points.reduce((sum, [k, y]) => sum + (k! - mx) * (y! - my), 0)
  const sxx = points.reduce((sum, [k]) => sum + (k! - mx) ** 2, 0)
  return sxy / sxx
}

/** The late growth of the noiseless KL is that of the minima it falls into. */
export function collapses(name: string, outcomes: Outcomes): Prediction {
  const worst = outcomes.runs
    .map(({ result }) => {
      const slope = known(result.collapse?.slope)
      const measured = lateSlope(result.deterministic.kl)
      return { slope, measured, error: Math.abs(measured / slope - 1) }
    })
    .reduce((a, b) => (b.error <= a.error ? a : b))
  const { particles, steps } = first(outcomes).result.scene.dynamics
  return holds(
    `${name}: late growth of the noiseless KL a step is −Σ pᵢ log det(I − η∇²V(xᵢ*)) (N = ${particles}, ${steps} steps)`,
    `${number(worst.measured, 4)}, ${percent(worst.error, 2)} off`,
    `${number(worst.slope, 4)} ± 5 %`,
    worst.error <= 0.05,
  )
}

/** The energy of a run as the solvers see it. */
export function fieldOf({ halfWidth, cells, v, vx, vy, vxy, barriers }: Landscape): EnergyField {
  return { grid: { box: { halfWidth, cells }, v, vx, vy, vxy }, barriers }
}

export function gibbsOf(landscape: Landscape): Gibbs {
  return gibbs(fieldOf(landscape), landscape.epsilon)
}

/** E_π f. */
export function gibbsMean(landscape: Landscape, f: (x: number, y: number) => number): number {
  let sum = 0
  let mass = 0
  visitGibbs(fieldOf(landscape), gibbsOf(landscape), (x, y, m) => {
    sum += m * f(x, y)
    mass += m
  })
  return sum / mass
}

/** Mean of f over the particles, with its standard error. */
export function cloudMean(
  cloud: Float32Array,
  f: (x: number, y: number) => number,
): { readonly mean: number; readonly standardError: number } {
  const n = cloud.length / 2
  let sum = 0
  let squares = 0
  for (let i = 0; i < n; i++) {
    const value = f(cloud[2 * i]!, cloud[2 * i + 1]!)
    sum += value
    squares += value * value
  }
  const mean = sum / n
  return { mean, standardError: Math.sqrt((squares / n - mean * mean) / (n - 1)) }
}

/** The step at which a criterion stopped or stalled in a run; null where it did not. */
export function stopOf(run: Outcome, criterion: string): number | null {
  return run.result.stopping.find((report) => report.criterion === criterion)?.step ?? null
}

/** Times so many steps of another size are the same time. */
export function stepAt(time: number, run: Outcome): number {
  return Math.round(time / known(run.result.scene.dynamics.stepSize))
}

/** −(KL_{k+1} − KL_{k−1})/(2η); NaN at the ends. */
export function centralFall(curve: readonly (number | null)[], k: number, eta: number): number {
  return (known(curve[k - 1]) - known(curve[k + 1])) / (2 * eta)
}
