import type { LiveTrainingControl } from './liveTraining.ts'

/**
 * A live training that is fetched when it first begins: before that there is nothing to follow, keep or leave.
 * @param load makes the real one
 * @param onFailure what could not be fetched; the next beginning tries again
 */
export function loadLiveTraining(
  load: () => Promise<LiveTrainingControl>,
  onFailure: (error: unknown) => void,
): LiveTrainingControl {
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
      load()
        .then((loaded) => {
          real = loaded
          real.watch(seen)
          real.begin()
        }, onFailure)
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
