import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { CRITERION_IDS } from '../../core/analysis/ids.ts'
import { rowsCsv } from '../io/rowsCsv.ts'
import { summariesOf } from '../io/sweepSummary.ts'
import type { SweepResult } from '../protocol/sweep.ts'
import { parseSweepArguments } from './sweepArguments.ts'

const ENTRY = fileURLToPath(new URL('sweep.ts', import.meta.url))
const folder = mkdtempSync(path.join(tmpdir(), 'sweep-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('the command line', () => {
  const args = (...more: string[]) => parseSweepArguments(['a.json', '--out', 'x', ...more])

  test.each([
    [
      ['--over', 'steps=1..2'],
      /--over: found steps; allowed: one of stepSize, epsilon, delta, particles, seed, start\.x/,
    ],
    [
      ['--over', 'epsilon=1..20'],
      /--over: found 20 for epsilon; allowed: a number in \[0\.005, 10\] \(Temperature ε\)/,
    ],
    [['--over', 'epsilon=1..x'], /--over: found x for epsilon/],
    [['--over', 'epsilon'], /--over: found nothing for epsilon/],
    [['--over', 'epsilon=1..2:25'], /--over: found 25 for epsilon; allowed: from\.\.to.* up to 24/],
    [['--over', 'epsilon=1..2:cubic'], /--over: found cubic/],
    [['--over', `delta=${Array(25).fill(1).join()}`], /up to 24 values/],
    [['--seeds', '0'], /--seeds: found 0; allowed: an integer in \[1, 100\]/],
    [
      ['--criteria', 'tolerance,magic'],
      /--criteria: found magic; allowed: all, or some of certified-decrease/,
    ],
    [['--backend', 'webgpu'], /needs a browser/],
    [['--fast'], /--fast: unknown flag; allowed: --over, --out/],
    [['--over'], /--over: no value given/],
    [['b.json'], /b\.json: only one scene/],
  ])('refuses %j', (more, message) => {
    expect(() => args(...more)).toThrow(message)
  })

  test('a scale and a count may be left out, in any order', () => {
    const over = (text: string) => args('--over', text).over
    const ends = { from: 0.001, to: 0.1 }
    expect(over('stepSize=0.001..0.1')).toEqual({
      over: 'stepSize',
      values: { kind: 'log', ...ends, count: 8 },
    })
    expect(over('stepSize=0.001..0.1:5:linear')).toEqual({
      over: 'stepSize',
      values: { kind: 'linear', ...ends, count: 5 },
    })
    expect(over('seed=4,7')).toEqual({ over: 'seed', values: { kind: 'list', values: [4, 7] } })
    expect(args('--criteria', 'all').criteria).toEqual(CRITERION_IDS)
    expect(args('--criteria', 'tolerance,floor').criteria).toEqual(['floor', 'tolerance'])
    expect(args()).toEqual({
      scene: 'a.json',
      out: 'x',
      over: null,
      seeds: null,
      criteria: null,
      backend: null,
    })
  })
})

test('writes rows as JSON and as a table of the same numbers', () => {
  const file = path.join(folder, 'scene.json')
  const scene = {
    domain: { halfWidth: 4, cells: 48 },
    dynamics: { steps: 10, particles: 32, stepSize: 0.05 },
    energy: { kind: 'quadratic' },
    sweep: { over: 'epsilon', values: { kind: 'list', values: [1] }, seeds: 2 },
  }
  writeFileSync(file, JSON.stringify(scene))
  const out = path.join(folder, 'out')
  const run = spawnSync(
    process.execPath,
    ['--import', 'tsx', ENTRY, file, '--over', 'delta=0.5,1', '--out', out],
    { encoding: 'utf8' },
  )
  expect(run.stderr).toMatch(/sweep 3\/3\n/)
  expect(run.stderr).toMatch(/delta = 0\.5, tolerance: /)
  expect(run.status).toBe(0)
  const { summary, ...result } = JSON.parse(
    readFileSync(path.join(out, 'sweep.json'), 'utf8'),
  ) as SweepResult & { summary: unknown }
  expect(result.values).toEqual([0.5, 1])
  expect(result.scene.sweep?.seeds).toBe(2)
  expect(summary).toEqual(summariesOf(result.rows))
  expect(readFileSync(path.join(out, 'sweep.csv'), 'utf8')).toBe(
    rowsCsv(result.rows.map((row) => ({ ...row }))),
  )
})
