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
import {
  anchorOf,
  angleOf,
  barrierName,
  directionOf,
  gripOf,
  moveTo,
  turnTo,
  withRadius,
  type Disc,
  type HalfPlane,
} from '../compose/barrierEdits.ts'
import { FIRST_OF_KEEP_OUT } from '../compose/Barriers.tsx'
import { useLab, useScene, useTool } from '../parts/context.ts'

/** How far an arrow key moves a barrier and changes a radius, world units, and turns a half-plane, degrees. */
const STRIDE = 0.1
const GROWTH = 0.05
const TURN = 1
/** With Shift they go so many times as far. */
const LEAP = 5
/** Least distance of the two handles of a barrier, CSS pixels. */
const APART = 30

interface BarrierHandlesProps {
  readonly viewport: Viewport
  /** Whether the handles take the focus: once on the page is enough, the pointer reaches all of them. */
  readonly focusable: boolean
}

/** What the barriers on the stage are held by: a place each, and a rim or an edge where they have one. */
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
      {barrier.kind === 'disc' && <RadiusHandle {...props} disc={barrier} />}
      {barrier.kind === 'half-plane' && <AngleHandle {...props} plane={barrier} />}
    </>
  )
}

function RadiusHandle({
  disc,
  name,
  index,
  viewport,
  focusable,
}: BarrierHandleProps & { readonly disc: Disc }) {
  const lab = useLab()
  const { halfWidth } = viewport
  const at = gripOf(disc, halfWidth, APART / pixelsPerUnit(viewport)) ?? disc.center
  const away = ([x, y]: Vector2) => Math.hypot(x - disc.center[0], y - disc.center[1])
  return (
    <Grip
      name={`${name}, radius`}
      hint={`${name}: drag to resize`}
      kind="radius"
      at={at}
      value={disc.radius}
      text={formatCoordinate(disc.radius)}
      range={[0.05, halfWidth]}
      viewport={viewport}
      focusable={focusable}
      onGrab={(from) => (to) => {
        lab.editBarrier(index, withRadius(disc, disc.radius + away(to) - away(from)))
      }}
      onStep={(steps) => {
        lab.editBarrier(index, withRadius(disc, disc.radius + GROWTH * steps))
      }}
    />
  )
}

function AngleHandle({
  plane,
  name,
  index,
  viewport,
  focusable,
}: BarrierHandleProps & { readonly plane: HalfPlane }) {
  const lab = useLab()
  const { halfWidth } = viewport
  const pivot = anchorOf(plane, halfWidth)
  const at = gripOf(plane, halfWidth, APART / pixelsPerUnit(viewport)) ?? pivot
  const angle = angleOf(plane)
  return (
    <Grip
      name={`${name}, angle`}
      hint={`${name}: drag to turn`}
      kind="angle"
      at={at}
      value={angle}
      text={`${String(angle)}°`}
      range={[-180, 180]}
      viewport={viewport}
      focusable={focusable}
      onGrab={(from) => (to) => {
        const turned = directionOf(pivot, to) - directionOf(pivot, from)
        lab.editBarrier(index, turnTo(plane, angle + turned, pivot))
      }}
      onStep={(steps) => {
        lab.editBarrier(index, turnTo(plane, angle + TURN * steps, pivot))
      }}
    />
  )
}

interface GripProps {
  readonly name: string
  readonly hint: string
  readonly kind: 'radius' | 'angle'
  readonly at: Vector2
  readonly value: number
  readonly text: string
  readonly range: readonly [number, number]
  readonly viewport: Viewport
  readonly focusable: boolean
  readonly onGrab: (from: Vector2) => (to: Vector2) => void
  readonly onStep: (steps: number) => void
}

/** The second handle of a barrier: one number, dragged or stepped. */
function Grip(props: GripProps) {
  const { name, hint, kind, at, value, text, range, viewport, focusable, onGrab, onStep } = props
  return (
    <div
      className="handle"
      data-handle={kind}
      style={place(viewport, at)}
      role="slider"
      tabIndex={focusable ? 0 : -1}
      aria-hidden={!focusable}
      aria-label={name}
      aria-valuenow={value}
      aria-valuemin={range[0]}
      aria-valuemax={range[1]}
      aria-valuetext={text}
      title={hint}
      {...dragging(viewport, onGrab)}
      onKeyDown={(event) => {
        const step = stepOf(event)
        if (step !== null) onStep(step[0] + step[1])
      }}
    />
  )
}

/** The step of an arrow key, y upwards; longer with Shift. Null for other keys. */
function stepOf(event: React.KeyboardEvent): Vector2 | null {
  const steps: Readonly<Record<string, Vector2>> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, 1],
    ArrowDown: [0, -1],
  }
  const step = steps[event.key]
  if (step === undefined) return null
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
