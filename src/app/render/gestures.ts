import { screen, type Screen } from './coordinates.ts'

/** What a canvas wants to hear of a pointer. Points are in the canvas's own CSS pixels. */
export interface PointerHandlers {
  /** The pointer moves over the canvas without a button; null when it leaves. */
  hover?(point: Screen | null): void
  /** A button or finger goes down. Return true to take the drag; otherwise a short press is a click. */
  press?(point: Screen): boolean
  drag?(point: Screen): void
  release?(point: Screen): void
  /** Down and up within 5 px, not taken as a drag. */
  click?(point: Screen): void
}

const CLICK_SLOP = 5

/** Attaches the handlers; returns what detaches them. */
export function attachPointer(element: HTMLElement, handlers: PointerHandlers): () => void {
  let pressed: { readonly id: number; readonly at: Screen; readonly taken: boolean } | null = null

  const locate = (event: PointerEvent): Screen => {
    const box = element.getBoundingClientRect()
    return screen(event.clientX - box.left, event.clientY - box.top)
  }
  const down = (event: PointerEvent): void => {
    if (pressed !== null || event.button !== 0) return
    const at = locate(event)
    const taken = handlers.press?.(at) ?? false
    pressed = { id: event.pointerId, at, taken }
    if (taken) {
      element.setPointerCapture(event.pointerId)
      event.preventDefault()
    }
  }
  const move = (event: PointerEvent): void => {
    const at = locate(event)
    if (pressed?.id === event.pointerId && pressed.taken) handlers.drag?.(at)
    else handlers.hover?.(at)
  }
  const up = (event: PointerEvent): void => {
    if (pressed?.id !== event.pointerId) return
    const { at: start, taken } = pressed
    pressed = null
    const at = locate(event)
    if (taken) handlers.release?.(at)
    else if (Math.hypot(at[0] - start[0], at[1] - start[1]) <= CLICK_SLOP) handlers.click?.(at)
    if (event.pointerType !== 'mouse') handlers.hover?.(null)
  }
  const cancel = (event: PointerEvent): void => {
    if (pressed?.id !== event.pointerId) return
    const { taken } = pressed
    pressed = null
    if (taken) handlers.release?.(locate(event))
    handlers.hover?.(null)
  }
  const leave = (event: PointerEvent): void => {
    if (pressed?.id !== event.pointerId || !pressed.taken) handlers.hover?.(null)
  }
  element.addEventListener('pointerdown', down)
  element.addEventListener('pointermove', move)
  element.addEventListener('pointerup', up)
  element.addEventListener('pointercancel', cancel)
  element.addEventListener('pointerleave', leave)
  return () => {
    element.removeEventListener('pointerdown', down)
    element.removeEventListener('pointermove', move)
    element.removeEventListener('pointerup', up)
    element.removeEventListener('pointercancel', cancel)
    element.removeEventListener('pointerleave', leave)
  }
}
