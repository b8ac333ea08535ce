import { describe, expect, it } from 'vitest'
import { energyOfDensity, quadraticEnergy } from '../../fields/analytic.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { tabulateEnergy } from '../../fields/energyGrid.ts'
import { gibbs, gibbsSampler } from '../../fields/gibbs.ts'
import { createTransition } from '../../fields/transition.ts'
import { log } from '../../maths/elementary.ts'
import { Purpose, type Rng } from '../../maths/rng.ts'
import { erfc } from '../../maths/special.ts'
import { targetKind } from '../../targets/registry.ts'
import type { Distribution } from '../../targets/target.ts'
import { initialLaw } from '../laws/initialLaw.ts'
import { crossEntropy, klDataModel, klModelData, tabulateDensity } from './kl.ts'
import { fieldOf, ringOfEight } from '../landscapes.testing.ts'
import {
  biasPrediction,
  curvature95,
  defaultStepSize,
  smoothness,
  smoothness95,
} from '../constants/smoothness.ts'

const IDENTITY = [
  [1, 0],
  [0, 1],
] as const

/** N(m, s²I). */
function gaussian(mx: number, my: number, s: number): Distribution {
  return {
    sample(rng: Rng, n: number) {
      const xy = new Float64Array(2 * n)
      for (let k = 0; k < 2 * n; k++) xy[k] = (k % 2 === 0 ? mx : my) + s * rng.normal()
      return xy
    },
    density: {
      logDensity: (x, y) =>
        -((x - mx) ** 2 + (y - my) ** 2) / (2 * s * s) - log(2 * Math.PI * s * s),
      score: (x, y, out) => {
        out[0] = (mx - x) / (s * s)
        out[1] = (my - y) / (s * s)
      },
    },
  }
}

/** KL(N(m, s²I)‖N(0, I)) in the plane. */
function toStandard(m2: number, s: number): number {
  return 0.5 * (2 * s * s + m2 - 2 - 4 * log(s))
}

const standard: EnergyField = {
  grid: tabulateEnergy({ halfWidth: 8, cells: 128 }, quadraticEnergy([0, 0], IDENTITY)),
  barriers: [],
}

describe('KL by quadrature, both ways, against the closed form of Gaussians', () => {
  const pi = gibbs(standard, 1)
  const narrow = gaussian(0.5, -1, 0.6)
  const logNarrow = (x: number, y: number): number => narrow.density!.logDensity(x, y)
  const data = tabulateDensity(logNarrow, pi.box)

  it('forward and reverse', () => {
    expect(klDataModel(data, pi)).toBeCloseTo(toStandard(1.25, 0.6), 9)
    const r = 1 / 0.36
    expect(klModelData(pi, data)).toBeCloseTo(0.5 * (2 * r + 1.25 * r - 2 - 2 * log(r)), 6)
    expect(data.mass).toBeCloseTo(1, 12)
  })

  it('restricts and renormalises: twice the density gives the same table, mass 2', () => {
    const twice = tabulateDensity((x, y) => log(2) + logNarrow(x, y), pi.box)
    expect(twice.mass).toBeCloseTo(2, 12)
    expect(klDataModel(twice, pi)).toBeCloseTo(klDataModel(data, pi), 12)
  })

  it('is zero for the energy of the density itself', () => {
    const field: EnergyField = {
      grid: tabulateEnergy(pi.box, energyOfDensity(narrow.density!)),
      barriers: [],
    }
    expect(Math.abs(klDataModel(data, gibbs(field, 1)))).toBeLessThan(1e-10)
  })

  it('is zero for the energy of a density that the cells hardly resolve, too', () => {
    // Deviation .035 on cells of .0625: log Z needs a finer quadrature than one midpoint a cell.
    const thin = targetKind('two-moons').build(4)
    const box = { halfWidth: 4, cells: 128 }
    const field: EnergyField = {
      grid: tabulateEnergy(box, energyOfDensity(thin.density!)),
      barriers: [],
    }
    const model = gibbs(field, 1)
    expect(model.refinement).toBeGreaterThan(1)
    const table = tabulateDensity((x, y) => thin.density!.logDensity(x, y), box)
    expect(Math.abs(klDataModel(table, model))).toBeLessThan(1e-5)
    expect(Math.abs(klModelData(model, table))).toBeLessThan(1e-5)
  })

  it('refuses two different boxes', () => {
    const other = tabulateDensity(logNarrow, { halfWidth: 8, cells: 64 })
    expect(() => klDataModel(other, pi)).toThrow(RangeError)
  })
})

