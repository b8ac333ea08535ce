import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Purpose, Rng } from '../maths/rng.ts'
import { mean, variance } from '../maths/statistics.ts'
import { gaussianMixture, roundComponent } from './densities/gaussianMixture.ts'
import {
  crossEntropyOf,
  kernelDensity,
  PointsError,
  preparePoints,
  toRaw,
  toWorld,
} from './points.ts'

const options = { seed: 1, halfWidth: 4 }
const column = (xy: Float64Array, offset: number) => xy.filter((_, i) => i % 2 === offset)
const normals = (n: number, index: number) => {
  const rng = new Rng({ seed: 31, purpose: Purpose.probe }, index)
  return Float64Array.from({ length: 2 * n }, () => rng.normal())
}

function geyser(): Float64Array {
  const [header, ...lines] = readFileSync('public/data/old-faithful.csv', 'utf8').trim().split('\n')
  expect(header).toBe('eruption_minutes,waiting_minutes')
  return Float64Array.from(lines.flatMap((line) => line.split(',').map(Number)))
}

describe('the built-in data', () => {
  it('is the geyser: 272 rows with the published means and ranges, in minutes', () => {
    const raw = geyser()
    expect(raw.length / 2).toBe(272)
    // R's data set `faithful`: means 3.487783 and 70.89706, ranges 1.6–5.1 and 43–96 minutes.
    expect(mean(column(raw, 0))).toBeCloseTo(3.487783, 6)
    expect(mean(column(raw, 1))).toBeCloseTo(70.89706, 5)
    expect([Math.min(...column(raw, 0)), Math.max(...column(raw, 0))]).toEqual([1.6, 5.1])
    expect([Math.min(...column(raw, 1)), Math.max(...column(raw, 1))]).toEqual([43, 96])
  })
  it('has more structure than a Gaussian: the kernel estimate beats the baseline on the test part', () => {
    for (const seed of [1, 2, 3]) {
      const points = preparePoints(geyser(), { seed, halfWidth: 4 })
      expect(points.transform.extraScale).toBe(1)
      const kernel = crossEntropyOf(points.smoothed, points.test)
      const { crossEntropy } = points.gaussianBaseline
      expect(kernel.value + points.unitsOffset).toBeLessThan(crossEntropy.value - 0.1)
      // A correlation of 0.9 in standardised units: log 2πe + ½ log(1 − 0.81) = 2.01 nats.
      expect(Math.abs(crossEntropy.value - 2.01)).toBeLessThan(4 * crossEntropy.standardError + 0.1)
    }
  })
})

