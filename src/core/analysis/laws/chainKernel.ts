import { exp } from '../../maths/elementary.ts'
import { type Box, fold, spacing } from '../../maths/grid.ts'
import type { Symmetric2 } from '../../maths/linalg2.ts'

/**
 * Sums Gaussian kernels, folded (reflected) at the walls, on the cells of a box. Each source has a centre, a mass m and a
 * velocity b; its kernel adds m·w_c to the mass and m·w_c·b to the momentum of the cells c, Σ w = 1. With each reflection at a
 * wall the component of b across that wall changes sign.
 */
export interface ChainKernel {
  /** Fixes the centres of the sources 0, 1, …; [x0, y0, …], anywhere in the plane. */
  prepare(centres: Float64Array): void
  /** Clears the sums. @param withMomentum whether momenta are wanted */
  begin(withMomentum: boolean): void
  /** Adds the kernel of a prepared source. */
  depositSource(source: number, mass: number, bx: number, by: number): void
  /** Adds a kernel with its centre anywhere in the plane. */
  depositAt(cx: number, cy: number, mass: number, bx: number, by: number): void
  /** Writes the sums, length cells² each; momenta only if they were wanted. */
  finish(mass: Float64Array, momentumX: Float64Array, momentumY: Float64Array): void
}

/** Kernels are cut off at this many standard deviations; the narrow part of a split kernel, which is smoothed, at fewer. */
const REACH = 6
const NARROW_REACH = 5
/** Kernels of at least this standard deviation, in cells, are split. */
const SPLIT_ABOVE = 1.6
/** A kernel split into deviations s₀ and s₁ errs by exp(−2π²(s₀s₁/(sh))²): 3e-6 of itself at 0.8. */
const SPLIT_RESOLUTION = 0.8

/** @param covariance [xx, xy, yy], positive definite, world units² */
export function createChainKernel(box: Box, covariance: Symmetric2): ChainKernel {
  return covariance[1] === 0
    ? new SeparableKernel(box, covariance[0], covariance[2])
    : new CorrelatedKernel(box, covariance)
}

/** A Gaussian on a line of cells: the narrow part that each source deposits, and the rest, convolved with the sum of all. */
interface Split {
  readonly narrow: LineWeights
  /** Weights at 0, 1, … of the rest; null where the kernel is not split. */
  readonly rest: Float64Array | null
}

function lineWeights(deviation: number, reach: number): LineWeights {
  return new LineWeights(deviation, Math.ceil(reach * deviation))
}

function split(deviation: number): Split {
  if (deviation < SPLIT_ABOVE) {
    return { narrow: lineWeights(deviation, REACH), rest: null }
  }
  // The narrowest s₀ with s₀² (s² − s₀²) = (0.8 s)²; real from s = 1.6 on.
  const s2 = deviation * deviation
  const c2 = SPLIT_RESOLUTION * SPLIT_RESOLUTION
  const narrow2 = 0.5 * (s2 - Math.sqrt(s2 * Math.max(0, s2 - 4 * c2)))
  const narrow = Math.sqrt(narrow2)
  const variance = s2 - narrow2
  const reach = Math.ceil(REACH * Math.sqrt(variance))
  const rest = new Float64Array(reach + 1)
  let sum = 1
  rest[0] = 1
  for (let k = 1; k <= reach; k++) {
    rest[k] = exp((-0.5 * k * k) / variance)
    sum += 2 * rest[k]!
  }
  return { narrow: lineWeights(narrow, NARROW_REACH), rest: rest.map((w) => w / sum) }
}

/** Weights of a Gaussian on a line of cells, Σ = 1; everything in cells. */
class LineWeights {
  readonly reach: number
  readonly width: number
  private readonly precision: number
  /** exp(−k²/(2σ²)), k = 0 … reach. */
  private readonly decay: Float64Array

  constructor(deviation: number, reach: number) {
    this.reach = reach
    this.width = 2 * reach + 1
    this.precision = 1 / (deviation * deviation)
    this.decay = new Float64Array(reach + 1)
    for (let k = 0; k <= reach; k++) this.decay[k] = exp(-0.5 * k * k * this.precision)
  }

