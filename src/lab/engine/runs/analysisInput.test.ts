import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  gaussianFisher,
  gaussianKl,
  type GaussianLaw,
  langevinLaw,
  quadraticGibbs,
  type QuadraticProblem,
} from '../../../core/analysis/laws/gaussian.testing.ts'
import { erfc } from '../../../core/maths/special.ts'
import type { AnalysisInput, AnalysisReport } from '../../protocol/calls.ts'
import { followLaws } from './followLaws.ts'
import { createBench, sceneOf } from '../session.testing.ts'

it('ends in what the finer cells resolve, whatever the coarse ones of the preview do not', async () => {
  const bench = createBench()
  bench.assets.bytes.set(
    'pretrained:two-moons',
    readFileSync(new URL('../../../../public/energies/two-moons.safetensors', import.meta.url)),
  )
  const energy = { kind: 'pretrained', name: 'two-moons' }
  const scene = sceneOf({ energy, dynamics: { steps: 2, particles: 16 } })
  await bench.session.prepare({ run: 1, scene })
  const input = await bench.session.analysisInput({ run: 1 })
  const previews: (string | null)[] = []
  const report = await followLaws(input, {
    environment: bench.environment,
    onReport: ({ unresolved }) => previews.push(unresolved),
  })
  expect(previews.some((why) => why !== null)).toBe(true)
  expect(report.unresolved).toBeNull()
})

const ETA = 0.05
const STEPS = 8

/** The laws of a scene, as the page and the runner follow them. */
async function lawsOf(
  scene: object,
): Promise<{ readonly input: AnalysisInput; readonly report: AnalysisReport }> {
  const input = await inputOf(scene)
  return { input, report: await followLaws(input, createBench()) }
}

async function inputOf(scene: object): Promise<AnalysisInput> {
  const { session } = createBench()
  await session.prepare({ run: 1, scene: sceneOf({ version: 1, ...scene }) })
  return session.analysisInput({ run: 1 })
}

const HESSIAN = [
  [1.7, 0.8],
  [0.8, 1.2],
] as const
const PROBLEM: QuadraticProblem = { hessian: [1.7, 0.8, 1.2], center: [0.2, -0.1], epsilon: 0.5 }

function startOf(deviation: number): GaussianLaw {
  const square = deviation * deviation
  return { mean: [-1.5, 1.4], covariance: [square, 0.2 * square, square] }
}

function quadraticScene(
  cells: number,
  { mean, covariance: [xx, xy, yy] }: GaussianLaw,
  dynamics: object = {},
): object {
  return {
    energy: { kind: 'quadratic', center: PROBLEM.center, matrix: HESSIAN },
    domain: { halfWidth: 6, cells },
    dynamics: {
      epsilon: PROBLEM.epsilon,
      stepSize: ETA,
      steps: STEPS,
      particles: 16,
      initial: {
        kind: 'gaussian',
        mean,
        covariance: [
          [xx, xy],
          [xy, yy],
        ],
      },
      ...dynamics,
    },
  }
}

/** Largest error bar of the continuous curve. */
function largestBar({ curves }: AnalysisReport): number {
  return Math.max(...curves.fokkerPlanckError.map((error) => error!))
}

/** Largest distance of the continuous curve from its closed form. */
function largestError({ curves }: AnalysisReport, law: GaussianLaw): number {
  const pi = quadraticGibbs(PROBLEM)
  return Math.max(
    ...curves.fokkerPlanck.map((kl, k) =>
      Math.abs(kl! - gaussianKl(langevinLaw(PROBLEM, law, k * ETA), pi)),
    ),
  )
}

