import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import type { Pieces } from '../io/slices.ts'
import { GrowingBytes } from './bytes.ts'

/** Bytes that are compressed between two yields. */
const PIECE = 2 ** 15

/**
 * A zip archive. Equal files give equal bytes: all carry the same date.
 * @param deflated whether they are compressed; default true
 */
export function* zipOf(
  files: ReadonlyMap<string, Uint8Array>,
  deflated = true,
): Pieces<Uint8Array<ArrayBuffer>> {
  const out = new GrowingBytes()
  const zip = new Zip((error, part) => {
    if (error !== null) throw error
    out.add(part)
  })
  for (const [name, bytes] of files) {
    const entry = deflated ? new ZipDeflate(name, { level: 4 }) : new ZipPassThrough(name)
    entry.mtime = new Date(1980, 0, 1)
    zip.add(entry)
    for (let at = 0; at === 0 || at < bytes.length; at += PIECE) {
      entry.push(bytes.slice(at, at + PIECE), at + PIECE >= bytes.length)
      yield undefined
    }
  }
  zip.end()
  return out.whole()
}
