import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Aborted } from '../engine/refusal.ts'
import { tryOutput, writeAll } from './output.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'output-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})
const at = (...parts: string[]) => path.join(folder, ...parts)

test('a folder is tried without a trace, whether it is there or not', async () => {
  await tryOutput(at('new', 'and', 'deep'))
  expect(existsSync(at('new'))).toBe(false)
  mkdirSync(at('there'))
  writeFileSync(at('there', 'result.json'), 'of yesterday')
  await tryOutput(at('there'))
  await tryOutput(at('there', 'below'))
  expect(readdirSync(at('there'))).toEqual(['result.json'])
})

test('what cannot be written into is refused', async () => {
  writeFileSync(at('file'), '')
  mkdirSync(at('taken', 'curves.csv'), { recursive: true })
  for (const bad of [at('file'), at('file', 'below'), at('taken'), `${folder}/a\0b`, '/dev/null/x'])
    await expect(tryOutput(bad), bad).rejects.toThrow()
  await expect(tryOutput(at('x'.repeat(300)))).rejects.toThrow()
  expect(readdirSync(folder).sort()).toEqual(['file', 'taken', 'there'])
  // No program can make a folder in /proc, and Node.js alone would try for ever.
  if (existsSync('/proc/self')) await expect(tryOutput('/proc/nope/deep')).rejects.toThrow()
})

test('files appear whole or not at all', async () => {
  const files = new Map([
    ['result.json', 'new'],
    ['curves.csv', 'new'],
  ] as const)
  await expect(writeAll(at('there'), files, AbortSignal.abort())).rejects.toBeInstanceOf(Aborted)
  expect(readdirSync(at('there'))).toEqual(['result.json'])
  await writeAll(at('there'), files)
  expect(readdirSync(at('there')).sort()).toEqual(['curves.csv', 'result.json'])
})
