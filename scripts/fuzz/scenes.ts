import fc from 'fast-check'
import { parseScene } from '../../src/lab/scene/reading/decode.ts'
import { DEFAULT_SCENE } from '../../src/lab/scene/defaults.ts'
import { normaliseScene, sameScene } from '../../src/lab/scene/normalise.ts'
import type { SceneSpec } from '../../src/lab/scene/sceneSpec.ts'
import { EXPERIMENTS } from '../../src/lab/scene/experiments.ts'
import { sceneArbitrary } from '../../src/lab/scene/scenes.testing.ts'
import { decodeLocation, encodeHash } from '../../src/lab/scene/link/urlCodec.ts'
import { demand } from './subject.ts'

const SAMPLED = 60

/** Good scenes of a seed: arbitrary ones, those of the page, and the default. */
export function goodScenes(seed: number): readonly SceneSpec[] {
  return [
    ...fc.sample(sceneArbitrary, { numRuns: SAMPLED, seed }),
    ...EXPERIMENTS.map(({ scene }) => scene),
    DEFAULT_SCENE,
  ]
}

/** Throws unless a scene is whole: valid, in normal form, and the same again when it is opened by its link. */
export function demandScene(scene: SceneSpec): void {
  const parsed = parseScene(scene)
  demand('scene' in parsed, 'a scene that the strict reader refuses')
  demand(sameScene(normaliseScene(scene), scene), 'a scene that is not in normal form')
  const hash = encodeHash(scene)
  const opened = decodeLocation(hash === '' ? '' : new URL(`http://localhost/${hash}`).hash)
  demand(opened.problems.length === 0, 'a scene whose own link opens with problems')
  demand(
    sameScene(opened.scene, scene),
    `a scene whose link opens as another: ${JSON.stringify(opened.scene).slice(0, 200)}`,
  )
}
