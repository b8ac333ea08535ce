import { readFileSync } from 'node:fs'
import { unzipSync } from 'fflate'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { finish } from '../../core/maths/pieces.ts'
import { curvesCsv } from '../io/curvesCsv.ts'
import { readSceneFile } from '../io/bundle.ts'
import { readEnergyFile } from '../io/energyFile.ts'
import type { Landscape } from '../protocol/calls.ts'
import { decodeLocation } from '../scene/link/urlCodec.ts'
import { parseScene } from '../scene/reading/decode.ts'
import type { SceneSpec } from '../scene/sceneSpec.ts'
import { aboutScene, fileName, LAB_VERSION } from './about.ts'
import { belongingsOf, networksOf, sceneFile, type Belongings } from './belongings.ts'
import { curvesFile, particlesFile, unitOf } from './csv.ts'
import { jsonFile } from './json.ts'
import { gridFile, npyOf } from './npz.ts'
import { otherChain, pythonScript } from './python.ts'
import { citation, readme } from './readme.ts'
import { zipOf } from './zip.ts'

const ROOT = new URL('../../../', import.meta.url)
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

function sceneOf(input: object): SceneSpec {
  const parsed = parseScene(input)
  if ('error' in parsed) throw new Error(parsed.error.found)
  return parsed.scene
}

const RAN = sceneOf({ seed: 7, target: { kind: 'rings' }, dynamics: { stepSize: 0.01 } })
const ABOUT = aboutScene(RAN, 'http://lab.test/')

/** The array of a .npy file, by the format's own description. */
function readNpy(bytes: Uint8Array): { shape: number[]; values: Float64Array | string } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  expect([...bytes.subarray(0, 8)]).toEqual([0x93, 78, 85, 77, 80, 89, 1, 0])
  const start = 10 + view.getUint16(8, true)
  expect(start % 64).toBe(0)
  const header = text(bytes.subarray(10, start))
  expect(header.endsWith('\n')).toBe(true)
  const [, type = '', sides = ''] =
    /^\{'descr': '([^']+)', 'fortran_order': False, 'shape': \(([\d, ]*)\), \} *\n$/u.exec(header)!
  const shape = sides
    .split(',')
    .filter((side) => side.trim() !== '')
    .map(Number)
  const size = shape.reduce((product, side) => product * side, 1)
  if (type === '<f8') {
    expect(bytes.length).toBe(start + 8 * size)
    const read = (_: unknown, i: number) => view.getFloat64(start + 8 * i, true)
    return { shape, values: Float64Array.from({ length: size }, read) }
  }
  const length = Number(/^<U(\d+)$/u.exec(type)![1])
  const codes = Array.from({ length }, (_, i) => view.getUint32(start + 4 * i, true))
  return { shape, values: String.fromCodePoint(...codes) }
}

/** The rows of a CSV file with comments, cells as text. */
function readCsv(bytes: Uint8Array): { titles: string[]; rows: string[][] } {
  const [titles = '', ...rows] = text(bytes)
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('#'))
  return { titles: titles.split(','), rows: rows.map((row) => row.split(',')) }
}

const anyDouble = fc.double({ noNaN: true, noDefaultInfinity: true })

test('the version is that of the package, and the citation names it and the paper', () => {
  const { version } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as {
    version: string
  }
  expect(LAB_VERSION).toBe(version)
  expect(citation(ABOUT)).toContain('2605.05530')
  expect(citation(ABOUT)).toContain(`version = {${version}}`)
  expect(citation(ABOUT)).toContain('url     = {http://lab.test/}')
})

test('the link opens the scene, step size and seed included; a scene too long for one says so', () => {
  const opened = decodeLocation(new URL(ABOUT.link!).hash)
  expect(opened.problems).toEqual([])
  expect(opened.scene).toEqual(RAN)
  expect(fileName(ABOUT, 'curves.csv')).toBe('rings-7-curves.csv')
  const points = Array.from({ length: 20_000 }, (_, i) => [Math.sin(i), Math.cos(1.7 * i)])
  const long = aboutScene(sceneOf({ target: { kind: 'points', points } }), 'http://lab.test/')
  expect(long.link === null || long.link.length <= 500_000).toBe(true)
})

test('a .npy file reads back to the same bits, a text to itself', () => {
  fc.assert(
    fc.property(fc.array(anyDouble, { minLength: 1, maxLength: 40 }), (list) => {
      const { shape, values } = readNpy(npyOf({ shape: [list.length], data: list }))
      expect(shape).toEqual([list.length])
      expect(values).toEqual(Float64Array.from(list))
    }),
    { numRuns: 50 },
  )
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (word) => {
      expect(readNpy(npyOf(word)).values).toBe(word)
    }),
    { numRuns: 50 },
  )
})

