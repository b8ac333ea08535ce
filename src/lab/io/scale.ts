import { formatCount, formatNumber } from '../../core/maths/numberText.ts'
import type { Pieces } from './slices.ts'

/** Ways that only the maker of the table has. */
export const WAYS_WITH_THE_TABLE = {
  rows: 'more rows make it surer',
  digits: 'numbers that are rounded less, or more rows that differ',
  independent: 'a column that does not follow from the other, such as its distance from the line',
  rescale: 'a function of the column that draws its ends in, such as the cube root',
  measured: 'a table with two columns that were measured',
  resave: 'the table saved with semicolons or tabs between the cells',
} as const

/** A way to deal with a remark: leave far rows out, take the logarithm of an axis, another decimal sign, other columns, another table. */
export type Way =
  | 'clip'
  | 'log-x'
  | 'log-y'
  | 'decimal-point'
  | 'decimal-comma'
  | 'columns'
  | keyof typeof WAYS_WITH_THE_TABLE

/** A property of points that makes them a poor target, though not an impossible one. */
export interface Remark {
  readonly kind: 'signs' | 'index' | 'zeros' | 'outlier' | 'few' | 'duplicates' | 'levels' | 'line'
  /** One sentence. */
  readonly text: string
  readonly ways: readonly Way[]
}

export interface Judged {
  /** [x0, y0, …]. */
  readonly points: Float64Array
  /** 1-based line of each point. */
  readonly lines: Int32Array
  readonly names: readonly [string, string]
  /** Whether the table has other columns of numbers. */
  readonly others: boolean
}

/** A row is far where it lies more than this many widths of the middle beyond it. */
export const FAR = 10
/** Most rows, evenly from all, from which quantiles are computed. */
const MOST_SORTED = 20_000
/** A middle narrower than this share of a column's range is a dot in the picture. */
const LEAST_SHARE = 0.03
const FEW = 100
const LEVELS = 12
const STRAIGHT = 0.9995
const PIECE = 20_000

/** The middle of a column, from one quantile to its mirror image: half the rows, or more where half are the same. */
export interface Middle {
  readonly low: number
  readonly high: number
}

export function middleOf(points: Float64Array, axis: number): Middle {
  const all = points.length / 2
  const n = Math.min(all, MOST_SORTED)
  const sorted = new Float64Array(n)
  for (let i = 0; i < n; i++) sorted[i] = points[2 * Math.floor((i * all) / n) + axis]!
  sorted.sort()
  let middle = { low: sorted[0]!, high: sorted[n - 1]! }
  for (const share of [0.01, 0.05, 0.25]) {
    const [low, high] = [
      sorted[Math.floor(share * (n - 1))]!,
      sorted[Math.ceil((1 - share) * (n - 1))]!,
    ]
    if (low === high) break
    middle = { low, high }
  }
  return middle
}

/** Whether a value lies further beyond the middle than `clip` times its width. */
export function isFar(value: number, { low, high }: Middle, clip: number): boolean {
  const reach = clip * (high - low)
  return value < low - reach || value > high + reach
}

export function* judge({ points, lines, names, others }: Judged): Pieces<readonly Remark[]> {
  const remarks: Remark[] = []
  const n = points.length / 2
  for (const axis of [0, 1]) {
    const outlier = yield* farRow({ points, lines, names, others }, axis)
    if (outlier !== null) remarks.push(outlier)
  }
  const straight = yield* correlation(points)
  if (Math.abs(straight) > STRAIGHT) {
    remarks.push({
      kind: 'line',
      text: `The points lie on a line, nearly: the correlation of ${names[0]} and ${names[1]} is ${formatNumber(straight, 6)}.`,
      ways: [others ? 'columns' : 'independent'],
    })
  }
  const differ: readonly Way[] = others ? ['columns', 'digits'] : ['digits']
  const distinct = yield* countDistinct(points)
  if (2 * distinct <= n) {
    remarks.push({
      kind: 'duplicates',
      text: `Only ${formatCount(distinct)} of the ${formatCount(n)} points differ.`,
      ways: differ,
    })
  } else
    for (const axis of [0, 1]) {
      const levels = countLevels(points, axis)
      if (levels === null || 4 * levels > n) continue
      remarks.push({
        kind: 'levels',
        text: `${names[axis]!} takes ${String(levels)} values only: the points stand on ${String(levels)} lines.`,
        ways: differ,
      })
    }
  if (n < FEW) {
    const [train, rest] = [Math.round(0.6 * n), Math.round(0.2 * n)]
    remarks.push({
      kind: 'few',
      text: `Only ${String(n)} points: about ${String(train)} make the target, ${String(rest)} choose how smooth it is and ${String(n - train - rest)} are kept for tests.`,
      ways: ['rows'],
    })
  }
  return remarks
}

