import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { readSceneFile } from '../../src/lab/io/bundle.ts'
import { EXPERIMENTS } from '../../src/lab/scene/experiments.ts'
import type { SceneSpec } from '../../src/lab/scene/sceneSpec.ts'
import { perform } from './perform.ts'

const SCENES = path.join(import.meta.dirname, '../../scenes')

/** Quickly computed, with every part that the scene has. */
function small(scene: SceneSpec): SceneSpec {
  return {
    ...scene,
    domain: { ...scene.domain, cells: 32 },
    dynamics: { ...scene.dynamics, steps: 6, particles: 256 },
    training: { ...scene.training, steps: 3, seconds: null, backend: 'wasm' },
  }
}

function sceneOf(name: string): SceneSpec {
  const read = readSceneFile(readFileSync(path.join(SCENES, `${name}.json`), 'utf8'))
  if ('error' in read) throw new Error(`${name}: ${read.error.field}`)
  return read.scene
}

/** `npx vitest run scripts/reproduce/sameResults.test.ts -u` writes the file anew, where results are meant to move. */
const digest = (value: unknown) =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)

test('the scenes that come with the lab have the results that they had, to the last bit', async () => {
  const scenes = [
    ...EXPERIMENTS.map(({ id, scene, group }) => ({ name: id, scene, laws: group === 'theory' })),
    // Points, a convex quadratic and a sum with trained terms: no experiment has these.
    ...['old-faithful', 'ou-a', 'sum'].map((name) => ({ name, scene: sceneOf(name), laws: true })),
  ]
  const lines: string[] = []
  for (const { name, scene, laws } of scenes) {
    const { runs } = await perform({
      scene: small(scene),
      seeds: [scene.seed],
      laws: laws ? 'each' : 'none',
    })
    const { result, cloud } = runs[0]!
    const { kl, klStandardError, klExact, fokkerPlanck, fokkerPlanckError } = result.langevin
    const { energy, gradient, ...flow } = result.deterministic
    const { energyError, energyRate, energyRateError, energyDrift } = result.langevin
    const parts = {
      ...{ kl, klStandardError, klExact, fokkerPlanck, fokkerPlanckError },
      flow,
      energies: [
        ...[energy, gradient, result.langevin.energy, result.langevin.gradient],
        ...[energyError, energyRate, energyRateError, energyDrift],
      ],
      constants: result.constants,
      stops: result.stopping.map(({ criterion, step }) => [criterion, step]),
      particles: [...cloud],
    }
    const digests = Object.entries(parts).map(([part, value]) => `  ${part} ${digest(value)}`)
    lines.push(`${name}: KL ${String(kl.at(-1))} at step ${kl.length - 1}`, ...digests)
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('sameResults.txt')
})
