import { log } from '../../maths/elementary.ts'
import { standardError } from '../../maths/statistics.ts'

/** The neighbour whose distance is taken. */
const NEAREST = 4
/** ψ(4) = 1 + 1/2 + 1/3 − γ. */
const PSI_NEAREST = 11 / 6 - 0.5772156649015329
const PI = 3.141592653589793
/** Standard error over that of independent terms: terms of neighbours share points and go together. */
const SHARED = 1.15

/** KL(ρ‖π) of draws of ρ with what it is made of, nats: kl = crossEntropy − entropy. */
export interface NearestKl {
  readonly kl: number
  readonly standardError: number
  /** −mean log π(x_i): the mean over the very points, no estimate. */
  readonly crossEntropy: number
  /** H(ρ) by the distances to the fourth neighbours; depends on the points alone. */
  readonly entropy: number
}

/**
 * The KL of a cloud of n independent draws in the plane whose law has no native kernel and is known by the draws alone:
 * kl = mean(−log π(x_i)) − Ĥ with Ĥ = ψ(n) − ψ(4) + log π + mean log r², r the distance to the fourth neighbour. Only Ĥ is
 * an estimate, and it does not look at π, so that it stays as it is where π alone changes. Its bias, which the standard
 * error does not hold, falls with n.
 * Costs n²/2 distances.
 * @param xy length 2n, n ≥ 5; null where points coincide so that a distance is 0
 * @param minusLogDensity −log π at the points, length n
 * Source: Kozachenko & Leonenko (1987), Problems of Information Transmission 23.
 */
export function nearestKl(
  xy: ArrayLike<number>,
  minusLogDensity: ArrayLike<number>,
): NearestKl | null {
  const n = xy.length / 2
  if (n <= NEAREST) throw new RangeError(`nearestKl: more than ${NEAREST} points are needed`)
  /** Of each point the least squares of distances so far, in order. */
  const least = new Float64Array(NEAREST * n).fill(Infinity)
  const offer = (i: number, square: number): void => {
    let at = NEAREST * i + NEAREST - 1
    if (square >= least[at]!) return
    for (; at > NEAREST * i && least[at - 1]! > square; at--) least[at] = least[at - 1]!
    least[at] = square
  }
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      const dx = xy[2 * i]! - xy[2 * j]!
      const dy = xy[2 * i + 1]! - xy[2 * j + 1]!
      const square = dx * dx + dy * dy
      offer(i, square)
      offer(j, square)
    }
  const terms = new Float64Array(n)
  let [energy, spread] = [0, 0]
  for (let i = 0; i < n; i++) {
    const logSquare = log(least[NEAREST * i + NEAREST - 1]!)
    energy += minusLogDensity[i]!
    spread += logSquare
    terms[i] = minusLogDensity[i]! - logSquare
  }
  const crossEntropy = energy / n
  const entropy = digamma(n) - PSI_NEAREST + log(PI) + spread / n
  const kl = crossEntropy - entropy
  if (!Number.isFinite(kl)) return null
  return { kl, standardError: SHARED * standardError(terms), crossEntropy, entropy }
}

/** ψ(n) of a whole n ≥ 5, to 1e-9. */
function digamma(n: number): number {
  const square = n * n
  return log(n) - 1 / (2 * n) - 1 / (12 * square) + 1 / (120 * square * square)
}
