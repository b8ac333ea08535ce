import { log } from '../../../core/maths/elementary.ts'
import { inverse2 } from '../../../core/maths/linalg2.ts'

const LOG_TWO_PI = 1.8378770664093453

/**
 * Cross-entropy on `test` of the Gaussian of greatest likelihood on `train`, nats:
 * mean ½(x − m)ᵀC⁻¹(x − m) + log 2π + ½ log det C.
 * @param train length 2n, n ≥ 3, not all on a line
 * @param test length 2m, m ≥ 1
 */
export function gaussianCrossEntropy(train: ArrayLike<number>, test: ArrayLike<number>): number {
  const n = train.length / 2
  let mx = 0
  let my = 0
  for (let i = 0; i < n; i++) {
    mx += train[2 * i]!
    my += train[2 * i + 1]!
  }
  mx /= n
  my /= n
  let xx = 0
  let xy = 0
  let yy = 0
  for (let i = 0; i < n; i++) {
    const dx = train[2 * i]! - mx
    const dy = train[2 * i + 1]! - my
    xx += dx * dx
    xy += dx * dy
    yy += dy * dy
  }
  xx /= n
  xy /= n
  yy /= n
  const [pxx, pxy, pyy] = inverse2(xx, xy, yy)
  let sum = 0
  const m = test.length / 2
  for (let i = 0; i < m; i++) {
    const dx = test[2 * i]! - mx
    const dy = test[2 * i + 1]! - my
    sum += 0.5 * (pxx * dx * dx + 2 * pxy * dx * dy + pyy * dy * dy)
  }
  return sum / m + LOG_TWO_PI + 0.5 * log(xx * yy - xy * xy)
}