describe('preparePoints', () => {
  it('splits every row into 60/20/20, once, by the seed alone', () => {
    const raw = geyser()
    const points = preparePoints(raw, options)
    // 27 times ten rows, and two more wherever their ten would put them.
    const sizes = [points.train, points.validation, points.test].map((p) => p.length / 2)
    expect(sizes.reduce((sum, n) => sum + n, 0)).toBe(272)
    sizes.forEach((n, part) => {
      const least = [162, 54, 54][part]!
      expect(n).toBeGreaterThanOrEqual(least)
      expect(n).toBeLessThanOrEqual(least + 2)
    })
    const key = (x: number, y: number) => `${x.toFixed(6)},${y.toFixed(6)}`
    const back: string[] = []
    for (const part of [points.train, points.validation, points.test]) {
      for (let i = 0; i < part.length; i += 2) {
        back.push(key(...toRaw(points.transform, part[i]!, part[i + 1]!)))
      }
    }
    const all: string[] = []
    for (let i = 0; i < raw.length; i += 2) all.push(key(raw[i]!, raw[i + 1]!))
    expect(back.sort()).toEqual(all.sort())
    expect(preparePoints(raw, options).train).toEqual(points.train)
    expect(preparePoints(raw, { ...options, seed: 2 }).train).not.toEqual(points.train)
  })
  it('moves no row to another part when rows are added, or taken off the end again', () => {
    const raw = normals(347, 8)
    const partOf = (points: ReturnType<typeof preparePoints>): Map<string, number> => {
      const parts = new Map<string, number>()
      ;[points.train, points.validation, points.test].forEach((part, k) => {
        for (let i = 0; i < part.length; i += 2) {
          const [x, y] = toRaw(points.transform, part[i]!, part[i + 1]!)
          parts.set(`${x.toFixed(9)},${y.toFixed(9)}`, k)
        }
      })
      return parts
    }
    const whole = partOf(preparePoints(raw, options))
    for (const count of [10, 11, 64, 155, 340]) {
      for (const [row, part] of partOf(preparePoints(raw.slice(0, 2 * count), options)))
        expect(whole.get(row)).toBe(part)
    }
  })
  it('deals evenly wherever one looks, whatever the seed', () => {
    for (const seed of [1, 2, 3]) {
      const firsts = new Set<number>()
      for (const from of [0, 1000, 5000]) {
        const { train, validation, test } = preparePoints(normals(1000, from + seed), {
          ...options,
          seed,
        })
        expect([train, validation, test].map((part) => part.length / 2)).toEqual([600, 200, 200])
        firsts.add(train[0]!)
      }
      expect(firsts.size).toBe(3)
    }
  })
  it('takes a bandwidth that is known, and finds nearly the same one with less effort', () => {
    const raw = normals(2500, 9)
    const full = preparePoints(raw, options)
    const known = preparePoints(raw, { ...options, bandwidth: 0.3 })
    expect(known.bandwidth * known.transform.extraScale).toBeCloseTo(0.3, 12)
    const quick = preparePoints(raw, { ...options, effort: { train: 300, validation: 120 } })
    expect(Math.abs(Math.log(quick.bandwidth / full.bandwidth))).toBeLessThan(Math.LN2)
  })
  it('standardises by the training rows', () => {
    const { train, transform } = preparePoints(geyser(), options)
    for (const offset of [0, 1]) {
      expect(Math.abs(mean(column(train, offset)))).toBeLessThan(1e-12)
      expect(variance(column(train, offset))).toBeCloseTo(1, 12)
    }
    const [x, y] = toWorld(transform, 3.5, 71)
    const [a, b] = toRaw(transform, x, y)
    expect(a).toBeCloseTo(3.5, 12)
    expect(b).toBeCloseTo(71, 12)
  })
  it('gives the same world whatever the units of the file', () => {
    const raw = normals(300, 1)
    const other = raw.map((v, i) => (i % 2 === 0 ? 1000 * v - 5e4 : v / 64 + 3))
    const a = preparePoints(raw, options)
    const b = preparePoints(other, options)
    a.train.forEach((v, i) => expect(Math.abs(v - b.train[i]!)).toBeLessThan(1e-9))
    expect(b.bandwidth).toBeCloseTo(a.bandwidth, 12)
    expect(b.gaussianBaseline.crossEntropy.value).toBeCloseTo(
      a.gaussianBaseline.crossEntropy.value,
      9,
    )
  })
  it('scales far rows in by one common factor, which the units of the cross-entropy do not feel', () => {
    const raw = normals(400, 2)
    raw[0] = 9
    const wide = preparePoints(raw, options)
    const narrow = preparePoints(raw, { ...options, halfWidth: 2 })
    const reach = (p: typeof wide) =>
      Math.max(...[p.train, p.validation, p.test].flatMap((part) => [...part.map(Math.abs)]))
    expect(wide.transform.extraScale).toBeGreaterThan(2)
    expect(reach(wide)).toBeCloseTo(3, 12)
    expect(reach(narrow)).toBeCloseTo(1.5, 12)
    expect(narrow.transform.extraScale).toBeCloseTo(2 * wide.transform.extraScale, 12)
    expect(narrow.gaussianBaseline.crossEntropy.value).toBeCloseTo(
      wide.gaussianBaseline.crossEntropy.value,
      12,
    )
    const inUnits = (p: typeof wide) => crossEntropyOf(p.smoothed, p.test).value + p.unitsOffset
    expect(inUnits(narrow)).toBeCloseTo(inUnits(wide), 10)
    expect(narrow.bandwidth).toBeCloseTo(wide.bandwidth / 2, 12)
  })
  it('scores the Gaussian on Gaussian data at its entropy, log 2πe', () => {
    const { gaussianBaseline } = preparePoints(normals(4000, 3), options)
    const { value, standardError } = gaussianBaseline.crossEntropy
    expect(Math.abs(value - Math.log(2 * Math.PI * Math.E))).toBeLessThan(4 * standardError)
    // sd of ½χ²₂ is 1 nat.
    expect(standardError * Math.sqrt(800)).toBeCloseTo(1, 0)
  })
  it.each([200, 1000, 20000])('chooses a bandwidth near the known best one for %d rows', (n) => {
    const { bandwidth, train } = preparePoints(normals(n, 4), options)
    // Silverman's normal reference in two dimensions: n^(−1/6).
    const reference = (train.length / 2) ** (-1 / 6)
    expect(bandwidth / reference).toBeGreaterThan(0.55)
    expect(bandwidth / reference).toBeLessThan(1.6)
  })
  it('draws from the smoothed data', () => {
    const { distribution, smoothed, train, bandwidth } = preparePoints(geyser(), options)
    expect(distribution.density).toBeNull()
    const xy = distribution.sample(new Rng({ seed: 2, purpose: Purpose.data }), 20000)
    for (const offset of [0, 1]) {
      const values = column(train, offset)
      const biased = (variance(values) * (values.length - 1)) / values.length
      expect(Math.abs(mean(column(xy, offset)) - mean(values))).toBeLessThan(0.03)
      expect(Math.abs(variance(column(xy, offset)) - biased - bandwidth ** 2)).toBeLessThan(0.03)
    }
    // The entropy of the drawn law, by its own samples and by quadrature.
    const { value, standardError } = crossEntropyOf(smoothed, xy)
    let entropy = 0
    let mass = 0
    const h = 0.05
    for (let x = -5 + h / 2; x < 5; x += h) {
      for (let y = -5 + h / 2; y < 5; y += h) {
        const l = smoothed.logDensity(x, y)
        mass += Math.exp(l) * h * h
        entropy -= l * Math.exp(l) * h * h
      }
    }
    expect(Math.abs(mass - 1)).toBeLessThan(1e-6)
    expect(Math.abs(value - entropy)).toBeLessThan(4 * standardError)
  })
  it('refuses what cannot be a target, naming the field and what is allowed', () => {
    const raw = normals(50, 5)
    const changed = (change: (xy: Float64Array) => void) => {
      const copy = raw.slice()
      change(copy)
      return () => preparePoints(copy, options)
    }
    expect(() => preparePoints(normals(9, 6), options)).toThrow(PointsError)
    expect(() => preparePoints(normals(9, 6), options)).toThrow(/at least 10 rows, found 9/)
    expect(() => preparePoints(raw.slice(0, 21), options)).toThrow(/two numbers/)
    expect(changed((xy) => (xy[7] = Number.NaN))).toThrow(/points\[3\].*finite/)
    expect(changed((xy) => (xy[8] = Infinity))).toThrow(/points\[4\].*finite/)
    expect(
      changed((xy) => {
        for (let i = 1; i < xy.length; i += 2) xy[i] = 7
      }),
    ).toThrow(/columns\[1\].*positive/)
    expect(
      changed((xy) => {
        for (let i = 0; i < xy.length; i += 2) xy[i] = 0.1
      }),
    ).toThrow(/columns\[0\].*positive/)
    expect(
      changed((xy) => {
        for (let i = 0; i < xy.length; i += 2) xy[i + 1] = 2 * xy[i]! + 1
      }),
    ).toThrow(/one line/)
  })
  it('takes the fewest rows allowed, and repeated ones', () => {
    expect(preparePoints(normals(10, 7), options).train).toHaveLength(12)
    const repeated = Float64Array.from({ length: 80 }, (_, i) => [0, 0, 1, 0, 0, 1][i % 6]!)
    const { bandwidth } = preparePoints(repeated, options)
    expect(bandwidth).toBeGreaterThan(0.01)
  })
})

describe('kernelDensity', () => {
  it('is the equal mixture at its points, in whatever order they come', () => {
    const points = Float64Array.of(0.3, -1, 2, 0.5, -0.7, 0.1)
    const reversed = Float64Array.of(-0.7, 0.1, 2, 0.5, 0.3, -1)
    const mixture = gaussianMixture([
      roundComponent(1, 0.3, -1, 0.4),
      roundComponent(1, 2, 0.5, 0.4),
      roundComponent(1, -0.7, 0.1, 0.4),
    ]).density!
    for (const [x, y] of [
      [0, 0],
      [2, 1],
      [-6, 9],
    ] as const) {
      const expected = mixture.logDensity(x, y)
      expect(kernelDensity(points, 0.4).logDensity(x, y)).toBeCloseTo(expected, 10)
      expect(kernelDensity(reversed, 0.4).logDensity(x, y)).toBeCloseTo(expected, 10)
    }
  })
})
