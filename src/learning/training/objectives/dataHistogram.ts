import { log } from '../../../core/maths/elementary.ts'
import { centreCoordinate, type Box } from '../../../core/maths/grid.ts'
import { hash4, unit, type Key } from '../../../core/maths/rng.ts'
import type { JumpDensity } from '../../kernels/block.ts'
import type { ObjectiveContext } from './objective.ts'

/** Cells a side. */
const SIDE = 64
/** Length of the list of cells. */
const ENTRIES = 2 ** 15
/** Leaves the upper 15 bits of a word. */
const ENTRY_SHIFT = 32 - 15

const words = new Uint32Array(4)

/**
 * A histogram of 28,672 draws of the data on 64² cells of Ω, and the proposals of the independence Metropolis–Hastings jumps of
 * persistent chains. A list has each cell once, and then the cells of the draws; a proposal is uniform in the cell of a
 * random entry. So its density q is close to the data where they are, an eighth of it covers Ω, and log q is known
 * exactly. Where a cell is narrower than the features of the data, most jumps are accepted once V has learned them, and chains
 * change between modes that are far apart.
 */
export class DataHistogram {
  readonly box: Box
  /** Share of the draws in each cell, row-major, x fastest. */
  readonly shares: Float64Array
  /** q. */
  readonly jumps: JumpDensity
  private readonly cells = new Uint16Array(ENTRIES)

  constructor({ problem, steps }: Pick<ObjectiveContext, 'problem' | 'steps'>) {
    const count = SIDE * SIDE
    this.box = { halfWidth: problem.halfWidth, cells: SIDE }
    const draws = new Float32Array(2 * (ENTRIES - count))
    // No training step uses this batch.
    problem.batch(steps + 1, draws.length / 2, draws)
    const found = new Uint32Array(count)
    for (let k = 0; k < count; k++) this.cells[k] = k
    for (let i = 0; i < draws.length; i += 2) {
      const cell = this.cellOf(draws[i]!, draws[i + 1]!)
      this.cells[count + i / 2] = cell
      found[cell]!++
    }
    this.shares = Float64Array.from(found, (n) => n / (ENTRIES - count))
    this.jumps = { side: SIDE, log: Float32Array.from(found, (n) => log(1 + n)) }
  }

  /**
   * One proposal for each chain, from words 0, 1 and 3 of hash4(key, chain, counter).
   * @param out length 2 × chains; overwritten
   */
  draw(key: Key, counter: number, out: Float32Array): void {
    const { halfWidth } = this.box
    for (let i = 0; i < out.length; i += 2) {
      hash4(key, i / 2, counter, words)
      const cell = this.cells[words[3]! >>> ENTRY_SHIFT]!
      out[i] = halfWidth * ((2 * ((cell % SIDE) + unit(words[0]!))) / SIDE - 1)
      out[i + 1] = halfWidth * ((2 * (Math.floor(cell / SIDE) + unit(words[1]!))) / SIDE - 1)
    }
  }

  /** log q at a point of Ω, up to a constant. */
  logDensity(x: number, y: number): number {
    return this.jumps.log[this.cellOf(x, y)]!
  }

  /** The centre of a cell. */
  centre(cell: number): readonly [x: number, y: number] {
    const { box } = this
    return [centreCoordinate(box, cell % SIDE), centreCoordinate(box, Math.floor(cell / SIDE))]
  }

  /** The cell of a point of Ω. */
  cellOf(x: number, y: number): number {
    return this.line(y) * SIDE + this.line(x)
  }

  private line(z: number): number {
    const line = Math.floor((z / this.box.halfWidth + 1) * (SIDE / 2))
    // A float32 coordinate may lie beyond the wall by its rounding.
    return Math.min(SIDE - 1, Math.max(0, line))
  }
}
