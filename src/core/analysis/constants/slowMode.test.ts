import { describe, expect, it } from 'vitest'
import { quadraticEnergy } from '../../fields/analytic.ts'
import type { EnergyFunction } from '../../fields/energyGrid.ts'
import { gibbs } from '../../fields/gibbs.ts'
import { fieldOf, mixture } from '../landscapes.testing.ts'
import { type SlowMode, slowModeOf } from './slowMode.ts'
import { spectralGap } from './spectrum.ts'

/** With its raster held to its states. */
function slowMode(energy: EnergyFunction): SlowMode {
  const pi = gibbs(fieldOf(energy, { halfWidth: 4, cells: 64 }), 1)
  const { slowMode: found, raster } = slowModeOf(pi, spectralGap(pi).mode)
  const at = ([x, y]: readonly [number, number]): number =>
    raster.values[Math.floor((y + 4) * 8) * 64 + Math.floor((x + 4) * 8)]!
  expect(Math.abs(at(found.heavier.at) + 1)).toBeLessThan(0.4)
  expect(Math.abs(at(found.lighter.at) - 1)).toBeLessThan(0.4)
  return found
}

describe('the slowest mode', () => {
  it('lies between two wells, with their places and masses', () => {
    const { kind, heavier, lighter } = slowMode(
      mixture(
        [
          [0.7, -1.2, 0.5],
          [0.3, 1.6, -1],
        ],
        0.2,
      ),
    )
    expect(kind).toBe('wells')
    expect(Math.hypot(heavier.at[0] + 1.2, heavier.at[1] - 0.5)).toBeLessThan(0.1)
    expect(Math.hypot(lighter.at[0] - 1.6, lighter.at[1] + 1)).toBeLessThan(0.1)
    expect(Math.abs(heavier.mass - 0.7)).toBeLessThan(1e-3)
    expect(Math.abs(lighter.mass - 0.3)).toBeLessThan(1e-3)
  })

  it.each([
    ['stray-corner', 3.95, -3.95],
    ['stray-edge', 0.5, 3.95],
    ['stray-well', 2.6, 1.2],
  ] as const)('is that of a %s at (%f, %f)', (kind, x, y) => {
    const found = slowMode(
      mixture(
        [
          [1, 0, 0],
          [2e-4, x, y],
        ],
        0.2,
      ),
    )
    expect(found.kind).toBe(kind)
    expect(Math.hypot(found.lighter.at[0] - x, found.lighter.at[1] - y)).toBeLessThan(0.15)
    expect(found.lighter.mass).toBeLessThan(3e-4)
  })

  it('lies along the weakest direction of a single well', () => {
    const { kind, heavier, lighter } = slowMode(
      quadraticEnergy(
        [0, 0],
        [
          [1.5, 0],
          [0, 4],
        ],
      ),
    )
    expect(kind).toBe('valley')
    expect(heavier.mass).toBeCloseTo(0.5, 2)
    // The mean of half a normal law of variance 1/1.5.
    const mean = Math.sqrt(2 / Math.PI / 1.5)
    expect(Math.abs(Math.abs(heavier.at[0]) - mean)).toBeLessThan(0.02)
    expect(heavier.at[0] * lighter.at[0]).toBeLessThan(0)
    expect(Math.abs(lighter.at[1])).toBeLessThan(0.02)
  })
})
