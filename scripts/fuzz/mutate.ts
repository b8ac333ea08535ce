import type { Draws } from './draws.ts'

/** What readers stumble over: numbers beyond numbers, names of every object, encodings in encodings, markup. */
const PIECES = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', 'then'],
  ...['1e400', '-1e400', 'NaN', 'Infinity', '-Infinity', '-0', '0x10', '1e-400', '1_000', '١٢'],
  ...['9'.repeat(400), '1.', '.5', '+1', '--1', '1e', '4294967296', '9007199254740993', '1,5'],
  ...[
    'null',
    'true',
    'false',
    'undefined',
    '{}',
    '[]',
    '{',
    '[',
    '}',
    ']',
    '"',
    "'",
    '`',
    '\\',
    '\\u0000',
  ],
  ...[
    '%',
    '%00',
    '%25',
    '%2525',
    '%252525',
    '%E0%A4',
    '%C0%AF',
    '%u0041',
    '&amp;',
    '&',
    '=',
    '#',
    '?',
  ],
  ...[
    '.',
    '..',
    '/',
    '../../',
    ',',
    ';',
    ':',
    '|',
    '~',
    '~q',
    '~d',
    '~qAAAA',
    '!',
    '!%7B%7D',
    '!%5B',
  ],
  ...['<img src=x onerror=alert(1)>', '<script>', '${1}', '{{1}}', 'javascript:alert(1)', '<!--'],
  ...[
    '\0',
    '\n',
    '\r',
    '\r\n',
    '\t',
    ' ',
    '\u00A0',
    '\u2028',
    '\u202E',
    '\uFEFF',
    '\uD800',
    '\uDC00',
  ],
  ...['é', 'e\u0301', 'ß', 'İ', '−1', '１', '😀', '👩‍👩‍👧', '\u0301'.repeat(40), '\uFFFD'],
  ...['--', ')', '>', '*', '$', '^', '@'],
] as const

export const HOSTILE: readonly string[] = PIECES

/** A place in a text and one behind it, mostly near. */
function span(draws: Draws, length: number): readonly [number, number] {
  const from = draws.below(length + 1)
  const most = draws.chance(0.8) ? 12 : length
  return [from, Math.min(length, from + draws.below(most + 1))]
}

type TextChange = (text: string, draws: Draws, other: string) => string

/** Changes of a text that know nothing of what it means. `other` is a second good one. */
const TEXT_CHANGES: readonly TextChange[] = [
  (text, draws) => {
    const at = draws.below(text.length + 1)
    return text.slice(0, at) + draws.pick(PIECES) + text.slice(at)
  },
  (text, draws) => {
    const [from, to] = span(draws, text.length)
    return text.slice(0, from) + draws.pick(PIECES) + text.slice(to)
  },
  (text, draws) => {
    const [from, to] = span(draws, text.length)
    return text.slice(0, from) + text.slice(to)
  },
  (text, draws) => {
    const [from, to] = span(draws, text.length)
    return text.slice(0, to) + text.slice(from)
  },
  (text, draws) => text.slice(0, draws.below(text.length + 1)),
  (text, draws) => text.slice(draws.below(text.length + 1)),
  (text, draws, other) =>
    text.slice(0, draws.below(text.length + 1)) + other.slice(draws.below(other.length + 1)),
  (text, draws) => {
    if (text === '') return text
    const at = draws.below(text.length)
    const flipped = text.charCodeAt(at) ^ (1 << draws.below(draws.chance(0.9) ? 7 : 16))
    return text.slice(0, at) + String.fromCharCode(flipped) + text.slice(at + 1)
  },
  // A number, wherever it stands, becomes one that it should not be.
  (text, draws) => {
    const numbers = [...text.matchAll(/\d+(?:\.\d+)?/gu)]
    if (numbers.length === 0) return text
    const { 0: number, index } = draws.pick(numbers)
    return text.slice(0, index) + draws.pick(PIECES) + text.slice(index + number.length)
  },
  (text, draws) => text + draws.pick(PIECES).repeat(1 + draws.below(50)),
]

