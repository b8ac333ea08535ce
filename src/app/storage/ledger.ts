import type { Entry, Held } from './tables.ts'

const nameOf = ({ table, key, own }: Held): string => `${table} ${own ? 'own' : 'all'} ${key}`

/** All records that this page knows to be kept, or wants to be, and what of them storage does not have yet. */
export class Ledger {
  /** Records that are no page's: those whose key is none of this program. */
  foreign: readonly Entry[] = []
  private readonly held = new Map<string, Held>()
  /** What was put, or removed, since it was last written. */
  private readonly changed = new Map<string, Held>()
  private readonly failures = new Map<string, unknown>()

  get records(): readonly Held[] {
    return [...this.held.values()]
  }

  /** What storage does not have yet; a record without a value is to be removed there. */
  get unsaved(): readonly Held[] {
    return [...this.changed.values()]
  }

  /** The error of the last attempt to write a record; undefined: it was written. */
  failureOf(entry: Held): unknown {
    return this.failures.get(nameOf(entry))
  }

  /** Puts a record, or removes it where its value is undefined. */
  put(entry: Held): void {
    this.set(entry)
    this.changed.set(nameOf(entry), entry)
  }

  /** Takes over what another tab has written, unless this page is about to write that record. @returns whether it did */
  follow(entry: Held): boolean {
    const free = !this.changed.has(nameOf(entry))
    if (free) this.set(entry)
    return free
  }

  /** Takes over all that storage has. What it no longer has, since it was cleared or made anew, is to be written again. */
  adopt(found: readonly Held[]): void {
    const present = new Set(found.map(nameOf))
    for (const entry of found)
      if (!this.changed.has(nameOf(entry))) this.held.set(nameOf(entry), entry)
    for (const [name, entry] of this.held)
      if (!present.has(name) && !this.changed.has(name)) this.changed.set(name, entry)
  }

  saved(entry: Held): void {
    const name = nameOf(entry)
    this.failures.delete(name)
    if (this.changed.get(name) === entry) this.changed.delete(name)
  }

  failed(entry: Held, error: unknown): void {
    this.failures.set(nameOf(entry), error)
  }

  private set(entry: Held): void {
    if (entry.value === undefined) this.held.delete(nameOf(entry))
    else this.held.set(nameOf(entry), entry)
  }
}
