import { newBarrier } from '../../../lab/scene/defaults.ts'
import { RANGES, type BarrierSpec, type Vector2 } from '../../../lab/scene/sceneSpec.ts'
import { formatCoordinate } from '../../render/format.ts'
import { clamp, hundredths, type BarrierEditor } from './editor.ts'

type Disc = Extract<BarrierSpec, { kind: 'disc' }>

/** Least radius that the handle gives; a smaller one can be typed. */
const LEAST_RADIUS = 0.05

export const disc: BarrierEditor<Disc> = {
  name: 'Disc',
  level: '(d² − r²)/(2r), d the distance to the centre, r the radius',
  /** An eighth of the box in radius, on a spiral from the origin outwards, where the place is free of other discs. */
  create(barriers, halfWidth) {
    const radius = hundredths(halfWidth / 8)
    for (let i = 0; ; i++) {
      const [away, angle] = [0.9 * radius * Math.sqrt(i), 2.4 * i]
      const center: Vector2 = [
        hundredths(away * Math.cos(angle)),
        hundredths(away * Math.sin(angle)),
      ]
      const taken = barriers.some(
        (other) => other.kind === 'disc' && distance(other.center, center) < 2 * radius,
      )
      if (!taken || away > halfWidth) return newBarrier('disc', { center, radius })
    }
  },
  anchor: ({ center }) => center,
  move: (barrier, _, [x, y]) => ({ ...barrier, center: [hundredths(x), hundredths(y)] }),
  caption: () => 'radius',
  figure: {
    name: 'Radius',
    path: 'energy.barriers.radius',
    value: ({ radius }) => radius,
    set: (barrier, radius) => ({ ...barrier, radius }),
  },
  grip: {
    name: 'radius',
    verb: 'resize',
    stride: 0.05,
    range: (halfWidth) => [LEAST_RADIUS, halfWidth],
    value: ({ radius }) => radius,
    text: formatCoordinate,
    /** On the rim, or beside it where the disc is small. */
    place({ radius }, [x, y], halfWidth, least) {
      const away = Math.max(radius, least)
      const around: readonly Vector2[] = [
        [x + away, y],
        [x - away, y],
        [x, y + away],
        [x, y - away],
      ]
      const inside = ([px, py]: Vector2) => Math.max(Math.abs(px), Math.abs(py)) <= halfWidth
      return around.find(inside) ?? [x + least, y]
    },
    read: ({ center }, _, at) => distance(center, at),
    set: (barrier, _, value) => ({
      ...barrier,
      radius: clamp(hundredths(value), LEAST_RADIUS, RANGES['energy.barriers.radius'].max),
    }),
  },
}

function distance([ax, ay]: Vector2, [bx, by]: Vector2): number {
  return Math.hypot(ax - bx, ay - by)
}
