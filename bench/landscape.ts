import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { EnergyField } from '../src/core/fields/energyField.ts'
import { tabulateEnergy } from '../src/core/fields/energyGrid.ts'
import { createTransition, type Transition } from '../src/core/fields/transition.ts'
import { fold } from '../src/core/maths/grid.ts'
import { Purpose, Rng } from '../src/core/maths/rng.ts'
import { createCloud, type Cloud } from '../src/core/samplers/sampler.ts'
import { langevin } from '../src/core/samplers/langevin.ts'
import { modelEnergy } from '../src/lab/engine/energies/tabulate.ts'
import { readEnergyFile } from '../src/lab/io/energyFile.ts'
import type { EnergyModel } from '../src/learning/training/api.ts'

/** A shipped energy, as the page has it: the network, and its table. */
export interface Shipped {
  readonly model: EnergyModel
  readonly field: EnergyField
}

/** @param cells of the table; the page's own number is 128 */
export function shippedEnergy(id: string, cells = 128): Shipped {
  const file = path.resolve(import.meta.dirname, '../public/energies', `${id}.safetensors`)
  const read = readEnergyFile(readFileSync(file))
  if ('error' in read) throw new Error(`${file}: ${read.error}`)
  const { model } = read
  const energy = modelEnergy(model)
  const xy = new Float64Array(2)
  const value = new Float64Array(1)
  const gradient = new Float64Array(2)
  const grid = tabulateEnergy({ halfWidth: model.halfWidth, cells }, (x, y, out) => {
    xy[0] = x
    xy[1] = y
    energy(xy, value, gradient)
    out[0] = value[0]!
    out[1] = gradient[0]!
    out[2] = gradient[1]!
  })
  return { model, field: { grid, barriers: [] } }
}

/** Plain Langevin at ε = 1, with a step size that suits the shipped two moons. */
export const PLAIN: Transition = createTransition({
  stepSize: 0.02,
  epsilon: 1,
  skew: 0,
  preconditioner: [
    [1, 0],
    [0, 1],
  ],
})

export const NOISE = { seed: 1, purpose: Purpose.dynamics } as const

/** n particles some steps after N(0, I): where particles of a run are, and where their tables are read. */
export function settledCloud(field: EnergyField, n: number): Cloud {
  const rng = new Rng({ seed: 1, purpose: Purpose.initial })
  const w = field.grid.box.halfWidth
  const cloud = createCloud(Float64Array.from({ length: 2 * n }, () => fold(rng.normal(), w)))
  for (let step = 1; step <= 25; step++) langevin.step(cloud, field, PLAIN, NOISE, step)
  return cloud
}
