import { initialLaw } from '../../../core/analysis/laws/initialLaw.ts'
import { defaultStepSize, smoothness95 } from '../../../core/analysis/constants/smoothness.ts'
import type { EnergyField } from '../../../core/fields/energyField.ts'
import { gibbs } from '../../../core/fields/gibbs.ts'
import { createTransition, type Transition } from '../../../core/fields/transition.ts'
import { Purpose } from '../../../core/maths/rng.ts'
import { gradientFlow } from '../../../core/samplers/gradientFlow.ts'
import { samplerOf } from '../../../core/samplers/registry.ts'
import { createCloud, type Cloud } from '../../../core/samplers/sampler.ts'
import type { LiveFrame } from '../../protocol/calls.ts'
import { samePart } from '../../scene/normalise.ts'
import type { SceneSpec } from '../../scene/sceneSpec.ts'
import type { Environment } from '../environment.ts'
import { drawn, SpareClouds } from '../runs/frames.ts'
import type { ResolvedTarget } from '../energies/resolveTarget.ts'

/** Most steps that one call moves them. */
const MAX_STEPS = 100
/** Seconds that one call may move them for, be it by one step. */
const LONGEST = 0.012
/** Calls longer than this many seconds are followed by REST times their length for the training alone. */
const SHORT = 0.008
const REST = 2
const L95_DRAWS = 1024
/** Least steps between two releases of the deterministic flow. */
const RELEASE_STEPS = 24

/**
 * Both clouds, all particles of the scene, on an energy that changes under them; shown, never measured. Where they are
 * many they take at most a third of the time: fewer steps than asked for, and fewer calls that move them at all.
 */
export class LiveClouds {
  private readonly clock: Environment['clock']
  private scene: SceneSpec
  private target: ResolvedTarget
  private readonly spare: SpareClouds
  private clouds: { readonly langevin: Cloud; readonly flow: Cloud } | null = null
  private field: EnergyField | null = null
  private transition: Transition | null = null
  private step = 0
  /** Before this time it is the training's turn. */
  private resting = -Infinity
  private releasedAt = 0

  /** @param spare where the clouds that are shown are taken from; default: they are new */
  constructor(
    clock: Environment['clock'],
    scene: SceneSpec,
    target: ResolvedTarget,
    spare = new SpareClouds(),
  ) {
    this.spare = spare
    this.clock = clock
    this.scene = scene
    this.target = target
  }

  /**
   * Goes on from where the particles are, for another target or other dynamics; now and then the
   * deterministic flow starts again from the places of the Langevin particles.
   */
  retarget(scene: SceneSpec, target: ResolvedTarget): void {
    const { initial, particles } = this.scene.dynamics
    const begunElsewhere =
      particles !== scene.dynamics.particles || !samePart(initial, scene.dynamics.initial)
    if (begunElsewhere) this.clouds = null
    else if (this.clouds !== null && this.step - this.releasedAt >= RELEASE_STEPS) {
      // The flow gathers its particles in the minima, where they would stay together ever after.
      this.clouds = { ...this.clouds, flow: createCloud(this.clouds.langevin.xy) }
      this.releasedAt = this.step
    }
    this.scene = scene
    this.target = target
    this.transition = null
  }

  /**
   * Moves both clouds up to n steps on the energy as it stands, at η = 0.5/L95 of it.
   * @returns null where there was no time to move them; for n = 0 they are shown at any time
   */
  advance(field: EnergyField, steps: number): LiveFrame | null {
    if (steps > 0 && this.clock() < this.resting) return null
    const transition = this.transitionOn(field)
    const { langevin, flow } = this.cloudsOn(field)
    const { scene } = this
    const key = { seed: scene.seed, purpose: Purpose.dynamics }
    const sampler = samplerOf(scene.dynamics)
    const started = this.clock()
    for (let i = 0; i < Math.min(MAX_STEPS, steps); i++) {
      if (i > 0 && this.clock() - started >= LONGEST) break
      this.step++
      sampler.step(langevin, field, transition, key, this.step)
      gradientFlow.step(flow, field, transition, key, this.step)
    }
    const took = this.clock() - started
    if (took > SHORT) this.resting = started + (1 + REST) * took
    const shown = { langevin: langevin.xy, deterministic: flow.xy, companion: null }
    const { langevin: noisy, deterministic } = drawn(this.step, shown, this.spare)
    return { langevin: noisy, deterministic }
  }

  private transitionOn(field: EnergyField): Transition {
    const { dynamics, domain, seed } = this.scene
    if (this.transition === null || field !== this.field) {
      this.field = field
      const l95 = smoothness95(field, this.target.probes(L95_DRAWS, seed, domain.halfWidth))
      this.transition = createTransition({ ...dynamics, stepSize: defaultStepSize(l95) })
    }
    return this.transition
  }

  private cloudsOn(field: EnergyField): { readonly langevin: Cloud; readonly flow: Cloud } {
    const { dynamics, seed } = this.scene
    if (this.clouds === null) {
      const context = {
        field,
        gibbs: gibbs(field, dynamics.epsilon),
        target: this.target.initial,
      }
      const xy = initialLaw(dynamics.initial, context).sample(dynamics.particles, seed)
      this.clouds = { langevin: createCloud(xy), flow: createCloud(xy) }
    }
    return this.clouds
  }
}