function* farRow({ points, lines, names, others }: Judged, axis: number): Pieces<Remark | null> {
  const n = points.length / 2
  const middle = middleOf(points, axis)
  let [least, most] = [0, 0]
  let far = 0
  for (let i = 0; i < n; i++) {
    const value = points[2 * i + axis]!
    if (value < points[2 * least + axis]!) least = i
    if (value > points[2 * most + axis]!) most = i
    if (isFar(value, middle, FAR)) far++
    if (i % PIECE === 0) yield undefined
  }
  const [low, high] = [points[2 * least + axis]!, points[2 * most + axis]!]
  const share = (middle.high - middle.low) / (high - low)
  if (!(share < LEAST_SHARE)) return null
  const extreme = high - middle.high > middle.low - low ? most : least
  const ways: Way[] = []
  if (far > 0 && 4 * far <= n) ways.push('clip')
  if (low > 0 && Math.log(middle.high / middle.low) > LEAST_SHARE * Math.log(high / low))
    ways.push(axis === 0 ? 'log-x' : 'log-y')
  const number = (value: number) => formatNumber(value, 3)
  let same = -1
  for (let i = axis; i < 2 * n; i += 2) if (points[i] === points[2 * extreme + axis]) same++
  const alike =
    same === 0
      ? ''
      : same === 1
        ? ', as has one other row'
        : `, as have ${formatCount(same)} other rows`
  return {
    kind: 'outlier',
    text: `Line ${String(lines[extreme])} sets the scale of ${names[axis]!}: it has ${number(points[2 * extreme + axis]!)}${alike}; the middle half lies from ${number(middle.low)} to ${number(middle.high)}.`,
    ways: ways.length === 0 && !others ? ['rescale'] : others ? [...ways, 'columns'] : ways,
  }
}

function* correlation(points: Float64Array): Pieces<number> {
  const n = points.length / 2
  let [mx, my] = [0, 0]
  for (let i = 0; i < n; i++) {
    mx += points[2 * i]! / n
    my += points[2 * i + 1]! / n
    if (i % PIECE === 0) yield undefined
  }
  let [xx, xy, yy] = [0, 0, 0]
  for (let i = 0; i < n; i++) {
    const [x, y] = [points[2 * i]! - mx, points[2 * i + 1]! - my]
    xx += x * x
    xy += x * y
    yy += y * y
    if (i % PIECE === 0) yield undefined
  }
  return xy / Math.sqrt(xx * yy)
}

/** Number of distinct points, by a hash table with open addressing. */
function* countDistinct(points: Float64Array): Pieces<number> {
  const n = points.length / 2
  const bits = new Uint32Array(points.buffer, points.byteOffset, 4 * n)
  let size = 16
  while (size < 2 * n) size *= 2
  const table = new Int32Array(size)
  let distinct = 0
  for (let i = 0; i < n; i++) {
    let hash = 0
    for (let k = 4 * i; k < 4 * i + 4; k++) {
      hash = Math.imul(hash ^ bits[k]!, 0x9e3779b1)
      hash ^= hash >>> 15
    }
    let at = hash & (size - 1)
    for (; table[at] !== 0; at = (at + 1) & (size - 1)) {
      const known = table[at]! - 1
      if (points[2 * known] === points[2 * i] && points[2 * known + 1] === points[2 * i + 1]) break
    }
    if (table[at] === 0) {
      table[at] = i + 1
      distinct++
    }
    if (i % PIECE === 0) yield undefined
  }
  return distinct
}

/** Number of distinct values of a column; null where there are more than a few. */
function countLevels(points: Float64Array, axis: number): number | null {
  const seen = new Set<number>()
  for (let i = axis; i < points.length; i += 2) {
    seen.add(points[i]!)
    if (seen.size > LEVELS) return null
  }
  return seen.size
}
