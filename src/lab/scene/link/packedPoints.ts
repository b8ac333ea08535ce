import { MAX_POINTS, type Vector2 } from '../sceneSpec.ts'

/** Decimal places of the lattice of drawn points, so that a link holds them exactly. */
const PLACES = 4
const PER_UNIT = 10 ** PLACES
/** Most decimal places of a lattice: doubles do not distinguish more. */
const MOST_PLACES = 15
/** Largest lattice coordinate that is packed as an integer. */
const LARGEST = 2 ** 30
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** One more than the value of a digit, by its character code; 0 for all others. */
const VALUES = new Uint8Array(128)
for (const [value, digit] of [...DIGITS].entries()) VALUES[digit.charCodeAt(0)] = value + 1

/**
 * The nearest lattice point, coordinates rounded to 1e-4. A drawing is quantised when it is made (not
 * when its link is written): the scene itself then holds the rounded points, and its link is exact.
 */
export function quantisePoint(x: number, y: number): Vector2 {
  return [Math.round(x * PER_UNIT) / PER_UNIT + 0, Math.round(y * PER_UNIT) / PER_UNIT + 0]
}

/**
 * Points as URL-safe text, exactly. Where every coordinate has at most 15 decimal places, base64url of zigzag
 * varints of the differences from point to point, in units of the last place (2–3 bytes a coordinate of a drawing,
 * fewer for strokes): behind `q` for 4 places, behind `p` and the number of places as a digit of base64 for 5 to 15.
 * Else `d` + base64url of little-endian doubles (16 bytes a point).
 */
export function packPoints(points: readonly Vector2[]): string {
  const flat = points.flat()
  for (let places = PLACES; places <= MOST_PLACES; places++) {
    const lattice = latticeOf(flat, 10 ** places)
    if (lattice === null) continue
    const head = places === PLACES ? 'q' : `p${DIGITS[places]!}`
    return head + toBase64Url(varints(lattice))
  }
  return `d${toBase64Url(doubles(flat))}`
}

/** Coordinates in units of 1/perUnit; null where one is no whole number of them, or too large. */
function latticeOf(flat: readonly number[], perUnit: number): number[] | null {
  const lattice: number[] = []
  for (const value of flat) {
    const whole = Math.round(value * perUnit)
    if (Math.abs(whole) > LARGEST || whole / perUnit !== value) return null
    lattice.push(whole)
  }
  return lattice
}

/** The points of `packPoints`; null for any other text, and for more points than a scene has. */
export function unpackPoints(text: string): Vector2[] | null {
  const places = text.startsWith('p') ? DIGITS.indexOf(text[1] ?? ' ') : PLACES
  if (text.startsWith('p') && !(places > PLACES && places <= MOST_PLACES)) return null
  const bytes = fromBase64Url(text.slice(places === PLACES ? 1 : 2))
  if (bytes === null) return null
  const flat =
    text.startsWith('q') || text.startsWith('p')
      ? readVarints(bytes, 10 ** places)
      : text.startsWith('d')
        ? readDoubles(bytes)
        : null
  if (flat === null || flat.length % 2 !== 0) return null
  const points: Vector2[] = []
  for (let i = 0; i < flat.length; i += 2) points.push([flat[i]!, flat[i + 1]!])
  return points
}

function varints(lattice: readonly number[]): number[] {
  const bytes: number[] = []
  for (const [i, value] of lattice.entries()) {
    const difference = value - (i < 2 ? 0 : lattice[i - 2]!)
    let rest = difference < 0 ? -2 * difference - 1 : 2 * difference
    while (rest >= 128) {
      bytes.push((rest % 128) + 128)
      rest = Math.floor(rest / 128)
    }
    bytes.push(rest)
  }
  return bytes
}

function readVarints(bytes: Uint8Array, perUnit: number): number[] | null {
  const lattice: number[] = []
  let rest = 0
  let scale = 1
  for (const byte of bytes) {
    rest += (byte % 128) * scale
    scale *= 128
    if (byte >= 128) {
      if (scale > 2 ** 42) return null
      continue
    }
    const difference = rest % 2 === 1 ? -(rest + 1) / 2 : rest / 2
    const value = difference + (lattice.length < 2 ? 0 : lattice[lattice.length - 2]!)
    if (Math.abs(value) > LARGEST) return null
    lattice.push(value)
    if (lattice.length > 2 * MAX_POINTS) return null
    rest = 0
    scale = 1
  }
  return scale === 1 ? lattice.map((value) => value / perUnit + 0) : null
}

function doubles(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * values.length))
  for (const [i, value] of values.entries()) view.setFloat64(8 * i, value, true)
  return new Uint8Array(view.buffer)
}

function readDoubles(bytes: Uint8Array): number[] | null {
  if (bytes.length % 8 !== 0) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length / 8 }, (_, i) => view.getFloat64(8 * i, true))
}

/** Base64 with - and _ in the place of + and /, without padding (RFC 4648 §5). */
export function toBase64Url(bytes: ArrayLike<number>): string {
  const text: string[] = []
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const word =
      (bytes[i]! << 16) | ((left > 1 ? bytes[i + 1]! : 0) << 8) | (left > 2 ? bytes[i + 2]! : 0)
    text.push(DIGITS[word >> 18]!, DIGITS[(word >> 12) & 63]!)
    if (left > 1) text.push(DIGITS[(word >> 6) & 63]!)
    if (left > 2) text.push(DIGITS[word & 63]!)
  }
  return text.join('')
}

/** The bytes of base64url text; null when it is none. Total. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length % 4 === 1) return null
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let word = 0
  let held = 0
  let n = 0
  for (let i = 0; i < text.length; i++) {
    const digit = VALUES[text.charCodeAt(i)] ?? 0
    if (digit === 0) return null
    word = ((word << 6) | (digit - 1)) & 0xffff
    held += 6
    if (held >= 8) {
      held -= 8
      bytes[n++] = (word >> held) & 0xff
    }
  }
  return bytes
}
