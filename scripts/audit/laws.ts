import type { SceneSpec } from '../../src/lab/scene/sceneSpec.ts'
import { type Energy, PARTS, type Start } from './energies.ts'

/*
 * The laws of a run by other means than the engine's: the chain by sums of Gaussians on a grid of its own, the continuous dynamics by
 * finite volumes and explicit steps, quadratic problems in closed form, the noiseless flow by quadrature along paths.
 */

/** log π = −V/ε − log Z at the midpoints of n × n cells, −∞ where forbidden. */
export interface Rest {
  readonly cells: number
  readonly h: number
  readonly logDensity: Float64Array
  readonly logZ: number
}

/** Log density at rest; Z by midpoints of `finer` times as many cells a side. */
export function restOf(energy: Energy, cells: number, finer = 3): Rest {
  const { halfWidth: w, epsilon } = energy
  const value = (x: number, y: number): number =>
    energy.allowed(x, y) ? -energy.value(x, y) / epsilon : -Infinity
  /** log of the mean over a cell that a wall may cut. */
  const cut = (x: number, y: number, h: number): number => {
    let sum = 0
    for (let a = 0; a < PARTS; a++)
      for (let b = 0; b < PARTS; b++) {
        const [u, v] = [(a + 0.5) / PARTS - 0.5, (b + 0.5) / PARTS - 0.5]
        sum += Math.exp(value(x + u * h, y + v * h)) / (PARTS * PARTS)
      }
    return Math.log(sum)
  }
  const tabulate = (n: number, whole: boolean): Float64Array => {
    const h = (2 * w) / n
    const out = new Float64Array(n * n)
    for (let j = 0, k = 0; j < n; j++)
      for (let i = 0; i < n; i++, k++) {
        const x = -w + (i + 0.5) * h
        const y = -w + (j + 0.5) * h
        out[k] = whole && energy.near(x, y, 1.5 * h) ? cut(x, y, h) : value(x, y)
      }
    return out
  }
  const logDensity = tabulate(cells, false)
  const fine = finer === 1 ? logDensity : tabulate(finer * cells, true)
  let top = -Infinity
  for (const log of fine) top = Math.max(top, log)
  let sum = 0
  for (const log of fine) sum += Math.exp(log - top)
  const hz = (2 * w) / (finer * cells)
  const logZ = top + Math.log(sum * hz * hz)
  return { cells, h: (2 * w) / cells, logDensity: logDensity.map((log) => log - logZ), logZ }
}

/** KL₀ = E[log ρ₀ − log π] of a start; null without a density. */
export function klOfStart({ xy, mass, logDensity }: Start, energy: Energy, logZ: number) {
  if (logDensity === null) return null
  let sum = 0
  for (const [i, m] of mass.entries()) {
    const x = xy[2 * i]!
    const y = xy[2 * i + 1]!
    sum += m * (logDensity(x, y) + energy.value(x, y) / energy.epsilon + logZ)
  }
  return sum
}

/** I(ρ₀‖π) = E|∇log ρ₀ + ∇V/ε|² of a start without jumps, by its formula; null where there is none or it jumps. */
export function fisherOfStart({ xy, mass, logDensity, jumps }: Start, energy: Energy) {
  if (logDensity === null || jumps) return null
  const g = new Float64Array(2)
  const d = 1e-5
  let sum = 0
  for (const [i, m] of mass.entries()) {
    const x = xy[2 * i]!
    const y = xy[2 * i + 1]!
    energy.gradient(x, y, g)
    const sx = (logDensity(x + d, y) - logDensity(x - d, y)) / (2 * d)
    const sy = (logDensity(x, y + d) - logDensity(x, y - d)) / (2 * d)
    const term = (sx + g[0]! / energy.epsilon) ** 2 + (sy + g[1]! / energy.epsilon) ** 2
    if (Number.isFinite(term)) sum += m * term
  }
  return sum
}

const REACH = 6

