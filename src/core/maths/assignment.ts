/**
 * Exact minimum-cost assignment: a permutation π that minimises Σᵢ c(i, π(i)).
 *
 * The potentials (u, v) prove optimality: u[i] + v[j] ≤ c(i, j) for all pairs, with equality on the
 * chosen ones (up to rounding).
 */
export interface Assignment {
  /** columnOf[i] = π(i), length n. */
  readonly columnOf: Int32Array
  /** Σᵢ c(i, π(i)). */
  readonly cost: number
  readonly u: Float64Array
  readonly v: Float64Array
}

/**
 * Minimum-cost assignment of an n × n matrix by the shortest augmenting path algorithm of Jonker &
 * Volgenant (1987), Computing 38: column reduction, two sweeps of augmenting row reduction, then one
 * Dijkstra search for each row still free. O(n³) at worst; n = 256 takes a few milliseconds.
 * Ties are broken by index, so the result is a pure function of the costs.
 * @param cost row-major, length n²; finite
 */
export function assign(cost: Float64Array, n: number): Assignment {
  if (cost.length !== n * n) {
    throw new RangeError(`assign: an ${n} × ${n} matrix has ${n * n} entries, found ${cost.length}`)
  }
  const columnOf = new Int32Array(n).fill(-1)
  const rowOf = new Int32Array(n).fill(-1)
  const u = new Float64Array(n)
  const v = new Float64Array(n)

  // Column reduction: v[j] = min over rows; the first column to claim a row keeps it.
  for (let j = n - 1; j >= 0; j--) {
    let least = Infinity
    let best = 0
    for (let i = 0; i < n; i++) {
      const c = cost[i * n + j]!
      if (!Number.isFinite(c)) throw new RangeError(`assign: costs must be finite, found ${c}`)
      if (c < least) {
        least = c
        best = i
      }
    }
    v[j] = least
    if (columnOf[best] === -1) {
      columnOf[best] = j
      rowOf[j] = best
    }
  }

  // Augmenting row reduction: a free row takes its cheapest column and lowers that column's price to
  // its second best, throwing out the row that held it.
  let free = new Int32Array(n)
  let freeCount = 0
  for (let i = 0; i < n; i++) if (columnOf[i] === -1) free[freeCount++] = i
  for (let sweep = 0; sweep < 2; sweep++) {
    const remaining = new Int32Array(n)
    let remainingCount = 0
    let next = 0
    // A war over few columns can go on for long: past this budget the searches below are faster.
    let budget = 2 * n
    while (next < freeCount) {
      const i = free[next++]!
      if (budget-- <= 0) {
        remaining[remainingCount++] = i
        continue
      }
      const row = i * n
      let first = Infinity
      let second = Infinity
      let j1 = -1
      let j2 = -1
      for (let j = 0; j < n; j++) {
        const reduced = cost[row + j]! - v[j]!
        if (reduced < second) {
          if (reduced < first) {
            second = first
            j2 = j1
            first = reduced
            j1 = j
          } else {
            second = reduced
            j2 = j
          }
        }
      }
      const lowered = v[j1]! - (second - first)
      // Compared after rounding: a price that does not move would be raised for ever.
      const moves = lowered < v[j1]!
      if (moves && j2 >= 0) v[j1] = lowered
      else if (rowOf[j1] !== -1 && j2 >= 0) j1 = j2
      const previous = rowOf[j1]!
      columnOf[i] = j1
      rowOf[j1] = i
      if (previous !== -1) {
        columnOf[previous] = -1
        if (moves) free[--next] = previous
        else remaining[remainingCount++] = previous
      }
    }
    free = remaining
    freeCount = remainingCount
  }

  // Augmentation: for each free row the shortest path, in reduced costs, to a free column.
  const distance = new Float64Array(n)
  const from = new Int32Array(n)
  const open = new Int32Array(n)
  const scanned = new Int32Array(n)
  for (let f = 0; f < freeCount; f++) {
    const start = free[f]!
    let openCount = n
    let scannedCount = 0
    let shortest = Infinity
    let at = 0
    for (let j = 0; j < n; j++) {
      const d = cost[start * n + j]! - v[j]!
      distance[j] = d
      from[j] = start
      open[j] = j
      if (d < shortest || (d === shortest && rowOf[j] === -1)) {
        shortest = d
        at = j
      }
    }
    let end = open[at]!
    while (rowOf[end] !== -1) {
      // Settle column `end`; relax the others through its row and find the next nearest on the way.
      scanned[scannedCount++] = end
      open[at] = open[--openCount]!
      const i = rowOf[end]!
      const row = i * n
      const base = shortest - (cost[row + end]! - v[end]!)
      shortest = Infinity
      for (let k = 0; k < openCount; k++) {
        const j = open[k]!
        const through = base + (cost[row + j]! - v[j]!)
        let d = distance[j]!
        if (through < d) {
          d = through
          distance[j] = d
          from[j] = i
        }
        if (d < shortest) {
          shortest = d
          at = k
        } else if (d === shortest && rowOf[j] === -1) at = k
      }
      end = open[at]!
    }
    for (let k = 0; k < scannedCount; k++) {
      const j = scanned[k]!
      v[j]! += distance[j]! - shortest
    }
    for (let j = end; ;) {
      const i = from[j]!
      rowOf[j] = i
      const freed = columnOf[i]!
      columnOf[i] = j
      if (i === start) break
      j = freed
    }
  }

  let total = 0
  for (let i = 0; i < n; i++) {
    const c = cost[i * n + columnOf[i]!]!
    u[i] = c - v[columnOf[i]!]!
    total += c
  }
  return { columnOf, cost: total, u, v }
}

/**
 * Optimal transport between two clouds of n points of equal weight: the permutation that minimises
 * Σᵢ |source_i − target_{π(i)}|². Returns π as `columnOf`.
 * @param source length 2n, [x0, y0, x1, y1, …]
 * @param target length 2n
 */
export function assignPoints(source: ArrayLike<number>, target: ArrayLike<number>): Assignment {
  if (source.length !== target.length || source.length % 2 !== 0) {
    throw new RangeError(
      `assignPoints: both clouds need the same even length, found ${source.length} and ${target.length}`,
    )
  }
  const n = source.length / 2
  // Moving a whole cloud adds a constant to every permutation: with both centred, the prices that the
  // reductions start from are better.
  let shiftX = 0
  let shiftY = 0
  for (let i = 0; i < n; i++) {
    shiftX += (target[2 * i]! - source[2 * i]!) / n
    shiftY += (target[2 * i + 1]! - source[2 * i + 1]!) / n
  }
  const cost = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    const x = source[2 * i]! + shiftX
    const y = source[2 * i + 1]! + shiftY
    for (let j = 0; j < n; j++) {
      const dx = target[2 * j]! - x
      const dy = target[2 * j + 1]! - y
      cost[i * n + j] = dx * dx + dy * dy
    }
  }
  const { columnOf, u, v } = assign(cost, n)
  // Back to |target − source|²: c = c′ + 2δ·target − 2δ·source − |δ|², δ the shift.
  let total = 0
  for (let i = 0; i < n; i++) {
    const j = columnOf[i]!
    const dx = target[2 * j]! - source[2 * i]!
    const dy = target[2 * j + 1]! - source[2 * i + 1]!
    total += dx * dx + dy * dy
    u[i]! -= shiftX * (2 * source[2 * i]! + shiftX) + shiftY * (2 * source[2 * i + 1]! + shiftY)
    v[i]! += 2 * (shiftX * target[2 * i]! + shiftY * target[2 * i + 1]!)
  }
  return { columnOf, cost: total, u, v }
}
