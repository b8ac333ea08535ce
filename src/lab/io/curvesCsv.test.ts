import { describe, expect, it } from 'vitest'
import { curvesCsv } from './curvesCsv.ts'

const CURVES = {
  langevin: {
    step: [0, 1, 2],
    kl: [1.5, null, 0.1 + 0.2],
    klStandardError: [0, null, 1e-7],
    estimator: ['quadrature', null, 'native'],
    klExact: [null, null, null],
    fokkerPlanck: [1.5, 1.25, 1],
    fisher: [],
    mismatch: [],
    foldedMass: [0, 0, 0.25],
  },
  deterministic: {
    step: [0, 1, 2],
    kl: [1.5, 1, 2],
    klStandardError: [null, 0.1, 0.2],
    lowerBound: [false, false, true],
  },
}

describe('curvesCsv', () => {
  it('has one column for each curve under its dotted path and one row for each step', () => {
    expect(curvesCsv(CURVES)).toBe(
      'langevin.step,langevin.kl,langevin.klStandardError,langevin.estimator,langevin.klExact,' +
        'langevin.fokkerPlanck,langevin.fisher,langevin.mismatch,langevin.foldedMass,' +
        'deterministic.step,deterministic.kl,deterministic.klStandardError,deterministic.lowerBound\n' +
        '0,1.5,0,quadrature,,1.5,,,0,0,1.5,,false\n' +
        '1,,,,,1.25,,,0,1,1,0.1,false\n' +
        '2,0.30000000000000004,1e-7,native,,1,,,0.25,2,2,0.2,true\n',
    )
  })

  it('has the distance of two clouds where a run has a companion', () => {
    const { langevin, deterministic } = CURVES
    const pair = { step: [0, 1], largest: [2, 1], rootMeanSquare: [1, 0.5], bound: [2, null] }
    const lines = curvesCsv({ langevin, deterministic, contraction: pair }).split('\n')
    expect(lines[0]).toMatch(
      /,contraction\.step,contraction\.largest,contraction\.rootMeanSquare,contraction\.bound$/,
    )
    expect(lines[1]).toMatch(/,0,2,1,2$/)
    expect(lines[2]).toMatch(/,1,1,0\.5,$/)
    expect(curvesCsv({ langevin, deterministic, contraction: null })).toBe(curvesCsv(CURVES))
  })
})
