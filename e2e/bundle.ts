import path from 'node:path'
import type { Page } from '@playwright/test'
import { readBundleGraph, type BundleFile } from '../scripts/bundleGraph.ts'

export const graph = readBundleGraph(path.resolve(import.meta.dirname, '../dist'))

/** The assets that the page, or its compute worker, has fetched by now. */
export async function fetched(page: Page, by: 'page' | 'worker'): Promise<BundleFile[]> {
  const read = () => performance.getEntriesByType('resource').map(({ name }) => name)
  const worker = page.workers().find((one) => one.url().includes('/assets/compute-'))
  if (worker === undefined) throw new Error('The page has no compute worker')
  const addresses =
    by === 'page' ? await page.evaluate(read) : [worker.url(), ...(await worker.evaluate(read))]
  const names = new Set(addresses.map((address) => new URL(address).pathname.slice(1)))
  return graph.files.filter(({ name }) => names.has(name))
}

/** The modules of the tensor library that the compute worker has fetched by now. */
export async function fetchedTensors(page: Page): Promise<string[]> {
  const files = await fetched(page, 'worker')
  return files
    .flatMap(({ modules }) => modules.map(({ id }) => id))
    .filter((id) => id.startsWith('@tensorflow/'))
}
