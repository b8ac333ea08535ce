import { fileNamed, staticGraph, type BundleFile } from '../scripts/bundleGraph.ts'
import { fetched, fetchedTensors, graph } from './bundle.ts'
import { expect, test } from './fixtures.ts'
import { stage } from './lab.ts'

/** Bytes, gzipped. */
const PAGE = 113_000
const WORKER = 200_000

/** Holds files to a budget; where they are beyond it, the modules that weigh most are named. */
function expectWithin(files: readonly BundleFile[], budget: number): void {
  const total = files.reduce((sum, { gzip }) => sum + gzip, 0)
  const weights = new Map<string, number>()
  for (const { modules } of files)
    for (const { id, bytes } of modules) weights.set(id, (weights.get(id) ?? 0) + bytes)
  const heaviest = [...weights].sort((a, b) => b[1] - a[1]).slice(0, 12)
  expect(
    total,
    [
      `${total} bytes gzipped, of at most ${budget}. Modules before minification:`,
      ...heaviest.map(([id, bytes]) => `${bytes} ${id}`),
      'Files, gzipped:',
      ...files.map(({ name, gzip }) => `${gzip} ${name}`),
    ].join('\n'),
  ).toBeLessThanOrEqual(budget)
}

test('what the page loads at the start is within its budget, the worker’s first file too', () => {
  const entry = graph.files.filter(({ kind }) => kind === 'page').map(({ name }) => name)
  expect(entry).toHaveLength(1)
  expectWithin(staticGraph(graph, [...entry, fileNamed(graph, 'mount').name]), PAGE)
  expectWithin(staticGraph(graph, [fileNamed(graph, 'compute').name]), WORKER)
})

test('training in WebAssembly takes a worker within its budget, and no tensor library', async ({
  page,
}) => {
  await page.goto('/?backend=wasm')
  await expect(stage(page)).toHaveAttribute('data-backend', 'wasm')
  const files = await fetched(page, 'worker')
  expect(files.map(({ name }) => name)).toContain(fileNamed(graph, 'compute').name)
  expect(files.some(({ name }) => name.endsWith('.wasm'))).toBe(true)
  expectWithin(files, WORKER)
  expect(await fetchedTensors(page)).toEqual([])
})
