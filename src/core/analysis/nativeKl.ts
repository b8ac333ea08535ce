import type { EnergyField } from '../fields/energyField.ts'
import { gibbs } from '../fields/gibbs.ts'
import { centre, type Transition } from '../fields/transition.ts'
import { exp, log } from '../maths/elementary.ts'
import { type Box, centreCoordinate, spacing } from '../maths/grid.ts'
import { maxEigenvalue2, minEigenvalue2, type Symmetric2 } from '../maths/linalg2.ts'
import { jackknife } from '../maths/statistics.ts'
import type { Estimator } from './curves.ts'

/** One evaluation of the KL of a particle cloud, nats. */
export interface KlReading {
  /** KL(ρ_k‖π), jackknife-corrected; may be slightly negative near π. */
  readonly kl: number
  /** Jackknife standard error; null when there are fewer than two particles. */
  readonly standardError: number | null
  /** The estimate before bias correction; never negative. */
  readonly plugIn: number
  readonly estimator: Estimator
  /** Group pseudo-values ψ_g, whose mean is `kl`: differences of two readings pair their groups. */
  readonly pseudoValues: Float64Array
}

/**
 * KL(ρ_k‖π) of Langevin particles by the native kernel (Rao–Blackwellised mixture): given the cloud
 * before step k, the law after it is exactly the folded mixture of N(c_i, 2ηεP) over the centres
 * c_i = x_i − ηD∇V(x_i), so depositing these kernels estimates ρ_k without smoothing bias. The plug-in
 * Σ P log(P/π) over cells has a bias near B/(2N); a jackknife over 16 groups of particles (particle i
 * in group i mod 16) removes it and gives the standard error.
 *
 * B ≈ Σ_cells q/P − 1 is the effective number of bins, q the mean squared kernel weight, taken at π.
 * With B ≤ N/20, and kernels that some grid of at most 256² cells resolves, the estimator is `native`.
 * Otherwise it is `smoothed`: kernels widened to bandwidth max(s, 0.14) (more while B > N/8) and
 * compared with π convolved by the extra variance; a lower bound of the KL by data processing, zero
 * at π. The choice holds for a whole run, so that a curve never mixes the two.
 */
export interface KlEstimator {
  readonly estimator: 'native' | 'smoothed'
  /** Cells a side of the grid that the kernels are deposited on. */
  readonly cells: number
  /** Smallest standard deviation of the kernels, world units. */
  readonly bandwidth: number
  /** B at π of the native kernel; Infinity where no grid resolves it. */
  readonly effectiveBins: number
  /** @param centres length 2n: centres of the step that ends at k, before noise and fold */
  read(centres: Float64Array): KlReading
}

export interface KlEstimatorOptions {
  readonly field: EnergyField
  readonly transition: Transition
  /** N, the number of particles of the run. */
  readonly particles: number
}

const GROUPS = 16
/** Cells a side to choose from; up to 96 a kernel must be WELL_RESOLVED, beyond that RESOLVED. */
const CELL_CHOICES = [32, 48, 64, 80, 96, 128, 160, 192, 224, 256] as const
const USUAL_CELLS = 96
/** Least standard deviation of a kernel in cells: the midpoint rule errs by exp(−2π²·1.1²), 4e-11. */
const RESOLVED = 1.1
/** Coarser grids than the usual one only for wide kernels: π may vary faster than they do. */
const WELL_RESOLVED = 2
/** Kernels are cut off at this many standard deviations. */
const REACH = 5
const SMOOTHED_BANDWIDTH = 0.14

