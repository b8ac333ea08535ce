import { explain } from '../explain.ts'
import { post } from '../run/runStore.ts'
import type { LiveTrainingControl, LiveTrainingOptions } from './liveTraining.ts'

/**
 * A live training whose code the first call of `begin` loads; before that the other methods do nothing. Where loading
 * fails, the next `begin` tries again.
 */
export function loadLiveTraining(options: LiveTrainingOptions): LiveTrainingControl {
  let real: LiveTrainingControl | null = null
  let loading = false
  let seen = true
  return {
    get active() {
      return real?.active ?? false
    },
    begin() {
      if (real !== null) {
        real.begin()
        return
      }
      if (loading) return
      loading = true
      import('./liveTraining.ts')
        .then(
          ({ createLiveTraining }) => {
            real = createLiveTraining(options)
            real.watch(seen)
            real.begin()
          },
          (error: unknown) => {
            post(options.run, 'error', explain(error))
          },
        )
        .finally(() => {
          loading = false
        })
    },
    follow: () => real?.follow(),
    sketch: (points) => real?.sketch(points),
    keep: async () => real?.keep(),
    leave: () => real?.leave(),
    end: () => real?.end(),
    watch(now) {
      seen = now
      real?.watch(now)
    },
    recover: () => real?.recover() ?? false,
    abandon: () => real?.abandon() ?? false,
    dispose: () => real?.dispose(),
  }
}
