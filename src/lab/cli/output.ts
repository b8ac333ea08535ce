import { mkdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { throwIfAborted } from '../engine/refusal.ts'

/** Every file that the runner may write. */
export const OUTPUT_NAMES = [
  'result.json',
  'curves.csv',
  'energy.safetensors',
  'bundle.json',
  'result.partial.json',
  'energy.partial.safetensors',
] as const
export type OutputName = (typeof OUTPUT_NAMES)[number]

/** Where a file goes before it has its name. */
const temporaryOf = (folder: string, name: string) =>
  path.join(folder, `.${name}.${String(process.pid)}.tmp`)

/**
 * Makes a folder and those above it that are missing, one by one: asked for all of them at once, Node.js tries for ever on a
 * file system that makes no folders, such as /proc.
 * @returns the first folder that was made; null where all were there
 */
async function makeFolder(folder: string): Promise<string | null> {
  const missing: string[] = []
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const there = await stat(at).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    })
    if (there !== null) break
    missing.unshift(at)
  }
  for (const each of missing) await mkdir(each)
  return missing[0] ?? null
}

/**
 * Tries whether `writeAll` could write into a folder, and leaves nothing behind.
 * @throws the error of the file system that stands against it
 */
export async function tryOutput(folder: string): Promise<void> {
  const first = await makeFolder(folder)
  const probe = temporaryOf(folder, 'probe')
  try {
    await writeFile(probe, '')
    for (const name of OUTPUT_NAMES) {
      const there = await stat(path.join(folder, name)).catch(() => null)
      if (there !== null && !there.isFile()) throw new Error(`${name} there is no file`)
    }
  } finally {
    await rm(probe, { force: true })
    for (let made = path.resolve(folder); first !== null; made = path.dirname(made)) {
      await rmdir(made)
      if (made === first) break
    }
  }
}

/**
 * Writes files so that each appears whole or not at all: all are first written under temporary names
 * in the same folder, then renamed. If anything fails or is given up before the renaming, none appears.
 * @param folder made if missing
 */
export async function writeAll(
  folder: string,
  files: ReadonlyMap<OutputName, string | Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  await makeFolder(folder)
  const pending: { readonly temporary: string; readonly final: string }[] = []
  try {
    for (const [name, content] of files) {
      const final = path.join(folder, name)
      const temporary = temporaryOf(folder, name)
      pending.push({ temporary, final })
      await writeFile(temporary, content)
      throwIfAborted(signal)
    }
    for (const { temporary, final } of pending) await rename(temporary, final)
  } finally {
    for (const { temporary } of pending) await rm(temporary, { force: true })
  }
}
