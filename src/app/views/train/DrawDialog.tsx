import { useEffect, useState } from 'react'
import { formatCount } from '../../render/format.ts'
import { onLattice } from '../../stores/shelf/data.ts'
import { useLab, useRun } from '../parts/context.ts'
import { Dialog, Problem } from '../parts/Dialog.tsx'
import { Icon } from '../parts/Icon.tsx'
import { countPoints, isFull, type Stroke, type Tool } from './drawing.ts'
import { DrawingPad } from './DrawingPad.tsx'
import { LiveQuality } from './LiveQuality.tsx'
import { LiveSwitch } from './LiveSwitch.tsx'
import { useAcceptance } from './useAcceptance.ts'
import { UseButtons } from './UseButtons.tsx'

/**
 * While the dialog is open a live training follows what is drawn. @returns what to do before the dialog closes:
 * a training that began here ends with it, unless its drawing is used
 */
function useSketch(strokes: readonly Stroke[]): (used: boolean) => void {
  const lab = useLab()
  const live = useRun((state) => state.live !== null)
  const [before] = useState(live)
  useEffect(() => {
    if (live) lab.following.sketch(onLattice(strokes.flat()))
  }, [lab, live, strokes])
  return (used) => {
    if (!lab.following.active) return
    if (used || before) lab.following.sketch(null)
    else lab.following.leave()
  }
}

/** A drawing becomes a target of one's own. */
export function DrawDialog({ onClose }: { readonly onClose: () => void }) {
  const lab = useLab()
  const [tool, setTool] = useState<Tool>('spray')
  const [strokes, setStrokes] = useState<readonly Stroke[]>(() => lab.tool.getState().draft)
  useEffect(() => {
    lab.tool.setState({ draft: strokes })
  }, [lab, strokes])
  const n = countPoints(strokes)
  const { checking, problem, offer } = useAcceptance()
  const live = useRun((state) => state.live !== null)
  const refused = useRun((state) => state.live?.problem ?? null)
  const leaveSketch = useSketch(strokes)

  const use = (train: boolean) => {
    const points = onLattice(strokes.flat())
    offer(`Drawing of ${formatCount(points.length)}`, { kind: 'points', points }, () => {
      leaveSketch(true)
      setStrokes([])
      onClose()
      if (train) lab.training.learn()
    })
  }

  return (
    <Dialog
      title="Draw a target"
      onClose={() => {
        leaveSketch(false)
        onClose()
      }}
    >
      <DrawingPad tool={tool} strokes={strokes} setStrokes={setStrokes} />
      <div className="pad-tools">
        <div className="segments" role="group" aria-label="Tool">
          {(['spray', 'brush'] as const).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={tool === name}
              onClick={() => {
                setTool(name)
              }}
            >
              {name === 'spray' ? 'Spray' : 'Brush'}
            </button>
          ))}
        </div>
        <button
          type="button"
          className="button"
          disabled={strokes.length === 0}
          onClick={() => {
            setStrokes((all) => all.slice(0, -1))
          }}
        >
          <Icon name="undo" /> Undo
        </button>
        <button
          type="button"
          className="button"
          disabled={strokes.length === 0}
          onClick={() => {
            setStrokes([])
          }}
        >
          Clear
        </button>
        <p className="quiet" aria-live="polite">
          {formatCount(n)} points{isFull(strokes) && ', the most a drawing holds'}
        </p>
        <UseButtons disabled={n === 0 || checking} trains={!live} onUse={use} />
      </div>
      <div className="pad-live">
        <LiveSwitch />
        {live ? (
          <LiveQuality />
        ) : (
          <p className="quiet">
            An energy learns the drawing while it grows. As a target, each axis is centred and
            scaled.
          </p>
        )}
      </div>
      <Problem text={problem ?? refused} />
    </Dialog>
  )
}
