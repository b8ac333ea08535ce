import { DEFAULT_DISC, DEFAULT_HALF_PLANE } from '../../../lab/scene/defaults.ts'
import { RANGES, type BarrierSpec, type Vector2 } from '../../../lab/scene/sceneSpec.ts'
import { chordOf, doubleArea, unitNormal } from '../../render/stage/regions.ts'

/** What a person does to barriers, as pure functions. Coordinates are kept at hundredths, so that links stay short. */

export type Disc = Extract<BarrierSpec, { kind: 'disc' }>
export type HalfPlane = Extract<BarrierSpec, { kind: 'half-plane' }>

function round(value: number): number {
  return Math.round(value * 100) / 100 + 0
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value))
}

/** Names by kind and number: "Disc 2" is the second of the discs. */
export function barrierName(barriers: readonly BarrierSpec[], index: number): string {
  const { kind } = barriers[index]!
  const before = barriers.slice(0, index + 1).filter((barrier) => barrier.kind === kind)
  const alike = barriers.filter((barrier) => barrier.kind === kind)
  return alike.length === 1 ? KIND_NAMES[kind] : `${KIND_NAMES[kind]} ${String(before.length)}`
}

const KIND_NAMES: Readonly<Record<BarrierSpec['kind'], string>> = {
  disc: 'Disc',
  'half-plane': 'Half-plane',
  polygon: 'Region',
}

/** A new disc, of an eighth of the box, beside those that are there. */
export function newDisc(barriers: readonly BarrierSpec[], halfWidth: number): Disc {
  const radius = round(halfWidth / 8)
  for (let i = 0; ; i++) {
    // On a spiral from the origin outwards until the place is free.
    const [away, angle] = [0.9 * radius * Math.sqrt(i), 2.4 * i]
    const center: Vector2 = [round(away * Math.cos(angle)), round(away * Math.sin(angle))]
    const taken = barriers.some(
      (other) =>
        other.kind === 'disc' &&
        Math.hypot(other.center[0] - center[0], other.center[1] - center[1]) < 2 * radius,
    )
    if (!taken || away > halfWidth) return { ...DEFAULT_DISC, center, radius }
  }
}

/** A new half-plane: the left quarter of the box, or what the one before it leaves free on another side. */
export function newHalfPlane(barriers: readonly BarrierSpec[], halfWidth: number): HalfPlane {
  const quarters: readonly Vector2[] = [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ]
  const there = barriers.filter((barrier) => barrier.kind === 'half-plane').length
  return {
    ...DEFAULT_HALF_PLANE,
    normal: quarters[there % quarters.length]!,
    offset: round(-halfWidth / 2),
  }
}

/** Where a barrier is held to be moved, world units, inside the box. */
export function anchorOf(barrier: BarrierSpec, halfWidth: number): Vector2 {
  const inside = ([x, y]: Vector2): Vector2 => [
    clamp(x, -halfWidth, halfWidth),
    clamp(y, -halfWidth, halfWidth),
  ]
  switch (barrier.kind) {
    case 'disc':
      return inside(barrier.center)
    case 'half-plane': {
      const normal = unitNormal(barrier.normal)
      const chord = chordOf(halfWidth, normal, barrier.offset)
      if (chord === null) return inside([normal[0] * barrier.offset, normal[1] * barrier.offset])
      return [(chord[0][0] + chord[1][0]) / 2, (chord[0][1] + chord[1][1]) / 2]
    }
    case 'polygon':
      return inside(centroid(barrier.points))
    default:
      return barrier satisfies never
  }
}

function centroid(points: readonly Vector2[]): Vector2 {
  const area = doubleArea(points)
  let [x, y] = [0, 0]
  points.forEach(([bx, by], i) => {
    const [ax, ay] = points.at(i - 1)!
    const cross = ax * by - bx * ay
    x += (ax + bx) * cross
    y += (ay + by) * cross
  })
  return area === 0 ? points[0]! : [x / (3 * area), y / (3 * area)]
}

/** A barrier moved so that its anchor comes to a place; nothing of it leaves the range of its numbers. */
export function moveTo(barrier: BarrierSpec, to: Vector2, halfWidth: number): BarrierSpec {
  const at = anchorOf(barrier, halfWidth)
  const [x, y] = [clamp(to[0], -halfWidth, halfWidth), clamp(to[1], -halfWidth, halfWidth)]
  switch (barrier.kind) {
    case 'disc':
      return { ...barrier, center: [round(x), round(y)] }
    case 'half-plane': {
      const normal = unitNormal(barrier.normal)
      return { ...barrier, offset: round(normal[0] * x + normal[1] * y) }
    }
    case 'polygon': {
      const { min, max } = RANGES['energy.barriers.points']
      const shift = ([0, 1] as const).map((axis) => {
        const values = barrier.points.map((point) => point[axis])
        const wanted = [x, y][axis]! - at[axis]
        return clamp(wanted, min - Math.min(...values), max - Math.max(...values))
      })
      const points = barrier.points.map(([px, py]): Vector2 => [
        round(px + shift[0]!),
        round(py + shift[1]!),
      ])
      return { ...barrier, points }
    }
    default:
      return barrier satisfies never
  }
}

export function withRadius(disc: Disc, radius: number): Disc {
  return { ...disc, radius: clamp(round(radius), 0.05, RANGES['energy.barriers.radius'].max) }
}

/** The angle of the normal of a half-plane, whole degrees in (−180, 180]. */
export function angleOf({ normal: [x, y] }: HalfPlane): number {
  const degrees = Math.round((Math.atan2(y, x) * 180) / Math.PI)
  return degrees === -180 ? 180 : degrees
}

/** A half-plane turned about a point of its edge to an angle of its normal, degrees. */
export function turnTo(plane: HalfPlane, degrees: number, pivot: Vector2): HalfPlane {
  const angle = (Math.round(degrees) * Math.PI) / 180
  const digits = (value: number) => Math.round(value * 1e4) / 1e4 + 0
  const normal: Vector2 = [digits(Math.cos(angle)), digits(Math.sin(angle))]
  const unit = unitNormal(normal)
  return { ...plane, normal, offset: round(unit[0] * pivot[0] + unit[1] * pivot[1]) }
}

/**
 * Where the second handle of a barrier lies, by which it gets its shape: on the rim of a disc, on the edge of a
 * half-plane; null for a polygon.
 * @param least distance from the anchor, world units, so that the two handles can be told apart
 */
export function gripOf(barrier: BarrierSpec, halfWidth: number, least: number): Vector2 | null {
  if (barrier.kind === 'polygon') return null
  const [x, y] = anchorOf(barrier, halfWidth)
  const inside = ([px, py]: Vector2) => Math.max(Math.abs(px), Math.abs(py)) <= halfWidth
  if (barrier.kind === 'disc') {
    const away = Math.max(barrier.radius, least)
    const around: readonly Vector2[] = [
      [x + away, y],
      [x - away, y],
      [x, y + away],
      [x, y - away],
    ]
    return around.find(inside) ?? [x + least, y]
  }
  const [nx, ny] = unitNormal(barrier.normal)
  const along = (away: number): Vector2 => [x - ny * away, y + nx * away]
  return [0.3 * halfWidth, least, -least].map(along).find(inside) ?? along(least)
}

/** The direction from one point to another, degrees. */
export function directionOf(from: Vector2, to: Vector2): number {
  return (Math.atan2(to[1] - from[1], to[0] - from[0]) * 180) / Math.PI
}
