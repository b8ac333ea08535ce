import { useEffect, useRef, useState } from 'react'
import { newBarrier } from '../../../lab/scene/defaults.ts'
import type { Vector2 } from '../../../lab/scene/sceneSpec.ts'
import { pixelsPerUnit, toScreen, toWorld, world, type Viewport } from '../../render/coordinates.ts'
import { attachPointer } from '../../render/gestures.ts'
import { outlineOf } from '../../render/stage/outline.ts'
import { useLab } from '../parts/context.ts'
import { inBox, movedPen } from '../parts/pen.ts'
import { hundredths } from './editor.ts'

/** Most corners of a drawn region. */
const MOST_CORNERS = 60
/** How far the polygon may leave the stroke, and the side of the least square that it must hold, CSS pixels. */
const TOLERANCE = 1.5
const LEAST_SIDE = 8

interface RegionPadProps {
  readonly viewport: Viewport
  /** Takes the focus when it appears. */
  readonly focused: boolean
}

/**
 * Over a canvas, while a region is being drawn: a stroke of mouse, finger or pen closes by itself; with the
 * keyboard the arrow keys move the pen, Space sets a corner and Enter closes.
 */
export function RegionPad({ viewport, focused }: RegionPadProps) {
  const lab = useLab()
  const ref = useRef<HTMLDivElement>(null)
  const [stroke, setStroke] = useState<readonly Vector2[]>([])
  const [pen, setPen] = useState<Vector2 | null>(null)

  const finish = (drawn: readonly Vector2[]) => {
    setStroke([])
    const unit = 1 / pixelsPerUnit(viewport)
    const outline = outlineOf(drawn, {
      tolerance: TOLERANCE * unit,
      most: MOST_CORNERS,
      area: (LEAST_SIDE * unit) ** 2,
    })
    if (outline === null) {
      lab.notify('info', 'That stroke encloses no area: draw round what is to be kept out of.')
      return
    }
    const points = outline.map(([x, y]): Vector2 => [hundredths(x), hundredths(y)])
    lab.addBarrier(newBarrier('polygon', { points }))
  }
  const finished = useRef(finish)
  useEffect(() => {
    finished.current = finish
  })

  useEffect(() => {
    if (focused) ref.current?.focus({ preventScroll: false })
  }, [focused])

  useEffect(() => {
    const element = ref.current
    if (element === null) return
    let drawn: Vector2[] = []
    const add = (at: Parameters<typeof toWorld>[1]) => {
      drawn = [...drawn, inBox(toWorld(viewport, at), viewport.halfWidth)]
      setStroke(drawn)
    }
    return attachPointer(element, {
      press: (at) => {
        setPen(null)
        drawn = []
        add(at)
        return true
      },
      drag: add,
      release: () => {
        finished.current(drawn)
      },
    })
  }, [viewport])

  const onKey = (event: React.KeyboardEvent) => {
    const here = pen ?? [0, 0]
    const moved = movedPen(event.key, here, viewport.halfWidth)
    if (moved !== null) setPen(moved)
    else if (event.key === ' ') {
      setPen(here)
      setStroke([...stroke, here])
    } else if (event.key === 'Enter') finish(stroke)
    else if (event.key === 'Escape') lab.drawRegion(false)
    else return
    event.preventDefault()
  }

  const line = stroke.map((point) => toScreen(viewport, world(point[0], point[1])).join())
  const at = pen === null ? null : toScreen(viewport, world(pen[0], pen[1]))
  return (
    <div
      ref={ref}
      className="region-pad"
      tabIndex={0}
      role="application"
      aria-label="Draw a region. Arrow keys move the pen, Space sets a corner, Enter closes, Escape leaves"
      onKeyDown={onKey}
    >
      <svg aria-hidden="true">
        <polygon points={line.join(' ')} />
        {at !== null && <circle cx={at[0]} cy={at[1]} r="5" />}
      </svg>
      {stroke.length === 0 && (
        <p>
          Circle what to keep out
          {focused && (
            <small>
              or: <kbd>arrow keys</kbd> move the pen, <kbd>Space</kbd> sets a corner,{' '}
              <kbd>Enter</kbd> closes, <kbd>Esc</kbd> leaves
            </small>
          )}
        </p>
      )}
    </div>
  )
}
