import { RANGES, type BarrierSpec, type Vector2 } from '../../../lab/scene/sceneSpec.ts'
import { doubleArea } from '../../render/stage/regions.ts'
import { clamp, hundredths, type BarrierEditor } from './editor.ts'

type Polygon = Extract<BarrierSpec, { kind: 'polygon' }>

export const polygon: BarrierEditor<Polygon> = {
  name: 'Region',
  level:
    '±(Σ dᵢ^(−16))^(−1/16), dᵢ the distance to edge i, minus inside (even–odd rule): within a factor in [n^(−1/16), 1] of the distance, n the number of edges',
  anchor: ({ points }) => centroid(points),
  move(barrier, from, to) {
    const { min, max } = RANGES['energy.barriers.points']
    const shift = ([0, 1] as const).map((axis) => {
      const values = barrier.points.map((point) => point[axis])
      return clamp(to[axis] - from[axis], min - Math.min(...values), max - Math.max(...values))
    })
    const points = barrier.points.map(([x, y]): Vector2 => [
      hundredths(x + shift[0]!),
      hundredths(y + shift[1]!),
    ])
    return { ...barrier, points }
  },
  caption: ({ points }) => `${String(points.length)} corners`,
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
