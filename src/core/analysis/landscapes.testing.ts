import fc from 'fast-check'
import { quadraticEnergy } from '../fields/analytic.ts'
import type { EnergyField } from '../fields/energyField.ts'
import { type EnergyFunction, tabulateEnergy } from '../fields/energyGrid.ts'
import type { Box } from '../maths/grid.ts'

/** Energies that several tests share. */

/** −log of two Gaussians of deviation ½ at (±1, 0), up to a constant; ε = 1. */
export const twoWells: EnergyFunction = (x, y, out) => {
  // log cosh(4x) = |4x| + log((1 + e^(−8|x|))/2).
  const a = Math.abs(4 * x)
  out[0] = 2 * x * x - (a + Math.log(0.5 * (1 + Math.exp(-2 * a)))) + 2 * y * y
  out[1] = 4 * x - 4 * Math.tanh(4 * x)
  out[2] = 4 * y
}

/** V = (x² − 1)² + y². */
export const quarticWell: EnergyFunction = (x, y, out) => {
  const w = x * x - 1
  out[0] = w * w + y * y
  out[1] = 4 * x * w
  out[2] = 2 * y
}

/** V = −log Σ w N(centre, s² I); ε = 1. */
export function mixture(
  components: readonly (readonly [weight: number, x: number, y: number])[],
  s2: number,
): EnergyFunction {
  return (x, y, out) => {
    const terms = components.map(([weight, cx, cy]) => {
      const dx = x - cx
      const dy = y - cy
      return [Math.log(weight) - (dx * dx + dy * dy) / (2 * s2), dx, dy] as const
    })
    const top = Math.max(...terms.map(([l]) => l))
    let sum = 0
    let gx = 0
    let gy = 0
    for (const [l, dx, dy] of terms) {
      const w = Math.exp(l - top)
      sum += w
      gx += w * dx
      gy += w * dy
    }
    out[0] = -(top + Math.log(sum)) + Math.log(2 * Math.PI * s2)
    out[1] = gx / (sum * s2)
    out[2] = gy / (sum * s2)
  }
}

/** Eight Gaussians of deviation .35 on the circle of radius 2, V = −log density; ε = 1. */
export const ringOfEight = mixture(
  Array.from({ length: 8 }, (_, k) => [
    1 / 8,
    2 * Math.cos((k * Math.PI) / 4),
    2 * Math.sin((k * Math.PI) / 4),
  ]),
  0.35 * 0.35,
)

export function fieldOf(energy: EnergyFunction, box: Box): EnergyField {
  return { grid: tabulateEnergy(box, energy), barriers: [] }
}

const small = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min, max, noNaN: true })

interface Landscape {
  readonly stiffness: readonly [number, number, number]
  readonly center: readonly [number, number]
  readonly bumps: readonly (readonly [number, number, number, number])[]
  readonly halfWidth: number
  readonly epsilon: number
}

/** A rotated quadratic with up to four Gaussian hills and pits on it: nothing symmetric, several wells. */
export const landscapes: fc.Arbitrary<Landscape> = fc.record({
  stiffness: fc.tuple(small(0, 6), small(0, 6), small(-0.95, 0.95)),
  center: fc.tuple(small(-1, 1), small(-1, 1)),
  bumps: fc.array(fc.tuple(small(-8, 8), small(-2, 2), small(-2, 2), small(0.3, 1)), {
    maxLength: 4,
  }),
  halfWidth: small(1.5, 3),
  epsilon: small(0.1, 3),
})

export function landscapeField(landscape: Landscape, cells = 32): EnergyField {
  const { stiffness, center, bumps, halfWidth } = landscape
  const xx = stiffness[0] + 0.01
  const yy = stiffness[1] + 0.01
  const xy = stiffness[2] * Math.sqrt(xx * yy)
  const quadratic = quadraticEnergy(center, [
    [xx, xy],
    [xy, yy],
  ])
  const energy: EnergyFunction = (x, y, out) => {
    quadratic(x, y, out)
    for (const [height, bx, by, s] of bumps) {
      const dx = x - bx
      const dy = y - by
      const g = height * Math.exp(-(dx * dx + dy * dy) / (2 * s * s))
      out[0]! += g
      out[1]! -= (g * dx) / (s * s)
      out[2]! -= (g * dy) / (s * s)
    }
  }
  return fieldOf(energy, { halfWidth, cells })
}

/** A rough law on n cells of area `area`: masses over many orders of magnitude, many of them 0. */
export function roughDensity(seed: number, n: number, area: number): Float64Array {
  let state = seed >>> 0
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const out = new Float64Array(n)
  let sum = 0
  for (let k = 0; k < n; k++) {
    out[k] = next() < 0.5 ? 0 : Math.exp(-20 * next())
    sum += out[k]!
  }
  return out.map((p) => p / (sum * area))
}

/**
 * The gap of dx = −V′ dt + √2 dW between walls at ±w, by inverse iteration: −(π g′)′ = π f is two integrals, by
 * Simpson's rule.
 */
export function gapOnLine(v: (x: number) => number, w: number, n = 4000): number {
  const h = (2 * w) / n
  const values = Float64Array.from({ length: 2 * n + 1 }, (_, i) => v(-w + (i * h) / 2))
  const least = values.reduce((a, b) => Math.min(a, b))
  const simpson = (sign: number, from: number): number =>
    (h / 6) *
    [1, 4, 1].reduce((sum, c, j) => sum + c * Math.exp(sign * (values[from + j]! - least)), 0)
  const mass = Float64Array.from({ length: n }, (_, i) => simpson(-1, 2 * i))
  const z = mass.reduce((a, b) => a + b)
  let f = Float64Array.from({ length: n }, (_, i) => i - 0.4 * n)
  let gap = 0
  for (let pass = 0; pass < 40; pass++) {
    const mean = (g: (i: number) => number) => mass.reduce((sum, m, i) => sum + m * g(i), 0) / z
    const centre = mean((i) => f[i]!)
    const norm = Math.sqrt(mean((i) => (f[i]! - centre) ** 2))
    f = f.map((value) => (value - centre) / norm)
    // Summed from the nearer wall: what rounding leaves of a sum that ends at 0 would grow with 1/π behind a well.
    const flux = new Float64Array(n)
    for (let i = 0, sum = 0; i < n / 2; i++) flux[i] = sum += mass[i]! * f[i]!
    for (let i = n - 1, sum = 0; i > n / 2; i--) flux[i - 1] = sum -= mass[i]! * f[i]!
    const g = new Float64Array(n)
    for (let i = 0; i + 1 < n; i++) g[i + 1] = g[i]! - flux[i]! * simpson(1, 2 * i + 1)
    gap = 1 / mean((i) => f[i]! * g[i]!)
    f = g
  }
  return gap
}
