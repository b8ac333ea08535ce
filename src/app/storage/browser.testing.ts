import type { TabBrowser } from './browser.ts'

/** The tabs of a browser, without a browser: what they share, and timers that a test lets run out. */
export class FakeBrowser {
  private readonly held = new Map<string, Promise<void>>()
  private readonly lines = new Set<{ name: string; hear: (event: MessageEvent) => void }>()
  private readonly timers = new Set<{ milliseconds: number; callback: () => void }>()

  /** @param session what the tab keeps over a reload; a duplicate is given the same entries */
  tab(session: Map<string, string> | null = new Map(), { locks = true } = {}): TabBrowser {
    return {
      session:
        session === null
          ? null
          : {
              getItem: (key) => session.get(key) ?? null,
              setItem: (key, value) => void session.set(key, value),
            },
      locks: locks ? (this.locks as unknown as LockManager) : null,
      channel: (name) => this.channel(name),
      after: (milliseconds, callback) => {
        const timer = { milliseconds, callback }
        this.timers.add(timer)
        return () => void this.timers.delete(timer)
      },
    }
  }

  /** Every limit is over, or those of so many milliseconds at most. */
  runOut(most = Infinity): void {
    for (const timer of [...this.timers]) {
      if (timer.milliseconds > most) continue
      this.timers.delete(timer)
      timer.callback()
    }
  }

  private readonly locks = {
    request: async (name: string, work: () => unknown): Promise<void> => {
      while (this.held.has(name)) await this.held.get(name)
      const working = Promise.resolve(work()).then(() => void this.held.delete(name))
      this.held.set(name, working)
      await working
    },
    query: () => Promise.resolve({ held: [...this.held.keys()].map((name) => ({ name })) }),
  }

  private channel(name: string) {
    const line = { name, hear: (_event: MessageEvent) => undefined as void }
    return {
      postMessage: (data: unknown) => {
        for (const other of this.lines)
          if (other !== line && other.name === name)
            queueMicrotask(() => {
              if (this.lines.has(other)) other.hear({ data: structuredClone(data) } as MessageEvent)
            })
      },
      addEventListener: (_type: string, hear: unknown) => {
        line.hear = hear as (event: MessageEvent) => void
        this.lines.add(line)
      },
      close: () => void this.lines.delete(line),
    }
  }
}
