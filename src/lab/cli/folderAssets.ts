import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AssetReader } from '../engine/assets.ts'
import { Refusal } from '../engine/refusal.ts'

/** The folder `public/` of this project. */
const SHIPPED = fileURLToPath(new URL('../../../public/', import.meta.url))

/** A scene's files on disk: its own paths are relative to the scene file. */
export class FolderAssets implements AssetReader {
  private readonly folder: string

  /** @param folder the folder of the scene file */
  constructor(folder: string) {
    this.folder = folder
  }

  pretrained(name: string): Promise<Uint8Array> {
    if (!/^[\w-]+$/.test(name))
      return Promise.reject(new Refusal(`${name}: not the name of a shipped energy`))
    return read(
      path.join(SHIPPED, 'energies', `${name}.safetensors`),
      `the energy ${name} is not shipped with the lab`,
    )
  }

  oldFaithful(): Promise<Uint8Array> {
    return read(path.join(SHIPPED, 'data', 'old-faithful.csv'), 'the data set is missing')
  }

  async points(file: string): Promise<Uint8Array> {
    try {
      return await this.file(file)
    } catch (error) {
      if (file === 'old-faithful.csv') return this.oldFaithful()
      throw error
    }
  }

  shelf(): Promise<Uint8Array | null> {
    return Promise.resolve(null)
  }

  file(name: string): Promise<Uint8Array> {
    return read(path.resolve(this.folder, name), `${name}: no such file beside the scene`)
  }
}

async function read(file: string, missing: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch {
    throw new Refusal(missing)
  }
}
