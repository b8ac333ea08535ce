import path from 'node:path'
import { steadyClock } from '../../core/maths/steadyClock.ts'
import { Aborted, Refusal } from '../engine/refusal.ts'
import { createSession } from '../engine/session.ts'
import { readSceneFile, type SceneFile } from '../io/bundle.ts'
import { describePassedOver, describeReading, describeSkipped } from '../io/tableWords.ts'
import type { TrainReply } from '../protocol/calls.ts'
import type { DataReport, RunResult } from '../protocol/result.ts'
import { describeProblem } from '../scene/reading/problem.ts'
import {
  backendInNode,
  parseArguments,
  USAGE,
  UsageError,
  type ExperimentArguments,
} from './arguments.ts'
import { FolderAssets } from './folderAssets.ts'
import { filesOf, OUTPUT_NAMES, partialFilesOf } from './formats.ts'
import { readKernelModule, readSamplerModule } from './kernelModule.ts'
import { OutputError, tryOutput, writeAll } from './output.ts'
import { progressPrinter, workPrinter } from './progress.ts'
import { readRegularFile, UnreadableError } from './readFile.ts'

/** Exit codes of the headless runner. */
const Exit = { done: 0, failed: 1, refused: 2, diverged: 3, interrupted: 130 } as const
type ExitCode = (typeof Exit)[keyof typeof Exit]

const print = (line: string) => {
  process.stderr.write(`${line}\n`)
}

/** An interruption is answered after so long even in the middle of something; milliseconds. */
const GRACE = 3000

async function readScene(
  { scene, backend }: ExperimentArguments,
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

/** The same scene file, run by the same engine as the page's, without a page. */
async function experiment(args: ExperimentArguments, signal: AbortSignal): Promise<ExitCode> {
  const { scene, assets: bundled } = await readScene(args, signal)
  await tryOutput(args.out, OUTPUT_NAMES).catch((error: unknown) => {
    if (!(error instanceof OutputError)) throw error
    const { message } = error
    throw new UsageError(`--out: ${message}; allowed: a folder to write into, made if missing`)
  })
  const clock = steadyClock(() => performance.now() / 1000)
  const { working, tick, print: say } = workPrinter(print, clock)
  working(() => 'the energy and its constants')
  const assets = new FolderAssets(path.dirname(path.resolve(args.scene)), bundled, signal)
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

  for (const report of await session.dataReports(scene)) printReading(report)
  let training: TrainReply | null = null
  if (scene.energy.kind === 'trained') {
    training = await session.train({ scene }, signal)
    switch (training.outcome) {
      case 'aborted':
        throw new Aborted()
      case 'diverged':
        await writeAll(args.out, partialFilesOf(training), signal)
        print(
          `training diverged at step ${training.summary.steps}; what is known is in ${args.out}`,
        )
        return Exit.diverged
      case 'finished':
        break
      default:
        training.outcome satisfies never
    }
  }
  const ready = await session.prepare({ run: 1, scene }, signal)
  for (const { level, text } of ready.notices) print(level === 'info' ? text : `${level}: ${text}`)
  const result = await session.result({ run: 1 }, signal)
  if (signal.aborted) throw new Aborted()

  const files = await filesOf({ result, training, session, assets })
  await writeAll(args.out, files, signal)
  summarise(result)
  print(`written: ${[...files.keys()].map((name) => path.join(args.out, name)).join(', ')}`)
  return Exit.done
}

/** How a file of points was read, and what of it was not. */
function printReading(report: DataReport): void {
  const { file, passedOver, skipped, remarks } = report
  print(`${file}: ${describeReading(report)}`)
  if (passedOver.length > 0) print(`${file}: ${describePassedOver(passedOver)}`)
  for (const skip of skipped) print(`${file}: skipped ${describeSkipped(skip)}`)
  for (const remark of remarks) print(`warning: ${file}: ${remark}`)
}

function summarise({ training, stopping, constants, scene }: RunResult): void {
  const { spectralGap, spectralGapError, spectralGapResolved } = constants
  if (spectralGapResolved === false) {
    const rough = [spectralGap, spectralGapError].map((x) => x!.toPrecision(2)).join(' ± ')
    const { cells, halfWidth } = scene.domain
    print(
      `warning: the grid does not resolve the slowest mode, and the spectral gap and the estimate of λ are rough: ${rough} per unit of time; ` +
        `${cells < 256 ? `domain.cells up to 256 (it is ${cells}), ` : ''}a smaller domain.halfWidth (it is ${halfWidth}) or a larger dynamics.epsilon resolves more`,
    )
  }
  if (training !== null) {
    const { backend, steps, seconds, klDataModel, crossEntropy } = training
    const quality =
      klDataModel === null
        ? `held-out cross-entropy ${String(crossEntropy)}`
        : `klDataModel ${klDataModel}`
    print(`trained ${steps} steps in ${seconds.toFixed(1)} s on ${backend}: ${quality}`)
  }
  for (const { criterion, step, outcome, reason } of stopping)
    print(`${criterion}: ${outcome}${step === null ? '' : ` at step ${step}`}. ${reason}`)
}

async function main(): Promise<ExitCode> {
  const controller = new AbortController()
  const interrupted = () => {
    print('interrupted; nothing was written')
    return Exit.interrupted
  }
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
  if (process.argv.includes('--help')) {
    console.log(USAGE)
    return Exit.done
  }
  try {
    return await experiment(parseArguments(process.argv.slice(2)), controller.signal)
  } catch (error) {
    if (controller.signal.aborted) return interrupted()
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

process.exit(await main())
