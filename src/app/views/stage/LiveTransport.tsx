import { useRun } from '../parts/context.ts'

/** While the target is followed there is nothing to play: the particles move as the energy does. */
export function LiveTransport() {
  const phase = useRun((state) => state.live?.phase)
  const sketching = useRun((state) => state.live?.sketching === true)
  return (
    <div className="transport" role="status">
      <p className="training-note">
        {phase === 'starting'
          ? 'Opening the live training…'
          : `Landscape and particles follow ${sketching ? 'the drawing' : 'the target'} as it changes`}
      </p>
    </div>
  )
}
