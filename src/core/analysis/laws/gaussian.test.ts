import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  chainMismatch,
  chainStationary,
  chainStep,
  flowLaw,
  gaussianFisher,
  gaussianKl,
  gaussianLogDensity,
  type GaussianLaw,
  langevinLaw,
  mapStep,
  quadraticGibbs,
  quadraticLogZ,
  type QuadraticProblem,
  relaxationRate,
} from './gaussian.testing.ts'
import { CHAIN, CONTINUOUS, OU_A, START, STATIONARY } from '../ouA.testing.ts'

const pi = quadraticGibbs(OU_A)

/** Relative 1e-10, over a floor for what the references themselves cannot resolve. */
function expectClose(found: number, wanted: number, floor = 0): void {
  expect(Math.abs(found - wanted)).toBeLessThanOrEqual(1e-10 * Math.abs(wanted) + floor)
}

function expectLaw(law: GaussianLaw, mean: readonly number[], covariance: readonly number[]): void {
  law.mean.forEach((m, i) => expectClose(m, mean[i]!))
  law.covariance.forEach((s, i) => expectClose(s, covariance[i]!))
}

function chainAt(
  problem: QuadraticProblem,
  eta: number,
  start: GaussianLaw,
  k: number,
): GaussianLaw {
  let law = start
  for (let i = 0; i < k; i++) law = chainStep(problem, eta, law)
  return law
}

describe('OU_A against the reference rows, relative 1e-10', () => {
  it('π, log Z, KL₀ and the rate', () => {
    expectLaw(pi, OU_A.center, [0.36764705882352944, -0.29411764705882354, 0.7352941176470589])
    expectClose(quadraticLogZ(OU_A), 0.9909875359754197)
    expectClose(gaussianKl(START, pi), 2.7850956351554896)
    expectClose(relaxationRate(OU_A), 0.5566018867943396)
  })

  it.each(CONTINUOUS)('continuous Langevin at t = $t', ({ t, mean, covariance, kl, fisher }) => {
    const law = langevinLaw(OU_A, START, t)
    expectLaw(law, mean, covariance)
    expectClose(gaussianKl(law, pi), kl)
    expectClose(gaussianFisher(law, pi), fisher)
  })

  it.each(CHAIN)('discrete chain, η = $eta, k = $k', ({ eta, k, mean, covariance, kl }) => {
    const law = chainAt(OU_A, eta, START, k)
    expectLaw(law, mean, covariance)
    expectClose(gaussianKl(law, pi), kl)
  })

  it.each(STATIONARY)('bias of the step size, η = $eta', ({ eta, covariance, kl }) => {
    const law = chainStationary(OU_A, eta)!
    expectLaw(law, OU_A.center, covariance)
    expectClose(gaussianKl(law, pi), kl)
  })

  it('deterministic flow and map from S₀ = [[3, .5], [.5, 2]]', () => {
    const start: GaussianLaw = { mean: [-1, 1], covariance: [3, 0.5, 2] }
    // Rows [t, KL] and, at η = .02, [k, KL]: closed forms of the same program as above.
    const flow = [
      [0, 8.402510542161444],
      [0.4, 1.3405056381516776],
      [0.8, 0.9081546490029686],
      [1.6, 2.516295602301564],
      [4, 9.30853945151844],
    ] as const
    const map = [
      [0, 8.402510542161444],
      [20, 1.304024254020036],
      [40, 0.9386436746035991],
      [80, 2.615110938691682],
      [200, 9.567168447417291],
    ] as const
    for (const [t, kl] of flow) expectClose(gaussianKl(flowLaw(OU_A, start, t), pi), kl)
    for (const [steps, kl] of map) {
      let law = start
      for (let k = 0; k < steps; k++) law = mapStep(OU_A, 0.02, law)
      expectClose(gaussianKl(law, pi), kl)
    }
  })
})

describe('isotropic flow V = |x|²/2, ε = 1, from N(0, 4I)', () => {
  it('passes through π at t = log 4 / 2 and leaves it again', () => {
    const problem: QuadraticProblem = { hessian: [1, 0, 1], center: [0, 0], epsilon: 1 }
    const start: GaussianLaw = { mean: [0, 0], covariance: [4, 0, 4] }
    // KL = s − 1 − log s, s = 4e^(−2t): same origin as above.
    for (const [t, kl] of [
      [0, 1.6137056388801094],
      [0.25, 0.5398282777306431],
      [0.6931471805599453, 0],
      [1, 0.15504677182656013],
      [2, 1.6869681944350459],
      [4, 5.615047489391719],
    ] as const) {
      expectClose(gaussianKl(flowLaw(problem, start, t), quadraticGibbs(problem)), kl, 1e-30)
    }
  })
})