/** One law of the chain: masses of cells. */
export class ChainLaw {
  mass: Float64Array
  /** Share of the mass that the last step folded at the walls. */
  folded = 0
  readonly rest: Rest
  private points: Pick<Start, 'xy' | 'mass'> | null
  private readonly energy: Energy
  private readonly stepSize: number
  private readonly centres: Float64Array
  private readonly deviation: number

  /** @param cells must resolve the noise √(2ηε + extra): a cell is at most 0.7 of it */
  constructor(energy: Energy, start: Start, stepSize: number, cells: number, extra = 0) {
    this.energy = energy
    this.points = start
    this.stepSize = stepSize
    this.rest = restOf(energy, cells)
    this.deviation = Math.sqrt(2 * stepSize * energy.epsilon + extra)
    this.mass = new Float64Array(cells * cells)
    this.centres = new Float64Array(2 * cells * cells)
    const { h } = this.rest
    const g = new Float64Array(2)
    for (let j = 0, k = 0; j < cells; j++)
      for (let i = 0; i < cells; i++, k++) {
        const x = -energy.halfWidth + (i + 0.5) * h
        const y = -energy.halfWidth + (j + 0.5) * h
        energy.gradient(x, y, g)
        this.centres[2 * k] = x - stepSize * g[0]!
        this.centres[2 * k + 1] = y - stepSize * g[1]!
      }
  }

  advance(): void {
    const { points, mass, centres } = this
    const { cells } = this.rest
    const out = new Float64Array(cells * cells)
    this.folded = 0
    if (points !== null) {
      const g = new Float64Array(2)
      for (const [i, m] of points.mass.entries()) {
        const x = points.xy[2 * i]!
        const y = points.xy[2 * i + 1]!
        this.energy.gradient(x, y, g)
        this.deposit(x - this.stepSize * g[0]!, y - this.stepSize * g[1]!, m, out)
      }
      this.points = null
    } else {
      for (let k = 0; k < mass.length; k++)
        if (mass[k]! > 1e-16) this.deposit(centres[2 * k]!, centres[2 * k + 1]!, mass[k]!, out)
    }
    this.mass = out
  }

  get kl(): number {
    const { mass } = this
    const { logDensity, h } = this.rest
    let sum = 0
    for (let k = 0; k < mass.length; k++)
      if (mass[k]! > 0) sum += mass[k]! * (Math.log(mass[k]! / (h * h)) - logDensity[k]!)
    return sum
  }

  /** I by central differences of log(ρ/π) where ρ is not negligible. */
  get fisher(): number {
    const { mass, rest } = this
    const { cells, h, logDensity } = rest
    const f = mass.map((m, k) => Math.log(m) - logDensity[k]!)
    let sum = 0
    for (let j = 1; j < cells - 1; j++)
      for (let i = 1; i < cells - 1; i++) {
        const k = j * cells + i
        if (mass[k]! < 1e-14) continue
        const dx = (f[k + 1]! - f[k - 1]!) / (2 * h)
        const dy = (f[k + cells]! - f[k - cells]!) / (2 * h)
        if (Number.isFinite(dx) && Number.isFinite(dy)) sum += mass[k]! * (dx * dx + dy * dy)
      }
    return sum
  }

  private readonly lines = [new Float64Array(512), new Float64Array(512)] as const

  /** Adds the folded N(c, s²) to cells. */
  private deposit(cx: number, cy: number, m: number, out: Float64Array): void {
    const { cells, h } = this.rest
    const s = this.deviation
    const w = this.energy.halfWidth
    const line = (c: number, weights: Float64Array): readonly [number, number] => {
      const first = Math.floor((c - REACH * s + w) / h)
      const last = Math.floor((c + REACH * s + w) / h)
      let sum = 0
      for (let i = first; i <= last; i++) {
        const d = (-w + (i + 0.5) * h - c) / s
        sum += weights[i - first] = Math.exp(-0.5 * d * d)
      }
      for (let i = 0; i <= last - first; i++) weights[i] = weights[i]! / sum
      return [first, last]
    }
    const [wx, wy] = this.lines
    const [x0, x1] = line(cx, wx)
    const [y0, y1] = line(cy, wy)
    const inside = x0 >= 0 && x1 < cells && y0 >= 0 && y1 < cells
    for (let j = y0; j <= y1; j++) {
      const base = mirrored(j, cells) * cells
      const share = m * wy[j - y0]!
      const beyond = j < 0 || j >= cells
      for (let i = x0; i <= x1; i++) {
        const k = base + (inside ? i : mirrored(i, cells))
        const part = share * wx[i - x0]!
        out[k] = out[k]! + part
        if (!inside && (beyond || i < 0 || i >= cells)) this.folded += part
      }
    }
  }
}

