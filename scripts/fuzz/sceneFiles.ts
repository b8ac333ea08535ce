import { readSceneFile, writeBundle } from '../../src/lab/io/bundle.ts'
import { assetsOf } from '../../src/lab/scene/assets.ts'
import { sameScene, sceneText } from '../../src/lab/scene/normalise.ts'
import { describeProblem } from '../../src/lab/scene/reading/problem.ts'
import { changeText, hostileJson } from './mutate.ts'
import { demandScene, goodScenes } from './scenes.ts'
import { demand, demandMessage, type Subject } from './subject.ts'

const HUGE: readonly ((text: string) => string)[] = [
  () => '['.repeat(10_000_000),
  () => `{"energy":${'{"kind":"sum","terms":[{"energy":'.repeat(200_000)}`,
  (text) => text.replace('{', `{"note":"${'x'.repeat(10_000_000)}",`),
  (text) => text.replace('{', `{${'"a":1,'.repeat(1_000_000)}`),
  (text) =>
    text.replace('{', `{${Array.from({ length: 500_000 }, (_, i) => `"k${i}":1,`).join('')}`),
  (text) => text.replace('"seed"', `"points":[${'[1,2],'.repeat(1_000_000)}0],"seed"`),
  (text) => ' '.repeat(10_000_000) + text,
  (text) => text + '\\'.repeat(5_000_000),
]

export const sceneFiles: Subject = {
  name: 'scenes',
  count: 20_000,
  open(seed) {
    const scenes = goodScenes(seed)
    const bytes = Uint8Array.from({ length: 60 }, (_, i) => i * 7)
    const texts = scenes.map((scene, i) => {
      const names = assetsOf(scene)
      return i % 3 === 0
        ? writeBundle(scene, new Map(names.map((name) => [name, bytes])))
        : sceneText(scene)
    })
    return (draws) => {
      const at = draws.below(texts.length)
      const good = texts[at]!
      const intact = draws.chance(0.02)
      const text = intact
        ? good
        : draws.chance(0.001)
          ? draws.pick(HUGE)(good)
          : draws.chance(0.6)
            ? hostileJson(JSON.parse(good), draws)
            : changeText(good, draws, draws.pick(texts))
      const read = () => readSceneFile(text)
      return {
        input: text,
        read,
        verify() {
          const file = read()
          if ('error' in file) {
            demand(!intact, `a good file is refused: ${describeProblem(file.error)}`)
            demand(file.error.field !== '', 'no field is named')
            demandMessage(describeProblem(file.error))
            return
          }
          demandScene(file.scene)
          if (intact) demand(sameScene(file.scene, scenes[at]!), 'a good file gives another scene')
          if (!file.bundled) return
          const again = readSceneFile(writeBundle(file.scene, file.assets))
          demand(
            'scene' in again && sameScene(again.scene, file.scene),
            'a bundle changes when written',
          )
        },
      }
    }
  },
}
