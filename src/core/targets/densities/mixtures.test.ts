import { describe, expect, it } from 'vitest'
import { Purpose, Rng } from '../../maths/rng.ts'
import { logErfDifference } from '../../maths/special.ts'
import { type Arc, curveDistribution, curveQuadrature } from './curve.ts'
import { gaussianMixture } from './gaussianMixture.ts'
import { kernelMixture } from './kernelMixture.ts'

const rng = (index: number) => new Rng({ seed: 23, purpose: Purpose.probe }, index)

describe('kernelMixture', () => {
  it('equals the plain sum to 1e-12, with blocks and terms left out', () => {
    const r = rng(0)
    const n = 700
    const nodes = Float64Array.from({ length: 2 * n }, () => 2 * r.normal())
    const weights = Float64Array.from({ length: n }, () => r.uniform() + 0.01)
    const total = weights.reduce((a, b) => a + b)
    const out = new Float64Array(2)
    for (const width of [0.05, 0.2, 1]) {
      const density = kernelMixture(nodes, weights, width)
      for (let k = 0; k < 60; k++) {
        const x = 3 * r.normal()
        const y = 3 * r.normal()
        const exponent = (i: number) =>
          -((nodes[2 * i]! - x) ** 2 + (nodes[2 * i + 1]! - y) ** 2) / (2 * width * width)
        let top = -Infinity
        for (let i = 0; i < n; i++) top = Math.max(top, exponent(i))
        let sum = 0
        let sx = 0
        let sy = 0
        for (let i = 0; i < n; i++) {
          const w = (weights[i]! / total) * Math.exp(exponent(i) - top)
          sum += w
          sx += (w * (nodes[2 * i]! - x)) / width ** 2
          sy += (w * (nodes[2 * i + 1]! - y)) / width ** 2
        }
        const expected = Math.log(sum) + top - Math.log(2 * Math.PI * width * width)
        expect(Math.abs(density.logDensity(x, y) - expected)).toBeLessThan(
          1e-12 + 1e-14 * Math.abs(expected),
        )
        density.score(x, y, out)
        const size = 1 / width + Math.hypot(sx, sy) / sum
        expect(Math.abs(out[0]! - sx / sum)).toBeLessThan(1e-11 * size)
        expect(Math.abs(out[1]! - sy / sum)).toBeLessThan(1e-11 * size)
      }
    }
  })
  it('does not depend on what was asked before', () => {
    const r = rng(1)
    const nodes = Float64Array.from({ length: 40 }, () => r.normal())
    const a = kernelMixture(nodes, null, 0.3)
    const b = kernelMixture(nodes, null, 0.3)
    const out = new Float64Array(2)
    a.logDensity(1, 2)
    a.score(-1, 0, out)
    const first = a.logDensity(0.5, 0.5)
    expect(b.logDensity(0.5, 0.5)).toBe(first)
    expect(a.logDensity(0.5, 0.5)).toBe(first)
  })
  it('refuses a width that is not positive, and no nodes', () => {
    expect(() => kernelMixture(Float64Array.of(0, 0), null, 0)).toThrow(/width/)
    expect(() => kernelMixture(new Float64Array(0), null, 1)).toThrow(/node/)
  })
})