/** Index of a cell in the box of the image of one beyond its walls. */
function mirrored(i: number, cells: number): number {
  const period = 2 * cells
  const r = ((i % period) + period) % period
  return r < cells ? r : period - 1 - r
}

/** Cells that resolve the noise of a step for `ChainLaw`, more than the engine's where that is affordable. */
export function chainCells(energy: Energy, stepSize: number, extra = 0): number {
  const s = Math.sqrt(2 * stepSize * energy.epsilon + extra)
  return Math.max(72, Math.ceil((2 * energy.halfWidth * 1.7) / s))
}

/**
 * The continuous dynamics on the grid by finite volumes; KL at the times kη.
 * @param parts a side of a cell that the start is averaged over; 1: its values at the middles
 */
export function continuousKl(
  energy: Energy,
  start: Start,
  cells: number,
  stepSize: number,
  steps: number,
  parts: number,
): number[] {
  const { halfWidth: w, epsilon } = energy
  const h = (2 * w) / cells
  const size = cells * cells
  // Mass at rest of the cells, by 4 × 4 points of those that a wall may cut.
  const rest = new Float64Array(size)
  const middle = restOf(energy, cells, 1)
  const cut = new Uint8Array(size)
  let total = 0
  for (let j = 0, k = 0; j < cells; j++)
    for (let i = 0; i < cells; i++, k++) {
      const x = -w + (i + 0.5) * h
      const y = -w + (j + 0.5) * h
      if (!energy.allowed(x, y)) continue
      let sum = 0
      const sub = energy.near(x, y, 1.5 * h) ? 4 : 1
      cut[k] = sub > 1 ? 1 : 0
      for (let a = 0; a < sub; a++)
        for (let b = 0; b < sub; b++) {
          const px = x + ((a + 0.5) / sub - 0.5) * h
          const py = y + ((b + 0.5) / sub - 0.5) * h
          if (sub === 1) sum += Math.exp(middle.logDensity[k]!)
          else if (energy.allowed(px, py) && energy.clear(x, y, px, py))
            sum += Math.exp(-energy.value(px, py) / epsilon - middle.logZ)
        }
      rest[k] = (sum / (sub * sub)) * h * h
      total += rest[k]!
    }
  for (let k = 0; k < size; k++) rest[k] = rest[k]! / total
  const log = rest.map((m) => (m > 0 ? Math.log(m) : -Infinity))
  // Rates of exponential fitting between neighbours, ε/h² z/(e^z − 1) from i to j with z = log π_i − log π_j.
  const rates = Array.from({ length: 4 }, () => new Float64Array(size))
  const [right, left, up, down] = rates as [Float64Array, Float64Array, Float64Array, Float64Array]
  const bernoulli = (z: number): number => (Math.abs(z) < 1e-6 ? 1 - z / 2 : z / Math.expm1(z))
  for (let j = 0, k = 0; j < cells; j++)
    for (let i = 0; i < cells; i++, k++) {
      const x = -w + (i + 0.5) * h
      const y = -w + (j + 0.5) * h
      const link = (
        to: number,
        there: Float64Array,
        back: Float64Array,
        px: number,
        py: number,
      ) => {
        if (!(rest[k]! > 0 && rest[to]! > 0)) return
        if (cut[k] === 1 && !energy.clear(x, y, px, py)) return
        const z = log[k]! - log[to]!
        there[k] = (epsilon / (h * h)) * bernoulli(z)
        back[to] = (epsilon / (h * h)) * bernoulli(-z)
      }
      if (i + 1 < cells) link(k + 1, right, left, x + h, y)
      if (j + 1 < cells) link(k + cells, up, down, x, y + h)
    }
  let exit = 0
  for (let k = 0; k < size; k++) exit = Math.max(exit, right[k]! + left[k]! + up[k]! + down[k]!)
  const first = onCells(start, energy, cells, parts)
  /** Explicit steps of Euler, which keep p ≥ 0 and never raise KL, `pieces` of them a step of the run. */
  const run = (pieces: number): number[] => {
    const dt = stepSize / pieces
    const p = first.map((m, k) => (rest[k]! > 0 ? m : 0))
    const flux = new Float64Array(size)
    const kl = (): number => {
      let sum = 0
      for (let k = 0; k < size; k++) if (p[k]! > 0) sum += p[k]! * (Math.log(p[k]!) - log[k]!)
      return sum
    }
    const out = [kl()]
    for (let k = 1; k <= steps; k++) {
      for (let n = 0; n < pieces; n++) {
        flux.fill(0)
        for (let c = 0; c < size; c++) {
          if (right[c]! > 0) {
            const f = right[c]! * p[c]! - left[c + 1]! * p[c + 1]!
            flux[c] = flux[c]! - f
            flux[c + 1] = flux[c + 1]! + f
          }
          if (up[c]! > 0) {
            const f = up[c]! * p[c]! - down[c + cells]! * p[c + cells]!
            flux[c] = flux[c]! - f
            flux[c + cells] = flux[c + cells]! + f
          }
        }
        for (let c = 0; c < size; c++) p[c] = p[c]! + dt * flux[c]!
      }
      out.push(kl())
    }
    return out
  }
  const pieces = Math.ceil(stepSize * exit)
  const whole = run(pieces)
  return run(2 * pieces).map((kl, k) => 2 * kl - whole[k]!)
}

