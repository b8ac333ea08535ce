import { useEffect, useMemo, useRef, useState } from 'react'
import type { Vector2 } from '../../../lab/scene/sceneSpec.ts'
import { prepareContext } from '../../render/canvas.ts'
import { drawAxes } from '../../render/charts/axes.ts'
import { createViewport, toWorld, world, type Screen } from '../../render/coordinates.ts'
import { attachPointer } from '../../render/gestures.ts'
import { drawPen, drawStrokes } from '../../render/stage/padPicture.ts'
import { usePalette, useRun } from '../parts/context.ts'
import { movedPen } from '../parts/pen.ts'
import { useSurface } from '../parts/useSurface.ts'
import { dab, extended, isFull, PAD_HALF_WIDTH, type Stroke, type Tool } from './drawing.ts'
import { SketchedEnergy } from './SketchedEnergy.tsx'

const MARGINS = { top: 4, right: 4, bottom: 4, left: 4 }

interface DrawingPadProps {
  readonly tool: Tool
  readonly strokes: readonly Stroke[]
  readonly setStrokes: React.Dispatch<React.SetStateAction<readonly Stroke[]>>
}

/** Where mouse, finger, pen, or the arrow keys and Space draw strokes, over the energy that is learned from them. */
export function DrawingPad({ tool, strokes, setStrokes }: DrawingPadProps) {
  const palette = usePalette()
  const [holder, surface] = useSurface<HTMLDivElement>()
  const canvas = useRef<HTMLCanvasElement>(null)
  const [pen, setPen] = useState<Vector2 | null>(null)
  const viewport = useMemo(
    () => (surface === null ? null : createViewport(surface, PAD_HALF_WIDTH, MARGINS)),
    [surface],
  )
  const learned = useRun((state) => (state.live?.sketched ?? null) !== null)

  useEffect(() => {
    if (canvas.current === null || viewport === null) return
    const context = prepareContext(canvas.current, viewport)
    if (context === null) return
    drawAxes(context, viewport, palette)
    // On a landscape the cool colour is that of the particles.
    drawStrokes(context, viewport, strokes, learned ? palette.ink : palette.langevin.base)
    if (pen !== null) drawPen(context, viewport, world(...pen), palette.focus)
  }, [viewport, strokes, palette, pen, learned])

  useEffect(() => {
    const element = holder.current
    if (element === null || viewport === null) return
    let last: Vector2 | null = null
    let spraying: ReturnType<typeof setInterval> | null = null
    const draw = (to: Vector2) => {
      const added = dab(tool, last ?? to, to, Math.random)
      last = to
      setStrokes((all) => extended(all, added))
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
  }, [holder, viewport, tool, setStrokes])

  const onKey = (event: React.KeyboardEvent) => {
    const here = pen ?? [0, 0]
    const moved = movedPen(event.key, here, PAD_HALF_WIDTH)
    if (moved === null && event.key !== ' ') return
    event.preventDefault()
    setPen(moved ?? here)
    if (moved !== null) return
    const spray = () => dab('spray', here, here, Math.random)
    setStrokes((all) => (isFull(all) ? all : [...all, [...spray(), ...spray()]]))
  }

  return (
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
      {learned && viewport !== null && <SketchedEnergy pad={viewport} />}
      <canvas ref={canvas} />
    </div>
  )
}
