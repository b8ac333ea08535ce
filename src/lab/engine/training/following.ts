import { writeEnergyFile } from '../../io/energyFile.ts'
import { sha256HexSync } from '../../io/sha256.ts'
import type { LiveEnergy, LiveFrame, LiveTarget, Request } from '../../protocol/calls.ts'
import type { SceneSpec } from '../../scene/sceneSpec.ts'
import type { Backends } from './backends.ts'
import type { Environment } from '../environment.ts'
import { LiveTargets } from './liveTargets.ts'
import { LiveTraining } from './liveTraining.ts'
import { describeFailure } from '../describeFailure.ts'
import { Aborted, Refusal, throwIfAborted } from '../refusal.ts'
import type { ResolvedTarget, TargetResolver } from '../energies/resolveTarget.ts'
import { PICTURE_POINTS, rasterOf } from '../energies/targetRaster.ts'

/** The live training of a session, at most one. */
export class Following {
  private readonly environment: Environment
  private readonly backends: Backends
  private readonly targets: LiveTargets
  private readonly training: () => boolean
  private following: LiveTraining | null = null
  private latest = 0

  constructor(options: {
    readonly environment: Environment
    readonly backends: Backends
    readonly targets: TargetResolver
    /** Whether a training by a recipe is under way. */
    readonly training: () => boolean
  }) {
    this.environment = options.environment
    this.backends = options.backends
    this.targets = new LiveTargets(options.targets, options.environment.assets)
    this.training = options.training
  }

  get active(): boolean {
    return this.following !== null
  }

  live = async ({ scene }: Request<'live'>, signal?: AbortSignal): Promise<LiveTarget> => {
    const turn = ++this.latest
    // Lets waiting calls in first: a stroke sends many, and only the last one counts.
    await this.environment.pause()
    const check = () => {
      throwIfAborted(signal)
      if (turn !== this.latest) throw new Aborted()
    }
    check()
    if (this.training())
      throw new Refusal('A training is under way; it must end before one follows its target live')
    const { seed, domain } = scene
    const target = await this.targets.resolve(scene.target, seed, domain.halfWidth)
    check()
    const following = this.goOn(scene, target)
    return {
      target: following.target,
      targetDensity: rasterOf((box) => target.density(box), domain),
      data: target.picture(PICTURE_POINTS, seed),
      transform: target.transform,
    }
  }

  keepLive = async (): Promise<LiveEnergy> => {
    const kept = (await this.following?.keep()) ?? null
    if (kept === null) throw new Refusal('There is no live energy to keep yet')
    const { scene, model, summary } = kept
    const provenance = `trained live, ${summary.steps} steps, objective quadrature`
    const weights = writeEnergyFile(model, null, provenance)
    return { scene, summary, weights, hash: sha256HexSync(weights), provenance }
  }

  endLive = async (): Promise<null> => {
    this.latest++
    const { following } = this
    this.following = null
    following?.end()
    await following?.done.catch(() => undefined)
    return null
  }

  /** Moves the particles of the live training; null without one and where its clouds give no frame. */
  async advance(steps: number): Promise<LiveFrame | null> {
    return this.following?.advance(steps) ?? null
  }

  /** Sends the live training on to a target, or starts a new one where the scene does not fit it. */
  private goOn(scene: SceneSpec, target: ResolvedTarget): LiveTraining {
    if (this.following?.fits(scene)) {
      this.following.retarget(scene, target)
      return this.following
    }
    this.following?.end()
    const following = new LiveTraining({
      environment: this.environment,
      backends: this.backends,
      scene,
      target,
    })
    this.following = following
    following.done.catch((error: unknown) => {
      if (this.following !== following) return
      this.following = null
      const { message, details } = describeFailure(error)
      this.environment.emit('notice', {
        level: 'error',
        text: `The live training stopped. ${message}`,
        ...(details === undefined ? {} : { details }),
      })
      this.environment.emit('liveEnded', { message })
    })
    return following
  }
}
