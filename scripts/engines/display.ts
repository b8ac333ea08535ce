import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** A display that nobody sees: a window manager's habits and a person's clicks are no part of a test. */
export interface Display {
  /** What DISPLAY is to be. */
  readonly name: string
  stop(): void
}

/** Starts an X server on the first number that is free. */
export async function startDisplay(xvfb: string): Promise<Display> {
  const server = spawn(
    xvfb,
    ['-displayfd', '3', '-screen', '0', '1600x1400x24', '-nolisten', 'tcp'],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  )
  for await (const line of createInterface(server.stdio[3] as Readable)) {
    return { name: `:${line}`, stop: () => server.kill() }
  }
  throw new Error('Xvfb ended before it said which display it is.')
}
