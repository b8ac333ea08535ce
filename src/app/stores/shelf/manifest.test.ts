import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { defaultTarget, HALF_TRAINED } from '../../../lab/scene/defaults.ts'
import { PRETRAINED_IDS } from '../../../lab/scene/experiments.ts'
import { energyLabel } from '../labels.ts'
import { readManifest, shippedFor } from './manifest.ts'

const shipped = readManifest(JSON.parse(readFileSync('public/energies/manifest.json', 'utf8')))

test('every shipped target is on the shelf, and the half-trained energy is not', () => {
  expect(shipped.map(({ name }) => name).sort()).toEqual([...PRETRAINED_IDS].sort())
  expect(shippedFor(shipped, defaultTarget('two-moons'))?.name).toBe('two-moons')
})

test('a scene may still name it, and it goes by a name of its own', () => {
  const energy = { kind: 'pretrained', name: HALF_TRAINED } as const
  expect(energyLabel(energy, defaultTarget('two-moons'))).toMatch(/half trained$/)
})

test('what is no manifest gives an empty shelf', () => {
  for (const junk of [null, 3, [], {}, { energies: [1, {}, { name: 'x', target: { kind: 5 } }] }])
    expect(readManifest(junk)).toEqual([])
})
