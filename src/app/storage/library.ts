import { browserTab } from './browser.ts'
import {
  createConnection,
  describeStorageError,
  type Connection,
  type ConnectionOptions,
} from './connection.ts'
import { Ledger } from './ledger.ts'
import type { DataSet, ShelfItem } from './records.ts'
import { isShared, type Held, type TableName } from './tables.ts'

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
  /** Whether an energy or a data set is still to be written to storage that answers. */
  readonly unsaved: boolean
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

export interface LibraryOptions extends Partial<
  Pick<ConnectionOptions, 'name' | 'load' | 'browser'>
> {
  /** Asks the browser not to clear what is kept when space runs short. */
  readonly persist?: () => unknown
}

/** How long storage has to open and be read before the page goes on without, ms. */
const OPENING_LIMIT = 3000
/** How long a write has, ms. */
const WRITING_LIMIT = 5000

/** Opens the library: it opens the storage at once, and a call waits for the storage where it needs it. */
export function openLibrary({
  name = 'lyapunov-lab',
  load = () => import('./keeper.ts'),
  browser = browserTab(),
  persist = () => navigator.storage?.persist?.(),
}: LibraryOptions = {}): Library {
  const ledger = new Ledger()
  const connection = createConnection(ledger, {
    name,
    load,
    browser,
    onLost: () => void enqueue(save),
    onNews: (news) => void enqueue(() => follow(news).catch(() => undefined)),
  })
  let problem: string | null = null
  let tell: ((news: News) => void) | null = null
  /** Whether the page knows how storage was found. */
  let told = false
  /** Whether the browser was asked not to clear what is kept. */
  let asked = false

  /** One thing after the other is done with storage. */
  let queue: Promise<void> = Promise.resolve()
  function enqueue(work: () => Promise<void>): Promise<void> {
    queue = queue.then(work).catch((error: unknown) => {
      settle(describeStorageError(error))
    })
    return queue
  }

  /** Waits for storage; if that takes longer, the page goes on without. */
  async function wait(milliseconds: number, work: Promise<void>): Promise<void> {
    const ended = await new Promise<boolean>((resolve) => {
      const stop = browser.after(milliseconds, () => {
        resolve(false)
      })
      void work.then(() => {
        stop()
        resolve(true)
      })
    })
    if (!ended) settle(connection.silence)
  }

  /** Takes down how storage stands, and tells of a change once the page has been told how it was found. */
  function settle(now: string | null): void {
    if (now === problem) return
    problem = now
    if (told) void report()
  }

  async function report(): Promise<void> {
    const current = problem
    tell?.({ problem: current, contents: current === null ? await collect() : null })
  }

  async function collect(): Promise<Contents> {
    return { ...(await sortContents(ledger, connection.sort)), shared: connection.shared, problem }
  }

  async function save(): Promise<void> {
    if (connection.closed) return
    const { shared } = connection
    await connection.save()
    if (told && shared !== connection.shared) void report()
    settle(null)
  }

  /** Another tab has changed a record. */
  async function follow(news: object): Promise<void> {
    if ((await connection.follow(news)) && told) tell?.({ problem, contents: await collect() })
  }

  async function put(entry: Held): Promise<void> {
    ledger.put(entry)
    if (!asked && isShared(entry.table)) {
      asked = true
      persist()
    }
    const saving = enqueue(save)
    // Without storage one notice has said so for all writes, and no write waits.
    if (problem !== null) return
    await wait(WRITING_LIMIT, saving)
    const cause = ledger.failureOf(entry)
    if (cause !== undefined && problem === null)
      throw new Error(describeStorageError(cause), { cause })
  }

  const record = (table: TableName, key: string, value?: unknown) =>
    put({ table, key, value, own: false, trusted: true })
  const ownRecord = (table: TableName, key: string, value?: unknown) =>
    put({ table, key, value, own: true, trusted: true })

  const opening = wait(OPENING_LIMIT, enqueue(save))

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
      ledger.foreign = ledger.foreign.filter((entry) => entry.table !== table || entry.key !== key)
      const own = table === 'checkpoints' && typeof key === 'string'
      return (own ? ownRecord : record)(table, key as string)
    },
    get unsaved() {
      return problem === null && ledger.unsaved.some(({ table }) => isMade(table))
    },
    listen(listener) {
      tell = listener
    },
    close() {
      connection.close()
    },
  }
}

/** Whether its records are what the visitor made and cannot be computed again. */
function isMade(table: TableName): boolean {
  return table === 'shelf' || table === 'dataSets'
}

/** @param sort null: what the page knows it has made itself, and it needs no reading */
async function sortContents(
  ledger: Ledger,
  sort: Connection['sort'],
): Promise<Omit<Contents, 'shared' | 'problem'>> {
  const { records } = ledger
  const of = (table: TableName) => records.filter((entry) => entry.table === table)
  const setting = (key: string, own: boolean) =>
    of('settings').find((entry) => entry.own === own && entry.key === key)?.value
  const sorted = (await sort?.([...of('shelf'), ...of('dataSets')])) ?? {
    items: of('shelf').map(({ value }) => value as ShelfItem),
    dataSets: of('dataSets').map(({ value }) => value as DataSet),
    aside: [],
  }
  return {
    ...sorted,
    aside: [
      ...sorted.aside,
      ...ledger.foreign.map((entry) => ({ ...entry, why: 'it has no name' })),
    ],
    trainings: of('checkpoints')
      .map(({ key, value }) => ({ id: key, checkpoint: value }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    theme: setting('theme', false),
    calibrations: setting('calibrations', false),
    draft: setting('draft', true),
    followed: setting('followed', true),
  }
}
