import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { fold } from '../src/core/maths/grid.ts'
import { modelEnergy } from '../src/lab/engine/energies/tabulate.ts'
import { useTensors } from './backends.ts'
import { composedEnergy, composedLangevin, foldTensor } from './composedLangevin.ts'
import { PLAIN, shippedEnergy } from './landscape.ts'

const { model } = shippedEnergy('two-moons', 32)
/** All over the box, its confined rim and its corners included. */
const points = Float64Array.from({ length: 400 }, (_, i) => 4 * Math.sin(7.3 * i + i * i))

describe.each(['tfjs cpu', 'tfjs wasm'] as const)(
  'the rival in the operations of %s',
  (backend) => {
    it('follows the gradient that ours follows, to float32', async () => {
      await useTensors(backend)
      const expected = new Float64Array(points.length)
      modelEnergy(model)(points, new Float64Array(points.length / 2), expected)
      const energy = composedEnergy(model)
      const found = await energy.gradient(tf.tensor2d([...points], [points.length / 2, 2])).data()
      energy.dispose()
      expect(points.some((x) => Math.abs(x) > model.penaltyStart)).toBe(true)
      expected.forEach((g, k) => {
        expect(Math.abs(found[k]! - g)).toBeLessThan(1e-4 * (1 + Math.abs(g)))
      })
    })

    it('folds at the walls as we do, and leaves the inside alone', async () => {
      await useTensors(backend)
      const places = [0, 1.5, -3.9, 4, -4, 4.5, -5, 11.9, -12.5, 21]
      const found = await foldTensor(tf.tensor2d(places, [5, 2]), 4).data()
      places.forEach((x, k) => {
        expect(found[k]).toBeCloseTo(fold(x, 4), 5)
      })
    })

    it('takes steps of that mean and that spread', async () => {
      const n = 4000
      const start = new Float64Array(2 * n).map((_, i) => (i % 2 === 0 ? 0.8 : -0.5))
      const rival = composedLangevin('rival', backend, model, PLAIN, start)
      const moved = (await rival.run()) as Float32Array
      const slope = new Float64Array(2)
      modelEnergy(model)(start.subarray(0, 2), new Float64Array(1), slope)
      for (const axis of [0, 1]) {
        const of = moved.filter((_, i) => i % 2 === axis)
        const mean = of.reduce((sum, x) => sum + x, 0) / n
        const variance = of.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n
        const expected = 2 * PLAIN.stepSize * PLAIN.epsilon
        expect(Math.abs(mean - (start[axis]! - PLAIN.stepSize * slope[axis]!))).toBeLessThan(
          5 * Math.sqrt(expected / n),
        )
        expect(Math.abs(variance / expected - 1)).toBeLessThan(0.12)
      }
    })
  },
)
