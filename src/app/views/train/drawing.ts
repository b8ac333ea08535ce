import type { Vector2 } from '../../../lab/scene/sceneSpec.ts'

/** Strokes of a drawing as points of the plane, [x0, y0, x1, y1, …] each. */
export type Stroke = readonly number[]

export type Tool = 'brush' | 'spray'

/** Half the side of the drawing pad, world units. */
export const PAD_HALF_WIDTH = 3.2
/** Most points of one drawing: enough for any shape, and its link still fits everywhere. */
const MOST_DRAWN = 3000
/** Distance of a brush's points along its path, and their spread across it. */
const BRUSH_SPACING = 0.05
const BRUSH_SPREAD = 0.05
/** Radius of the spray, and its points a dab. */
const SPRAY_RADIUS = 0.4
const SPRAY_POINTS = 8

export function countPoints(strokes: readonly Stroke[]): number {
  return strokes.reduce((n, stroke) => n + stroke.length / 2, 0)
}

/** Whether a drawing can hold no more points. */
export function isFull(strokes: readonly Stroke[]): boolean {
  return countPoints(strokes) >= MOST_DRAWN
}

/** Adds points to the last stroke, where there is one and the drawing is not full. */
export function extended(strokes: readonly Stroke[], points: Stroke): readonly Stroke[] {
  const last = strokes.at(-1)
  if (last === undefined || isFull(strokes)) return strokes
  return [...strokes.slice(0, -1), [...last, ...points]]
}

/**
 * What a tool leaves on its way from one place to the next (the same place: a single dab).
 * @param random uniform in [0, 1)
 */
export function dab(tool: Tool, from: Vector2, to: Vector2, random: () => number): number[] {
  const out: number[] = []
  const put = (x: number, y: number) => {
    if (Math.abs(x) <= PAD_HALF_WIDTH && Math.abs(y) <= PAD_HALF_WIDTH) out.push(x, y)
  }
  if (tool === 'spray') {
    for (let i = 0; i < SPRAY_POINTS; i++) {
      const radius = SPRAY_RADIUS * Math.sqrt(random())
      const angle = 2 * Math.PI * random()
      put(to[0] + radius * Math.cos(angle), to[1] + radius * Math.sin(angle))
    }
    return out
  }
  const length = Math.hypot(to[0] - from[0], to[1] - from[1])
  const n = Math.max(1, Math.round(length / BRUSH_SPACING))
  for (let i = 1; i <= n; i++) {
    const share = i / n
    const spread = () => BRUSH_SPREAD * (random() + random() - 1) * 1.7
    put(
      from[0] + share * (to[0] - from[0]) + spread(),
      from[1] + share * (to[1] - from[1]) + spread(),
    )
  }
  return out
}
