import { sameScene } from '../../src/lab/scene/normalise.ts'
import { describeProblem } from '../../src/lab/scene/reading/problem.ts'
import { applyOverrides, decodeLocation, encodeHash } from '../../src/lab/scene/link/urlCodec.ts'
import type { Draws } from './draws.ts'
import { changeText, HOSTILE, hostileJson } from './mutate.ts'
import { demandScene, goodScenes } from './scenes.ts'
import { demand, demandMessage, type Subject } from './subject.ts'

/** Most problems that one link may tell of. */
const MOST_PROBLEMS = 50

const PAIRS = /[#&]/u

/** What happens to links on their way, and what only a link can hold. */
const LINK_CHANGES: readonly ((text: string, draws: Draws, other: string) => string)[] = [
  (text) => `#${encodeURIComponent(text.slice(1).replace(/\p{Cs}/gu, ''))}`,
  (text) => text.replaceAll('&', '&amp;'),
  (text) => text.replaceAll('=', '%3D'),
  (text, draws) => `${text}&${draws.pick(['utm_source=x', 'fbclid=1', 'gclid=', '__proto__.x=1'])}`,
  (text, draws, other) => {
    const pairs = `${text.slice(1)}&${other.slice(1)}`.split(PAIRS)
    return `#${pairs.filter(() => draws.chance(0.7)).join('&')}`
  },
  (text, draws) => {
    const pairs = text.slice(1).split('&')
    const at = draws.below(pairs.length)
    const [key = ''] = pairs[at]!.split('=')
    pairs[at] = `${key}=${draws.pick(HOSTILE)}`
    if (draws.chance(0.2)) pairs.push(pairs[at])
    return `#${pairs.join('&')}`
  },
  (text, draws) => {
    const key = draws.pick([
      'target',
      'energy',
      'initial',
      'energy.terms',
      'view.layers',
      'dynamics',
    ])
    const value = { kind: 'sum', terms: [{ energy: { kind: 'trained' } }], points: [[1, 2]] }
    return `${text}&${key}=!${encodeURIComponent(hostileJson(value, draws).replace(/\p{Cs}/gu, ''))}`
  },
  (text, draws) =>
    `${text}&${'energy.terms.0.'.repeat(draws.below(60))}weight=${draws.pick(HOSTILE)}`,
  (text, draws) =>
    `${text}&target=points&target.points=~${draws.pick(['q', 'd', 'pI'])}${text.replace(/\W/gu, '')}`,
]

/** Megabytes, by the ways in which a link may grow. */
const HUGE: readonly ((text: string) => string)[] = [
  (text) => `${text}&${'a=1&'.repeat(2_500_000)}`,
  (text) => `${text}&target.file='${'%41'.repeat(3_300_000)}`,
  () => `#energy=!${'%5B'.repeat(3_300_000)}`,
  () => `#energy=!${'['.repeat(600_000)}`,
  () => `#${'energy.terms.0.'.repeat(100_000)}weight=1`,
  () => `#target=points&target.points=~q${'CAAB'.repeat(480_000)}`,
  () => `#epsilon=${'9'.repeat(1_900_000)}x`,
  () => `#initial.at=${'1,'.repeat(900_000)}`,
  () => `#target=points&target.points=${'1,2;'.repeat(450_000)}`,
  (text) => text + '&' + '\u0301%'.repeat(300_000),
  () => '#' + '&'.repeat(1_900_000),
  () => '#' + Array.from({ length: 150_000 }, (_, i) => `k${i}=1`).join('&'),
  () => `#energy=!{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`).join()}}`,
]

export const links: Subject = {
  name: 'links',
  count: 100_000,
  open(seed) {
    const scenes = goodScenes(seed)
    const hashes = scenes.map((scene) => encodeHash(scene))
    return (draws) => {
      const at = draws.below(hashes.length)
      const good = hashes[at]!
      const intact = draws.chance(0.02)
      const other = draws.pick(hashes)
      const hash = intact
        ? good
        : draws.chance(0.0005)
          ? draws.pick(HUGE)(good)
          : changeText(good, draws, other, LINK_CHANGES)
      const search = draws.chance(0.1)
        ? changeText('?backend=wasm&haltAt=20', draws, '?haltAt=1e3')
        : ''
      const read = () => decodeLocation(hash, search)
      return {
        input: search + hash,
        read,
        verify() {
          const { scene, problems, overrides } = read()
          demandScene(scene)
          demandScene(applyOverrides(scene, overrides))
          demand(problems.length <= MOST_PROBLEMS, `${problems.length} problems`)
          for (const problem of problems) demandMessage(describeProblem(problem))
          if (!intact) return
          demand(
            problems.length === (search === '' ? 0 : problems.length),
            'a good link has problems',
          )
          demand(sameScene(scene, scenes[at]!), 'a good link opens as another scene')
        },
      }
    }
  },
}
