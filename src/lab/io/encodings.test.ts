import { expect, it } from 'vitest'
import { decodeText } from './encodings.ts'
import { atOnce } from './slices.ts'

const TEXT = 'größe,−1\n0.5,😀\n'
const utf8 = new TextEncoder().encode(TEXT)

function utf16(text: string, little: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * text.length))
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), little)
  return new Uint8Array(view.buffer)
}

function utf32(text: string, little: boolean): Uint8Array {
  const codes = Array.from(text, (c) => c.codePointAt(0)!)
  const view = new DataView(new ArrayBuffer(4 * codes.length))
  for (const [i, code] of codes.entries()) view.setUint32(4 * i, code, little)
  return new Uint8Array(view.buffer)
}

const bytes = (...values: readonly number[]) => Uint8Array.from(values)
const joined = (a: Uint8Array, b: Uint8Array) => Uint8Array.from([...a, ...b])
const decode = (file: Uint8Array) => atOnce(decodeText(file))

it.each([
  ['UTF-8', utf8],
  ['UTF-8', joined(bytes(0xef, 0xbb, 0xbf), utf8)],
  ['UTF-16 LE', utf16(`\uFEFF${TEXT}`, true)],
  ['UTF-16 BE', utf16(`\uFEFF${TEXT}`, false)],
  ['UTF-16 LE', utf16(TEXT, true)],
  ['UTF-16 BE', utf16(TEXT, false)],
  ['UTF-32 LE', utf32(`\uFEFF${TEXT}`, true)],
  ['UTF-32 BE', utf32(`\uFEFF${TEXT}`, false)],
])('reads %s', (encoding, file) => {
  expect(decode(file)).toEqual({ text: TEXT, encoding })
})

it('reads bytes that are no UTF-8 as Windows-1252, every one of them', () => {
  const latin = Uint8Array.from('gr\xF6\xDFe,y\n1,2\n', (c) => c.charCodeAt(0))
  expect(decode(latin)).toEqual({ text: 'größe,y\n1,2\n', encoding: 'Windows-1252' })
  // A minus of Windows, an en dash, as it stands in many a table.
  expect(decode(bytes(0x96, 0x31))).toEqual({ text: '–1', encoding: 'Windows-1252' })
})

it('reads characters that lie across the pieces in which it works', () => {
  const text = `x${'€'.repeat(2 ** 18)}`
  expect(decode(new TextEncoder().encode(text))).toEqual({ text, encoding: 'UTF-8' })
  const wide = utf16(`\uFEFF${text}`, true)
  expect(decode(wide.subarray(0, wide.length - 1))).toMatchObject({ encoding: 'UTF-16 LE' })
  const widest = utf32(`\uFEFF${text}`, false)
  expect(decode(widest)).toEqual({ text, encoding: 'UTF-32 BE' })
  // What is no character, and a file cut short.
  const broken = joined(utf32('\uFEFFa', true), bytes(0, 0xd8, 0, 0, 0xff, 0xff, 0xff, 0xff, 1))
  expect(decode(broken)).toEqual({ text: 'a\uFFFD\uFFFD', encoding: 'UTF-32 LE' })
})

it.each([
  [bytes(0x50, 0x4b, 3, 4, 20, 0), /zip archive, such as a workbook.*save the table as CSV/u],
  [bytes(0xd0, 0xcf, 0x11, 0xe0, 0xa1), /old workbook/u],
  [bytes(0x1f, 0x8b, 8), /gzip/u],
  [new TextEncoder().encode('%PDF-1.7'), /PDF/u],
  [new TextEncoder().encode('\u0000\u0001\u0002abc'), /no text/u],
])('says what else a file is', (file, words) => {
  const read = decode(file)
  expect('error' in read && read.error).toMatch(words)
})

it('reads an empty file as an empty text', () => {
  expect(decode(bytes())).toEqual({ text: '', encoding: 'UTF-8' })
})
