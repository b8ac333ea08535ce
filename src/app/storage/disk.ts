import { openDB, type IDBPDatabase } from 'idb'
import { TABLES, type Entry, type TableName } from './tables.ts'

/** A database that is open. Every method rejects where the browser refuses, and may never answer. */
export interface Disk {
  /** Every record of every table. */
  read(): Promise<readonly Entry[]>
  get(table: TableName, key: string): Promise<unknown>
  /** Puts a record, or removes it where its value is undefined. */
  write(entry: Entry): Promise<void>
  /** Gives a record another key, unless another tab has done so already. @returns whether it was there */
  rename(table: TableName, from: IDBValidKey, to: string): Promise<boolean>
  close(): void
}

export interface DiskEvents {
  /** The connection has ended: storage was cleared, or another tab changes the database. */
  readonly onLost: () => void
  /** Another tab keeps the database from being opened. */
  readonly onBlocked: () => void
}

/**
 * Opens the database at whatever version it is: what counts is that its tables are there. A later version, or one that
 * was left half way through its making, is given the tables that it lacks; nothing else of it is touched.
 */
export async function openDisk(name: string, events: DiskEvents): Promise<Disk> {
  let db = await open(name, undefined, events)
  if (TABLES.some((table) => !db.objectStoreNames.contains(table))) {
    const version = db.version + 1
    db.close()
    db = await open(name, version, events)
  }
  if (TABLES.some((table) => db.transaction(table).store.keyPath !== null)) {
    db.close()
    throw new DOMException('The tables have keys of their own.', 'VersionError')
  }
  return {
    async read() {
      const transaction = db.transaction(TABLES)
      const read = TABLES.map(async (table) => {
        const store = transaction.objectStore(table)
        const [keys, values] = await Promise.all([store.getAllKeys(), store.getAll()])
        return keys.map((key, i): Entry => ({ table, key, value: values[i] as unknown }))
      })
      return (await Promise.all(read)).flat()
    },
    get: (table, key) => db.get(table, key),
    async write({ table, key, value }) {
      if (value === undefined) await db.delete(table, key)
      else await db.put(table, value, key)
    },
    async rename(table, from, to) {
      const { store, done } = db.transaction(table, 'readwrite')
      const value: unknown = await store.get(from)
      if (value !== undefined) {
        await store.put(value, to)
        await store.delete(from)
      }
      await done
      return value !== undefined
    },
    close: () => {
      db.close()
    },
  }
}

async function open(
  name: string,
  version: number | undefined,
  { onLost, onBlocked }: DiskEvents,
): Promise<IDBPDatabase> {
  const db = await openDB(name, version, {
    upgrade(made) {
      for (const table of TABLES)
        if (!made.objectStoreNames.contains(table)) made.createObjectStore(table)
    },
    blocked: onBlocked,
    // Another tab changes or deletes the database: make way, and open it again afterwards.
    blocking() {
      db.close()
      onLost()
    },
    terminated: onLost,
  })
  return db
}
