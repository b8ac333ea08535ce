import type { Vector2 } from '../../../lab/scene/sceneSpec.ts'

const STEPS: Readonly<Record<string, Vector2>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
}
/** How far an arrow key moves a pen, world units. */
const STRIDE = 0.2

/** The unit step of an arrow key, y upwards; null for other keys. */
export function arrowStep(key: string): Vector2 | null {
  return STEPS[key] ?? null
}

/** Where an arrow key moves a pen in [−halfWidth, halfWidth]²; null for other keys. */
export function movedPen(key: string, [x, y]: Vector2, halfWidth: number): Vector2 | null {
  const step = arrowStep(key)
  return step && inBox([x + STRIDE * step[0], y + STRIDE * step[1]], halfWidth)
}

/** The place in [−halfWidth, halfWidth]² nearest to a place. */
export function inBox([x, y]: Vector2, halfWidth: number): Vector2 {
  const clamp = (value: number) => Math.max(-halfWidth, Math.min(halfWidth, value))
  return [clamp(x), clamp(y)]
}
