import { hasKnownDensity } from '../defaults.ts'
import { addProblem, type Problem } from './problem.ts'
import {
  newSceneReading,
  SCENE,
  type EnergySpec,
  type SceneSpec,
  type TargetSpec,
} from '../sceneSpec.ts'

export type Parsed = { readonly scene: SceneSpec } | { readonly error: Problem }

export interface Recovered {
  readonly scene: SceneSpec
  /** The mistakes, in the order of the fields. */
  readonly problems: readonly Problem[]
}

/**
 * A scene from any JSON value, strictly: at the first unknown key, wrong type or value out of range it refuses
 * the whole scene and names the field. Missing keys take their defaults. For files and the headless runner.
 */
export function parseScene(json: unknown): Parsed {
  const { scene, problems } = recoverScene(json)
  const [first] = problems
  return first === undefined ? { scene } : { error: first }
}

/**
 * A scene from any JSON value, leniently: a bad field takes its default, an unknown key is left out, `problems`
 * names both, and all other fields are kept. Total: never throws. For links.
 */
export function recoverScene(json: unknown): Recovered {
  const reading = newSceneReading()
  const scene = SCENE.read(json, '', reading)!
  const energy = withDensities(scene.energy, scene.target, 'energy', reading.problems)
  return {
    scene: energy === scene.energy ? scene : { ...scene, energy },
    problems: reading.problems,
  }
}

/** The energy with `trained` for each `exact` whose target has no density; each is added to `problems`. */
function withDensities(
  energy: EnergySpec,
  target: TargetSpec,
  path: string,
  problems: Problem[],
): EnergySpec {
  if (energy.kind === 'exact' && !hasKnownDensity(target)) {
    const found = `exact with the target ${target.kind}`
    addProblem(problems, { field: `${path}.kind`, found, allowed: 'a target with a density' })
    return { kind: 'trained' }
  }
  if (energy.kind !== 'sum') return energy
  const terms = energy.terms.map((term, i) => {
    const inside = `${path}.terms.${String(i)}.energy`
    const own = withDensities(term.energy, term.target ?? target, inside, problems)
    return own === term.energy ? term : { ...term, energy: own }
  })
  return terms.every((term, i) => term === energy.terms[i]) ? energy : { ...energy, terms }
}
