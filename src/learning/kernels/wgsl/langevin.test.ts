import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openDawn } from '../../../../scripts/openDawn.ts'
import { fold } from '../../../core/maths/grid.ts'
import { Purpose, gaussianPair } from '../../../core/maths/rng.ts'
import { draws } from '../conformance.testing.ts'
import { parameterLayout } from '../kernel.ts'
import type { NetworkShape } from '../kernel.ts'
import { evaluateReference } from '../reference.ts'
import { createWgslLangevin } from './langevin.ts'
import type { WgslLangevinOptions } from './langevin.ts'

// A software adapter compiles for seconds.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 })

const dawn = await openDawn()
if (dawn.open === null) console.warn(`Langevin in WGSL is not tested here: ${dawn.reason}.`)

const SHAPE: NetworkShape = { widths: [16, 8], activations: ['sin', 'silu'] }
const WALL = 2
const PENALTY = 1.6

const options = (overrides: Partial<WgslLangevinOptions> = {}): WgslLangevinOptions => ({
  shape: SHAPE,
  theta: draws(1, parameterLayout(SHAPE).length, 0.4),
  confinement: { halfWidth: WALL, penaltyStart: PENALTY },
  xy: draws(2, 2 * 75, 0.8).map((x) => fold(x, WALL)),
  eta: 0.02,
  epsilon: 1,
  seed: 4_000_000_007,
  ...overrides,
})

/** The same chain in float64. */
function reference({ theta, xy, eta, epsilon, seed }: WgslLangevinOptions, steps: number) {
  const x = Float64Array.from(xy)
  const n = x.length / 2
  const slope = new Float64Array(2 * n)
  const pair = new Float64Array(4)
  let mirrored = 0
  for (let step = 1; step <= steps; step++) {
    evaluateReference(SHAPE, theta, x, new Float64Array(n), slope)
    for (let i = 0; i < n; i++) {
      gaussianPair({ seed, purpose: Purpose.dynamics }, i, step, pair)
      for (let k = 0; k < 2; k++) {
        const at = x[2 * i + k]!
        const beyond = Math.max(0, Math.abs(at) - PENALTY)
        const drift = slope[2 * i + k]! + at + 20 * beyond * Math.sign(at)
        const moved = at - eta * drift + Math.sqrt(2 * eta * epsilon) * pair[k]!
        x[2 * i + k] = fold(moved, WALL)
        if (Math.abs(moved) > WALL) mirrored++
      }
    }
  }
  return { x, mirrored }
}

describe.skipIf(dawn.open === null)('Langevin in WGSL', () => {
  let device: GPUDevice
  beforeAll(async () => {
    device = await dawn.open!()
  })
  afterAll(() => device.destroy())

  it('follows the chain of the definition, mirrors at the wall included', async () => {
    const given = options({ eta: 0.05 })
    const particles = createWgslLangevin(device, given)
    await particles.advance(20)
    const found = await particles.read()
    const { x: expected, mirrored } = reference(given, 20)
    expect(mirrored).toBeGreaterThan(10)
    const worst = found.reduce((most, x, k) => Math.max(most, Math.abs(x - expected[k]!)), 0)
    expect(worst).toBeLessThan(1e-3)
    particles.dispose()
  })

  it('gives the same bits however its steps are divided, and reads back only when asked', async () => {
    const whole = createWgslLangevin(device, options())
    expect(await whole.read()).toEqual(options().xy)
    await whole.advance(70)
    const map = vi.spyOn(GPUBuffer.prototype, 'mapAsync')
    const parts = createWgslLangevin(device, options())
    // Not awaited in between: they are carried out in order all the same.
    const calls = [parts.advance(1), parts.advance(9), parts.advance(60)]
    await Promise.all(calls)
    expect(parts.step).toBe(70)
    expect(map).not.toHaveBeenCalled()
    expect(await parts.read()).toEqual(await whole.read())
    vi.restoreAllMocks()
    whole.dispose()
    parts.dispose()
  })

  it('flows down the gradient at temperature 0', async () => {
    const given = options({ epsilon: 0 })
    const particles = createWgslLangevin(device, given)
    await particles.advance(50)
    const found = await particles.read()
    const { x: expected } = reference(given, 50)
    expect(Math.max(...found.map((x, k) => Math.abs(x - expected[k]!)))).toBeLessThan(1e-4)
    particles.dispose()
  })

  it('rejects when its device is lost', async () => {
    const other = await dawn.open!()
    const particles = createWgslLangevin(other, options())
    await particles.advance(1)
    other.destroy()
    await expect(particles.read()).rejects.toThrow()
  })
})
