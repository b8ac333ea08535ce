import { describe, expect, it } from 'vitest'
import { exp } from '../../maths/elementary.ts'
import { type Box, centreCoordinate, fold, spacing } from '../../maths/grid.ts'
import type { Symmetric2 } from '../../maths/linalg2.ts'
import { Purpose, Rng } from '../../maths/rng.ts'
import { SplineKernel } from './splineKernel.ts'

const box: Box = { halfWidth: 3, cells: 48 }
const h = spacing(box)

/** The kernel at (x, y) on the cells, with its mirror images across up to `images` boxes, normalised over the plane. */
function folded([xx, xy, yy]: Symmetric2, x: number, y: number, images = 1): Float64Array {
  const { cells, halfWidth: w } = box
  const determinant = xx * yy - xy * xy
  const out = new Float64Array(cells * cells)
  const span = (2 * images + 1) * cells
  let sum = 0
  const index = (a: number) => Math.round((fold(a, w) + w) / h - 0.5)
  for (let j = 0; j < span; j++) {
    const cy = centreCoordinate(box, j - images * cells)
    const row = index(cy)
    for (let i = 0; i < span; i++) {
      const cx = centreCoordinate(box, i - images * cells)
      const dx = cx - x
      const dy = cy - y
      const g = exp((-0.5 * (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy)) / determinant)
      out[row * cells + index(cx)]! += g
      sum += g
    }
  }
  return out.map((g) => g / sum)
}

/** Largest difference of the sum at one place from the kernel itself, as a share of the kernel's peak. */
function worst(covariance: Symmetric2, images = 1): number {
  const kernel = new SplineKernel(box, covariance, 5)
  const out = new Float64Array(box.cells * box.cells)
  const rng = new Rng({ seed: 1, purpose: Purpose.probe })
  let most = 0
  for (let trial = 0; trial < 60; trial++) {
    // Half of them beside the walls, where images and the ends of the grid matter.
    const range = trial % 2 === 0 ? 3 : 3 * h
    const x = 3 - range * (1 - Math.abs(2 * rng.uniform() - 1))
    const y = range - 3 - range * Math.abs(2 * rng.uniform() - 1)
    expect(kernel.gather(new Float64Array([x, y]), 0, 1, out)).toBe(0)
    expect(out.reduce((s, v) => s + v, 0)).toBeCloseTo(1, 12)
    const exact = folded(covariance, x, y, images)
    const peak = Math.max(...exact)
    out.forEach((v, k) => (most = Math.max(most, Math.abs(v - exact[k]!) / peak)))
  }
  return most
}

describe('SplineKernel', () => {
  const s2 = (cells: number) => (cells * h) ** 2

  it('is the folded Gaussian up to 6e-5 of its peak at two cells a deviation, 3.5e-3 at 1.1', () => {
    expect(worst([s2(2), 0, s2(2)])).toBeLessThan(6e-5)
    expect(worst([s2(1.1), 0, s2(1.1)])).toBeLessThan(3.5e-3)
    // The error is of sixth order: a 64th at half the spacing.
    expect(worst([s2(4), 0, s2(4)])).toBeLessThan(6e-5 / 50)
  })

  it('takes another width on each axis, and axes that are not those of the grid', () => {
    expect(worst([s2(4), 0, s2(2)])).toBeLessThan(4e-5)
    expect(worst([s2(3), 0.5 * s2(2.5), s2(2)])).toBeLessThan(2e-4)
  })

  it('mirrors kernels wider than the box as often as they reach', () => {
    expect(worst([s2(30), 0, s2(22)], 4)).toBeLessThan(1.5e-5)
  })

  it('sums every stride-th place, and leaves out and counts those beyond the walls', () => {
    const rng = new Rng({ seed: 2, purpose: Purpose.probe })
    const places = Float64Array.from({ length: 400 }, () => 3.4 * (2 * rng.uniform() - 1))
    const kernel = new SplineKernel(box, [s2(2), 0, s2(2)], 5)
    const out = new Float64Array(box.cells * box.cells)
    const one = new Float64Array(out.length)
    const sum = new Float64Array(out.length)
    let outside = 0
    for (let i = 3; i < 200; i += 7) {
      outside += kernel.gather(places.subarray(2 * i, 2 * i + 2), 0, 1, one)
      one.forEach((v, k) => (sum[k]! += v))
    }
    expect(outside).toBeGreaterThan(2)
    expect(kernel.gather(places, 3, 7, out)).toBe(outside)
    out.forEach((v, k) => {
      expect(Math.abs(v - sum[k]!)).toBeLessThan(1e-14)
    })
  })
})
