import { expect, it } from 'vitest'
import { Purpose, Rng } from '../../../core/maths/rng.ts'
import { DataHistogram } from './dataHistogram.ts'

const HALF_WIDTH = 2
const SIDE = 64
const CELL = (2 * HALF_WIDTH) / SIDE

/** Data uniform on the square [0.5, 1] × [−1, −0.5], which is a union of cells. */
function histogramOfSquare(): DataHistogram {
  return new DataHistogram({
    steps: 10,
    problem: {
      halfWidth: HALF_WIDTH,
      batch(step, n, out) {
        expect(step).toBeGreaterThan(10)
        const rng = new Rng({ seed: 3, purpose: Purpose.data }, step)
        for (let i = 0; i < n; i++) {
          out[2 * i] = 0.5 + rng.uniform() / 2
          out[2 * i + 1] = -1 + rng.uniform() / 2
        }
      },
    },
  })
}

const isData = (x: number, y: number) => x >= 0.5 && x < 1 && y >= -1 && y < -0.5

it('proposes with a density that is constant on cells: an eighth on all of Ω, the rest like the data', () => {
  const histogram = histogramOfSquare()
  const { side, log } = histogram.jumps
  expect(side).toBe(SIDE)
  const q = Array.from(log, Math.exp)
  const total = q.reduce((sum, one) => sum + one, 0)
  let inData = 0
  for (let k = 0; k < q.length; k++) {
    const [x, y] = [((k % side) + 0.5) * CELL - 2, (Math.floor(k / side) + 0.5) * CELL - 2]
    expect(histogram.logDensity(x, y)).toBe(log[k])
    if (isData(x, y)) inData += q[k]!
    else expect(q[k]! / total).toBeCloseTo(1 / 8 / side ** 2, 9)
  }
  // 64 of the 4,096 cells hold data.
  expect(inData / total).toBeCloseTo(7 / 8 + 1 / 8 / 64, 9)
})

it('draws from that density, inside Ω, and again the same', () => {
  const histogram = histogramOfSquare()
  const key = { seed: 5, purpose: Purpose.chains }
  const counts = new Float64Array(16)
  const mass = new Float64Array(16)
  const block = (x: number, y: number) => Math.floor(x + 2) + 4 * Math.floor(y + 2)
  const q = Array.from(histogram.jumps.log, Math.exp)
  const total = q.reduce((sum, one) => sum + one, 0)
  q.forEach((one, k) => {
    const [x, y] = [((k % SIDE) + 0.5) * CELL - 2, (Math.floor(k / SIDE) + 0.5) * CELL - 2]
    mass[block(x, y)]! += one / total
  })
  const n = 64_000
  const out = new Float32Array(512)
  let [sumX, sumXX] = [0, 0]
  for (let step = 0; step < n / 256; step++) {
    histogram.draw(key, 4 * step + 1, out)
    for (let i = 0; i < out.length; i += 2) {
      const [x, y] = [out[i]!, out[i + 1]!]
      expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThan(HALF_WIDTH)
      counts[block(x, y)]!++
      // The place in its cell.
      const part = (x + 2) / CELL - Math.floor((x + 2) / CELL)
      sumX += part
      sumXX += part * part
    }
  }
  // Seven standard errors, as sixteen squares are looked at.
  for (const [k, p] of mass.entries())
    expect(Math.abs(counts[k]! - n * p)).toBeLessThan(7 * Math.sqrt(n * p))
  expect(sumX / n).toBeCloseTo(1 / 2, 2)
  expect(sumXX / n).toBeCloseTo(1 / 3, 2)
  const again = new Float32Array(512)
  histogram.draw(key, 4 * (n / 256 - 1) + 1, again)
  expect(again).toEqual(out)
})

it('takes coordinates that lie beyond the wall by their rounding into the cells beside it', () => {
  const halfWidth = 4.3
  const beyond = Math.fround(-halfWidth)
  expect(beyond).toBeLessThan(-halfWidth)
  const histogram = new DataHistogram({
    steps: 10,
    problem: { halfWidth, batch: (_step, _n, out) => out.fill(beyond) },
  })
  expect(histogram.shares[0]).toBe(1)
  expect(histogram.logDensity(beyond, beyond)).toBe(histogram.jumps.log[0])
  expect(histogram.logDensity(-beyond, -beyond)).toBe(histogram.jumps.log[SIDE * SIDE - 1])
})
