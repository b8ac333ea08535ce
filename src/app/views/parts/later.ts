const loads: (() => Promise<unknown>)[] = []

let open = () => {}
const opened = new Promise<void>((resolve) => {
  open = resolve
})

/** From now on files may be fetched. */
export function openParts(): void {
  open()
}

/** Fetches something once, and nothing before `openParts`; `known` as soon as it is there. */
export interface Later<T> {
  (): Promise<T>
  known: T | null
}

/**
 * Something that is fetched when it is first wanted, or earlier, at leisure.
 * @param load asked again after a failure only
 */
export function atLeisure<T>(load: () => Promise<T>): Later<T> {
  let loading: Promise<T> | null = null
  const fetch: Later<T> = () => {
    loading ??= opened.then(load).then(
      (value) => (fetch.known = value),
      (error: unknown) => {
        loading = null
        throw error
      },
    )
    return loading
  }
  fetch.known = null
  loads.push(fetch)
  return fetch
}

/** Fetches all of it, one after the other, whenever the page is idle. */
export async function fetchAtLeisure(): Promise<void> {
  for (const fetch of loads) {
    await leisure()
    // Whoever wants it tries again and says what is wrong.
    await fetch().catch(() => undefined)
  }
}

/** Resolves when the page has nothing better to do, or after a while. */
export function leisure(): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      resolve()
    }
    // Not every browser has idle callbacks.
    if ('requestIdleCallback' in window) requestIdleCallback(done, { timeout: 4000 })
    else setTimeout(done, 1500)
  })
}
