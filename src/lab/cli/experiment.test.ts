import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { readSceneFile } from '../io/bundle.ts'
import type { RunResult } from '../protocol/result.ts'
import { parseArguments, USAGE } from './arguments.ts'
import { outcomeOf } from './command.ts'
import { experiment } from './experimentCommand.ts'

const ENTRY = fileURLToPath(new URL('experiment.ts', import.meta.url))
const folder = mkdtempSync(path.join(tmpdir(), 'experiment-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Interrupts once this has been said. */
interface Interruption {
  readonly at: RegExp
  readonly signal: NodeJS.Signals
}

/** The command as a process of its own, which takes seconds to start. */
function run(
  args: readonly string[],
  interruption?: Interruption,
  flags: readonly string[] = [],
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', ...flags, ENTRY, ...args])
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString()
      if (interruption?.at.test(stderr)) child.kill(interruption.signal)
    })
    child.on('close', (code) => {
      resolve({ code, stdout, stderr })
    })
  })
}

/** The command in this very process: what it says and answers, without starting and ending. */
async function perform(args: readonly string[]): Promise<Ended> {
  let [stdout, stderr] = ['', '']
  const said = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text)
    return true
  })
  const logged = vi.spyOn(console, 'log').mockImplementation((text) => {
    stdout += `${String(text)}\n`
  })
  try {
    const code = await outcomeOf(USAGE, experiment, args, new AbortController().signal)
    return { code, stdout, stderr }
  } finally {
    said.mockRestore()
    logged.mockRestore()
  }
}

function scene(name: string, json: unknown): string {
  const file = path.join(folder, name)
  writeFileSync(file, JSON.stringify(json))
  return file
}

const QUICK = {
  domain: { halfWidth: 4, cells: 32 },
  dynamics: { steps: 6, particles: 64, stepSize: 0.05 },
}

describe('the command line', () => {
  test.each([
    [['a.json'], /--out: missing/],
    [['--out', 'x'], /no scene given/],
    [['a.json', '--out'], /--out: no value given/],
    [
      ['a.json', '--out', 'x', '--fast'],
      /--fast: unknown flag; allowed: --out, --backend, --export/,
    ],
    [['a.json', 'b.json', '--out', 'x'], /b\.json: only one scene/],
    [
      ['a.json', '--out', 'x', '--backend', 'webgpu'],
      /webgpu needs a browser.*auto, wasm, cpu, tfjs-cpu/,
    ],
    [['a.json', '--out', 'x', '--backend', 'gpu'], /found gpu; allowed: auto, wasm, cpu, tfjs-cpu/],
  ])('refuses %j', (argv, message) => {
    expect(() => parseArguments(argv)).toThrow(message)
  })

  test('takes its flags in any order', () => {
    const expected = { scene: 'a.json', out: 'x', backend: 'cpu', exports: false }
    expect(parseArguments(['--backend', 'cpu', 'a.json', '--out', 'x'])).toEqual(expected)
  })
})

test('a bad field, a missing file: exit 2, one line, nothing written', async () => {
  const out = path.join(folder, 'nothing')
  const bad = scene('bad.json', { ...QUICK, dynamics: { epsilon: 20 } })
  const lost = scene('lost.json', { ...QUICK, energy: { kind: 'file', path: 'none.safetensors' } })
  const [field, file] = await Promise.all([run([bad, '--out', out]), perform([lost, '--out', out])])
  expect(field.code).toBe(2)
  expect(field.stderr).toMatch(
    /^[^\n]*dynamics\.epsilon: found 20; allowed: [^\n]*\[0\.005, 10\]\n$/,
  )
  expect(file.code).toBe(2)
  expect(file.stderr.replace(/^working on .*\n/gmu, '')).toMatch(
    /^energy\.path: found none\.safetensors, no such file; allowed: [^\n]*\n$/,
  )
  expect(existsSync(out)).toBe(false)
})