export function createKlEstimator(options: KlEstimatorOptions): KlEstimator {
  const { field, transition, particles } = options
  const { halfWidth } = field.grid.box
  const [xx, xy, yy] = transition.covariance
  const smallest = Math.sqrt(minEigenvalue2(xx, xy, yy))
  const native = resolvingBox(halfWidth, smallest)
  let effectiveBins = Infinity
  if (native !== null) {
    const reference = referenceLaw(field, transition, native, 0)
    const kernel = new Kernel(native, transition.covariance)
    effectiveBins = binsAtGibbs(field, transition, kernel, reference.mass, particles)
    if (effectiveBins <= particles / 20) {
      return build('native', kernel, reference.logMass, smallest, effectiveBins)
    }
  }
  const finest = (2 * halfWidth) / CELL_CHOICES[CELL_CHOICES.length - 1]!
  const widened = (bandwidth: number) => {
    const extra = Math.max(0, bandwidth * bandwidth - smallest * smallest)
    const box = resolvingBox(halfWidth, bandwidth) ?? { halfWidth, cells: 256 }
    const reference = referenceLaw(field, transition, box, extra)
    return { reference, kernel: new Kernel(box, [xx + extra, xy, yy + extra]) }
  }
  let bandwidth = Math.max(smallest, SMOOTHED_BANDWIDTH, RESOLVED * finest)
  let { reference, kernel } = widened(bandwidth)
  const bins = binsAtGibbs(field, transition, kernel, reference.gibbsMass, particles)
  if (bins > particles / 8) {
    // B falls like 1/bandwidth².
    const wanted = bandwidth * Math.sqrt((8 * bins) / particles)
    bandwidth = Math.max(bandwidth, Math.min(wanted, halfWidth / 8))
    ;({ reference, kernel } = widened(bandwidth))
  }
  return build('smoothed', kernel, reference.logMass, bandwidth, effectiveBins)
}

/** The coarsest cells of the list that resolve kernels of this standard deviation; null: none do. */
function resolvingBox(halfWidth: number, deviation: number): Box | null {
  for (const cells of CELL_CHOICES) {
    const needed = cells < USUAL_CELLS ? WELL_RESOLVED : RESOLVED
    if (deviation >= needed * ((2 * halfWidth) / cells)) return { halfWidth, cells }
  }
  return null
}

interface ReferenceLaw {
  /** π, cell masses. */
  readonly gibbsMass: Float64Array
  /** π convolved with N(0, extra·I) and folded, cell masses. */
  readonly mass: Float64Array
  readonly logMass: Float64Array
}

function referenceLaw(
  field: EnergyField,
  transition: Transition,
  box: Box,
  extra: number,
): ReferenceLaw {
  const pi = gibbs(field, transition.epsilon, box)
  const area = spacing(box) * spacing(box)
  const logArea = log(area)
  const gibbsMass = pi.density.map((p) => p * area)
  const logMass = pi.logDensity.map((l) => l + logArea)
  if (extra === 0) return { gibbsMass, mass: gibbsMass, logMass }
  const mass = convolve(gibbsMass, box, extra)
  for (let k = 0; k < mass.length; k++) {
    // Where the convolution underflows, π itself (smaller still) stands in; nothing is ever −∞.
    if (mass[k]! > 0) logMass[k] = log(mass[k]!)
  }
  return { gibbsMass, mass, logMass }
}

/** Separable convolution of cell masses with N(0, variance·I), reflected at the walls; keeps the mass. */
function convolve(mass: Float64Array, box: Box, variance: number): Float64Array {
  const { cells } = box
  const h = spacing(box)
  const deviation = Math.sqrt(variance)
  let weights: number[]
  if (deviation < h) {
    // A Gaussian narrower than a cell: the three-point kernel of the same variance.
    const side = variance / (2 * h * h)
    weights = [side, 1 - 2 * side, side]
  } else {
    const r = Math.ceil((6 * deviation) / h)
    weights = []
    let sum = 0
    for (let k = -r; k <= r; k++) {
      const g = exp((-0.5 * k * k * h * h) / variance)
      weights.push(g)
      sum += g
    }
    weights = weights.map((g) => g / sum)
  }
  const r = (weights.length - 1) / 2
  const rows = new Float64Array(mass.length)
  const out = new Float64Array(mass.length)
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      let sum = 0
      for (let k = -r; k <= r; k++) {
        sum += weights[k + r]! * mass[row * cells + foldIndex(column + k, cells)]!
      }
      rows[row * cells + column] = sum
    }
  }
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      let sum = 0
      for (let k = -r; k <= r; k++) {
        sum += weights[k + r]! * rows[foldIndex(row + k, cells) * cells + column]!
      }
      out[row * cells + column] = sum
    }
  }
  return out
}

/** Cell that a cell beyond the walls is mirrored to: −1 → 0, n → n − 1, … */
function foldIndex(i: number, n: number): number {
  if (i >= 0 && i < n) return i
  let t = i % (2 * n)
  if (t < 0) t += 2 * n
  return t < n ? t : 2 * n - 1 - t
}