  /**
   * Writes the weights around the cell nearest to the position, which is `offset` beyond its middle, to
   * out[start], …: with |offset| ≤ ½, exp(−((k − offset)² − offset²)/(2σ²)) = aᵏ exp(−k²/(2σ²)), a = exp(offset/σ²).
   */
  fill(out: Float64Array, start: number, offset: number): void {
    const { reach, decay, precision } = this
    const middle = start + reach
    let sum = 1
    out[middle] = 1
    if (precision < 100) {
      const a = exp(offset * precision)
      const b = 1 / a
      let up = 1
      let down = 1
      for (let k = 1; k <= reach; k++) {
        up *= a
        down *= b
        const right = decay[k]! * up
        const left = decay[k]! * down
        out[middle + k] = right
        out[middle - k] = left
        sum += right + left
      }
    } else {
      // The powers would overflow.
      for (let k = 1; k <= reach; k++) {
        const right = exp(-0.5 * k * (k - 2 * offset) * precision)
        const left = exp(-0.5 * k * (k + 2 * offset) * precision)
        out[middle + k] = right
        out[middle - k] = left
        sum += right + left
      }
    }
    const scale = 1 / sum
    for (let k = start; k < start + this.width; k++) out[k] = out[k]! * scale
  }
}

/** Cell that cell i is mirrored to, −1 → 0, cells → cells − 1, …; its bitwise not after an odd number of reflections. */
function mirrored(i: number, cells: number): number {
  let t = i % (2 * cells)
  if (t < 0) t += 2 * cells
  return t < cells ? t : ~(2 * cells - 1 - t)
}

/** −1 where an odd number of reflections brings x back into [−w, w]. */
function orientation(x: number, w: number): 1 | -1 {
  return x >= -w && x <= w ? 1 : Math.floor((x + w) / (2 * w)) % 2 === 0 ? 1 : -1
}

/**
 * Kernels without correlation: reflecting their centres first leaves the law unchanged. Tables hold the weights of
 * every source along each axis; the sums have a margin of a kernel's reach, which `finish` folds back.
 */
class SeparableKernel implements ChainKernel {
  private readonly cells: number
  private readonly halfWidth: number
  private readonly h: number
  private readonly x: Split
  private readonly y: Split
  private readonly pitch: number
  private readonly sums: readonly [Float64Array, Float64Array, Float64Array]
  private readonly buffer: Float64Array
  private readonly line: Float64Array
  private withMomentum = true
  private xWeights: Float64Array
  private yWeights: Float64Array
  /** Place in the padded sums of the lower left cell of the kernel. */
  private corner: Int32Array
  /** Bit 0: reflected in x; bit 1: in y. */
  private flips: Uint8Array

  constructor(box: Box, xx: number, yy: number) {
    this.cells = box.cells
    this.halfWidth = box.halfWidth
    this.h = spacing(box)
    this.x = split(Math.sqrt(xx) / this.h)
    this.y = split(Math.sqrt(yy) / this.h)
    this.pitch = box.cells + 2 * this.x.narrow.reach
    const size = this.pitch * (box.cells + 2 * this.y.narrow.reach)
    this.sums = [new Float64Array(size), new Float64Array(size), new Float64Array(size)]
    this.buffer = new Float64Array(box.cells * box.cells)
    this.line = new Float64Array(box.cells + 2 * (this.x.rest?.length ?? 1))
    this.xWeights = new Float64Array(0)
    this.yWeights = new Float64Array(0)
    this.corner = new Int32Array(0)
    this.flips = new Uint8Array(0)
    // The last source is the one of `depositAt`.
    this.allocate(1)
  }

  private allocate(sources: number): void {
    this.xWeights = new Float64Array(sources * this.x.narrow.width)
    this.yWeights = new Float64Array(sources * this.y.narrow.width)
    this.corner = new Int32Array(sources)
    this.flips = new Uint8Array(sources)
  }

  private fill(source: number, cx: number, cy: number): void {
    const { halfWidth: w, h, cells, x, y } = this
    const sx = (fold(cx, w) + w) / h - 0.5
    const sy = (fold(cy, w) + w) / h - 0.5
    const column = Math.min(cells - 1, Math.floor(sx + 0.5))
    const row = Math.min(cells - 1, Math.floor(sy + 0.5))
    x.narrow.fill(this.xWeights, source * x.narrow.width, sx - column)
    y.narrow.fill(this.yWeights, source * y.narrow.width, sy - row)
    this.corner[source] = row * this.pitch + column
    this.flips[source] = (orientation(cx, w) < 0 ? 1 : 0) + (orientation(cy, w) < 0 ? 2 : 0)
  }

  prepare(centres: Float64Array): void {
    const n = centres.length / 2
    this.allocate(n + 1)
    for (let k = 0; k < n; k++) this.fill(k, centres[2 * k]!, centres[2 * k + 1]!)
  }

  begin(withMomentum: boolean): void {
    this.withMomentum = withMomentum
    for (const sum of this.sums) sum.fill(0)
  }

