/*
 * The constants of the activations, in memory: loading one into all lanes takes one instruction. A constant in the
 * code takes the engine several instructions in every iteration of a loop.
 */

const CONSTANTS = memory.data<f32>(
  [
    // Adding and subtracting 1.5 × 2²³ rounds to a whole number, whose low bits then stand in the mantissa.
    12582912,
    // π in three parts of few digits: k times the first two is exact for |k| < 2¹³.
    0.31830988618379067, 3.140625, 9.67502593994140625e-4, 1.509957990978376432e-7,
    // sin r ≈ r + r³ S(r²) and cos r ≈ 1 + r² C(r²) on |r| ≤ π/2: minimax fits, errors 5e-9 and 3e-10.
    -0.1666665705859033,
    0.008333016355445673, -0.0001980654710824317, 0.0000025999032632897873, -0.49999999547320195,
    0.04166664062522417, -0.0013888402069306268, 0.00002476180815550171, -2.607566255818401e-7,
    // ln 2 in two parts: k times the first is exact for |k| < 2¹⁵.
    1.4426950408889634, 0.693359375, -2.12194440054690583e-4,
    // e^r ≈ 1 + r + r² E(r) on |r| ≤ ½ ln 2: minimax fit, error 3e-9.
    0.5000000095697548, 0.16666518304871072, 0.041666204153536626, 0.008368953619074913,
    0.0013950601211197072,
    // The exponential is clamped to [−40, 40]. In float32 1 + e^−40 is 1, and no product of the results is subnormal,
    // which would take a processor a hundred times as long.
    40,
    -40,
    // Plain numbers.
    1, 2, -2,
  ],
  16,
)

/** Places in CONSTANTS, in the order above. */
export const ROUNDER: usize = 0 << 2
export const INVERSE_PI: usize = 1 << 2
export const PI_A: usize = 2 << 2
export const PI_B: usize = 3 << 2
export const PI_C: usize = 4 << 2
export const S0: usize = 5 << 2
export const S1: usize = 6 << 2
export const S2: usize = 7 << 2
export const S3: usize = 8 << 2
export const C0: usize = 9 << 2
export const C1: usize = 10 << 2
export const C2: usize = 11 << 2
export const C3: usize = 12 << 2
export const C4: usize = 13 << 2
export const INVERSE_LN2: usize = 14 << 2
export const LN2_HIGH: usize = 15 << 2
export const LN2_LOW: usize = 16 << 2
export const E0: usize = 17 << 2
export const E1: usize = 18 << 2
export const E2: usize = 19 << 2
export const E3: usize = 20 << 2
export const E4: usize = 21 << 2
export const LARGEST: usize = 22 << 2
export const LEAST: usize = 23 << 2
export const ONE: usize = 24 << 2
export const TWO: usize = 25 << 2
export const MINUS_TWO: usize = 26 << 2

export function constant(place: usize): v128 {
  return v128.load_splat<f32>(CONSTANTS + place)
}