/**
 * Masses of cells of a start with a density: its values at the middles where those resolve it, means over parts of cells elsewhere,
 * shares of the area of a square.
 */
function onCells(start: Start, energy: Energy, cells: number, parts: number): Float64Array {
  const { halfWidth: w } = energy
  const h = (2 * w) / cells
  const out = new Float64Array(cells * cells)
  const { logDensity, square } = start
  if (square !== null) {
    const overlap = (i: number): number =>
      Math.max(0, Math.min(square, -w + (i + 1) * h) - Math.max(-square, -w + i * h)) / (2 * square)
    return out.map((_, k) => overlap(k % cells) * overlap(Math.floor(k / cells)))
  }
  if (logDensity === null) {
    // A point: shares between the nearest middles, which keep its mean.
    const [x, y] = [(start.xy[0]! + w) / h - 0.5, (start.xy[1]! + w) / h - 0.5]
    for (const j of [0, 1])
      for (const i of [0, 1]) {
        const k = (Math.floor(y) + j) * cells + Math.floor(x) + i
        out[k] = Math.abs(1 - i - (x % 1)) * Math.abs(1 - j - (y % 1))
      }
    return out
  }
  let total = 0
  for (let j = 0, k = 0; j < cells; j++)
    for (let i = 0; i < cells; i++, k++) {
      const x = -w + (i + 0.5) * h
      const y = -w + (j + 0.5) * h
      if (!energy.allowed(x, y)) continue
      const n = energy.near(x, y, 1.5 * h) ? Math.max(4, parts) : parts
      let sum = 0
      for (let a = 0; a < n; a++)
        for (let b = 0; b < n; b++) {
          const px = x + ((a + 0.5) / n - 0.5) * h
          const py = y + ((b + 0.5) / n - 0.5) * h
          if (n === 1 || energy.clear(x, y, px, py)) sum += Math.exp(logDensity(px, py))
        }
      total += out[k] = sum / (n * n)
    }
  return out.map((m) => m / total)
}

/** Mean and covariance [xx, xy, yy] of a Gaussian. */
export interface Normal {
  readonly mean: readonly [number, number]
  readonly covariance: readonly [number, number, number]
}

