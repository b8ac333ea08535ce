import path from 'node:path'
import { fileNamed, readBundleGraph, staticGraph } from '../scripts/bundleGraph.ts'
import { expect, test } from './fixtures.ts'
import { snapshot, stage } from './lab.ts'

const graph = readBundleGraph(path.resolve(import.meta.dirname, '../dist'))

/** The files that hold a package. */
const holding = (name: string) =>
  graph.files.filter(({ modules }) => modules.some(({ id }) => id === name)).map(({ name }) => name)

/** What the first step may wait for: page, views and worker as they load, the shelf in storage, one energy. */
const NEEDED = [
  'index.html',
  'boot.js',
  ...holding('idb'),
  ...staticGraph(graph, [
    ...graph.files.filter(({ kind }) => kind === 'page').map(({ name }) => name),
    fileNamed(graph, 'mount').name,
    fileNamed(graph, 'compute').name,
  ]).map(({ name }) => name),
  'energies/manifest.json',
  'energies/two-moons.safetensors',
]

test('particles move on a shipped energy when nothing else has come yet', async ({ page }) => {
  // How long it takes is measured by npm run bench -- load; here all else never comes.
  const held: string[] = []
  await page.context().route('**/*', async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1) || 'index.html'
    // The table of an energy is filled by the kernel in energy.wasm.
    const isNeeded =
      NEEDED.includes(name) || /\.(?:css|svg|woff2)$|\/energy-[^/]*\.wasm$/u.test(name)
    if (isNeeded) await route.continue()
    else held.push(name)
  })
  await page.goto('/', { waitUntil: 'commit' })
  const step = async () => Number(await stage(page).getAttribute('data-step'))
  await expect.poll(step, { timeout: 120_000 }).toBeGreaterThan(0)
  expect(held).toContainEqual(expect.stringContaining('sampler-'))
  const early = await snapshot(page)
  expect(early.scene.energy).toEqual({ kind: 'pretrained', name: 'two-moons' })
  const pixels = () =>
    page
      .getByTestId('particles-langevin')
      .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL())
  const picture = await pixels()
  const seen = await step()
  await expect.poll(step, { timeout: 120_000 }).toBeGreaterThan(seen + 10)
  expect(await pixels()).not.toBe(picture)
  const later = await snapshot(page)
  expect(later.langevin).toHaveLength(early.langevin.length)
  expect(later.langevin).not.toEqual(early.langevin)
})
