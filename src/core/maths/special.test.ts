import { describe, expect, it } from 'vitest'
import { gaussLegendre } from './quadrature.ts'
import {
  erf,
  erfc,
  erfcx,
  logErfDifference,
  logSumExp,
  normalUpperQuantile,
  studentUpperQuantile,
} from './special.ts'

// Reference values: mpmath 1.3 at 60 digits (the differences at 4,000), of the exact doubles on the left.
/** [x, erf x, erfc x, e^(x²) erfc x] */
const NEAR: readonly (readonly [number, number, number, number])[] = [
  [1e-10, 1.1283791670955126e-10, 0.99999999988716208, 0.99999999988716208],
  [0.1, 0.1124629160182849, 0.8875370839817151, 0.89645697996912664],
  [0.5, 0.52049987781304654, 0.47950012218695346, 0.61569034419292587],
  [0.84, 0.76514271145499452, 0.23485728854500548, 0.47560041951241156],
  [0.85, 0.77066805760835252, 0.22933194239164748, 0.47232650017023252],
  [1.0, 0.84270079294971487, 0.15729920705028513, 0.427583576155807],
  [1.24, 0.92050518429902967, 0.079494815700970332, 0.36992186520845662],
  [1.26, 0.92523594181012949, 0.074764058189870513, 0.36574532725079928],
  [2.0, 0.99532226501895273, 0.0046777349810472658, 0.25539567631050574],
  [2.8, 0.99992498680533454, 7.5013194665459103e-5, 0.1905488796899919],
  [2.9, 0.99995890212190054, 4.1097878099458858e-5, 0.18460182595559082],
  [3.5, 0.99999925690162766, 7.4309837234141275e-7, 0.1552936556088943],
  [5.0, 0.99999999999846254, 1.5374597944280349e-12, 0.11070463773306863],
  [5.9, 0.99999999999999993, 7.1904097835504777e-17, 0.094307136148327026],
]
/** [x, erfc x, e^(x²) erfc x] */
const FAR: readonly (readonly [number, number, number])[] = [
  [8.0, 1.1224297172982927e-29, 0.069985166200880928],
  [15.0, 7.2129941724512067e-100, 0.037529606388505766],
  [26.0, 5.6631924088561428e-296, 0.021683584850562907],
  [29.0, 0, 0.019443267318222843],
  [60.0, 0, 0.0094018542751763886],
  [1000.0, 0, 0.00056418930145338765],
]
/** [a, b, log(erf b − erf a)] */
const DIFFERENCES: readonly (readonly [number, number, number])[] = [
  [-0.5, 0.7, 0.18090478001492587],
  [0.0, 1.0, -0.17114331524104096],
  [0.3, 0.30001, -11.482146227365816],
  [2.0, 2.5, -5.4559581047094086],
  [5.0, 5.1, -27.643014982980999],
  [5.0, 9.0, -27.200889545537434],
  [9.0, 9.001, -87.795959873218088],
  [28.0, 29.0, -787.90520619455771],
  [40.0, 41.0, -1604.2615566532736],
  [40.0, 40.0001, -1609.0935554709693],
  [60.0, 80.0, -3604.6668483458434],
  [-41.0, -40.0, -1604.2615566532736],
  [200.0, 201.0, -40005.870694809082],
  [-3.0, 4.0, 0.69313612754173269],
  [1e-9, 2e-9, -20.602483599311166],
  [0.1, 1.5, -0.15824310686195631],
  [0.2, 0.9, -0.55476771821816295],
  [1.9, 3.1, -4.9339628908098944],
  [27.9, 30.5, -782.3116329385362],
]

const relative = (found: number, expected: number) =>
  Math.abs(found - expected) / Math.abs(expected)

describe('erf, erfc, erfcx', () => {
  it('match the reference in every piece', () => {
    for (const [x, e, c, s] of NEAR) {
      expect(relative(erf(x), e), `erf(${x})`).toBeLessThan(5e-16)
      expect(relative(erfc(x), c), `erfc(${x})`).toBeLessThan(1e-15)
      expect(relative(erfcx(x), s), `erfcx(${x})`).toBeLessThan(1e-15)
      expect(erf(-x)).toBe(-erf(x))
      expect(relative(erfc(-x), 1 + e), `erfc(${-x})`).toBeLessThan(5e-16)
    }
  })
  it('match the reference in the tail', () => {
    for (const [x, c, s] of FAR) {
      if (c === 0) expect(erfc(x)).toBe(0)
      else expect(relative(erfc(x), c), `erfc(${x})`).toBeLessThan(2e-15)
      expect(relative(erfcx(x), s), `erfcx(${x})`).toBeLessThan(1e-15)
    }
  })
  it('have their limits', () => {
    expect(erf(Infinity)).toBe(1)
    expect(erf(-Infinity)).toBe(-1)
    expect(erfc(Infinity)).toBe(0)
    expect(erfc(-Infinity)).toBe(2)
    expect(erfcx(Infinity)).toBe(0)
    expect(erf(Number.NaN)).toBeNaN()
    expect(erfc(Number.NaN)).toBeNaN()
  })
  it('are one function across the joints', () => {
    for (const joint of [0.25, 0.84375, 1.25, 1 / 0.35, 6, 28]) {
      const step = 1e-9
      const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-joint * joint)
      expect(Math.abs(erf(joint + step) - erf(joint - step) - 2 * step * slope)).toBeLessThan(4e-16)
      const expected = 2 * joint * erfcx(joint) - 2 / Math.sqrt(Math.PI)
      expect(
        Math.abs(erfcx(joint + step) - erfcx(joint - step) - 2 * step * expected),
      ).toBeLessThan(2e-15)
    }
  })
})

