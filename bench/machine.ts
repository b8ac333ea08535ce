import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem, type as system } from 'node:os'
import { findChromium } from '../scripts/findChromium.ts'

/** Where figures were taken. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  /** GiB, rounded. */
  readonly memory: number
  readonly system: string
  readonly node: string
  /** Null where there is none. */
  readonly chromium: string | null
  /** YYYY-MM-DD. */
  readonly date: string
}

function chromiumVersion(): string | null {
  const program = findChromium()
  if (program === null) return null
  try {
    const said = execFileSync(program, ['--version', '--no-sandbox'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return /\d+(\.\d+)+/.exec(said)?.[0] ?? null
  } catch {
    return null
  }
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: cpus().length,
    memory: Math.round(totalmem() / 2 ** 30),
    system: `${system()} ${release().split(/[-+]/)[0] ?? ''}`,
    node: process.versions.node,
    chromium: chromiumVersion(),
    date: new Date().toISOString().slice(0, 10),
  }
}
