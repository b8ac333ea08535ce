import type { EnergyField } from '../../fields/energyField.ts'
import { gibbs, logDensityAtCentres, visitGibbs } from '../../fields/gibbs.ts'
import { BLOCK, centre, type Transition } from '../../fields/transition.ts'
import { exp, log } from '../../maths/elementary.ts'
import { type Box, centreCoordinate, foldIndex, spacing } from '../../maths/grid.ts'
import { maxEigenvalue2, minEigenvalue2, type Symmetric2 } from '../../maths/linalg2.ts'
import { finish } from '../../maths/pieces.ts'
import {
  GROUPS,
  jackknife,
  mean,
  standardError as standardErrorOf,
} from '../../maths/statistics.ts'
import type { Estimator, KlMeaning } from '../curves.ts'
import { addEntropies } from './entropies.ts'
import { biasLeft, WINDOW } from './sparseBias.ts'
import { SplineKernel } from './splineKernel.ts'

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
 * before step k, the law after it is exactly the mixture of N(c_i, 2ηεP) over the centres c_i = x_i − ηD∇V(x_i), folded
 * (reflected) at the walls. The estimator deposits each particle's kernel on the grid, so that it estimates ρ_k without
 * smoothing bias. The plug-in Σ P log(P/π) over cells has a bias near B/(2N). A jackknife over 16 groups of particles (particle i
 * in group i mod 16) removes its first order, with B at the cloud itself, which may be much wider than π; `biasLeft` removes
 * the rest, ρ, where few kernels overlap. The standard error is sd(ψ)/√16 of the pseudo-values
 * ψ_g = 16 θ − 15 θ₍₋g₎ − ρ + 15 (ρ₍₋g₎ − mean ρ₍₋₎), the delta method without its derivatives. To it is added in quadrature the
 * change of ρ on windows of twice the size, over which the density varies more, or a quarter of ρ, whichever is greater.
 * Near π, where only pairs of particles contribute to the error, the standard error is up to 1.5 times too large; for kernels
 * narrow beside π the tails of the cloud leave a bias of about one standard deviation.
 *
 * B ≈ Σ_cells q/P − 1 is the effective number of bins, q the mean squared kernel weight, taken at π.
 * With B ≤ N/20, and kernels that some grid of at most 256² cells resolves, the estimator is `native`.
 * Otherwise it is `smoothed`: kernels widened to bandwidth max(s, 0.14) (more while B > N/8), compared with π convolved by
 * the extra variance. Up to its error it reads a lower bound of the KL, by the data-processing inequality, which is zero at π;
 * where kernels scarcely overlap (`SPARSE`), no bound. A run has one estimator, so that a curve never mixes the two.
 *
 * With more than 20 000 particles quintic splines (`SplineKernel`) sum the kernels of all of them, several times faster than
 * one by one. The splines change the KL of a cloud wider than a cell by less than a hundredth of its standard error; that of a
 * narrower cloud, where their errors do not average out, by at most 1e-4 nats where this was measured.
 *
 * Where moves can be refused (MALA, jumps, barriers) the law given the cloud before has atoms and there is
 * no native kernel: the estimator is `smoothed`, its kernels lie at the positions after the step with the extra variance
 * alone, and π, with its zeros behind barriers, is convolved with the same kernel.
 */
export interface KlEstimator {
  readonly estimator: 'native' | 'smoothed'
  /** Cells a side of the grid that the kernels are deposited on. */
  readonly cells: number
  /** Smallest standard deviation of the kernels, world units. */
  readonly bandwidth: number
  /** B at π of the native kernel; Infinity where no grid resolves it or there is none. */
  readonly effectiveBins: number
  /** Whether `read` takes the positions after a step; else it takes the centres of the step, before noise and folding. */
  readonly readsPositions: boolean
  /** @param places length 2n: the centres of the step that ends at k, or the positions after it */
  read(places: Float64Array): KlReading
  /** `read` in pieces of a few milliseconds at most; `places` must not change meanwhile. Readings may overlap in time. */
  reading(places: Float64Array): Generator<undefined, KlReading>
}

