import { expect, it } from 'vitest'
import { BlockLength } from './blockLength.ts'

/** Lengths of so many blocks on a device with a wait for each and a time for each step; the first one compiles. */
function lengths(wait: number, perStep: number, blocks = 30, compiling = 0): number[] {
  const length = new BlockLength()
  return Array.from({ length: blocks }, (_, block) => {
    const { steps } = length
    length.note(steps, wait + perStep * steps + (block === 0 ? compiling : 0))
    return steps
  })
}

it('fills the time with steps that are quick, however long the answer takes', () => {
  for (const wait of [0, 0.005, 0.02, 0.1, 1]) {
    expect(lengths(wait, 1e-4).slice(0, 7)).toEqual([1, 2, 4, 8, 16, 32, 64])
    expect(lengths(wait, 1e-3).at(-1)).toBeGreaterThanOrEqual(29)
    expect(lengths(wait, 1e-3).at(-1)).toBeLessThanOrEqual(31)
  }
})

it('makes slow steps one at a time', () => {
  for (const wait of [0, 0.1]) {
    expect(
      lengths(wait, 0.06)
        .slice(2)
        .every((steps) => steps === 1),
    ).toBe(true)
  }
})

it('recovers from the first block, which compiles, and from a hitch', () => {
  expect(lengths(0.002, 1e-3, 30, 5).at(-1)).toBeGreaterThanOrEqual(29)
  const length = new BlockLength()
  for (let block = 0; block < 20; block++) length.note(length.steps, 0.001 * length.steps)
  length.note(length.steps, 3)
  for (let block = 0; block < 20; block++) length.note(length.steps, 0.001 * length.steps)
  expect(length.steps).toBeGreaterThanOrEqual(29)
})

it('keeps a training within a few times of what it could be where each answer takes 100 ms', () => {
  const wait = 0.1
  const perStep = 0.004
  const made = lengths(wait, perStep, 100)
  const steps = made.reduce((sum, each) => sum + each, 0)
  const seconds = made.length * wait + steps * perStep
  expect(steps / seconds).toBeGreaterThan(1 / perStep / 5)
})
