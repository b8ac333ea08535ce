import type { Pieces } from '../io/slices.ts'
import { GrowingBytes } from './bytes.ts'

/** Values that are written between two yields. */
const PIECE = 4096

/** Plain data as the bytes of `JSON.stringify(value, null, 2)` and a line end, written piece by piece. */
export function* jsonFile(value: unknown): Pieces<Uint8Array<ArrayBuffer>> {
  const out = new GrowingBytes()
  let text = ''
  let count = 0
  function* write(one: unknown, indent: string): Pieces<void> {
    if (typeof one !== 'object' || one === null) {
      text += one === undefined ? 'null' : JSON.stringify(one)
      if (++count % PIECE === 0) {
        out.add(text)
        text = ''
        yield undefined
      }
      return
    }
    const isList = Array.isArray(one)
    const entries = Object.entries(one).filter(([, each]) => isList || each !== undefined)
    const [open, close] = isList ? '[]' : '{}'
    if (entries.length === 0) {
      text += `${open!}${close!}`
      return
    }
    const inner = `${indent}  `
    let separator = `${open!}\n`
    for (const [key, each] of entries) {
      text += `${separator}${inner}${isList ? '' : `${JSON.stringify(key)}: `}`
      yield* write(each, inner)
      separator = ',\n'
    }
    text += `\n${indent}${close!}`
  }
  yield* write(value, '')
  out.add(`${text}\n`)
  return out.whole()
}
