import { describe, expect, it } from 'vitest'
import { cos, log, sin } from './elementary.ts'
import {
  boxMuller,
  gaussianPair,
  gaussianPairs,
  hash4,
  type Key,
  Purpose,
  Rng,
  unit,
} from './rng.ts'

// Computed by a separate transcription of the published hash in Python's unbounded integers.
const GOLDEN_A = [3009665320, 2084525603, 647082308, 607102308]
const GOLDEN_B = [1139146151, 1548246118, 2083117630, 721812633]

const key: Key = { seed: 7, purpose: Purpose.dynamics }

/** The published PCG4D, written independently with BigInt so that no 32-bit trick is shared. */
function pcg4d(v: readonly number[]): number[] {
  const mask = 0xffffffffn
  let [a, b, c, d] = v.map((x) => (BigInt(x) * 1664525n + 1013904223n) & mask) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ]
  const round = () => {
    a = (a + b * d) & mask
    b = (b + c * a) & mask
    c = (c + a * b) & mask
    d = (d + b * c) & mask
  }
  round()
  a ^= a >> 16n
  b ^= b >> 16n
  c ^= c >> 16n
  d ^= d >> 16n
  round()
  return [a, b, c, d].map(Number)
}

function words(k: Key, index: number, counter: number): number[] {
  const out = new Uint32Array(4)
  hash4(k, index, counter, out)
  return [...out]
}

/** Upper quantile of chi-square by Wilson–Hilferty. */
function chiSquareQuantile(degrees: number, z: number): number {
  const t = 1 - 2 / (9 * degrees) + z * Math.sqrt(2 / (9 * degrees))
  return degrees * t * t * t
}

describe('hash4', () => {
  it('is the published PCG4D on every word pattern tried', () => {
    const cases = [
      [0, 1, 0, 0],
      [7, 4, 0, 0],
      [4294967295, 12, 4294967295, 4294967295],
      [2147483648, 3, 65535, 65536],
      [123456789, 9, 987654321, 42],
    ]
    for (const [seed, purpose, index, counter] of cases) {
      expect(words({ seed: seed!, purpose: purpose as Purpose }, index!, counter!)).toEqual(
        pcg4d([seed!, purpose!, index!, counter!]),
      )
    }
  })

  it('keeps its golden words (a change would silently change every scene)', () => {
    expect(words(key, 0, 0)).toEqual(GOLDEN_A)
    expect(words({ seed: 1, purpose: Purpose.data }, 4095, 200)).toEqual(GOLDEN_B)
  })

  it('gives uniform words: chi-square over 256 bins of the three upper bytes of each lane, 1e-6 quantiles', () => {
    const n = 1 << 16
    const limit = chiSquareQuantile(255, 4.75)
    for (const shift of [24, 16, 8]) {
      const bins = [0, 1, 2, 3].map(() => new Float64Array(256))
      const out = new Uint32Array(4)
      for (let i = 0; i < n; i++) {
        hash4(key, i, 3, out)
        for (let lane = 0; lane < 4; lane++) bins[lane]![(out[lane]! >>> shift) & 255]! += 1
      }
      for (const bin of bins) {
        const chi = bin.reduce((sum, c) => sum + (c - n / 256) ** 2 / (n / 256), 0)
        expect(chi).toBeLessThan(limit)
        expect(chi).toBeGreaterThan(chiSquareQuantile(255, -4.75))
      }
    }
  })
})

describe('gaussianPair', () => {
  const n = 40000
  const draw = (k: Key, index: (i: number) => number, counter: (i: number) => number) => {
    const x = new Float64Array(n)
    const y = new Float64Array(n)
    const out = new Float64Array(4)
    for (let i = 0; i < n; i++) {
      gaussianPair(k, index(i), counter(i), out)
      x[i] = out[0]!
      y[i] = out[1]!
    }
    return { x, y }
  }
  const moment = (a: Float64Array, p: number) => a.reduce((s, v) => s + v ** p, 0) / a.length
  const correlation = (a: Float64Array, b: Float64Array) =>
    a.reduce((s, v, i) => s + v * b[i]!, 0) / a.length

  it('has the first four moments of a standard normal along index and along counter', () => {
    for (const { x, y } of [
      draw(
        key,
        (i) => i,
        () => 5,
      ),
      draw(
        key,
        () => 5,
        (i) => i,
      ),
    ]) {
      for (const a of [x, y]) {
        // Standard errors: 1, √2, √15, √96 over √n; 5 of them allowed.
        expect(Math.abs(moment(a, 1))).toBeLessThan(5 / Math.sqrt(n))
        expect(Math.abs(moment(a, 2) - 1)).toBeLessThan((5 * Math.SQRT2) / Math.sqrt(n))
        expect(Math.abs(moment(a, 3))).toBeLessThan((5 * Math.sqrt(15)) / Math.sqrt(n))
        expect(Math.abs(moment(a, 4) - 3)).toBeLessThan((5 * Math.sqrt(96)) / Math.sqrt(n))
      }
      expect(Math.abs(correlation(x, y))).toBeLessThan(5 / Math.sqrt(n))
    }
  })

  it('is uncorrelated across neighbours in index, counter, purpose and seed', () => {
    const base = draw(
      key,
      (i) => i,
      () => 5,
    )
    const others = [
      draw(
        key,
        (i) => i + 1,
        () => 5,
      ),
      draw(
        key,
        (i) => i,
        () => 6,
      ),
      draw(
        { ...key, purpose: Purpose.chains },
        (i) => i,
        () => 5,
      ),
      draw(
        { ...key, seed: 8 },
        (i) => i,
        () => 5,
      ),
    ]
    for (const other of others) {
      for (const a of [base.x, base.y]) {
        for (const b of [other.x, other.y]) {
          expect(Math.abs(correlation(a, b))).toBeLessThan(5 / Math.sqrt(n))
          const a2 = a.map((v) => v * v - 1)
          const b2 = b.map((v) => v * v - 1)
          expect(Math.abs(correlation(a2, b2))).toBeLessThan(10 / Math.sqrt(n))
        }
      }
    }
  })

  it('stays finite and its uniforms stay inside (0, 1) at the ends of the word range', () => {
    expect(unit(0)).toBeGreaterThan(0)
    expect(unit(4294967295)).toBeLessThan(1)
    expect(unit(-1)).toBe(unit(4294967295))
  })
})

