import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { TARGET_IDS } from '../../core/targets/ids.ts'
import { readSceneFile } from '../io/bundle.ts'
import { DEFAULT_SCENE } from './defaults.ts'

const FOLDER = new URL('../../../scenes/', import.meta.url)
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))

describe('scenes/', () => {
  it('has the sharp training scene of every target with a known density', () => {
    for (const id of TARGET_IDS) {
      const parsed = readSceneFile(readFileSync(new URL(`${id}.json`, FOLDER), 'utf8'))
      expect(parsed).toMatchObject({
        scene: { ...DEFAULT_SCENE, target: { kind: id, sharpness: 1 } },
      })
    }
  })

  it.each(files)('%s is a valid scene', (name) => {
    const parsed = readSceneFile(readFileSync(new URL(name, FOLDER), 'utf8'))
    expect('error' in parsed ? parsed.error : null).toBeNull()
  })
})