describe('the exact law of a chain from a square', () => {
  /** KL(ρ₁‖π) of one step from the uniform law on [−a, a]², V of Hessian diag(mx, my): a product of integrals. */
  function klAfterOneStep(a: number, centre: readonly number[], m: readonly number[]): number {
    const epsilon = 0.8
    const s = Math.sqrt(2 * ETA * epsilon)
    return [0, 1].reduce((sum, axis) => {
      const [c, k] = [centre[axis]!, m[axis]!]
      const middle = ETA * k * c
      const half = (1 - ETA * k) * a
      const cut = (x: number): number =>
        (0.5 / (2 * half)) *
        (erfc((x - middle - half) / (s * Math.SQRT2)) -
          erfc((x - middle + half) / (s * Math.SQRT2)))
      const n = 4000
      const width = (2 * (half + 8 * s)) / n
      let kl = 0
      for (let i = 0; i < n; i++) {
        const x = middle - half - 8 * s + (i + 0.5) * width
        const p = cut(x)
        const logPi =
          -(k * (x - c) ** 2) / (2 * epsilon) - 0.5 * Math.log((2 * Math.PI * epsilon) / k)
        if (p > 1e-300) kl += width * p * (Math.log(p) - logPi)
      }
      return sum + kl
    }, 0)
  }

  it.each([
    // Between nodes, on nodes, smaller than a cell, in the corner of one, over the whole box.
    [0.165, 6, 128],
    [0.5, 6, 96],
    [0.03, 6, 128],
    [0.001, 6, 96],
    [2.03, 6, 101],
  ])('of half-width %f in a box of half-width %f on %i cells', async (a, halfWidth, cells) => {
    const centre = [0.2, 0.1] as const
    const { input, report } = await lawsOf({
      energy: {
        kind: 'quadratic',
        center: centre,
        matrix: [
          [2, 0],
          [0, 0.7],
        ],
      },
      domain: { halfWidth, cells },
      dynamics: {
        epsilon: 0.8,
        stepSize: ETA,
        steps: 1,
        particles: 16,
        initial: { kind: 'uniform', halfWidth: a },
      },
    })
    expect(report.unresolved).toBeNull()
    const wanted = klAfterOneStep(a, centre, [2, 0.7])
    expect(Math.abs(report.curves.klExact[1]! - wanted)).toBeLessThan(1e-4)
    const area = (2 * input.grid.halfWidth) / input.fokkerPlanckStart.cells
    const mass = input.fokkerPlanckStart.density.reduce((sum, p) => sum + p * area * area, 0)
    expect(mass).toBeCloseTo(1, 12)
  })

  it('is not followed from a start that no quadrature finds', async () => {
    const { input, report } = await lawsOf({
      target: { kind: 'checkerboard', sharpness: 4 },
      energy: {
        kind: 'quadratic',
        center: [0, 0],
        matrix: [
          [0.5, 0],
          [0, 0.5],
        ],
      },
      domain: { halfWidth: 20, cells: 32 },
      dynamics: { epsilon: 10, stepSize: 0.2, steps: 1, particles: 16, initial: { kind: 'data' } },
    })
    expect(input.kl0).toBeNull()
    expect(report.unresolved).toMatch(/too thin/)
  })
})

