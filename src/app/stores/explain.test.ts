import { expect, test } from 'vitest'
import { CallError, failureToError } from '../../lab/client/callError.ts'
import { describeFailure } from '../../lab/engine/describeFailure.ts'
import { Refusal } from '../../lab/engine/refusal.ts'
import { explain } from './explain.ts'

const RAW = [
  "Failed to execute 'mapAsync' on 'GPUBuffer': Buffer is destroyed",
  "Cannot read properties of undefined (reading 'flat')",
  'e.points.flat is not a function',
]

test.each(RAW)('what an engine says is never the sentence: %s', (raw) => {
  const failures = [
    explain(new TypeError(raw)),
    explain(raw),
    explain(new DOMException(raw, 'OperationError'), 'The theme could not be kept.'),
    explain(failureToError(describeFailure(new TypeError(raw)))),
    explain(new CallError('crashed', 'The compute worker stopped.', null, raw)),
  ]
  for (const { text, details } of failures) {
    expect(text).toMatch(/^[A-Z][^']+\.$/)
    expect(details).toContain(raw)
  }
})

test('what the lab says itself is said as it is, with the field to blame', () => {
  const refusal = new Refusal('found 7; allowed: [0, 5]', 'target.sharpness')
  expect(explain(failureToError(describeFailure(refusal)))).toEqual({
    text: 'target.sharpness: found 7; allowed: [0, 5]',
  })
})

test.each([
  'Failed to fetch dynamically imported module: http://localhost/assets/a.js',
  'error loading dynamically imported module: http://localhost/assets/a.js',
  'Importing a module script failed.',
])('a part of the program that cannot be fetched asks for the network: %s', (raw) => {
  const { text, details } = explain(new TypeError(raw))
  expect(text).toContain('network is needed once')
  expect(details).toContain(raw)
})
