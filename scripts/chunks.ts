import type { Plugin, Rolldown } from 'vite'

/** A part of the page: what one of its modules needs, and the file for that. */
export interface Part {
  /** Path of the module from the root of the project. */
  readonly entry: string
  /** What the file is called. */
  readonly file: string
}

/**
 * Groups of modules, each a file: a module lies in that of the first part that needs it, so that a part waits for its
 * own file and for those of the parts before it, whatever else shares its modules.
 * @param parts in the order in which they come. The first is what the page starts with, whose own module stays a file
 * of its own: it waits for others, which may not wait for it
 * @param shared what the build adds to modules of all parts; it lies with the first
 * @param priority of the last of them
 * @returns the groups, and the plugin that finds out for them who needs what
 */
export function groupsOf(
  root: string,
  parts: readonly Part[],
  shared: RegExp,
  priority: number,
): { readonly groups: Rolldown.CodeSplittingGroup[]; readonly plugin: Plugin } {
  const needs = new Map<Part, ReadonlySet<string>>()
  return {
    groups: parts.map((part, i) => ({
      name: part.file,
      test: (id) => (i === 0 && shared.test(id)) || needs.get(part)?.has(id),
      priority: priority + parts.length - 1 - i,
    })),
    plugin: {
      name: 'parts-of-the-page',
      apply: 'build',
      buildEnd() {
        for (const [i, part] of parts.entries()) {
          const entry = `${root}/${part.entry}`
          const found = new Set<string>()
          const visit = (id: string) => {
            if (found.has(id)) return
            found.add(id)
            this.getModuleInfo(id)?.importedIds.forEach(visit)
          }
          visit(entry)
          if (i === 0) found.delete(entry)
          needs.set(part, found)
        }
      },
    },
  }
}
