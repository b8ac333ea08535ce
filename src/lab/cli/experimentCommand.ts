import path from 'node:path'
import { Aborted } from '../engine/refusal.ts'
import { describePassedOver, describeReading, describeSkipped } from '../io/tableWords.ts'
import type { TrainReply } from '../protocol/calls.ts'
import type { DataReport, RunResult } from '../protocol/result.ts'
import { parseArguments } from './arguments.ts'
import { Exit, openSession, print, readScene, tryFolder, type ExitCode } from './command.ts'
import { EXPORT_NAMES, exportedFiles } from './exported.ts'
import { filesOf, OUTPUT_NAMES, partialFilesOf } from './formats.ts'
import { writeAll } from './output.ts'

/** The same scene file, run by the same engine as the page's, without a page. */
export async function experiment(argv: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  const args = parseArguments(argv)
  const file = await readScene(args.scene, args.backend, signal)
  const { scene } = file
  await tryFolder(args.out, OUTPUT_NAMES)
  const exportFolder = path.join(args.out, 'export')
  if (args.exports) await tryFolder(exportFolder, EXPORT_NAMES)
  const { session, assets } = openSession(args.scene, file, signal)

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

  const finished = { result, training, session, assets }
  const files = await filesOf(finished)
  const exported = args.exports ? await exportedFiles({ ...finished, ready }) : null
  await writeAll(args.out, files, signal)
  if (exported !== null) await writeAll(exportFolder, exported, signal)
  summarise(result)
  const written = [
    ...[...files.keys()].map((name) => path.join(args.out, name)),
    ...[...(exported?.keys() ?? [])].map((name) => path.join(exportFolder, name)),
  ]
  print(`written: ${written.join(', ')}`)
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
