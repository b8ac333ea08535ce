import { exp, log } from '../../maths/elementary.ts'

/*
 * Bias of the plug-in of an entropy, Σ P̂ log P̂ with P̂ a sum of Gaussian kernels at N points, few of which overlap. In units of a
 * kernel's greatest value the sum at a place is S; with a = 2π√detΣ·N·p points under a kernel, p the density, hardly
 * varying on a kernel's width, the values w of the kernels there are a Poisson process of intensity a dw/w on (0, 1). So with
 * Ein(t) = ∫₀ᵗ (1 − e^−u)/u du
 *
 *   E e^(−tS) = e^(−a Ein(t))    (a law of Dickman); at a place drawn from P̂, with one more point:   E e^(−tS) = M(t) e^(−a Ein(t)),
 *   M(t) = (1 − e^−t)/t = Ein′(t).
 *
 * From log z = ∫ (e^−t − e^(−zt)) dt/t for z = S, and with t replaced by Ein(t) for z = a, the bias at density a is
 *
 *   φ(a) = E log S − log a = ∫ M e^(−a Ein) (1/Ein − 1/t) dt = 1/(4a) + 1/(144a²) + …
 *
 * A jackknife over G groups leaves ρ(a) = Gφ(a) − (G − 1)φ(a(G − 1)/G) of it; with Ein(t′) = Ein(t) G/(G − 1)
 *
 *   ρ(a) = ∫ M e^(−a Ein) (1/Ein − G/t + G/t′) dt.
 *
 * A window of the area of 1/o kernels round a point holds ν ≈ Poisson(a/o) further points, E z^ν = e^(−(1 − z)a/o). So
 * G(ν) = ∫ M (1 − o Ein)^ν (1/Ein − G/t + G/t′) dt has the mean ρ(a), whatever a is.
 * Source of the law of S: Dickman (1930), Ark. Mat. Astron. Fys. 22A; Penrose & Wade (2004), Adv. Appl. Probab. 36.
 */

/** Kernels' areas 2π√detΣ in a window, 1/o: a larger one reads the density less locally, a smaller one cuts the integral earlier. */
export const WINDOW = 12
/** The integrals run over log t from this value, below which the integrand is 0 to rounding… */
const FROM = -16
/** …to 1/o less this, beyond which 1 − o Ein < 0. */
const SHORT = 0.6
const STEP = 1 / 32
/** Greatest ν of the table, times o; beyond it G falls like 1/ν². */
const MOST = 40

const EULER = 0.5772156649015329

/** Ein(t), t > 0: its power series, or log t + γ + E₁(t) by a continued fraction. */
function ein(t: number): number {
  if (t < 4) {
    let term = -1
    let sum = 0
    for (let k = 1; k < 40; k++) {
      term *= -t / k
      sum += term / k
    }
    return sum
  }
  let fraction = 0
  for (let k = 30; k > 0; k--) fraction = (k * k) / (t + 2 * k + 1 - fraction)
  return log(t) + EULER + exp(-t) / (t + 1 - fraction)
}

/** G(ν), ν = 0, 1, … MOST/o, by the number of groups and the window. */
const tables = new Map<string, Float64Array>()

function tableOf(groups: number, window: number): Float64Array {
  const count = Math.round((window - SHORT - FROM) / STEP) + 1
  const t = Float64Array.from({ length: count }, (_, i) => exp(FROM + i * STEP))
  const rate = groups / (groups - 1)
  const kernel = t.map((at) => {
    const e = ein(at)
    // Newton's method for Ein(t′), from below: Ein is concave, and above 4 a logarithm.
    let further = e * rate > 2.5 ? exp(e * rate - EULER) : at * rate
    for (let pass = 0; pass < 6; pass++)
      further += ((rate * e - ein(further)) * further) / (1 - exp(-further))
    return 1 / e - groups / at + groups / further
  })
  const z = t.map((at) => Math.max(0, 1 - ein(at) / window))
  const terms = t.map((at, i) => (1 - exp(-at)) * kernel[i]! * STEP)
  return Float64Array.from({ length: MOST * window + 1 }, () => {
    let sum = 0
    for (let i = 0; i < count; i++) {
      sum += terms[i]!
      terms[i] = terms[i]! * z[i]!
    }
    return sum
  })
}

/**
 * What a jackknife over groups leaves of the bias of Σ P log P, nats, P the masses of cells under Gaussian kernels.
 * @param sums N·P of the cells, row-major
 * @param n N
 * @param cells cells a side
 * @param area 2π√detΣ of a kernel, in cells
 * @param window kernels' areas in a window, 1/o
 */
export function biasLeft(
  sums: Float64Array,
  n: number,
  cells: number,
  area: number,
  groups: number,
  window = WINDOW,
): number {
  const key = `${String(groups)} ${String(window)}`
  let table = tables.get(key)
  if (table === undefined) {
    table = tableOf(groups, window)
    tables.set(key, table)
  }
  const half = Math.max(0, Math.round(0.5 * (Math.sqrt(window * area) - 1)))
  const most = MOST * window
  // Sums over all cells to the left and below.
  const side = cells + 1
  const before = new Float64Array(side * side)
  for (let row = 0; row < cells; row++) {
    let line = 0
    for (let column = 0; column < cells; column++) {
      line += sums[row * cells + column]!
      const k = (row + 1) * side + column + 1
      before[k] = before[k - side]! + line
    }
  }
  let sum = 0
  for (let row = 0; row < cells; row++) {
    const low = Math.max(0, row - half) * side
    const high = Math.min(cells, row + half + 1) * side
    for (let column = 0; column < cells; column++) {
      const own = sums[row * cells + column]!
      if (!(own > 0)) continue
      const left = Math.max(0, column - half)
      const right = Math.min(cells, column + half + 1)
      const inside =
        before[high + right]! - before[high + left]! - before[low + right]! + before[low + left]!
      const room = ((high - low) / side) * (right - left)
      const others = Math.max(0, inside - 1) * ((window * area) / room)
      if (others >= most) sum += own * table[most]! * (most / others) * (most / others)
      else {
        const j = Math.floor(others)
        sum += own * (table[j]! + (others - j) * (table[j + 1]! - table[j]!))
      }
    }
  }
  return sum / n
}
