import type { AssetReader } from '../engine/energies/assets.ts'
import { Refusal } from '../engine/refusal.ts'
import type { AssetRef } from '../protocol/calls.ts'
import { pointsAsset } from '../scene/assets.ts'

/** Longest wait for a shipped file, ms. */
const LONGEST_FETCH = 20_000

/** The page's assets: what it has handed over, and what the server ships. */
export class FetchAssets implements AssetReader {
  private readonly baseUrl: string
  private readonly provided = new Map<AssetRef, Uint8Array>()
  /** Shipped files never change while the page is open. */
  private readonly fetched = new Map<string, Promise<Uint8Array>>()

  /** @param baseUrl address of the folder that holds `energies/` and `data/`, ending in a slash */
  constructor(baseUrl: string) {
    this.baseUrl = baseUrl
  }

  provide(ref: AssetRef, bytes: Uint8Array): void {
    this.provided.set(ref, bytes)
  }

  pretrained(name: string): Promise<Uint8Array> {
    return this.fetch(`energies/${encodeURIComponent(name)}.safetensors`, `the energy ${name}`)
  }

  oldFaithful(): Promise<Uint8Array> {
    return this.fetch('data/old-faithful.csv', 'the data set old-faithful')
  }

  async points(file: string, hash?: string): Promise<Uint8Array> {
    const own = this.provided.get(pointsAsset({ file, ...(hash !== undefined && { hash }) }))
    if (own) return own
    if (file === 'old-faithful.csv') return this.oldFaithful()
    throw new Refusal(`${file}: not among the files that this page was given`)
  }

  shelf(id: string): Promise<Uint8Array | null> {
    return Promise.resolve(this.provided.get(`shelf:${id}`) ?? null)
  }

  async file(path: string): Promise<Uint8Array> {
    const own = this.provided.get(`file:${path}`)
    if (own) return own
    throw new Refusal(`${path}: not among the files that this page was given`)
  }

  private fetch(path: string, what: string): Promise<Uint8Array> {
    const known = this.fetched.get(path)
    if (known) return known
    const loading = this.load(path, what)
    this.fetched.set(path, loading)
    loading.catch(() => this.fetched.delete(path))
    return loading
  }

  private async load(path: string, what: string): Promise<Uint8Array> {
    try {
      const signal = AbortSignal.timeout(LONGEST_FETCH)
      const response = await fetch(new URL(path, this.baseUrl), { signal })
      // A server of single-page applications answers a missing file with its page.
      const isPage = response.headers.get('content-type')?.startsWith('text/html') ?? false
      if (response.ok && !isPage) return new Uint8Array(await response.arrayBuffer())
    } catch {
      throw new Refusal(`${what} could not be fetched: the server did not answer`)
    }
    throw new Refusal(`${what} is not shipped with this page`)
  }
}
