import { useEffect, useMemo, useRef, useState } from 'react'
import { prepareContext } from '../../render/canvas.ts'
import { createViewport, toScreen, toWorld, world, type Screen } from '../../render/coordinates.ts'
import { drawAxes } from '../../render/charts/axes.ts'
import { formatCount } from '../../render/format.ts'
import { attachPointer } from '../../render/gestures.ts'
import { onLattice } from '../../stores/shelf/data.ts'
import { checkCount } from '../../stores/shelf/pointCount.ts'
import { useLab, usePalette, useRun } from '../parts/context.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { countPoints, dab, MOST_DRAWN, PAD_HALF_WIDTH, type Stroke, type Tool } from './drawing.ts'
import { Icon } from '../parts/Icon.tsx'
import { LiveQuality } from './LiveQuality.tsx'
import { LiveSwitch } from './LiveSwitch.tsx'
import { SketchedEnergy } from './SketchedEnergy.tsx'
import { useAcceptance } from './useAcceptance.ts'
import { useSurface } from '../parts/useSurface.ts'

const MARGINS = { top: 4, right: 4, bottom: 4, left: 4 }
/** How far an arrow key moves the pen, world units. */
const STRIDE = 0.2

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

/** A pad for a target of one's own: mouse, finger, pen, or the arrow keys and Space. */
export function DrawDialog({ onClose }: { readonly onClose: () => void }) {
  const lab = useLab()
  const palette = usePalette()
  const [holder, surface] = useSurface<HTMLDivElement>()
  const canvas = useRef<HTMLCanvasElement>(null)
  const [tool, setTool] = useState<Tool>('spray')
  const [strokes, setStrokes] = useState<readonly Stroke[]>(() => lab.tool.getState().draft)
  useEffect(() => {
    lab.tool.setState({ draft: strokes })
  }, [lab, strokes])
  const [pen, setPen] = useState<readonly [number, number] | null>(null)
  const viewport = useMemo(
    () => (surface === null ? null : createViewport(surface, PAD_HALF_WIDTH, MARGINS)),
    [surface],
  )
  const n = countPoints(strokes)
  const acceptance = useAcceptance()
  const full = n >= MOST_DRAWN
  const live = useRun((state) => state.live !== null)
  const shown = useRun((state) => (state.live?.sketched ?? null) !== null)
  const refused = useRun((state) => state.live?.problem ?? null)
  const problem = acceptance.problem ?? refused
  const leaveSketch = useSketch(strokes)

  useEffect(() => {
    if (canvas.current === null || viewport === null) return
    const context = prepareContext(canvas.current, viewport)
    if (context === null) return
    drawAxes(context, viewport, palette)
    // On a landscape the cool colour is that of the particles.
    context.fillStyle = shown ? palette.ink : palette.langevin.base
    for (const stroke of strokes)
      for (let i = 0; i + 1 < stroke.length; i += 2) {
        const [x, y] = toScreen(viewport, world(stroke[i]!, stroke[i + 1]!))
        context.fillRect(x - 1.25, y - 1.25, 2.5, 2.5)
      }
    if (pen !== null) {
      const [x, y] = toScreen(viewport, world(pen[0], pen[1]))
      context.strokeStyle = palette.focus
      context.beginPath()
      context.arc(x, y, 9, 0, 2 * Math.PI)
      context.moveTo(x - 4, y)
      context.lineTo(x + 4, y)
      context.moveTo(x, y - 4)
      context.lineTo(x, y + 4)
      context.stroke()
    }
  }, [viewport, strokes, palette, pen, shown])

  useEffect(() => {
    const element = holder.current
    if (element === null || viewport === null) return
    let last: readonly [number, number] | null = null
    let spraying: ReturnType<typeof setInterval> | null = null
    const draw = (to: readonly [number, number]) => {
      const from = last ?? to
      last = to
      const added = dab(tool, from, to, Math.random)
      setStrokes((all) => {
        if (countPoints(all) >= MOST_DRAWN || all.length === 0) return all
        return [...all.slice(0, -1), [...all.at(-1)!, ...added]]
      })
    }
    const at = (point: Screen) => toWorld(viewport, point)
    const end = () => {
      last = null
      if (spraying !== null) clearInterval(spraying)
      spraying = null
    }
    const detach = attachPointer(element, {
      press: (point) => {
        setPen(null)
        setStrokes((all) => [...all, []])
        draw(at(point))
        // A spray can goes on while it is held still.
        if (tool === 'spray')
          spraying = setInterval(() => {
            if (last !== null) draw(last)
          }, 50)
        return true
      },
      drag: (point) => {
        draw(at(point))
      },
      release: end,
    })
    return () => {
      end()
      detach()
    }
  }, [holder, viewport, tool])

  const onKey = (event: React.KeyboardEvent) => {
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-STRIDE, 0],
      ArrowRight: [STRIDE, 0],
      ArrowUp: [0, STRIDE],
      ArrowDown: [0, -STRIDE],
    }
    const move = moves[event.key]
    const here = pen ?? [0, 0]
    if (move !== undefined) {
      event.preventDefault()
      const clamp = (value: number) => Math.max(-PAD_HALF_WIDTH, Math.min(PAD_HALF_WIDTH, value))
      setPen([clamp(here[0] + move[0]), clamp(here[1] + move[1])])
    } else if (event.key === ' ') {
      event.preventDefault()
      setPen(here)
      setStrokes((all) =>
        countPoints(all) >= MOST_DRAWN
          ? all
          : [
              ...all,
              [...dab('spray', here, here, Math.random), ...dab('spray', here, here, Math.random)],
            ],
      )
    }
  }

  const use = () => {
    const points = onLattice(strokes.flat())
    const problem = checkCount(points.length)
    if (problem !== null) {
      acceptance.setProblem(problem.message)
      return
    }
    const label = `Drawing of ${formatCount(points.length)}`
    acceptance.offer(label, { kind: 'points', points }, () => {
      leaveSketch(true)
      setStrokes([])
      onClose()
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
      <div
        className="pad"
        ref={holder}
        tabIndex={0}
        role="application"
        aria-label="Drawing pad. Arrow keys move the pen, Space sprays points"
        onKeyDown={onKey}
        onBlur={() => {
          setPen(null)
        }}
      >
        {shown && viewport !== null && <SketchedEnergy pad={viewport} />}
        <canvas ref={canvas} />
      </div>
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
          {formatCount(n)} points{full && ', the most a drawing holds'}
        </p>
        <button
          type="button"
          className="button primary"
          disabled={n === 0 || acceptance.checking}
          onClick={use}
        >
          Use as target
        </button>
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
      {problem !== null && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </Dialog>
  )
}
