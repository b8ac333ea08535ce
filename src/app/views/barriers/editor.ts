import type { BarrierSpec, RangePath, Vector2 } from '../../../lab/scene/sceneSpec.ts'

/** One entry of the registry of barrier kinds: what the page says of a barrier and how a person puts, moves and shapes it. */
export interface BarrierEditor<B extends BarrierSpec> {
  /** In the list, and on the button that puts one. */
  readonly name: string
  /** The level h of the region, in plain characters, for the page and for docs/scene.md. */
  readonly level: string
  /** A new one beside those that are there. Left out where a stroke on the stage draws it. */
  readonly create?: (barriers: readonly BarrierSpec[], halfWidth: number) => B
  /** The place by which it is held to be moved, world units. */
  anchor(barrier: B, halfWidth: number): Vector2
  /** The barrier moved with its anchor, so that its numbers stay in their ranges. @param to inside the box */
  move(barrier: B, from: Vector2, to: Vector2): B
  /** What the list says of its shape. */
  caption(barrier: B): string
  /** The caption in more words. */
  readonly hint?: string
  /** The number of its shape that the list lets one type. */
  readonly figure?: BarrierFigure<B>
  /** Its second handle. */
  readonly grip?: Grip<B>
}

interface BarrierFigure<B> {
  readonly name: string
  readonly path: RangePath
  value(barrier: B): number
  set(barrier: B, value: number): B
}

/** A handle that shapes a barrier by one number. */
interface Grip<B> {
  readonly name: string
  /** What dragging it does. */
  readonly verb: string
  /** How far an arrow key changes the number. */
  readonly stride: number
  range(halfWidth: number): readonly [least: number, greatest: number]
  value(barrier: B): number
  text(value: number): string
  /**
   * Where the handle lies, world units.
   * @param least distance from the anchor, so that the two handles can be told apart
   */
  place(barrier: B, anchor: Vector2, halfWidth: number, least: number): Vector2
  /** The number at a place: dragged from one place to another, the barrier's own changes by the difference. */
  read(barrier: B, anchor: Vector2, at: Vector2): number
  set(barrier: B, anchor: Vector2, value: number): B
}

/** Coordinates are kept at hundredths, so that links stay short. */
export function hundredths(value: number): number {
  return Math.round(value * 100) / 100 + 0
}

export function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value))
}
