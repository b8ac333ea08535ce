import type { Gibbs } from '../../fields/gibbs.ts'
import { centreCoordinate, spacing } from '../../maths/grid.ts'
import { smallerState } from './logSobolev.ts'

/** One of the two states that a mode tells apart. */
interface ModeEnd {
  /** The maximum of π in the state; for a valley the mean of its side. */
  readonly at: readonly [number, number]
  /** Its share of π. */
  readonly mass: number
}

/** The exchange of mass that takes the longest: the two states of the slowest mode of the dynamics. */
export interface SlowMode {
  /**
   * `wells`: two maxima of π; `stray-…`: one of them has little mass, inside the box, at an edge or in a corner of it;
   * `valley`: both are slopes of one well, along its weakest direction.
   */
  readonly kind: 'wells' | 'stray-well' | 'stray-edge' | 'stray-corner' | 'valley'
  readonly heavier: ModeEnd
  readonly lighter: ModeEnd
}

/** A mode over the cells: about −1 in the heavier state and 1 in the lighter one, NaN where π = 0. */
export interface ModeRaster {
  readonly halfWidth: number
  readonly cells: number
  readonly values: Float32Array
}

/** A state of less mass is stray; at the edge of the box, where a target hardly has mass, one of less than STRAY_AT_EDGE. */
const STRAY = 1e-3
const STRAY_AT_EDGE = 0.05
/** Cells from a wall of the box that are its edge. */
const EDGE = 2

/**
 * The two states of a mode: the cells on either side of the middle between the two values that it would take on the two-state
 * chain of its third moment.
 * @param mode mean 0 and variance 1 under π
 */
export function slowModeOf(
  pi: Gibbs,
  mode: Float64Array,
): { readonly slowMode: SlowMode; readonly raster: ModeRaster } {
  const { box, density, parted } = pi
  const { cells } = box
  const area = spacing(box) * spacing(box)
  const { mass: theta, positive } = smallerState(pi, mode)
  const sign = positive ? 1 : -1
  // Half the distance of the two values; a state of no mass would be infinitely far.
  const half = 0.5 / Math.sqrt(Math.max(theta * (1 - theta), Number.MIN_VALUE))
  const middle = (1 - 2 * theta) * half
  const values = Float32Array.from(mode, (f, k) =>
    density[k]! > 0 ? (sign * f - middle) / half : Number.NaN,
  )
  const tops = [-1, -1]
  const masses = [0, 0]
  const moments = [
    [0, 0],
    [0, 0],
  ]
  for (let k = 0; k < density.length; k++) {
    const state = sign * mode[k]! > middle ? 1 : 0
    const mass = density[k]! * area
    const column = k % cells
    const moment = moments[state]!
    masses[state] = masses[state]! + mass
    moment[0] = moment[0]! + mass * centreCoordinate(box, column)
    moment[1] = moment[1]! + mass * centreCoordinate(box, (k - column) / cells)
    if (tops[state]! < 0 || density[k]! > density[tops[state]!]!) tops[state] = k
  }
  const isTop = (k: number): boolean => {
    const column = k % cells
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        if (column + dx < 0 || column + dx >= cells) continue
        const next = density[k + dx + dy * cells]
        if (next !== undefined && next > density[k]!) return false
      }
    }
    return true
  }
  const [rest, top] = [Math.max(0, tops[0]!), Math.max(0, tops[1]!)]
  const [column, row] = [top % cells, Math.floor(top / cells)]
  const [dx, dy] = [(rest % cells) - column, Math.floor(rest / cells) - row]
  // Maxima in neighbouring cells without a wall between them are one.
  const one = Math.abs(dx) <= 1 && Math.abs(dy) <= 1 && !(parted?.between(top, dx, dy) ?? false)
  const walls = [column, row].filter((i) => i < EDGE || i >= cells - EDGE).length
  const kind = ((): SlowMode['kind'] => {
    if (one || !isTop(top) || !isTop(rest)) return 'valley'
    if (walls > 0 && masses[1]! < STRAY_AT_EDGE) return walls === 2 ? 'stray-corner' : 'stray-edge'
    return masses[1]! < STRAY ? 'stray-well' : 'wells'
  })()
  const end = (state: 0 | 1, k: number): ModeEnd => {
    const mass = masses[state]!
    const [x, y] = moments[state]! as [number, number]
    const at = [k % cells, Math.floor(k / cells)].map((i) => centreCoordinate(box, i))
    return { at: kind === 'valley' ? [x / mass, y / mass] : [at[0]!, at[1]!], mass }
  }
  return {
    slowMode: { kind, heavier: end(0, rest), lighter: end(1, top) },
    raster: { halfWidth: box.halfWidth, cells, values },
  }
}