type Matrix = readonly [number, number, number, number]

function times([a, b, c, d]: Matrix, [e, f, g, h]: Matrix): Matrix {
  return [a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h]
}

/** KL(N‖M). */
export function normalKl(n: Normal, m: Normal): number {
  const [a, b, c] = n.covariance
  const [p, q, r] = m.covariance
  const det = p * r - q * q
  const dx = n.mean[0] - m.mean[0]
  const dy = n.mean[1] - m.mean[1]
  const trace = (r * a - 2 * q * b + p * c) / det
  const square = (r * dx * dx - 2 * q * dx * dy + p * dy * dy) / det
  return 0.5 * (trace + square - 2 + Math.log(det / (a * c - b * b)))
}

/** A quadratic problem on the plane: its rest law and the maps of its laws. */
export interface Quadratic {
  readonly rest: Normal
  readonly start: Normal
  /** One step of the chain. */
  readonly step: (law: Normal) => Normal
  /** A step of the noiseless flow. */
  readonly push: (law: Normal) => Normal
}

/** Null where the scene is none with a Gaussian start. */
export function quadraticOf({ energy, dynamics }: SceneSpec): Quadratic | null {
  const { initial, epsilon, stepSize, skew, preconditioner } = dynamics
  if (energy.kind !== 'quadratic' || stepSize === null) return null
  const [[a, b], [, c]] = energy.matrix
  const det = a * c - b * b
  if (!(det > 0 && a > 0)) return null
  const rest: Normal = {
    mean: energy.center,
    covariance: [(epsilon * c) / det, (-epsilon * b) / det, (epsilon * a) / det],
  }
  const start: Normal | null =
    initial.kind === 'gaussian'
      ? {
          mean: initial.mean,
          covariance: [
            initial.covariance[0][0],
            initial.covariance[0][1],
            initial.covariance[1][1],
          ],
        }
      : initial.kind === 'point' && initial.spread > 0
        ? { mean: initial.at, covariance: [initial.spread ** 2, 0, initial.spread ** 2] }
        : initial.kind === 'gibbs'
          ? rest
          : null
  if (start === null) return null
  const [[pa, pb], [, pc]] = preconditioner
  const drift = times([pa, pb + skew, pb - skew, pc], [a, b, b, c])
  const map: Matrix = [
    1 - stepSize * drift[0],
    -stepSize * drift[1],
    -stepSize * drift[2],
    1 - stepSize * drift[3],
  ]
  const moved = (law: Normal, noise: number): Normal => {
    const [xx, xy, yy] = law.covariance
    const [m, n, o, p] = map
    const dx = law.mean[0] - energy.center[0]
    const dy = law.mean[1] - energy.center[1]
    const [s, t, , u] = times(times(map, [xx, xy, xy, yy]), [m, o, n, p])
    return {
      mean: [energy.center[0] + m * dx + n * dy, energy.center[1] + o * dx + p * dy],
      covariance: [s + noise * pa, t + noise * pb, u + noise * pc],
    }
  }
  return {
    rest,
    start,
    step: (law) => moved(law, 2 * stepSize * epsilon),
    push: (law) => moved(law, 0),
  }
}

/** Law of the continuous dynamics at time t: exact, by very many tiny steps of second order. */
export function quadraticContinuousKl(scene: SceneSpec, steps: number): number[] | null {
  const { stepSize } = scene.dynamics
  // Richardson's extrapolation of chains with ever smaller steps: their laws have a series in the step.
  const run = (pieces: number): Normal[] | null => {
    const problem = quadraticOf({
      ...scene,
      dynamics: { ...scene.dynamics, stepSize: stepSize! / pieces },
    })
    if (problem === null) return null
    let law = problem.start
    const laws = [law]
    for (let k = 1; k <= steps; k++) {
      for (let n = 0; n < pieces; n++) law = problem.step(law)
      laws.push(law)
    }
    return laws
  }
  const one = run(256)
  const two = run(512)
  const four = run(1024)
  const problem = quadraticOf(scene)
  if (one === null || two === null || four === null || problem === null) return null
  const limit = (x: number, y: number, z: number): number => {
    const first = 2 * y - x
    const second = 2 * z - y
    return (4 * second - first) / 3
  }
  return one.map((law, k) => {
    const [m, n] = [two[k]!, four[k]!]
    return normalKl(
      {
        mean: [limit(law.mean[0], m.mean[0], n.mean[0]), limit(law.mean[1], m.mean[1], n.mean[1])],
        covariance: [
          limit(law.covariance[0], m.covariance[0], n.covariance[0]),
          limit(law.covariance[1], m.covariance[1], n.covariance[1]),
          limit(law.covariance[2], m.covariance[2], n.covariance[2]),
        ],
      },
      problem.rest,
    )
  })
}

