import type { EnergyField } from '../../fields/energyField.ts'
import { centres, langevinStep, type Transition } from '../../fields/transition.ts'
import { log } from '../../maths/elementary.ts'
import { fold } from '../../maths/grid.ts'
import { PIECE } from '../../maths/pieces.ts'
import { gaussianPair, type Key, Purpose } from '../../maths/rng.ts'
import { percentile } from '../../maths/statistics.ts'

/** What pairs of chains that started L steps apart say of the distance between the law of a step and the chain's rest law. */
export interface Coupling {
  /** L, steps; 0: broken off. */
  readonly lag: number
  /** Number n of independent pairs. */
  readonly pairs: number
  /** Pairs that had not met when the budget was used up; with a single one nothing is claimed. */
  readonly unmet: number
  /** Null with pairs that have not met. */
  readonly curves: CouplingCurves | null
}

/** Indexed by step, 0 … steps; numbers in [0, 1]. */
interface CouplingCurves {
  /** Mean over the pairs of W_k = max(0, ⌈(τ − L − k)/L⌉), whose expectation bounds TV(ρ_k, rest law). */
  readonly bound: readonly number[]
  readonly standardError: readonly number[]
  /** Upper end of a one-sided interval of about 95 % for E W_k; falls with k, as TV does. See `limits`. */
  readonly upper: readonly number[]
}

interface CouplingOptions {
  /** Without barriers: they refuse moves, and what is refused is no Gaussian step. */
  readonly field: EnergyField
  readonly transition: Transition
  /** 4·(PILOT + PAIRS) numbers, [x, y] of X and of Y of each pair: independent draws of ρ₀. */
  readonly starts: Float64Array
  readonly seed: number
  /** Last step of the curves. */
  readonly steps: number
  /** An estimate of the spectral gap, > 0; it fixes how long X runs ahead and enters no number besides. */
  readonly gap: number
  /** Most steps of single particles, over all pairs; default BUDGET. */
  readonly budget?: number
}

/** Pairs of the pilot, and of the answer. */
export const PILOT = 64
export const PAIRS = 512
/** Some seconds of a processor. */
const BUDGET = 1e8
/** X runs ahead of Y by at least so many times 1/λ: of what the start lacks of the rest law, e^−3 is left in it. */
const AHEAD = 3
/** Share of the pilot's pairs that meet within L steps of Y, percent. */
const MEET = 95

/**
 * L-lag couplings: pairs of chains of one kernel, X started L steps before Y from a draw of its own, that meet exactly and then
 * stay together. With τ the first t at which X_t = Y_{t−L}, TV(ρ_k, rest law) ≤ E max(0, ⌈(τ − L − k)/L⌉) for every L ≥ 1.
 * Source: Biswas, Jacob & Vanetti (2019), Estimating Convergence of Markov chains with L-Lag Couplings, NeurIPS 32.
 *
 * The bound is the tighter the larger L is, and by L = the time that a pair needs to meet it has little left to gain; so L is
 * the 95th percentile of that time over a pilot. But L is at least 3/(λη), too. Where all of a start lies in one of two far
 * wells, pairs started with a small L meet in that well, all 512 of them, and only a pair in very many, with a very large τ,
 * tells that there is another. After 3/(λη) steps X is where the rest law is, and the pairs that have to cross are counted.
 * The gap is an estimate from a grid: it decides which L is tried, while the bound holds for any.
 *
 * Yields after pieces of a few milliseconds.
 * @throws RangeError with barriers, and where the starts are too few
 */
