import { cos, exp, log, sin } from './elementary.ts'
import { gaussLegendre } from './quadrature.ts'

/**
 * Error functions and log-domain sums, deterministic (built on `elementary.ts` alone).
 *
 * Source of the rational approximations of erf and erfc: fdlibm s_erf.c (Sun Microsystems, 1993).
 */

const TWO_OVER_SQRT_PI = 1.1283791670955126
const INVERSE_SQRT_PI = 0.5641895835477563
const LOG_INVERSE_SQRT_PI = -0.5723649429247001
/** erf(1), rounded to float32, the offset of the middle piece. */
const ERF_ONE = 8.45062911510467529297e-1

/** erf on |x| < 0.84375. */
function erfNearZero(x: number): number {
  const z = x * x
  const p =
    1.28379167095512558561e-1 +
    z *
      (-3.2504210724700149937e-1 +
        z *
          (-2.84817495755985104766e-2 +
            z * (-5.77027029648944159157e-3 + z * -2.37630166566501626084e-5)))
  const q =
    1 +
    z *
      (3.97917223959155352819e-1 +
        z *
          (6.50222499887672944485e-2 +
            z *
              (5.08130628187576562776e-3 +
                z * (1.32494738004321644526e-4 + z * -3.9602282787753681232e-6))))
  return x + x * (p / q)
}

/** erf(x) − ERF_ONE on 0.84375 ≤ x < 1.25. */
function erfNearOne(x: number): number {
  const s = x - 1
  const p =
    -2.36211856075265944077e-3 +
    s *
      (4.14856118683748331666e-1 +
        s *
          (-3.72207876035701323847e-1 +
            s *
              (3.18346619901161753674e-1 +
                s *
                  (-1.10894694282396677476e-1 +
                    s * (3.54783043256182359371e-2 + s * -2.166375594868790843e-3)))))
  const q =
    1 +
    s *
      (1.06420880400844228286e-1 +
        s *
          (5.40397917702171048937e-1 +
            s *
              (7.18286544141962662868e-2 +
                s *
                  (1.26171219808761642112e-1 +
                    s * (1.36370839120290507362e-2 + s * 1.1984499846799107417e-2)))))
  return p / q
}

/** log(x·e^{x²}·erfc(x)) + 0.5625 on 1.25 ≤ x ≤ 28. */
function erfcTail(x: number): number {
  const s = 1 / (x * x)
  if (x < 1 / 0.35) {
    const r =
      -9.86494403484714822705e-3 +
      s *
        (-6.93858572707181764372e-1 +
          s *
            (-1.05586262253232909814e1 +
              s *
                (-6.23753324503260060396e1 +
                  s *
                    (-1.62396669462573470355e2 +
                      s *
                        (-1.84605092906711035994e2 +
                          s * (-8.12874355063065934246e1 + s * -9.81432934416914548592))))))
    const q =
      1 +
      s *
        (1.96512716674392571292e1 +
          s *
            (1.376577541435190426e2 +
              s *
                (4.34565877475229228821e2 +
                  s *
                    (6.45387271733267880336e2 +
                      s *
                        (4.29008140027567833386e2 +
                          s *
                            (1.08635005541779435134e2 +
                              s * (6.57024977031928170135 + s * -6.04244152148580987438e-2)))))))
    return r / q
  }
  const r =
    -9.86494292470009928597e-3 +
    s *
      (-7.99283237680523006574e-1 +
        s *
          (-1.77579549177547519889e1 +
            s *
              (-1.60636384855821916062e2 +
                s *
                  (-6.37566443368389627722e2 +
                    s * (-1.02509513161107724954e3 + s * -4.83519191608651397019e2)))))
  const q =
    1 +
    s *
      (3.03380607434824582924e1 +
        s *
          (3.25792512996573918826e2 +
            s *
              (1.53672958608443695994e3 +
                s *
                  (3.19985821950859553908e3 +
                    s *
                      (2.55305040643316442583e3 +
                        s * (4.74528541206955367215e2 + s * -2.24409524465858183362e1))))))
  return r / q
}

const word = new Float64Array(1)
const halves = new Uint32Array(word.buffer)
word[0] = 1
const LOW = halves[1] === 0x3ff00000 ? 0 : 1

/** e^{−x²} for x ≥ 0 with the rounding error of x² carried along. */
function expMinusSquare(x: number, extra: number): number {
  word[0] = x
  halves[LOW] = 0
  const z = word[0]
  return exp(-z * z - 0.5625) * exp((z - x) * (z + x) + extra)
}

/** erf(x) = (2/√π) ∫₀ˣ e^{−t²} dt. Relative error below 4e-16. */
export function erf(x: number): number {
  const a = Math.abs(x)
  if (a < 0.84375) return erfNearZero(x)
  let y: number
  if (a < 1.25) y = ERF_ONE + erfNearOne(a)
  else if (a < 6) y = 1 - expMinusSquare(a, erfcTail(a)) / a
  else if (a >= 6) y = 1
  else return x
  return x < 0 ? -y : y
}

