import { exp, log } from '../../maths/elementary.ts'
import type { Rng } from '../../maths/rng.ts'
import { logErfDifference, logSumExp } from '../../maths/special.ts'
import { DEFAULT_SHARPNESS, TARGET_LABELS } from '../ids.ts'
import type { TargetKind } from '../target.ts'

const BASE_WIDTH = 0.08
const LOG_TWO = 0.6931471805599453
const LOG_EIGHT = 3 * LOG_TWO
const LOG_SQRT_TWO_PI = 0.9189385332046727

/** Columns and rows (0 … 3) of the eight dark squares: [column, row] covers [column − 2, column − 1] × …. */
const SQUARES: readonly (readonly [number, number])[] = [
  [0, 0],
  [2, 0],
  [1, 1],
  [3, 1],
  [0, 2],
  [2, 2],
  [1, 3],
  [3, 3],
]

/**
 * Eight of the sixteen unit squares on [−2, 2]², uniform, plus N(0, width²·I). The density is exact:
 * ρ(x, y) = ⅛ Σ_squares [Φ((a+1−x)/w) − Φ((a−x)/w)]·[Φ((b+1−y)/w) − Φ((b−y)/w)], each factor in the log
 * domain, so that it neither underflows far away nor cancels.
 */
export const checkerboard: TargetKind = {
  id: 'checkerboard',
  label: TARGET_LABELS.checkerboard.label,
  summary: 'Eight unit squares with soft edges: flat tops and steep walls that meet at corners.',
  defaultSharpness: DEFAULT_SHARPNESS.checkerboard,
  build(sharpness) {
    const width = BASE_WIDTH / sharpness
    const scale = 1 / (width * Math.SQRT2)
    const logPeak = -LOG_SQRT_TWO_PI - log(width)
    const inX = new Float64Array(4)
    const inY = new Float64Array(4)
    const term = new Float64Array(SQUARES.length)

    /** log of the smoothed indicator of each of the four unit intervals of [−2, 2] at t. */
    function intervals(t: number, out: Float64Array): void {
      for (let i = 0; i < 4; i++) {
        out[i] = logErfDifference((i - 2 - t) * scale, (i - 1 - t) * scale) - LOG_TWO
      }
    }

    /** d/dt of that log: [φ((a − t)/w) − φ((a + 1 − t)/w)]/w over the smoothed indicator. */
    function slope(i: number, t: number, logValue: number): number {
      const low = (i - 2 - t) * scale
      const high = (i - 1 - t) * scale
      return exp(logPeak - low * low - logValue) - exp(logPeak - high * high - logValue)
    }

    function gather(x: number, y: number): void {
      intervals(x, inX)
      intervals(y, inY)
      for (let k = 0; k < SQUARES.length; k++) {
        const [i, j] = SQUARES[k]!
        term[k] = inX[i]! + inY[j]!
      }
    }

    return {
      sample(rng: Rng, n: number): Float64Array {
        const xy = new Float64Array(2 * n)
        for (let k = 0; k < n; k++) {
          const [i, j] = SQUARES[rng.integer(SQUARES.length)]!
          xy[2 * k] = i - 2 + rng.uniform() + width * rng.normal()
          xy[2 * k + 1] = j - 2 + rng.uniform() + width * rng.normal()
        }
        return xy
      },
      density: {
        logDensity(x, y) {
          gather(x, y)
          return logSumExp(term) - LOG_EIGHT
        },
        score(x, y, out) {
          gather(x, y)
          const total = logSumExp(term)
          let sx = 0
          let sy = 0
          for (let k = 0; k < SQUARES.length; k++) {
            const w = exp(term[k]! - total)
            if (w === 0) continue
            const [i, j] = SQUARES[k]!
            sx += w * slope(i, x, inX[i]!)
            sy += w * slope(j, y, inY[j]!)
          }
          out[0] = sx
          out[1] = sy
        },
      },
    }
  },
}
