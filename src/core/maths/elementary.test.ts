import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cos, exp, log, sin } from './elementary.ts'

// Reference values: mpmath 1.3 at 60 digits, of the exact doubles on the left.
const EXP: readonly (readonly [number, number])[] = [
  [-740.0, 4.1887398800480489e-322],
  [-708.5, 2.0061323053313058e-308],
  [-700.0, 9.8596765437597709e-305],
  [-37.3, 6.321437159096094e-17],
  [-1.0, 0.36787944117144232],
  [-0.3, 0.74081822068171787],
  [-1e-5, 0.99999000004999983],
  [1e-9, 1.000000001],
  [0.34, 1.4049475905635938],
  [0.35, 1.4190675485932572],
  [1.0, 2.7182818284590452],
  [10.1, 24343.00942440838],
  [88.7, 3.325986980250579e38],
  [300.3, 2.6220013776845457e130],
  [709.7, 1.6549840276802644e308],
]
const LOG: readonly (readonly [number, number])[] = [
  [5e-324, -744.44007192138126],
  [1e-310, -713.80137882815417],
  [2.3e-308, -708.36329951923097],
  [1e-20, -46.051701859880914],
  [0.5, -0.69314718055994531],
  [0.70710678, -0.34657359195800419],
  [0.7072, -0.3464417676587033],
  [0.999999, -1.000000500029089e-6],
  [1.000001, 9.9999949991806678e-7],
  [1.4142, 0.34656400018800331],
  [1.41422, 0.34657814235925119],
  [3.0, 1.0986122886681097],
  [100000.0, 11.512925464970228],
  [1.7e308, 709.72683689322824],
]
const TRIG: readonly (readonly [number, number, number])[] = [
  [0.001, 0.00099999983333334169, 0.99999950000004167],
  [0.5, 0.479425538604203, 0.87758256189037272],
  [0.7853, 0.70703736577579992, 0.70717618978357699],
  [0.7854, 0.70710807985947359, 0.70710548251123632],
  [1.5707963, 0.99999999999999964, 2.6794896585028633e-8],
  [2.5, 0.59847214410395649, -0.80114361554693371],
  [3.14159265, 3.5897930298416118e-9, -0.99999999999999999],
  [6.2, -0.083089402817496401, 0.99654209702321749],
  [6.283185307179586, -2.4492935982947064e-16, 1.0],
  [100.3, -0.22891692244520672, 0.97344596286502478],
  [-7.7, -0.9881682338770004, 0.15337386203786435],
  [12345.678, -0.70408131375338159, 0.71011935871606277],
  [99999.5, 0.51049161507477981, -0.85988273092227107],
]

/** Distance in units of the last place of `expected` (subnormals included). */
function ulps(found: number, expected: number): number {
  const exponent = Math.max(-1022, Math.floor(Math.log2(Math.abs(expected))))
  return Math.abs(found - expected) / 2 ** (exponent - 26) / 2 ** -26
}

describe('exp', () => {
  it('is within 2 ulp of the reference', () => {
    for (const [x, y] of EXP) expect(ulps(exp(x), y), `exp(${x})`).toBeLessThanOrEqual(2)
  })
  it('is within 2 ulp of Math.exp over the whole range', () => {
    fc.assert(
      fc.property(fc.double({ min: -708, max: 709.7, noNaN: true }), (x) => {
        expect(ulps(exp(x), Math.exp(x))).toBeLessThanOrEqual(2)
      }),
      { numRuns: 3000 },
    )
  })
  it('never falls, also across the joints of its reduction', () => {
    for (let k = -40; k <= 40; k++) {
      const joint = (k + 0.5) * Math.LN2
      let before = 0
      for (let i = -200; i <= 200; i++) {
        const y = exp(joint + i * 1e-13)
        expect(y).toBeGreaterThanOrEqual(before * (1 - 2 ** -52))
        before = y
      }
      expect(exp(joint + 1e-12)).toBeGreaterThan(exp(joint - 1e-12))
    }
  })
  it('has its limits', () => {
    expect(exp(0)).toBe(1)
    expect(exp(-0)).toBe(1)
    expect(exp(710)).toBe(Infinity)
    expect(exp(Infinity)).toBe(Infinity)
    expect(exp(-746)).toBe(0)
    expect(exp(-Infinity)).toBe(0)
    expect(exp(-745.1)).toBe(5e-324)
    expect(exp(Number.NaN)).toBeNaN()
  })
})

describe('log', () => {
  it('is within 2 ulp of the reference', () => {
    for (const [x, y] of LOG) expect(ulps(log(x), y), `log(${x})`).toBeLessThanOrEqual(2)
  })
  it('is within 2 ulp of Math.log over every binade', () => {
    fc.assert(
      fc.property(fc.double({ min: 5e-324, max: 1.7e308, noNaN: true }), (x) => {
        expect(ulps(log(x), Math.log(x))).toBeLessThanOrEqual(2)
      }),
      { numRuns: 3000 },
    )
    for (let k = -1074; k <= 1023; k++) {
      if (k !== 0) expect(ulps(log(2 ** k), k * Math.LN2)).toBeLessThanOrEqual(2)
    }
  })
  it('undoes exp', () => {
    for (let x = -700; x <= 700; x += 0.37) {
      expect(Math.abs(log(exp(x)) - x)).toBeLessThanOrEqual(4e-16 * Math.max(1, Math.abs(x)))
    }
  })
  it('has its limits', () => {
    expect(log(1)).toBe(0)
    expect(log(0)).toBe(-Infinity)
    expect(log(-1)).toBeNaN()
    expect(log(Number.NaN)).toBeNaN()
    expect(log(Infinity)).toBe(Infinity)
  })
})

describe('sin and cos', () => {
  it('are within 1e-15 of the reference up to 1e5', () => {
    for (const [x, s, c] of TRIG) {
      expect(Math.abs(sin(x) - s), `sin(${x})`).toBeLessThanOrEqual(1e-15)
      expect(Math.abs(cos(x) - c), `cos(${x})`).toBeLessThanOrEqual(1e-15)
    }
  })
  it('are within 1e-15 of Math.sin and Math.cos', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e5, max: 1e5, noNaN: true }), (x) => {
        expect(Math.abs(sin(x) - Math.sin(x))).toBeLessThanOrEqual(1e-15)
        expect(Math.abs(cos(x) - Math.cos(x))).toBeLessThanOrEqual(1e-15)
      }),
      { numRuns: 3000 },
    )
  })
  it('are within 2 ulp on the turn that Box–Muller uses, away from the zeros', () => {
    for (let i = 0; i < 4000; i++) {
      const x = (i + 0.5) * (6.283185307179586 / 4000)
      expect(ulps(sin(x), Math.sin(x))).toBeLessThanOrEqual(2)
      expect(ulps(cos(x), Math.cos(x))).toBeLessThanOrEqual(2)
    }
  })
  it('keep the symmetries and the circle', () => {
    for (let i = 1; i < 500; i++) {
      const x = i * 0.73
      expect(sin(-x)).toBe(-sin(x))
      expect(cos(-x)).toBe(cos(x))
      expect(Math.abs(sin(x) ** 2 + cos(x) ** 2 - 1)).toBeLessThanOrEqual(4e-16)
    }
    expect(sin(0)).toBe(0)
    expect(cos(0)).toBe(1)
  })
})