export interface KlEstimatorOptions {
  readonly field: EnergyField
  readonly transition: Transition
  /** N, the number of particles of the run. */
  readonly particles: number
  /**
   * Whether the law after a step given the cloud before is the folded N(centre, 2ηεP). False for MALA and with jumps;
   * barriers, whose refusals leave atoms, count as false by themselves. Default true.
   */
  readonly nativeKernel?: boolean
}

/** With more particles than this splines sum the kernels. */
const MANY = 20_000
/** Cells whose logarithms are taken in one piece: about a millisecond's work. */
const CELLS_A_PIECE = 4096
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
  return finish(createKlEstimatorInPieces(options))
}

/** `createKlEstimator` in pieces, most of them of a few milliseconds. */
export function* createKlEstimatorInPieces(
  options: KlEstimatorOptions,
): Generator<undefined, KlEstimator> {
  const { field, transition, particles, nativeKernel = true } = options
  const { halfWidth } = field.grid.box
  const readsPositions = !nativeKernel || field.barriers.length > 0
  const [xx, xy, yy] = readsPositions ? [0, 0, 0] : transition.covariance
  const smallest = Math.sqrt(minEigenvalue2(xx, xy, yy))
  const native = readsPositions ? null : resolvingBox(halfWidth, smallest)
  let effectiveBins = Infinity
  const move = (x: number, y: number, out: Float64Array): void => {
    if (readsPositions) {
      out[0] = x
      out[1] = y
    } else centre(field, transition, x, y, out)
  }
  if (native !== null) {
    const reference = referenceLaw(field, transition, native, 0)
    yield
    const kernel = new Kernel(native, transition.covariance)
    effectiveBins = yield* binsAtGibbs(kernel, reference.gibbsMass, particles, move)
    if (effectiveBins <= particles / 20) {
      return build({
        estimator: 'native',
        kernel,
        logReference: reference.logMass,
        bandwidth: smallest,
        effectiveBins,
        readsPositions,
        particles,
      })
    }
  }
  const finest = (2 * halfWidth) / CELL_CHOICES[CELL_CHOICES.length - 1]!
  const widened = (wanted: number) => {
    const box = resolvingBox(halfWidth, wanted) ?? { halfWidth, cells: 256 }
    const least = RESOLVED * spacing(box)
    let extra = Math.max(0, wanted * wanted - smallest * smallest)
    // The grid must resolve the kernel that π is convolved with, too: its variance is raised to that.
    if (extra > 0) extra = Math.max(extra, least * least)
    return {
      reference: referenceLaw(field, transition, box, extra),
      kernel: new Kernel(box, [xx + extra, xy, yy + extra]),
      bandwidth: Math.sqrt(smallest * smallest + extra),
    }
  }
  yield
  let { reference, kernel, bandwidth } = widened(
    Math.max(smallest, SMOOTHED_BANDWIDTH, RESOLVED * finest),
  )
  yield
  const bins = yield* binsAtGibbs(kernel, reference.gibbsMass, particles, move)
  if (bins > particles / 8) {
    // B falls like 1/bandwidth².
    const wanted = bandwidth * Math.sqrt((8 * bins) / particles)
    ;({ reference, kernel, bandwidth } = widened(
      Math.max(bandwidth, Math.min(wanted, halfWidth / 8)),
    ))
  }
  return build({
    estimator: 'smoothed',
    kernel,
    logReference: reference.logMass,
    bandwidth,
    effectiveBins,
    readsPositions,
    particles,
  })
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
  /** log of (π convolved with N(0, extra·I) and folded) at the centres, times the area of a cell. */
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
  if (extra === 0) {
    // log π at the centres, not of its mean over cells: it is integrated against resolved kernels.
    return { gibbsMass, logMass: logDensityAtCentres(pi).map((l) => l + logArea) }
  }
  if (field.barriers.length > 0) {
    // Cells half as wide tell where in a cell beside a wall its mass lies.
    const fine = gibbs(field, transition.epsilon, { ...box, cells: 2 * box.cells })
    if (fine.refinement === 2) {
      const fineArea = log(spacing(fine.box) * spacing(fine.box))
      const own = fine.logDensity.map((l) => l + fineArea)
      return { gibbsMass, logMass: logConvolution(own, fine.box, box, extra) }
    }
  } else if (pi.refinement === 1) {
    const own = pi.logDensity.map((l) => l + logArea)
    return { gibbsMass, logMass: logConvolution(own, box, box, extra) }
  }
  // Cells that do not resolve π do not say where in them its mass lies; the points of its quadrature do. Near the
  // points, where the sum is large, a kernel is deposited for each of them; farther off the moments of each cell suffice.
  const kernel = new Kernel(box, [extra, 0, extra])
  const near = new Float64Array(gibbsMass.length)
  const moments = new Map<number, Moments>()
  visitGibbs(field, pi, (x, y, m) => {
    kernel.deposit(x, y, m, near, null)
    const k = cellAt(box, y) * box.cells + cellAt(box, x)
    const sums = moments.get(k)
    if (sums === undefined) moments.set(k, [m, m * x, m * y, m * (x * x + y * y)])
    else {
      sums[0] += m
      sums[1] += m * x
      sums[2] += m * y
      sums[3] += m * (x * x + y * y)
    }
  })
  const logMass = farField([...moments.values()], box, extra)
  let most = 0
  for (let k = 0; k < near.length; k++) most = Math.max(most, near[k]!)
  for (let k = 0; k < near.length; k++) {
    if (near[k]! > NEAR * most) logMass[k] = log(near[k]!)
  }
  return { gibbsMass, logMass }
}

