import { expect, test } from 'vitest'
import { packReport, unpackReport } from './packedReport.ts'

const report = {
  stage: 'fine',
  exactTo: 2,
  unresolved: null,
  curves: { klExact: [1, 0.1 + 0.2, 5e-324, null], fisher: [null, null, null, null], envelope: [] },
  foldedMass: [0, -0, null],
}

test('a report comes back bit for bit', () => {
  const packed = packReport(report)
  expect(packed.curves.klExact).toEqual(Float64Array.from([1, 0.1 + 0.2, 5e-324, NaN]))
  expect(unpackReport<typeof report>(packed)).toEqual(report)
  expect(Object.is(unpackReport<typeof report>(packed).foldedMass[1], -0)).toBe(true)
})
