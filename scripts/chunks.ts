import type { Rolldown } from 'vite'

/** A module that starts a part of the page, and the file for what must be there before it runs. */
export interface Part {
  /** The end of its path. */
  readonly entry: string
  /** What the file is called. */
  readonly file: string
}

/** @returns all that a module imports, directly or not, without itself; nothing where there is no such module */
function needsOf(entry: string, context: Rolldown.ChunkingContext): Set<string> {
  const needs = new Set<string>()
  const visit = (id: string) => {
    for (const needed of context.getModuleInfo(id)?.importedIds ?? []) {
      if (needs.has(needed)) continue
      needs.add(needed)
      visit(needed)
    }
  }
  visit(entry)
  return needs
}

/**
 * Names the file of a module: that of the first part that needs it, so that a part waits for its own file and for
 * those of the parts before it, whatever else shares its modules.
 */
export function partOf(
  root: string,
  parts: readonly Part[],
): (id: string, context: Rolldown.ChunkingContext) => string | null {
  const known = new Map<string, Set<string>>()
  return (id, context) => {
    const found = parts.find(({ entry, file }) => {
      const needs = known.get(file) ?? needsOf(`${root}/${entry}`, context)
      known.set(file, needs)
      return needs.has(id)
    })
    return found?.file ?? null
  }
}
