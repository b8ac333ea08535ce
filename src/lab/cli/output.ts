import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

/**
 * Writes files so that each appears whole or not at all: all are first written under temporary names
 * in the same folder, then renamed. If anything fails before the renaming, none appears.
 * @param folder made if missing
 */
export async function writeAll(
  folder: string,
  files: ReadonlyMap<string, string | Uint8Array>,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const pending: { readonly temporary: string; readonly final: string }[] = []
  try {
    for (const [name, content] of files) {
      const final = path.join(folder, name)
      const temporary = path.join(folder, `.${name}.${String(process.pid)}.tmp`)
      pending.push({ temporary, final })
      await writeFile(temporary, content)
    }
    for (const { temporary, final } of pending) await rename(temporary, final)
  } finally {
    for (const { temporary } of pending) await rm(temporary, { force: true })
  }
}