/** Where the kernels, cut off at REACH, sum to more than this share of the greatest sum, the cut does not matter. */
const NEAR = 2e-5
/** Terms of a sum that lie e^−36 below the greatest are left out. */
const LOG_NEGLECT = 36

function cellAt(box: Box, x: number): number {
  return Math.min(box.cells - 1, Math.floor((x + box.halfWidth) / spacing(box)))
}

/**
 * log of cell masses on `from`, convolved with N(0, variance·I) and reflected at the walls, axis by axis, as masses of
 * the cells of `to`. The sums are taken in the log domain: they neither underflow nor are cut off, however far from the masses.
 * The standard deviation must be at least a cell; −∞ is allowed.
 */
function logConvolution(logMass: Float64Array, from: Box, to: Box, variance: number): Float64Array {
  const w = from.halfWidth
  const scale = 0.5 / variance
  const constant = log(spacing(to)) + 0.5 * log(scale / Math.PI)
  const sources = Float64Array.from({ length: from.cells }, (_, j) => centreCoordinate(from, j))
  const goals = Float64Array.from({ length: to.cells }, (_, i) => centreCoordinate(to, i))
  const terms = new Float64Array(from.cells)
  /** Convolves `lines` lines: values `step` apart along a line; lines `across` apart in `values`, `outAcross` in `out`. */
  const along = (
    values: Float64Array,
    lines: number,
    step: number,
    across: number,
    out: Float64Array,
    outAcross: number,
  ): Float64Array => {
    for (let n = 0; n < lines; n++) {
      for (let i = 0; i < to.cells; i++) {
        const x = goals[i]!
        let best = -Infinity
        for (let j = 0; j < from.cells; j++) {
          const d = x - sources[j]!
          const term = values[n * across + j * step]! - scale * d * d
          terms[j] = term
          if (term > best) best = term
        }
        let sum = 0
        for (let j = 0; j < from.cells; j++) {
          const term = terms[j]!
          if (!(term >= best - LOG_NEGLECT) || term === -Infinity) continue
          const s = sources[j]!
          sum +=
            exp(term - best) *
            images(4 * scale * (w + x) * (w + s)) *
            images(4 * scale * (w - x) * (w - s))
        }
        out[n * outAcross + i * step] = best + log(sum) + constant
      }
    }
    return out
  }
  const rows = new Float64Array(to.cells * from.cells)
  along(logMass, from.cells, 1, from.cells, rows, to.cells)
  const all = new Float64Array(to.cells * to.cells)
  return along(rows, to.cells, to.cells, 1, all, 1)
}