/** erfc(x) = 1 − erf(x), without cancellation. Relative error below 1e-15; 0 beyond x ≈ 27.2. */
export function erfc(x: number): number {
  if (x !== x) return x
  const a = Math.abs(x)
  if (a < 0.84375) return x < 0.25 ? 1 - erfNearZero(x) : 0.5 - (erfNearZero(x) - 0.5)
  if (a < 1.25) return x > 0 ? 1 - ERF_ONE - erfNearOne(a) : 1 + ERF_ONE + erfNearOne(a)
  if (x >= 28) return 0
  if (x <= -6) return 2
  const tail = expMinusSquare(a, erfcTail(a)) / a
  return x > 0 ? tail : 2 - tail
}

/**
 * The scaled complementary error function erfcx(x) = e^{x²}·erfc(x), for x ≥ 0; never underflows.
 * Beyond 28 the asymptotic series (1/(x√π))·(1 − 1/(2x²) + 3/(4x⁴) − 15/(8x⁶) + …), six terms.
 */
export function erfcx(x: number): number {
  if (x < 1.25) return exp(x * x) * erfc(x)
  if (x <= 28) return exp(erfcTail(x) - 0.5625) / x
  const s = 0.5 / (x * x)
  return (INVERSE_SQRT_PI / x) * (1 - s * (1 - 3 * s * (1 - 5 * s * (1 - 7 * s * (1 - 9 * s)))))
}

const NARROW = gaussLegendre(16)

/**
 * log(erf(b) − erf(a)) for a ≤ b, relative to the difference accurate to about 1e-14 in every regime:
 * no underflow however far the interval lies from 0, no cancellation however short it is.
 * −Infinity when a = b, NaN when a > b. Infinite ends are allowed.
 *
 * In the tail (0 ≤ a < b): −a² + log(erfcx(a) − e^{a² − b²}·erfcx(b)); on short intervals the
 * 16-point Gauss–Legendre rule on the integrand relative to its value at the midpoint.
 */
export function logErfDifference(a: number, b: number): number {
  if (!(a < b)) return a === b ? -Infinity : Number.NaN
  if (a < 0 && b > 0) return log(erf(b) + erf(-a))
  if (b <= 0) {
    const mirrored = -a
    a = -b
    b = mirrored
  }
  const half = 0.5 * (b - a)
  const middle = 0.5 * (a + b)
  if (half <= 0.5 && half * middle <= 1) {
    let sum = 0
    for (let k = 0; k < NARROW.nodes.length; k++) {
      const t = half * NARROW.nodes[k]!
      sum += NARROW.weights[k]! * exp(-t * (2 * middle + t))
    }
    return log(TWO_OVER_SQRT_PI * half * sum) - middle * middle
  }
  if (a > 1e8) return LOG_INVERSE_SQRT_PI - log(a) - a * a
  return log(erfcx(a) - exp(-(b - a) * (b + a)) * erfcx(b)) - a * a
}

/**
 * The upper quantile of the standard normal law: z with P(N > z) = α, 0 < α < 1, by bisection of erfc to the last bits.
 */
export function normalUpperQuantile(alpha: number): number {
  if (!(alpha > 0 && alpha < 1))
    throw new RangeError(`normalUpperQuantile: α must lie strictly between 0 and 1: ${alpha}`)
  let low = -38
  let high = 38
  for (;;) {
    const middle = 0.5 * (low + high)
    if (middle <= low || middle >= high) return middle
    if (0.5 * erfc(middle * Math.SQRT1_2) > alpha) low = middle
    else high = middle
  }
}

/**
 * The upper quantile of Student's law with an odd number ν of degrees of freedom: t with P(T > t) = α, 1e-13 < α < 1 − 1e-13. By
 * bisection for the θ with t = √ν tan θ of
 *
 *   P(T > t) = ½ − (θ + sin θ (cos θ + 2/3 cos³θ + … + (2·4⋯(ν − 3))/(3·5⋯(ν − 2)) cos^(ν−2) θ))/π,
 *
 * which rounding changes by 1e-15. Source: Abramowitz & Stegun (1964), 26.7.3.
 * @param freedom ν ≥ 3
 */
export function studentUpperQuantile(alpha: number, freedom: number): number {
  if (!(alpha > 1e-13 && alpha < 1 - 1e-13))
    throw new RangeError(`studentUpperQuantile: α must lie in (1e-13, 1 − 1e-13): ${alpha}`)
  if (!(freedom >= 3 && freedom % 2 === 1))
    throw new RangeError(`studentUpperQuantile: ν must be odd, 3 or more: ${freedom}`)
  let low = -0.5 * Math.PI
  let high = 0.5 * Math.PI
  for (;;) {
    const middle = 0.5 * (low + high)
    const c = cos(middle)
    const s = sin(middle)
    if (middle <= low || middle >= high) return (Math.sqrt(freedom) * s) / c
    let term = c
    let sum = c
    for (let i = 3; i <= freedom - 2; i += 2) {
      term *= ((i - 1) / i) * c * c
      sum += term
    }
    if (0.5 - (middle + s * sum) / Math.PI > alpha) low = middle
    else high = middle
  }
}

/** log Σᵢ e^{vᵢ} over the first `count` values. −Infinity when all are −Infinity or there are none. */
export function logSumExp(values: ArrayLike<number>, count = values.length): number {
  let top = -Infinity
  for (let i = 0; i < count; i++) {
    const v = values[i]!
    if (v !== v) return Number.NaN
    if (v > top) top = v
  }
  if (top === -Infinity || top === Infinity) return top
  let sum = 0
  for (let i = 0; i < count; i++) sum += exp(values[i]! - top)
  return top + log(sum)
}
