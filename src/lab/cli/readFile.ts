import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { Aborted, throwIfAborted } from '../engine/refusal.ts'

/** Most bytes of a scene, a bundle, weights or data. */
export const LARGEST_FILE = 2 ** 26
const CHUNK = 2 ** 20

/** Why a file is not read, as what was found: `a folder`, `more than 64 MiB`. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError'
}

/** What was found, by the code of the file system's error. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'a file that you may not read',
  EPERM: 'a file that you may not read',
  ELOOP: 'links that lead round in a circle',
  ENAMETOOLONG: 'a name that is too long for a file',
  EIO: 'a file on a disk that has failed',
  ERR_INVALID_ARG_VALUE: 'a name with a null character in it',
}

/**
 * The bytes of a regular file. Nothing is waited for: pipes and devices are refused unread, and a file that never
 * ends is read no further than its limit, whatever size it claims.
 * @throws UnreadableError
 */
export async function readRegularFile(
  file: string,
  signal?: AbortSignal,
  largest = LARGEST_FILE,
): Promise<Buffer<ArrayBuffer>> {
  try {
    // Windows knows no such flag, and no pipe that opening would wait for.
    const nonBlocking = (constants as { O_NONBLOCK?: number }).O_NONBLOCK ?? 0
    const handle = await open(file, constants.O_RDONLY | nonBlocking)
    try {
      const status = await handle.stat()
      if (status.isDirectory()) throw new UnreadableError('a folder')
      if (!status.isFile()) throw new UnreadableError('a pipe or a device')
      const chunks: Buffer[] = []
      let length = 0
      for (;;) {
        throwIfAborted(signal)
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK)
        if (bytesRead === 0) return Buffer.concat(chunks, length)
        length += bytesRead
        if (length > largest) throw new UnreadableError(`more than ${largest / 2 ** 20} MiB`)
        chunks.push(buffer.subarray(0, bytesRead))
      }
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof UnreadableError || error instanceof Aborted) throw error
    const { code = '' } = error as NodeJS.ErrnoException
    throw new UnreadableError(REASONS[code] ?? `a file that cannot be read${code && ` (${code})`}`)
  }
}
