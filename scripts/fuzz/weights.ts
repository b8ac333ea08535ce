import fc from 'fast-check'
import { readEnergyFile, writeEnergyFile } from '../../src/lab/io/energyFile.ts'
import { parseScene } from '../../src/lab/scene/reading/decode.ts'
import { sceneArbitrary } from '../../src/lab/scene/scenes.testing.ts'
import type { SceneSpec, ShelfRecipe } from '../../src/lab/scene/sceneSpec.ts'
import type { EnergyModel } from '../../src/learning/training/api.ts'
import { Draws } from './draws.ts'
import { changeBytes, changeText, concatenated, hostileJson } from './mutate.ts'
import { demandScene } from './scenes.ts'
import { demand, demandMessage, type Subject } from './subject.ts'

const SAMPLED = 60

function goodFile(draws: Draws, index: number, recipes: readonly (ShelfRecipe | null)[]) {
  const widths = Array.from({ length: 1 + draws.below(3) }, () => 1 + draws.below(6))
  const sizes = [2, ...widths, 1]
  const count = sizes.slice(1).reduce((sum, size, i) => sum + size * (sizes[i]! + 1), 0)
  const model: EnergyModel = {
    shape: { widths, activations: widths.map(() => draws.pick(['sin', 'silu', 'tanh'] as const)) },
    theta: Float32Array.from({ length: count }, () => draws.unit() - 0.5),
    halfWidth: 4,
    penaltyStart: 3.2,
    transform: draws.chance(0.5) ? null : { mean: [1, 2], deviation: [0.5, 3], extraScale: 1 },
  }
  return writeEnergyFile(
    model,
    recipes[index % recipes.length]!,
    draws.chance(0.3) ? 'by hand' : null,
  )
}

function recipeOf({ seed, target, training }: SceneSpec): ShelfRecipe {
  return { seed, target, training }
}

/** A file with another header; its length is that of the header unless drawn otherwise. */
function withHeader(file: Uint8Array, draws: Draws, change: (header: string) => string) {
  const length = new DataView(file.buffer).getUint32(0, true)
  const header = new TextEncoder().encode(
    change(new TextDecoder().decode(file.subarray(8, 8 + length))),
  )
  const prefix = new Uint8Array(8)
  const view = new DataView(prefix.buffer)
  view.setUint32(0, header.length, true)
  if (draws.chance(0.1))
    view.setUint32(draws.pick([0, 4]), draws.pick([0, 1, 2 ** 20, 2 ** 32 - 1]), true)
  return concatenated([prefix, header, file.subarray(8 + length)])
}

/** The header with one member twice, at the top or further in. */
function repeatMember(header: string, draws: Draws): string {
  const members = [...header.matchAll(/"[^"\\]*":(?:\{[^{}"]*\}|\[[^[\]]*\]|"[^"\\]*")/gu)]
  const { 0: member, index } = draws.pick(members)
  return `${header.slice(0, index)}${member},${header.slice(index)}`
}

const HUGE: readonly ((file: Uint8Array) => Uint8Array)[] = [
  (file) => concatenated([file, new Uint8Array(10_000_000)]),
  () => new Uint8Array(10_000_000),
  () =>
    headed(
      `{${Array.from({ length: 15_000 }, (_, i) => `"w${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join()}}`,
    ),
  () => headed(`{"a":${'['.repeat(990_000)}`),
  () => headed(`{"__metadata__":{"recipe":"${'['.repeat(990_000)}"}}`),
  () => headed(`{"__metadata__":{"recipe":"${'9'.repeat(990_000)}"}}`),
  () => headed(`{"w0":{"dtype":"F64","shape":[1000000],"data_offsets":[0,8000000]}}`, 8_000_000),
]

function headed(header: string, data = 0): Uint8Array {
  const bytes = new TextEncoder().encode(header)
  const prefix = new Uint8Array(8)
  new DataView(prefix.buffer).setUint32(0, bytes.length, true)
  return concatenated([prefix, bytes, new Uint8Array(data)])
}

export const weights: Subject = {
  name: 'weights',
  count: 20_000,
  open(seed) {
    const recipes = [null, ...fc.sample(sceneArbitrary, { numRuns: SAMPLED, seed }).map(recipeOf)]
    const files = Array.from({ length: SAMPLED }, (_, i) =>
      goodFile(new Draws(seed, -1 - i), i, recipes),
    )
    return (draws) => {
      const good = draws.pick(files)
      const other = draws.pick(files)
      const kind = draws.unit()
      const isIntact = kind < 0.02
      const isRepeated = kind >= 0.02 && kind < 0.12
      const bytes = isIntact
        ? good
        : isRepeated
          ? withHeader(good, new Draws(0, 0), (header) => repeatMember(header, draws))
          : kind < 0.121
            ? draws.pick(HUGE)(good)
            : kind < 0.5
              ? withHeader(good, draws, (header) => hostileJson(JSON.parse(header), draws))
              : kind < 0.65
                ? withHeader(good, draws, (header) => changeText(header, draws, header))
                : changeBytes(good, draws, other)
      const read = () => readEnergyFile(bytes)
      return {
        input: bytes,
        read,
        verify() {
          const file = read()
          if ('error' in file) {
            demand(!isIntact, `a good file is refused: ${file.error}`)
            demandMessage(file.error)
            if (isRepeated)
              demand(file.error.includes('the same key twice'), `no key is named: ${file.error}`)
            return
          }
          demand(!isRepeated, 'a key that stands twice is read')
          const { model, recipe, notes } = file
          const sizes = [2, ...model.shape.widths, 1]
          const count = sizes.slice(1).reduce((sum, size, i) => sum + size * (sizes[i]! + 1), 0)
          demand(model.theta.length === count, 'weights that do not fill the network')
          demand(model.theta.every(Number.isFinite), 'a weight that is no number')
          demand(
            model.shape.activations.length === model.shape.widths.length,
            'a layer without its activation',
          )
          demand(model.penaltyStart > 0 && model.penaltyStart <= model.halfWidth, 'no confinement')
          for (const note of notes) demandMessage(note)
          if (recipe !== null) {
            const parsed = parseScene({ energy: { kind: 'shelf', id: 'a', recipe } })
            demand('scene' in parsed, 'a recipe that no scene may hold')
            if ('scene' in parsed) demandScene(parsed.scene)
          }
          const written = writeEnergyFile(model, recipe)
          const again = readEnergyFile(written)
          demand(!('error' in again), 'a file that is refused when written again')
          if ('error' in again) return
          const twice = writeEnergyFile(again.model, again.recipe)
          demand(
            Buffer.compare(twice, written) === 0,
            'a file that changes each time it is written',
          )
        },
      }
    }
  },
}
