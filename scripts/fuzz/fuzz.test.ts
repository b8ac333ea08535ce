import { describe, expect, it } from 'vitest'
import { fuzz, SUBJECTS } from './perform.ts'

/** Of `npm run fuzz`, which reads 160,000 inputs: the first few hundred of one seed. */
const SEED = 20260801
const SAMPLE = 300

describe('hostile input is refused in a line or gives something whole', () => {
  it.each(SUBJECTS.map((subject) => [subject.name, subject] as const))('%s', (_, subject) => {
    expect(fuzz(subject, SEED, 0, SAMPLE).failures).toEqual([])
  })
})

it('finds a reader that throws, one that hangs and one that changes the prototype of all objects', () => {
  const subject = (read: () => void) => ({
    name: 'broken',
    count: 1,
    open: () => () => ({ input: 'x', read, verify() {} }),
  })
  const found = (read: () => void) => fuzz(subject(read), SEED, 7, 1, 5).failures[0]?.what
  const prototype: object = Object.prototype
  expect(found(() => undefined)).toBeUndefined()
  expect(found(() => void JSON.parse('{'))).toMatch(/JSON/)
  expect(
    found(() => {
      const { user } = process.cpuUsage()
      while (process.cpuUsage().user - user < 20_000);
    }),
  ).toMatch(/^it took \d+ ms; at most 5$/)
  try {
    expect(found(() => Object.assign(prototype, { polluted: 1 }))).toMatch(/prototype/)
  } finally {
    Reflect.deleteProperty(prototype, 'polluted')
  }
})
