import { initialLaw } from '../../../core/analysis/laws/initialLaw.ts'
import { defaultStepSize, smoothness95 } from '../../../core/analysis/constants/smoothness.ts'
import type { EnergyField } from '../../../core/fields/energyField.ts'
import { gibbs } from '../../../core/fields/gibbs.ts'
import type { Transition } from '../../../core/fields/transition.ts'
import { Purpose } from '../../../core/maths/rng.ts'
import { gradientFlow } from '../../../core/samplers/gradientFlow.ts'
import { samplerOf } from '../../../core/samplers/registry.ts'
import { createCloud, type Cloud } from '../../../core/samplers/sampler.ts'
import type { LiveFrame } from '../../protocol/calls.ts'
import { samePart } from '../../scene/normalise.ts'
import type { SceneSpec } from '../../scene/sceneSpec.ts'
import type { Environment } from '../environment.ts'
import { drawn, SpareClouds } from '../runs/frames.ts'
import { transitionOf } from '../runs/transitionOf.ts'
import type { ResolvedTarget } from '../energies/resolveTarget.ts'

/** Most steps of one call. */
const MAX_STEPS = 100
/** Seconds after which a call makes no further step. */
const LONGEST = 0.012
/** After a call longer than SHORT seconds the clouds rest for REST times its length, which the training gets. */
const SHORT = 0.008
const REST = 2
const L95_DRAWS = 1024
/** Fewest steps between two restarts of the deterministic flow. */
const RELEASE_STEPS = 24

/**
 * Both clouds, with all particles of the scene, on an energy under training; the page draws them and the engine measures
 * nothing on them. Clouds of many particles take at most a third of the time: calls make fewer steps, or none.
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
  /** Time up to which the clouds rest, seconds of `clock`. */
  private resting = -Infinity
  private releasedAt = 0

  /** @param spare arrays to copy frames into; default: none, every frame gets new ones */
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
   * Takes up another target or other dynamics from the current positions. At least RELEASE_STEPS after its last
   * restart the deterministic flow starts again from the positions of the Langevin particles.
   */
  retarget(scene: SceneSpec, target: ResolvedTarget): void {
    const { initial, particles } = this.scene.dynamics
    const begunElsewhere =
      particles !== scene.dynamics.particles || !samePart(initial, scene.dynamics.initial)
    if (begunElsewhere) this.clouds = null
    else if (this.clouds !== null && this.step - this.releasedAt >= RELEASE_STEPS) {
      // The flow gathers its particles in the minima and could not separate them again.
      this.clouds = { ...this.clouds, flow: createCloud(this.clouds.langevin.xy) }
      this.releasedAt = this.step
    }
    this.scene = scene
    this.target = target
    this.transition = null
  }

  /**
   * Moves both clouds up to `steps` steps on an energy, with its η = 0.5/L95.
   * @returns null while the clouds rest; with `steps` = 0 always the current positions
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
      this.transition = transitionOf(dynamics, defaultStepSize(l95), field)
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
