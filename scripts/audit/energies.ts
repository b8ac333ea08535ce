import { type PreparedPoints, preparePoints } from '../../src/core/targets/points.ts'
import type {
  BarrierSpec,
  EnergySpec,
  MixtureComponent,
  SceneSpec,
  TargetSpec,
} from '../../src/lab/scene/sceneSpec.ts'

/*
 * Energies, barriers and starts of a scene by their formulas, for the audit alone: no table, no interpolation and none of the
 * engine's quadratures. Of the engine's code only the splitting and scaling of data points is used, which is input here.
 */

export type Plane = (x: number, y: number) => number

/** V with its gradient by formula, in the box where allowed. */
export interface Energy {
  readonly halfWidth: number
  readonly epsilon: number
  readonly barriers: readonly BarrierSpec[]
  readonly value: Plane
  /** ∇V to out[0], out[1]. */
  readonly gradient: (x: number, y: number, out: Float64Array) => void
  readonly allowed: (x: number, y: number) => boolean
  /** Whether a wall may be nearer than so much. */
  readonly near: (x: number, y: number, reach: number) => boolean
  /** Whether a straight way between two allowed points meets no barrier. */
  readonly clear: (x0: number, y0: number, x1: number, y1: number) => boolean
}

/** Points with masses that stand for a law, and its log density where it has one. */
export interface Start {
  readonly xy: Float64Array
  readonly mass: Float64Array
  /** Null for a point mass. */
  readonly logDensity: Plane | null
  /** Whether the density jumps inside the box. */
  readonly jumps: boolean
  /** Half the side of a uniform square; null for all others. */
  readonly square: number | null
  /** Least standard deviation along an axis, world units; Infinity where it is none of a Gaussian. */
  readonly deviation: number
}

/** log Σ w N(m, C) and its gradient. */
function mixture(components: readonly MixtureComponent[]) {
  const total = components.reduce((sum, { weight }) => sum + weight, 0)
  const parts = components.map(({ weight, mean: [mx, my], covariance: [[a, b], [, c]] }) => {
    const det = a * c - b * b
    return {
      mx,
      my,
      p: c / det,
      q: -b / det,
      r: a / det,
      log: Math.log(weight / total) - Math.log(2 * Math.PI) - 0.5 * Math.log(det),
    }
  })
  const terms = new Float64Array(parts.length)
  const gather = (x: number, y: number): number => {
    let top = -Infinity
    for (const [i, { mx, my, p, q, r, log }] of parts.entries()) {
      const dx = x - mx
      const dy = y - my
      terms[i] = log - 0.5 * (p * dx * dx + 2 * q * dx * dy + r * dy * dy)
      top = Math.max(top, terms[i])
    }
    return top
  }
  return {
    value: (x: number, y: number): number => {
      const top = gather(x, y)
      let sum = 0
      for (const term of terms) sum += Math.exp(term - top)
      return top + Math.log(sum)
    },
    gradient: (x: number, y: number, out: Float64Array): void => {
      const top = gather(x, y)
      let sum = 0
      out[0] = out[1] = 0
      for (const [i, { mx, my, p, q, r }] of parts.entries()) {
        const weight = Math.exp(terms[i]! - top)
        sum += weight
        out[0] -= weight * (p * (x - mx) + q * (y - my))
        out[1] -= weight * (q * (x - mx) + r * (y - my))
      }
      out[0] /= sum
      out[1] /= sum
    },
  }
}

type Term = Pick<Energy, 'value' | 'gradient'>

function termOf(energy: EnergySpec, target: TargetSpec): Term {
  switch (energy.kind) {
    case 'quadratic': {
      const [[a, b], [, c]] = energy.matrix
      const [cx, cy] = energy.center
      return {
        value: (x, y) =>
          0.5 * (a * (x - cx) ** 2 + 2 * b * (x - cx) * (y - cy) + c * (y - cy) ** 2),
        gradient: (x, y, out) => {
          out[0] = a * (x - cx) + b * (y - cy)
          out[1] = b * (x - cx) + c * (y - cy)
        },
      }
    }
    case 'exact': {
      if (target.kind !== 'gaussian-mixture') break
      const log = mixture(target.components)
      return {
        value: (x, y) => -log.value(x, y),
        gradient: (x, y, out) => {
          log.gradient(x, y, out)
          out[0] = -out[0]!
          out[1] = -out[1]!
        },
      }
    }
    case 'sum': {
      if (energy.operation === 'or') break
      const terms = energy.terms.map((term) => ({
        weight: term.weight,
        ...termOf(term.energy, term.target ?? target),
      }))
      const part = new Float64Array(2)
      return {
        value: (x, y) => terms.reduce((sum, term) => sum + term.weight * term.value(x, y), 0),
        gradient: (x, y, out) => {
          let gx = 0
          let gy = 0
          for (const { weight, gradient } of terms) {
            gradient(x, y, part)
            gx += weight * part[0]!
            gy += weight * part[1]!
          }
          out[0] = gx
          out[1] = gy
        },
      }
    }
    default:
  }
  throw new RangeError(`The audit has no formula for the energy ${energy.kind}`)
}

