import type { Page, Worker } from '@playwright/test'
import { expect } from './fixtures.ts'

export type WorkerName = 'compute' | 'analysis'

/**
 * Has code run in a worker before the worker's own: scripts that a page is given beforehand do not reach its
 * workers. The worker's long timers stand still until `elapse` moves them on, so that no limit strikes by
 * itself on a machine that is slow.
 * @param fault runs in the worker; it sees nothing of the test but what it is given
 */
export async function injectInto(
  page: Page,
  name: WorkerName,
  fault: (given: string) => void = () => {},
  given = '',
): Promise<void> {
  const call = `(${fault.toString()})(${JSON.stringify(given)})`
  const before = `;(${haltLongTimers.toString()})();${call};`
  await page.route(`**/${name}-*.js`, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: before + (await response.text()) })
  })
}

/** The worker of a page by its name, once it runs. */
export async function workerOf(page: Page, name: WorkerName): Promise<Worker> {
  const find = () => page.workers().findLast((worker) => worker.url().includes(`/${name}-`))
  await expect.poll(find).toBeDefined()
  return find()!
}

/** A worker that the page has made, and whether it owes an answer to a beat. */
interface Made {
  readonly name: string
  asked: boolean
}
declare global {
  interface Window {
    /** Beats of the page's watch over its workers: see `haltBeats`. */
    beats: {
      readonly made: readonly Made[]
      next: (isBroken: (one: Made) => boolean) => Promise<void>
    }
  }
}

/**
 * The page asks its workers once a second whether they are there. From now on a second passes only where `beatUntil` lets
 * it, once every worker but the broken one has answered the second before: no worker is ended for being slow.
 */
export async function haltBeats(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const later = window.setTimeout.bind(window)
    const cancel = window.clearTimeout.bind(window)
    const due = new Map<number, () => void>()
    let id = 1_000_000_000
    window.setTimeout = ((handler: () => void, wait?: number, ...args: unknown[]) => {
      if (wait !== 1000) return later(handler, wait, ...args)
      due.set(++id, handler)
      return id
    }) as typeof setTimeout
    window.clearTimeout = (one) => {
      if (!due.delete(Number(one))) cancel(one)
    }
    const made: Made[] = []
    class Watched extends Worker {
      private readonly entry: Made
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options)
        this.entry = { name: /([a-z]+)-[^/]*$/u.exec(String(url))?.[1] ?? '', asked: false }
        made.push(this.entry)
        this.addEventListener('message', () => (this.entry.asked = false))
      }
      override postMessage(message: { readonly type?: string }, ...rest: never[]) {
        if (message.type === 'beat') this.entry.asked = true
        super.postMessage(message, ...rest)
      }
      override terminate() {
        this.entry.asked = false
        super.terminate()
      }
    }
    window.Worker = Watched
    window.beats = {
      made,
      async next(broken) {
        for (const [one, handler] of [...due]) if (due.delete(one)) handler()
        do await new Promise((resolve) => later(resolve, 5))
        while (made.some((one) => one.asked && !broken(one)))
      },
    }
  })
}

/** What `beatUntil` waits for: words on the page, another worker of the name, or exact curves. */
type Awaited = { readonly words: string } | 'another' | 'curves'

/**
 * Lets seconds pass for the watch over broken workers of a name, until something has come.
 * @param later what becomes of those that are started meanwhile
 */
export async function beatUntil(
  page: Page,
  name: WorkerName,
  awaited: Awaited,
  later: 'broken' | 'whole' = 'whole',
): Promise<void> {
  await page.evaluate(
    async ([broken, what, after]) => {
      const { made } = window.beats
      const before = made.length
      const isBroken = (one: (typeof made)[number]) =>
        one.name === broken && (after === 'broken' || made.indexOf(one) < before)
      const done = () => {
        if (what === 'another') return made.some((one, i) => i >= before && one.name === broken)
        if (what === 'curves') return (window.lyapunovLab?.analysis()?.exactTo ?? -1) > 0
        return document.body.textContent.includes(what.words)
      }
      while (!done()) await window.beats.next(isBroken)
    },
    [name, awaited, later] as const,
  )
}

/** Moves the long timers of a worker on, those included that are set on the way. */
export async function elapse(page: Page, name: WorkerName, seconds: number): Promise<void> {
  const worker = await workerOf(page, name)
  await worker.evaluate((ms) => {
    ;(globalThis as unknown as { elapse: (ms: number) => void }).elapse(ms)
  }, 1000 * seconds)
}

/** What faults may use in the worker: a promise that never settles, and a word to the test that somebody waits for it. */
declare global {
  var hang: () => Promise<never>
  var hung: boolean
}

/** Waits until somebody in a worker waits for what never comes. */
export async function hangsIn(page: Page, name: WorkerName): Promise<void> {
  const worker = await workerOf(page, name)
  await expect.poll(() => worker.evaluate(() => globalThis.hung), { timeout: 60_000 }).toBe(true)
}

/** Timers of at least half a second run on a clock of their own, which `elapse` turns. */
function haltLongTimers(): void {
  const LONG = 500
  const scope = globalThis as unknown as {
    setTimeout: (handler: () => void, ms?: number) => number
    clearTimeout: (id?: number) => void
    longTimers: Map<number, { readonly due: number; readonly handler: () => void }>
    elapse: (ms: number) => void
  }
  const set = scope.setTimeout.bind(globalThis)
  const clear = scope.clearTimeout.bind(globalThis)
  globalThis.hung = false
  globalThis.hang = () => {
    globalThis.hung = true
    return new Promise(() => {})
  }
  let now = 0
  let id = 1_000_000_000
  scope.longTimers = new Map()
  scope.setTimeout = (handler, ms = 0, ...rest: unknown[]) => {
    if (ms < LONG) return set(handler, ms, ...(rest as []))
    scope.longTimers.set(++id, { due: now + ms, handler })
    return id
  }
  scope.clearTimeout = (one) => {
    if (one === undefined || !scope.longTimers.delete(one)) clear(one)
  }
  scope.elapse = (ms) => {
    const end = now + ms
    for (;;) {
      const [next] = [...scope.longTimers].sort(([, a], [, b]) => a.due - b.due)
      if (next === undefined || next[1].due > end) break
      now = next[1].due
      scope.longTimers.delete(next[0])
      next[1].handler()
    }
    now = end
  }
}
