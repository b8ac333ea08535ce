import type { DBSchema, IDBPDatabase, StoreValue } from 'idb'
import type { EnergySpec, ShelfRecipe, TargetSpec, Vector2 } from '../../lab/scene/sceneSpec.ts'

/**
 * Everything a person made, kept in this browser's IndexedDB: trained energies, compositions, drawn and
 * uploaded data, the checkpoint of a running training, settings. Where the browser refuses storage
 * (private windows, blocked cookies) the same interface is served from memory and says so.
 */
export interface Library {
  /** False when nothing survives the tab; `problem` then says why. */
  readonly persistent: boolean
  readonly problem: string | null
  /** Oldest first. */
  shelf(): Promise<ShelfItem[]>
  putShelfItem(item: ShelfItem): Promise<void>
  removeShelfItem(id: string): Promise<void>
  /** Oldest first. */
  dataSets(): Promise<DataSet[]>
  putDataSet(set: DataSet): Promise<void>
  removeDataSet(id: string): Promise<void>
  /** Whatever was put last, unchecked: the reader judges its shape (an older version may have written it). */
  checkpoint(): Promise<unknown>
  putCheckpoint(checkpoint: object): Promise<void>
  clearCheckpoint(): Promise<void>
  setting(key: string): Promise<unknown>
  putSetting(key: string, value: string | number | boolean): Promise<void>
  close(): void
}

/** An energy on the shelf. Weights are kept as a safetensors file, a composition as its formula. */
export interface ShelfItem {
  readonly id: string
  readonly label: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly target: TargetSpec
  readonly content: ShelfContent
  readonly summary: ShelfSummary | null
  readonly thumbnail: StoredRaster | null
}

export type ShelfContent =
  | {
      readonly kind: 'weights'
      readonly bytes: Uint8Array
      /** SHA-256 of `bytes`, hex. */
      readonly hash: string
      /** What gives the weights again; null where nothing does. */
      readonly recipe: ShelfRecipe | null
      /** Where weights without a recipe come from. */
      readonly provenance?: string
    }
  | { readonly kind: 'sum'; readonly energy: Extract<EnergySpec, { kind: 'sum' }> }

/** What a card says about the training behind it. */
export interface ShelfSummary {
  readonly backend: string
  readonly steps: number
  readonly seconds: number
  /** KL(ρ*‖π_θ), nats; null for points. */
  readonly klDataModel: number | null
  /** Held-out cross-entropy, nats in standardised units; null for known densities. */
  readonly crossEntropy: number | null
  readonly crossEntropyStandardError: number | null
}

/** Values over cells × cells cell centres, row-major, x fastest, y upwards. */
export interface StoredRaster {
  readonly halfWidth: number
  readonly cells: number
  readonly values: Float32Array
}

/** Data that a person drew, pasted or uploaded. */
export interface DataSet {
  readonly id: string
  readonly label: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly content:
    | { readonly kind: 'points'; readonly points: readonly Vector2[] }
    | {
        readonly kind: 'file'
        /** The name scenes know it by. */
        readonly file: string
        readonly bytes: Uint8Array
        readonly columns: readonly [number, number]
        readonly columnNames: readonly [string, string]
      }
}

const DATABASE = 'lyapunov-lab'
const VERSION = 1
const CURRENT = 'current'

type Setting = string | number | boolean

interface Schema extends DBSchema {
  shelf: { key: string; value: ShelfItem }
  dataSets: { key: string; value: DataSet }
  checkpoints: { key: string; value: object }
  settings: { key: string; value: Setting }
}

/** One table, on disk or in memory. */
interface Table<T> {
  all(): Promise<T[]>
  get(key: string): Promise<T | undefined>
  put(key: string, value: T): Promise<void>
  remove(key: string): Promise<void>
}

interface Tables {
  readonly shelf: Table<ShelfItem>
  readonly dataSets: Table<DataSet>
  readonly checkpoints: Table<object>
  readonly settings: Table<Setting>
  close(): void
}

/** Opens the library; never rejects. */
export async function openLibrary(name = DATABASE): Promise<Library> {
  try {
    return library(await onDisk(name), null)
  } catch (error) {
    const why = error instanceof Error && error.message !== '' ? error.message : String(error)
    return library(inMemory(), why)
  }
}

function library(tables: Tables, problem: string | null): Library {
  const { shelf, dataSets, checkpoints, settings } = tables
  return {
    persistent: problem === null,
    problem,
    shelf: async () => oldestFirst(await shelf.all()),
    putShelfItem: (item) => shelf.put(item.id, item),
    removeShelfItem: (id) => shelf.remove(id),
    dataSets: async () => oldestFirst(await dataSets.all()),
    putDataSet: (set) => dataSets.put(set.id, set),
    removeDataSet: (id) => dataSets.remove(id),
    checkpoint: () => checkpoints.get(CURRENT),
    putCheckpoint: (checkpoint) => checkpoints.put(CURRENT, checkpoint),
    clearCheckpoint: () => checkpoints.remove(CURRENT),
    setting: (key) => settings.get(key),
    putSetting: (key, value) => settings.put(key, value),
    close: () => {
      tables.close()
    },
  }
}

function oldestFirst<T extends { readonly createdAt: number }>(items: T[]): T[] {
  return items.sort((a, b) => a.createdAt - b.createdAt)
}

async function onDisk(name: string): Promise<Tables> {
  const { openDB } = await import('idb')
  const db = await openDB<Schema>(name, VERSION, {
    upgrade(fresh) {
      fresh.createObjectStore('shelf')
      fresh.createObjectStore('dataSets')
      fresh.createObjectStore('checkpoints')
      fresh.createObjectStore('settings')
    },
    // Another tab brings a newer version: make way, and open again on the next visit.
    blocking: () => {
      db.close()
    },
  })
  return {
    shelf: diskTable(db, 'shelf'),
    dataSets: diskTable(db, 'dataSets'),
    checkpoints: diskTable(db, 'checkpoints'),
    settings: diskTable(db, 'settings'),
    close: () => {
      db.close()
    },
  }
}

function diskTable<K extends 'shelf' | 'dataSets' | 'checkpoints' | 'settings'>(
  db: IDBPDatabase<Schema>,
  name: K,
): Table<StoreValue<Schema, K>> {
  return {
    all: () => db.getAll(name),
    get: (key) => db.get(name, key),
    put: async (key, value) => {
      await db.put(name, value, key)
    },
    remove: (key) => db.delete(name, key),
  }
}

function inMemory(): Tables {
  return {
    shelf: memoryTable(),
    dataSets: memoryTable(),
    checkpoints: memoryTable(),
    settings: memoryTable(),
    close: () => undefined,
  }
}

function memoryTable<T>(): Table<T> {
  const rows = new Map<string, T>()
  return {
    all: () => Promise.resolve([...rows.values()]),
    get: (key) => Promise.resolve(rows.get(key)),
    put: (key, value) => {
      rows.set(key, value)
      return Promise.resolve()
    },
    remove: (key) => {
      rows.delete(key)
      return Promise.resolve()
    },
  }
}