describe('crossEntropy', () => {
  it('of samples of π is its entropy, log 2π + 1 for N(0, I), within 4 SE; SE = 1/√n', () => {
    const pi = gibbs(standard, 1)
    const n = 20000
    const xy = gibbsSampler(standard, 1).sample({ seed: 6, purpose: Purpose.probe }, n)
    const h = crossEntropy(xy, standard, 1, pi.logZ)
    expect(Math.abs(h.value - (log(2 * Math.PI) + 1))).toBeLessThan(4 * h.standardError)
    expect(h.standardError * Math.sqrt(n)).toBeGreaterThan(0.95)
    expect(h.standardError * Math.sqrt(n)).toBeLessThan(1.05)
  })

  it('is infinite when a point lies outside the box', () => {
    expect(crossEntropy(new Float64Array([0, 0, 9, 0]), standard, 1, 0).value).toBe(Infinity)
  })
})

describe('initial laws', () => {
  const pi = gibbs(standard, 1)
  const context = { field: standard, gibbs: pi, target: gaussian(0.5, -1, 0.6) }

  it('know their KL: Gaussian, narrow point, data, uniform, gibbs', () => {
    const point = initialLaw({ kind: 'point', at: [1, 2], spread: 0.02 }, context)
    expect(point.kl).toBeCloseTo(toStandard(5, 0.02), 8)
    expect(initialLaw({ kind: 'data' }, context).kl).toBeCloseTo(toStandard(1.25, 0.6), 8)
    // ∫ over the square of half-width 3 of (x²+y²)/2 is 9/3; −log 36 + 3 + log 2π.
    const uniform = initialLaw({ kind: 'uniform', halfWidth: 3 }, context)
    expect(Math.abs(uniform.kl! - (-log(36) + 3 + log(2 * Math.PI)))).toBeLessThan(1e-8)
    expect(initialLaw({ kind: 'gibbs' }, context).kl).toBe(0)
  })

  it.each([0.99, -0.9999, 0.999999, 1 - 1e-8])(
    'know the KL of a Gaussian of correlation %d',
    (r) => {
      const c = r * Math.sqrt(0.2)
      const law = initialLaw(
        {
          kind: 'gaussian',
          mean: [0.3, -0.2],
          covariance: [
            [0.2, c],
            [c, 1],
          ],
        },
        context,
      )
      expect(law.kl).toBeCloseTo(0.5 * (1.2 + 0.13 - 2 - log(0.2 - c * c)), 7)
    },
  )

  it('know their mass where a wall cuts them: a mean outside, a ridge into two corners', () => {
    const below = (z: number): number => 0.5 * erfc(-z / Math.SQRT2)
    const outside = initialLaw(
      {
        kind: 'gaussian',
        mean: [10, 0],
        covariance: [
          [0.64, 0],
          [0, 1],
        ],
      },
      context,
    )
    const unrestricted = -log(2 * Math.PI * 0.8) - 0.5 * (2 / 0.8) ** 2
    expect(unrestricted - outside.logDensity!(8, 0)).toBeCloseTo(log(below(-2 / 0.8)), 4)

    const r = 0.9999
    const ridge = initialLaw(
      {
        kind: 'gaussian',
        mean: [3, 3],
        covariance: [
          [16, 16 * r],
          [16 * r, 16],
        ],
      },
      context,
    )
    // ∫ φ(x) P(|y| < 8 | x) dx by 8,000 midpoints.
    const s = 4 * Math.sqrt(1 - r * r)
    let mass = 0
    for (let i = 0; i < 8000; i++) {
      const x = -8 + (16 * (i + 0.5)) / 8000
      const m = 3 + r * (x - 3)
      const height = Math.exp(-((x - 3) ** 2) / 32) / (4 * Math.sqrt(2 * Math.PI))
      mass += (16 / 8000) * height * (below((8 - m) / s) - below((-8 - m) / s))
    }
    expect(-log(8 * Math.PI * s) - ridge.logDensity!(3, 3)).toBeCloseTo(log(mass), 5)
  })

  it('draw what little of them lies in the box: 2e-4 of a Gaussian 3.6 deviations outside', () => {
    const law = initialLaw(
      {
        kind: 'gaussian',
        mean: [11.6, 1],
        covariance: [
          [1, 0.3],
          [0.3, 1],
        ],
      },
      context,
    )
    const n = 20000
    const xy = law.sample(n, 5)
    let x = 0
    let y = 0
    for (let i = 0; i < n; i++) {
      x += xy[2 * i]! / n
      y += xy[2 * i + 1]! / n
    }
    // E[x | x < 8] = 11.6 − φ(3.6)/Φ(−3.6), E[y | x] = 1 + .3 (x − 11.6); deviations .24 and about .96.
    const below = 0.5 * erfc(3.6 / Math.SQRT2)
    const mean = 11.6 - Math.exp(-0.5 * 3.6 * 3.6) / Math.sqrt(2 * Math.PI) / below
    expect(Math.abs(x - mean)).toBeLessThan((4 * 0.25) / Math.sqrt(n))
    expect(Math.abs(y - (1 + 0.3 * (mean - 11.6)))).toBeLessThan(4 / Math.sqrt(n))
    expect(law.sample(10, 5)).toEqual(xy.slice(0, 20))
  })

  it('know the mass and KL of data much thinner than the cells', () => {
    const thin = targetKind('gaussian-grid').build(4)
    const field: EnergyField = {
      grid: tabulateEnergy({ halfWidth: 4, cells: 64 }, energyOfDensity(thin.density!)),
      barriers: [],
    }
    const law = initialLaw({ kind: 'data' }, { field, gibbs: gibbs(field, 1), target: thin })
    expect(law.logDensity!(0, 0)).toBeCloseTo(thin.density!.logDensity(0, 0), 6)
    expect(Math.abs(law.kl!)).toBeLessThan(1e-6)
  })

  it('are normalised on the box, also where the wall cuts them', () => {
    for (const kind of [
      {
        kind: 'gaussian',
        mean: [7, 0],
        covariance: [
          [4, 1],
          [1, 3],
        ],
      },
      { kind: 'gibbs' },
      { kind: 'data' },
      { kind: 'uniform', halfWidth: 5 },
    ] as const) {
      const law = initialLaw(kind, context)
      const table = tabulateDensity(law.logDensity!, { halfWidth: 8, cells: 256 })
      expect(Math.abs(table.mass - 1)).toBeLessThan(2e-3)
      const xy = law.sample(500, 1)
      for (const x of xy) expect(Math.abs(x)).toBeLessThanOrEqual(8)
      expect(law.sample(500, 1)).toEqual(xy)
      expect(law.sample(500, 2)).not.toEqual(xy)
    }
  })

  it('have no density at a point of spread 0 and for data points', () => {
    const point = initialLaw({ kind: 'point', at: [1, 2], spread: 0 }, context)
    expect(point.logDensity).toBeNull()
    expect([...point.sample(2, 1)]).toEqual([1, 2, 1, 2])
    const points: Distribution = { ...gaussian(0, 0, 1), density: null }
    const data = initialLaw({ kind: 'data' }, { ...context, target: points })
    expect(data.logDensity).toBeNull()
    expect(data.kl).toBeNull()
  })

  it('are refused when the box holds almost none of their mass', () => {
    expect(() => initialLaw({ kind: 'point', at: [20, 0], spread: 0.1 }, context)).toThrow(/mass/)
    expect(() => initialLaw({ kind: 'data' }, { ...context, target: null })).toThrow(/target/)
  })
})

