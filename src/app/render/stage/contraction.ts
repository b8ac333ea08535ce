import { addBarriers } from '../../../core/fields/barriers/terms.ts'
import { hermiteCellJet } from '../../../core/maths/hermite.ts'
import { minEigenvalue2, squareRoot2, type Symmetric2 } from '../../../core/maths/linalg2.ts'
import type { Landscape, Raster } from '../../../lab/protocol/calls.ts'
import { tableOf } from '../charts/readout.ts'

/** P as [xx, xy, yy]; the identity for plain dynamics. */
export type Metric = Symmetric2

/** The local rate of contraction over the box, NaN where a barrier forbids. */
export interface RateRaster extends Raster {
  /** Rate of full colour, > 0: nine tenths of the |rates| where particles can be are below it. */
  readonly scale: number
  /** How far the colours are to show: 1 where particles can be, fading to `FAINT` where none ever comes. */
  readonly presence: Raster
}

/** From so many ε above its lowest value on V keeps the particles out, and from twice as many entirely. */
const REACH = 8
const FAINT = 0.15
const SHARE = 0.9

/**
 * m(x) = λmin(P^½ ∇²V P^½) at the centres of the table's cells, barriers included: two nearby copies driven by one
 * noise approach at this rate, measured by |·| of P⁻¹, and part where it is negative.
 */
export function rateRaster(landscape: Landscape, metric: Metric): RateRaster {
  const { halfWidth, cells, epsilon, barriers } = landscape
  const table = tableOf(landscape)
  const [a, b, c] = squareRoot2(...metric)
  const h = (2 * halfWidth) / cells
  const values = new Float32Array(cells * cells)
  const energy = new Float64Array(cells * cells)
  const jet = new Float64Array(6)
  let lowest = Infinity
  for (let row = 0, k = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++, k++) {
      hermiteCellJet(table, column, row, 0.5, 0.5, jet)
      addBarriers(barriers, (column + 0.5) * h - halfWidth, (row + 0.5) * h - halfWidth, jet)
      const [v, xx, xy, yy] = [jet[0]!, jet[3]!, jet[4]!, jet[5]!]
      energy[k] = v
      if (v < lowest) lowest = v
      // S ∇²V S with S = P^½ = [[a, b], [b, c]].
      const [p, q, r, s] = [a * xx + b * xy, a * xy + b * yy, b * xx + c * xy, b * xy + c * yy]
      values[k] = minEigenvalue2(p * a + q * b, p * b + q * c, r * b + s * c)
    }
  }
  const sizes = values
    .filter((value, k) => Number.isFinite(value) && energy[k]! - lowest <= REACH * epsilon)
    .map(Math.abs)
    .sort()
  const scale = sizes[Math.floor(SHARE * (sizes.length - 1))] ?? 0
  const fading = Float32Array.from(energy, (v) =>
    Math.max(FAINT, Math.min(1, 2 - (v - lowest) / (REACH * epsilon))),
  )
  return {
    halfWidth,
    cells,
    values,
    scale: scale > 0 ? scale : 1,
    presence: { halfWidth, cells, values: fading },
  }
}

/** The mode of the spectral gap in the same colours: one state in the one, the other in the other. */
export function modeRaster(mode: Raster): RateRaster {
  const presence = { ...mode, values: new Float32Array(mode.values.length).fill(1) }
  return { ...mode, scale: 1, presence }
}

/**
 * Colours of rates: sign(m)·(|m|/scale)^0.7 on the diverging colours, so that weak rates show their sign too.
 * @param presence factors of the colours' alpha, 0–1
 */
export function fillRate(
  values: Float32Array,
  presence: Float32Array,
  scale: number,
  colours: Uint32Array,
  out: Uint32Array,
): void {
  for (let i = 0; i < values.length; i++) {
    const m = values[i]!
    if (Number.isNaN(m)) {
      out[i] = 0
      continue
    }
    const share = Math.min(1, Math.pow(Math.abs(m) / scale, 0.7))
    const colour = colours[Math.round(127.5 + 127.5 * Math.sign(m) * share)]!
    const alpha = Math.round((colour >>> 24) * presence[i]!)
    out[i] = ((alpha << 24) | (colour & 0xffffff)) >>> 0
  }
}