describe('boxMuller', () => {
  const pair = new Float64Array(2)
  /** The definition, by the functions for any argument. */
  const plain = (word1: number, word2: number): readonly [number, number] => {
    const radius = Math.sqrt(-2 * log(unit(word1)))
    const angle = 6.283185307179586 * unit(word2)
    return [radius * cos(angle), radius * sin(angle)]
  }

  it('is its formula bit for bit, at every exponent, on both sides of √2 and of every quadrant', () => {
    const radii = [0, 1, 2, 3, 4294967295, 4294967294]
    for (let e = 2; e < 32; e++) {
      const low = 2 ** e
      // Where the high bits of the mantissa pass those of √2, and one word to each side.
      const joint = Math.floor((low * (0x100000 + 0x6a09c)) / 0x100000)
      radii.push(low, low - 1, low + 1, joint - 1, joint, joint + 1)
    }
    const angles = [0, 1, 4294967295]
    for (let eighth = 1; eighth < 8; eighth++) {
      angles.push(eighth * 536870912 - 1, eighth * 536870912, eighth * 536870912 + 1)
    }
    for (const word1 of radii) {
      for (const word2 of angles) {
        boxMuller(word1, word2, pair, 0)
        expect([...pair], `${word1}, ${word2}`).toEqual(plain(word1, word2))
        boxMuller(word1 | 0, word2 | 0, pair, 0)
        expect([...pair], `signed ${word1}, ${word2}`).toEqual(plain(word1, word2))
      }
    }
    let different = 0
    const out = new Uint32Array(4)
    for (let i = 0; i < 100000; i++) {
      hash4(key, i, 17, out)
      boxMuller(out[0]!, out[1]!, pair, 0)
      const [x, y] = plain(out[0]!, out[1]!)
      if (!Object.is(pair[0], x) || !Object.is(pair[1], y)) different++
    }
    expect(different).toBe(0)
  })
})

describe('gaussianPairs', () => {
  it('gives the bits of gaussianPair at every index, seed, purpose and counter, also beyond 2³¹', () => {
    const many = new Float64Array(2 * 600)
    const one = new Float64Array(4)
    for (const seed of [0, 7, 4294967295]) {
      for (const purpose of [Purpose.dynamics, Purpose.chains]) {
        for (const [first, counter] of [
          [0, 1],
          [12345, 999],
          [2147483600, 4294967295],
        ] as const) {
          gaussianPairs({ seed, purpose }, first, 600, counter, many)
          for (let i = 0; i < 600; i++) {
            gaussianPair({ seed, purpose }, first + i, counter, one)
            expect(many[2 * i]).toBe(one[0])
            expect(many[2 * i + 1]).toBe(one[1])
          }
        }
      }
    }
  })
})

describe('Rng', () => {
  it('reads the words of hash4 in order and repeats itself', () => {
    const a = new Rng(key, 3)
    const first = Array.from({ length: 8 }, () => a.word())
    expect(first).toEqual([...words(key, 3, 0), ...words(key, 3, 1)])
    const b = new Rng(key, 3)
    expect(Array.from({ length: 8 }, () => b.word())).toEqual(first)
  })

  it('separates substreams', () => {
    const a = new Rng(key, 0)
    const b = new Rng(key, 1)
    const shared = new Set(Array.from({ length: 1000 }, () => a.word()))
    const hits = Array.from({ length: 1000 }, () => b.word()).filter((w) => shared.has(w))
    expect(hits.length).toBeLessThanOrEqual(1)
  })

  it('draws normals with mean 0 and variance 1 and integers uniform on [0, n)', () => {
    const rng = new Rng(key, 9)
    const n = 40000
    let sum = 0
    let squares = 0
    for (let i = 0; i < n; i++) {
      const z = rng.normal()
      sum += z
      squares += z * z
    }
    expect(Math.abs(sum / n)).toBeLessThan(5 / Math.sqrt(n))
    expect(Math.abs(squares / n - 1)).toBeLessThan((5 * Math.SQRT2) / Math.sqrt(n))
    const counts = new Float64Array(7)
    for (let i = 0; i < n; i++) counts[rng.integer(7)]! += 1
    const chi = counts.reduce((s, c) => s + (c - n / 7) ** 2 / (n / 7), 0)
    expect(chi).toBeLessThan(chiSquareQuantile(6, 4.75))
  })
})
