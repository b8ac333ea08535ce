import type { Disk } from './disk.ts'
import {
  decodeDataSet,
  decodeShelfItem,
  Unreadable,
  type DataSet,
  type ShelfItem,
} from './records.ts'
import type { Entry, Held, Reading } from './tables.ts'

/* The page starts without this file and fetches it when it first reads or writes storage. */
export { openDisk } from './disk.ts'
export { claimTab } from './tabs.ts'

/** What a tab has that is on no shelf yet. */
const UNFINISHED: readonly string[] = ['draft', 'followed']

/**
 * Everything that this tab may see: what belongs to all tabs and to itself. What belongs to tabs that are gone, or to
 * none as earlier versions wrote it, becomes its own: the interrupted trainings, and at the start a drawing and a
 * followed scene where the tab has none.
 */
export async function readOwn(
  disk: Disk,
  { tab, others, starts }: { tab: string; others: ReadonlySet<string>; starts: boolean },
): Promise<{ readonly entries: readonly Held[]; readonly foreign: readonly Entry[] }> {
  const entries: Held[] = []
  const foreign: Entry[] = []
  const orphans: (Held & { readonly at: string })[] = []
  for (const { table, key, value } of await disk.read()) {
    if (typeof key !== 'string') {
      if (table !== 'settings') foreign.push({ table, key, value })
      continue
    }
    const [, owner = null, name = key] = /^([a-z0-9]+):(.*)$/su.exec(key) ?? []
    const ofTabs = table === 'checkpoints' || (table === 'settings' && UNFINISHED.includes(name))
    if (!ofTabs) entries.push({ table, key, value, own: false })
    else if (owner === tab) entries.push({ table, key: name, value, own: true })
    else if (owner === null || !others.has(owner))
      orphans.push({ table, key: name, value, own: true, at: key })
  }
  for (const { at, ...orphan } of orphans.reverse()) {
    const { table, key, value } = orphan
    if (table === 'settings') {
      const taken = entries.some((entry) => entry.own && entry.table === table && entry.key === key)
      if (!starts || taken || value === '' || value === '[]') continue
    }
    // Of two tabs that start at once one is first.
    if (await disk.rename(table, at, `${tab}:${key}`)) entries.push(orphan)
  }
  return { entries, foreign }
}

/** What was read, once. */
const known = new WeakMap<object, ShelfItem | DataSet | string>()

/** Records by their kinds, oldest first; what no decoder can read is set aside. */
export async function sortRecords(entries: readonly Held[]): Promise<Reading> {
  const items: ShelfItem[] = []
  const dataSets: DataSet[] = []
  const aside: (Entry & { readonly why: string })[] = []
  for (const entry of entries) {
    const { table, key, value } = entry
    const object = typeof value === 'object' && value !== null ? value : null
    const seen = entry.trusted === true ? value : object === null ? undefined : known.get(object)
    const read = (seen ?? (await decode(entry))) as ShelfItem | DataSet | string
    if (object !== null) known.set(object, read)
    if (typeof read === 'string') aside.push({ table, key, value, why: read })
    else if (table === 'shelf') items.push(read as ShelfItem)
    else dataSets.push(read as DataSet)
  }
  return { items: oldestFirst(items), dataSets: oldestFirst(dataSets), aside }
}

async function decode({ table, key, value }: Entry): Promise<ShelfItem | DataSet | string> {
  try {
    return await (table === 'shelf' ? decodeShelfItem(key, value) : decodeDataSet(key, value))
  } catch (error) {
    return error instanceof Unreadable ? error.message : 'it is damaged'
  }
}

function oldestFirst<T extends { readonly createdAt: number }>(items: T[]): T[] {
  return items.sort((a, b) => a.createdAt - b.createdAt)
}