/** Weights of a one-dimensional Gaussian on a line of cells, and the (folded) cells they belong to. */
class Axis {
  readonly weights: Float64Array
  readonly index: Int32Array
  /** Cell of the first weight before folding. */
  first = 0
  /** Whether no weight lies beyond a wall: then the cells are first, first + 1, … */
  inside = true
  private readonly radius: number
  private readonly slope: number
  /** exp(−k²h²/2σ²), k = 0 … radius. */
  private readonly decay: Float64Array
  private readonly cells: number
  private readonly halfWidth: number
  private readonly h: number

  constructor(box: Box, variance: number) {
    this.cells = box.cells
    this.halfWidth = box.halfWidth
    this.h = spacing(box)
    this.radius = Math.ceil((REACH * Math.sqrt(variance)) / this.h)
    this.slope = this.h / variance
    this.decay = new Float64Array(this.radius + 1)
    for (let k = 0; k <= this.radius; k++) {
      this.decay[k] = exp((-0.5 * k * k * this.h * this.h) / variance)
    }
    this.weights = new Float64Array(2 * this.radius + 1)
    this.index = new Int32Array(2 * this.radius + 1)
  }

  /**
   * Weights ∝ exp(−(centre of cell − position)²/2σ²), Σ = 1. With d the offset of the nearest centre,
   * exp(−(d+kh)²/2σ²) ∝ aᵏ·exp(−k²h²/2σ²), a = exp(−dh/σ²): one exponential a line.
   */
  fill(position: number): void {
    const { weights, index, decay, radius, cells } = this
    const s = (position + this.halfWidth) / this.h - 0.5
    const nearest = Math.floor(s + 0.5)
    const a = exp((s - nearest) * this.h * this.slope)
    const b = 1 / a
    let sum = 1
    let up = 1
    let down = 1
    weights[radius] = 1
    for (let k = 1; k <= radius; k++) {
      up *= a
      down *= b
      const g = decay[k]!
      const right = g * up
      const left = g * down
      weights[radius + k] = right
      weights[radius - k] = left
      sum += right + left
    }
    const scale = 1 / sum
    const first = nearest - radius
    this.first = first
    this.inside = first >= 0 && first + 2 * radius < cells
    for (let k = 0; k <= 2 * radius; k++) weights[k] = weights[k]! * scale
    for (let k = 0; k <= 2 * radius; k++) {
      index[k] = this.inside ? first + k : foldIndex(first + k, cells)
    }
  }
}

/** The folded Gaussian kernel of one covariance on the cells of a box. */
class Kernel {
  readonly box: Box
  readonly deviation: number
  private readonly x: Axis
  private readonly y: Axis
  /** Σ_xy/Σ_yy: the mean of x given y moves by this much per unit of y. */
  private readonly tilt: number

  /** N(0, covariance) = N(y; 0, Σ_yy) · N(x; tilt·y, Σ_xx − Σ_xy²/Σ_yy). */
  constructor(box: Box, covariance: Symmetric2) {
    const [xx, xy, yy] = covariance
    this.box = box
    this.deviation = Math.sqrt(maxEigenvalue2(xx, xy, yy))
    this.tilt = xy / yy
    this.y = new Axis(box, yy)
    this.x = new Axis(box, xx - (xy * xy) / yy)
  }

  /**
   * Adds mass·w_c to out[c] for the cells c of the kernel at (cx, cy), Σ w = 1, mirror images
   * included; with `squares`, also mass·w_c² to squares[c].
   */
  deposit(
    cx: number,
    cy: number,
    mass: number,
    out: Float64Array,
    squares: Float64Array | null,
  ): void {
    const { x, y, tilt } = this
    const { cells, halfWidth } = this.box
    const h = (2 * halfWidth) / cells
    const xw = x.weights
    const xi = x.index
    const yw = y.weights
    const yi = y.index
    const width = xw.length
    y.fill(cy)
    if (tilt === 0) x.fill(cx)
    for (let j = 0; j < yw.length; j++) {
      if (tilt !== 0) x.fill(cx + tilt * (-halfWidth + (y.first + j + 0.5) * h - cy))
      const weight = mass * yw[j]!
      const base = yi[j]! * cells
      if (x.inside) {
        const start = base + x.first
        for (let i = 0; i < width; i++) out[start + i] = out[start + i]! + weight * xw[i]!
      } else {
        for (let i = 0; i < width; i++) {
          const k = base + xi[i]!
          out[k] = out[k]! + weight * xw[i]!
        }
      }
      if (squares !== null) {
        const weight2 = weight * yw[j]!
        for (let i = 0; i < width; i++) {
          const k = base + xi[i]!
          squares[k] = squares[k]! + weight2 * xw[i]! * xw[i]!
        }
      }
    }
  }
}

