import { CAP_TO } from './cap.ts'
import { level, readLevel } from './levels.ts'
import { leastVector, leastViolation, type Rows } from './planeQp.ts'
import { kindOf, type Barrier } from './registry.ts'

/*
 * A control-barrier filter changes a drift b by the smallest u that keeps a condition on the level h of each region. For a
 * chain that is a condition on the mean m = x + η(b + u) of its next step,
 *
 *   h(m) ≥ (1 − αη) min(h(x), 3/2),
 *
 * so that the mean comes nearer to an edge by a share of at most αη a step. The noise comes after it: a filter makes exits rare
 * and forbids none. From h = 3/2 on a barrier is not felt, as in V. At a safe x the condition can always be kept, by m = x.
 * Source: Agrawal & Sreenath (2017), Robotics: Science and Systems XIII; Ames et al. (2019), European Control Conference.
 */

/** `infeasible`: no mean that keeps the condition was found, and the change is the one of least violation. */
export type Filtered = 'unchanged' | 'changed' | 'infeasible'

/** Most linearisations of the levels from one place. */
const ROUNDS = 24
/** Two places nearer than this are one, and levels this much too low are kept, world units. */
const ROUNDING = 1e-12

/** On a crease between two edges a level is flat, although it rises by about 1 beside it: tangents there are made as steep as this. */
const FLAT = 0.5

let rows: Rows = {
  count: 0,
  a: new Float64Array(8),
  b: new Float64Array(8),
  c: new Float64Array(8),
}
/** The least level that the condition allows, barrier by barrier. */
let least = new Float64Array(8)
const change = new Float64Array(2)
const edge = new Float64Array(3)

function makeRoom(n: number): void {
  if (n > least.length) {
    least = new Float64Array(n)
    rows = { count: n, a: new Float64Array(n), b: new Float64Array(n), c: new Float64Array(n) }
  }
  rows.count = n
}

function keeps(barriers: readonly Barrier[], x: number, y: number, slack: number): boolean {
  for (let j = 0; j < barriers.length; j++)
    if (!(readLevel(barriers[j]!, x, y, false) >= least[j]! - slack)) return false
  return true
}

/** The condition on m + v with every region replaced by a half-plane, its tangent at (px, py): one row a barrier for v. */
function linearise(
  barriers: readonly Barrier[],
  px: number,
  py: number,
  mx: number,
  my: number,
): void {
  for (let j = 0; j < barriers.length; j++) {
    const barrier = barriers[j]!
    const kind = kindOf(barrier)
    if (kind.edge !== undefined) {
      kind.edge(barrier, px, py, least[j]!, edge)
      rows.a[j] = edge[0]!
      rows.b[j] = edge[1]!
      rows.c[j] = edge[2]! - edge[0]! * mx - edge[1]! * my
      continue
    }
    const h = readLevel(barrier, px, py, true)
    let a = level[1]!
    let b = level[2]!
    const slope = Math.sqrt(a * a + b * b)
    if (slope < FLAT && slope > 0 && kind.course === 'creased') {
      a *= FLAT / slope
      b *= FLAT / slope
    }
    rows.a[j] = a
    rows.b[j] = b
    rows.c[j] = least[j]! - h - a * (mx - px) - b * (my - py)
  }
}

/** Leaves in `change` the least v with tangents at the place m + v itself, found from (px, py) on; false where there is none. */
function solve(
  barriers: readonly Barrier[],
  px: number,
  py: number,
  mx: number,
  my: number,
): boolean {
  for (let round = 0; round < ROUNDS; round++) {
    linearise(barriers, px, py, mx, my)
    if (!leastVector(rows, change)) return false
    const x = mx + change[0]!
    const y = my + change[1]!
    const moved = Math.abs(x - px) + Math.abs(y - py)
    px = x
    py = y
    if (moved <= ROUNDING) break
  }
  return keeps(barriers, px, py, ROUNDING)
}

/**
 * The filter on the mean of one step. Where h is affine u is the smallest there is, and beside a disc; elsewhere it is so among
 * the means near by.
 * @param x, y where the step begins, at any place of the plane
 * @param keep 1 − αη, in [0, 1]
 * @param means [m_x, m_y] at index k and k + 1; overwritten by the mean that keeps the condition
 */
export function filterMean(
  barriers: readonly Barrier[],
  x: number,
  y: number,
  keep: number,
  means: Float64Array,
  k: number,
): Filtered {
  makeRoom(barriers.length)
  let safe = true
  for (let j = 0; j < barriers.length; j++) {
    const h = readLevel(barriers[j]!, x, y, false)
    if (!(h >= 0)) safe = false
    least[j] = keep * Math.min(h, CAP_TO)
  }
  const mx = means[k]!
  const my = means[k + 1]!
  if (keeps(barriers, mx, my, 0)) return 'unchanged'
  let found = solve(barriers, mx, my, mx, my) || solve(barriers, x, y, mx, my)
  if (!found && safe) {
    means[k] = x
    means[k + 1] = y
    return 'changed'
  }
  if (!found) {
    linearise(barriers, x, y, mx, my)
    leastViolation(rows, change)
    found = keeps(barriers, mx + change[0]!, my + change[1]!, ROUNDING)
  }
  means[k] = mx + change[0]!
  means[k + 1] = my + change[1]!
  return found ? 'changed' : 'infeasible'
}
