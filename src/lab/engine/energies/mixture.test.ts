import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { EnergyGrid } from '../../../core/fields/energyField.ts'
import { combineGrids, mixGrids } from '../../../core/fields/energyGrid.ts'
import { gibbs, LOG_Z_TOLERANCE } from '../../../core/fields/gibbs.ts'
import type { Landscape } from '../../protocol/calls.ts'
import { createBench, sceneOf } from '../session.testing.ts'

const SMALL = { domain: { halfWidth: 4, cells: 48 }, dynamics: { steps: 0, particles: 16 } }
const BANANA = { kind: 'banana' }
const QUADRATIC = { kind: 'quadratic', center: [0.5, -0.4] }
const EXACT = { energy: { kind: 'exact' }, target: BANANA }

const gridOf = ({ halfWidth, cells, v, vx, vy, vxy }: Landscape): EnergyGrid => ({
  box: { halfWidth, cells },
  v,
  vx,
  vy,
  vxy,
})
const logZOf = (grid: EnergyGrid) => gibbs({ grid, barriers: [] }, 1).logZ
const mixed = (weights: readonly number[], grids: readonly EnergyGrid[]) =>
  mixGrids(weights, grids, grids.map(logZOf))

function open() {
  const { session, assets } = createBench()
  const prepare = (energy: object, more: object = {}) =>
    session.prepare({ run: 1, scene: sceneOf({ ...SMALL, energy, ...more }) })
  return {
    assets,
    prepare,
    grid: async (energy: object, more?: object) => gridOf((await prepare(energy, more)).landscape),
  }
}

test('two shipped energies by or: the density is that of the mixture of the two laws, and log Z is 0', async () => {
  const { assets, grid } = open()
  const names = ['rings', 'two-gaussians']
  for (const name of names)
    assets.bytes.set(
      `pretrained:${name}`,
      readFileSync(new URL(`../../../../public/energies/${name}.safetensors`, import.meta.url)),
    )
  const domain = { domain: { halfWidth: 4, cells: 128 } }
  const energies = names.map((name) => ({ kind: 'pretrained', name }))
  const [rings, gaussians] = [await grid(energies[0]!, domain), await grid(energies[1]!, domain)]
  const terms = [
    { weight: 1, energy: energies[0] },
    { weight: 3, energy: energies[1] },
  ]
  const both = await grid({ kind: 'sum', operation: 'or', terms }, domain)
  const [zRings, zGaussians] = [logZOf(rings), logZOf(gaussians)]
  const error = both.v.reduce((most, v, k) => {
    const density =
      0.25 * Math.exp(-rings.v[k]! - zRings) + 0.75 * Math.exp(-gaussians.v[k]! - zGaussians)
    return Math.max(most, Math.abs(Math.exp(-v) - density))
  }, 0)
  expect(error).toBeLessThan(1e-6)
  expect(Math.abs(logZOf(both))).toBeLessThan(LOG_Z_TOLERANCE)
})

test('sums stand in mixtures and mixtures in sums, and the terms are told by their names', async () => {
  const { prepare, grid } = open()
  const [quadratic, exact] = [await grid(QUADRATIC), await grid(EXACT.energy, { target: BANANA })]
  const or = (weights: readonly number[], energies: readonly object[]) => ({
    kind: 'sum',
    operation: 'or',
    terms: energies.map((term, i) => ({ ...term, weight: weights[i] })),
  })
  const and = {
    kind: 'sum',
    terms: [
      { weight: 0.5, energy: QUADRATIC },
      { ...EXACT, weight: 2 },
    ],
  }
  const mixtureOfSums = await prepare(or([1, 4], [{ energy: and }, { energy: QUADRATIC }]))
  const sumOfMixtures = await prepare({
    kind: 'sum',
    terms: [
      { weight: -0.2, energy: QUADRATIC },
      { weight: 1.5, energy: or([2, 3], [EXACT, { energy: QUADRATIC }]) },
    ],
  })
  const expected = [
    mixed([1, 4], [combineGrids([0.5, 2], [quadratic, exact]), quadratic]),
    combineGrids([-0.2, 1.5], [quadratic, mixed([2, 3], [exact, quadratic])]),
  ]
  for (const [i, { landscape }] of [mixtureOfSums, sumOfMixtures].entries())
    for (const key of ['v', 'vx', 'vy', 'vxy'] as const)
      expect(landscape[key]).toEqual(expected[i]![key])
  expect(mixtureOfSums.terms).toEqual(['quadratic + banana, exact', 'quadratic'])
  expect(sumOfMixtures.terms).toEqual(['quadratic', 'banana, exact or quadratic'])
})

test('at another ε the energy stays that of the mixture at ε = 1', async () => {
  const { grid } = open()
  const terms = [{ ...EXACT }, { energy: QUADRATIC }]
  const energy = { kind: 'sum', operation: 'or', terms }
  const cold = await grid(energy, { dynamics: { ...SMALL.dynamics, epsilon: 0.3 } })
  expect(cold).toEqual(await grid(energy))
})

test('barriers stand beside the terms of a mixture; one inside a term is refused by name', async () => {
  const { prepare } = open()
  const barriers = [{ kind: 'disc', radius: 0.4, strength: 0.2 }]
  const terms = [{ ...EXACT }, { energy: QUADRATIC }]
  const beside = { kind: 'sum', operation: 'or', terms, barriers }
  expect((await prepare(beside)).landscape.barriers).toMatchObject(barriers)
  const halved = { kind: 'sum', terms: [{ weight: 0.5, energy: beside }] }
  expect((await prepare(halved)).landscape.barriers).toMatchObject([{ strength: 0.1 }])
  const inside = { kind: 'sum', terms: [{ ...EXACT }], barriers }
  const refused = prepare({
    kind: 'sum',
    operation: 'or',
    terms: [{ ...EXACT }, { energy: inside }],
  })
  await expect(refused).rejects.toMatchObject({
    field: 'energy.terms.1.energy',
    message: expect.stringMatching(/barrier inside a term of an or; allowed: barriers/) as string,
  })
})

test('a term too narrow for the cells is told: its share of the mixture is lost', async () => {
  const { prepare } = open()
  const narrow = {
    kind: 'quadratic',
    center: [1, 0],
    matrix: [
      [10_000, 0],
      [0, 10_000],
    ],
  }
  const or = (second: object) => ({
    kind: 'sum',
    operation: 'or',
    terms: [{ energy: QUADRATIC }, { energy: second }],
  })
  const told = async (energy: object) =>
    (await prepare(energy)).notices.filter(({ about }) => about === 'mixture').length
  expect(await told(or({ ...QUADRATIC, center: [-0.5, 0] }))).toBe(0)
  expect(await told(or({ ...narrow, center: [1.04, 0.05] }))).toBe(1)
})
