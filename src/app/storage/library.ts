import type { Disk } from './disk.ts'
import type { DataSet, ShelfItem } from './records.ts'
import type { Tab, TabBrowser } from './tabs.ts'
import type { Entry, Held, TableName } from './tables.ts'

export type { DataSet, ShelfItem } from './records.ts'

/**
 * Everything a person made, kept in this browser's IndexedDB: trained energies, compositions, drawn and uploaded
 * data, interrupted trainings, settings. The page holds all of it, too, and goes on with that where storage refuses,
 * does not answer or is lost; what is not kept yet is written as soon as there is storage again.
 *
 * The shelf, the data and the settings belong to every tab. A drawing, a followed scene and the interrupted trainings
 * belong to the tab that made them, until it is gone.
 */
export interface Library {
  /** What is kept, once storage has answered, or once it has had its time to. Never rejects. */
  contents(): Promise<Contents>
  /** A write that was not kept, though storage answers, rejects with part of a sentence and the cause. */
  putShelfItem(item: ShelfItem): Promise<void>
  removeShelfItem(id: string): Promise<void>
  putDataSet(set: DataSet): Promise<void>
  removeDataSet(id: string): Promise<void>
  /** Of this tab. @param id later trainings have later ids */
  putTraining(id: string, checkpoint: object): Promise<void>
  removeTraining(id: string): Promise<void>
  putSetting(key: 'theme' | 'calibrations', value: string): Promise<void>
  /** Of this tab. */
  putUnfinished(key: 'draft' | 'followed', value: string): Promise<void>
  /** Removes a record that could not be read, for good. */
  removeAside(aside: Aside): Promise<void>
  /** Hears of what happens to storage, and of what other tabs change. */
  listen(listener: (news: News) => void): void
  close(): void
}

/** What is kept, and what was found that no decoder can read. */
export interface Contents {
  /** Oldest first, those that were removed lately among them. */
  readonly items: readonly ShelfItem[]
  /** Oldest first, those that were removed lately among them. */
  readonly dataSets: readonly DataSet[]
  /** Interrupted trainings of this tab, oldest first; unchecked: the reader judges their shape. */
  readonly trainings: readonly { readonly id: string; readonly checkpoint: unknown }[]
  readonly theme: unknown
  readonly calibrations: unknown
  readonly draft: unknown
  readonly followed: unknown
  readonly aside: readonly Aside[]
  /** Whether another tab of the page is open. */
  readonly shared: boolean
  /** Why nothing outlives this tab, as part of a sentence; null: it does. */
  readonly problem: string | null
}

/** A record that no decoder can read: it is left where it lies. */
export interface Aside {
  readonly table: TableName
  readonly key: IDBValidKey
  readonly value: unknown
  /** As part of a sentence. */
  readonly why: string
}

export interface News {
  /** Why nothing is kept any more, as part of a sentence; null: all is. */
  readonly problem: string | null
  /** What is kept now, where it is not what it was. */
  readonly contents: Contents | null
}

export interface LibraryOptions {
  readonly name?: string
  /** Fetches what opens and reads the database. */
  readonly load?: () => Promise<typeof import('./keeper.ts')>
  readonly browser?: TabBrowser
  /** Asks the browser not to clear what is kept when space runs short. */
  readonly persist?: () => unknown
}

/** How long storage has to open and be read before the page goes on without, ms. */
const OPENING_LIMIT = 3000
/** How long a write has, ms. */
const WRITING_LIMIT = 5000

const SILENT = 'its storage does not answer'
const BLOCKED = 'another tab of this page holds its storage; closing that tab frees it'

/** A reason in our own words. */
class Plain extends Error {}

function browserTab(): TabBrowser {
  const global = globalThis as Partial<Pick<Window, 'sessionStorage' | 'navigator'>>
  const attempt = <T>(read: () => T | undefined): T | null => {
    try {
      return read() ?? null
    } catch {
      return null
    }
  }
  return {
    session: attempt(() => global.sessionStorage),
    locks: attempt(() => global.navigator?.locks),
    channel: (name) =>
      typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name),
    after(milliseconds, callback) {
      const handle = setTimeout(callback, milliseconds)
      return () => {
        clearTimeout(handle)
      }
    },
  }
}