/**
 * KL of the law under the noiseless map after k steps, by quadrature along the paths of the start's points while the map is
 * injective: E[log ρ₀ − Σ log|det(I − η∇²V)| + V/ε] + log Z.
 */
export function flowKl(
  energy: Energy,
  start: Start,
  logZ: number,
  stepSize: number,
  steps: number,
): number[] {
  const { logDensity } = start
  if (logDensity === null) return []
  const xy = start.xy.slice()
  const carried = Float64Array.from(start.mass, (_, i) => logDensity(xy[2 * i]!, xy[2 * i + 1]!))
  const g = new Float64Array(2)
  const d = 1e-4
  const out: number[] = []
  for (let k = 0; k <= steps; k++) {
    let sum = 0
    for (const [i, m] of start.mass.entries()) {
      const x = xy[2 * i]!
      const y = xy[2 * i + 1]!
      sum += m * (carried[i]! + energy.value(x, y) / energy.epsilon)
      energy.gradient(x + d, y, g)
      let [xx, yx] = g as unknown as [number, number]
      energy.gradient(x - d, y, g)
      xx = (xx - g[0]!) / (2 * d)
      yx = (yx - g[1]!) / (2 * d)
      energy.gradient(x, y + d, g)
      let yy = g[1]!
      energy.gradient(x, y - d, g)
      yy = (yy - g[1]!) / (2 * d)
      const det = (1 - stepSize * xx) * (1 - stepSize * yy) - stepSize * stepSize * yx * yx
      carried[i] = carried[i]! - Math.log(Math.abs(det))
      energy.gradient(x, y, g)
      xy[2 * i] = x - stepSize * g[0]!
      xy[2 * i + 1] = y - stepSize * g[1]!
    }
    out.push(sum + logZ)
  }
  return out
}

/** ε E_π|∇f|²/Var_π f for f = x, y, x², y², xy and V: every one of them is at least the spectral gap, and so at least λ. */
export function leastRayleigh(energy: Energy, cells = 240): number {
  const { halfWidth: w, epsilon } = energy
  const { logDensity, h } = restOf(energy, cells, 1)
  const g = new Float64Array(2)
  const sums = Array.from({ length: 6 }, () => [0, 0, 0])
  for (let j = 0, k = 0; j < cells; j++)
    for (let i = 0; i < cells; i++, k++) {
      const m = Math.exp(logDensity[k]!) * h * h
      if (!(m > 0)) continue
      const x = -w + (i + 0.5) * h
      const y = -w + (j + 0.5) * h
      energy.gradient(x, y, g)
      const functions = [
        [x, 1],
        [y, 1],
        [x * x, 4 * x * x],
        [y * y, 4 * y * y],
        [x * y, x * x + y * y],
        [energy.value(x, y), g[0]! ** 2 + g[1]! ** 2],
      ]
      for (const [n, [f, square]] of functions.entries()) {
        const sum = sums[n]!
        sum[0] = sum[0]! + m * f!
        sum[1] = sum[1]! + m * f! * f!
        sum[2] = sum[2]! + m * square!
      }
    }
  return Math.min(
    ...sums.map(([mean, square, slope]) => (epsilon * slope!) / (square! - mean! * mean!)),
  )
}
