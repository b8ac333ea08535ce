import { randomUUID } from 'node:crypto'
import { lstat, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { throwIfAborted } from '../engine/refusal.ts'

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

/** Where a file goes before it has its name; no two calls get the same place, whoever else writes there. */
const temporaryOf = (folder: string, name: string) =>
  path.join(folder, `.${name}.${randomUUID()}.tmp`)

/**
 * The folder nearest above a path, or at it, that is there, and those that are missing below it, outermost first.
 * @throws OutputError where something that is no folder is in the way
 */
async function placeOf(folder: string): Promise<{ there: string; missing: string[] }> {
  const missing: string[] = []
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const found = await unlessMissing(stat(at))
    if (found?.isDirectory() === true) return { there: at, missing }
    if (found !== null) throw new OutputError(at, 'it is no folder')
    // A link that leads nowhere.
    if ((await unlessMissing(lstat(at)))?.isSymbolicLink() === true)
      throw new OutputError(at, REASONS.EEXIST!)
    missing.unshift(at)
  }
}

/** Null where nothing is there, as below a file: the file itself is found further up. */
const unlessMissing = <T>(asked: Promise<T>): Promise<T | null> =>
  asked.catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  })

/**
 * Makes a folder and those above it that are missing, one by one: `mkdir` with `recursive` tries for ever on a file system that
 * makes no folders, such as /proc.
 */
async function makeFolder(folder: string): Promise<void> {
  for (const each of (await placeOf(folder)).missing)
    await mkdir(each).catch((error: unknown) => {
      // Another run that writes into the same folder may have made it since.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    })
}

/**
 * Tries whether `writeAll` could write into a folder, and leaves nothing behind.
 * @param names of all files that may be written
 * @throws OutputError saying what stands against it
 */
export async function tryOutput(folder: string, names: readonly string[]): Promise<void> {
  try {
    await tryFolder(folder, names)
  } catch (error) {
    throw inWords(error, folder)
  }
}

/**
 * Writes below the nearest folder that is there: a folder made and removed at `folder` itself would vanish
 * under another run that has just begun to write there.
 */
async function tryFolder(folder: string, names: readonly string[]): Promise<void> {
  const { there, missing } = await placeOf(folder)
  const probe = temporaryOf(there, 'probe')
  try {
    await mkdir(probe)
    await writeFile(path.join(probe, 'file'), '')
  } catch (error) {
    const place = missing[0] ?? folder
    throw inWords(Object.assign(error as Error, { path: place }), place)
  } finally {
    await rm(probe, { recursive: true, force: true })
  }
  for (const name of names) {
    const at = path.join(folder, name)
    const found = await unlessMissing(stat(at))
    if (found !== null && !found.isFile())
      throw new OutputError(at, 'it is there already, and no plain file')
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
  files: ReadonlyMap<string, string | Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const written: string[] = []
  try {
    await writeWhole(folder, files, signal, written)
  } catch (error) {
    throw inWords(error, folder, written)
  }
}

async function writeWhole(
  folder: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  signal: AbortSignal | undefined,
  written: string[],
): Promise<void> {
  await makeFolder(folder)
  const pending: {
    readonly name: string
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
