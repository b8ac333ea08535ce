import type { TabBrowser } from './browser.ts'
import type { Disk } from './disk.ts'
import type { Ledger } from './ledger.ts'
import { isShared, type Entry } from './tables.ts'
import type { Tab } from './tabs.ts'

type Keeper = typeof import('./keeper.ts')

/** Joins the ledger of this page to the database, as the tab that it is. Its calls may never answer. */
export interface Connection {
  /** Whether another tab of the page was open when the database was. */
  readonly shared: boolean
  readonly closed: boolean
  /** Why a call does not answer, as part of a sentence. */
  readonly silence: string
  /** Sorts records by their kinds; null until its code was fetched. */
  readonly sort: Keeper['sortRecords'] | null
  /**
   * Writes what the ledger has unsaved; a database that is not open is opened and read first. Rejects where it cannot
   * be; the ledger has the failures of single records.
   */
  save(): Promise<void>
  /** Reads a record that another tab has announced. @returns whether the ledger has taken it over */
  follow(news: object): Promise<boolean>
  close(): void
}

export interface ConnectionOptions {
  /** Of the database. */
  readonly name: string
  /** Fetches what opens and reads the database. */
  readonly load: () => Promise<Keeper>
  readonly browser: TabBrowser
  /** Called when the database is open no more: `save` opens it again. */
  readonly onLost: () => void
  /** Called with what another tab has announced. */
  readonly onNews: (news: object) => void
}

/** A reason in our own words. */
class Plain extends Error {}

export function createConnection(ledger: Ledger, options: ConnectionOptions): Connection {
  const { name, load, browser, onLost, onNews } = options
  let keeper: Keeper | null = null
  let tab: Tab | null = null
  let disk: Disk | null = null
  let shared = false
  let blocked = false
  /** Whether the database has been read. */
  let read = false
  let closed = false

  async function connect(): Promise<void> {
    keeper ??= await load().catch(() => {
      throw new Plain('the part of this page that keeps it could not be loaded')
    })
    tab ??= await keeper.claimTab(name, browser, onNews)
    let opened: Disk | null = null
    opened = await keeper.openDisk(name, {
      onLost: () => {
        if (disk === opened) disk = null
        onLost()
      },
      onBlocked: () => {
        blocked = true
      },
    })
    blocked = false
    if (closed) {
      opened.close()
      return
    }
    const others = await tab.others()
    shared = others.size > 0
    const found = await keeper.readOwn(opened, { tab: tab.id, others, starts: !read })
    read = true
    disk = opened
    ledger.adopt(found.entries)
    ledger.foreign = found.foreign
    await writeAll(opened, false)
  }

  /** @param again whether a connection that has ended without a word is opened again */
  async function writeAll(to: Disk, again = true): Promise<void> {
    for (const entry of ledger.unsaved) {
      const { table, key, own } = entry
      try {
        await to.write({ ...entry, key: own && tab !== null ? `${tab.id}:${key}` : key })
        ledger.saved(entry)
        if (isShared(table)) tab?.announce({ table, key })
      } catch (error) {
        // The connection has ended under it: whoever noticed opens another, which writes it.
        if (disk !== to) return
        ledger.failed(entry, error)
        if (again && nameOfError(error) === 'InvalidStateError') {
          disk = null
          await connect()
          return
        }
      }
    }
  }

  return {
    get shared() {
      return shared
    },
    get closed() {
      return closed
    },
    get silence() {
      return blocked
        ? 'another tab of this page holds its storage; closing that tab frees it'
        : 'its storage does not answer'
    },
    get sort() {
      return keeper?.sortRecords ?? null
    },
    save: () => (disk === null ? connect() : writeAll(disk)),
    async follow(news) {
      const { table, key } = news as Entry
      if (disk === null || typeof key !== 'string' || !isShared(table)) return false
      return ledger.follow({ table, key, own: false, value: await disk.get(table, key) })
    },
    close() {
      closed = true
      disk?.close()
      tab?.close()
    },
  }
}

function nameOfError(error: unknown): string {
  return error instanceof Error ? error.name : ''
}

/** Why nothing is kept, as part of a sentence; the browser's own words are for developers. */
export function describeStorageError(error: unknown): string {
  switch (nameOfError(error)) {
    case 'QuotaExceededError':
      return 'its storage is full'
    case 'VersionError':
      return 'a later version of this page uses its storage'
    default:
      return error instanceof Plain ? error.message : 'it refuses storage'
  }
}
