import { attempt, type TabBrowser } from './browser.ts'

/** This tab, as storage knows it. */
export interface Tab {
  /** Lower-case letters and digits; the same after a reload, another one in every other tab. */
  readonly id: string
  /** The other tabs of this page that are open now. */
  others(): Promise<ReadonlySet<string>>
  /** Tells the other tabs. */
  announce(message: object): void
  close(): void
}

/** How long a tab waits for its own lock, which the page before a reload may still hold, ms. */
const LOCK_WAIT = 500
/** How long other tabs have to say that they are there where there are no locks, ms. */
const ANSWER_WAIT = 250
const ID = /^[a-z0-9]{8,64}$/u

type Message =
  | { readonly type: 'who' }
  | { readonly type: 'here'; readonly id: string }
  | { readonly type: 'news'; readonly news: object }

/**
 * Finds out which tab this is: the one that was here before a reload, or a new one. A duplicate of a tab, which was
 * given a copy of its id, takes another.
 * @param name of the database that the tabs share
 * @param hear what other tabs announce
 */
export async function claimTab(
  name: string,
  { session, locks, channel, after }: TabBrowser,
  hear: (news: object) => void,
): Promise<Tab> {
  const key = `${name} tab`
  let id = attempt(() => session?.getItem(key)) ?? ''
  if (!ID.test(id)) id = newId()
  const answered = new Set<string>()
  const line = attempt(() => channel(name)) ?? null
  line?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    const message = data as Message
    if (message.type === 'who') line.postMessage({ type: 'here', id } satisfies Message)
    else if (message.type === 'here') answered.add(message.id)
    else hear(message.news)
  })
  /** Asks the tabs themselves, where there are no locks. */
  const ask = async () => {
    answered.clear()
    line?.postMessage({ type: 'who' } satisfies Message)
    if (line !== null) await new Promise<void>((resolve) => after(ANSWER_WAIT, resolve))
    return new Set(answered)
  }
  let release: (() => void) | null = null
  if (locks !== null) {
    release = await hold(locks, `${key} ${id}`, after)
    if (release === null) {
      id = newId()
      release = await hold(locks, `${key} ${id}`, after)
    }
  } else if ((await ask()).has(id)) id = newId()
  attempt(() => session?.setItem(key, id))
  return {
    id,
    async others() {
      if (locks === null || release === null) return ask()
      const { held = [] } = await locks.query()
      const names = held.flatMap((lock) => lock.name ?? [])
      const ids = names.flatMap((lock) => (lock.startsWith(key) ? lock.slice(key.length + 1) : []))
      return new Set(ids.filter((other) => other !== id))
    },
    announce(news) {
      line?.postMessage({ type: 'news', news } satisfies Message)
    },
    close() {
      release?.()
      line?.close()
    },
  }
}

/** Holds a lock for as long as the page lives; null where another page holds it. */
function hold(
  locks: Pick<LockManager, 'request'>,
  name: string,
  after: TabBrowser['after'],
): Promise<(() => void) | null> {
  return new Promise((resolve) => {
    let waiting = true
    const giveUp = after(LOCK_WAIT, () => {
      waiting = false
      resolve(null)
    })
    locks
      .request(name, () => {
        if (!waiting) return
        giveUp()
        return new Promise<void>((release) => {
          resolve(release)
        })
      })
      .catch(() => {
        giveUp()
        resolve(null)
      })
  })
}

function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))]
    .map((byte) => byte.toString(36).padStart(2, '0'))
    .join('')
}
