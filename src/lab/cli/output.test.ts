import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Aborted } from '../engine/refusal.ts'
import { inWords, OutputError, tryOutput, writeAll } from './output.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'output-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})
const at = (...parts: string[]) => path.join(folder, ...parts)
const NAMES = ['result.json', 'curves.csv']

test('a folder is tried without a trace, whether it is there or not', async () => {
  await tryOutput(at('new', 'and', 'deep'), NAMES)
  expect(existsSync(at('new'))).toBe(false)
  mkdirSync(at('there'))
  writeFileSync(at('there', 'result.json'), 'of yesterday')
  await tryOutput(at('there'), NAMES)
  await tryOutput(at('there', 'below'), NAMES)
  expect(readdirSync(at('there'))).toEqual(['result.json'])
})

test('many runs at once that try one missing folder and write into it lose nothing', async () => {
  const out = at('shared', 'by', 'many')
  const runs = Array.from({ length: 24 }, async (_, i) => {
    await tryOutput(out, NAMES)
    if (i % 2 === 0) await writeAll(out, new Map([['curves.csv', 'whole']]))
  })
  await Promise.all(runs)
  expect(readdirSync(out)).toEqual(['curves.csv'])
  expect(readFileSync(path.join(out, 'curves.csv'), 'utf8')).toBe('whole')
  rmSync(at('shared'), { recursive: true })
})

test('what cannot be written into is refused in plain words that name it', async () => {
  writeFileSync(at('file'), '')
  mkdirSync(at('taken', 'curves.csv'), { recursive: true })
  symlinkSync('circle', at('circle'))
  symlinkSync('nowhere', at('lost'))
  const long = at('x'.repeat(300))
  const refused: (readonly [out: string, place: string, why: RegExp])[] = [
    [at('file'), at('file'), /: it is no folder$/],
    [at('file', 'below', 'deep'), at('file'), /: it is no folder$/],
    ['/dev/null/x', '/dev/null', /: it is no folder$/],
    // Without a trial it is the last step of writing that finds what is in the way.
    [
      at('taken'),
      at('taken'),
      /: (?:it is there already, and no plain file|there is a folder of that name)$/,
    ],
    [at('circle'), at('circle'), /: its links lead round in a circle$/],
    [at('lost'), at('lost'), /: there is something of that name that is no folder/],
    [long, long.slice(0, 200), /: a name in it, or the whole of it, is too long$/],
    [`${folder}/a\0b`, `${folder}/a\uFFFDb`, /: no path has a null character in it$/],
  ]
  // No program can make a folder in /proc, and Node.js alone would try for ever.
  if (existsSync('/proc/self'))
    refused.push(['/proc/nope/deep', '/proc/nope', /: (?:no folder|you may)/])
  for (const [out, place, why] of refused)
    for (const attempt of [
      (to: string) => tryOutput(to, NAMES),
      (to: string) => writeAll(to, new Map([['curves.csv', '']])),
    ]) {
      const error = (await attempt(out).catch((reason: unknown) => reason)) as OutputError
      expect(error, out).toBeInstanceOf(OutputError)
      expect(error.message).toContain(`cannot write to ${place}`)
      expect(error.message).toMatch(why)
      expect(error.message).not.toMatch(/\bE[A-Z]{3,}\b|\.tmp/)
      expect(error.written).toEqual([])
    }
  expect(readdirSync(folder).sort()).toEqual(['circle', 'file', 'lost', 'taken', 'there'])
})

test('what stood in the way only after some files were written names those', async () => {
  mkdirSync(at('half', 'curves.csv'), { recursive: true })
  const files = new Map([
    ['result.json', 'new'],
    ['curves.csv', 'new'],
  ] as const)
  const error = await writeAll(at('half'), files).catch((reason: unknown) => reason)
  expect((error as OutputError).written).toEqual(['result.json'])
  expect(readdirSync(at('half')).sort()).toEqual(['curves.csv', 'result.json'])
})

test('codes of the file system that no test can provoke have words as well', () => {
  for (const code of ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EBUSY', 'EIO']) {
    const error = Object.assign(new Error(`${code}: open`), { code, path: at('a', '.x.tmp') })
    expect(String(inWords(error, at('a')))).toMatch(/cannot write to .*\/a: [a-z ]+$/)
  }
  const odd = Object.assign(new Error('EODD: odd, open'), { code: 'EODD' })
  expect(String(inWords(odd, 'a'))).toMatch(/write to a: the file system says EODD: odd, open$/)
  const fault = new TypeError('a mistake')
  expect(inWords(fault, 'a')).toBe(fault)
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
