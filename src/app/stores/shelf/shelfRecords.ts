import type { Aside, DataSet, Library, ShelfItem } from '../../storage/library.ts'
import { post, withdraw, type RunState } from '../run/runStore.ts'
import type { Surroundings } from '../surroundings.ts'
import { sameTarget } from './manifest.ts'
import { targetOfDataSet, type ShelfState } from './shelfStore.ts'

/**
 * The visitor's energies and data sets, on the page and in storage. The visitor can put back what was removed, and a
 * notice reports every write that storage refuses.
 */
export interface ShelfRecords {
  /** Writes to storage; a notice reports a failure, and the page keeps its own copy. @returns whether storage has it */
  readonly safe: (what: string, write: (kept: Library) => Promise<void>) => Promise<boolean>
  /** Puts a record into the list of the page that fits its state, and writes it to storage. @returns whether storage has it */
  readonly put: (one: ShelfItem | DataSet) => Promise<boolean>
  /** Keeps data under an unused name, unless a data set has the same data; a removed one is put back. */
  readonly addDataSet: (label: string, content: DataSet['content']) => void
  /** Takes an energy or a data set off the page; `putBack` restores it. */
  readonly remove: (id: string) => void
  readonly putBack: (id: string) => void
  /** Deletes for good a removed energy or data set, or an unreadable record. */
  readonly destroy: (what: ShelfItem | DataSet | Aside) => void
  /** Deletes what was removed over KEPT_REMOVED ago, unless it is still needed, and offers to undo a recent removal. */
  readonly tidy: () => void
}

export interface ShelfRecordsOptions extends Pick<Surroundings, 'platform' | 'run' | 'shelf'> {
  readonly library: Library
}

/** Time after a removal during which a reload offers to undo it, ms. */
const RECENT = 10 * 60 * 1000
/** Time for which storage keeps removed energies and data sets, ms. */
const KEPT_REMOVED = 30 * 24 * 3600 * 1000

export function createShelfRecords(options: ShelfRecordsOptions): ShelfRecords {
  const { library, platform, run, shelf } = options

  async function safe(what: string, write: (kept: Library) => Promise<void>): Promise<boolean> {
    try {
      await write(library)
      return shelf.getState().persistent
    } catch (error) {
      const { message, cause } = error as Error
      const why = cause === undefined ? '' : ` (${message})`
      const text = `${what} could not be kept in this browser${why}; it is lost when the tab closes.`
      post(run, 'error', { text, details: String(cause ?? error) }, what)
      return false
    }
  }

  function put(one: ShelfItem | DataSet): Promise<boolean> {
    shelf.setState(({ items, dataSets, removed }) => ({
      removed: [...without(removed, one), ...(one.removedAt === undefined ? [] : [one])],
      ...('target' in one
        ? { items: withRecord(items, one) }
        : { dataSets: withRecord(dataSets, one) }),
    }))
    return safe(
      'target' in one ? `The energy “${one.label}”` : `The data “${one.label}”`,
      (kept) => ('target' in one ? kept.putShelfItem(one) : kept.putDataSet(one)),
    )
  }

  function putBack(id: string): void {
    const found = shelf.getState().removed.find((one) => one.id === id)
    if (found === undefined) return
    withdraw(run, `removed ${id}`)
    const back = { ...found }
    Reflect.deleteProperty(back, 'removedAt')
    void put(back)
  }

  function offerBack({ id, label }: ShelfItem | DataSet): void {
    post(run, 'info', `“${label}” was removed.`, `removed ${id}`, {
      action: {
        label: 'Undo',
        run: () => {
          putBack(id)
        },
      },
    })
  }

  function destroy(what: ShelfItem | DataSet | Aside): void {
    if ('table' in what) {
      shelf.setState(({ aside }) => ({ aside: aside.filter((other) => other !== what) }))
      void safe('The change', (kept) => kept.removeAside(what))
      return
    }
    const { id } = what
    withdraw(run, `removed ${id}`)
    shelf.setState(({ removed }) => ({ removed: without(removed, what) }))
    void safe('The change', (kept) =>
      'target' in what ? kept.removeShelfItem(id) : kept.removeDataSet(id),
    )
  }

  return {
    safe,
    put,
    addDataSet(label, content) {
      const { dataSets, removed } = shelf.getState()
      const target = targetOfDataSet({ content })
      const isSame = (one: ShelfItem | DataSet) =>
        !('target' in one) && sameTarget(targetOfDataSet(one), target)
      if (dataSets.some(isSame)) return
      const gone = removed.find(isSame)
      if (gone !== undefined) {
        putBack(gone.id)
        return
      }
      const labels = new Set(dataSets.map((set) => set.label))
      let name = label
      for (let n = 2; labels.has(name); n++) name = `${label} (${String(n)})`
      void put({ id: platform.uniqueId(), label: name, createdAt: platform.today(), content })
    },
    remove(id) {
      const { items, dataSets } = shelf.getState()
      const found = [...items, ...dataSets].find((one) => one.id === id)
      if (found === undefined) return
      const gone = { ...found, removedAt: platform.today() }
      void put(gone)
      offerBack(gone)
    },
    putBack,
    destroy,
    tidy() {
      const { removed } = shelf.getState()
      const now = platform.today()
      for (const one of removed) {
        const isOld = now - (one.removedAt ?? now) > KEPT_REMOVED
        if (isOld && !isNeeded(one, shelf.getState(), run.getState())) destroy(one)
      }
      const [last] = removed.toSorted((a, b) => (b.removedAt ?? 0) - (a.removedAt ?? 0))
      if (last !== undefined && now - (last.removedAt ?? 0) < RECENT) offerBack(last)
    },
  }
}

/** Whether an energy or an interrupted training was learned from a data set. */
function isNeeded(
  one: ShelfItem | DataSet,
  { items, removed }: ShelfState,
  { interrupted }: RunState,
): boolean {
  if ('target' in one) return false
  const target = targetOfDataSet(one)
  const users = [...items, ...removed, ...interrupted.map((left) => left.scene)]
  return users.some((user) => 'target' in user && sameTarget(user.target, target))
}

function without<T extends { readonly id: string }>(
  all: readonly T[],
  one: { readonly id: string },
): readonly T[] {
  return all.filter(({ id }) => id !== one.id)
}

/** The records on the page, oldest first, with `one` unless it is removed. */
function withRecord<T extends ShelfItem | DataSet>(all: readonly T[], one: T): readonly T[] {
  const others = without(all, one)
  if (one.removedAt !== undefined) return others
  return [...others, one].sort((a, b) => a.createdAt - b.createdAt)
}
