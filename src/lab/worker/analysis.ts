import { describeFailure } from '../engine/describeFailure.ts'
import { followLaws } from '../engine/followLaws.ts'
import { Aborted } from '../engine/refusal.ts'
import { messagePause } from './pause.ts'
import { serve, type Port } from './serve.ts'

/** The analysis worker: follows the laws of one run at a time, beside the particles and off the page's thread. */
let latest = 0
const environment = { clock: () => performance.now() / 1000, pause: messagePause() }

const emit = serve(
  globalThis as unknown as Port,
  {
    async analyse({ run, input }, signal) {
      const turn = ++latest
      // Calls that already wait are let in first: of a drag only the last scene is followed.
      await environment.pause()
      if (turn !== latest) throw new Aborted()
      return followLaws(input, {
        environment,
        signal,
        onReport(report) {
          if (turn !== latest) throw new Aborted()
          emit('analysis', { run, report })
        },
      })
    },
  },
  describeFailure,
)