  depositAt(cx: number, cy: number, mass: number, bx: number, by: number): void {
    const last = this.corner.length - 1
    this.fill(last, cx, cy)
    this.depositSource(last, mass, bx, by)
  }

  depositSource(source: number, mass: number, bx: number, by: number): void {
    const { pitch, xWeights, yWeights } = this
    const [p, px, py] = this.sums
    const xWidth = this.x.narrow.width
    const yWidth = this.y.narrow.width
    const xStart = source * xWidth
    const yStart = source * yWidth
    const flips = this.flips[source]!
    let start = this.corner[source]!
    if (this.withMomentum) {
      const vx = (flips & 1) === 0 ? bx : -bx
      const vy = (flips & 2) === 0 ? by : -by
      for (let j = 0; j < yWidth; j++, start += pitch) {
        const weight = mass * yWeights[yStart + j]!
        const weightX = weight * vx
        const weightY = weight * vy
        for (let i = 0; i < xWidth; i++) {
          const w = xWeights[xStart + i]!
          const c = start + i
          p[c] = p[c]! + weight * w
          px[c] = px[c]! + weightX * w
          py[c] = py[c]! + weightY * w
        }
      }
    } else {
      for (let j = 0; j < yWidth; j++, start += pitch) {
        const weight = mass * yWeights[yStart + j]!
        for (let i = 0; i < xWidth; i++) {
          p[start + i] = p[start + i]! + weight * xWeights[xStart + i]!
        }
      }
    }
  }

  finish(mass: Float64Array, momentumX: Float64Array, momentumY: Float64Array): void {
    this.gather(this.sums[0], mass, 1, 1)
    if (!this.withMomentum) return
    this.gather(this.sums[1], momentumX, -1, 1)
    this.gather(this.sums[2], momentumY, 1, -1)
  }

  /** Folds the margins of a sum in, with the signs of a quantity even or odd across the walls, and convolves it with the rest. */
  private gather(sum: Float64Array, out: Float64Array, xSign: 1 | -1, ySign: 1 | -1): void {
    const { cells, pitch, x, y } = this
    const xReach = x.narrow.reach
    const yReach = y.narrow.reach
    out.fill(0)
    for (let j = 0; j < cells + 2 * yReach; j++) {
      const to = mirrored(j - yReach, cells)
      const row = (to < 0 ? ~to : to) * cells
      const rowSign = to < 0 ? ySign : 1
      const start = j * pitch
      for (let i = 0; i < xReach; i++) {
        const target = mirrored(i - xReach, cells)
        const c = row + (target < 0 ? ~target : target)
        out[c] = out[c]! + (target < 0 ? xSign : 1) * rowSign * sum[start + i]!
      }
      for (let i = 0; i < cells; i++) {
        out[row + i] = out[row + i]! + rowSign * sum[start + xReach + i]!
      }
      for (let i = cells; i < cells + xReach; i++) {
        const target = mirrored(i, cells)
        const c = row + (target < 0 ? ~target : target)
        out[c] = out[c]! + (target < 0 ? xSign : 1) * rowSign * sum[start + xReach + i]!
      }
    }
    if (x.rest !== null) this.convolveX(out, x.rest, xSign)
    if (y.rest !== null) this.convolveY(out, y.rest, ySign)
  }

  private convolveX(out: Float64Array, weights: Float64Array, sign: number): void {
    const { cells, line } = this
    const reach = weights.length - 1
    const length = cells + 2 * reach
    for (let start = 0; start < out.length; start += cells) {
      for (let i = 0; i < cells; i++) line[reach + i] = out[start + i]!
      for (let i = 0; i < reach; i++) {
        const low = mirrored(i - reach, cells)
        const high = mirrored(cells + i, cells)
        line[i] = low < 0 ? sign * out[start + ~low]! : out[start + low]!
        line[length - reach + i] = high < 0 ? sign * out[start + ~high]! : out[start + high]!
      }
      for (let i = 0; i < cells; i++) {
        let left = i + reach
        let right = left
        let value = weights[0]! * line[left]!
        for (let k = 1; k <= reach; k++) value += weights[k]! * (line[--left]! + line[++right]!)
        out[start + i] = value
      }
    }
  }

