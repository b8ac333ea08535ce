import type { Asset } from '../../../lab/scene/assets.ts'
import type { Aside, Contents } from '../../storage/library.ts'
import { post, withdraw } from '../run/runStore.ts'
import { addressOf } from '../scene/address.ts'
import { edit } from '../scene/sceneStore.ts'
import type { Surroundings } from '../surroundings.ts'
import { readCalibrations } from '../training/calibrations.ts'
import { readCheckpoints } from '../training/checkpoint.ts'
import type { FoundTraining, KeptTraining } from '../training/interrupted.ts'
import { keepUnfinished, readDraft } from './keepUnfinished.ts'
import { createShelfRecords, type ShelfRecords, type ShelfRecordsOptions } from './shelfRecords.ts'
import { filesCalled } from './shelfStore.ts'

/** Brings the contents of storage onto the page, and keeps there what the visitor makes. */
export interface Keeping extends Omit<ShelfRecords, 'tidy'> {
  /** The contents of storage, or a problem where storage does not answer in time. Never rejects. */
  readonly loaded: Promise<Contents>
  /** Lists an interrupted training that no training can continue among the unreadable records. */
  readonly setAside: (found: FoundTraining) => void
  /** Bytes of an asset that a scene names, removed ones included; null where this browser has none. */
  readonly bytesOf: (asset: Asset) => Uint8Array | null
  /** Whether an energy or a data set is still to be written to storage that answers. */
  readonly unsaved: boolean
  readonly dispose: () => void
}

export interface KeepingOptions extends ShelfRecordsOptions, Pick<Surroundings, 'scene' | 'tool'> {
  /** Takes up interrupted trainings. */
  readonly offer: (found: readonly KeptTraining[]) => void
  /** Goes on with the live training that an earlier visit left on the scene of the page. */
  readonly goOn: () => void
}

export { openLibrary } from '../../storage/library.ts'

/** Key of the notices on whether storage answers. */
const STORAGE = 'storage'

export function createKeeping(options: KeepingOptions): Keeping {
  const { library, platform, scene, run, shelf, tool } = options
  const { tidy, ...records } = createShelfRecords(options)
  /** Whether the contents of storage are on the page. */
  let read = false

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
    shelf.setState(({ aside: before }) => ({
      items: items.filter(isThere),
      dataSets: dataSets.filter(isThere),
      removed: [...items, ...dataSets].filter((one) => !isThere(one)),
      aside: [...before.filter(({ table }) => table === 'checkpoints'), ...aside],
      persistent: problem === null,
    }))
  }

  /** Takes up the first contents that storage returns, at the start or later. */
  function take(contents: Contents): void {
    read = true
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
    sayAside(options)
    if (contents.shared)
      post(
        run,
        'info',
        'This page is open in another tab, too: the shelf and the data are shared, drawings and trainings are each tab’s own.',
      )
    tidy()
  }

  // Stores what the visitor made before this module had loaded.
  const { items: made, dataSets: added } = shelf.getState()
  for (const item of made) void library.putShelfItem(item).catch(() => undefined)
  for (const set of added) void library.putDataSet(set).catch(() => undefined)

  const loaded = library.contents().then((contents) => {
    if (contents.problem === null) take(contents)
    else {
      show(contents)
      sayProblem(contents.problem)
    }
    if (contents.followed === addressOf(scene.getState().scene)) options.goOn()
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
    if (read) show(contents)
    else take(contents)
  })

  function setAside({ id, checkpoint }: FoundTraining): void {
    const record: Aside = {
      table: 'checkpoints',
      key: id,
      value: checkpoint,
      why: 'no training can go on from it',
    }
    shelf.setState(({ aside }) => ({ aside: [...aside, record] }))
    sayAside(options)
  }

  const dispose = keepUnfinished({
    ...options,
    write: (write) => {
      // Writes only after storage has been read, so that the state of an earlier visit is not overwritten unread.
      if (read) void records.safe('What is under way', write)
    },
  })

  return {
    ...records,
    loaded,
    setAside,
    bytesOf: (asset) => bytesOf(asset, options),
    get unsaved() {
      return library.unsaved
    },
    dispose,
  }
}

/** Posts a notice on the number of records that cannot be read. */
function sayAside({ run, shelf, tool }: Pick<Surroundings, 'run' | 'shelf' | 'tool'>): void {
  const count = shelf.getState().aside.length
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

function isThere({ removedAt }: { readonly removedAt?: number }): boolean {
  return removedAt === undefined
}

function bytesOf(
  asset: Asset,
  { run, shelf }: Pick<Surroundings, 'run' | 'shelf'>,
): Uint8Array | null {
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