const SIDE = 5
const LANDSCAPE: Landscape = {
  ...{ halfWidth: 3, cells: SIDE - 1, epsilon: 0.5, logZ: -1.25, barriers: [] },
  v: Float64Array.from({ length: SIDE * SIDE }, (_, k) => Math.sqrt(k + 0.1)),
  vx: Float64Array.from({ length: SIDE * SIDE }, (_, k) => 1 / (k + 3)),
  vy: Float64Array.from({ length: SIDE * SIDE }, (_, k) => -k / 7),
  vxy: Float64Array.from({ length: SIDE * SIDE }, (_, k) => k ** 3 / 11),
}

test('the grid as NPZ holds the table to the last bit, its nodes, numbers and origin', () => {
  const files = unzipSync(finish(gridFile(ABOUT, LANDSCAPE)))
  const read = (name: string) => readNpy(files[`${name}.npy`]!)
  expect(read('V')).toEqual({ shape: [SIDE, SIDE], values: LANDSCAPE.v })
  expect(read('V_x')).toEqual({ shape: [SIDE, SIDE], values: LANDSCAPE.vx })
  expect(read('V_y')).toEqual({ shape: [SIDE, SIDE], values: LANDSCAPE.vy })
  expect(read('V_xy')).toEqual({ shape: [SIDE, SIDE], values: LANDSCAPE.vxy })
  expect(read('x')).toEqual({ shape: [SIDE], values: Float64Array.of(-3, -1.5, 0, 1.5, 3) })
  expect(read('y')).toEqual(read('x'))
  const numbers = { epsilon: 0.5, halfWidth: 3, log_Z: -1.25, seed: 7 }
  for (const [name, value] of Object.entries(numbers))
    expect(read(name)).toEqual({ shape: [], values: Float64Array.of(value) })
  expect(read('scene').values).toBe('rings')
  expect(read('version').values).toBe(LAB_VERSION)
  expect(read('link').values).toBe(ABOUT.link)
})

test('a zip archive gives its files back, the same bytes every time', () => {
  const long = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i) % 251)
  const files = new Map([
    ['a/empty.txt', new Uint8Array()],
    ['a/long.bin', long],
  ])
  const once = finish(zipOf(files))
  expect(once).toEqual(finish(zipOf(files)))
  expect(once.length).toBeLessThan(long.length / 2)
  expect(unzipSync(once)).toEqual(Object.fromEntries(files))
})

test('curves as CSV: the columns of curves.csv with units, the same doubles, gaps left empty', () => {
  fc.assert(
    fc.property(fc.array(fc.option(anyDouble), { minLength: 1, maxLength: 30 }), (kl) => {
      const step = kl.map((_, k) => k)
      const curves = {
        langevin: { step, kl, klStandardError: kl, estimator: kl.map(() => 'native') },
        deterministic: { step, kl, lowerBound: kl.map((_, k) => k % 2 === 0) },
      }
      const { titles, rows } = readCsv(finish(curvesFile(ABOUT, curves)))
      const [bare = ''] = curvesCsv(curves).split('\n')
      expect(titles.map((title) => title.replace(/ \[.*\]$/u, ''))).toEqual(bare.split(','))
      expect(titles[1]).toBe('langevin.kl [nats]')
      expect(titles[2]).toBe('langevin.klStandardError [nats]')
      const back = rows.map((row) => (row[1] === '' ? null : Number(row[1])))
      expect(back).toEqual(kl)
      expect(rows.map((row) => row[6])).toEqual(kl.map((_, k) => String(k % 2 === 0)))
    }),
    { numRuns: 40 },
  )
  expect(() => unitOf('langevin.unheardOf')).toThrow(/no unit/)
})

test('particles as CSV: both panels, float32 to the last bit, and what the file is', () => {
  const cloud = (n: number) => Float32Array.from({ length: 2 * n }, (_, i) => Math.sin(i + n))
  const langevin = cloud(3000)
  const deterministic = langevin.map((value) => value / 3)
  const clouds = { step: 12, langevin, deterministic, companion: langevin.map((x) => -x) }
  const file = finish(particlesFile(ABOUT, clouds))
  const { titles, rows } = readCsv(file)
  expect(titles.slice(0, 3)).toEqual(['particle [1]', 'langevin.x [length]', 'langevin.y [length]'])
  expect(titles).toHaveLength(7)
  const column = (at: number) => Float64Array.from(rows, (row) => Number(row[at]))
  expect(column(2)).toEqual(Float64Array.from({ length: 3000 }, (_, i) => langevin[2 * i + 1]!))
  expect(column(3)).toEqual(Float64Array.from({ length: 3000 }, (_, i) => deterministic[2 * i]!))
  expect(text(file).split('\n').slice(0, 3)).toEqual([
    `# Lyapunov Lab ${LAB_VERSION}: particles at step 12, in float32`,
    '# scene: rings, seed: 7',
    `# link: ${ABOUT.link!}`,
  ])
})