describe('the Fisher information of the start', () => {
  const known: number[] = []

  it.each([
    [48, 0.002],
    [64, 0.06],
    [64, 0.15],
    [128, 0.15],
    [101, 0.4],
    [64, 1],
  ])('of %i cells, deviation %f: is right or null', async (cells, deviation) => {
    const law = startOf(deviation)
    const exact = gaussianFisher(law, quadraticGibbs(PROBLEM))
    const { report } = await lawsOf(quadraticScene(cells, law, { steps: 1 }))
    for (const { [0]: found } of [report.curves.fisher, report.curves.fokkerPlanckFisher]) {
      if (found === null || found === undefined) continue
      known.push(deviation)
      expect(Math.abs(found / exact - 1)).toBeLessThan(0.02)
    }
  })

  it('is known where the cells resolve it, 0 at π, and infinite where the law jumps', async () => {
    expect(new Set(known)).toEqual(new Set([0.15, 0.4, 1]))
    const of = async (initial: object) => {
      const { report } = await lawsOf(quadraticScene(64, startOf(1), { steps: 1, initial }))
      return report.curves
    }
    const rest = await of({ kind: 'gibbs' })
    expect(rest.fisher[0]).toBeLessThan(1e-12)
    expect(rest.fokkerPlanckFisher[0]).toBeLessThan(1e-12)
    const square = await of({ kind: 'uniform', halfWidth: 1.37 })
    expect([square.fisher[0], square.fokkerPlanckFisher[0], square.dataFisher[0]]).toEqual([
      null,
      null,
      null,
    ])
    expect(square.fokkerPlanckFisher[1]).toBeGreaterThan(0)
    // E|∇V|² of a law that does not vanish at a soft wall, ∇V ~ μ/h there; a hard one has no ∇V.
    const terms = [{ weight: 1, energy: { kind: 'quadratic' } }]
    const beside = (strength: number): object => ({
      ...quadraticScene(32, startOf(1), { steps: 0 }),
      energy: {
        kind: 'sum',
        terms,
        barriers: [{ kind: 'disc', center: [0.6, 0], radius: 0.3, strength }],
      },
    })
    expect((await inputOf(beside(0.5))).infiniteFisher).toBe(true)
    expect((await inputOf(beside(0))).infiniteFisher).toBe(false)
    const point = await of({ kind: 'point', at: [-1.5, 1], spread: 0.001 })
    expect([point.fisher[0], point.fokkerPlanckFisher[0]]).toEqual([null, null])
  })
})

