import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { klModelData, tabulateDensity } from '../../../core/analysis/estimators/kl.ts'
import { gibbs } from '../../../core/fields/gibbs.ts'
import { targetKind } from '../../../core/targets/registry.ts'
import { createBench, sceneOf } from '../session.testing.ts'
import { followLaws } from '../runs/followLaws.ts'

/** The laws of a scene of a few steps, with the data law that they were compared with. */
async function lawsOf(energy: object, { cells = 64, epsilon = 1 } = {}) {
  const bench = createBench()
  for (const name of ['rings', 'two-gaussians'])
    bench.assets.bytes.set(
      `pretrained:${name}`,
      readFileSync(new URL(`../../../../public/energies/${name}.safetensors`, import.meta.url)),
    )
  const scene = sceneOf({
    ...{ energy, target: { kind: 'banana' }, domain: { halfWidth: 4, cells } },
    dynamics: { steps: 1, particles: 16, stepSize: 0.05, epsilon },
  })
  const ready = await bench.session.prepare({ run: 1, scene })
  const input = await bench.session.analysisInput({ run: 1 })
  const { dataAtGibbs } = await followLaws(input, bench)
  return { input, dataAtGibbs, ready }
}

const quadratic = (x: number, a: number) => ({
  kind: 'quadratic',
  center: [x, 0],
  matrix: [
    [a, 0],
    [0, a],
  ],
})
const sum = (terms: readonly (readonly [number, object])[], more: object = {}) => ({
  kind: 'sum',
  terms: terms.map(([weight, energy]) => ({ weight, energy })),
  ...more,
})

it('a sum of formulas is at ε = 1 its data itself, and at another ε as far from them as the closed form', async () => {
  const energy = sum([
    [1, quadratic(0.5, 4)],
    [2, quadratic(-0.2, 3)],
  ])
  expect((await lawsOf(energy)).dataAtGibbs).toBeLessThan(1e-10)
  // π = N(m, C/2) and ρ_D = N(m, C): KL = ½(2·½ − 2 − 2 log ½).
  const cold = await lawsOf(energy, { epsilon: 0.5 })
  expect(cold.dataAtGibbs).toBeCloseTo(Math.log(2) - 0.5, 6)
  expect(cold.ready.dataLaw).toBe('known')
})

it('compares trained terms with the composition of what they were trained on', async () => {
  const names = ['rings', 'two-gaussians'] as const
  const shipped = names.map((name) => ({ kind: 'pretrained', name }))
  const terms = [
    [1, shipped[0]!],
    [0.5, shipped[1]!],
  ] as const
  const densities = names.map((name) => {
    const kind = targetKind(name)
    return kind.build(kind.defaultSharpness).density!
  })
  const box = { halfWidth: 4, cells: 96 }
  const masses = densities.map(
    (density) => tabulateDensity((x, y) => density.logDensity(x, y), box).mass,
  )
  const expected = {
    and: (x: number, y: number) =>
      densities[0]!.logDensity(x, y) + 0.5 * densities[1]!.logDensity(x, y),
    or: (x: number, y: number) =>
      Math.log(
        densities.reduce(
          (all, density, i) =>
            all + ([2 / 3, 1 / 3][i]! * Math.exp(density.logDensity(x, y))) / masses[i]!,
          0,
        ),
      ),
  }
  for (const operation of ['and', 'or'] as const) {
    const { input, dataAtGibbs, ready } = await lawsOf(
      sum(terms, operation === 'or' ? { operation } : {}),
      { cells: 96 },
    )
    const table = tabulateDensity(expected[operation], box)
    const worst = table.density.reduce(
      (most, p, k) => Math.max(most, Math.abs(p - Math.exp(input.data!.logDensity[k]!))),
      0,
    )
    expect(input.cells).toBe(96)
    expect(worst).toBeLessThan(1e-9)
    const { halfWidth, cells, ...nodes } = input.grid
    const pi = gibbs({ grid: { box: { halfWidth, cells }, ...nodes }, barriers: [] }, 1)
    expect(dataAtGibbs).toBeCloseTo(klModelData(pi, table), 6)
    expect(ready.dataLaw).toBe('known')
  }
})

it('compares a mixture with a term that has next to nothing in the box', async () => {
  const far = sum(
    [
      [1, quadratic(0, 4)],
      [1, quadratic(10, 50)],
    ],
    { operation: 'or' },
  )
  const { input, dataAtGibbs } = await lawsOf(far)
  expect(input.data!.logDensity.every((value) => !Number.isNaN(value))).toBe(true)
  // Within the box the far term is steeper than a cell resolves.
  expect(dataAtGibbs).toBeLessThan(0.01)
})

it('knows no data behind a weight below 0, and none behind points without a density', async () => {
  const not = sum([
    [1, quadratic(0, 4)],
    [-0.2, quadratic(1, 2)],
  ])
  const { input, dataAtGibbs, ready } = await lawsOf(not)
  expect([input.data, dataAtGibbs, ready.dataLaw]).toEqual([null, null, 'none'])
})
