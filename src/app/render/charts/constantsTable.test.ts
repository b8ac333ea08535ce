import { describe, expect, it } from 'vitest'
import { report } from './charts.testing.ts'
import { constantRows, trajectoryRate } from './constantsTable.ts'
import { UNKNOWN_CONSTANTS } from '../../../core/analysis/curves.ts'

const constants = {
  ...UNKNOWN_CONSTANTS,
  convexity: -3.25,
  quadratic: false,
  smoothness: 125.1,
  smoothnessAt: [0, -0.001] as const,
  smoothness95: 14.2,
  curvature95: 14.1,
  biasPrediction: 1.394e-3,
}
const found = {
  spectralGap: 0.19001,
  spectralGapError: 0.00004,
  spectralGapResolved: true,
  slowMode: null,
  logSobolevEstimate: 0.167,
  twoStateFactor: 0.879,
  logSobolevBound: { value: 1.4e-8, method: 'holley-stroock', reason: 'V varies by 18.' },
  strayStart: 0.019,
}
const analysis = report(
  {
    klExact: [2, 1, 0],
    fisher: [3, 4, 0],
    fokkerPlanck: [2, 1, 0.5],
    fokkerPlanckFisher: [3, 4, 2],
  },
  { constants: found },
)
const row = (rows: ReturnType<typeof constantRows>, symbol: string) =>
  rows.find((r) => r.symbol === symbol)!

describe('the table of constants', () => {
  it('says where the mode of the gap sits', () => {
    const slowMode = {
      kind: 'stray-corner',
      heavier: { at: [0.5, -1], mass: 0.9998 },
      lighter: { at: [3.9, -3.9], mass: 0.0002 },
    } as const
    const rows = constantRows({ ...constants, slowMode }, null, 1, 0)
    const row = rows.find(({ name }) => name === 'slowest between')!
    expect(row.value).toBe('(0.50, −1.0) and (3.9, −3.9)')
    expect(row.status).toBe('a stray corner')
    expect(row.title).toContain('0.020 % of π')
  })

  it('says what is still being computed', () => {
    const rows = constantRows(constants, null, 1, 0)
    expect(row(rows, 'λ_PI')).toMatchObject({ value: '–', status: 'being computed' })
    expect(row(rows, 'ρ₀(S)')).toMatchObject({ value: '–', status: 'being computed' })
    expect(row(rows, 'L')).toMatchObject({ value: '125.1', name: 'largest, at (0, −0.0010)' })
    expect(row(rows, 'm').value).toBe('−3.25')
    expect(row(rows, 'b(η)')).toMatchObject({ value: '0.00139', status: 'prediction' })
  })

  it('calls only what is proved a certificate, and a vacuous one by its name', () => {
    const rows = constantRows(constants, analysis, 1, 0)
    const certified = rows.filter(({ status }) => status.includes('certificate'))
    expect(certified.map(({ symbol }) => symbol)).toEqual(['λ ≥', 'm', 'L'])
    expect(certified[0]!.status).toBe('certificate (vacuous)')
    expect(certified[0]!.title).toContain('Holley–Stroock: V varies by 18.')
    expect(row(rows, 'λ_PI').status).toContain('estimate')
    expect(row(rows, 'λ').title).toContain('0.879')
    const firm = { ...found, logSobolevBound: { ...found.logSobolevBound, value: 0.5 } }
    const convex = constantRows(constants, { ...analysis, constants: firm }, 1, 0)
    expect(row(convex, 'λ ≥')).toMatchObject({ value: '0.50', status: 'certificate' })
  })

  it('shows the gap that is proved, whether it is under way, came to nothing or was broken off', () => {
    const shown = (spectralGapBound?: { value: number; cells: number }) =>
      row(
        constantRows(
          constants,
          spectralGapBound === undefined ? analysis : { ...analysis, spectralGapBound },
          1,
          0,
        ),
        'λ_PI ≥',
      )
    expect(shown()).toMatchObject({ value: '–', status: 'being proved' })
    expect(shown({ value: 0.31499, cells: 128 })).toMatchObject({
      value: '0.314',
      status: 'certificate',
    })
    expect(shown({ value: 0, cells: 128 })).toMatchObject({ value: '–', status: 'nothing proved' })
    expect(shown({ value: 0, cells: 0 }).title).toContain('stopped')
  })

  it('tells how much of the start goes to stray wells, where that is known', () => {
    const known = row(constantRows(constants, analysis, 1, 0), 'ρ₀(S)')
    expect(known).toMatchObject({ value: '1.9 %', status: 'estimate', name: 'stray start' })
    const thin = { ...analysis, constants: { ...found, strayStart: null } }
    const unknown = row(constantRows(constants, thin, 1, 0), 'ρ₀(S)')
    expect(unknown).toMatchObject({ value: '–', status: 'unknown' })
  })

  it('reads the curvature of a quadratic off exactly', () => {
    const rows = constantRows({ ...constants, quadratic: true }, analysis, 1, 0)
    expect(row(rows, 'm').status).toBe('exact')
    expect(row(rows, 'L').status).toBe('exact')
  })

  it('measures the rate at a step, of the chain or else of the continuous dynamics', () => {
    expect(trajectoryRate(analysis, 0.5, 1)).toEqual({ value: 2, of: 'exact chain' })
    expect(trajectoryRate(analysis, 0.5, 2)).toEqual({ value: 2, of: 'Fokker–Planck' })
    expect(trajectoryRate(analysis, 0.5, 9)).toBeNull()
    expect(trajectoryRate(null, 0.5, 0)).toBeNull()
    expect(row(constantRows(constants, analysis, 0.5, 1), 'εI/KL')).toMatchObject({
      value: '2.00',
      status: 'measured',
      name: 'rate at k = 1',
    })
  })
})