/** The text after some changes, at least one. */
export function changeText(
  text: string,
  draws: Draws,
  other: string,
  more: readonly TextChange[] = [],
): string {
  const changes = [...TEXT_CHANGES, ...more, ...more]
  let changed = text
  for (let left = 1 + draws.below(4); left > 0; left--) {
    changed = draws.pick(changes)(changed, draws, other)
  }
  return changed
}

/** The bytes after some changes: bits flipped, parts cut out, doubled or taken from others. */
export function changeBytes(
  bytes: Uint8Array,
  draws: Draws,
  other: Uint8Array,
): Uint8Array<ArrayBuffer> {
  let changed = new Uint8Array(bytes)
  for (let left = 1 + draws.below(4); left > 0; left--) {
    const [from, to] = span(draws, changed.length)
    const parts: readonly Uint8Array[] = [
      [changed.subarray(0, from)],
      [changed.subarray(from)],
      [changed.subarray(0, from), changed.subarray(to)],
      [changed.subarray(0, to), changed.subarray(from)],
      [changed.subarray(0, from), other.subarray(Math.min(from, other.length))],
      [
        changed.subarray(0, from),
        new TextEncoder().encode(draws.pick(PIECES)),
        changed.subarray(to),
      ],
      [changed],
      [changed],
    ][draws.below(8)]!
    changed = concatenated(parts)
    if (parts.length === 1 && parts[0]!.length > 0) {
      // Bits of the first bytes, where lengths and names stand, as often as all others.
      const within = draws.chance(0.5) ? Math.min(changed.length, 800) : changed.length
      if (within > 0) changed[draws.below(within)]! ^= 1 << draws.below(8)
    }
  }
  return changed
}

export function concatenated(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** JSON text of a value in which some places hold what they should not: texts of their own, raw. */
export function hostileJson(value: unknown, draws: Draws): string {
  const places = countPlaces(value)
  const chosen = new Set(Array.from({ length: 1 + draws.below(3) }, () => draws.below(places)))
  let place = 0
  const write = (entry: unknown): string => {
    if (chosen.has(place++)) return badValue(draws)
    if (Array.isArray(entry)) return `[${entry.map(write).join()}]`
    if (typeof entry !== 'object' || entry === null) return JSON.stringify(entry)
    const members = Object.entries(entry).map(
      ([key, inner]) => `${JSON.stringify(key)}:${write(inner)}`,
    )
    if (draws.chance(0.05)) members.push(`${JSON.stringify(draws.pick(PIECES))}:${badValue(draws)}`)
    if (draws.chance(0.02) && members.length > 0) members.push(draws.pick(members))
    return `{${members.join()}}`
  }
  return write(value)
}

function countPlaces(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce((sum: number, entry) => sum + countPlaces(entry), 1)
}

function badValue(draws: Draws): string {
  const piece = draws.pick(PIECES)
  const depth = draws.below(200)
  return draws.pick([
    piece,
    JSON.stringify(piece),
    JSON.stringify(piece.repeat(1 + draws.below(50))),
    ...[
      '1e400',
      '-1e400',
      'NaN',
      '1e308',
      '-1',
      '0',
      '0.5',
      '4e9',
      'null',
      'true',
      '""',
      '[]',
      '{}',
    ],
    ...['{"kind":"sum","terms":[{}]}', '{"__proto__":{"polluted":1}}', '{"constructor":1}'],
    ...['[[1,0],[0,1]]', '[[1,2],[2,1]]', '[1e400,0]', '[1]', '[null,null]'],
    '['.repeat(depth) + ']'.repeat(depth),
    '{"kind":"sum","terms":[{"energy":'.repeat(depth) + '{}' + '}]}'.repeat(depth),
  ])
}
