import { expect, test } from 'vitest'
import { quadraticEnergy } from '../../../core/fields/analytic.ts'
import type { EnergyField } from '../../../core/fields/energyField.ts'
import { tabulateEnergy } from '../../../core/fields/energyGrid.ts'
import { LiveClouds } from './liveClouds.ts'
import { TargetResolver } from '../energies/resolveTarget.ts'
import { createBench, sceneOf } from '../session.testing.ts'

const PARTICLES = 6000
const scene = sceneOf({ dynamics: { particles: PARTICLES }, domain: { halfWidth: 4, cells: 32 } })
const field: EnergyField = {
  grid: tabulateEnergy(
    scene.domain,
    quadraticEnergy(
      [0, 0],
      [
        [1, 0],
        [0, 2],
      ],
    ),
  ),
  barriers: [],
}

async function liveClouds(clock: () => number): Promise<LiveClouds> {
  const targets = new TargetResolver(createBench().assets)
  return new LiveClouds(clock, scene, await targets.resolve(scene.target, scene.seed, 4))
}

test('moves all particles of the scene, one step at least and no more than there is time for', async () => {
  // A clock on which each step takes five milliseconds.
  let now = 0
  const slow = await liveClouds(() => (now += 0.005))
  const quick = await liveClouds(() => 0)
  const moved = slow.advance(field, 10)!
  expect(moved.langevin).toHaveLength(2 * PARTICLES)
  expect(moved).toEqual(quick.advance(field, 3))
  expect(quick.advance(field, 0)!.langevin).toEqual(moved.langevin)
  expect(quick.advance(field, 1)!.langevin).not.toEqual(moved.langevin)
})

test('leaves two thirds of the time to the training where a call takes long, and shows them meanwhile', async () => {
  let now = 0
  let cost = 0.01
  const clouds = await liveClouds(() => (now += cost))
  const moved = clouds.advance(field, 1)!
  // The moving lasted from the clock's second tick to its third: the training has the next 20 ms.
  cost = 0.001
  expect(now).toBeCloseTo(0.03, 9)
  expect(clouds.advance(field, 1)).toBeNull()
  expect(clouds.advance(field, 0)).toEqual(moved)
  now = 0.0485
  expect(clouds.advance(field, 1)).toBeNull()
  now = 0.0495
  expect(clouds.advance(field, 1)).not.toBeNull()
  // A short call asks for no rest.
  expect(clouds.advance(field, 1)).not.toBeNull()
})
