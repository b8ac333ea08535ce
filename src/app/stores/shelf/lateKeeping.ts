import type { Library } from '../../storage/library.ts'
import { explain } from '../explain.ts'
import { post } from '../run/runStore.ts'
import type { Keeping, KeepingOptions } from './keeping.ts'

/** `Keeping` whose code loads after the first file, so that the first run does not wait for it. */
export interface LateKeeping extends Pick<Keeping, 'safe' | 'put'> {
  /** The loaded `Keeping`; null where its code has not arrived in time, and the page goes on without it. */
  ready(): Promise<Keeping | null>
  /** Resolves when the contents of storage are on the page, or when the page stops waiting for them. */
  readonly loaded: Promise<void>
  /** Calls `what` once `Keeping` has loaded; never where it has not arrived in time. */
  ask(what: (keeping: Keeping) => void): void
  /** Whether an energy or a data set is still to be written to storage, as far as storage answers. */
  readonly unsaved: boolean
  dispose(): void
}

export interface LateKeepingOptions extends Omit<KeepingOptions, 'library'> {
  /** The library; default: this browser's storage. */
  readonly library: Library | undefined
  /** Resolves when the page stops waiting for the code. */
  readonly patience: Promise<unknown>
  /** Called when the contents of storage are on the page. */
  readonly onLoaded: () => void
}

export function createLateKeeping(options: LateKeepingOptions): LateKeeping {
  const { run, shelf, library, patience } = options
  const coming = import('./keeping.ts').then(({ createKeeping, openLibrary }) =>
    createKeeping({ ...options, library: library ?? openLibrary() }),
  )
  coming.catch((error: unknown) => {
    post(run, 'error', explain(error, 'Nothing is kept beyond this tab.'))
  })
  let keeping: Keeping | null = null
  /** Number of calls that wait for the code. */
  let waiting = 0
  const ready = () => Promise.race([coming, patience.then(() => null)]).catch(() => null)

  /** The loaded `Keeping` for a call that writes. */
  async function writing(): Promise<Keeping | null> {
    waiting++
    keeping = await ready()
    waiting--
    return keeping
  }

  return {
    ready,
    loaded: ready().then(async (loaded) => {
      if (loaded === null) {
        shelf.setState({ persistent: false })
        return
      }
      await loaded.loaded
      options.onLoaded()
    }),
    ask(what) {
      void writing().then((kept) => {
        if (kept !== null) what(kept)
      })
    },
    safe: async (what, write) => (await writing())?.safe(what, write) ?? false,
    put: async (one) => (await writing())?.put(one) ?? false,
    get unsaved() {
      return waiting > 0 || (keeping?.unsaved ?? false)
    },
    dispose() {
      void ready().then((loaded) => loaded?.dispose())
    },
  }
}