export function* couple(options: CouplingOptions): Generator<undefined, Coupling> {
  const { field, transition, starts, steps, gap, budget = BUDGET } = options
  if (field.barriers.length > 0) throw new RangeError('Moves that barriers refuse are not coupled')
  if (starts.length < 4 * (PILOT + PAIRS)) {
    throw new RangeError(`${starts.length} numbers for ${PILOT + PAIRS} pairs of starts`)
  }
  const least = Math.max(1, Math.ceil(AHEAD / (gap * transition.stepSize)))
  const unknown = (lag: number, unmet: number): Coupling => ({
    lag,
    pairs: PAIRS,
    unmet,
    curves: null,
  })
  if (least * (PILOT + PAIRS) > budget) return unknown(least, PAIRS)
  const pilot = yield* meet(options, least, 0, PILOT, budget)
  if (pilot.unmet > 0) return unknown(least, PAIRS)
  const lag = Math.max(least, Math.ceil(percentile(pilot.times, MEET)))
  const { times, unmet } = yield* meet(options, lag, PILOT, PAIRS, budget - pilot.spent)
  return unmet > 0
    ? unknown(lag, unmet)
    : { lag, pairs: PAIRS, unmet, curves: limits(times, lag, steps) }
}

/** Pairs of chains; those that are still apart stand first in all arrays. */
export interface Pairs {
  /** Positions of X and of Y, [x0, y0, …] inside Ω. */
  readonly x: Float64Array
  readonly y: Float64Array
  /** Their numbers in the stream of noise. */
  readonly numbers: Int32Array
  /** How many are apart. */
  apart: number
}

/** No logarithm of a uniform of 32 bits is below this. */
const LEAST_LOG = -23
const noise = new Float64Array(4)

/**
 * One step of the pairs that are apart, by the reflection-maximal coupling of N(T(x), C) and N(T(y), C), C = LLᵀ: with
 * z = L⁻¹(T(x) − T(y)) and ξ, u of the pair X goes to T(x) + Lξ, and Y to the same place where log u ≤ −ξ·z − |z|²/2, else to
 * T(y) + L(ξ − 2(ξ·z)z/|z|²). Both are folded as particles are, and X goes where `langevinStep` would take it, bit for bit.
 * Source: Bou-Rabee, Eberle & Zimmer (2020), Ann. Appl. Probab. 30(3).
 * @param centresX, centresY as long as `pairs.x`; overwritten
 * @param met called with the number of each pair that meets in this step; it is left out of `pairs` from now on
 */
export function coupledStep(
  field: EnergyField,
  transition: Transition,
  pairs: Pairs,
  [centresX, centresY]: readonly [Float64Array, Float64Array],
  key: Key,
  step: number,
  met: (number: number) => void,
): void {
  const { x, y, numbers, apart } = pairs
  const w = field.grid.box.halfWidth
  const [l11, l21, l22] = transition.root
  centres(field, transition, x.subarray(0, 2 * apart), centresX)
  centres(field, transition, y.subarray(0, 2 * apart), centresY)
  let left = 0
  for (let i = 0; i < apart; i++) {
    const number = numbers[i]!
    gaussianPair(key, number, step, noise)
    const a = noise[0]!
    const b = noise[1]!
    const xx = centresX[2 * i]!
    const xy = centresX[2 * i + 1]!
    const yx = centresY[2 * i]!
    const yy = centresY[2 * i + 1]!
    const zx = (xx - yx) / l11
    const zy = (xy - yy - l21 * zx) / l22
    const square = zx * zx + zy * zy
    const along = a * zx + b * zy
    const ratio = -along - 0.5 * square
    if (ratio > LEAST_LOG && log(noise[2]!) <= ratio) {
      met(number)
      continue
    }
    const turn = (2 * along) / square
    const ya = a - turn * zx
    const yb = b - turn * zy
    x[2 * left] = fold(xx + l11 * a, w)
    x[2 * left + 1] = fold(xy + l21 * a + l22 * b, w)
    y[2 * left] = fold(yx + l11 * ya, w)
    y[2 * left + 1] = fold(yy + l21 * ya + l22 * yb, w)
    numbers[left++] = number
  }
  pairs.apart = left
}

/**
 * Moves pairs until they have met, or the budget is used up.
 * @param first number of the first pair
 * @returns τ − L of each pair, Infinity where it has not met; spent: steps of single particles
 */
function* meet(
  { field, transition, starts, seed }: CouplingOptions,
  lag: number,
  first: number,
  count: number,
  budget: number,
): Generator<
  undefined,
  { readonly times: Float64Array; readonly unmet: number; readonly spent: number }