describe('logErfDifference', () => {
  it('matches the reference from the centre to 200 and beyond', () => {
    for (const [a, b, d] of DIFFERENCES) {
      const tolerance = 3e-14 + 4e-16 * Math.abs(d)
      expect(Math.abs(logErfDifference(a, b) - d), `(${a}, ${b})`).toBeLessThan(tolerance)
      expect(logErfDifference(-b, -a)).toBe(logErfDifference(a, b))
    }
  })
  it('adds up: [a, c] = [a, b] + [b, c], also where both underflow', () => {
    for (let a = -60; a < 60; a += 1.37) {
      const b = a + 0.41
      const c = b + 1.9
      const parts = logSumExp([logErfDifference(a, b), logErfDifference(b, c)])
      const whole = logErfDifference(a, c)
      expect(Math.abs(parts - whole)).toBeLessThan(1e-13 + 1e-15 * Math.abs(whole))
    }
  })
  it('takes infinite ends, empty and reversed intervals', () => {
    expect(logErfDifference(-Infinity, Infinity)).toBe(Math.log(2))
    expect(relative(logErfDifference(3, Infinity), Math.log(erfc(3)))).toBeLessThan(1e-14)
    expect(logErfDifference(1, 1)).toBe(-Infinity)
    expect(logErfDifference(2, 1)).toBeNaN()
    expect(logErfDifference(Number.NaN, 1)).toBeNaN()
    expect(Number.isFinite(logErfDifference(1e9, 2e9))).toBe(true)
  })
})

describe('logSumExp', () => {
  it('is exact where the plain sum is, and shifts', () => {
    expect(logSumExp([Math.log(1), Math.log(2), Math.log(3)])).toBeCloseTo(Math.log(6), 15)
    expect(logSumExp([-2000, -2000])).toBeCloseTo(-2000 + Math.LN2, 12)
    expect(logSumExp([5000, -5000])).toBe(5000)
    expect(logSumExp([1, 2, 3], 2)).toBeCloseTo(Math.log(Math.E + Math.E ** 2), 14)
  })
  it('has its limits', () => {
    expect(logSumExp([])).toBe(-Infinity)
    expect(logSumExp([-Infinity, -Infinity])).toBe(-Infinity)
    expect(logSumExp([-Infinity, 0])).toBe(0)
    expect(logSumExp([Infinity, 0])).toBe(Infinity)
    expect(logSumExp([Number.NaN, 0])).toBeNaN()
  })
})

describe('gaussLegendre', () => {
  it('integrates monomials up to degree 2n − 1 exactly', () => {
    for (const n of [1, 2, 5, 10, 16, 33, 64]) {
      const { nodes, weights } = gaussLegendre(n)
      for (let degree = 0; degree < 2 * n; degree++) {
        let sum = 0
        for (let k = 0; k < n; k++) sum += weights[k]! * nodes[k]! ** degree
        expect(Math.abs(sum - (degree % 2 === 0 ? 2 / (degree + 1) : 0))).toBeLessThan(4e-15)
      }
      let sum = 0
      for (let k = 0; k < n; k++) sum += weights[k]! * nodes[k]! ** (2 * n)
      if (n <= 10) expect(Math.abs(sum - 2 / (2 * n + 1))).toBeGreaterThan(1e-7)
    }
  })
  it('refuses a size out of range', () => {
    expect(() => gaussLegendre(0)).toThrow(RangeError)
    expect(() => gaussLegendre(2.5)).toThrow(RangeError)
  })
})

describe('normalUpperQuantile', () => {
  it('matches the reference, from the middle to the far tail', () => {
    // mpmath 1.3: sqrt(2)·erfinv(1 − 2α) at 60 digits.
    expect(normalUpperQuantile(0.05)).toBeCloseTo(1.6448536269514722, 13)
    expect(normalUpperQuantile(0.025)).toBeCloseTo(1.959963984540054, 13)
    expect(normalUpperQuantile(0.5)).toBeCloseTo(0, 13)
    expect(normalUpperQuantile(0.975)).toBeCloseTo(-1.959963984540054, 13)
    expect(normalUpperQuantile(1e-9)).toBeCloseTo(5.997807015007687, 12)
  })

  it('refuses what is no probability', () => {
    for (const alpha of [0, 1, -1, NaN])
      expect(() => normalUpperQuantile(alpha)).toThrow(RangeError)
  })
})

describe('studentUpperQuantile', () => {
  it.each([
    [0.025, 15, 2.131449545559776, 12],
    [0.05, 3, 2.353363434801824, 12],
    [0.005, 101, 2.625385964668441, 12],
    [0.975, 15, -2.131449545559776, 12],
    [1e-6, 15, 7.464384940096372, 8],
    [7.6e-11, 15, 15.261931098328287, 4],
  ])('matches the reference at %f with %i degrees of freedom', (alpha, freedom, t, digits) => {
    // mpmath 1.3: the root of I(ν/(ν + t²); ν/2, 1/2) = 2α at 40 digits.
    expect(studentUpperQuantile(alpha, freedom)).toBeCloseTo(t, digits)
  })

  it('refuses what is no probability, and even degrees of freedom', () => {
    for (const alpha of [0, 1, NaN])
      expect(() => studentUpperQuantile(alpha, 15)).toThrow(RangeError)
    expect(() => studentUpperQuantile(0.05, 16)).toThrow(RangeError)
  })
})
