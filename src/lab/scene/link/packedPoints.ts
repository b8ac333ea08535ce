import { MAX_POINTS, type Vector2 } from '../sceneSpec.ts'

/** Decimal places of the lattice of drawn points, so that a link holds them exactly. */
const PLACES = 4
const PER_UNIT = 10 ** PLACES
/** Most decimal places of a lattice: doubles do not distinguish more. */
const MOST_PLACES = 15
/** Largest lattice coordinate that is packed as an integer. */
const LARGEST = 2 ** 30
/** Character code of the digit of base64 for 0. */
const ZERO = 65

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
    const head = places === PLACES ? 'q' : `p${String.fromCharCode(ZERO + places)}`
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
  const kind = text[0]
  const places = kind === 'p' ? text.charCodeAt(1) - ZERO : PLACES
  if (kind === 'p' && !(places > PLACES && places <= MOST_PLACES)) return null
  const bytes = fromBase64Url(text.slice(kind === 'p' ? 2 : 1))
  if (bytes === null) return null
  const lattice = kind === 'p' || kind === 'q' ? readVarints(bytes, 10 ** places) : null
  const flat = kind === 'd' ? readDoubles(bytes) : lattice
  if (flat === null || flat.length % 2 !== 0) return null
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!])
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
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!)
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/u, '')
}

/** The bytes of base64url text; null when it is none. Total. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length % 4 === 1 || !/^[A-Za-z0-9_-]*$/u.test(text)) return null
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
