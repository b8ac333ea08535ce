import type { Contents, Library } from '../../storage/library.ts'
import { explain } from '../explain.ts'
import { post } from '../run/runStore.ts'
import type { Keeping, KeepingOptions } from './keeping.ts'

/** What keeps things is no part of the first file: the first run does not wait for it. */
export interface LateKeeping extends Pick<Keeping, 'safe' | 'putItem'> {
  /** What keeps things, or null where it has not come in time: then the page goes on without. */
  ready(): Promise<Keeping | null>
  /** Resolves when what was kept before is on the page, or is waited for no longer. */
  readonly loaded: Promise<void>
  /** Asks for something as soon as there is somebody to ask. */
  ask(what: (keeping: Keeping) => void): void
}

export interface LateKeepingOptions extends Omit<KeepingOptions, 'library'> {
  /** Default: this browser's storage. */
  readonly library: Library | undefined
  /** Resolves when it is to be waited for no longer. */
  readonly patience: Promise<unknown>
  /** What was kept before is on the page. */
  readonly onLoaded: (contents: Contents) => void
}

export function createLateKeeping(options: LateKeepingOptions): LateKeeping {
  const { run, shelf, library, patience } = options
  const coming = import('./keeping.ts').then(({ createKeeping, openLibrary }) =>
    createKeeping({ ...options, library: library ?? openLibrary() }),
  )
  coming.catch((error: unknown) => {
    post(run, 'error', explain(error, 'Nothing is kept beyond this tab.'))
  })
  const ready = () => Promise.race([coming, patience.then(() => null)]).catch(() => null)
  return {
    ready,
    loaded: ready().then(async (keeping) => {
      if (keeping === null) shelf.setState({ persistent: false })
      else options.onLoaded(await keeping.loaded)
    }),
    ask(what) {
      void ready().then((keeping) => {
        if (keeping !== null) what(keeping)
      })
    },
    safe: async (what, write) => (await ready())?.safe(what, write) ?? false,
    putItem: async (item) => (await ready())?.putItem(item) ?? false,
  }
}
