import { spawn, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'

const ROOT = path.resolve(import.meta.dirname, '..')

/** The built page on a port of its own, built first where it is out of date. */
export async function servePage(): Promise<{
  readonly server: ChildProcess
  readonly address: string
}> {
  const server = spawn(process.execPath, ['--import', 'tsx', 'scripts/serve.ts', '--no-open'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: server.stdout })) {
    const address = /http:\/\/\S+/u.exec(line)?.[0]
    if (address !== undefined) return { server, address }
  }
  throw new Error('the server did not start')
}
