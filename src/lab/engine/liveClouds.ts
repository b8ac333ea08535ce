import { initialLaw } from '../../core/analysis/initialLaw.ts'
import { defaultStepSize, smoothness95 } from '../../core/analysis/smoothness.ts'
import type { EnergyField } from '../../core/fields/energyField.ts'
import { gibbs } from '../../core/fields/gibbs.ts'
import { createTransition, type Transition } from '../../core/fields/transition.ts'
import { Purpose } from '../../core/maths/rng.ts'
import { gradientFlow } from '../../core/samplers/gradientFlow.ts'
import { createCloud, type Cloud } from '../../core/samplers/sampler.ts'
import type { LiveFrame } from '../protocol/calls.ts'
import type { SceneSpec } from '../scene/sceneSpec.ts'
import type { ResolvedTarget } from './resolveTarget.ts'
import { samplerOf } from './run.ts'

/** Most particles that are moved while training: enough to see, few enough not to slow it. */
const MAX_PARTICLES = 4096
/** Most steps that one call moves them. */
const MAX_STEPS = 100
const L95_DRAWS = 1024

/** Both clouds on an energy that changes under them; shown, never measured. */
export class LiveClouds {
  private scene: SceneSpec
  private target: ResolvedTarget
  private clouds: { readonly langevin: Cloud; readonly flow: Cloud } | null = null
  private field: EnergyField | null = null
  private transition: Transition | null = null
  private step = 0

  constructor(scene: SceneSpec, target: ResolvedTarget) {
    this.scene = scene
    this.target = target
  }

  /** Goes on from where the particles are, for another target or other dynamics. */
  retarget(scene: SceneSpec, target: ResolvedTarget): void {
    const { initial, particles } = this.scene.dynamics
    const begunElsewhere =
      particles !== scene.dynamics.particles ||
      JSON.stringify(initial) !== JSON.stringify(scene.dynamics.initial)
    if (begunElsewhere) this.clouds = null
    this.scene = scene
    this.target = target
    this.transition = null
  }

  /** Moves both clouds n steps on the energy as it stands, at η = 0.5/L95 of it. */
  advance(field: EnergyField, steps: number): LiveFrame {
    const { scene, target } = this
    const { dynamics, domain, seed } = scene
    if (this.transition === null || field !== this.field) {
      this.field = field
      const l95 = smoothness95(field, target.probes(L95_DRAWS, seed, domain.halfWidth))
      this.transition = createTransition({ ...dynamics, stepSize: defaultStepSize(l95) })
    }
    if (this.clouds === null) {
      const context = { field, gibbs: gibbs(field, dynamics.epsilon), target: target.initial }
      const particles = Math.min(MAX_PARTICLES, dynamics.particles)
      const xy = initialLaw(dynamics.initial, context).sample(particles, seed)
      this.clouds = { langevin: createCloud(xy), flow: createCloud(xy) }
    }
    const { langevin, flow } = this.clouds
    const key = { seed, purpose: Purpose.dynamics }
    const sampler = samplerOf(scene)
    for (let i = 0; i < Math.min(MAX_STEPS, steps); i++) {
      this.step++
      sampler.step(langevin, field, this.transition, key, this.step)
      gradientFlow.step(flow, field, this.transition, key, this.step)
    }
    return {
      langevin: Float32Array.from(langevin.xy),
      deterministic: Float32Array.from(flow.xy),
    }
  }
}