describe('the continuous curve of a scene', () => {
  it.each([
    // [cells, standard deviation of the start, what it may be off, nats]: KL₀ from 3.9 to 6.8.
    [32, 0.08, 3e-3],
    [64, 0.08, 3e-3],
    [64, 0.3, 2e-4],
    [101, 0.12, 3e-3],
    [101, 0.5, 3e-4],
    [128, 0.08, 3e-3],
    [128, 0.2, 1e-3],
  ])(
    'of %i cells from a Gaussian of deviation %f is exact to %f, and to its error bar',
    async (...row) => {
      const [cells, deviation, allowed] = row
      const law = startOf(deviation)
      const { report } = await lawsOf(quadraticScene(cells, law, { sampler: 'mala' }))
      const error = largestError(report, law)
      expect(error).toBeLessThan(allowed)
      expect(error).toBeLessThan(largestBar(report))
      // Of a KL of up to 7 nats, of starts narrower than a cell.
      expect(largestBar(report)).toBeLessThan(0.04)
      expect(report.fokkerPlanckRise!).toBeLessThan(0)
    },
  )

  it.each([
    [[-1.5, 1.4], 0.2, 0.001],
    [[1, 1], 0.2, 0.001],
    [[0.97, -1.03], 0.2, 0.001],
    // The grids cross at the first step, and at one of many small ones.
    [[1.0625, 1.0625], 0.2, 0.001],
    [[2.2, 2.17], 0.2, 0.004],
    [[2.2, 2.17], 0.02, 0.04],
  ] as const)(
    'keeps the mean of a start narrower than its cells: %j, η = %f, to %f and to its error bar at every step',
    async (mean, stepSize, most) => {
      const law: GaussianLaw = { mean, covariance: [1e-6, 0, 1e-6] }
      const { report } = await lawsOf(quadraticScene(64, law, { stepSize }))
      const { fokkerPlanck, fokkerPlanckError } = report.curves
      for (const [k, kl] of fokkerPlanck.entries()) {
        if (k === 0) continue
        const exact = gaussianKl(langevinLaw(PROBLEM, law, stepSize * k), quadraticGibbs(PROBLEM))
        expect(Math.abs(kl! - exact), `step ${k}`).toBeLessThan(
          Math.min(most, fokkerPlanckError[k]!),
        )
      }
    },
  )

  it('starts alike on both its grids, however much of ρ₀ a wall cuts off, from values or from means over cells', async () => {
    const alike = async (x: number): Promise<boolean> => {
      const { covariance } = startOf(0.5)
      const scene = quadraticScene(64, { mean: [x, 0.1], covariance }, { steps: 0 })
      const input = await inputOf({ ...scene, domain: { halfWidth: 4, cells: 64 } })
      // The mean over a cell is less than the value near the middle of the law, by h²|Δρ|/24 = 0.6 % of 64 cells.
      const peaks = [input.coarseStart!, input.fokkerPlanckStart].map(({ cells, density }) => {
        const h = 8 / cells
        const [column, row] = [x, 0.1].map((at) => Math.floor((at + 4) / h)) as [number, number]
        const [dx, dy] = [(column + 0.5) * h - 4 - x, (row + 0.5) * h - 4 - 0.1]
        const square = dx * dx - 0.4 * dx * dy + dy * dy
        const value = Math.exp(-square / (2 * 0.25 * 0.96)) / (2 * Math.PI * 0.25 * Math.sqrt(0.96))
        const inside = 1 - 0.5 * erfc((4 - x) / (0.5 * Math.SQRT2))
        return (1 - (density[row * cells + column]! * inside) / value) / (h * h)
      }) as [number, number]
      // Errors of second order are of one size in units of h².
      const bothAreMeans = peaks.every((error) => error > 0.2)
      return bothAreMeans || peaks.every((error) => Math.abs(error) < 0.05)
    }
    for (const x of [1.7, 2.4, 3]) expect([x, await alike(x)]).toEqual([x, true])
  })

  it.each([
    // Cells of 0.8, 1.8, 2.4 and 6 deviations of π along its steepest axis, that of the start beside it.
    [[9.8, 2.1, 3.7], 0.096, 0.14],
    [[5.3, 0.7, 5.6], 0.019, 0.3],
    [[1.1, 0.9, 14.7], 0.027, 0.1],
    [[20, 0, 40], 0.005, 0.05],
  ] as const)(
    'has error bars that cover it at every step where no cells resolve π: %j, ε = %f',
    async (hessian, epsilon, variance) => {
      const problem: QuadraticProblem = { hessian, center: [0.21, 0.02], epsilon }
      const law: GaussianLaw = { mean: [0.8, -0.5], covariance: [variance, 0, variance] }
      const [xx, xy, yy] = hessian
      const stepSize = 0.2 / Math.max(xx, yy)
      const { report } = await lawsOf({
        energy: {
          kind: 'quadratic',
          center: problem.center,
          matrix: [
            [xx, xy],
            [xy, yy],
          ],
        },
        domain: { halfWidth: 5, cells: 64 },
        dynamics: {
          epsilon,
          stepSize,
          steps: 40,
          particles: 16,
          sampler: 'mala',
          initial: {
            kind: 'gaussian',
            mean: law.mean,
            covariance: [
              [variance, 0],
              [0, variance],
            ],
          },
        },
      })
      const { fokkerPlanck, fokkerPlanckError } = report.curves
      const pi = quadraticGibbs(problem)
      expect(fokkerPlanckError[0]).toBe(0)
      for (let k = 1; k <= 40; k++) {
        const exact = gaussianKl(langevinLaw(problem, law, k * stepSize), pi)
        expect(Math.abs(fokkerPlanck[k]! - exact)).toBeLessThanOrEqual(fokkerPlanckError[k]!)
      }
    },
  )

  describe.each([
    // Starts about as narrow as a cell that the drift carries over many, and one that it scarcely moves: the grids cross.
    [[4.4, 0], [0.6, 0.6], 0.2, [-3, 0], [0.02, 0.02], 0.05],
    [[-0.48, 0.72], [0.56, 0.31], 0.356, [0.87, -2.99], [0.0657, 0.0376], 0.0228],
  ] as const)(
    'around %j, V of Hessian %j, ε = %f, from %j',
    (center, [a, b], epsilon, mean, [v, w], stepSize) => {
      const problem: QuadraticProblem = { hessian: [a, 0, b], center, epsilon }
      const law: GaussianLaw = { mean, covariance: [v, 0, w] }
      const follow = async (steps: number) =>
        (
          await lawsOf({
            energy: {
              kind: 'quadratic',
              center,
              matrix: [
                [a, 0],
                [0, b],
              ],
            },
            domain: { halfWidth: 6, cells: 96 },
            dynamics: {
              epsilon,
              stepSize,
              steps,
              particles: 16,
              sampler: 'mala',
              initial: {
                kind: 'gaussian',
                mean,
                covariance: [
                  [v, 0],
                  [0, w],
                ],
              },
            },
          })
        ).report.curves

      it('has error bars that cover it at every step, however long the run', async () => {
        const { fokkerPlanck, fokkerPlanckError, fokkerPlanckFisher } = await follow(12)
        const pi = quadraticGibbs(problem)
        // What the walls cut off from π is missing in Z.
        const cut = [a, b].reduce((sum, curvature, axis) => {
          const width = Math.sqrt((2 * epsilon) / curvature)
          const [near, far] = [6 - center[axis]!, 6 + center[axis]!]
          return sum + Math.log(1 - 0.5 * erfc(near / width) - 0.5 * erfc(far / width))
        }, 0)
        for (let k = 1; k <= 12; k++) {
          const flow = langevinLaw(problem, law, k * stepSize)
          const off = Math.abs(fokkerPlanck[k]! - (gaussianKl(flow, pi) + cut))
          expect(off, `step ${k}`).toBeLessThan(fokkerPlanckError[k]!)
          expect(fokkerPlanckError[k]!, `step ${k}`).toBeLessThan(0.03 * fokkerPlanck[k]!)
          expect(Math.abs(fokkerPlanckFisher[k]! / gaussianFisher(flow, pi) - 1)).toBeLessThan(0.02)
        }
        const short = await follow(3)
        expect(short.fokkerPlanckError).toEqual(fokkerPlanckError.slice(0, 4))
      })
    },
  )

  it('has no I and no distance to the data where the cells do not resolve it', async () => {
    // A cell is four deviations of π wide: the KL is 580 ± 650 nats at step 2.
    const { report } = await lawsOf({
      target: {
        kind: 'gaussian-mixture',
        components: [
          {
            weight: 1,
            mean: [0, 0],
            covariance: [
              [0.002, 0],
              [0, 0.002],
            ],
          },
        ],
      },
      energy: {
        kind: 'quadratic',
        center: [0.013, 0.021],
        matrix: [
          [30, 0],
          [0, 50],
        ],
      },
      domain: { halfWidth: 4, cells: 64 },
      dynamics: {
        epsilon: 0.01,
        stepSize: 0.005,
        steps: 2,
        particles: 16,
        initial: {
          kind: 'gaussian',
          mean: [0.6, 0.5],
          covariance: [
            [0.03, 0],
            [0, 0.03],
          ],
        },
      },
    })
    const { fokkerPlanck, fokkerPlanckError, fokkerPlanckFisher, ...against } = report.curves
    expect(fokkerPlanckError[2]!).toBeGreaterThan(fokkerPlanck[2]!)
    expect(fokkerPlanckFisher.slice(1)).toEqual([null, null])
    for (const curve of [against.dataKl, against.dataFisher, against.residual])
      expect(curve.slice(1)).toEqual([null, null])
  })

  it('has an I within a tenth where it has one, from a start much narrower than a cell', async () => {
    const problem: QuadraticProblem = { hessian: [5, 0, 0.4], center: [0.3, 0.3], epsilon: 0.3 }
    const law: GaussianLaw = { mean: [1, -1], covariance: [0.0009, 0.0004, 0.0016] }
    const { report } = await lawsOf({
      energy: {
        kind: 'quadratic',
        center: problem.center,
        matrix: [
          [5, 0],
          [0, 0.4],
        ],
      },
      domain: { halfWidth: 6, cells: 96 },
      dynamics: {
        epsilon: problem.epsilon,
        stepSize: 0.01,
        steps: 12,
        particles: 16,
        sampler: 'mala',
        initial: {
          kind: 'gaussian',
          mean: law.mean,
          covariance: [
            [0.0009, 0.0004],
            [0.0004, 0.0016],
          ],
        },
      },
    })
    const { fokkerPlanckFisher } = report.curves
    // 321 on these cells, 378 in the closed form.
    expect(fokkerPlanckFisher[1]).toBeNull()
    const shown = fokkerPlanckFisher.flatMap((fisher, k) => (fisher === null ? [] : [[k, fisher]]))
    expect(shown.length).toBeGreaterThan(5)
    for (const [k, fisher] of shown as [number, number][]) {
      const exact = gaussianFisher(langevinLaw(problem, law, 0.01 * k), quadraticGibbs(problem))
      expect(Math.abs(fisher / exact - 1), `step ${k}`).toBeLessThan(0.1)
    }
  })

  it('stays at 0 from π, whatever the cells and however cold', async () => {
    for (const cells of [64, 101]) {
      const { report } = await lawsOf({
        target: { kind: 'eight-gaussians', sharpness: 1.5 },
        energy: { kind: 'exact' },
        domain: { halfWidth: 4, cells },
        dynamics: {
          epsilon: 0.4,
          stepSize: 0.002,
          steps: 4,
          particles: 16,
          sampler: 'mala',
          initial: { kind: 'gibbs' },
        },
      })
      for (const kl of report.curves.fokkerPlanck) expect(Math.abs(kl!)).toBeLessThan(1e-12)
      expect(largestBar(report)).toBeLessThan(1e-12)
    }
  })

  it('has a second grid and an error bar where no cells resolve the start', async () => {
    const square = await lawsOf(
      quadraticScene(96, startOf(1), {
        sampler: 'mala',
        initial: { kind: 'uniform', halfWidth: 0.33 },
      }),
    )
    expect(square.input.coarseStart!.cells).toBe(48)
    expect(largestBar(square.report)).toBeGreaterThan(0)
    // The same on cells of half the width tells how far it is off.
    const finer = await lawsOf(
      quadraticScene(144, startOf(1), {
        sampler: 'mala',
        initial: { kind: 'uniform', halfWidth: 0.33 },
      }),
    )
    for (let k = 1; k <= STEPS; k++) {
      const off = square.report.curves.fokkerPlanck[k]! - finer.report.curves.fokkerPlanck[k]!
      expect(Math.abs(off)).toBeLessThan(largestBar(square.report))
    }
  })

  it('is compared with the data on its own cells where the chain has no law', async () => {
    const { input, report } = await lawsOf({
      target: { kind: 'two-gaussians' },
      energy: { kind: 'exact' },
      domain: { halfWidth: 4, cells: 64 },
      dynamics: { epsilon: 1, stepSize: 0.01, steps: 3, particles: 16, sampler: 'mala' },
    })
    expect(input.cells).toBe(input.fokkerPlanckStart.cells)
    expect(report.curves.dataKl.every((kl) => kl !== null)).toBe(true)
  })

  it('keeps apart what a wall across the box keeps apart, to its error bar', async () => {
    const [left, right] = [0.21, 0.24]
    const { report } = await lawsOf({
      energy: {
        kind: 'sum',
        terms: [
          {
            weight: 1,
            energy: {
              kind: 'quadratic',
              center: [0.4, 0],
              matrix: [
                [1.5, 0],
                [0, 1],
              ],
            },
          },
        ],
        barriers: [
          {
            kind: 'polygon',
            points: [
              [left, -4.2],
              [right, -4.2],
              [right, 4.2],
              [left, 4.2],
            ],
            strength: 0,
          },
        ],
      },
      domain: { halfWidth: 4, cells: 96 },
      dynamics: {
        epsilon: 0.5,
        stepSize: 0.4,
        steps: 20,
        particles: 16,
        initial: {
          kind: 'gaussian',
          mean: [-0.3, 0],
          covariance: [
            [0.3, 0],
            [0, 0.3],
          ],
        },
      },
    })
    // In the end each side is π there, with the mass that started there.
    const below = (x: number, mean: number, variance: number): number =>
      0.5 * erfc((mean - x) / Math.sqrt(2 * variance))
    const [p, q] = [
      [-0.3, 0.3],
      [0.4, 1 / 3],
    ].map(([mean, variance]) => {
      const [a, b] = [below(left, mean!, variance!), 1 - below(right, mean!, variance!)]
      return a / (a + b)
    }) as [number, number]
    const wanted = p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q))
    const error = report.curves.fokkerPlanckError.at(-1)!
    expect(Math.abs(report.curves.fokkerPlanck.at(-1)! - wanted)).toBeLessThan(error)
    expect(error).toBeLessThan(0.1)
    expect(report.constants!.spectralGap).toBe(0)
  })
})