describe('constants of an energy', () => {
  const field: EnergyField = {
    grid: tabulateEnergy(
      { halfWidth: 8, cells: 128 },
      quadraticEnergy(
        [0.3, -0.2],
        [
          [2, 0.8],
          [0.8, 1],
        ],
      ),
    ),
    barriers: [],
  }

  it('L and L95 of a quadratic are its largest eigenvalue: 2.44339811320566 (OU_A)', () => {
    expect(smoothness(field).value).toBeCloseTo(2.44339811320566, 8)
    expect(smoothness95(field, new Float64Array([0, 0, 1, 1, -3, 2]))).toBeCloseTo(
      2.44339811320566,
      8,
    )
  })

  it('L sees negative curvature: QDW has V_xx = −4 at 0 and 12x² − 4 = 71 at the wall x = 2.5', () => {
    const qdw: EnergyField = {
      grid: tabulateEnergy({ halfWidth: 2.5, cells: 64 }, (x, y, out) => {
        out[0] = (x * x - 1) ** 2 + y * y
        out[1] = 4 * x * (x * x - 1)
        out[2] = 2 * y
      }),
      barriers: [],
    }
    const l = smoothness(qdw)
    expect(Math.abs(l.value - 71)).toBeLessThan(0.1)
    expect(Math.abs(l.at[0])).toBe(2.5)
    // The second derivative of the table errs by O(h²): h²/12·V⁗ = .012.
    expect(Math.abs(smoothness95(qdw, new Float64Array([0, 0])) - 4)).toBeLessThan(0.013)
    // Of its two curvatures there, −4 and 2, the larger.
    expect(curvature95(qdw, new Float64Array([0, 0]))).toBeCloseTo(2, 10)
  })

  it('predicts the bias: .3925 η² for OU_A, 2.644698290538133 η² for GM2, 13.9447 η² for the ring', () => {
    const t = createTransition({ stepSize: 0.1, epsilon: 0.5, skew: 0, preconditioner: IDENTITY })
    expect(biasPrediction(field, gibbs(field, 0.5), t)).toBeCloseTo(0.003925, 8)
    // V = x²/(2s²) − log cosh(x/s²) + y²/(2s²), s² = .25: two Gaussians of deviation .5 at (±1, 0).
    const gm2: EnergyField = {
      grid: tabulateEnergy({ halfWidth: 4, cells: 256 }, (x, y, out) => {
        const e = Math.exp(-8 * Math.abs(x))
        const tanh = (Math.sign(x) * (1 - e)) / (1 + e)
        out[0] = 2 * x * x + 2 * y * y - 4 * Math.abs(x) - Math.log((1 + e) / 2)
        out[1] = 4 * x - 4 * tanh
        out[2] = 4 * y
      }),
      barriers: [],
    }
    const step = createTransition({ stepSize: 0.1, epsilon: 1, skew: 0, preconditioner: IDENTITY })
    const b = biasPrediction(gm2, gibbs(gm2, 1), step)!
    expect(Math.abs(b / 0.02644698290538133 - 1)).toBeLessThan(1e-3)
    // The ring of eight, 13.944687486453311 η². The table's second derivatives err by O(h²).
    const ring = fieldOf(ringOfEight, { halfWidth: 4, cells: 256 })
    const small = createTransition({
      stepSize: 1e-3,
      epsilon: 1,
      skew: 0,
      preconditioner: IDENTITY,
    })
    expect(
      Math.abs(biasPrediction(ring, gibbs(ring, 1), small)! / 13.944687486453311e-6 - 1),
    ).toBeLessThan(1e-3)
    const skew = createTransition({ stepSize: 0.1, epsilon: 1, skew: 1, preconditioner: IDENTITY })
    expect(biasPrediction(gm2, gibbs(gm2, 1), skew)).toBeNull()
  })

  it('predicts the bias from π itself where the cells do not resolve it, and none for steps too large', () => {
    const cold: EnergyField = {
      grid: tabulateEnergy(
        { halfWidth: 20, cells: 32 },
        quadraticEnergy(
          [0.3, -0.2],
          [
            [50, 0],
            [0, 50],
          ],
        ),
      ),
      barriers: [],
    }
    const pi = gibbs(cold, 0.005)
    const b = (stepSize: number): number | null =>
      biasPrediction(
        cold,
        pi,
        createTransition({ stepSize, epsilon: 0.005, skew: 0, preconditioner: IDENTITY }),
      )
    // Var(|∇V|²/(2ε)) = a²: b = (ηa)²/8; deviation .01 on cells of 1.25.
    expect(b(0.005)! / 0.0078125).toBeCloseTo(1, 2)
    expect(b(0.021)).toBeNull()
  })

  it('predicts nothing where π leans on the walls: V = 2x has no bias by the formula, .0038 in truth', () => {
    const slope: EnergyField = {
      grid: tabulateEnergy({ halfWidth: 3, cells: 64 }, (x, _y, out) => {
        out[0] = 2 * x
        out[1] = 2
        out[2] = 0
      }),
      barriers: [],
    }
    const t = createTransition({ stepSize: 0.02, epsilon: 1, skew: 0, preconditioner: IDENTITY })
    expect(biasPrediction(slope, gibbs(slope, 1), t)).toBeNull()
    // On the default box OU_A has 2e-5 of its mass beyond the walls: they do not count.
    const near: EnergyField = {
      grid: tabulateEnergy(
        { halfWidth: 4, cells: 128 },
        quadraticEnergy(
          [0.3, -0.2],
          [
            [2, 0.8],
            [0.8, 1],
          ],
        ),
      ),
      barriers: [],
    }
    for (const stepSize of [0.01, 0.1]) {
      const step = createTransition({ stepSize, epsilon: 0.5, skew: 0, preconditioner: IDENTITY })
      const b = biasPrediction(near, gibbs(near, 0.5), step)!
      expect(Math.abs(b / (0.3925 * stepSize * stepSize) - 1)).toBeLessThan(2e-3)
    }
  })

  it('takes η = .5/L95 within the range of a scene', () => {
    expect(defaultStepSize(25)).toBe(0.02)
    expect(defaultStepSize(0)).toBe(1)
    expect(defaultStepSize(1e7)).toBe(1e-5)
  })
})
