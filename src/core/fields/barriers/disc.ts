import { cos, sin } from '../../maths/elementary.ts'
import type { Point } from '../../maths/grid.ts'
import type { BarrierKind } from './kind.ts'

interface Disc {
  readonly kind: 'disc'
  readonly center: Point
  readonly radius: number
  readonly strength: number
}

/** Corners of its outline: off the circle by less than 1e-4 of the radius. */
const CORNERS = 256

/** |x − c| ≤ r: h = (|x − c|² − r²)/(2r), whose slope is 1 at the edge. */
export const disc: BarrierKind<Disc> = {
  course: 'smooth',
  readLevel({ center, radius: r }, x, y, _, jet) {
    const dx = x - center[0]
    const dy = y - center[1]
    jet[0] = (dx * dx + dy * dy - r * r) / (2 * r)
    jet[1] = dx / r
    jet[2] = dy / r
    jet[3] = 1 / r
    jet[4] = 0
    jet[5] = 1 / r
  },
  levelRange({ center, radius: r }, x, y, distance) {
    const dx = x - center[0]
    const dy = y - center[1]
    const rho = Math.sqrt(dx * dx + dy * dy)
    const near = Math.max(0, rho - distance)
    const far = rho + distance
    return [(near * near - r * r) / (2 * r), (far * far - r * r) / (2 * r)]
  },
  covers({ center, radius }, x, y, width, height) {
    const dx = Math.abs(x - center[0]) + 0.5 * width
    const dy = Math.abs(y - center[1]) + 0.5 * height
    return dx * dx + dy * dy <= radius * radius
  },
  meets({ center, radius }, x0, y0, x1, y1) {
    const ex = x1 - x0
    const ey = y1 - y0
    const px = center[0] - x0
    const py = center[1] - y0
    const along = px * ex + py * ey
    const length2 = ex * ex + ey * ey
    // The nearest place is an end, which is allowed.
    if (!(along > 0 && along < length2)) return false
    const across = px * ey - py * ex
    return across * across <= radius * radius * length2
  },
  edge({ center, radius: r }, x, y, least, out) {
    const dx = x - center[0]
    const dy = y - center[1]
    const rho = Math.sqrt(dx * dx + dy * dy)
    // From the centre all ways out are equally long.
    out[0] = rho > 0 ? dx / rho : 1
    out[1] = rho > 0 ? dy / rho : 0
    const reach = Math.sqrt(Math.max(0, r * r + 2 * r * least))
    out[2] = out[0] * center[0] + out[1] * center[1] + reach
  },
  outline: ({ center, radius }) =>
    Array.from({ length: CORNERS }, (_, i): Point => {
      const angle = (2 * Math.PI * i) / CORNERS
      return [center[0] + radius * cos(angle), center[1] + radius * sin(angle)]
    }),
}
