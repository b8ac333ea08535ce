import { gibbs } from '../../core/fields/gibbs.ts'
import type { Raster, Request, ThumbnailRequest } from '../protocol/calls.ts'
import type { AnalysisCallName, CallHandlers } from '../protocol/messages.ts'
import type { DataReport, RunResult } from '../protocol/result.ts'
import type { SweptScene } from '../protocol/sweep.ts'
import { namedAssets } from '../scene/assets.ts'
import { DEFAULT_SCENE } from '../scene/defaults.ts'
import type { SceneSpec } from '../scene/sceneSpec.ts'
import { Backends, reportOf } from './training/backends.ts'
import { checkBackend } from './training/checkBackend.ts'
import type { Environment } from './environment.ts'
import { SpareClouds } from './runs/frames.ts'
import { openStepKernel } from './openStepKernel.ts'
import { throwIfAborted } from './refusal.ts'
import { EnergyResolver, type TrainingRecipe } from './energies/resolveEnergy.ts'
import { TargetResolver } from './energies/resolveTarget.ts'
import { Following } from './training/following.ts'
import { Runs } from './runs/runs.ts'
import { sweep, type SweepOptions } from './sweep/sweep.ts'
import { Trainings } from './training/trainings.ts'

/** Most cells a side of a thumbnail. */
const MAX_THUMBNAIL = 256

/**
 * Answers the lab's calls with the run, the training, the live training and what they share. The compute worker, the
 * headless runner and the tests wrap it.
 */
export type Session = ReturnType<typeof createSession>

/** @param onProvide stores the bytes of a `provide` call where `environment.assets` finds them */
export function createSession(
  environment: Environment,
  onProvide: (request: Request<'provide'>) => void,
) {
  const backends = new Backends(environment)
  void openStepKernel(environment)
  const targets = new TargetResolver(environment.assets)
  const spare = new SpareClouds()
  const shared = { environment, backends, targets, spare }
  const trainings: Trainings = new Trainings({ ...shared, following: () => following.active })
  const following = new Following({ ...shared, training: () => trainings.active })
  const energies = new EnergyResolver(environment, targets, {
    inHand: (recipe) => trainings.of(recipe)?.model ?? null,
    train: async (recipe, signal) => (await trainings.trainOnce(recipe, signal)).model,
  })
  const resolvers = { environment, targets, energies, trainings }
  const runs = new Runs({ ...resolvers, spare })

  /**
   * Reports on how the data files of a scene are read.
   * @throws Refusal naming what is missing or broken
   */
  async function dataReports(scene: SceneSpec): Promise<readonly DataReport[]> {
    const files = [...namedAssets(scene).values()].filter((asset) => asset.kind === 'points')
    return Promise.all(files.map((file) => targets.report(file)))
  }

  async function thumbnail(request: ThumbnailRequest, signal?: AbortSignal): Promise<Raster> {
    await environment.pause()
    throwIfAborted(signal)
    const cells = Math.max(16, Math.min(MAX_THUMBNAIL, Math.floor(request.cells)))
    const domain = { halfWidth: DEFAULT_SCENE.domain.halfWidth, cells }
    if (request.kind === 'target') {
      const target = await targets.resolve(request.target, DEFAULT_SCENE.seed, domain.halfWidth)
      return { ...domain, values: target.thumbnail(domain) }
    }
    const scene = { ...DEFAULT_SCENE, target: request.target, energy: request.energy, domain }
    const { field } = await energies.resolve(scene, signal)
    return { ...domain, values: Float32Array.from(gibbs(field, 1).density) }
  }

  const { prepare, frame, targetDensity, priceOfWays, analysisInput, stops, attach } = runs
  const { train, steerTraining } = trainings
  const { live, keepLive, endLive } = following
  const calls = {
    ...{ prepare, frame, targetDensity, priceOfWays, analysisInput, stops, attach },
    ...{ train, steerTraining, live, keepLive, endLive, thumbnail },
    async openBackend({ choice, calibrations }: Request<'openBackend'>) {
      backends.learn(calibrations)
      return reportOf(await backends.open(choice))
    },
    async checkBackend({ name }: Request<'checkBackend'>) {
      return checkBackend(backends, name, runs.models)
    },
    async provide(request: Request<'provide'>) {
      onProvide(request)
      return null
    },
    async result(request: Request<'result'>, signal?: AbortSignal): Promise<RunResult> {
      const result = await runs.result(request, signal)
      return { ...result, data: await dataReports(result.scene) }
    },
    async liveFrame({ steps, spare: given = [] }: Request<'liveFrame'>) {
      spare.add(given)
      return following.active ? following.advance(steps) : trainings.advance(steps)
    },
  } satisfies Omit<CallHandlers, AnalysisCallName | 'sweep'>
  return {
    ...calls,
    dataReports,
    sweep: (scene: SweptScene, options?: SweepOptions) => sweep(scene, resolvers, options),
    /** The weights of a recipe trained here, as a file; null where the recipe was not trained here. */
    trainedWeights: (recipe: TrainingRecipe) => trainings.weightsOf(recipe),
  }
}