test('a composition: its result, its curves and its bundle, the same every time', async () => {
  const quadratic = { kind: 'quadratic' }
  const sum = {
    kind: 'sum',
    terms: [
      { weight: 1, energy: quadratic },
      { weight: 0.5, energy: { kind: 'trained' }, target: { kind: 'banana' } },
    ],
  }
  const file = scene('sum.json', { ...QUICK, energy: sum, training: { steps: 3, backend: 'wasm' } })
  const out = path.join(folder, 'sum')
  const first = await run([file, '--out', out])
  expect(first.stderr).toMatch(/training 3\/3/)
  expect(first.code).toBe(0)
  expect(first.stdout).toBe('')
  expect(readdirSync(out).sort()).toEqual(['bundle.json', 'curves.csv', 'result.json'])
  const result = JSON.parse(readFileSync(path.join(out, 'result.json'), 'utf8')) as RunResult
  expect(result.langevin.step).toEqual([0, 1, 2, 3, 4, 5, 6])
  const curves = readFileSync(path.join(out, 'curves.csv'), 'utf8').split('\n')
  expect(curves[0]).toMatch(/^langevin\.step,langevin\.kl,/)
  expect(Number(curves[7]!.split(',')[1])).toBe(result.langevin.kl[6])

  // The bundle needs no training: its trained term came along as a file.
  const bundle = path.join(out, 'bundle.json')
  const read = readSceneFile(readFileSync(bundle, 'utf8'))
  if ('error' in read) throw new Error(read.error.found)
  expect([...read.assets.keys()]).toEqual(['file:banana-0.safetensors'])
  const again = await perform([bundle, '--out', path.join(folder, 'again'), '--export'])
  expect(again.code).toBe(0)
  expect(readdirSync(path.join(folder, 'again', 'export')).sort()).toEqual([
    ...['README.txt', 'citation.bib', 'curves.csv', 'energy-banana-0.safetensors', 'grid.npz'],
    ...['langevin.py', 'particles.csv', 'result.json', 'scene.json'],
  ])
  expect(again.stderr).not.toMatch(/training/)
  const repeated = JSON.parse(
    readFileSync(path.join(folder, 'again', 'result.json'), 'utf8'),
  ) as RunResult
  expect(repeated.langevin).toEqual(result.langevin)
  expect(repeated.deterministic).toEqual(result.deterministic)
})

test('terms trained on different backends: one result, the same as ever', async () => {
  const trained = (backend: string) => ({
    kind: 'shelf',
    id: backend,
    recipe: { seed: 1, target: { kind: 'banana' }, training: { steps: 3, backend } },
  })
  const terms = ['wasm', 'cpu'].map((backend) => ({ weight: 0.5, energy: trained(backend) }))
  const file = scene('backends.json', { ...QUICK, energy: { kind: 'sum', terms } })
  const out = path.join(folder, 'backends')
  const { code, stderr } = await perform([file, '--out', out])
  for (const name of ['WebAssembly SIMD', 'JavaScript'])
    expect(stderr).toContain(`backend ${name}: asked for by name`)
  expect(code).toBe(0)
  expect(readdirSync(out).sort()).toEqual(['bundle.json', 'curves.csv', 'result.json'])
})

const LONG = { ...QUICK, training: { steps: 200_000, backend: 'wasm' } }

test('an interrupted training: exit 130, nothing written', async () => {
  const file = scene('long.json', LONG)
  const out = path.join(folder, 'interrupted')
  await Promise.all(
    (['SIGINT', 'SIGTERM'] as const).map(async (signal) => {
      const at = /training \d+\/200000/
      const { code, stderr } = await run([file, '--out', out], { at, signal })
      expect(stderr).toMatch(/interrupted; nothing was written\n$/)
      expect(code).toBe(130)
    }),
  )
  expect(existsSync(out)).toBe(false)
})

test('what cannot be read, and where nothing can be written: said in a line before anything is computed', async () => {
  const secret = path.join(folder, 'secret.txt')
  writeFileSync(secret, 'password: hunter2\n'.repeat(20))
  const long = scene('longer.json', LONG)
  const own = (name: string, data: string) =>
    scene(name, { ...QUICK, target: { kind: 'points', file: data }, energy: { kind: 'quadratic' } })
  const weights = scene('w.json', { ...QUICK, energy: { kind: 'file', path: 'secret.txt' } })
  const cases: [args: string[], said: RegExp][] = [
    [[secret, '--out', 'x'], /not JSON/],
    [
      [own('d.json', '.'), '--out', path.join(folder, 'x1')],
      /found \., a folder; allowed: a readable file/,
    ],
    [
      [own('e.json', 'secret.txt'), '--out', path.join(folder, 'x2')],
      /secret\.txt, line 1.*; read with separator: \w+, decimal sign: point; target\.separator and target\.decimal can say otherwise$/m,
    ],
    [[weights, '--out', path.join(folder, 'x3')], /^energy: not a readable safetensors file/],
    [[long, '--out', secret], /^--out: .*; allowed: a folder/],
  ]
  for (const [args, said] of cases) {
    const { code, stderr, stdout } = await perform(args)
    expect(stderr).toMatch(said)
    expect(stderr).toMatch(/^[^\n]+\n$/)
    expect(stderr + stdout).not.toMatch(/hunter2|training/)
    expect(code).toBe(2)
  }
  for (const name of ['x1', 'x2', 'x3']) expect(existsSync(path.join(folder, name))).toBe(false)
})

