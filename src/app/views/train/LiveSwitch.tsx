import { isTraining } from '../../stores/run/runStore.ts'
import { useLab, useRun } from '../parts/context.ts'

/** Turns live training on and off. */
export function LiveSwitch() {
  const lab = useLab()
  const on = useRun((state) => state.live !== null)
  const busy = useRun(isTraining)
  return (
    <button
      type="button"
      role="switch"
      className="switch"
      aria-checked={on}
      disabled={busy}
      title={
        on
          ? 'Back to the energy that stood before'
          : 'Landscape and particles follow the target as it is switched, dragged or drawn'
      }
      onClick={() => {
        if (on) lab.following.leave()
        else lab.following.begin()
      }}
    >
      <i aria-hidden="true" />
      Live
    </button>
  )
}
