import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AssetReader } from '../engine/assets.ts'
import { Refusal } from '../engine/refusal.ts'
import type { AssetName } from '../scene/assets.ts'

/** The folder `public/` of this project. */
const SHIPPED = fileURLToPath(new URL('../../../public/', import.meta.url))

/** A scene's files on disk: its own paths are relative to the scene file; a bundle brings its own. */
export class FolderAssets implements AssetReader {
  private readonly folder: string
  private readonly bundled: ReadonlyMap<AssetName, Uint8Array>

  /**
   * @param folder the folder of the scene file
   * @param bundled what the scene file itself holds
   */
  constructor(folder: string, bundled: ReadonlyMap<AssetName, Uint8Array> = new Map()) {
    this.folder = folder
    this.bundled = bundled
  }

  async pretrained(name: string): Promise<Uint8Array> {
    const missing = `found ${name}; allowed: an energy shipped in public/energies`
    if (!/^[\w-]+$/u.test(name)) throw new Refusal(missing)
    return read(path.join(SHIPPED, 'energies', `${name}.safetensors`), missing)
  }

  oldFaithful(): Promise<Uint8Array> {
    return read(path.join(SHIPPED, 'data', 'old-faithful.csv'), 'the shipped data set is missing')
  }

  async points(file: string): Promise<Uint8Array> {
    const own = this.bundled.get(`points:${file}`)
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
    return read(
      path.resolve(this.folder, name),
      `found ${name}; allowed: a readable file, its path relative to the scene`,
    )
  }
}

async function read(file: string, missing: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch {
    throw new Refusal(missing)
  }
}