  /** Convolves along y, two pairs of rows at a time: `out` is read and written half as often as with one pair. */
  private convolveY(out: Float64Array, weights: Float64Array, sign: number): void {
    const { cells, buffer } = this
    const reach = weights.length - 1
    buffer.set(out)
    for (let row = 0; row < cells; row++) {
      const start = row * cells
      const w0 = weights[0]!
      for (let i = 0; i < cells; i++) out[start + i] = w0 * buffer[start + i]!
      for (let k = 1; k <= reach; k += 2) {
        const last = k === reach
        const a = mirrored(row - k, cells)
        const b = mirrored(row + k, cells)
        const c = mirrored(row - k - 1, cells)
        const d = mirrored(row + k + 1, cells)
        const near = weights[k]!
        const far = last ? 0 : weights[k + 1]!
        const wa = a < 0 ? sign * near : near
        const wb = b < 0 ? sign * near : near
        const wc = c < 0 ? sign * far : far
        const wd = d < 0 ? sign * far : far
        let ka = (a < 0 ? ~a : a) * cells
        let kb = (b < 0 ? ~b : b) * cells
        let kc = (c < 0 ? ~c : c) * cells
        let kd = (d < 0 ? ~d : d) * cells
        for (let i = start; i < start + cells; i++) {
          out[i] =
            out[i]! +
            wa * buffer[ka++]! +
            wb * buffer[kb++]! +
            (wc * buffer[kc++]! + wd * buffer[kd++]!)
        }
      }
    }
  }
}

/**
 * Kernels with correlation, N(y; c_y, Σ_yy) · N(x; c_x + tilt·(y − c_y), Σ_xx − Σ_xy²/Σ_yy), computed anew at each
 * deposit. A reflection changes the sign of the correlation, so the weights are computed on the unfolded plane.
 */
class CorrelatedKernel implements ChainKernel {
  private readonly cells: number
  private readonly halfWidth: number
  private readonly h: number
  private readonly tilt: number
  private readonly x: LineWeights
  private readonly y: LineWeights
  private readonly xWeights: Float64Array
  private readonly yWeights: Float64Array
  private readonly sums: readonly [Float64Array, Float64Array, Float64Array]
  private withMomentum = true
  private centres = new Float64Array(0)

  constructor(box: Box, [xx, xy, yy]: Symmetric2) {
    this.cells = box.cells
    this.halfWidth = box.halfWidth
    this.h = spacing(box)
    this.tilt = xy / yy
    this.x = lineWeights(Math.sqrt(xx - (xy * xy) / yy) / this.h, REACH)
    this.y = lineWeights(Math.sqrt(yy) / this.h, REACH)
    this.xWeights = new Float64Array(this.x.width)
    this.yWeights = new Float64Array(this.y.width)
    const size = box.cells * box.cells
    this.sums = [new Float64Array(size), new Float64Array(size), new Float64Array(size)]
  }

  prepare(centres: Float64Array): void {
    this.centres = centres.slice()
  }

  begin(withMomentum: boolean): void {
    this.withMomentum = withMomentum
    for (const sum of this.sums) sum.fill(0)
  }

  depositSource(source: number, mass: number, bx: number, by: number): void {
    this.depositAt(this.centres[2 * source]!, this.centres[2 * source + 1]!, mass, bx, by)
  }

  depositAt(cx: number, cy: number, mass: number, bx: number, by: number): void {
    const { cells, halfWidth, h, tilt, x, y, xWeights, yWeights } = this
    const [p, px, py] = this.sums
    const sx = (cx + halfWidth) / h - 0.5
    const sy = (cy + halfWidth) / h - 0.5
    const middle = Math.floor(sy + 0.5)
    const bottom = middle - y.reach
    y.fill(yWeights, 0, sy - middle)
    for (let j = 0; j < yWeights.length; j++) {
      const position = sx + tilt * (bottom + j - sy)
      const nearest = Math.floor(position + 0.5)
      const first = nearest - x.reach
      x.fill(xWeights, 0, position - nearest)
      const to = mirrored(bottom + j, cells)
      const row = (to < 0 ? ~to : to) * cells
      const vy = to < 0 ? -by : by
      const weight = mass * yWeights[j]!
      for (let i = 0; i < xWeights.length; i++) {
        const w = weight * xWeights[i]!
        const target = first + i
        const column = target >= 0 && target < cells ? target : mirrored(target, cells)
        const c = row + (column < 0 ? ~column : column)
        p[c] = p[c]! + w
        if (this.withMomentum) {
          px[c] = px[c]! + (column < 0 ? -w : w) * bx
          py[c] = py[c]! + w * vy
        }
      }
    }
  }

  finish(mass: Float64Array, momentumX: Float64Array, momentumY: Float64Array): void {
    mass.set(this.sums[0])
    if (!this.withMomentum) return
    momentumX.set(this.sums[1])
    momentumY.set(this.sums[2])
  }
}