/** 1 + the weight of a point's mirror image in a wall, relative to the weight of the point. */
function images(exponent: number): number {
  return exponent < LOG_NEGLECT ? 1 + exp(-exponent) : 1
}

/** Σ m, Σ m·x, Σ m·y, Σ m·(x² + y²) of the points in a cell. */
type Moments = [mass: number, x: number, y: number, square: number]

/**
 * The convolution of round clouds at any places, each known by its moments, at the centres c of the cells, with
 * one mirror image in each wall: log Σ m·N(c; x, (variance + σ²)·I)·h², σ² the cloud's variance an axis.
 */
function farField(clouds: readonly Moments[], box: Box, variance: number): Float64Array {
  const { cells, halfWidth: w } = box
  const h = spacing(box)
  const count = clouds.length
  const xs = Float64Array.from(clouds, ([m, x]) => x / m)
  const ys = Float64Array.from(clouds, ([m, , y]) => y / m)
  const scales = Float64Array.from(clouds, ([m, , , square], p) => {
    const spread = Math.max(0, 0.5 * (square / m - xs[p]! * xs[p]! - ys[p]! * ys[p]!))
    return 0.5 / (variance + spread)
  })
  const logs = Float64Array.from(clouds, ([m], p) => log((m * h * h * scales[p]!) / Math.PI))
  const terms = new Float64Array(count)
  const out = new Float64Array(cells * cells)
  for (let row = 0, k = 0; row < cells; row++) {
    const cy = centreCoordinate(box, row)
    for (let column = 0; column < cells; column++, k++) {
      const cx = centreCoordinate(box, column)
      let best = -Infinity
      for (let p = 0; p < count; p++) {
        const dx = cx - xs[p]!
        const dy = cy - ys[p]!
        const term = logs[p]! - scales[p]! * (dx * dx + dy * dy)
        terms[p] = term
        if (term > best) best = term
      }
      let sum = 0
      for (let p = 0; p < count; p++) {
        if (terms[p]! < best - LOG_NEGLECT) continue
        const x = xs[p]!
        const y = ys[p]!
        const scale = scales[p]!
        sum +=
          exp(terms[p]! - best) *
          images(4 * scale * (w - cx) * (w - x)) *
          images(4 * scale * (w + cx) * (w + x)) *
          images(4 * scale * (w - cy) * (w - y)) *
          images(4 * scale * (w + cy) * (w + y))
      }
      out[k] = best + log(sum)
    }
  }
  return out
}

/** Weights of a one-dimensional Gaussian on a line of cells, and the (folded) cells they belong to. */
class Axis {
  weights: Float64Array
  readonly index: Int32Array
  /** Cell of the first weight before folding. */
  first = 0
  /** Whether no weight lies beyond a wall: then the cells are first, first + 1, … */
  inside = true
  private readonly unfolded: Float64Array
  private readonly dense: Float64Array
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
    this.unfolded = new Float64Array(2 * this.radius + 1)
    this.weights = this.unfolded
    this.dense = new Float64Array(box.cells)
    this.index = new Int32Array(2 * this.radius + 1)
  }

  /**
   * Weights ∝ exp(−(centre of cell − position)²/2σ²), Σ = 1. With d the offset of the nearest centre,
   * exp(−(d+kh)²/2σ²) ∝ aᵏ·exp(−k²h²/2σ²), a = exp(−dh/σ²): one exponential a line.
   * @param foldWide where there are more weights than cells, they are gathered into one for each cell
   */
  fill(position: number, foldWide: boolean): void {
    const { unfolded: weights, index, decay, radius, cells } = this
    this.weights = weights
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
    if (!foldWide || weights.length <= cells) return
    const { dense } = this
    dense.fill(0)
    for (let k = 0; k < weights.length; k++) {
      dense[index[k]!] = dense[index[k]!]! + weights[k]!
    }
    this.weights = dense
    this.first = 0
    this.inside = true
  }
}

