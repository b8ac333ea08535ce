import { useEffect, useRef } from 'react'
import type { BarrierSpec, Vector2 } from '../../../lab/scene/sceneSpec.ts'
import {
  pixelsPerUnit,
  screen,
  toScreen,
  toWorld,
  world,
  type Viewport,
} from '../../render/coordinates.ts'
import { formatCoordinate } from '../../render/format.ts'
import { barriersOf } from '../../stores/shelf/shelfStore.ts'
import { anchorOf, barrierName, moveTo } from './edits.ts'
import { editorOf } from './registry.ts'
import { FIRST_OF_KEEP_OUT } from './Barriers.tsx'
import { useLab, useScene, useTool } from '../parts/context.ts'
import { arrowStep } from '../parts/pen.ts'

/** How far an arrow key moves a barrier, world units. */
const STRIDE = 0.1
/** With Shift an arrow key goes so many times as far. */
const LEAP = 5
/** Least distance of the two handles of a barrier, CSS pixels. */
const APART = 30

interface BarrierHandlesProps {
  readonly viewport: Viewport
  /** Whether the handles take the focus: once on the page is enough, the pointer reaches all of them. */
  readonly focusable: boolean
}

/** The handles of the barriers on the stage: each is moved by its anchor, and shaped by its grip where it has one. */
export function BarrierHandles({ viewport, focusable }: BarrierHandlesProps) {
  const barriers = useScene((scene) => barriersOf(scene.energy))
  return barriers.map((barrier, index) => (
    <BarrierHandle
      key={index}
      barrier={barrier}
      name={barrierName(barriers, index)}
      index={index}
      last={index === barriers.length - 1}
      viewport={viewport}
      focusable={focusable}
    />
  ))
}

interface BarrierHandleProps extends BarrierHandlesProps {
  readonly barrier: BarrierSpec
  readonly name: string
  readonly index: number
  readonly last: boolean
}

function BarrierHandle(props: BarrierHandleProps) {
  const { barrier, name, index, last, viewport, focusable } = props
  const lab = useLab()
  const ref = useRef<HTMLButtonElement>(null)
  const { halfWidth } = viewport
  const anchor = anchorOf(barrier, halfWidth)
  const placed = useTool((tool) => tool.placed === index)
  useEffect(() => {
    if (!placed || !focusable) return
    ref.current?.focus()
    lab.tool.setState({ placed: null })
  }, [lab, placed, focusable])
  return (
    <>
      <button
        ref={ref}
        type="button"
        className="handle"
        data-handle="move"
        data-barrier={index}
        style={place(viewport, anchor)}
        tabIndex={focusable ? 0 : -1}
        aria-hidden={!focusable}
        aria-label={`${name} at (${formatCoordinate(anchor[0])}, ${formatCoordinate(anchor[1])})`}
        title={`${name}: drag to move. Arrow keys move it, Delete removes it.`}
        {...dragging(viewport, (from) => (to) => {
          const shifted: Vector2 = [anchor[0] + to[0] - from[0], anchor[1] + to[1] - from[1]]
          lab.editBarrier(index, moveTo(barrier, shifted, halfWidth))
        })}
        onKeyDown={(event) => {
          if (event.key === 'Delete' || event.key === 'Backspace') {
            event.preventDefault()
            lab.removeBarrier(index)
            if (!last || index > 0) lab.tool.setState({ placed: last ? index - 1 : index })
            else document.getElementById(FIRST_OF_KEEP_OUT)?.focus()
            return
          }
          const step = stepOf(event)
          if (step === null) return
          const shifted: Vector2 = [anchor[0] + STRIDE * step[0], anchor[1] + STRIDE * step[1]]
          lab.editBarrier(index, moveTo(barrier, shifted, halfWidth))
        }}
      />
      <GripHandle {...props} />
    </>
  )
}

/** The second handle of a barrier, where it has one: one number of its shape, dragged or stepped. */
function GripHandle({ barrier, name, index, viewport, focusable }: BarrierHandleProps) {
  const lab = useLab()
  const { grip } = editorOf(barrier)
  if (grip === undefined) return null
  const { halfWidth } = viewport
  const anchor = anchorOf(barrier, halfWidth)
  const value = grip.value(barrier)
  const [least, greatest] = grip.range(halfWidth)
  const set = (next: number) => {
    lab.editBarrier(index, grip.set(barrier, anchor, next))
  }
  return (
    <div
      className="handle"
      data-handle={grip.name}
      style={place(
        viewport,
        grip.place(barrier, anchor, halfWidth, APART / pixelsPerUnit(viewport)),
      )}
      role="slider"
      tabIndex={focusable ? 0 : -1}
      aria-hidden={!focusable}
      aria-label={`${name}, ${grip.name}`}
      aria-valuenow={value}
      aria-valuemin={least}
      aria-valuemax={greatest}
      aria-valuetext={grip.text(value)}
      title={`${name}: drag to ${grip.verb}`}
      {...dragging(viewport, (from) => (to) => {
        set(value + grip.read(barrier, anchor, to) - grip.read(barrier, anchor, from))
      })}
      onKeyDown={(event) => {
        const step = stepOf(event)
        if (step !== null) set(value + grip.stride * (step[0] + step[1]))
      }}
    />
  )
}

/** The step of an arrow key, y upwards; longer with Shift. Null for other keys. */
function stepOf(event: React.KeyboardEvent): Vector2 | null {
  const step = arrowStep(event.key)
  if (step === null) return null
  event.preventDefault()
  const times = event.shiftKey ? LEAP : 1
  return [times * step[0], times * step[1]]
}

function place(viewport: Viewport, at: Vector2): React.CSSProperties {
  const [x, y] = toScreen(viewport, world(at[0], at[1]))
  return { transform: `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)` }
}

/** What is done with each further place of a drag; made where it begins, and kept to its end. */
const drags = new WeakMap<Element, { readonly id: number; readonly go: (to: Vector2) => void }>()

/** Pointer handlers of a handle: `grab` gets where the drag begins and gives what follows it. */
function dragging(viewport: Viewport, grab: (from: Vector2) => (to: Vector2) => void) {
  const locate = (event: React.PointerEvent): Vector2 => {
    const box = event.currentTarget.parentElement!.getBoundingClientRect()
    const [x, y] = toWorld(viewport, screen(event.clientX - box.left, event.clientY - box.top))
    return [x, y]
  }
  const end = (event: React.PointerEvent) => {
    if (drags.get(event.currentTarget)?.id === event.pointerId) drags.delete(event.currentTarget)
  }
  return {
    onPointerDown: (event: React.PointerEvent) => {
      if (event.button !== 0 || drags.has(event.currentTarget)) return
      event.currentTarget.setPointerCapture(event.pointerId)
      drags.set(event.currentTarget, { id: event.pointerId, go: grab(locate(event)) })
    },
    onPointerMove: (event: React.PointerEvent) => {
      const drag = drags.get(event.currentTarget)
      if (drag?.id === event.pointerId) drag.go(locate(event))
    },
    onPointerUp: end,
    onPointerCancel: end,
  }
}
