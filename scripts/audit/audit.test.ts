import { expect, it } from 'vitest'
import type { RunResult } from '../../src/lab/protocol/result.ts'
import type { SceneSpec } from '../../src/lab/scene/sceneSpec.ts'
import { perform } from '../reproduce/perform.ts'
import { auditScene, type Check, judge } from './checks.ts'
import { energyOf, startOf } from './energies.ts'
import { ChainLaw, continuousKl, flowKl, normalKl, quadraticOf, restOf } from './laws.ts'
import { KINDS, sceneOf } from './scenes.ts'
import { failuresOf, isTrue, pooled } from './verdict.ts'

/** Of `npm run audit:truth`, which takes minutes: scenes of one seed with few steps. */
const SEED = 20261129

/** The references of a sample may be coarser: what they do not know of themselves is allowed for. */
const EFFORT = { start: 100, rest: 60, continuous: 64 }

function brief(scene: SceneSpec): SceneSpec {
  return { ...scene, dynamics: { ...scene.dynamics, steps: 2, particles: 256 } }
}

/** Of each kind one that is soon done. */
const SAMPLE = { ou: 3, mixtures: 2, sums: 2, barriers: 2, points: 4, starts: 4 }

it.each(KINDS)('nothing is false of a random scene: %s', async (kind) => {
  const index = SAMPLE[kind]
  // Cells that walls cut know less of what they do not know.
  const effort = kind === 'barriers' ? { start: 200, rest: 100, continuous: 160 } : EFFORT
  const readings = await auditScene(brief(sceneOf(kind, SEED, index)), effort)
  expect(readings.length).toBeGreaterThan(5)
  expect(failuresOf([{ kind, index, readings }], [])).toEqual([])
})

/** A quadratic scene on the plane whose start is not far from π. */
function quadraticScene(): SceneSpec {
  const scene = sceneOf('ou', SEED, 0)
  return {
    ...scene,
    energy: {
      kind: 'quadratic',
      center: [0.1, -0.2],
      matrix: [
        [1.2, 0.3],
        [0.3, 0.9],
      ],
    },
    domain: { halfWidth: 9, cells: 80 },
    dynamics: {
      ...scene.dynamics,
      epsilon: 0.8,
      stepSize: 0.1,
      steps: 4,
      particles: 256,
      skew: 0,
      preconditioner: [
        [1, 0],
        [0, 1],
      ],
      initial: {
        kind: 'gaussian',
        mean: [1, 0.5],
        covariance: [
          [0.6, 0.1],
          [0.1, 0.9],
        ],
      },
    },
    stopping: { ...scene.stopping, delta: 1 },
  }
}

it('has references that agree with closed forms', () => {
  const far = quadraticScene()
  // Nearer walls, which are far enough still, cost less.
  const scene = { ...far, domain: { halfWidth: 6, cells: 64 } }
  const { stepSize } = scene.dynamics
  const energy = energyOf(scene)
  const start = startOf(scene, energy, 80)
  const problem = quadraticOf(scene)!
  const chain = new ChainLaw(energy, start, stepSize!, 60)
  let law = problem.start
  let pushed = problem.start
  const flow = flowKl(energy, start, restOf(energy, 60, 2).logZ, stepSize!, 3)
  for (let k = 1; k <= 3; k++) {
    chain.advance()
    law = problem.step(law)
    pushed = problem.push(pushed)
    expect(chain.kl).toBeCloseTo(normalKl(law, problem.rest), 4)
    expect(flow[k]).toBeCloseTo(normalKl(pushed, problem.rest), 3)
  }
  // dKL/dt of the continuous dynamics is that of very short steps of the chain.
  const short = quadraticOf({ ...scene, dynamics: { ...scene.dynamics, stepSize: 1e-4 } })!
  let brief = short.start
  for (let n = 0; n < 1000; n++) brief = short.step(brief)
  const [coarse, fine] = [24, 48].map((cells) => continuousKl(energy, start, cells, 0.1, 1, 1)[1]!)
  expect((4 * fine! - coarse!) / 3).toBeCloseTo(normalKl(brief, short.rest), 3)
})

it('finds each kind of statement that is false', async () => {
  const scene = quadraticScene()
  const { runs } = await perform({ scene, seeds: [1], laws: 'shared' })
  const { result } = runs[0]!
  expect(judge(scene, result, EFFORT).filter((reading) => !isTrue(reading))).toEqual([])
  const { langevin, deterministic, constants } = result
  const raised = (curve: readonly (number | null)[], by: number): (number | null)[] =>
    curve.map((value) => (value === null ? null : value + by))
  const scaled = (curve: readonly (number | null)[], by: number): (number | null)[] =>
    curve.map((value) => (value === null ? null : value * by))
  const certified = (criterion: string): Partial<RunResult> => ({
    stopping: [
      {
        criterion,
        divergence: 'gibbs',
        step: 1,
        kl: null,
        klMeaning: null,
        reason: '',
        status: 'certificate',
        outcome: 'stopped',
      },
    ],
  })
  const lies: [Check, Partial<RunResult>][] = [
    ['kl0', { langevin: { ...langevin, kl: raised(langevin.kl, 0.01) } }],
    ['fisher0', { langevin: { ...langevin, fisher: scaled(langevin.fisher, 1.2) } }],
    ['exact', { langevin: { ...langevin, klExact: raised(langevin.klExact, 0.01) } }],
    ['envelope', { langevin: { ...langevin, envelope: scaled(langevin.klExact, 0.99) } }],
    ['certificate', certified('a-priori')],
    ['gapCertificate', certified('poincare')],
    [
      'gapBound',
      {
        constants: {
          ...constants,
          spectralGapBound: { value: 1.3 * constants.spectralGap!, cells: 128 },
        },
      },
    ],
    [
      'continuous',
      { langevin: { ...langevin, fokkerPlanck: raised(langevin.fokkerPlanck, 0.01) } },
    ],
    [
      'proved',
      {
        constants: {
          ...constants,
          logSobolevBound: { value: 3 * constants.spectralGap!, method: '', reason: '' },
        },
      },
    ],
    ['estimate', { constants: { ...constants, logSobolevEstimate: 3 * constants.spectralGap! } }],
    ['gap', { constants: { ...constants, spectralGap: 1.3 * constants.spectralGap! } }],
    ['particles', { langevin: { ...langevin, kl: raised(langevin.kl, 2) } }],
    ['flow', { deterministic: { ...deterministic, kl: raised(deterministic.kl, 2) } }],
  ]
  for (const [check, lie] of lies) {
    const told = { ...scene, stopping: { ...scene.stopping, delta: 0.05 } }
    const found = judge(told, { ...result, ...lie }, EFFORT).filter((reading) => !isTrue(reading))
    expect([check, found.map((reading) => reading.check).includes(check)]).toEqual([check, true])
  }
})

it('counts the coverage of an estimator over all its cases, and none that is far off hides among them', () => {
  const one = (covered: number) => ({
    ...{ what: 'x', scene: '', step: 1, truth: 0, bias: 0, ratio: 1 },
    covered,
    seeds: 40,
  })
  const met = (...covered: number[]) => pooled(covered.map(one))[0]!.met
  expect(met(38, 37, 38)).toBe(true)
  expect(met(35, 36, 35)).toBe(false)
  expect(met(40, 40, 39)).toBe(false)
  expect(met(40, 40, 40, 38, 30, 39, 40, 39)).toBe(false)
})