/**
 * B for N particles distributed by the given cell masses: Σ 2NP·log(1 + q/(2NP²)) − 1. Where a cell
 * sees many kernels this is Σ q/P − 1; in the tails, which N particles seldom reach, a term grows
 * like N·P and not without limit, so that B/(2N) is the bias of the plug-in there too.
 */
function binsAtGibbs(
  field: EnergyField,
  transition: Transition,
  kernel: Kernel,
  mass: Float64Array,
  particles: number,
): number {
  const { box } = kernel
  const { cells } = box
  const p = new Float64Array(cells * cells)
  const q = new Float64Array(cells * cells)
  const c = new Float64Array(2)
  // Cells that together hold a share below 1e-6 change B by less than that share of it.
  const least = 1e-6 / mass.length
  // Every other cell of a fine grid suffices: kernels and distances are of one size there.
  const stride = cells > 128 ? 2 : 1
  for (let row = 0; row < cells; row += stride) {
    const y = centreCoordinate(box, row)
    for (let column = 0; column < cells; column += stride) {
      const k = row * cells + column
      if (mass[k]! < least) continue
      centre(field.grid, transition, centreCoordinate(box, column), y, c)
      kernel.deposit(c[0]!, c[1]!, mass[k]! * stride * stride, p, q)
    }
  }
  let sum = 0
  for (let k = 0; k < p.length; k++) {
    const twice = 2 * particles * p[k]!
    if (twice > 0) sum += twice * log(1 + q[k]! / (twice * p[k]!))
  }
  return sum - 1
}

function build(
  estimator: 'native' | 'smoothed',
  kernel: Kernel,
  logReference: Float64Array,
  bandwidth: number,
  effectiveBins: number,
): KlEstimator {
  const { cells } = kernel.box
  const size = cells * cells
  const grids = Array.from({ length: GROUPS }, () => new Float64Array(size))
  return {
    estimator,
    cells,
    bandwidth,
    effectiveBins,
    read(centres) {
      const n = centres.length / 2
      const groups = Math.min(GROUPS, n)
      for (let g = 0; g < groups; g++) {
        const grid = grids[g]!
        grid.fill(0)
        for (let i = g; i < n; i += groups) {
          kernel.deposit(centres[2 * i]!, centres[2 * i + 1]!, 1, grid, null)
        }
      }
      // Σ s·(log s − log π) for all and for all but one group; a group that misses a cell leaves the
      // cell's term as it is, so it costs no logarithm there.
      let all = 0
      const without = new Float64Array(groups)
      for (let k = 0; k < size; k++) {
        let s = 0
        for (let g = 0; g < groups; g++) s += grids[g]![k]!
        if (s === 0) continue
        const reference = logReference[k]!
        const term = s * (log(s) - reference)
        all += term
        for (let g = 0; g < groups; g++) {
          const own = grids[g]![k]!
          if (own === 0) {
            without[g] = without[g]! + term
            continue
          }
          const rest = s - own
          if (rest > 0) without[g] = without[g]! + rest * (log(rest) - reference)
        }
      }
      const plugIn = all / n - log(n)
      if (groups < 2) {
        return {
          kl: plugIn,
          standardError: null,
          plugIn,
          estimator,
          pseudoValues: new Float64Array([plugIn]),
        }
      }
      for (let g = 0; g < groups; g++) {
        const rest = n - (Math.floor(n / groups) + (g < n % groups ? 1 : 0))
        without[g] = without[g]! / rest - log(rest)
      }
      const { estimate, standardError, pseudoValues } = jackknife(plugIn, without)
      return { kl: estimate, standardError, plugIn, estimator, pseudoValues }
    },
  }
}
