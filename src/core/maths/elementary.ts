/**
 * Elementary functions in one fixed order of IEEE additions, multiplications and divisions.
 *
 * ECMAScript leaves the last digits of Math.exp, log, sin and cos to the engine, and engines differ;
 * a curve that must agree digit for digit between Node and a browser cannot use them. These use only
 * operations that IEEE 754 rounds exactly, so they give the same bits everywhere. Errors are below
 * 2 ulp in the stated ranges. The linter forbids the Math versions in core, learning and lab/engine.
 *
 * Source of the approximations: the fdlibm kernels (Sun Microsystems, 1993).
 */

const LN2_HIGH = 6.9314718036912381649e-1
const LN2_LOW = 1.90821492927058770002e-10
const INVERSE_LN2 = 1.442695040888963387

const bits = new Float64Array(1)
const halves = new Uint32Array(bits.buffer)
bits[0] = 1
const HIGH = halves[1] === 0x3ff00000 ? 1 : 0

/** 2^k for −1074 ≤ k ≤ 1023. */
const POWERS = new Float64Array(2098)
{
  let p = 1
  for (let k = 0; k <= 1023; k++, p *= 2) POWERS[1074 + k] = p
  p = 0.5
  for (let k = -1; k >= -1074; k--, p /= 2) POWERS[1074 + k] = p
}

/** e^x. Overflows to Infinity above 709.78, underflows to 0 below −745.13. */
export function exp(x: number): number {
  if (x !== x) return x
  if (x > 709.782712893384) return Infinity
  if (x < -745.1332191019412) return 0
  const k = Math.floor(x * INVERSE_LN2 + 0.5)
  const high = x - k * LN2_HIGH
  const low = k * LN2_LOW
  const r = high - low
  const t = r * r
  const c =
    r -
    t *
      (1.66666666666666019037e-1 +
        t *
          (-2.77777777770155933842e-3 +
            t *
              (6.61375632143793436117e-5 +
                t * (-1.6533902205465251539e-6 + t * 4.13813679705723846039e-8))))
  const y = 1 - (low - (r * c) / (2 - c) - high)
  if (k >= -1021 && k <= 1023) return y * POWERS[1074 + k]!
  if (k > 1023) return y * 2 * POWERS[1074 + 1023]!
  return y * POWERS[1074 + k + 54]! * POWERS[1074 - 54]!
}

/** Natural logarithm. log(0) = −Infinity, log of a negative number is NaN. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN
  if (x === Infinity) return x
  let scaled = 0
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984
    scaled = -54
  }
  bits[0] = x
  const high = halves[HIGH]!
  const k = (high >>> 20) - 1023
  // By a multiplication and not by a new exponent: half of a number stored cannot be read back whole at once.
  const up = ((high & 0xfffff) + 0x95f64) >>> 20
  return logKernel(x * POWERS[1074 - k - up]! - 1, k + up + scaled)
}

/** log(2^k·(1 + f)) for 1 + f in [√½, √2]. */
export function logKernel(f: number, k: number): number {
  const s = f / (2 + f)
  const z = s * s
  const w = z * z
  const t1 =
    w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1))
  const t2 =
    z *
    (6.66666666666673513e-1 +
      w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)))
  const r = t1 + t2
  const half = 0.5 * f * f
  return k * LN2_HIGH - (half - (s * (half + r) + k * LN2_LOW) - f)
}

const PI_2_A = 1.57079632673412561417
const PI_2_B = 6.0771005063039659766e-11
const PI_2_C = 2.02226624879595063154e-21
/** 2/π. */
export const INVERSE_PI_2 = 6.36619772367581382433e-1

/** x − k·π/2, |k| ≤ 10⁵, to the last bit of what a sine needs. */
export function quarterTurn(x: number, k: number): number {
  return x - k * PI_2_A - k * PI_2_B - k * PI_2_C
}

/** sin x for |x| ≤ π/4. */
export function sineKernel(x: number): number {
  const z = x * x
  return (
    x +
    x *
      z *
      (-1.66666666666666324348e-1 +
        z *
          (8.33333333332248946124e-3 +
            z *
              (-1.98412698298579493134e-4 +
                z *
                  (2.75573137070700676789e-6 +
                    z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)))))
  )
}

/** cos x for |x| ≤ π/4. */
export function cosineKernel(x: number): number {
  const z = x * x
  return (
    1 -
    (0.5 * z -
      z *
        z *
        (4.16666666666666019037e-2 +
          z *
            (-1.38888888888741095749e-3 +
              z *
                (2.48015872894767294178e-5 +
                  z *
                    (-2.75573143513906633035e-7 +
                      z * (2.0875723212981748279e-9 - z * 1.13596475577881948265e-11))))))
  )
}

function quadrant(x: number, shift: number): number {
  const k = Math.floor(x * INVERSE_PI_2 + 0.5)
  const r = quarterTurn(x, k)
  switch ((k + shift) & 3) {
    case 0:
      return sineKernel(r)
    case 1:
      return cosineKernel(r)
    case 2:
      return -sineKernel(r)
    default:
      return -cosineKernel(r)
  }
}

/** Sine of x in radians, |x| ≤ 10⁵ (absolute error below 1e-15 there). */
export function sin(x: number): number {
  return quadrant(x, 0)
}

/** Cosine of x in radians, |x| ≤ 10⁵ (absolute error below 1e-15 there). */
export function cos(x: number): number {
  return quadrant(x, 1)
}
