import { tabulateDensity } from '../../../core/analysis/estimators/kl.ts'
import { quadraticEnergy } from '../../../core/fields/analytic.ts'
import type { Box } from '../../../core/maths/grid.ts'
import { mixtureDensity, productDensity } from '../../../core/targets/densities/composed.ts'
import type { Density, Distribution } from '../../../core/targets/target.ts'
import { isMixture } from '../../scene/composition.ts'
import { defaultTarget, HALF_TRAINED, isTargetId } from '../../scene/defaults.ts'
import type { Composition, EnergySpec, SceneSpec, TargetSpec } from '../../scene/sceneSpec.ts'
import type { ResolvedTarget, TargetResolver } from './resolveTarget.ts'

/**
 * The law ρ_D that a scene's energy stands for, which its samples are compared with. Of a composition it is that of the data of its
 * terms, Π ρᵢ^wᵢ or Σ pᵢρᵢ: what the composition would be if every term were −log of the density that it was trained on.
 */
export interface DataLaw {
  /** Of a composition restricted to the box, and not normalised. */
  readonly density: Density
  /** Whether a kernel estimate from points stands for a density. */
  readonly smoothed: boolean
  /** Whether V/ε is −log ρ_D up to a constant, by its formula. */
  readonly gibbs: boolean
  /** Draws of ρ_D; null for a composition. */
  readonly sample: Distribution['sample'] | null
}

/**
 * @param target the scene's, resolved
 * @returns null where a density is missing: of data without one, of a file whose term does not name what it was trained on, and of a term with a weight below 0,
 *   since 1/ρ grows without bound where an energy that was trained on ρ does not
 */
export async function dataLawOf(
  scene: SceneSpec,
  target: ResolvedTarget,
  targets: TargetResolver,
): Promise<DataLaw | null> {
  const { energy, domain, dynamics } = scene
  if (energy.kind !== 'sum') {
    const law = ofTarget(target, energy)
    return law === null
      ? null
      : {
          ...law,
          gibbs: law.gibbs && dynamics.epsilon === 1,
          sample: (rng, n) => target.initial.sample(rng, n),
        }
  }
  const resolve = (spec: TargetSpec) => targets.resolve(spec, scene.seed, domain.halfWidth)
  const law = await composed(energy, scene.target, domain, resolve)
  return law === null ? null : { ...law, gibbs: law.gibbs && dynamics.epsilon === 1, sample: null }
}

type Law = Omit<DataLaw, 'sample'>

function ofTarget({ initial, distribution }: ResolvedTarget, energy: EnergySpec): Law | null {
  const { density } = initial
  if (density === null) return null
  return { density, smoothed: distribution.density === null, gibbs: energy.kind === 'exact' }
}

async function composed(
  composition: Composition,
  target: TargetSpec,
  box: Box,
  resolve: (spec: TargetSpec) => Promise<ResolvedTarget>,
): Promise<Law | null> {
  const weights: number[] = []
  const laws: Law[] = []
  for (const term of composition.terms) {
    if (term.weight === 0) continue
    if (term.weight < 0) return null
    const law = await ofTerm(term.energy, term.target, target)
    if (law === null) return null
    weights.push(term.weight)
    laws.push(law)
  }
  if (laws.length === 0) return null
  const densities = laws.map(({ density }) => density)
  const whole = {
    smoothed: laws.some(({ smoothed }) => smoothed),
    gibbs: laws.every(({ gibbs }) => gibbs),
  }
  if (!isMixture(composition)) return { ...whole, density: productDensity(weights, densities) }
  const logZ = densities.map(
    (density) => tabulateDensity((x, y) => density.logDensity(x, y), box).logMass,
  )
  return { ...whole, density: mixtureDensity(weights, densities, logZ) }

  async function ofTerm(
    energy: EnergySpec,
    named: TargetSpec | null,
    around: TargetSpec,
  ): Promise<Law | null> {
    const own = named ?? around
    switch (energy.kind) {
      case 'sum':
        return composed(energy, own, box, resolve)
      case 'quadratic':
        return { density: quadraticDensity(energy), smoothed: false, gibbs: true }
      case 'file':
        // Weights of unknown origin, unless the term says what they were trained on.
        return named === null ? null : ofTarget(await resolve(named), energy)
      case 'shelf':
        return energy.recipe === null ? null : ofTarget(await resolve(energy.recipe.target), energy)
      case 'pretrained':
        return ofTarget(await resolve(shippedTarget(energy.name) ?? own), energy)
      case 'trained':
      case 'exact':
        return ofTarget(await resolve(own), energy)
      default:
        return energy satisfies never
    }
  }
}

/** What a shipped energy was trained on; null for a name that is none. */
function shippedTarget(name: string): TargetSpec | null {
  if (name === HALF_TRAINED) return defaultTarget('two-moons')
  return isTargetId(name) ? defaultTarget(name) : null
}

/** e^(−V) of a quadratic energy, not normalised. */
function quadraticDensity({
  center,
  matrix,
}: Extract<EnergySpec, { readonly kind: 'quadratic' }>): Density {
  const energy = quadraticEnergy(center, matrix)
  const out = new Float64Array(3)
  return {
    logDensity(x, y) {
      energy(x, y, out)
      return -out[0]!
    },
    score(x, y, score) {
      energy(x, y, out)
      score[0] = -out[1]!
      score[1] = -out[2]!
    },
  }
}
