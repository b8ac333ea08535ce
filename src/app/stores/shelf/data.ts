import { decodeText, type Encoding } from '../../../lab/io/encodings.ts'
import { sha256Hex } from '../../../lab/io/sha256.ts'
import type { TableOptions } from '../../../lab/io/form.ts'
import { readTable, type TableRead } from '../../../lab/io/table.ts'
import { quantisePoint } from '../../../lab/scene/link/packedPoints.ts'
import type { Vector2 } from '../../../lab/scene/sceneSpec.ts'
import { inSlices } from '../inSlices.ts'

export type { TableOptions } from '../../../lab/io/form.ts'
export type { Layout } from '../../../lab/io/layout.ts'
export type { PointTable, TableRead } from '../../../lab/io/table.ts'
export {
  describeKind,
  describePassedOver,
  describeSkipped,
  describeTableError,
  passedOver,
  SEPARATOR_TEXTS,
} from '../../../lab/io/tableWords.ts'
export type { DataContent } from '../../storage/records.ts'
export { FAR, WAYS_WITH_THE_TABLE, type Remark, type Way } from '../../../lab/io/scale.ts'
export { DECIMALS, SEPARATORS } from '../../../lab/scene/fields/tableForm.ts'

/** A file as text. */
export interface OpenedFile {
  readonly name: string
  readonly bytes: Uint8Array
  /** SHA-256 of the bytes, hex. */
  readonly hash: string
  readonly text: string
  readonly encoding: Encoding
}

/** Largest file that is read, bytes; a table may have half as many characters. */
const LARGEST_FILE = 2 ** 26

/** @throws Error where the file is too large or is no text; the message says what was found */
export async function openFile(file: File, signal: AbortSignal): Promise<OpenedFile> {
  if (file.size > LARGEST_FILE)
    throw new Error(`found ${String(file.size)} bytes; allowed: at most ${String(LARGEST_FILE)}`)
  const bytes = new Uint8Array(await file.arrayBuffer())
  const [decoded, hash] = await Promise.all([inSlices(decodeText(bytes), signal), sha256Hex(bytes)])
  if ('error' in decoded) throw new Error(decoded.error)
  return { name: file.name, bytes, hash, ...decoded }
}

/** Reads a table or pasted points. Total but for the AbortError of the signal. */
export function readText(
  text: string,
  options: TableOptions,
  signal: AbortSignal,
): Promise<TableRead> {
  return inSlices(readTable(text, options), signal)
}

/** Flat coordinates [x0, y0, …] as points, without rounding. */
export function pairs(flat: ArrayLike<number>): readonly Vector2[] {
  const points: Vector2[] = []
  for (let i = 0; i + 1 < flat.length; i += 2) points.push([flat[i]!, flat[i + 1]!])
  return points
}

/** Flat coordinates of a drawing as points of a scene, rounded by `quantisePoint`. */
export function onLattice(flat: ArrayLike<number>): readonly Vector2[] {
  return pairs(flat).map(([x, y]) => quantisePoint(x, y))
}
