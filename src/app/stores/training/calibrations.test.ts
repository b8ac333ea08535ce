import { expect, it } from 'vitest'
import { readCalibrations } from './calibrations.ts'

const DAY = 24 * 3600 * 1000
const good = { webgpu: 0.4, wasm: 1.2, at: 100 * DAY }

it('reads back what was kept', () => {
  expect(readCalibrations(JSON.stringify({ 'a GPU': good }), 101 * DAY)).toEqual({ 'a GPU': good })
})

it('forgets what is older than a month', () => {
  expect(readCalibrations(JSON.stringify({ 'a GPU': good }), 131 * DAY)).toEqual({})
})

it.each([undefined, 3, '', '{', 'null', '[1]', '{"a":{"webgpu":-1,"wasm":1,"at":0}}'])(
  'leaves alone what is none: %s',
  (stored) => {
    expect(readCalibrations(stored, 0)).toEqual({})
  },
)
