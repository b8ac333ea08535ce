import { fieldJet } from '../../fields/fieldReading.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { METRIC_ENTRIES, readMetric } from '../../fields/placeMetric.ts'
import { map, type Transition } from '../../fields/transition.ts'
import { log } from '../../maths/elementary.ts'
import { spacing } from '../../maths/grid.ts'
import { determinant2, isPositiveDefinite2 } from '../../maths/linalg2.ts'
import type { Basin, Collapse, DeterministicCurves } from '../curves.ts'

/*
 * The late phase of the deterministic flow: KL(ρ_k‖π) → ∞ from almost every start, growing in the end by
 * −Σ p_i log|det(I − ηD∇²V(x_i*))| a step of the map. This slope is predicted without the measured KL of the late
 * steps, so that comparing the two is a test.
 */

/**
 * The evaluated step at which the flow was nearest to π: where S turned from ≤ 0 to > 0, so that KL stopped
 * falling; step 0 counts as such where S > 0 from the start, as KL then rises at once. Of several such steps it is the one
 * with the lowest KL, the earliest where KL is not known. An estimate, not a certificate.
 * @returns null while KL has only been falling
 */
export function bestStep(curves: Pick<DeterministicCurves, 'kl' | 'klRate'>): number | null {
  let best: number | null = null
  let lowest = Infinity
  let falling = true
  for (let k = 0; k < curves.klRate.length; k++) {
    const rate = curves.klRate[k] ?? null
    if (rate === null) continue
    if (rate > 0 && falling) {
      const kl = curves.kl[k] ?? Infinity
      if (best === null || kl < lowest) {
        best = k
        lowest = kl
      }
    }
    falling = rate <= 0
  }
  return best
}

/** Side of the squares in which one particle stands for all, in cells of the table. */
const SQUARE = 1 / 8
/** Steps of the map between two checks whether a particle has arrived. */
const ROUND = 32
/** Most steps of the map, over all particles followed. */
const MOST_STEPS = 4_000_000
/** Newton's method ends at a minimum once its step is at most this part of a cell. */
const CONVERGED = 1e-8
const NEWTON_STEPS = 40
/** Minima nearer to each other than this part of a cell count as one. */
const SAME = 1e-4

/** A particle that has not arrived yet, and the number of particles that it stands for. */
interface Traveller {
  x: number
  y: number
  count: number
}

/**
 * The minima that the particles of the deterministic map end in: each is followed by the map itself, x ← T(x),
 * until Newton's method reaches, within two cells, a point of ∇V = 0 with ∇²V positive definite that attracts the
 * map. One particle stands for all within an eighth of a cell, anew every 32 steps: shares are off where the
 * border of two basins passes between them.
 *
 * Second derivatives of the table jump at the edges of its cells; for a minimum on an edge ΔV and the growth are
 * the means over the cells that meet there, since particles come in on all sides.
 *
 * The slope is null unless every particle arrives. At the walls, at hard walls, on saddles, at minima that the
 * step is too large for (spectral radius of I − ηD∇²V ≥ 1), and where |det| = 0 there is no late growth to predict.
 * @param xy positions under the map at any step, length 2n, n ≥ 1: the later the step, the less is left to follow
 * @yields between small pieces of work, so that a run loop may spread it over idle moments
 */
export function* findBasins(
  xy: Float64Array,
  field: EnergyField,
  transition: Transition,
): Generator<void, Pick<Collapse, 'basins' | 'slope'>> {
  const found: Found[] = []
  const n = xy.length / 2
  let travellers = gather(
    field,
    Array.from({ length: n }, (_, i) => ({ x: xy[2 * i]!, y: xy[2 * i + 1]!, count: 1 })),
  )
  let lost = 0
  let steps = 0
  const h = spacing(field.grid.box)
  while (travellers.length > 0 && steps < MOST_STEPS) {
    const onTheWay: Traveller[] = []
    for (const traveller of travellers) {
      let minimum = attractor(field, transition, traveller)
      if (minimum === null) {
        if (follow(field, transition, traveller)) onTheWay.push(traveller)
        else {
          minimum = attractor(field, transition, traveller)
          if (minimum === null) lost += traveller.count
        }
      }
      if (minimum !== null) {
        const at = minimum
        const known = found.find((other) => distance(other.at, at) <= SAME * h)
        if (known === undefined) found.push({ at, count: traveller.count })
        else known.count += traveller.count
      }
      steps += ROUND
      yield
    }
    travellers = gather(field, onTheWay)
  }
  const basins = found
    .sort((a, b) => b.count - a.count || a.at[0] - b.at[0] || a.at[1] - b.at[1])
    .map(({ at, count }) => describe(field, transition, at, count / n))
  const growth = basins.reduce((sum, basin) => sum + basin.mass * basin.growth, 0)
  const complete = lost === 0 && travellers.length === 0
  return { basins, slope: complete && Number.isFinite(growth) ? growth : null }
}

/** A minimum and how many particles have arrived there. */
interface Found {
  readonly at: readonly [number, number]
  count: number
}

