import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { recoverScene } from './reading/decode.ts'
import { sceneText } from './normalise.ts'
import { describeProblem } from './reading/problem.ts'
import type { SceneSpec } from './sceneSpec.ts'
import { decodeLocation, encodeHash } from './link/urlCodec.ts'

/**
 * Links and files as an earlier program wrote and read them, each with the SHA-256 of the scene file that it opened to:
 * what people have kept opens to the same scene, is written as a link of the same pairs, and is refused in the same words.
 */
interface Kept {
  /** Links that the program wrote. */
  readonly links: readonly (readonly [link: string, scene: string])[]
  /** Links that a person wrote. */
  readonly written: readonly (readonly [link: string, problems: readonly string[], scene: string])[]
  /** Scene files with one or two mistakes. */
  readonly broken: readonly (readonly [file: unknown, problems: readonly string[], scene: string])[]
}

const kept = JSON.parse(
  readFileSync(new URL('./fixtures/scenesOfVersion1.json', import.meta.url), 'utf8'),
) as Kept

/** A list of ids may have grown since. */
const told = (problems: readonly string[]) =>
  problems.map((problem) => problem.replace(/(one|a list) of .*$/u, '$1 of …'))

/** The text of a scene as it was before the fields that came later, which stand at their defaults. */
const textOfBefore = (scene: SceneSpec) => sceneText(scene).replace('  "sweep": null,\n', '')

const digest = (scene: SceneSpec) => createHash('sha256').update(textOfBefore(scene)).digest('hex')

/** What a link says, without its checksum, in which the order counts. */
const pairs = (link: string) =>
  link
    .replace(/&sum=\w+$/u, '')
    .slice(1)
    .split('&')
    .sort()

it('opens every link as before, and writes the same pairs', () => {
  for (const [link, scene] of kept.links) {
    const opened = decodeLocation(link)
    expect(opened.problems, link).toEqual([])
    expect(digest(opened.scene), link).toBe(scene)
    expect(pairs(encodeHash(opened.scene))).toEqual(pairs(link))
  }
})

it('reads every link written by hand as before', () => {
  for (const [link, problems, scene] of kept.written) {
    const opened = decodeLocation(link)
    expect(told(opened.problems.map(describeProblem)), link).toEqual(told(problems))
    expect(digest(opened.scene), link).toBe(scene)
  }
})

it('says of every broken file what it said before, and keeps as much of it', () => {
  for (const [file, problems, scene] of kept.broken) {
    const recovered = recoverScene(file)
    expect(told(recovered.problems.map(describeProblem)), JSON.stringify(file)).toEqual(
      told(problems),
    )
    expect(digest(recovered.scene), JSON.stringify(file)).toBe(scene)
  }
})