describe('the splits of a start, from which a proved gap certifies', () => {
  const quadratic = { kind: 'quadratic', center: [0, 0], matrix: HESSIAN }
  const sceneFrom = (initial: object, epsilon = 1, halfWidth = 4): object => ({
    energy: quadratic,
    domain: { halfWidth, cells: 96 },
    dynamics: { epsilon, stepSize: ETA, steps: 2, particles: 16, initial },
  })

  it.each([
    ['a narrow point', { kind: 'point', at: [1, 1], spread: 0.001 }, 1],
    ['a small square', { kind: 'uniform', halfWidth: 0.01 }, 1],
    [
      'a cold law',
      {
        kind: 'gaussian',
        mean: [0, 0],
        covariance: [
          [1, 0],
          [0, 1],
        ],
      },
      0.005,
    ],
  ])('are not made of cells that do not resolve it: %s', async (_name, initial, epsilon) => {
    const { report } = await lawsOf(sceneFrom(initial, epsilon))
    expect(report.startSplits ?? null).toBeNull()
  })

  it('have no χ² below that of the formula, nor a bound below KL', async () => {
    const s = 0.6
    const initial = {
      kind: 'gaussian',
      mean: [0.5, 0],
      covariance: [
        [s * s, 0],
        [0, s * s],
      ],
    }
    const { input, report } = await lawsOf(sceneFrom(initial, 1, 7))
    // ∫ρ²/π of Gaussians, S = s²I, H the Hessian: |H|^(−½) |S|⁻¹ |2S⁻¹ − H|^(−½) exp(½ b·(2S⁻¹ − H)⁻¹b − m·S⁻¹m), b = 2S⁻¹m.
    const [[xx, xy], [, yy]] = HESSIAN
    const p = 2 / (s * s)
    const determinant = (p - xx) * (p - yy) - xy * xy
    const bx = p * 0.5
    const quadraticForm = (0.5 * bx * bx * (p - yy)) / determinant - 0.25 / (s * s)
    const exact =
      -0.5 * Math.log(xx * yy - xy * xy) -
      Math.log(s ** 4) -
      0.5 * Math.log(determinant) +
      quadraticForm
    const [whole, ...rest] = report.startSplits!
    expect(whole!.renyi).toBeGreaterThan(exact - 1e-8)
    expect(whole!.renyi).toBeLessThan(exact + 0.02)
    for (const { mass, renyi, rest: far } of [whole!, ...rest])
      expect(mass * renyi + far).toBeGreaterThan(input.kl0!)
  })
})