/** The folded Gaussian kernel of one covariance on the cells of a box. */
class Kernel {
  readonly box: Box
  readonly covariance: Symmetric2
  readonly deviation: number
  /** 2π√det of the covariance, in cells: the reciprocal of the greatest mass that the kernel has in one cell. */
  readonly area: number
  private readonly x: Axis
  private readonly y: Axis
  /** Σ_xy/Σ_yy: the mean of x given y moves by this much per unit of y. */
  private readonly tilt: number

  /** N(0, covariance) = N(y; 0, Σ_yy) · N(x; tilt·y, Σ_xx − Σ_xy²/Σ_yy). */
  constructor(box: Box, covariance: Symmetric2) {
    const [xx, xy, yy] = covariance
    this.box = box
    this.covariance = covariance
    this.deviation = Math.sqrt(maxEigenvalue2(xx, xy, yy))
    this.tilt = xy / yy
    this.area = (2 * Math.PI * Math.sqrt(xx * yy - xy * xy)) / (spacing(box) * spacing(box))
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
    // A tilted kernel needs its rows unfolded, since the mean of x depends on y.
    y.fill(cy, tilt === 0)
    x.fill(cx, true)
    const xi = x.index
    const yw = y.weights
    const yi = y.index
    for (let j = 0; j < yw.length; j++) {
      if (tilt !== 0) x.fill(cx + tilt * (-halfWidth + (y.first + j + 0.5) * h - cy), true)
      const xw = x.weights
      const width = xw.length
      const weight = mass * yw[j]!
      const base = (y.inside ? y.first + j : yi[j]!) * cells
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
 * sees many kernels this is Σ q/P − 1; in the tails, which N particles seldom reach, a term grows like N·P instead of
 * without limit, so that B/(2N) is the bias of the plug-in there, too.
 * @param move from a position to the place of its kernel
 */
function* binsAtGibbs(
  kernel: Kernel,
  mass: Float64Array,
  particles: number,
  move: (x: number, y: number, out: Float64Array) => void,
): Generator<undefined, number> {
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
    yield
    const y = centreCoordinate(box, row)
    for (let column = 0; column < cells; column += stride) {
      const k = row * cells + column
      if (mass[k]! < least) continue
      move(centreCoordinate(box, column), y, c)
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

/**
 * Standard error of `biasLeft`, as a share of its value: it takes the density to be even over a window, and in the tails of a
 * cloud, where the density is not, it left up to this share of the bias where that was measured ("a corner of a wide box" of
 * `npm run audit:truth`).
 */
const TRUSTED = 0.25
/** Where `biasLeft` is below this share of the standard error, its own noise is neglected. */
const FELT = 0.1
/**
 * Bias of the plug-in, nats, beyond which particles lie so far apart that the correction is not trusted: the standard error is
 * then at least the bias. A standard error of at most this therefore means that the bias is at most this, too.
 */
const SPARSE = 0.6

/** The meaning of a reading, from its estimator and its standard error; null without an estimator. */
export function meaningOf(
  estimator: Estimator | null,
  standardError: number | null,
): KlMeaning | null {
  switch (estimator) {
    case 'quadrature':
      return 'KL of the start'
    case 'native':
      return 'particle estimate of KL'
    case 'smoothed':
      return (standardError ?? Infinity) <= SPARSE
        ? 'smoothed lower bound of KL'
        : 'smoothed reading that is no bound of KL'
    default:
      return estimator satisfies null
  }
}

function build(
  parts: Pick<KlEstimator, 'estimator' | 'bandwidth' | 'effectiveBins' | 'readsPositions'> & {
    readonly kernel: Kernel
    readonly logReference: Float64Array
    readonly particles: number
  },
): KlEstimator {
  const { kernel, logReference, particles, ...said } = parts
  const { estimator } = said
  const { cells } = kernel.box
  const { halfWidth: w } = kernel.box
  const size = cells * cells
  /** Sets of grids, one grid for each group, that no reading is using. */
  const spare: Float64Array[][] = []
  const splines = particles > MANY ? new SplineKernel(kernel.box, kernel.covariance, REACH) : null

  /** Sums the kernels at places g, g + groups, … on a grid. */
  const sum = (places: Float64Array, g: number, groups: number, grid: Float64Array): void => {
    if (splines !== null && splines.gather(places, g, groups, grid) === 0) return
    if (splines === null) grid.fill(0)
    for (let k = 2 * g; k < places.length; k += 2 * groups) {
      const x = places[k]!
      const y = places[k + 1]!
      // The splines leave out the few centres that lie beyond the walls: their kernels are deposited one by one.
      if (splines === null || !(x >= -w && x <= w && y >= -w && y <= w)) {
        kernel.deposit(x, y, 1, grid, null)
      }
    }
  }

  function* reading(places: Float64Array): Generator<undefined, KlReading> {
    const n = places.length / 2
    const groups = Math.min(GROUPS, n)
    const grids = spare.pop() ?? Array.from({ length: GROUPS }, () => new Float64Array(size))
    for (let g = 0; g < groups; g++) {
      sum(places, g, groups, grids[g]!)
      yield
    }
    // Σ s·(log s − log π) for all and for all but one group; a group that misses a cell leaves the
    // cell's term as it is, so it costs no logarithm there.
    const used = grids.slice(0, groups)
    const sums = new Float64Array(1 + groups)
    for (let first = 0; first < size; first += BLOCK) {
      if (first % CELLS_A_PIECE === 0) yield
      addEntropies(used, logReference, first, Math.min(BLOCK, size - first), sums)
    }
    const without = sums.subarray(1)
    const plugIn = sums[0]! / n - log(n)
    if (groups < 2) {
      spare.push(grids)
      return {
        kl: plugIn,
        standardError: null,
        plugIn,
        estimator,
        pseudoValues: new Float64Array([plugIn]),
      }
    }
    const countWithout = (g: number): number =>
      n - (Math.floor(n / groups) + (g < n % groups ? 1 : 0))
    for (let g = 0; g < groups; g++)
      without[g] = without[g]! / countWithout(g) - log(countWithout(g))
    const { estimate, standardError, pseudoValues } = jackknife(plugIn, without)
    const all = new Float64Array(size)
    for (const own of used) for (let k = 0; k < size; k++) all[k] = all[k]! + own[k]!
    yield
    const left = biasLeft(all, n, cells, kernel.area, groups)
    let doubt = 0
    let values = pseudoValues.map((value) => value - left)
    if (Math.abs(left) > FELT * standardError) {
      const wider = biasLeft(all, n, cells, kernel.area, groups, 2 * WINDOW)
      doubt = Math.max(Math.abs(left - wider), TRUSTED * Math.abs(left))
      yield
      const rest = new Float64Array(size)
      const leftWithout = new Float64Array(groups)
      for (let g = 0; g < groups; g++) {
        yield
        const own = used[g]!
        for (let k = 0; k < size; k++) rest[k] = Math.max(0, all[k]! - own[k]!)
        leftWithout[g] = biasLeft(rest, countWithout(g), cells, kernel.area, groups)
      }
      const centre = mean(leftWithout)
      values = values.map((value, g) => value - (groups - 1) * (centre - leftWithout[g]!))
    }
    spare.push(grids)
    const error = standardErrorOf(values)
    const b = plugIn - estimate
    return {
      kl: estimate - left,
      standardError: Math.max(Math.sqrt(error * error + doubt * doubt), b > SPARSE ? b : 0),
      plugIn,
      estimator,
      pseudoValues: values,
    }
  }

  return {
    ...said,
    cells,
    reading,
    read: (places) => finish(reading(places)),
  }
}
