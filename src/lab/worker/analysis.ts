import { steadyClock } from '../../core/maths/steadyClock.ts'
import { describeFailure } from '../engine/describeFailure.ts'
import { workOut } from '../engine/runs/workOut.ts'
import type { AnalysisInput, AnalysisReport } from '../protocol/calls.ts'
import { followLaws } from '../engine/runs/followLaws.ts'
import { Aborted } from '../engine/refusal.ts'
import { packReport } from '../io/packedReport.ts'
import { messagePause, restingPause } from './pause.ts'
import { serve, type Port } from './serve.ts'

/** Page, compute worker and the browser's own painting want a processor each before this worker does. */
const FEW_CORES = navigator.hardwareConcurrency < 4
/** On few cores a law is followed at full speed for this many seconds and at half speed from then on, so that frames keep coming. */
const SPRINT = 8

/** The analysis worker: follows the laws of one run at a time, beside the particles and off the page's thread. */
let latest = 0
/** The run whose laws are known, and its constants. */
let followed: {
  readonly run: number
  readonly input: AnalysisInput
  readonly report: Pick<AnalysisReport, 'constants'>
} | null = null
const clock = steadyClock(() => performance.now() / 1000)
const pause = messagePause()

const environment = () => ({
  clock,
  pause: FEW_CORES ? restingPause(pause, clock, SPRINT) : pause,
})

const emit = serve(
  globalThis as unknown as Port,
  {
    async analyse({ run, input }, signal) {
      const turn = ++latest
      // Calls that already wait are let in first: of a drag only the last scene is followed.
      await pause()
      if (turn !== latest) throw new Aborted()
      followed = null
      const report = await followLaws(input, {
        environment: environment(),
        signal,
        onReport(report) {
          if (turn !== latest) throw new Aborted()
          emit('analysis', { run, report: packReport(report) })
        },
      })
      followed = { run, input, report: { constants: report.constants } }
      return packReport(report)
    },
    async workOut({ run, extra }, signal) {
      return followed?.run === run
        ? workOut(extra, followed.input, followed.report, environment(), signal)
        : null
    },
  },
  describeFailure,
)
