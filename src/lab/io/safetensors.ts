import { readJsonText } from '../scene/reading/jsonText.ts'
import { describeProblem, show } from '../scene/reading/problem.ts'

/**
 * The safetensors container: an unsigned 64-bit little-endian header length, a JSON header, then the raw
 * little-endian data. Header: { name: { dtype, shape, data_offsets: [begin, end] }, …, "__metadata__":
 * { string: string } }, offsets relative to the data. Source: https://github.com/huggingface/safetensors.
 */

export type Tensor =
  | { readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly shape: readonly number[]; readonly data: Float64Array }

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Tensor>
  readonly metadata: ReadonlyMap<string, string>
}

const METADATA = '__metadata__'
/** Longest header that is read, bytes; energies need about one thousand. */
const LONGEST_HEADER = 1_000_000
/** Longest file that is read, bytes; energies have some ten thousand. */
const LONGEST_FILE = 2 ** 26
const WIDTH = { F32: 4, F64: 8 } as const
type Dtype = keyof typeof WIDTH

/**
 * The file of some tensors. Doubles come first so that every tensor is aligned to its own width; the
 * header is padded with spaces to a multiple of 8 bytes. Equal input gives equal bytes.
 * Throws RangeError when a tensor's data do not fill its shape.
 */
export function writeSafetensors(file: TensorFile): Uint8Array<ArrayBuffer> {
  const entries = [...file.tensors].sort(([, a], [, b]) => WIDTH[dtypeOf(b)] - WIDTH[dtypeOf(a)])
  const header = new Map<string, unknown>()
  if (file.metadata.size > 0) header.set(METADATA, Object.fromEntries(file.metadata))
  let end = 0
  for (const [name, tensor] of entries) {
    if (sizeOf(tensor.shape) !== tensor.data.length) {
      throw new RangeError(
        `${name}: ${tensor.data.length} values do not fill [${tensor.shape.join()}]`,
      )
    }
    const begin = end
    end += tensor.data.length * WIDTH[dtypeOf(tensor)]
    header.set(name, { dtype: dtypeOf(tensor), shape: tensor.shape, data_offsets: [begin, end] })
  }
  const text = JSON.stringify(Object.fromEntries(header))
  const bare = new TextEncoder().encode(text)
  const length = Math.ceil(bare.length / 8) * 8
  const bytes = new Uint8Array(8 + length + end)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, length, true)
  bytes.fill(0x20, 8, 8 + length)
  bytes.set(bare, 8)
  let at = 8 + length
  for (const [, { data }] of entries) {
    for (const value of data) {
      if (data instanceof Float32Array) view.setFloat32(at, value, true)
      else view.setFloat64(at, value, true)
      at += data.BYTES_PER_ELEMENT
    }
  }
  return bytes
}

/**
 * The tensors of a file, copied out of it. Total: for any bytes it returns either the tensors or
 * one line that says what is wrong. Accepts F32 and F64; refuses other types, shapes that do not match
 * their data, data that overlap, leave holes or run past the end, metadata that are not strings, and keys that
 * occur twice.
 */