/** Opens the library: it opens the storage at once, and a call waits for the storage where it needs it. */
export function openLibrary({
  name = 'lyapunov-lab',
  load = () => import('./keeper.ts'),
  browser = browserTab(),
  persist = () => navigator.storage?.persist?.(),
}: LibraryOptions = {}): Library {
  /** All that this page knows to be kept, or wants to be, by table and key. */
  const held = new Map<string, Held>()
  /** What of it, or of what was removed, storage does not have yet. */
  const unsaved = new Map<string, Held>()
  const failures = new Map<string, unknown>()
  /** Records that are no page's: those that cannot be read. */
  let foreign: readonly Entry[] = []
  let keeper: typeof import('./keeper.ts') | null = null
  let tab: Tab | null = null
  let disk: Disk | null = null
  let shared = false
  let problem: string | null = null
  let blocked = false
  let asked = false
  let closed = false
  let tell: ((news: News) => void) | null = null

  const nameOf = ({ table, key, own }: Pick<Held, 'table' | 'key' | 'own'>) =>
    `${table} ${own ? 'own' : 'all'} ${key}`

  /** One thing after the other is done with storage. */
  let queue: Promise<void> = Promise.resolve()
  const enqueue = (work: () => Promise<void>): Promise<void> => {
    queue = queue.then(work).catch((error: unknown) => {
      settle(describe(error))
    })
    return queue
  }

  /** @returns whether it has ended by then */
  const within = (milliseconds: number, work: Promise<unknown>): Promise<boolean> =>
    new Promise((resolve) => {
      const stop = browser.after(milliseconds, () => {
        resolve(false)
      })
      void work.then(() => {
        stop()
        resolve(true)
      })
    })

  /** Takes down how storage stands, and tells of a change once the page has been told how it was found. */
  function settle(now: string | null): void {
    if (now === problem) return
    problem = now
    if (told) void report()
  }
  /** Whether the page knows how storage was found, and whether storage has been read. */
  let told = false
  let read = false
  async function report(): Promise<void> {
    const current = problem
    tell?.({ problem: current, contents: current === null ? await collect() : null })
  }

  async function connect(): Promise<void> {
    keeper ??= await load().catch(() => {
      throw new Plain('the part of this page that keeps it could not be loaded')
    })
    tab ??= await keeper.claimTab(name, browser, (news) => {
      void enqueue(() => follow(news).catch(() => undefined))
    })
    let opened: Disk | null = null
    opened = await keeper.openDisk(name, {
      onLost: () => {
        if (disk === opened) disk = null
        if (!closed) void enqueue(save)
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
    const before = shared
    shared = others.size > 0
    const found = await keeper.readOwn(opened, { tab: tab.id, others, starts: !read })
    read = true
    disk = opened
    const present = new Set<string>()
    for (const entry of found.entries) {
      const named = nameOf(entry)
      present.add(named)
      if (!unsaved.has(named)) held.set(named, entry)
    }
    foreign = found.foreign
    // Storage was cleared, or made anew: what the page holds is written again.
    for (const [named, entry] of held)
      if (!present.has(named) && !unsaved.has(named)) unsaved.set(named, entry)
    await writeAll(opened, false)
    if (told && before !== shared) void report()
  }

  async function save(): Promise<void> {
    if (closed) return
    if (disk === null) await connect()
    else await writeAll(disk)
    settle(null)
  }

  /** @param again whether a connection that has ended without a word is opened again */
  async function writeAll(to: Disk, again = true): Promise<void> {
    for (const [named, entry] of [...unsaved]) {
      try {
        const key = entry.own && tab !== null ? `${tab.id}:${entry.key}` : entry.key
        await to.write({ ...entry, key })
        failures.delete(named)
        if (unsaved.get(named) === entry) unsaved.delete(named)
        if (entry.table === 'shelf' || entry.table === 'dataSets')
          tab?.announce({ table: entry.table, key: entry.key })
      } catch (error) {
        // The connection has ended under it: whoever noticed opens another, which writes it.
        if (disk !== to) return
        failures.set(named, error)
        if (again && nameOfError(error) === 'InvalidStateError') {
          disk = null
          await connect()
          return
        }
      }
    }
  }

  /** Another tab has changed a record. */
  async function follow(news: object): Promise<void> {
    const { table, key } = news as Entry
    if (disk === null || typeof key !== 'string') return
    if (table !== 'shelf' && table !== 'dataSets') return
    const entry: Held = { table, key, own: false, value: await disk.get(table, key) }
    const named = nameOf(entry)
    if (unsaved.has(named)) return
    if (entry.value === undefined) held.delete(named)
    else held.set(named, entry)
    if (told) tell?.({ problem, contents: await collect() })
  }

  async function put(entry: Held): Promise<void> {
    const named = nameOf(entry)
    if (entry.value === undefined) held.delete(named)
    else held.set(named, entry)
    unsaved.set(named, entry)
    if (!asked && (entry.table === 'shelf' || entry.table === 'dataSets')) {
      asked = true
      persist()
    }
    const saving = enqueue(save)
    // Without storage one notice has said so for all writes, and no write waits.
    if (problem !== null) return
    if (!(await within(WRITING_LIMIT, saving))) settle(blocked ? BLOCKED : SILENT)
    const cause = failures.get(named)
    if (cause !== undefined && problem === null) throw new Error(describe(cause), { cause })
  }

  async function collect(): Promise<Contents> {
    const entries = [...held.values()]
    const own = (table: TableName, key: string) =>
      entries.find((entry) => entry.own && entry.table === table && entry.key === key)?.value
    const setting = (key: string) =>
      entries.find((entry) => !entry.own && entry.table === 'settings' && entry.key === key)?.value
    const of = (table: TableName) => entries.filter((entry) => entry.table === table)
    // What this page has made itself needs no reading.
    const sorted = (await keeper?.sortRecords([...of('shelf'), ...of('dataSets')])) ?? {
      items: of('shelf').map(({ value }) => value as ShelfItem),
      dataSets: of('dataSets').map(({ value }) => value as DataSet),
      aside: [],
    }
    return {
      ...sorted,
      aside: [...sorted.aside, ...foreign.map((entry) => ({ ...entry, why: 'it has no name' }))],
      trainings: of('checkpoints')
        .map(({ key, value }) => ({ id: key, checkpoint: value }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
      theme: setting('theme'),
      calibrations: setting('calibrations'),
      draft: own('settings', 'draft'),
      followed: own('settings', 'followed'),
      shared,
      problem,
    }
  }

  const opening = within(OPENING_LIMIT, enqueue(save)).then((ended) => {
    if (!ended) settle(blocked ? BLOCKED : SILENT)
  })

  const record = (table: TableName, key: string, value?: unknown) =>
    put({ table, key, value, own: false, trusted: true })
  const ownRecord = (table: TableName, key: string, value?: unknown) =>
    put({ table, key, value, own: true, trusted: true })

  return {
    async contents() {
      await opening
      const contents = await collect()
      told = true
      return contents
    },
    putShelfItem: (item) => record('shelf', item.id, item),
    removeShelfItem: (id) => record('shelf', id),
    putDataSet: (set) => record('dataSets', set.id, set),
    removeDataSet: (id) => record('dataSets', id),
    putTraining: (id, checkpoint) => ownRecord('checkpoints', id, checkpoint),
    removeTraining: (id) => ownRecord('checkpoints', id),
    putSetting: (key, value) => record('settings', key, value),
    putUnfinished: (key, value) => ownRecord('settings', key, value),
    removeAside: ({ table, key }) => {
      foreign = foreign.filter((entry) => entry.table !== table || entry.key !== key)
      const own = table === 'checkpoints' && typeof key === 'string'
      return (own ? ownRecord : record)(table, key as string)
    },
    listen(listener) {
      tell = listener
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
function describe(error: unknown): string {
  switch (nameOfError(error)) {
    case 'QuotaExceededError':
      return 'its storage is full'
    case 'VersionError':
      return 'a later version of this page uses its storage'
    default:
      return error instanceof Plain ? error.message : 'it refuses storage'
  }
}
