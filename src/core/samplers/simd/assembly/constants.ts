/*
 * Every constant of the loops, in both lanes, in memory: a load takes one instruction, for which the
 * arithmetic does not wait. For a constant in the code the engine emits three.
 */

const FLOATS = memory.data<f64>(
  [
    // of logKernel, from the innermost out
    1.531383769920937332e-1, 1.531383769920937332e-1, 2.222219843214978396e-1,
    2.222219843214978396e-1, 3.999999999940941908e-1, 3.999999999940941908e-1,
    1.479819860511658591e-1, 1.479819860511658591e-1, 1.818357216161805012e-1,
    1.818357216161805012e-1, 2.857142874366239149e-1, 2.857142874366239149e-1,
    6.66666666666673513e-1, 6.66666666666673513e-1,
    // ln 2 in two parts
    6.9314718036912381649e-1, 6.9314718036912381649e-1, 1.90821492927058770002e-10,
    1.90821492927058770002e-10,
    // 2/π, and π/2 in three parts
    6.36619772367581382433e-1, 6.36619772367581382433e-1, 1.57079632673412561417,
    1.57079632673412561417, 6.0771005063039659766e-11, 6.0771005063039659766e-11,
    2.02226624879595063154e-21, 2.02226624879595063154e-21,
    // of sineKernel
    1.58969099521155010221e-10, 1.58969099521155010221e-10, -2.50507602534068634195e-8,
    -2.50507602534068634195e-8, 2.75573137070700676789e-6, 2.75573137070700676789e-6,
    -1.98412698298579493134e-4, -1.98412698298579493134e-4, 8.33333333332248946124e-3,
    8.33333333332248946124e-3, -1.66666666666666324348e-1, -1.66666666666666324348e-1,
    // of cosineKernel
    1.13596475577881948265e-11, 1.13596475577881948265e-11, 2.0875723212981748279e-9,
    2.0875723212981748279e-9, -2.75573143513906633035e-7, -2.75573143513906633035e-7,
    2.48015872894767294178e-5, 2.48015872894767294178e-5, -1.38888888888741095749e-3,
    -1.38888888888741095749e-3, 4.16666666666666019037e-2, 4.16666666666666019037e-2,
    // of Box–Muller: 2π, 2⁻³², and what leaves word + ½ of 2⁵² + word
    6.283185307179586, 6.283185307179586, 2.3283064365386962890625e-10,
    2.3283064365386962890625e-10, 4503599627370495.5, 4503599627370495.5,
    // 2⁵², to which a whole number is added to have it in the lowest bits; and with the bias of an exponent
    4503599627370496,
    4503599627370496, 4503599627371519, 4503599627371519,
    // plain numbers
    0.5, 0.5, 1, 1, 2, 2, 3, 3, 4, 4, 6, 6, 12, 12, -2, -2, -0.0, -0.0,
  ],
  16,
)

const WORDS = memory.data<i64>(
  [
    // Bits: of 2⁵² and 1, of the exponent and the sign; what carries a mantissa above √2 over
    0x4330000000000000,
    0x4330000000000000,
    0x3ff0000000000000,
    0x3ff0000000000000,
    0x7ff0000000000000,
    0x7ff0000000000000,
    i64.MIN_VALUE,
    i64.MIN_VALUE,
    0x95f6400000000,
    0x95f6400000000,
    1,
    1,
  ],
  16,
)

/** Byte offsets in FLOATS, in the order above. */
export const LOG1: usize = 0 << 4
export const LOG2: usize = 1 << 4
export const LOG3: usize = 2 << 4
export const LOG4: usize = 3 << 4
export const LOG5: usize = 4 << 4
export const LOG6: usize = 5 << 4
export const LOG7: usize = 6 << 4
export const LN2_HIGH: usize = 7 << 4
export const LN2_LOW: usize = 8 << 4
export const INVERSE_PI_2: usize = 9 << 4
export const PI_2_A: usize = 10 << 4
export const PI_2_B: usize = 11 << 4
export const PI_2_C: usize = 12 << 4
export const SIN1: usize = 13 << 4
export const SIN2: usize = 14 << 4
export const SIN3: usize = 15 << 4
export const SIN4: usize = 16 << 4
export const SIN5: usize = 17 << 4
export const SIN6: usize = 18 << 4
export const COS1: usize = 19 << 4
export const COS2: usize = 20 << 4
export const COS3: usize = 21 << 4
export const COS4: usize = 22 << 4
export const COS5: usize = 23 << 4
export const COS6: usize = 24 << 4
export const TWO_PI: usize = 25 << 4
export const INVERSE_2_32: usize = 26 << 4
export const BELOW_2_52: usize = 27 << 4
export const TWO_52: usize = 28 << 4
export const BIASED_2_52: usize = 29 << 4
export const HALF: usize = 30 << 4
export const ONE: usize = 31 << 4
export const TWO: usize = 32 << 4
export const THREE: usize = 33 << 4
export const FOUR: usize = 34 << 4
export const SIX: usize = 35 << 4
export const TWELVE: usize = 36 << 4
export const MINUS_TWO: usize = 37 << 4
export const MINUS_ZERO: usize = 38 << 4

/** Byte offsets in WORDS. */
export const BITS_OF_2_52: usize = 0 << 4
export const BITS_OF_1: usize = 1 << 4
export const EXPONENT: usize = 2 << 4
export const SIGN: usize = 3 << 4
export const CARRY: usize = 4 << 4
export const LOWEST: usize = 5 << 4

export function float(offset: usize): v128 {
  return v128.load(FLOATS + offset)
}

export function word(offset: usize): v128 {
  return v128.load(WORDS + offset)
}
