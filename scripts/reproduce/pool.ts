import { fork, type ChildProcess, type Serializable } from 'node:child_process'
import { availableParallelism } from 'node:os'

type Answer<Result> = { readonly result: Result } | { readonly error: string }

/** In a child of `performAll`: performs the jobs sent to it, one after another, until its parent lets it go. */
export function answerJobs<Job, Result>(perform: (job: Job) => Promise<Result>): void {
  process.on('message', (job: Job) => {
    perform(job).then(
      (result) => process.send?.({ result }),
      (error: unknown) =>
        process.send?.({ error: error instanceof Error ? error.message : String(error) }),
    )
  })
}

/** Sends a job to a child and waits for its answer. */
function ask<Job extends Serializable, Result>(child: ChildProcess, job: Job): Promise<Result> {
  return new Promise((resolve, reject) => {
    const end = () => {
      child.off('message', answered)
      child.off('exit', died)
    }
    const answered = (answer: Answer<Result>) => {
      end()
      if ('result' in answer) resolve(answer.result)
      else reject(new Error(answer.error))
    }
    const died = (code: number | null) => {
      end()
      reject(new Error(`The process of the run ended with code ${String(code)}`))
    }
    child.on('message', answered)
    child.on('exit', died)
    child.send(job)
  })
}

/**
 * Performs jobs in processes of their own, two at a time (one on a single core), in order.
 * @param file of the children, which calls `answerJobs`
 * @param report called as each ends, with its outcomes or why there are none
 */
export async function performAll<Key, Job extends Serializable, Result>(
  file: string,
  jobs: readonly (readonly [Key, Job])[],
  report: (key: Key, outcome: Result | Error) => void,
): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    let child: ChildProcess | null = null
    for (let entry = jobs[next++]; entry !== undefined; entry = jobs[next++]) {
      const [key, job] = entry
      if (child === null || child.exitCode !== null)
        child = fork(file, { execArgv: ['--import', 'tsx'], serialization: 'advanced' })
      report(key, await ask<Job, Result>(child, job).catch((error: unknown) => error as Error))
    }
    child?.kill()
  }
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work))
}
