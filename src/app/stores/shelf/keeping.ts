import type { Asset } from '../../../lab/scene/assets.ts'
import type { Aside, Contents, DataSet, Library, ShelfItem } from '../../storage/library.ts'
import { readCalibrations } from '../training/calibrations.ts'
import { sameTarget } from './manifest.ts'
import { post, withdraw } from '../run/runStore.ts'
import { edit } from '../scene/sceneStore.ts'
import { filesCalled, targetOfDataSet } from './shelfStore.ts'
import type { Surroundings } from '../surroundings.ts'
import { readCheckpoints } from '../training/checkpoint.ts'
import type { FoundTraining, KeptTraining } from '../training/interrupted.ts'
import { readDraft } from './keepUnfinished.ts'

/**
 * Keeps the shelf and the data sets on the page and in storage. The visitor can put back what was removed, and a notice
 * reports every write that storage refuses.
 */
export interface Keeping {
  /** The contents of storage, or a problem where storage does not answer in time. Never rejects. */
  readonly loaded: Promise<Contents>
  /** Writes to storage; a notice reports a failure, and the page keeps its own copy. @returns whether storage has it */
  readonly safe: (what: string, write: (kept: Library) => Promise<void>) => Promise<boolean>
  readonly putItem: (item: ShelfItem) => Promise<boolean>
  /** Keeps data under an unused name. @returns the new data set, or the existing one with the same data */
  readonly addDataSet: (label: string, content: DataSet['content']) => DataSet
  /** Takes an energy or a data set off the page; `putBack` restores it. */
  readonly remove: (id: string) => void
  readonly putBack: (id: string) => void
  /** Deletes for good a removed energy or data set, or an unreadable record. */
  readonly destroy: (what: ShelfItem | DataSet | Aside) => void
  /** Lists an interrupted training that no training can continue among the unreadable records. */
  readonly setAside: (found: FoundTraining) => void
  /** Bytes of an asset that a scene names, removed ones included; null where this browser has none. */
  readonly bytesOf: (asset: Asset) => Uint8Array | null
  /** Whether the contents of storage are on the page. */
  readonly read: boolean
}

export interface KeepingOptions extends Pick<
  Surroundings,
  'platform' | 'scene' | 'run' | 'shelf' | 'tool'
> {
  readonly library: Library
  /** Takes up interrupted trainings. */
  readonly offer: (found: readonly KeptTraining[]) => void
}

export { openLibrary } from '../../storage/library.ts'

/** Time after a removal during which a reload offers to undo it, ms. */
const RECENT = 10 * 60 * 1000
/** Time for which storage keeps removed energies and data sets, ms. */
const KEPT_REMOVED = 30 * 24 * 3600 * 1000
const STORAGE = 'storage'