/** Distance from a point to a segment. */
function distance(x: number, y: number, [ax, ay]: Corner, [bx, by]: Corner): number {
  const ex = bx - ax
  const ey = by - ay
  const t = Math.max(0, Math.min(1, ((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey)))
  return Math.hypot(x - ax - t * ex, y - ay - t * ey)
}

type Corner = readonly [number, number]

function edges(points: readonly Corner[]): (readonly [Corner, Corner])[] {
  return points.map((corner, i) => [corner, points[(i + 1) % points.length]!] as const)
}

/** Twice the signed area of a triangle. */
function turn([ax, ay]: Corner, [bx, by]: Corner, [cx, cy]: Corner): number {
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
}

/** Level of a barrier, positive outside the region kept clear; docs/scene.md has the formulas. */
function levelOf(barrier: BarrierSpec, x: number, y: number): number {
  switch (barrier.kind) {
    case 'disc': {
      const [cx, cy] = barrier.center
      const r = barrier.radius
      return ((x - cx) ** 2 + (y - cy) ** 2 - r * r) / (2 * r)
    }
    case 'half-plane': {
      const [a, b] = barrier.normal
      return (a * x + b * y) / Math.hypot(a, b) - barrier.offset
    }
    case 'polygon': {
      const sides = edges(barrier.points)
      const distances = sides.map(([a, b]) => distance(x, y, a, b))
      const least = Math.min(...distances)
      if (least === 0) return 0
      const sum = distances.reduce((all, d) => all + (least / d) ** 16, 0)
      const inside =
        sides.filter(
          ([[ax, ay], [bx, by]]) =>
            ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax),
        ).length %
          2 ===
        1
      return (inside ? -least : least) * sum ** (-1 / 16)
    }
    default:
      return barrier satisfies never
  }
}

/** log of the capped level: h up to ½, then ½ + u − u³ + u⁴/2, u = h − ½, and 1 from 3/2 on. */
function logCap(h: number): number {
  if (h >= 1.5) return 0
  const u = h - 0.5
  return Math.log(u <= 0 ? h : 0.5 + u - u ** 3 + 0.5 * u ** 4)
}

function crosses(barrier: BarrierSpec, a: Corner, b: Corner): boolean {
  switch (barrier.kind) {
    case 'half-plane':
      return false
    case 'disc':
      return distance(...barrier.center, a, b) <= barrier.radius
    case 'polygon':
      return edges(barrier.points).some(
        ([p, q]) => turn(a, b, p) * turn(a, b, q) <= 0 && turn(p, q, a) * turn(p, q, b) <= 0,
      )
    default:
      return barrier satisfies never
  }
}

export function energyOf(scene: SceneSpec): Energy {
  const { energy, target, domain, dynamics } = scene
  const term = termOf(energy, target)
  const barriers = energy.kind === 'sum' ? energy.barriers : []
  const soft = barriers.filter(({ strength }) => strength > 0)
  const STEP = 1e-5
  return {
    halfWidth: domain.halfWidth,
    epsilon: dynamics.epsilon,
    barriers,
    value:
      soft.length === 0
        ? term.value
        : (x, y) =>
            term.value(x, y) -
            soft.reduce((sum, b) => sum + b.strength * logCap(levelOf(b, x, y)), 0),
    gradient: (x, y, out) => {
      term.gradient(x, y, out)
      if (soft.length === 0) return
      for (const barrier of soft) {
        // The level is known on both sides of its wall, its logarithm is not.
        const h = levelOf(barrier, x, y)
        const d = Math.min(STEP, 0.01 * h)
        const slope = (-barrier.strength * (logCap(h + d) - logCap(h - d))) / (2 * d)
        const level = (u: number, v: number): number => levelOf(barrier, x + u, y + v)
        out[0]! += (slope * (level(STEP, 0) - level(-STEP, 0))) / (2 * STEP)
        out[1]! += (slope * (level(0, STEP) - level(0, -STEP))) / (2 * STEP)
      }
    },
    allowed: (x, y) => barriers.every((barrier) => levelOf(barrier, x, y) > 0),
    near: (x, y, reach) => barriers.some((b) => Math.abs(levelOf(b, x, y)) < reach),
    clear: (x0, y0, x1, y1) => barriers.every((barrier) => !crosses(barrier, [x0, y0], [x1, y1])),
  }
}

/** log of the density that data points are smoothed to, in the box not normalised. */
function smoothedData({ train, bandwidth }: PreparedPoints): Plane {
  const s = 0.5 / (bandwidth * bandwidth)
  const constant = Math.log((2 * s) / (2 * Math.PI) / (train.length / 2))
  return (x, y) => {
    let top = Infinity
    for (let i = 0; i < train.length; i += 2)
      top = Math.min(top, (x - train[i]!) ** 2 + (y - train[i + 1]!) ** 2)
    let sum = 0
    for (let i = 0; i < train.length; i += 2)
      sum += Math.exp(-s * ((x - train[i]!) ** 2 + (y - train[i + 1]!) ** 2 - top))
    return constant - s * top + Math.log(sum)
  }
}

