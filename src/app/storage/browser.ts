/** What of the browser tells tabs apart; a test hands in its own. All of it may be missing. */
export interface TabBrowser {
  /** Survives a reload of the tab, and is copied where a tab is duplicated. */
  readonly session: Pick<Storage, 'getItem' | 'setItem'> | null
  /** Only secure pages have locks. */
  readonly locks: Pick<LockManager, 'request' | 'query'> | null
  readonly channel: (
    name: string,
  ) => Pick<BroadcastChannel, 'postMessage' | 'addEventListener' | 'close'> | null
  /** Calls back once, after so many milliseconds; the function returned calls it off. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
}

export function browserTab(): TabBrowser {
  const global = globalThis as Partial<Pick<Window, 'sessionStorage' | 'navigator'>>
  return {
    session: attempt(() => global.sessionStorage) ?? null,
    locks: attempt(() => global.navigator?.locks) ?? null,
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

/** Where storage is blocked, even asking for it throws. */
export function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