/** Merges the travellers in each square into the first of them; keeps their order. */
function gather(field: EnergyField, travellers: readonly Traveller[]): Traveller[] {
  const { box } = field.grid
  const scale = 1 / (SQUARE * spacing(box))
  const side = Math.ceil(box.cells / SQUARE) + 1
  const squares = new Map<number, Traveller>()
  for (const traveller of travellers) {
    const column = Math.floor((traveller.x + box.halfWidth) * scale)
    const row = Math.floor((traveller.y + box.halfWidth) * scale)
    const first = squares.get(row * side + column)
    if (first === undefined) squares.set(row * side + column, { ...traveller })
    else first.count += traveller.count
  }
  return [...squares.values()]
}

const jet = new Float64Array(6)
const metric = new Float64Array(METRIC_ENTRIES)
const next = new Float64Array(2)

/** Moves a traveller by `ROUND` steps of the map; returns false where a step no longer moves it. */
function follow(field: EnergyField, transition: Transition, traveller: Traveller): boolean {
  for (let k = 0; k < ROUND; k++) {
    map(field, transition, traveller.x, traveller.y, next)
    if (next[0] === traveller.x && next[1] === traveller.y) return false
    traveller.x = next[0]!
    traveller.y = next[1]!
  }
  return true
}

/** The minimum that Newton's method finds near a traveller, if it attracts the map; else null. */
function attractor(
  field: EnergyField,
  transition: Transition,
  { x, y }: Traveller,
): readonly [number, number] | null {
  const minimum = minimumNear(field, x, y)
  return minimum !== null && attracts(field, transition, minimum) ? minimum : null
}

/** The minimum of V that Newton's method reaches from (x0, y0) in steps of at most a cell, within two cells; else null. */
function minimumNear(field: EnergyField, x0: number, y0: number): readonly [number, number] | null {
  const { box } = field.grid
  const h = spacing(box)
  let x = x0
  let y = y0
  for (let k = 0; k < NEWTON_STEPS; k++) {
    fieldJet(field, x, y, jet)
    const gx = jet[1]!
    const gy = jet[2]!
    const xx = jet[3]!
    const xy = jet[4]!
    const yy = jet[5]!
    if (!isPositiveDefinite2(xx, xy, yy)) return null
    const determinant = determinant2(xx, xy, xy, yy)
    const dx = (yy * gx - xy * gy) / determinant
    const dy = (xx * gy - xy * gx) / determinant
    const length = Math.sqrt(dx * dx + dy * dy)
    if (!(length <= h)) return null
    x -= dx
    y -= dy
    const inside = Math.abs(x) < box.halfWidth && Math.abs(y) < box.halfWidth
    if (!inside || distance([x, y], [x0, y0]) > 2 * h) return null
    if (length <= CONVERGED * h) return [x, y]
  }
  return null
}

/** Visits the jets of the cells that meet at a point: four of them, equal where it is inside one cell. */
function around(field: EnergyField, [x, y]: readonly [number, number], visit: () => void): void {
  const delta = 1e-6 * spacing(field.grid.box)
  for (const sx of [-delta, delta]) {
    for (const sy of [-delta, delta]) {
      fieldJet(field, x + sx, y + sy, jet)
      visit()
    }
  }
}

/** Entries of I − ηD∇²V at a minimum by rows, with ∇²V from `jet`. */
function linearised(
  transition: Transition,
  [x, y]: readonly [number, number],
): [number, number, number, number] {
  let [d11, d12, d21, d22] = transition.drift
  if (transition.metric !== null) {
    const { stepSize } = transition
    readMetric(transition.metric, x, y, metric)
    d11 = stepSize * metric[0]!
    d12 += stepSize * metric[1]!
    d21 += stepSize * metric[1]!
    d22 = stepSize * metric[2]!
  }
  const xx = jet[3]!
  const xy = jet[4]!
  const yy = jet[5]!
  return [
    1 - (d11 * xx + d12 * xy),
    -(d11 * xy + d12 * yy),
    -(d21 * xx + d22 * xy),
    1 - (d21 * xy + d22 * yy),
  ]
}

/** Whether ∇²V is positive definite and the spectral radius of I − ηD∇²V below 1, on all sides (Jury's conditions). */
function attracts(
  field: EnergyField,
  transition: Transition,
  at: readonly [number, number],
): boolean {
  let all = true
  around(field, at, () => {
    const [a, b, c, d] = linearised(transition, at)
    const determinant = determinant2(a, b, c, d)
    all &&= Math.abs(determinant) < 1 && Math.abs(a + d) < 1 + determinant
    all &&= isPositiveDefinite2(jet[3]!, jet[4]!, jet[5]!)
  })
  return all
}

function describe(
  field: EnergyField,
  transition: Transition,
  at: readonly [number, number],
  mass: number,
): Basin {
  let laplacian = 0
  let growth = 0
  around(field, at, () => {
    laplacian += 0.25 * (jet[3]! + jet[5]!)
    growth -= 0.25 * log(Math.abs(determinant2(...linearised(transition, at))))
  })
  return { at, mass, laplacian, growth }
}

function distance(a: readonly [number, number], b: readonly [number, number]): number {
  const dx = a[0] - b[0]
  const dy = a[1] - b[1]
  return Math.sqrt(dx * dx + dy * dy)
}
