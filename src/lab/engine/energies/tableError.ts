import type { EnergyField, EnergyGrid } from '../../../core/fields/energyField.ts'
import { readGradient, readValue } from '../../../core/fields/energyGrid.ts'
import { gibbs } from '../../../core/fields/gibbs.ts'
import { centreCoordinate } from '../../../core/maths/grid.ts'
import type { TableError } from '../../protocol/result.ts'
import type { Slicer } from '../environment.ts'
import type { BatchEnergy } from './tabulate.ts'

/** Share of π that the checked cells hold. */
const MASS = 0.999
/** Points evaluated between two pauses. */
const CHUNK = 512

/**
 * Largest |V_table − V| and |∇V_table − ∇V| over the centres of the cells that hold 99.9 % of π at
 * ε = 1, the fullest first. Centres lie farthest from the nodes, where the table is exact.
 */
export async function tableErrorOf(
  field: EnergyField,
  energy: BatchEnergy,
  slicer: Slicer,
): Promise<TableError> {
  const { box, density } = gibbs(field, 1)
  const order = Array.from(density.keys()).sort((a, b) => density[b]! - density[a]!)
  const total = density.reduce((sum, p) => sum + p, 0)
  let mass = 0
  let count = 0
  while (count < order.length && mass < MASS * total) mass += density[order[count++]!]!
  const xy = new Float64Array(2 * count)
  for (let i = 0; i < count; i++) {
    const cell = order[i]!
    xy[2 * i] = centreCoordinate(box, cell % box.cells)
    xy[2 * i + 1] = centreCoordinate(box, Math.floor(cell / box.cells))
  }
  let worst: TableError = { value: 0, gradient: 0 }
  for (let start = 0; start < count; start += CHUNK) {
    const part = xy.subarray(2 * start, 2 * Math.min(count, start + CHUNK))
    const found = largestDifference(field.grid, part, energy)
    worst = {
      value: Math.max(worst.value, found.value),
      gradient: Math.max(worst.gradient, found.gradient),
    }
    await slicer.breathe()
  }
  return worst
}

/**
 * Largest |V_table − V| and |∇V_table − ∇V| over points of the box.
 * @param xy length 2n
 */
export function largestDifference(
  grid: EnergyGrid,
  xy: Float64Array,
  energy: BatchEnergy,
): TableError {
  const n = xy.length / 2
  const value = new Float64Array(n)
  const gradient = new Float64Array(2 * n)
  energy(xy, value, gradient)
  const read = new Float64Array(2)
  let worst = 0
  let worstSquare = 0
  for (let i = 0; i < n; i++) {
    const x = xy[2 * i]!
    const y = xy[2 * i + 1]!
    worst = Math.max(worst, Math.abs(readValue(grid, x, y) - value[i]!))
    readGradient(grid, x, y, read)
    const dx = read[0]! - gradient[2 * i]!
    const dy = read[1]! - gradient[2 * i + 1]!
    worstSquare = Math.max(worstSquare, dx * dx + dy * dy)
  }
  return { value: worst, gradient: Math.sqrt(worstSquare) }
}
