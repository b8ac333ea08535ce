import { perform, type Job } from './perform.ts'

/** A process that performs the jobs sent to it, one after another, until its parent lets it go. */
process.on('message', (job: Job) => {
  perform(job).then(
    (outcomes) => process.send?.({ outcomes }),
    (error: unknown) =>
      process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  )
})
