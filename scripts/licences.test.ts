import path from 'node:path'
import { expect, test } from 'vitest'
import type { BundleGraph } from './bundleGraph.ts'
import { bundledPackages, licenceList, licencesOf } from './licences.ts'

const ROOT = path.resolve(import.meta.dirname, '..')

const file = (name: string, ids: readonly string[]): BundleGraph['files'][number] => ({
  name,
  kind: ids.length === 0 ? 'asset' : 'chunk',
  bytes: 0,
  gzip: 0,
  brotli: 0,
  imports: [],
  dynamicImports: [],
  modules: ids.map((id) => ({ id, bytes: 1 })),
})
const GRAPH: BundleGraph = {
  files: [
    file('assets/a.js', ['react', 'src/main.ts', '\0vite/preload-helper.js', 'd3-array']),
    file('assets/b.js', ['@tensorflow/tfjs-core', 'seedrandom', '\0rolldown/runtime.js']),
    file('assets/c.wasm', []),
  ],
}

test('whatever is in the page or in a worker is a package of the list, our own files are not', () => {
  expect(bundledPackages(GRAPH)).toEqual([
    ...['@tensorflow/tfjs-core', 'assemblyscript', 'd3-array', 'react', 'rolldown', 'seedrandom'],
    'vite',
  ])
})

test('each has the text of its licence, also where it brings none along', () => {
  for (const { name, version, licence, text } of licencesOf(bundledPackages(GRAPH), ROOT)) {
    expect(version, name).toMatch(/^\d+\.\d+/)
    expect(licence, name).toMatch(/^(MIT|ISC|Apache-2\.0|BSD-3-Clause)$/)
    expect(text.length, name).toBeGreaterThan(500)
    expect(text, name).toMatch(
      licence === 'Apache-2.0' ? /Apache License/ : /without warranty|"as is"/i,
    )
  }
  expect(licenceList(GRAPH, ROOT)).toMatch(/^Lyapunov Lab\n\nMIT License/)
})

test('a package whose licence has no text is refused', () => {
  expect(() => licencesOf(['no-such-package'], ROOT)).toThrow()
})
