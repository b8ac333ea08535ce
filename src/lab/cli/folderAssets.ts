import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AssetReader } from '../engine/energies/assets.ts'
import { Refusal } from '../engine/refusal.ts'
import { pointsAsset, type AssetName } from '../scene/assets.ts'
import { LARGEST_FILE, readRegularFile, UnreadableError } from './readFile.ts'

/** The folder `public/` of this project. */
const SHIPPED = fileURLToPath(new URL('../../../public/', import.meta.url))

/** A scene's files on disk: its own paths are relative to the scene file; a bundle brings its own. */
export class FolderAssets implements AssetReader {
  private readonly folder: string
  private readonly bundled: ReadonlyMap<AssetName, Uint8Array>
  private readonly signal: AbortSignal | undefined

  /**
   * @param folder the folder of the scene file
   * @param bundled what the scene file itself holds
   */
  constructor(
    folder: string,
    bundled: ReadonlyMap<AssetName, Uint8Array> = new Map(),
    signal?: AbortSignal,
  ) {
    this.folder = folder
    this.bundled = bundled
    this.signal = signal
  }

  async pretrained(name: string): Promise<Uint8Array> {
    const allowed = 'an energy shipped in public/energies'
    if (!/^[\w-]+$/u.test(name)) throw new Refusal(`found ${name}; allowed: ${allowed}`)
    return this.read(path.join(SHIPPED, 'energies', `${name}.safetensors`), name, allowed)
  }

  oldFaithful(): Promise<Uint8Array> {
    const name = 'old-faithful.csv'
    return this.read(path.join(SHIPPED, 'data', name), name, 'the data set in public/data')
  }

  async points(file: string, hash?: string): Promise<Uint8Array> {
    const own = this.bundled.get(pointsAsset({ file, ...(hash !== undefined && { hash }) }))
    if (own) return own
    try {
      return await this.beside(file)
    } catch (error) {
      if (file === 'old-faithful.csv') return this.oldFaithful()
      throw error
    }
  }

  async shelf(id: string): Promise<Uint8Array | null> {
    return this.bundled.get(`shelf:${id}`) ?? null
  }

  async file(name: string): Promise<Uint8Array> {
    return this.bundled.get(`file:${name}`) ?? this.beside(name)
  }

  private beside(name: string): Promise<Uint8Array> {
    const allowed = `a readable file of at most ${LARGEST_FILE / 2 ** 20} MiB, its path relative to the scene`
    return this.read(path.resolve(this.folder, name), name, allowed)
  }

  private async read(file: string, name: string, allowed: string): Promise<Uint8Array> {
    try {
      return await readRegularFile(file, this.signal)
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error
      throw new Refusal(`found ${name}, ${error.message}; allowed: ${allowed}`)
    }
  }
}