> {
  const key = { seed, purpose: Purpose.coupling }
  const side = (from: number) => {
    const at = (i: number) => starts[4 * first + 4 * (i >> 1) + from + (i & 1)]!
    return Float64Array.from({ length: 2 * count }, (_, i) => at(i))
  }
  const pairs: Pairs = {
    x: side(0),
    y: side(2),
    numbers: Int32Array.from({ length: count }, (_, i) => first + i),
    apart: count,
  }
  const goals = [new Float64Array(2 * count), new Float64Array(2 * count)] as const
  let spent = 0
  let yielded = 0
  for (let t = 1; t <= lag && spent < budget; t++) {
    langevinStep(field, transition, pairs.x, goals[0], key, t, first)
    spent += count
    if (spent - yielded < PIECE) continue
    yielded = spent
    yield
  }
  const times = new Float64Array(count).fill(Infinity)
  for (let t = 1; pairs.apart > 0 && spent < budget; t++) {
    spent += 2 * pairs.apart
    coupledStep(field, transition, pairs, goals, key, lag + t, (number) => {
      times[number - first] = t
    })
    if (spent - yielded < PIECE) continue
    yielded = spent
    yield
  }
  return { times, unmet: pairs.apart, spent }
}

/** So many pairs show how W varies among those that are apart; fewer, by chance, much more or less. */
const FEW = 8

/**
 * The mean of W_k = max(0, ⌈(s − k)/L⌉), s = τ − L, over n pairs at each step, and how large its expectation may be.
 *
 * W_k is 0 for most pairs at most steps, so that a variance from the pairs fails where it matters: without a pair left it is
 * 0. The variance of a sum of rare counts is at most h times its expectation, h = E W²/E W. Solving nμ − S ≤ z√(hnμ) for μ
 * with z = √3 gives U_k = (S + 3h/2 + √(3hS + 9h²/4))/n: the rule of three where S = 0, the exact Poisson limits of 95 % or up
 * to 2 % more for small sums at h = 1, and S/n + 1.73 SE or more where S is large. h is the largest ΣW²/ΣW of any step at
 * which FEW pairs are apart. That the tail of τ, of which the last pairs show nothing, is no heavier than that is the
 * assumption that makes U an estimate: of geometric times at most one draw in twenty gives too low a U, of times among which a few
 * are much longer than L more.
 *
 * The first k at which U_k is small is read from all k at once, and still errs as rarely as a single U_k: for every pair W_k
 * falls with k, hence U_k, a rising function of S, does, and so does TV. U is below a tolerance before E W is
 * only if it is so at the last such k, which is one fixed step.
 * @param times s of each pair, finite
 */
export function limits(times: ArrayLike<number>, lag: number, steps: number): CouplingCurves {
  const n = times.length
  let last = 0
  for (let i = 0; i < n; i++) last = Math.max(last, times[i]!)
  // ΣW at k and ΣW²: W_k = W_{k+L} + 1 for a pair that is apart at k. Of these there are as many as have s > k.
  const apart = new Float64Array(last + 1)
  for (let i = 0; i < n; i++) apart[times[i]! - 1]! += 1
  const sum = new Float64Array(last + 1)
  const squares = new Float64Array(last + 1)
  let h = 1
  for (let k = last - 1; k >= 0; k--) {
    apart[k]! += apart[k + 1]!
    const later = sum[k + lag] ?? 0
    sum[k] = later + apart[k]!
    squares[k] = (squares[k + lag] ?? 0) + 2 * later + apart[k]!
    if (apart[k]! >= Math.min(FEW, n)) h = Math.max(h, squares[k]! / sum[k]!)
  }
  const bound: number[] = []
  const standardError: number[] = []
  const upper: number[] = []
  for (let k = 0; k <= steps; k++) {
    const s = sum[k] ?? 0
    const mean = s / n
    bound.push(Math.min(1, mean))
    standardError.push(Math.sqrt(Math.max(0, (squares[k] ?? 0) / n - mean * mean) / (n - 1)))
    upper.push(Math.min(1, (s + 1.5 * h + Math.sqrt(3 * h * s + 2.25 * h * h)) / n))
  }
  return { bound, standardError, upper }
}