test('JSON written in pieces is JSON.stringify, to the byte', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(text(finish(jsonFile(value)))).toBe(`${JSON.stringify(value, null, 2)}\n`)
    }),
    { numRuns: 100 },
  )
  const odd = { none: undefined, list: [undefined, NaN, Infinity, -0], nothing: {}, no: [] }
  expect(text(finish(jsonFile(odd)))).toBe(`${JSON.stringify(odd, null, 2)}\n`)
})

const SHIPPED = readFileSync(new URL('public/energies/two-moons.safetensors', ROOT))
const OWN: Belongings = {
  asset: (name) => (name.startsWith('points:') ? Uint8Array.of(49, 44, 50) : SHIPPED),
  trained: () => SHIPPED,
  pretrained: () => Promise.resolve(SHIPPED),
  oldFaithful: () => Promise.resolve(Uint8Array.of(51)),
}

test('the networks of a composition, each once, and the weights as the lab reads them', async () => {
  const shelf = { kind: 'shelf', id: 'a', hash: '', recipe: null }
  const terms = [
    { kind: 'pretrained', name: 'two-moons' },
    { kind: 'pretrained', name: 'two-moons' },
    { kind: 'quadratic' },
    { kind: 'sum', terms: [{ energy: shelf }, { energy: { ...shelf, id: 'b' } }] },
    { kind: 'file', path: 'my energies/Best One.safetensors' },
  ]
  const scene = sceneOf({
    energy: { kind: 'sum', terms: terms.map((energy) => ({ energy })) },
    target: { kind: 'points', file: 'my data.TSV' },
  })
  expect(aboutScene(scene, '').name).toBe('composition')
  expect(networksOf(scene).map(({ file }) => file)).toEqual([
    'energy-two-moons.safetensors',
    'energy-points.safetensors',
    'energy-points-2.safetensors',
    'energy-my-energies-best-one.safetensors',
  ])
  const files = await belongingsOf(scene, OWN)
  expect(files.map(({ name }) => name).at(-1)).toBe('data-my-data.tsv')
  const read = readEnergyFile(files[0]!.bytes)
  expect(read).toEqual(readEnergyFile(SHIPPED))
  expect(read).toHaveProperty('model')
  expect(networksOf(sceneOf({ energy: { kind: 'exact' } }))).toEqual([])
})

test('the scene as a file is read back whole, with the bytes that it names', () => {
  const read = (scene: SceneSpec) => {
    const file = readSceneFile(text(sceneFile(scene, OWN)))
    if ('error' in file) throw new Error(file.error.found)
    return file
  }
  expect(read(RAN)).toMatchObject({ scene: RAN, bundled: false })
  const own = sceneOf({ energy: { kind: 'shelf', id: 'a', hash: '', recipe: null } })
  const { scene, assets, bundled } = read(own)
  expect({ scene, bundled }).toEqual({ scene: own, bundled: true })
  expect(Buffer.from(assets.get('shelf:a')!)).toEqual(SHIPPED)
  const said = readme(ABOUT, ['scene.json', 'grid.npz'], ['shelf:a'])
  expect(said).toContain('npm run --silent experiment -- scene.json --out out --export')
  expect(said).toContain(ABOUT.link)
  expect(said).toContain('  shelf:a')
})

test('the script in Python has the numbers of the scene; a chain that it has not is named, not run', () => {
  const preconditioner = [
    [2, 0.5],
    [0.5, 1],
  ]
  const dynamics = { stepSize: 0.01, steps: 30, particles: 99, skew: 1.5, preconditioner }
  const scene = sceneOf({
    seed: 7,
    energy: { kind: 'exact' },
    dynamics: { ...dynamics, initial: { kind: 'point', at: [1, -2], spread: 0.2 } },
  })
  const script = pythonScript(aboutScene(scene, 'http://lab.test/'), scene, 'mine.npz')
  for (const line of [
    'GRID = "mine.npz"',
    'ETA = 0.01',
    'STEPS = 30',
    'PARTICLES = 99',
    'SEED = 7',
    'P = np.array([[2, 0.5], [0.5, 1]], float)',
    'GAMMA = 1.5',
    '    return inside(lambda m: rng.normal([1, -2], 0.2, (m, 2)))',
    '    chain(V, rng)',
  ])
    expect(script.split('\n')).toContain(line)
  expect(script).toContain('link: http://lab.test/#')
  expect(script).not.toMatch(/undefined|\[object/)
  const others: readonly [object, RegExp][] = [
    [{ sampler: 'mala' }, /mala/],
    [{ jumpEvery: 5 }, /jumps/],
    [{ initial: { kind: 'data' } }, /at the data/],
    [{ metric: { kind: 'conformal' } }, /metric/],
  ]
  for (const [change, why] of others) {
    const other = sceneOf({ dynamics: { stepSize: 0.01, ...change } })
    expect(otherChain(other)).toMatch(why)
    const said = pythonScript(ABOUT, other, 'grid.npz')
    expect(said).toMatch(/^ {4}print\("The chain of this scene is not run: /mu)
    expect(said).not.toMatch(/^ {4}chain\(V, rng\)/mu)
  }
})
