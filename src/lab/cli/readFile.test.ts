import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Aborted } from '../engine/refusal.ts'
import { readRegularFile } from './readFile.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'read-file-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})
const file = path.join(folder, 'scene.json')
writeFileSync(file, 'énergie')

test('reads a file whole, up to its limit', async () => {
  expect((await readRegularFile(file)).toString('utf8')).toBe('énergie')
  expect(await readRegularFile(file, undefined, 8)).toHaveLength(8)
  await expect(readRegularFile(file, undefined, 7)).rejects.toThrow('more than')
  writeFileSync(path.join(folder, 'large'), Buffer.alloc(3 * 2 ** 20, 7))
  const large = await readRegularFile(path.join(folder, 'large'))
  expect(large.equals(Buffer.alloc(3 * 2 ** 20, 7))).toBe(true)
})

test('says what it is that is not read', async () => {
  await expect(readRegularFile(folder)).rejects.toThrow(/^a folder$/)
  await expect(readRegularFile(path.join(folder, 'none'))).rejects.toThrow(/^no such file$/)
  await expect(readRegularFile(path.join(file, 'inside'))).rejects.toThrow(/^no such file$/)
  await expect(readRegularFile('a\0b')).rejects.toThrow(/^a name with a null character in it$/)
})

test('gives up when it is told to', async () => {
  await expect(readRegularFile(file, AbortSignal.abort())).rejects.toBeInstanceOf(Aborted)
})

test.runIf(process.platform !== 'win32')('waits for no pipe and reads no device', async () => {
  const pipe = path.join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  await expect(readRegularFile(pipe)).rejects.toThrow(/^a pipe or a device$/)
  await expect(readRegularFile('/dev/zero')).rejects.toThrow(/^a pipe or a device$/)
})
