import fc from 'fast-check'
import { expect, it } from 'vitest'
import { recordText } from './recordFile.ts'

it('keeps the bytes of a record', () => {
  const record = { id: 'a', bytes: Uint8Array.of(1, 2, 255), values: Float32Array.of(1) }
  expect(JSON.parse(recordText(record))).toEqual({
    id: 'a',
    bytes: { Uint8Array: 'AQL/' },
    values: { Float32Array: 'AACAPw==' },
  })
})

it('writes any record whatever as JSON', () => {
  const circle: { self?: unknown } = {}
  circle.self = circle
  expect(JSON.parse(recordText(circle))).toEqual({ self: { circular: true } })
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withTypedArray: true,
      }),
      (record) => {
        JSON.parse(recordText(record === undefined ? null : record))
      },
    ),
  )
})