describe('curveDistribution', () => {
  const segment: Arc = {
    weight: 1,
    from: -1,
    to: 1,
    point(t, out) {
      out[0] = t
      out[1] = 0
    },
  }
  const circle: Arc = {
    weight: 1,
    from: 0,
    to: 2 * Math.PI,
    point(t, out) {
      out[0] = Math.cos(t)
      out[1] = Math.sin(t)
    },
  }

  it('is the closed form for a straight segment', () => {
    for (const width of [0.05, 0.2, 0.7]) {
      const { density } = curveDistribution([segment], width)
      for (const [x, y] of [
        [0, 0],
        [0.7, 0.1],
        [1, 0],
        [1.2, -0.2],
        [-0.9, 2 * width],
      ] as const) {
        const s = width * Math.SQRT2
        const expected =
          Math.log(0.25) +
          logErfDifference((x - 1) / s, (x + 1) / s) -
          (y * y) / (2 * width * width) -
          0.5 * Math.log(2 * Math.PI) -
          Math.log(width)
        expect(Math.abs(density!.logDensity(x, y) - expected)).toBeLessThan(1e-8)
      }
    }
  })
  it('is the closed form for a circle, a Bessel function of the radius', () => {
    for (const width of [0.1, 0.3]) {
      const { density } = curveDistribution([circle], width)
      for (const r of [0, 0.4, 0.9, 1, 1.1, 1.5]) {
        // (1/2π)∫ e^{(r/w²)(cos t − 1)} dt = e^{−z} I₀(z), by the trapezoid rule on the circle.
        const z = r / (width * width)
        let bessel = 0
        for (let k = 0; k < 4000; k++) {
          bessel += Math.exp(z * (Math.cos((2 * Math.PI * k) / 4000) - 1)) / 4000
        }
        const expected =
          Math.log(bessel) - (r - 1) ** 2 / (2 * width * width) - Math.log(2 * Math.PI * width ** 2)
        expect(Math.abs(density!.logDensity(0.6 * r, 0.8 * r) - expected)).toBeLessThan(3e-8)
      }
    }
  })
  it('agrees with a rule three times as fine wherever there is mass, also for a measured arc', () => {
    const spiral: Arc = {
      weight: 1,
      from: 0,
      to: 9,
      point(t, out) {
        out[0] = 0.28 * t * Math.cos(t)
        out[1] = 0.28 * t * Math.sin(t)
      },
      measure: { density: (t) => t, quantile: (u) => 9 * Math.sqrt(u) },
    }
    for (const width of [0.05, 0.1, 0.2]) {
      const coarse = curveDistribution([spiral, circle], width).density!
      const { nodes, weights } = curveQuadrature([spiral, circle], width, 2)
      const fine = kernelMixture(nodes, weights, width)
      for (let x = -4; x <= 4; x += 0.16) {
        for (let y = -4; y <= 4; y += 0.16) {
          const l = fine.logDensity(x, y)
          if (l > -25) expect(Math.abs(coarse.logDensity(x, y) - l)).toBeLessThan(1e-7)
        }
      }
    }
  })
  it('gives each arc its weight', () => {
    const { weights } = curveQuadrature([{ ...segment, weight: 3 }, circle], 0.1)
    const sum = weights.reduce((a, b) => a + b)
    expect(sum).toBeCloseTo(4, 12)
    const away: Arc = {
      ...segment,
      weight: 3,
      point(t, out) {
        out[0] = t + 100
        out[1] = 0
      },
    }
    const xy = curveDistribution([away, circle], 0.1).sample(rng(2), 8000)
    const share = xy.filter((v, i) => i % 2 === 0 && v > 50).length / 8000
    expect(Math.abs(share - 0.75)).toBeLessThan(0.02)
  })
})

describe('gaussianMixture', () => {
  const components = [
    {
      weight: 2,
      mean: [1, -0.5],
      covariance: [
        [0.5, 0.2],
        [0.2, 0.3],
      ],
    },
    {
      weight: 1,
      mean: [-1, 2],
      covariance: [
        [0.1, -0.05],
        [-0.05, 0.4],
      ],
    },
  ] as const

  it('is the weighted sum of normal densities', () => {
    const { density } = gaussianMixture(components)
    for (const [x, y] of [
      [0, 0],
      [1, -0.5],
      [-1, 1],
      [3, 2],
    ] as const) {
      let sum = 0
      for (const { weight, mean, covariance } of components) {
        const [[a, b], [, c]] = covariance
        const det = a * c - b * b
        const dx = x - mean[0]
        const dy = y - mean[1]
        const q = (c * dx * dx - 2 * b * dx * dy + a * dy * dy) / det
        sum += ((weight / 3) * Math.exp(-q / 2)) / (2 * Math.PI * Math.sqrt(det))
      }
      expect(density!.logDensity(x, y)).toBeCloseTo(Math.log(sum), 12)
    }
  })
  it('has samples with its mean and covariance', () => {
    const n = 40000
    const xy = gaussianMixture(components).sample(rng(3), n)
    let mx = 0
    let my = 0
    for (let i = 0; i < n; i++) {
      mx += xy[2 * i]! / n
      my += xy[2 * i + 1]! / n
    }
    let xx = 0
    let cross = 0
    let yy = 0
    for (let i = 0; i < n; i++) {
      xx += (xy[2 * i]! - mx) ** 2 / n
      cross += ((xy[2 * i]! - mx) * (xy[2 * i + 1]! - my)) / n
      yy += (xy[2 * i + 1]! - my) ** 2 / n
    }
    // Means (1/3, 1/3); covariance = mean of the covariances + spread of the means.
    expect(Math.abs(mx - 1 / 3)).toBeLessThan(0.03)
    expect(Math.abs(my - 1 / 3)).toBeLessThan(0.03)
    expect(Math.abs(xx - (1.1 / 3 + 8 / 9))).toBeLessThan(0.04)
    expect(Math.abs(cross - (0.35 / 3 - 10 / 9))).toBeLessThan(0.04)
    expect(Math.abs(yy - (1 / 3 + 12.5 / 9))).toBeLessThan(0.05)
  })
  it('names the component and the field that it refuses', () => {
    const one = components[0]
    const bad = (change: object) => () => gaussianMixture([one, { ...one, ...change }])
    expect(() => gaussianMixture([])).toThrow(/components must hold/)
    expect(bad({ weight: 0 })).toThrow(/components\[1\]\.weight/)
    expect(bad({ mean: [0, Number.NaN] })).toThrow(/components\[1\]\.mean/)
    expect(
      bad({
        covariance: [
          [1, 2],
          [2, 1],
        ],
      }),
    ).toThrow(/components\[1\]\.covariance/)
    expect(
      bad({
        covariance: [
          [1, 0.1],
          [0.2, 1],
        ],
      }),
    ).toThrow(/components\[1\]\.covariance/)
  })
})