export function createKeeping(options: KeepingOptions): Keeping {
  const { library, platform, scene, run, shelf, tool } = options
  function sayProblem(problem: string): void {
    post(
      run,
      'warning',
      `This browser keeps nothing beyond this tab (${problem}): what you make is lost when it closes.`,
      STORAGE,
    )
  }

  /** Shows the contents of storage, which another tab may have changed. */
  function show({ items, dataSets, aside, problem }: Contents): void {
    const there = <T extends { readonly removedAt?: number }>(all: readonly T[]) =>
      all.filter(({ removedAt }) => removedAt === undefined)
    const gone = <T extends { readonly removedAt?: number }>(all: readonly T[]) =>
      all.filter(({ removedAt }) => removedAt !== undefined)
    shelf.setState(({ aside: before }) => ({
      items: there(items),
      dataSets: there(dataSets),
      removed: [...gone(items), ...gone(dataSets)],
      aside: [...before.filter(({ table }) => table === 'checkpoints'), ...aside],
      persistent: problem === null,
    }))
  }

  function sayAside(count: number): void {
    if (count === 0) return
    post(
      run,
      'warning',
      count === 1
        ? 'One record that this browser keeps cannot be read; it was set aside and can be saved as a file.'
        : `${String(count)} records that this browser keeps cannot be read; they were set aside and can be saved as files.`,
      'aside',
      {
        action: {
          label: 'Show',
          run: () => {
            tool.setState({ showsRemoved: true })
          },
        },
      },
    )
  }

  /** Takes up the first contents that storage returns, at the start or later. */
  function take(contents: Contents): void {
    show(contents)
    const { good, bad } = readCheckpoints(contents.trainings)
    options.offer(good)
    for (const training of bad) setAside(training)
    const { theme, draft } = contents
    const measured = readCalibrations(contents.calibrations, platform.today())
    shelf.setState(({ calibrations }) => ({ calibrations: { ...measured, ...calibrations } }))
    if (theme === 'light' || theme === 'dark')
      edit(scene, (s) => (s.view.theme === 'auto' ? { ...s, view: { ...s.view, theme } } : s))
    const strokes = readDraft(draft)
    // Strokes drawn since the page opened come after the kept ones.
    if (strokes.length > 0) tool.setState(({ draft: fresh }) => ({ draft: [...strokes, ...fresh] }))
    sayAside(shelf.getState().aside.length)
    if (contents.shared)
      post(
        run,
        'info',
        'This page is open in another tab, too: the shelf and the data are shared, drawings and trainings are each tab’s own.',
      )
    tidy()
  }

  /** Deletes what was removed over KEPT_REMOVED ago, unless it is still needed, and offers to undo a recent removal. */
  function tidy(): void {
    const { removed } = shelf.getState()
    const now = platform.today()
    for (const one of removed) {
      const age = now - (one.removedAt ?? now)
      if (age > KEPT_REMOVED && !isNeeded(one)) destroy(one)
    }
    const last = removed.reduce<ShelfItem | DataSet | null>(
      (latest, one) => ((one.removedAt ?? 0) > (latest?.removedAt ?? 0) ? one : latest),
      null,
    )
    if (last !== null && now - (last.removedAt ?? 0) < RECENT) offerBack(last)
  }

  /** Whether an energy or an interrupted training was learned from a data set. */
  function isNeeded(one: ShelfItem | DataSet): boolean {
    if ('target' in one) return false
    const target = targetOfDataSet(one)
    const { items, removed } = shelf.getState()
    const users = [...items, ...removed, ...run.getState().interrupted.map((left) => left.scene)]
    return users.some((user) => 'target' in user && sameTarget(user.target, target))
  }

  // Stores what the visitor made before this module had loaded.
  const { items: made, dataSets: added } = shelf.getState()
  for (const item of made) void library.putShelfItem(item).catch(() => undefined)
  for (const set of added) void library.putDataSet(set).catch(() => undefined)

  let first = true
  const loaded = library.contents().then((contents) => {
    if (contents.problem === null) {
      first = false
      take(contents)
    } else {
      show(contents)
      sayProblem(contents.problem)
    }
    return contents
  })

  library.listen(({ problem, contents }) => {
    if (problem !== null) {
      shelf.setState({ persistent: false })
      sayProblem(problem)
      return
    }
    if (!shelf.getState().persistent) {
      withdraw(run, STORAGE)
      post(run, 'info', 'This browser’s storage answers again: what was made meanwhile is kept.')
    }
    if (contents === null) return
    if (first) {
      first = false
      take(contents)
    } else show(contents)
  })

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

  function addDataSet(label: string, content: DataSet['content']): DataSet {
    const { dataSets, removed } = shelf.getState()
    const same = (set: ShelfItem | DataSet): set is DataSet =>
      !('target' in set) && sameTarget(targetOfDataSet(set), targetOfDataSet({ ...set, content }))
    const known = dataSets.find(same)
    if (known !== undefined) return known
    const gone = removed.find(same)
    if (gone !== undefined) {
      putBack(gone.id)
      return gone
    }
    const labels = new Set(dataSets.map((set) => set.label))
    let name = label
    for (let n = 2; labels.has(name); n++) name = `${label} (${String(n)})`
    const set = { id: platform.uniqueId(), label: name, createdAt: platform.today(), content }
    void write(set)
    return set
  }

  /** Puts a record into the list of the page that fits its state, and writes it to storage. */
  function write(one: ShelfItem | DataSet): Promise<boolean> {
    const others = <T extends { readonly id: string }>(all: readonly T[]) =>
      all.filter(({ id }) => id !== one.id)
    const there = one.removedAt === undefined
    shelf.setState(({ items, dataSets, removed }) => ({
      removed: there ? others(removed) : [...others(removed), one],
      ...('target' in one
        ? { items: there ? oldestFirst([...others(items), one]) : others(items) }
        : { dataSets: there ? oldestFirst([...others(dataSets), one]) : others(dataSets) }),
    }))
    return safe(
      'target' in one ? `The energy “${one.label}”` : `The data “${one.label}”`,
      (kept) => ('target' in one ? kept.putShelfItem(one) : kept.putDataSet(one)),
    )
  }

  function remove(id: string): void {
    const { items, dataSets } = shelf.getState()
    const found = [...items, ...dataSets].find((one) => one.id === id)
    if (found === undefined) return
    const gone = { ...found, removedAt: platform.today() }
    void write(gone)
    offerBack(gone)
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

  function putBack(id: string): void {
    const found = shelf.getState().removed.find((one) => one.id === id)
    if (found === undefined) return
    withdraw(run, `removed ${id}`)
    const back = { ...found }
    Reflect.deleteProperty(back, 'removedAt')
    void write(back)
  }

  function destroy(what: ShelfItem | DataSet | Aside): void {
    if ('table' in what) {
      shelf.setState(({ aside }) => ({ aside: aside.filter((other) => other !== what) }))
      void safe('The change', (kept) => kept.removeAside(what))
      return
    }
    const { id } = what
    withdraw(run, `removed ${id}`)
    shelf.setState(({ removed }) => ({ removed: removed.filter((one) => one.id !== id) }))
    void safe('The change', (kept) =>
      'target' in what ? kept.removeShelfItem(id) : kept.removeDataSet(id),
    )
  }

  function setAside({ id, checkpoint }: FoundTraining): void {
    const record: Aside = {
      table: 'checkpoints',
      key: id,
      value: checkpoint,
      why: 'no training can go on from it',
    }
    shelf.setState(({ aside }) => ({ aside: [...aside, record] }))
    sayAside(shelf.getState().aside.length)
  }

  function bytesOf(asset: Asset): Uint8Array | null {
    if (asset.kind === 'shelf') {
      const { items, removed } = shelf.getState()
      const found = [...items, ...removed].find(({ id }) => id === asset.id)
      return found?.content.kind === 'weights' ? found.content.bytes : null
    }
    if (asset.kind === 'file') return null
    const files = filesCalled(shelf.getState(), asset.file)
    const [found] = files.filter(({ hash }) => asset.hash === undefined || hash === asset.hash)
    if (asset.hash === undefined && files.some(({ hash }) => hash !== found?.hash))
      post(
        run,
        'warning',
        `target.file: this browser has different data under the name ${asset.file}, and the scene does not say which it means; the newest is taken.`,
      )
    return found?.bytes ?? null
  }

  return {
    loaded,
    safe,
    putItem: write,
    addDataSet,
    remove,
    putBack,
    destroy,
    setAside,
    bytesOf,
    get read() {
      return !first
    },
  }
}

function oldestFirst<T extends { readonly createdAt: number }>(all: readonly T[]): readonly T[] {
  return [...all].sort((a, b) => a.createdAt - b.createdAt)
}