describe('skew drift, A = diag(1, 9), ε = 1, from N((3, 0), .25 I)', () => {
  const start: GaussianLaw = { mean: [3, 0], covariance: [0.25, 0, 0.25] }
  // [γ, rate, KL at t = .5, 1, 2, bias at η = .02]: same origin. At γ = 4/3 the eigenvalues of DA coincide.
  it.each([
    [0, 1, 1.6789222038333296, 0.6117731435470108, 0.0824679859466164, 0.002320546838683088],
    [
      0.5, 1.2919007564521685, 1.3950639555248248, 0.3817396416711116, 0.028754242772208956,
      0.0026558007997401767,
    ],
    [
      1, 2.35424868893541, 0.775590713122652, 0.07681329542340314, 0.0006949173549219767,
      0.0038048998957562474,
    ],
    [
      1.3333333333333333, 5.000000000000001, 0.3943329577496837, 0.008376288136142468,
      1.344902739853166e-6, 0.005233620110073278,
    ],
    [2, 5, 0.03411304169746425, 0.000597135975789668, 5.645081074113e-9, 0.010774031625893188],
  ] as const)('γ = %d', (skew, rate, half, one, two, bias) => {
    const problem: QuadraticProblem = { hessian: [1, 0, 9], center: [0, 0], epsilon: 1, skew }
    const gibbs = quadraticGibbs(problem)
    // Coinciding eigenvalues are a square root of rounding apart.
    expect(Math.abs(relaxationRate(problem) - rate)).toBeLessThan(skew === 4 / 3 ? 1e-7 : 1e-10)
    // The references carry the rounding of 1 in KL = ½(tr − 2 − log det + …): a floor of 4e-16.
    expectClose(gaussianKl(langevinLaw(problem, start, 0.5), gibbs), half, 4e-16)
    expectClose(gaussianKl(langevinLaw(problem, start, 1), gibbs), one, 4e-16)
    expectClose(gaussianKl(langevinLaw(problem, start, 2), gibbs), two, 4e-16)
    expectClose(gaussianKl(chainStationary(problem, 0.02)!, gibbs), bias, 4e-16)
  })
})

const positive = fc
  .tuple(
    fc.double({ min: 0.2, max: 4, noNaN: true }),
    fc.double({ min: 0.2, max: 4, noNaN: true }),
    fc.double({ min: -0.9, max: 0.9, noNaN: true }),
  )
  .map(([a, c, r]) => [a, r * Math.sqrt(a * c), c] as const)

const coordinate = fc.double({ min: -3, max: 3, noNaN: true })
const problems = fc.record({
  hessian: positive,
  center: fc.tuple(coordinate, coordinate),
  epsilon: fc.double({ min: 0.05, max: 4, noNaN: true }),
  skew: fc.double({ min: -3, max: 3, noNaN: true }),
  preconditioner: positive,
})
const laws = fc.record({ mean: fc.tuple(coordinate, coordinate), covariance: positive })

describe('any quadratic, skew and preconditioner', () => {
  it('KL′ = −ε I in the metric of the preconditioner, whatever the skew', () => {
    fc.assert(
      fc.property(problems, laws, (problem, start) => {
        const gibbs = quadraticGibbs(problem)
        const t = 0.1
        const dt = 1e-4
        const kl = (time: number): number => gaussianKl(langevinLaw(problem, start, time), gibbs)
        // Fourth-order difference of KL(t).
        const slope =
          (8 * (kl(t + dt) - kl(t - dt)) - (kl(t + 2 * dt) - kl(t - 2 * dt))) / (12 * dt)
        const fisher = gaussianFisher(langevinLaw(problem, start, t), gibbs, problem.preconditioner)
        const wanted = -problem.epsilon * fisher
        expect(Math.abs(slope - wanted)).toBeLessThan(1e-5 * Math.abs(wanted) + 1e-8 * (1 + kl(t)))
      }),
      { numRuns: 40 },
    )
  })

  it('the invariant law of the chain is kept by a step, and its bias is of second order', () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const gibbs = quadraticGibbs(problem)
        const k = relaxationRate(problem)
        expect(k).toBeGreaterThan(0)
        const eta = 1e-3
        const law = chainStationary(problem, eta)
        if (law === null) return
        const next = chainStep(problem, eta, law)
        law.covariance.forEach((s, i) => {
          expect(Math.abs(next.covariance[i]! - s)).toBeLessThan(1e-11 * (1 + Math.abs(s)))
        })
        const half = gaussianKl(chainStationary(problem, eta / 2)!, gibbs)
        const ratio = gaussianKl(law, gibbs) / half
        expect(ratio).toBeGreaterThan(3)
        expect(ratio).toBeLessThan(6)
      }),
      { numRuns: 40 },
    )
  })

  it('the left derivative of KL at the end of a step obeys KL′ ≤ −(ε/2)I + M/(2ε)', () => {
    fc.assert(
      fc.property(problems, laws, (problem, start) => {
        const gibbs = quadraticGibbs(problem)
        const eta = 0.05
        // The step stopped early is the chain of a smaller step from the same start.
        const kl = (time: number): number => gaussianKl(chainStep(problem, time, start), gibbs)
        const dt = 1e-5
        const slope = (3 * kl(eta) - 4 * kl(eta - dt) + kl(eta - 2 * dt)) / (2 * dt)
        const after = chainStep(problem, eta, start)
        const fisher = gaussianFisher(after, gibbs, problem.preconditioner)
        const bound =
          -0.5 * problem.epsilon * fisher +
          chainMismatch(problem, eta, start) / (2 * problem.epsilon)
        expect(slope).toBeLessThanOrEqual(bound + 1e-5 * (1 + Math.abs(bound)))
      }),
      { numRuns: 60 },
    )
  })

  it('has no invariant law beyond η = 2/λmax', () => {
    expect(chainStationary(OU_A, 1.99 / 2.44339811320566)).not.toBeNull()
    expect(chainStationary(OU_A, 2.01 / 2.44339811320566)).toBeNull()
  })

  it('the log density is that of the law', () => {
    const l = gaussianLogDensity(START)
    const [xx, xy, yy] = START.covariance
    expect(l(-1, 1)).toBeCloseTo(-Math.log(2 * Math.PI * Math.sqrt(xx * yy - xy * xy)), 13)
    // ∇² log ρ = −S⁻¹.
    const d = 1e-3
    const second = (l(-1 + d, 1) - 2 * l(-1, 1) + l(-1 - d, 1)) / (d * d)
    expect(second).toBeCloseTo(-yy / (xx * yy - xy * xy), 5)
  })
})
