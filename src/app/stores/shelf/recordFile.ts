/**
 * Any record as the text of a JSON file: typed arrays keep all their bytes and numbers, and values that JSON cannot
 * express are named by their type. Total.
 */
export function recordText(record: unknown): string {
  const above = new Set<object>()
  const plain = (value: unknown): unknown => {
    if (typeof value === 'bigint') return { bigint: String(value) }
    if (typeof value === 'number' && !Number.isFinite(value)) return { number: String(value) }
    if (typeof value !== 'object' || value === null) return value
    if (above.has(value)) return { circular: true }
    above.add(value)
    const result = plainObject(value, plain)
    above.delete(value)
    return result
  }
  return `${JSON.stringify(plain(record), null, 1)}\n`
}

function plainObject(value: object, plain: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Date)
    return { Date: Number.isNaN(value.getTime()) ? null : value.toISOString() }
  if (value instanceof Map) return { Map: plain([...(value as Map<unknown, unknown>)]) }
  if (value instanceof Set) return { Set: plain([...(value as Set<unknown>)]) }
  if (value instanceof ArrayBuffer) return { ArrayBuffer: base64(new Uint8Array(value)) }
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value
    const type = Object.prototype.toString.call(value).slice(8, -1)
    return { [type]: base64(new Uint8Array(buffer, byteOffset, byteLength)) }
  }
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]))
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(text)
}