export function readSafetensors(bytes: Uint8Array): TensorFile | { readonly error: string } {
  if (bytes.length > LONGEST_FILE) {
    return wrong(`${bytes.length} bytes; at most ${LONGEST_FILE}`)
  }
  if (bytes.length < 8) return wrong(`${bytes.length} bytes are too few for a header length`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getUint32(0, true) + 4_294_967_296 * view.getUint32(4, true)
  if (length > LONGEST_HEADER)
    return wrong(`a header of ${length} bytes; at most ${LONGEST_HEADER}`)
  if (8 + length > bytes.length) {
    return wrong(`a header of ${length} bytes in a file of ${bytes.length}`)
  }
  const header = readHeader(bytes.subarray(8, 8 + length))
  if ('error' in header) return header
  const metadata = readMetadata(header.json[METADATA])
  if ('error' in metadata) return metadata

  const start = 8 + length
  const tensors = new Map<string, Tensor>()
  const spans: { readonly name: string; readonly begin: number; readonly end: number }[] = []
  for (const [name, entry] of Object.entries(header.json)) {
    if (name === METADATA) continue
    const described = readEntry(name, entry, bytes.length - start)
    if ('error' in described) return described
    spans.push({ name, begin: described.begin, end: described.end })
    tensors.set(name, readTensor(described, new DataView(bytes.buffer, bytes.byteOffset + start)))
  }
  const tiling = checkTiling(spans, bytes.length - start)
  return tiling ?? { tensors, metadata: metadata.map }
}

function wrong(reason: string): { readonly error: string } {
  return { error: `not a readable safetensors file: ${reason}` }
}

function dtypeOf(tensor: Tensor): Dtype {
  return tensor.data instanceof Float32Array ? 'F32' : 'F64'
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, side) => size * side, 1)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readTensor({ dtype, shape, begin }: Entry, view: DataView): Tensor {
  const length = sizeOf(shape)
  if (dtype === 'F32') {
    const data = new Float32Array(length)
    for (let i = 0; i < length; i++) data[i] = view.getFloat32(begin + 4 * i, true)
    return { shape, data }
  }
  const data = new Float64Array(length)
  for (let i = 0; i < length; i++) data[i] = view.getFloat64(begin + 8 * i, true)
  return { shape, data }
}

function readHeader(
  bytes: Uint8Array,
): { readonly json: Readonly<Record<string, unknown>> } | { readonly error: string } {
  if (bytes[0] !== 0x7b) return wrong('the header does not begin with {')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return wrong('the header is not UTF-8')
  }
  const read = readJsonText(text, 'header')
  if ('error' in read) return wrong(describeProblem(read.error))
  return isRecord(read.json) ? { json: read.json } : wrong('the header is not a JSON object')
}

function readMetadata(
  value: unknown,
): { readonly map: ReadonlyMap<string, string> } | { readonly error: string } {
  const map = new Map<string, string>()
  if (value === undefined) return { map }
  if (!isRecord(value)) return wrong('its metadata are not an object')
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry !== 'string') return wrong(`its metadata entry ${show(key)} is not a string`)
    map.set(key, entry)
  }
  return { map }
}

interface Entry {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

function readEntry(
  name: string,
  value: unknown,
  available: number,
): Entry | { readonly error: string } {
  const what = `tensor ${show(name)}`
  if (!isRecord(value)) return wrong(`${what} is not described by an object`)
  const { dtype, shape, data_offsets: offsets } = value
  if (dtype !== 'F32' && dtype !== 'F64') {
    const found = typeof dtype === 'string' ? show(dtype) : 'no type'
    return wrong(`${what} has type ${found}; allowed: F32, F64`)
  }
  if (!isSizes(shape) || shape.length > 8) return wrong(`${what} has no valid shape`)
  if (!isSizes(offsets) || offsets.length !== 2) return wrong(`${what} has no valid data_offsets`)
  const [begin = 0, end = 0] = offsets
  if (begin > end || end > available) {
    return wrong(`${what} lies at bytes ${begin} to ${end} of ${available}`)
  }
  if (end - begin !== sizeOf(shape) * WIDTH[dtype]) {
    return wrong(`${what} has ${end - begin} bytes for ${dtype} of shape [${shape.join(', ')}]`)
  }
  return { dtype, shape, begin, end }
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((side) => Number.isSafeInteger(side) && side >= 0)
}

/** An error unless the spans cover the data exactly once. */
function checkTiling(
  spans: readonly { readonly name: string; readonly begin: number; readonly end: number }[],
  available: number,
): { readonly error: string } | null {
  let covered = 0
  for (const { name, begin, end } of [...spans].sort(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin < covered) return wrong(`tensor ${show(name)} overlaps another`)
    if (begin > covered) return wrong(`bytes ${covered} to ${begin} belong to no tensor`)
    covered = end
  }
  return covered === available
    ? null
    : wrong(`bytes ${covered} to ${available} belong to no tensor`)
}
