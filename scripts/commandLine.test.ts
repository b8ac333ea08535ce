import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function run(script: string, ...args: string[]): Promise<Ended> {
  const parameters = ['--import', 'tsx', script, ...args]
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, parameters)) }
  } catch (error) {
    return error as Ended
  }
}

describe.each([
  ['scripts/serve.ts', 'npm start -- '],
  ['bench/main.ts', 'npm run bench -- '],
])('%s', (script, command) => {
  it('says how it is used', async () => {
    const { code, stdout, stderr } = await run(script, '--help')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.trim().split('\n')).toEqual([expect.stringContaining(`usage: ${command}`)])
  }, 30_000)

  it('refuses what it does not know in one line', async () => {
    const { code, stderr } = await run(script, '--bogus')
    expect(code).toBe(2)
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringContaining(`Unknown option '--bogus'; usage: ${command}`),
    ])
  }, 30_000)
})

it('names the option, what was found and what is allowed', async () => {
  const { code, stderr } = await run('scripts/fuzz.ts', '--count', '1e3')
  expect(code).toBe(2)
  expect(stderr).toMatch(
    /^--count: found 1e3; allowed: a whole number up to 4294967295; usage: npm run fuzz -- .*\n$/u,
  )
}, 30_000)
