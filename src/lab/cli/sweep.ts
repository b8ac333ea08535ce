import path from 'node:path'
import { Aborted } from '../engine/refusal.ts'
import { rowsCsv } from '../io/rowsCsv.ts'
import { summariesOf, sweepJson } from '../io/sweepSummary.ts'
import type { SweepResult } from '../protocol/sweep.ts'
import { describeProblem } from '../scene/reading/problem.ts'
import type { SceneSpec, SweepSpec } from '../scene/sceneSpec.ts'
import { newSweep, sweepProblem } from '../scene/sweep.ts'
import { UsageError } from './arguments.ts'
import {
  Exit,
  openSession,
  print,
  readScene,
  runCommand,
  tryFolder,
  type ExitCode,
} from './command.ts'
import { writeAll } from './output.ts'
import { parseSweepArguments, SWEEP_USAGE, type SweepArguments } from './sweepArguments.ts'

/** Seconds between two lines on the progress. */
const INTERVAL = 2

/** The files of a sweep, by name. */
const FILES: Readonly<Record<string, (result: SweepResult) => string>> = {
  'sweep.json': sweepJson,
  'sweep.csv': ({ rows }) => rowsCsv(rows.map((row) => ({ ...row }))),
}

/** The sweep of a scene, with what the command line says in the place of what the scene says. */
function sweepOf(scene: SceneSpec, args: SweepArguments): SweepSpec {
  const { over, seeds, criteria } = args
  const own = scene.sweep
  const chosen = over ?? own
  if (chosen === null)
    throw new UsageError(`--over: missing, and ${args.scene} has no sweep; ${SWEEP_USAGE}`)
  const { over: field, values } = chosen
  const usual = own ?? newSweep(chosen)
  return {
    ...{ over: field, values },
    seeds: seeds ?? usual.seeds,
    criteria: criteria ?? usual.criteria,
  }
}

/** The same sweep as the page's, by the same engine, without a page. */
async function sweep(args: SweepArguments, signal: AbortSignal): Promise<ExitCode> {
  const file = await readScene(args.scene, args.backend, signal)
  const scene = { ...file.scene, sweep: sweepOf(file.scene, args) }
  const problem = sweepProblem(scene, scene.sweep)
  if (problem !== null) throw new UsageError(`${args.scene}: ${describeProblem(problem)}`)
  await tryFolder(args.out, Object.keys(FILES))
  const { session, clock, say } = openSession(args.scene, file, signal)
  const started = clock()
  let told = started
  const result = await session.sweep(scene, {
    signal,
    onProgress({ done, all }) {
      const now = clock()
      if (now - told < INTERVAL && done < all) return
      told = now
      const left = Math.ceil(((now - started) * (all - done)) / done)
      say(`sweep ${done}/${all}${done < all ? `, ${left} s left` : ''}`)
    },
  })
  if (signal.aborted) throw new Aborted()
  const files = new Map(Object.entries(FILES).map(([name, write]) => [name, write(result)]))
  await writeAll(args.out, files, signal)
  summarise(result)
  print(`written: ${[...files.keys()].map((name) => path.join(args.out, name)).join(', ')}`)
  return Exit.done
}

/** A line for each value and criterion. */
function summarise({ over, rows }: SweepResult): void {
  for (const summary of summariesOf(rows)) {
    const { value, criterion, runs, stopped, stalled, step, trueKl, wasted, claimed } = summary
    const stops =
      step === null
        ? 'no stop'
        : `stops at ${step.median} (${step.least} to ${step.most}) in ${stopped} of ${runs} runs`
    print(
      [
        `${over} = ${value}, ${criterion}: ${stops}`,
        stalled === 0 ? null : `${stalled} stalled`,
        trueKl === null ? null : `true KL ${trueKl.median.toPrecision(3)} nats`,
        wasted === null ? null : `${wasted.median} steps after KL ≤ δ`,
        claimed === null ? null : `${summary.false} of ${claimed} stops false`,
      ]
        .filter((part) => part !== null)
        .join(', '),
    )
  }
}

await runCommand(SWEEP_USAGE, (argv, signal) => sweep(parseSweepArguments(argv), signal))
