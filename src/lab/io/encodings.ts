import type { Pieces } from './slices.ts'

/** The encodings of text files. */
export type Encoding =
  'UTF-8' | 'UTF-16 LE' | 'UTF-16 BE' | 'UTF-32 LE' | 'UTF-32 BE' | 'Windows-1252'

export interface Decoded {
  readonly text: string
  readonly encoding: Encoding
}

const LABELS = {
  'UTF-8': 'utf-8',
  'UTF-16 LE': 'utf-16le',
  'UTF-16 BE': 'utf-16be',
} as const satisfies Partial<Record<Encoding, string>>
/** The characters of bytes 0x80 to 0x9f in Windows-1252, on which decoders of that name differ. */
const WINDOWS = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'
/** Bytes decoded between two yields. */
const PIECE = 2 ** 19
/** Bytes that are searched for zeros. */
const HEAD = 4096

/**
 * The text of a file, or an error that says what the file is. A byte order mark gives the encoding; without one a zero in every second
 * byte means UTF-16, and bytes that are no UTF-8 are read as Windows-1252, in which every byte is a character.
 * Yields between pieces of the work.
 */
export function* decodeText(bytes: Uint8Array): Pieces<Decoded | { readonly error: string }> {
  const wide = wideMarkOf(bytes)
  if (wide !== null) return { text: yield* decodeWide(bytes, wide === 'UTF-32 LE'), encoding: wide }
  const marked = markOf(bytes)
  if (marked === null) {
    const other = otherThanText(bytes)
    if (other !== null) return { error: other }
  }
  const utf = marked ?? utf16Of(bytes) ?? 'UTF-8'
  const text = yield* decodeAs(bytes, utf)
  if (text !== null) return { text, encoding: utf }
  return { text: yield* decodeWindows(bytes), encoding: 'Windows-1252' }
}

function* decodeWindows(bytes: Uint8Array): Pieces<string> {
  const pieces: string[] = []
  const codes = Uint16Array.from({ length: 256 }, (_, byte) =>
    byte >= 0x80 && byte < 0xa0 ? WINDOWS.charCodeAt(byte - 0x80) : byte,
  )
  const some = new Uint16Array(2 ** 12)
  for (let at = 0; at < bytes.length; at += some.length) {
    const piece = bytes.subarray(at, at + some.length)
    for (const [i, byte] of piece.entries()) some[i] = codes[byte]!
    pieces.push(String.fromCharCode(...some.subarray(0, piece.length)))
    if (pieces.length % 64 === 0) yield undefined
  }
  return pieces.join('')
}

/** Decodes UTF-32; a value that is no character becomes U+FFFD. */
function* decodeWide(bytes: Uint8Array, little: boolean): Pieces<string> {
  const pieces: string[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength - (bytes.length % 4))
  for (let at = 4; at < view.byteLength; at += 2 ** 14) {
    const end = Math.min(view.byteLength, at + 2 ** 14)
    const codes: number[] = []
    for (let i = at; i < end; i += 4) {
      const code = view.getUint32(i, little)
      codes.push(code < 0x110000 && (code < 0xd800 || code > 0xdfff) ? code : 0xfffd)
    }
    pieces.push(String.fromCodePoint(...codes))
    if (pieces.length % 32 === 0) yield undefined
  }
  return pieces.join('')
}

function* decodeAs(bytes: Uint8Array, encoding: keyof typeof LABELS): Pieces<string | null> {
  const decoder = new TextDecoder(LABELS[encoding], { fatal: encoding === 'UTF-8' })
  const pieces: string[] = []
  try {
    for (let at = 0; at < bytes.length; at += PIECE) {
      const piece = bytes.subarray(at, at + PIECE)
      pieces.push(decoder.decode(piece, { stream: at + PIECE < bytes.length }))
      yield undefined
    }
  } catch {
    return null
  }
  return pieces.join('')
}

function markOf(bytes: Uint8Array): keyof typeof LABELS | null {
  const [a, b, c] = bytes
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'UTF-8'
  if (a === 0xff && b === 0xfe) return 'UTF-16 LE'
  return a === 0xfe && b === 0xff ? 'UTF-16 BE' : null
}

function wideMarkOf(bytes: Uint8Array): 'UTF-32 LE' | 'UTF-32 BE' | null {
  const [a, b, c, d] = bytes
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) return 'UTF-32 LE'
  return a === 0 && b === 0 && c === 0xfe && d === 0xff ? 'UTF-32 BE' : null
}

function utf16Of(bytes: Uint8Array): keyof typeof LABELS | null {
  const head = bytes.subarray(0, HEAD)
  const zeros = [0, 0]
  for (const [i, byte] of head.entries()) if (byte === 0) zeros[i % 2]!++
  const [even, odd] = zeros as [number, number]
  if (10 * odd > 4 * head.length && even < odd / 8) return 'UTF-16 LE'
  return 10 * even > 4 * head.length && odd < even / 8 ? 'UTF-16 BE' : null
}

const SAVE = 'allowed: text; save the table as CSV'

function otherThanText(bytes: Uint8Array): string | null {
  const starts = (...first: readonly number[]) => first.every((byte, i) => bytes[i] === byte)
  if (starts(0x50, 0x4b, 3, 4))
    return `found a zip archive, such as a workbook (.xlsx, .ods); ${SAVE}`
  if (starts(0xd0, 0xcf, 0x11, 0xe0)) return `found an old workbook (.xls); ${SAVE}`
  if (starts(0x1f, 0x8b)) return 'found a gzip archive; allowed: text, unpacked'
  if (starts(0x25, 0x50, 0x44, 0x46)) return `found a PDF; ${SAVE}`
  if (starts(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59))
    return 'found a NumPy file; allowed: text, as numpy.savetxt writes it'
  return utf16Of(bytes) === null && bytes.subarray(0, HEAD).includes(0)
    ? 'found bytes that are no text; allowed: a table as text'
    : null
}
