import type { EnergyGrid } from '../../fields/energyField.ts'
import { nodeCoordinate, type Box } from '../../maths/grid.ts'
import { Purpose, Rng } from '../../maths/rng.ts'

/** A table of noise: no smoothness is asked for, and no number is a special one. */
export function tableOf(box: Box, seed: number, steepness = 1): EnergyGrid {
  const rng = new Rng({ seed, purpose: Purpose.probe })
  const nodes = (box.cells + 1) ** 2
  const draw = (scale: number) => Float64Array.from({ length: nodes }, () => scale * rng.normal())
  return { box, v: draw(steepness), vx: draw(steepness), vy: draw(steepness), vxy: draw(steepness) }
}

/** Points all over the box, on nodes, on lines between cells, on the walls, at the corners and at ±0. */
export function pointsOn({ halfWidth: w, cells }: Box, n: number, seed: number): Float64Array {
  const box = { halfWidth: w, cells }
  const rng = new Rng({ seed, purpose: Purpose.initial })
  const special = [-w, w, 0, -0, nodeCoordinate(box, 1), nodeCoordinate(box, cells - 1)]
  return Float64Array.from({ length: 2 * n }, () => {
    const kind = rng.integer(4)
    if (kind === 0) return special[rng.integer(special.length)]!
    if (kind === 1) return nodeCoordinate(box, rng.integer(cells + 1))
    return w * (2 * rng.uniform() - 1)
  })
}
