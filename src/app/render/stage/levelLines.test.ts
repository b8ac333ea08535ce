import { contours } from 'd3-contour'
import { describe, expect, it } from 'vitest'
import { drawLevel, type Pen } from './levelLines.ts'

type Line = readonly (readonly [number, number])[]

function linesOf(values: Float32Array, n: number, level: number, scratch?: Int32Array): Line[] {
  const lines: [number, number][][] = []
  const pen: Pen = {
    moveTo: (x, y) => lines.push([[x, y]]),
    lineTo: (x, y) => lines.at(-1)!.push([x, y]),
  }
  drawLevel(pen, values, n, level, 1, scratch)
  return lines
}

const sampled = (n: number, value: (x: number, y: number) => number) =>
  Float32Array.from({ length: n * n }, (_, k) => value((k % n) + 0.5, Math.floor(k / n) + 0.5))

const key = ([x, y]: readonly [number, number]) => `${x.toFixed(4)} ${y.toFixed(4)}`

describe('level lines', () => {
  it('are closed and in one stroke round a hill, and lie on it', () => {
    const values = sampled(40, (x, y) => -Math.hypot(x - 19, y - 22))
    const [line, ...others] = linesOf(values, 40, -12)
    expect(others).toEqual([])
    expect(line!.at(-1)).toEqual(line![0])
    for (const [x, y] of line!) expect(Math.hypot(x - 19, y - 22)).toBeCloseTo(12, 1)
  })

  it('go from border to border in one stroke, and no further than the outermost centres', () => {
    const values = sampled(30, (x, y) => x + 0.3 * y)
    const [line, ...others] = linesOf(values, 30, 18)
    expect(others).toEqual([])
    // From 17.85 on the first row to 9.15 on the last: every row, and nine columns.
    expect(line).toHaveLength(30 + 9)
    const ends = [line![0]![1], line!.at(-1)![1]].sort((a, b) => a - b)
    expect(ends).toEqual([0.5, 29.5])
  })

  it('cross the edges of the pixels where d3 crosses them', () => {
    const n = 50
    const values = sampled(n, (x, y) => Math.sin(x / 4) * Math.cos(y / 5) + 0.02 * x)
    for (const level of [-0.9, -0.3, 0.1, 0.44, 0.9, 1.4]) {
      const rings = contours()
        .size([n, n])
        .contour(values as unknown as number[], level)
        .coordinates.flat() as [number, number][][]
      const inner = rings
        .flat()
        .filter(
          ([x, y]) => x > 0.5 - 1e-9 && y > 0.5 - 1e-9 && x < n - 0.5 + 1e-9 && y < n - 0.5 + 1e-9,
        )
        .filter(([x, y]) => Math.abs((x % 1) - 0.5) < 1e-9 || Math.abs((y % 1) - 0.5) < 1e-9)
      const lines = linesOf(values, n, level)
      expect(new Set(lines.flat().map(key))).toEqual(new Set(inner.map(key)))
    }
  })

  it('part two high corners that face each other where the mean is low, and join them where it is high', () => {
    const facing = (low: number) => Float32Array.from([1, low, low, 1])
    const through = (low: number) =>
      linesOf(facing(low), 2, 0.5)
        .map((line) => line.map(key).join(' – '))
        .toSorted()
    expect(through(-0.5)).toHaveLength(2)
    expect(through(-0.5)).not.toEqual(through(0.25))
    // Joined, a line cuts off each low corner: both of its ends lie on sides of that corner.
    const joined = linesOf(facing(0.25), 2, 0.5).map((line) =>
      line.reduce((sum, [x, y]) => sum + x - y, 0),
    )
    expect(joined.toSorted((a, b) => a - b).map(Math.sign)).toEqual([-1, 1])
  })

  it('leave their scratch as they found it, and nothing where there is no level', () => {
    const n = 20
    const scratch = new Int32Array(2 * n * n)
    const values = sampled(n, (x, y) => Math.sin(x) * Math.sin(y))
    const once = linesOf(values, n, 0.2, scratch)
    expect(scratch.every((k) => k === 0)).toBe(true)
    expect(linesOf(values, n, 0.2, scratch)).toEqual(once)
    expect(linesOf(values, n, 2, scratch)).toEqual([])
    expect(linesOf(values.fill(NaN), n, 0, scratch)).toEqual([])
  })
})