/** log of the law of the data, as far as a formula gives it; of a sum that of its terms, up to a constant. */
export function dataOf(scene: SceneSpec): Plane {
  const { energy, target, domain, seed } = scene
  if (energy.kind === 'sum') {
    const { value } = termOf(energy, target)
    return (x, y) => -value(x, y)
  }
  if (target.kind === 'gaussian-mixture') return mixture(target.components).value
  if (target.kind === 'points' && 'points' in target)
    return smoothedData(
      preparePoints(Float64Array.from(target.points.flat()), {
        seed,
        halfWidth: domain.halfWidth,
      }),
    )
  throw new RangeError(`The audit has no formula for the data ${target.kind}`)
}

/** Parts a side of a rectangle that a wall may cut. */
export const PARTS = 8
/** Standard deviations kept of a Gaussian start. */
const REACH = 7.5

/**
 * The start of a scene as midpoints of n × n rectangles that cover it, restricted to what is allowed and normalised.
 */
export function startOf(scene: SceneSpec, energy: Energy, n: number): Start {
  const { initial } = scene.dynamics
  const w = energy.halfWidth
  let density: Plane
  let window: readonly (readonly [number, number])[] = [
    [-w, w],
    [-w, w],
  ]
  let jumps = false
  let square: number | null = null
  let deviation = Infinity
  const gaussian = ([mx, my]: Corner, xx: number, xy: number, yy: number) => {
    const log = mixture([
      {
        weight: 1,
        mean: [mx, my],
        covariance: [
          [xx, xy],
          [xy, yy],
        ],
      },
    ]).value
    deviation = Math.sqrt((xx + yy) / 2 - Math.hypot((xx - yy) / 2, xy))
    window = [
      [mx, xx],
      [my, yy],
    ].map(
      ([m, v]) =>
        [
          Math.max(-w, m! - REACH * Math.sqrt(v!)),
          Math.min(w, m! + REACH * Math.sqrt(v!)),
        ] as const,
    )
    return log
  }
  switch (initial.kind) {
    case 'gaussian': {
      const [[xx, xy], [, yy]] = initial.covariance
      density = gaussian(initial.mean, xx, xy, yy)
      break
    }
    case 'point': {
      const s = initial.spread ** 2
      if (s === 0)
        return {
          xy: Float64Array.from(initial.at),
          mass: Float64Array.of(1),
          logDensity: null,
          jumps: false,
          square,
          deviation: 0,
        }
      density = gaussian(initial.at, s, 0, s)
      break
    }
    case 'uniform': {
      const a = Math.min(initial.halfWidth, w)
      window = [
        [-a, a],
        [-a, a],
      ]
      density = (x, y) => (Math.abs(x) <= a && Math.abs(y) <= a ? 0 : -Infinity)
      jumps = a < w
      square = a
      break
    }
    case 'data':
      density = dataOf(scene)
      break
    case 'gibbs':
      density = (x, y) => -energy.value(x, y) / energy.epsilon
      break
    default:
      return initial satisfies never
  }
  const [[x0, x1], [y0, y1]] = window as [Corner, Corner]
  const hx = (x1 - x0) / n
  const hy = (y1 - y0) / n
  const xy: number[] = []
  const logs: number[] = []
  const add = (x: number, y: number, share: number): void => {
    if (!energy.allowed(x, y)) return
    const log = density(x, y) + Math.log(share)
    xy.push(x, y)
    logs.push(log)
    top = Math.max(top, log)
  }
  let top = -Infinity
  for (let j = 0; j < n; j++)
    for (let i = 0; i < n; i++) {
      const x = x0 + (i + 0.5) * hx
      const y = y0 + (j + 0.5) * hy
      if (!energy.near(x, y, 1.5 * Math.max(hx, hy))) {
        add(x, y, 1)
        continue
      }
      for (let a = 0; a < PARTS; a++)
        for (let b = 0; b < PARTS; b++)
          add(
            x + ((a + 0.5) / PARTS - 0.5) * hx,
            y + ((b + 0.5) / PARTS - 0.5) * hy,
            1 / (PARTS * PARTS),
          )
    }
  const mass = Float64Array.from(logs, (log) => Math.exp(log - top))
  const total = mass.reduce((sum, m) => sum + m, 0)
  const shift = top + Math.log(total * hx * hy)
  const kept = [...mass.keys()].filter((i) => mass[i]! > 1e-15 * total)
  return {
    xy: Float64Array.from(kept.flatMap((i) => [xy[2 * i]!, xy[2 * i + 1]!])),
    mass: Float64Array.from(kept, (i) => mass[i]! / total),
    logDensity: (x, y) => (energy.allowed(x, y) ? density(x, y) - shift : -Infinity),
    jumps,
    square,
    deviation,
  }
}
