import { newBarrier } from '../../../lab/scene/defaults.ts'
import type { BarrierSpec, Vector2 } from '../../../lab/scene/sceneSpec.ts'
import { hundredths, type BarrierEditor } from './editor.ts'

type HalfPlane = Extract<BarrierSpec, { kind: 'half-plane' }>

export const halfPlane: BarrierEditor<HalfPlane> = {
  name: 'Half-plane',
  level: 'n·x/|n| − offset, n the normal',
  /** The left quarter of the box is forbidden, or that on another side where there are others. */
  create(barriers, halfWidth) {
    const inwards: readonly Vector2[] = [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ]
    const there = barriers.filter((barrier) => barrier.kind === 'half-plane').length
    return newBarrier('half-plane', {
      normal: inwards[there % inwards.length]!,
      offset: hundredths(-halfWidth / 2),
    })
  },
  /** The middle of its edge in the box; the foot of the normal where the edge passes by. */
  anchor({ normal, offset }, halfWidth) {
    const unit = unitNormal(normal)
    const chord = chordOf(halfWidth, unit, offset)
    if (chord === null) return [unit[0] * offset, unit[1] * offset]
    return [(chord[0][0] + chord[1][0]) / 2, (chord[0][1] + chord[1][1]) / 2]
  },
  move: (barrier, _, to) => through(barrier, to),
  caption: (barrier) => `${String(angleOf(barrier)).replace('-', '−')}°, offset`,
  hint: 'Keeps n·x/|n| > offset: how far the wall is from the origin along its normal, whatever the normal’s length',
  figure: {
    name: 'Offset',
    path: 'energy.barriers.offset',
    value: ({ offset }) => offset,
    set: (barrier, offset) => ({ ...barrier, offset }),
  },
  grip: {
    name: 'angle',
    verb: 'turn',
    stride: 1,
    range: () => [-180, 180],
    value: angleOf,
    text: (angle) => `${String(angle)}°`,
    /** On the edge. */
    place({ normal }, [x, y], halfWidth, least) {
      const [nx, ny] = unitNormal(normal)
      const along = (away: number): Vector2 => [x - ny * away, y + nx * away]
      const inside = ([px, py]: Vector2) => Math.max(Math.abs(px), Math.abs(py)) <= halfWidth
      return [0.3 * halfWidth, least, -least].map(along).find(inside) ?? along(least)
    },
    /** The direction from the anchor, degrees. */
    read: (_, [x, y], at) => (Math.atan2(at[1] - y, at[0] - x) * 180) / Math.PI,
    /** Turned about its anchor to an angle of its normal, degrees. */
    set(barrier, anchor, value) {
      const angle = (Math.round(value) * Math.PI) / 180
      const digits = (number: number) => Math.round(number * 1e4) / 1e4 + 0
      return through(
        { ...barrier, normal: [digits(Math.cos(angle)), digits(Math.sin(angle))] },
        anchor,
      )
    },
  },
}

/** The half-plane of the same normal whose edge runs through a place. */
function through(barrier: HalfPlane, [x, y]: Vector2): HalfPlane {
  const [nx, ny] = unitNormal(barrier.normal)
  return { ...barrier, offset: hundredths(nx * x + ny * y) }
}

/** n/|n|. */
function unitNormal([x, y]: Vector2): Vector2 {
  const length = Math.hypot(x, y)
  return [x / length, y / length]
}

/** The angle of the normal, whole degrees in (−180, 180]. */
function angleOf({ normal: [x, y] }: HalfPlane): number {
  const degrees = Math.round((Math.atan2(y, x) * 180) / Math.PI)
  return degrees === -180 ? 180 : degrees
}

/** The edge {n·x = offset} of a half-plane inside the box, n of length 1; null where it passes by. */
export function chordOf(
  halfWidth: number,
  [nx, ny]: Vector2,
  offset: number,
): readonly [Vector2, Vector2] | null {
  let [low, high] = [-Infinity, Infinity]
  for (const [at, along] of [
    [nx * offset, -ny],
    [ny * offset, nx],
  ] as const) {
    if (along === 0) {
      if (Math.abs(at) > halfWidth) return null
      continue
    }
    const ends = [(-halfWidth - at) / along, (halfWidth - at) / along]
    low = Math.max(low, Math.min(...ends))
    high = Math.min(high, Math.max(...ends))
  }
  if (!(low < high)) return null
  const point = (t: number): Vector2 => [nx * offset - ny * t, ny * offset + nx * t]
  return [point(low), point(high)]
}
