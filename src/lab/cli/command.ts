import path from 'node:path'
import { steadyClock } from '../../core/maths/steadyClock.ts'
import { Refusal } from '../engine/refusal.ts'
import { createSession } from '../engine/session.ts'
import { readSceneFile, type SceneFile } from '../io/bundle.ts'
import { describeProblem } from '../scene/reading/problem.ts'
import type { BackendChoice } from '../scene/sceneSpec.ts'
import { backendInNode, UsageError } from './arguments.ts'
import { FolderAssets } from './folderAssets.ts'
import { readKernelModule, readSamplerModule } from './kernelModule.ts'
import { OutputError, tryOutput } from './output.ts'
import { progressPrinter, workPrinter } from './progress.ts'
import { readRegularFile, UnreadableError } from './readFile.ts'

/** What the headless commands have in common. */

/** Exit codes. */
export const Exit = { done: 0, failed: 1, refused: 2, diverged: 3, interrupted: 130 } as const
export type ExitCode = (typeof Exit)[keyof typeof Exit]

export const print = (line: string) => {
  process.stderr.write(`${line}\n`)
}

/** An interruption is answered after so long even in the middle of something; milliseconds. */
const GRACE = 3000

/** @param backend overrules the scene's; null: the scene decides */
export async function readScene(
  scene: string,
  backend: BackendChoice | null,
  signal: AbortSignal,
): Promise<SceneFile> {
  let text: string
  try {
    text = (await readRegularFile(scene, signal)).toString('utf8')
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error
    throw new UsageError(`${scene}: ${error.message}; allowed: a scene or a bundle as JSON`)
  }
  const file = readSceneFile(text)
  if ('error' in file) throw new UsageError(`${scene}: ${describeProblem(file.error)}`)
  const { training } = file.scene
  const used = backend ?? backendInNode(training.backend, `${scene}: training.backend`)
  return { ...file, scene: { ...file.scene, training: { ...training, backend: used } } }
}

/** Tries whether the files of a command can be written, before anything is computed. */
export async function tryFolder(out: string, names: readonly string[]): Promise<void> {
  await tryOutput(out, names).catch((error: unknown) => {
    if (!(error instanceof OutputError)) throw error
    const { message } = error
    throw new UsageError(`--out: ${message}; allowed: a folder to write into, made if missing`)
  })
}

/**
 * A session that says on stderr what it does.
 * @param file the path of the scene, beside which its files lie
 */
export function openSession(file: string, { assets: bundled }: SceneFile, signal: AbortSignal) {
  const clock = steadyClock(() => performance.now() / 1000)
  const { working, tick, print: say } = workPrinter(print, clock)
  working(() => 'the energy and its constants')
  const assets = new FolderAssets(path.dirname(path.resolve(file)), bundled, signal)
  const session = createSession(
    {
      assets,
      clock,
      pause: () => {
        tick()
        return new Promise((resolve) => setImmediate(resolve))
      },
      emit: progressPrinter(say, clock),
      working,
      kernelModule: readKernelModule,
      samplerModule: readSamplerModule,
    },
    () => undefined,
  )
  return { session, assets, clock, say }
}

/** What a command does with its arguments. */
type Command = (argv: readonly string[], signal: AbortSignal) => Promise<ExitCode>

const interrupted = () => {
  print('interrupted; nothing was written')
  return Exit.interrupted
}

/** Runs a command as the whole of this process and ends it with the exit code; signals interrupt the command. */
export async function runCommand(usage: string, command: Command): Promise<never> {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      controller.abort()
      setTimeout(() => process.exit(interrupted()), GRACE).unref()
    })
  // With nothing left to wait for, a promise that never settles would end the process without a word.
  process.on('beforeExit', () => {
    print('the computation stands still, which is a mistake in this program; nothing was written')
    process.exit(Exit.failed)
  })
  process.exit(await outcomeOf(usage, command, process.argv.slice(2), controller.signal))
}

/** Runs a command and says on stderr why it was refused or failed. @throws what only a mistake in the program throws */
export async function outcomeOf(
  usage: string,
  command: Command,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<ExitCode> {
  if (argv.includes('--help')) {
    console.log(usage)
    return Exit.done
  }
  try {
    return await command(argv, signal)
  } catch (error) {
    if (signal.aborted) return interrupted()
    if (error instanceof UsageError || error instanceof Refusal) {
      print(error.message.replace(/\s+/gu, ' '))
      return Exit.refused
    }
    if (error instanceof OutputError) {
      const { message, written } = error
      print(`${message}; written: ${written.length === 0 ? 'nothing' : written.join(', ')}`)
      return Exit.failed
    }
    throw error
  }
}
