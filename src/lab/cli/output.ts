import { mkdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { throwIfAborted } from '../engine/refusal.ts'

/** Every file that the runner may write. */
const OUTPUT_NAMES = [
  'result.json',
  'curves.csv',
  'energy.safetensors',
  'bundle.json',
  'result.partial.json',
  'energy.partial.safetensors',
] as const
export type OutputName = (typeof OUTPUT_NAMES)[number]

/** What stands against writing, by the code of the file system's error. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'its file system cannot be written to',
  ENOSPC: 'its disk is full',
  EDQUOT: 'your share of its disk is used up',
  ENOTDIR: 'something on the way there is no folder',
  EISDIR: 'there is a folder of that name',
  EEXIST: 'there is something of that name that is no folder, such as a link that leads nowhere',
  ENOENT: 'no folder can be made there',
  ELOOP: 'its links lead round in a circle',
  ENAMETOOLONG: 'a name in it, or the whole of it, is too long',
  EINVAL: 'its file system does not take that name',
  EBUSY: 'another program is using it',
  EIO: 'its disk has failed',
  ERR_INVALID_ARG_VALUE: 'no path has a null character in it',
}

/** Writing that failed, in words that name the place. */
export class OutputError extends Error {
  override readonly name = 'OutputError'
  /** Names of the files that were written before. */
  readonly written: readonly string[]

  constructor(place: string, reason: string, written: readonly string[] = []) {
    const line = place.replace(/\p{Cc}/gu, '\uFFFD')
    super(
      `cannot write to ${line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line}: ${reason}`,
    )
    this.written = written
  }
}

/** Characters of a path that are shown. */
const LONGEST = 200

/**
 * An error of the file system in words; any other as it is.
 * @param folder the place to name where the error names none, or a temporary file in it
 */
export function inWords(error: unknown, folder: string, written: readonly string[] = []): unknown {
  const { code, path: at, message } = error as NodeJS.ErrnoException
  if (!(error instanceof Error) || error instanceof OutputError || code === undefined) return error
  const place = at === undefined || path.dirname(at) === path.resolve(folder) ? folder : at
  return new OutputError(place, REASONS[code] ?? `the file system says ${message}`, written)
}

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
      // Below a file nothing is there either: the file itself is found further up.
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
      throw error
    })
    if (there?.isDirectory() === false) throw new OutputError(at, 'it is no folder')
    if (there !== null) break
    missing.unshift(at)
  }
  for (const each of missing) await mkdir(each)
  return missing[0] ?? null
}

/**
 * Tries whether `writeAll` could write into a folder, and leaves nothing behind.
 * @throws OutputError saying what stands against it
 */
export async function tryOutput(folder: string): Promise<void> {
  try {
    await tryFolder(folder)
  } catch (error) {
    throw inWords(error, folder)
  }
}

async function tryFolder(folder: string): Promise<void> {
  const first = await makeFolder(folder)
  const probe = temporaryOf(folder, 'probe')
  try {
    await writeFile(probe, '')
    for (const name of OUTPUT_NAMES) {
      const there = await stat(path.join(folder, name)).catch(() => null)
      if (there !== null && !there.isFile())
        throw new OutputError(path.join(folder, name), 'it is there already, and no plain file')
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
 * @throws OutputError saying what stands against it, with what has been written even so
 */
export async function writeAll(
  folder: string,
  files: ReadonlyMap<OutputName, string | Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const written: OutputName[] = []
  try {
    await writeWhole(folder, files, signal, written)
  } catch (error) {
    throw inWords(error, folder, written)
  }
}

async function writeWhole(
  folder: string,
  files: ReadonlyMap<OutputName, string | Uint8Array>,
  signal: AbortSignal | undefined,
  written: OutputName[],
): Promise<void> {
  await makeFolder(folder)
  const pending: {
    readonly name: OutputName
    readonly temporary: string
    readonly final: string
  }[] = []
  try {
    for (const [name, content] of files) {
      const final = path.join(folder, name)
      const temporary = temporaryOf(folder, name)
      pending.push({ name, temporary, final })
      await writeFile(temporary, content)
      throwIfAborted(signal)
    }
    for (const { name, temporary, final } of pending) {
      await rename(temporary, final)
      written.push(name)
    }
  } finally {
    for (const { temporary } of pending) await rm(temporary, { force: true })
  }
}
