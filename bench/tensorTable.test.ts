import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { readGradient, tabulateEnergy } from '../src/core/fields/energyGrid.ts'
import { tensorTable } from './tensorTable.ts'

it('the table in tensor operations reads the same gradient as ours, walls and beyond included', async () => {
  await tf.setBackend('cpu')
  const grid = tabulateEnergy({ halfWidth: 3, cells: 32 }, (x, y, out) => {
    out[0] = Math.sin(x) * Math.cos(2 * y) + 0.1 * x * x * y
    out[1] = Math.cos(x) * Math.cos(2 * y) + 0.2 * x * y
    out[2] = -2 * Math.sin(x) * Math.sin(2 * y) + 0.1 * x * x
  })
  const points = [-3, -3, 3, 3, 0.1, -2.2, 1.7, 2.93, -2.5, 0, 0.1875, 0.375, 4, -5]
  const table = tensorTable(grid)
  const axis = (offset: number) => tf.tensor1d(points.filter((_, k) => k % 2 === offset))
  const [gx, gy] = table.gradient(axis(0), axis(1))
  const found = [await gx.data(), await gy.data()] as const
  const expected = new Float64Array(2)
  for (let k = 0; k < points.length; k += 2) {
    readGradient(grid, points[k]!, points[k + 1]!, expected)
    expect(found[0][k / 2]).toBeCloseTo(expected[0]!, 4)
    expect(found[1][k / 2]).toBeCloseTo(expected[1]!, 4)
  }
  table.dispose()
})
