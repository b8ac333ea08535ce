import { cosineKernel, INVERSE_PI_2, logKernel, quarterTurn, sineKernel } from './elementary.ts'

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
  farField: 14,
  coupling: 15,
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

/** 2^(i − 32). */
const SCALES = new Float64Array(34)
for (let i = 0, p = INVERSE_2_32; i < 34; i++, p *= 2) SCALES[i] = p
/** cos and sin of q·π/2, q = 0 … 3. */
const QUARTER_COS = new Float64Array([1, 0, -1, 0])
const QUARTER_SIN = new Float64Array([0, 1, 0, -1])

/**
 * Two independent standard normals by Box–Muller, √(−2 ln u₁)·(cos, sin)(2πu₂) with uᵢ = unit(wordᵢ), of 32-bit words
 * (signed or not), to out[k], out[k + 1].
 *
 * The operations, and so the bits, are those of log, cos and sin in `elementary.ts`. But a word's exponent can be
 * counted and a quadrant looked up, so that the innermost loop of every sampler has no branch to guess wrongly.
 */
export function boxMuller(word1: number, word2: number, out: Float64Array, k: number): void {
  // word + ½ is 2^(31 − zeros) times a mantissa in [1, 2), of which one above √2 is halved, as in `log`.
  const zeros = Math.clz32(word1)
  const mantissa = (((word1 << zeros) | ((1 << zeros) >>> 1)) >>> 11) & 0xfffff
  const up = (mantissa + 0x95f64) >>> 20
  const near1 = ((word1 >>> 0) + 0.5) * SCALES[zeros + 1 - up]!
  const radius = Math.sqrt(-2 * logKernel(near1 - 1, up - 1 - zeros))
  const angle = TWO_PI * unit(word2)
  const q = (angle * INVERSE_PI_2 + 0.5) | 0
  const r = quarterTurn(angle, q)
  const s = sineKernel(r)
  const c = cosineKernel(r)
  const qc = QUARTER_COS[q & 3]!
  const qs = QUARTER_SIN[q & 3]!
  out[k] = radius * (c * qc - s * qs)
  out[k + 1] = radius * (s * qc + c * qs)
}

const words = new Uint32Array(4)

/**
 * Two independent standard normals by Box–Muller from the first two words of the hash; the other two words give two
 * uniforms in (0, 1) for accept/reject decisions.
 * @param out length ≥ 4: [ξ₀, ξ₁, u₂, u₃]; overwritten
 */
export function gaussianPair(key: Key, index: number, counter: number, out: Float64Array): void {
  hash4(key, index, counter, words)
  boxMuller(words[0]!, words[1]!, out, 0)
  out[2] = unit(words[2]!)
  out[3] = unit(words[3]!)
}

/**
 * The normals of `gaussianPair` for n consecutive indices, first … first + n − 1: the same bits, several times faster.
 * @param out length ≥ 2n: [ξ₀, ξ₁] of each index; overwritten
 */
export function gaussianPairs(
  key: Key,
  first: number,
  n: number,
  counter: number,
  out: Float64Array,
): void {
  // As `hash4`, with what depends on no index taken out of the loop.
  const b0 = (Math.imul(key.purpose, 1664525) + 1013904223) | 0
  const d0 = (Math.imul(counter, 1664525) + 1013904223) | 0
  const a0 = (Math.imul(key.seed, 1664525) + 1013904223 + Math.imul(b0, d0)) | 0
  for (let i = 0; i < n; i++) {
    let a = a0
    let c = (Math.imul(first + i, 1664525) + 1013904223) | 0
    let b = (b0 + Math.imul(c, a)) | 0
    c = (c + Math.imul(a, b)) | 0
    let d = (d0 + Math.imul(b, c)) | 0
    a ^= a >>> 16
    b ^= b >>> 16
    c ^= c >>> 16
    d ^= d >>> 16
    a = (a + Math.imul(b, d)) | 0
    b = (b + Math.imul(c, a)) | 0
    boxMuller(a, b, out, 2 * i)
  }
}

/** A sequential view of one stream, for consumers that draw a data-dependent number of values. */
export class Rng {
  readonly key: Key
  /** Which substream: streams with different indices are independent. */
  readonly index: number
  private counter = 0
  private readonly buffer = new Uint32Array(4)
  private used = 4
  private readonly pair = new Float64Array(2)
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
    const first = this.word()
    boxMuller(first, this.word(), this.pair, 0)
    this.spare = this.pair[1]!
    return this.pair[0]!
  }

  /** A uniform integer in [0, n), n ≤ 2³². Bias below n/2³². */
  integer(n: number): number {
    return Math.floor(this.uniform() * n)
  }
}
