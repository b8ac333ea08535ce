import {
  describeCsvError,
  readCsv,
  readPastedPoints,
  type PointTable,
  type SkippedRow,
} from '../../lab/io/csv.ts'
import { sha256Hex } from '../../lab/io/sha256.ts'
import { quantisePoint } from '../../lab/scene/packedPoints.ts'
import type { Vector2 } from '../../lab/scene/sceneSpec.ts'
import { checkCount } from './pointCount.ts'

export type { PointTable } from '../../lab/io/csv.ts'

/** What a file's contents are known by. */
export const hashOf = sha256Hex

export type Read<T> = { readonly value: T } | { readonly message: string }

/** The points of a CSV file, and its columns for a chooser. Total: what is wrong is said in one line. */
export function readFile(text: string, columns?: readonly [number, number]): Read<PointTable> {
  const read = readCsv(text, columns)
  return 'error' in read ? { message: describeCsvError(read.error) } : { value: read }
}

/** Pasted points, and the lines that gave none. */
export interface Pasted {
  readonly points: readonly Vector2[]
  readonly skipped: readonly SkippedRow[]
}

/** Pasted points on the lattice that links hold exactly. Total. */
export function readPaste(text: string): Read<Pasted> {
  const read = readPastedPoints(text)
  if ('error' in read) return { message: describeCsvError(read.error) }
  const points = onLattice(read.points)
  return checkCount(points.length) ?? { value: { points, skipped: read.skipped } }
}

/** Flat coordinates as points, as they stand. */
export function pairs(flat: ArrayLike<number>): readonly Vector2[] {
  const points: Vector2[] = []
  for (let i = 0; i + 1 < flat.length; i += 2) points.push([flat[i]!, flat[i + 1]!])
  return points
}

/** How many lines gave no point, and why the first did not; null when all did. */
export function describeSkipped(skipped: readonly SkippedRow[]): string | null {
  const [first] = skipped
  if (first === undefined) return null
  const lines = skipped.length === 1 ? '1 line was' : `${String(skipped.length)} lines were`
  return `${lines} skipped (line ${String(first.line)}, ${first.reason}).`
}

/** Flat coordinates as points of a scene. */
export function onLattice(flat: ArrayLike<number>): readonly Vector2[] {
  const points: Vector2[] = []
  for (let i = 0; i + 1 < flat.length; i += 2) points.push(quantisePoint(flat[i]!, flat[i + 1]!))
  return points
}
