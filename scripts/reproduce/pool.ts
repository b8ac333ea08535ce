import { fork, type ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import type { Job, Outcomes } from './perform.ts'

type Answer = { readonly outcomes: Outcomes } | { readonly error: string }

const CHILD = path.join(import.meta.dirname, 'child.ts')

/** Sends a job to a child and waits for its answer. */
function ask(child: ChildProcess, job: Job): Promise<Outcomes> {
  return new Promise((resolve, reject) => {
    const end = () => {
      child.off('message', answered)
      child.off('exit', died)
    }
    const answered = (answer: Answer) => {
      end()
      if ('outcomes' in answer) resolve(answer.outcomes)
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
 * @param report called as each ends, with its outcomes or why there are none
 */
export async function performAll<Key>(
  jobs: readonly (readonly [Key, Job])[],
  report: (key: Key, outcome: Outcomes | Error) => void,
): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    let child: ChildProcess | null = null
    for (let entry = jobs[next++]; entry !== undefined; entry = jobs[next++]) {
      const [key, job] = entry
      if (child === null || child.exitCode !== null)
        child = fork(CHILD, { execArgv: ['--import', 'tsx'], serialization: 'advanced' })
      report(key, await ask(child, job).catch((error: unknown) => error as Error))
    }
    child?.kill()
  }
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work))
}
