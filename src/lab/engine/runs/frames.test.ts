import { expect, test } from 'vitest'
import { drawn, SpareClouds } from './frames.ts'

const clouds = {
  langevin: Float64Array.from([0.1, 0.2, 0.3, 0.4]),
  deterministic: Float64Array.from([1, 2, 3, 4]),
  companion: null,
}

test('clouds are copied into spare arrays of their length, each once', () => {
  const spare = new SpareClouds()
  const given = [new Float32Array(4).fill(9), new Float32Array(6), new Float32Array(4).fill(9)]
  spare.add(given)
  const first = drawn(3, clouds, spare)
  expect(first).toEqual({
    step: 3,
    langevin: Float32Array.from([0.1, 0.2, 0.3, 0.4]),
    deterministic: Float32Array.from([1, 2, 3, 4]),
    companion: null,
  })
  expect(new Set([first.langevin, first.deterministic])).toEqual(new Set([given[0], given[2]]))
  const second = drawn(3, clouds, spare)
  expect(second).toEqual(first)
  expect(given).not.toContain(second.langevin)
  expect(second.langevin).not.toBe(first.langevin)
})

test('of too many spare arrays the oldest go', () => {
  const spare = new SpareClouds()
  const given = Array.from({ length: 20 }, (_, k) => new Float32Array(k + 1))
  for (const array of given) spare.add([array])
  expect(given).toContain(spare.take(20))
  expect(given).not.toContain(spare.take(1))
})
