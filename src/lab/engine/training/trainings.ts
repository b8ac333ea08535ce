import type { EnergyModel } from '../../../learning/training/api.ts'
import { writeEnergyFile } from '../../io/energyFile.ts'
import { sha256HexSync } from '../../io/sha256.ts'
import type { LiveFrame, Request, TrainReply, TrainRequest } from '../../protocol/calls.ts'
import type { TrainingSummary } from '../../protocol/result.ts'
import { DEFAULT_SCENE } from '../../scene/defaults.ts'
import type { SceneSpec } from '../../scene/sceneSpec.ts'
import type { Backends } from './backends.ts'
import type { Environment } from '../environment.ts'
import type { SpareClouds } from '../runs/frames.ts'
import { LiveClouds } from './liveClouds.ts'
import { Aborted, Refusal, throwIfAborted } from '../refusal.ts'
import type { TrainingRecipe } from '../energies/resolveEnergy.ts'
import type { TargetResolver } from '../energies/resolveTarget.ts'
import { TrainingJob, type TrainingOutcome } from './trainingJob.ts'

/** A finished training. */
export interface TrainedEnergy {
  readonly model: EnergyModel
  readonly summary: TrainingSummary
  /** The recipe with the backend and the number of steps really used. */
  readonly scene: SceneSpec
}

/** The training under way, at most one, and the energies that were trained here. */
export class Trainings {
  private readonly environment: Environment
  private readonly backends: Backends
  private readonly targets: TargetResolver
  private readonly spare: SpareClouds
  private readonly following: () => boolean
  private readonly trained = new Map<string, TrainedEnergy>()
  private readonly wanted = new Map<string, Promise<TrainedEnergy>>()
  private job: TrainingJob | null = null
  private clouds: LiveClouds | null = null

  constructor(options: {
    readonly environment: Environment
    readonly backends: Backends
    readonly targets: TargetResolver
    readonly spare: SpareClouds
    /** Whether a live training is under way. */
    readonly following: () => boolean
  }) {
    this.environment = options.environment
    this.backends = options.backends
    this.targets = options.targets
    this.spare = options.spare
    this.following = options.following
  }

  get active(): boolean {
    return this.job !== null
  }

  /** The training that was finished here by a recipe; undefined where there is none. */
  of(recipe: TrainingRecipe): TrainedEnergy | undefined {
    return this.trained.get(recipeKey(recipe))
  }

  train = async (
    { scene, ...options }: TrainRequest,
    signal?: AbortSignal,
  ): Promise<TrainReply> => {
    const outcome = await this.start(scene, options, signal)
    const weights = weightsOf(outcome)
    return {
      outcome: outcome.outcome,
      summary: outcome.summary,
      weights,
      scene: outcome.scene,
      hash: sha256HexSync(weights),
    }
  }

  steerTraining = async ({ action }: Request<'steerTraining'>): Promise<null> => {
    this.job?.[action]()
    return null
  }

  /** Moves the particles on the live table of the training; null without a table or without clouds. */
  advance(steps: number): LiveFrame | null {
    const field = this.job?.live ?? null
    return field === null || this.clouds === null ? null : this.clouds.advance(field, steps)
  }

  /** The weights of a recipe trained here, as a file; null where the recipe was not trained here. */
  weightsOf(recipe: TrainingRecipe): Uint8Array<ArrayBuffer> | null {
    const trained = this.of(recipe)
    return trained === undefined ? null : weightsOf(trained)
  }

  private async start(
    scene: SceneSpec,
    options: Pick<TrainRequest, 'checkpoint' | 'paused'>,
    signal: AbortSignal | undefined,
  ): Promise<TrainingOutcome> {
    const target = await this.targets.resolve(scene.target, scene.seed, scene.domain.halfWidth)
    throwIfAborted(signal)
    if (this.job !== null)
      throw new Refusal('A training is already under way; it must end before the next begins')
    if (this.following())
      throw new Refusal('A live training is under way; it must end before another begins')
    const job = new TrainingJob({
      environment: this.environment,
      backends: this.backends,
      scene,
      target,
      checkpoint: options.checkpoint,
      paused: options.paused,
    })
    this.job = job
    this.clouds = new LiveClouds(this.environment.clock, scene, target, this.spare)
    const abort = () => {
      job.abort()
    }
    signal?.addEventListener('abort', abort)
    try {
      const outcome = await job.done
      if (outcome.outcome === 'finished') this.remember(scene, outcome)
      return outcome
    } finally {
      signal?.removeEventListener('abort', abort)
      this.job = null
      this.clouds = null
    }
  }

  /** Keeps a finished training under the recipe of the scene and under that recipe with backend and steps filled in. */
  private remember(asked: SceneSpec, { model, summary, scene }: TrainingOutcome): void {
    const trained: TrainedEnergy = { model, summary, scene }
    this.trained.set(recipeKey(recipeOf(asked)), trained)
    this.trained.set(recipeKey(recipeOf(scene)), trained)
  }

  /** The training of a recipe that a term of a sum needs; calls for one recipe share one training. */
  trainOnce(recipe: TrainingRecipe, signal: AbortSignal | undefined): Promise<TrainedEnergy> {
    throwIfAborted(signal)
    const key = recipeKey(recipe)
    const known = this.wanted.get(key)
    if (known) return known
    const training = this.trainRecipe(recipe).finally(() => this.wanted.delete(key))
    this.wanted.set(key, training)
    return training
  }

  private async trainRecipe(recipe: TrainingRecipe): Promise<TrainedEnergy> {
    // Trainings share the backend and the live table, so only one runs at a time.
    while (this.job !== null) await this.job.done.catch(() => undefined)
    const { seed, target, training, halfWidth } = recipe
    const scene: SceneSpec = {
      ...DEFAULT_SCENE,
      seed,
      target,
      training,
      domain: { ...DEFAULT_SCENE.domain, halfWidth },
    }
    const outcome = await this.start(scene, {}, undefined)
    if (outcome.outcome === 'aborted') throw new Aborted()
    if (outcome.outcome === 'diverged')
      throw new Refusal(
        `The training of a term diverged at step ${outcome.summary.steps}; allowed: another seed or objective`,
        'energy',
      )
    return outcome
  }
}

/** The recipe of a scene's own training. */
export function recipeOf(
  scene: Pick<SceneSpec, 'seed' | 'target' | 'training' | 'domain'>,
): TrainingRecipe {
  const { seed, target, training, domain } = scene
  return { seed, target, training, halfWidth: domain.halfWidth }
}

function recipeKey({ seed, target, training, halfWidth }: TrainingRecipe): string {
  const { objective, steps, seconds, backend } = training
  return JSON.stringify([seed, target, objective, steps, seconds, backend, halfWidth])
}

/** A trained energy as a safetensors file with its recipe. */
function weightsOf({
  model,
  scene,
}: Pick<TrainedEnergy, 'model' | 'scene'>): Uint8Array<ArrayBuffer> {
  const { seed, target, training } = scene
  return writeEnergyFile(model, { seed, target, training })
}
