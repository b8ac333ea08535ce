import { cos, log, sin } from './elementary.ts'

/**
 * Counter-based randomness: PCG4D, a bijective hash of four 32-bit words to four 32-bit words.
 * A draw is a pure function of (seed, purpose, index, counter), so a particle's noise at a step is
 * the same on every platform and in any order of evaluation, and changing one consumer never
 * reshuffles another.
 *
 * Source: Jarzynski & Olano (2020), "Hash Functions for GPU Rendering", JCGT 9(3).
 */

/** What a stream of numbers is for. The values are part of a scene's reproducibility: never renumber. */
export const Purpose = {
  data: 1,
  split: 2,
  initial: 3,
  dynamics: 4,
  weights: 5,
  batches: 6,
  chains: 7,
  warmup: 8,
  nullFloor: 9,
  evaluation: 10,
  jitter: 11,
  probe: 12,
  jumps: 13,
} as const
export type Purpose = (typeof Purpose)[keyof typeof Purpose]

/** One named stream of randomness: a 32-bit unsigned seed and the purpose it serves. */
export interface Key {
  readonly seed: number
  readonly purpose: Purpose
}

const TWO_PI = 6.283185307179586
const INVERSE_2_32 = 1 / 4294967296

/**
 * Four hashed words for (seed, purpose, index, counter), written to `out` as unsigned 32-bit integers.
 * The lowest byte of a word is visibly uneven along consecutive indices (a property of PCG4D); consumers
 * take the high bits, as `unit` does.
 * @param out length ≥ 4; overwritten
 */
export function hash4(key: Key, index: number, counter: number, out: Uint32Array): void {
  let a = (Math.imul(key.seed, 1664525) + 1013904223) | 0
  let b = (Math.imul(key.purpose, 1664525) + 1013904223) | 0
  let c = (Math.imul(index, 1664525) + 1013904223) | 0
  let d = (Math.imul(counter, 1664525) + 1013904223) | 0
  a = (a + Math.imul(b, d)) | 0
  b = (b + Math.imul(c, a)) | 0
  c = (c + Math.imul(a, b)) | 0
  d = (d + Math.imul(b, c)) | 0
  a ^= a >>> 16
  b ^= b >>> 16
  c ^= c >>> 16
  d ^= d >>> 16
  a = (a + Math.imul(b, d)) | 0
  b = (b + Math.imul(c, a)) | 0
  c = (c + Math.imul(a, b)) | 0
  d = (d + Math.imul(b, c)) | 0
  out[0] = a
  out[1] = b
  out[2] = c
  out[3] = d
}

/** A uniform in the open interval (0, 1) from a 32-bit word: (word + ½)/2³². */
export function unit(word: number): number {
  return ((word >>> 0) + 0.5) * INVERSE_2_32
}

const words = new Uint32Array(4)

/**
 * Two independent standard normals by Box–Muller, √(−2 ln u₁)·(cos, sin)(2πu₂), from the first two
 * words of the hash; the other two words give two uniforms in (0, 1) for accept/reject decisions.
 * @param out length ≥ 4: [ξ₀, ξ₁, u₂, u₃]; overwritten
 */
export function gaussianPair(key: Key, index: number, counter: number, out: Float64Array): void {
  hash4(key, index, counter, words)
  const radius = Math.sqrt(-2 * log(unit(words[0]!)))
  const angle = TWO_PI * unit(words[1]!)
  out[0] = radius * cos(angle)
  out[1] = radius * sin(angle)
  out[2] = unit(words[2]!)
  out[3] = unit(words[3]!)
}

/** A sequential view of one stream, for consumers that draw a data-dependent number of values. */
export class Rng {
  readonly key: Key
  /** Which substream: streams with different indices are independent. */
  readonly index: number
  private counter = 0
  private readonly buffer = new Uint32Array(4)
  private used = 4
  private spare = Number.NaN

  constructor(key: Key, index = 0) {
    this.key = key
    this.index = index
  }

  /** The next 32-bit unsigned word. */
  word(): number {
    if (this.used === 4) {
      hash4(this.key, this.index, this.counter++, this.buffer)
      this.used = 0
    }
    return this.buffer[this.used++]!
  }

  /** A uniform in (0, 1). */
  uniform(): number {
    return unit(this.word())
  }

  /** A standard normal (Box–Muller, both values used). */
  normal(): number {
    if (this.spare === this.spare) {
      const value = this.spare
      this.spare = Number.NaN
      return value
    }
    const radius = Math.sqrt(-2 * log(this.uniform()))
    const angle = TWO_PI * this.uniform()
    this.spare = radius * sin(angle)
    return radius * cos(angle)
  }

  /** A uniform integer in [0, n), n ≤ 2³². Bias below n/2³². */
  integer(n: number): number {
    return Math.floor(this.uniform() * n)
  }
}
