import { explain } from '../explain.ts'
import type { Laws, LawsOptions } from './laws.ts'
import { post } from './runStore.ts'

/** Laws whose code the first run that is followed loads; where that fails, the next run tries again. */
export function loadLaws(options: LawsOptions): Laws {
  let real: Promise<Laws> | null = null
  /** What each asker asked for last. */
  const wanted = new Map<string, Parameters<Laws['workOut']>[1]>()

  async function load(): Promise<Laws> {
    const laws = (await import('./laws.ts')).createLaws(options)
    for (const [asker, extras] of wanted) laws.workOut(asker, extras)
    return laws
  }

  /** Asks the laws in the order of the calls. */
  function ask(what: (laws: Laws) => void): void {
    real?.then(what, () => undefined)
  }

  return {
    follow(run) {
      if (real === null) {
        real = load()
        real.catch((error: unknown) => {
          real = null
          post(options.run, 'warning', explain(error))
        })
      }
      ask((laws) => {
        laws.follow(run)
      })
    },
    drop() {
      ask((laws) => {
        laws.drop()
      })
    },
    workOut(asker, extras) {
      wanted.set(asker, extras)
      ask((laws) => {
        laws.workOut(asker, extras)
      })
    },
    dispose() {
      ask((laws) => {
        laws.dispose()
      })
    },
  }
}