test('says how a file of points was read, on stderr before anything is computed and in the result', async () => {
  const cell = (value: number) => value.toFixed(3).replace('.', ',')
  const rows = Array.from({ length: 60 }, (_, i) =>
    [i, cell(Math.sin(7 * i)), 'ok', cell(-Math.cos(i * i))].join('\t'),
  )
  const table = ['\tx\tnote\ty', ...rows, '60\tNA\tbroken\t1,5', '61\t9e7\tfar\t1,5', ''].join(
    '\r\n',
  )
  writeFileSync(path.join(folder, 'mine.csv'), `\uFEFF${table}`, 'utf16le')
  const out = path.join(folder, 'reading')
  const energy = { kind: 'quadratic' }
  const asked = (target: object) => ({
    ...QUICK,
    target: { kind: 'points', file: 'mine.csv', ...target },
    energy,
  })
  const plain = await perform([scene('plain.json', asked({})), '--out', out])
  const cut = scene('clipped.json', asked({ clip: 10 }))
  const clipped = await perform([cut, '--out', path.join(folder, 'clipped')])
  expect([plain.code, clipped.code]).toEqual([0, 0])
  const said = plain.stderr.split('\n')
  expect(said.slice(0, 4)).toEqual([
    'mine.csv: 61 points from x and y; UTF-16 LE, separator: tab, decimal sign: comma',
    'mine.csv: passed over: column 1 (row numbers), note (text)',
    'mine.csv: skipped 1 row with a gap (line 62: "NA" in x)',
    expect.stringMatching(
      /^warning: mine\.csv: Line 63 sets the scale of x: .* A way on: "clip": 10 /u,
    ),
  ])
  expect(clipped.stderr).toMatch(
    /^mine\.csv: 60 points.*\n.*\n.*\nmine\.csv: skipped 1 far row \(line 63\)\n/u,
  )
  const { data } = JSON.parse(readFileSync(path.join(out, 'result.json'), 'utf8')) as RunResult
  expect(data).toMatchObject([
    {
      ...{
        file: 'mine.csv',
        encoding: 'UTF-16 LE',
        separator: 'tab',
        decimal: 'comma',
        points: 61,
      },
      columns: [
        { index: 1, name: 'x' },
        { index: 3, name: 'y' },
      ],
      passedOver: [
        { index: 0, name: 'column 1', why: 'row numbers' },
        { index: 2, name: 'note', why: 'text' },
      ],
      skipped: [{ kind: 'gap', rows: 1, line: 62, found: '"NA"', column: 'x' }],
    },
  ])
  expect(data[0]!.remarks[0]).toMatch(/^Line 63 sets the scale/u)
})

test('a computation that stands still is no success, and is not silent', async () => {
  const file = scene('still.json', QUICK)
  const still = 'data:text/javascript,globalThis.setImmediate=()=>{}'
  const out = path.join(folder, 'still')
  const { code, stderr } = await run([file, '--out', out], undefined, ['--import', still])
  expect(stderr).toMatch(/stands still.*nothing was written\n$/)
  expect(code).toBe(1)
  expect(existsSync(out)).toBe(false)
})

test('a gap that the grid does not resolve is called so', async () => {
  const well = (x: number) => ({
    weight: 0.5,
    mean: [x, 0],
    covariance: [
      [0.02, 0],
      [0, 0.02],
    ],
  })
  const out = path.join(folder, 'gap')
  const file = scene('gap.json', {
    ...QUICK,
    version: 1,
    target: { kind: 'gaussian-mixture', components: [well(-2), well(2)] },
    energy: { kind: 'exact' },
    dynamics: { ...QUICK.dynamics, steps: 1, stepSize: 0.005 },
  })
  const { code, stderr } = await perform([file, '--out', out])
  expect(code).toBe(0)
  expect(stderr).toMatch(
    /warning: the grid does not resolve the slowest mode.*domain\.cells up to 256/u,
  )
  const { constants } = JSON.parse(readFileSync(path.join(out, 'result.json'), 'utf8')) as RunResult
  expect(constants.spectralGapResolved).toBe(false)
  expect(constants.spectralGapError).toBeGreaterThanOrEqual(constants.spectralGap!)
})
