import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { documentOf } from './document.ts'
import type { SuiteResult } from './results.ts'
import { withFigures } from './readme.ts'
import { SUITES } from './suites.ts'

const result: SuiteResult = {
  suite: SUITES[0]!.id,
  command: `npm run bench -- ${SUITES[0]!.id}`,
  quick: false,
  machine: {
    cpu: 'A processor',
    cores: 2,
    memory: 8,
    system: 'Linux 6',
    node: '20.20.2',
    chromium: '156.0',
    date: '2026-02-03',
  },
  peak: { simd: 14e9, scalar: 4e9, memory: 6e9 },
  seconds: 1,
  rows: [
    {
      name: 'step',
      unit: 'ms',
      value: 2,
      rivals: [{ name: 'slow', value: 11 }],
      bounds: [{ at: 'least', value: 6, of: { ratioTo: 'slow' } }],
      floor: { kind: 'arithmetic', value: 1, from: '14 million FLOPs at 14 GFLOP/s' },
    },
    { group: 'rates', name: 'steps', unit: 'steps/s', better: 'more', value: 500, note: 'Busy.' },
  ],
}

describe('the table of bounds', () => {
  const [row] = result.rows
  const held = (...values: number[]) =>
    documentOf([
      {
        ...result,
        rows: [
          { ...row!, rivals: values.map((value, k) => ({ name: ['slow', 'quick'][k]!, value })) },
        ],
      },
    ])

  it('names the rival against which a bound would be missed', () => {
    expect(held(14, 5)).toContain('| 7.00 × (2.00 ms); 2.50 × quick |')
    expect(held(14, 13)).toContain('| 7.00 × (2.00 ms) |')
  })
})

describe('the README', () => {
  const readme =
    'before\n<!-- Written by npm run bench -- all --write -->\nold\n<!-- End of what it writes -->\nafter'
  const step: SuiteResult = {
    ...result,
    suite: 'kernels',
    rows: [
      {
        group: 'SIMD, batch 256',
        name: '64 × 3, ∇V',
        unit: 'ms',
        value: 2,
        rivals: [{ name: 'tfjs wasm, tape', value: 13 }],
      },
    ],
  }

  it('quotes ratios from the results and keeps what stands around them', () => {
    const text = withFigures(readme, [step])
    expect(text).toMatch(/^before\n<!--[^]*-->\nafter$/)
    expect(text).toContain('| 2.00 ms | 6.50 × tfjs wasm, tape |')
    expect(text).not.toContain('old')
  })

  it('says how many seeds were run, and quotes nothing quick', () => {
    const seeds = (samples: number): SuiteResult => ({
      ...result,
      suite: 'train',
      rows: [
        {
          group: 'The default recipe, `persistent`',
          name: 'Two moons: time to the end',
          unit: 's',
          value: 3,
          samples,
        },
      ],
    })
    expect(withFigures(readme, [seeds(3)])).toContain('default recipe, slowest of three seeds |')
    expect(withFigures(readme, [seeds(2)])).toContain('default recipe, slowest of two seeds |')
    expect(withFigures(readme, [seeds(1)])).toContain('default recipe, one seed |')
    expect(() => withFigures(readme, [step, { ...seeds(1), quick: true }])).toThrow('train')
  })

  it('has a place for them', () => {
    expect(() => withFigures('no place', [step])).toThrow('README.md')
    expect(readFileSync('README.md', 'utf8')).toContain('<!-- End of what it writes -->')
  })
})

describe('docs/performance.md', () => {
  const text = documentOf([result])

  it('names machine, date and the command of every figure', () => {
    expect(text).toContain(
      'A processor, 2 cores, 8 GiB, Linux 6, Node 20.20.2, Chromium 156.0; 2026-02-03',
    )
    expect(text).toContain(`\`${result.command}\``)
  })

  it('says which bounds are met and which are not', () => {
    expect(text).toContain('0 of 1 bounds are met.')
    expect(text).toContain('≥ 6 × slow: **not met**')
    expect(text).toContain('5.50 × (2.00 ms)')
  })

  it('holds every row with its rival, floor and note', () => {
    expect(text).toContain('| step | 2.00 ms | slow 11.0 | 5.50 |')
    expect(text).toContain('1.00 ms, 50.0 %')
    expect(text).toContain('- Floors. step: 14 million FLOPs at 14 GFLOP/s.')
    expect(text).toContain('### rates')
    expect(text).toContain('- steps: Busy.')
  })

  it('does not pass a quick run off as a measurement', () => {
    expect(text).not.toContain('quick run')
    expect(documentOf([{ ...result, quick: true }])).toContain('not to be quoted')
  })

  it('is not written from nothing', () => {
    expect(() => documentOf([])).toThrow('npm run bench')
  })
})
