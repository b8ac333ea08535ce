import { energyOfDensity, quadraticEnergy } from '../../../core/fields/analytic.ts'
import type { Term } from '../../../core/analysis/constants/termConstants.ts'
import type { EnergyField, EnergyGrid } from '../../../core/fields/energyField.ts'
import type { Barrier } from '../../../core/fields/barriers/registry.ts'
import { combineGrids, mixGrids } from '../../../core/fields/energyGrid.ts'
import { gibbs } from '../../../core/fields/gibbs.ts'
import type { Box } from '../../../core/maths/grid.ts'
import { parameterLayout } from '../../../learning/kernels/kernel.ts'
import type { EnergyModel } from '../../../learning/training/api.ts'
import { DEFAULT_SHAPE, penaltyStartOf } from '../../../learning/training/model.ts'
import { readEnergyFile, type EnergyFile } from '../../io/energyFile.ts'
import { sha256HexSync } from '../../io/sha256.ts'
import type { Notice } from '../../protocol/calls.ts'
import { isMixture } from '../../scene/composition.ts'
import type { EnergySpec, SceneSpec, TargetSpec, TrainingSpec } from '../../scene/sceneSpec.ts'
import { Cache } from './cache.ts'
import { energyName } from './energyLabel.ts'
import { Slicer, type Environment } from '../environment.ts'
import { Refusal, throwIfAborted } from '../refusal.ts'
import { openEnergy } from './openEnergy.ts'
import type { TargetResolver } from './resolveTarget.ts'
import { formulaEnergy, tabulate, type BatchEnergy } from './tabulate.ts'

/** What determines a trained energy, the scene's own or one in a term of a sum. */
export interface TrainingRecipe {
  readonly seed: number
  readonly target: TargetSpec
  readonly training: TrainingSpec
  readonly halfWidth: number
}

/** Where trained energies come from. */
export interface TrainedModels {
  /** The model of a recipe that was trained here; null otherwise. */
  inHand(recipe: TrainingRecipe): EnergyModel | null
  /** Trains a recipe that is not in hand. */
  train(recipe: TrainingRecipe, signal: AbortSignal | undefined): Promise<EnergyModel>
}

export interface ResolvedEnergy {
  readonly field: EnergyField
  /** False when the scene's own trained energy has not been trained: the table is the untrained one. */
  readonly trained: boolean
  /** Names of the terms of a composition; empty for other energies. */
  readonly terms: readonly string[]
  /** Weights and tables of the terms of a composition; empty for other energies. */
  readonly parts: readonly Term[]
  /** The networks in the energy; none for a formula or an untrained energy. */
  readonly models: readonly EnergyModel[]
  readonly notices: readonly Notice[]
}

/** The part of a scene that its energy depends on. */
export type EnergyScene = Pick<SceneSpec, 'seed' | 'target' | 'energy' | 'training' | 'domain'>

/** Where in a scene an energy stands. */
interface Place {
  readonly path: string
  readonly target: TargetSpec
  readonly top: boolean
}

/** What all resolutions share. */
interface Parts {
  readonly environment: Environment
  readonly targets: TargetResolver
  readonly models: TrainedModels
  readonly tables: Cache<EnergyGrid>
  /** log ∫e^(−V) over the box of tables that stood in a mixture. */
  readonly logZ: WeakMap<EnergyGrid, number>
  /** Weight files read, by the hash of their bytes. */
  readonly files: Cache<Pick<EnergyFile, 'model' | 'notes'>>
}

const TABLES = 48
const FILES = 64

/**
 * Turns a scene's energy into a table on the scene's box. The resolver keeps the tables of terms, so that
 * dragging a weight costs one sum or one mixture.
 */
export class EnergyResolver {
  private readonly parts: Parts

  constructor(environment: Environment, targets: TargetResolver, models: TrainedModels) {
    this.parts = {
      environment,
      targets,
      models,
      tables: new Cache(TABLES),
      logZ: new WeakMap(),
      files: new Cache(FILES),
    }
  }

  /** Starts to fetch the file of a shipped energy; `resolve` reports a missing one. */
  prefetch(energy: EnergySpec): void {
    if (energy.kind !== 'pretrained') return
    this.parts.environment.assets.pretrained(energy.name).catch(() => undefined)
  }

  /** @throws Refusal naming the field to blame; Aborted */
  async resolve(scene: EnergyScene, signal?: AbortSignal): Promise<ResolvedEnergy> {
    const work = new Resolution(this.parts, scene, signal)
    const { energy, target } = scene
    const field = await work.field(energy, { path: 'energy', target, top: true })
    return {
      field,
      trained: work.trained,
      terms:
        energy.kind === 'sum'
          ? energy.terms.map((term) => energyName(term.energy, term.target ?? target))
          : [],
      parts: work.summands,
      models: work.models,
      notices: work.notices,
    }
  }
}

/** The resolution of one scene's energy. */
class Resolution {
  trained = true
  readonly models: EnergyModel[] = []
  readonly notices: Notice[] = []
  readonly summands: Term[] = []
  private readonly box: Box
  private readonly slicer: Slicer
  private readonly scene: EnergyScene
  private readonly signal: AbortSignal | undefined
  private readonly parts: Parts

  constructor(parts: Parts, scene: EnergyScene, signal: AbortSignal | undefined) {
    this.parts = parts
    this.scene = scene
    this.signal = signal
    const { halfWidth, cells } = scene.domain
    this.box = { halfWidth, cells }
    this.slicer = new Slicer(parts.environment)
  }

  async field(energy: EnergySpec, place: Place): Promise<EnergyField> {
    if (energy.kind !== 'sum') return { grid: await this.grid(energy, place), barriers: [] }
    const grids: EnergyGrid[] = []
    const weights: number[] = []
    const barriers: Barrier[] = [...energy.barriers]
    const mixture = isMixture(energy)
    for (const [i, term] of energy.terms.entries()) {
      const { weight } = term
      const path = `${place.path}.terms.${i}.energy`
      const inner = await this.field(term.energy, {
        path,
        target: term.target ?? place.target,
        top: false,
      })
      grids.push(inner.grid)
      weights.push(weight)
      if (place.top) this.summands.push({ weight, grid: inner.grid })
      if (mixture && inner.barriers.length > 0)
        throw new Refusal(
          `${path}: found a barrier inside a term of an or; allowed: barriers beside its terms, which keep out of all of them`,
          path,
        )
      // A hard wall (strength 0) stays a hard wall for every weight of its term.
      for (const barrier of inner.barriers)
        if (weight > 0 || barrier.strength === 0)
          barriers.push({ ...barrier, strength: weight * barrier.strength })
    }
    if (!mixture) return { grid: combineGrids(weights, grids), barriers }
    const logZ: number[] = []
    for (const grid of grids) {
      logZ.push(this.logZ(grid))
      await this.slicer.breathe()
      throwIfAborted(this.signal)
    }
    return { grid: mixGrids(weights, grids, logZ), barriers }
  }

  private logZ(grid: EnergyGrid): number {
    const known = this.parts.logZ.get(grid)
    if (known !== undefined) return known
    const { logZ } = gibbs({ grid, barriers: [] }, 1)
    this.parts.logZ.set(grid, logZ)
    return logZ
  }

  private async grid(
    energy: Exclude<EnergySpec, { kind: 'sum' }>,
    place: Place,
  ): Promise<EnergyGrid> {
    switch (energy.kind) {
      case 'exact': {
        const { seed, domain } = this.scene
        const target = await this.parts.targets.resolve(place.target, seed, domain.halfWidth)
        const { density } = target.distribution
        if (density === null)
          throw new Refusal(
            `${place.path}: found exact for data points; allowed: exact for targets with a known density`,
            place.path,
          )
        return this.table(`exact ${JSON.stringify(place.target)}`, place, () =>
          formulaEnergy(energyOfDensity(density)),
        )
      }
      case 'quadratic':
        return this.table(`quadratic ${JSON.stringify(energy)}`, place, () =>
          formulaEnergy(quadraticEnergy(energy.center, energy.matrix)),
        )
      case 'pretrained':
        return this.weights(
          await this.bytes(place, 'name', (a) => a.pretrained(energy.name)),
          place,
        )
      case 'file':
        return this.weights(await this.bytes(place, 'path', (a) => a.file(energy.path)), place)
      case 'shelf':
        return this.shelf(energy, place)
      case 'trained':
        return this.trainedGrid(
          {
            seed: this.scene.seed,
            target: place.target,
            training: this.scene.training,
            halfWidth: this.scene.domain.halfWidth,
          },
          place,
        )
      default:
        return energy satisfies never
    }
  }

  private async shelf(
    energy: Extract<EnergySpec, { kind: 'shelf' }>,
    place: Place,
  ): Promise<EnergyGrid> {
    const bytes = await this.parts.environment.assets.shelf(energy.id)
    if (bytes !== null) {
      if (energy.hash !== '' && sha256HexSync(bytes) !== energy.hash)
        this.notices.push({
          level: 'warning',
          text: `The shelf energy ${energy.id} is not the one that this scene was made with; numbers will differ.`,
        })
      return this.weights(bytes, place)
    }
    const { recipe } = energy
    if (recipe === null)
      throw new Refusal(
        `${place.path}: the shelf here has no energy ${energy.id}, and the scene does not say how it was trained`,
        place.path,
      )
    this.notices.push({
      level: 'info',
      text: `The energy ${energy.id} is not on the shelf here: it is trained again from its recipe.`,
    })
    const full = { ...recipe, halfWidth: this.scene.domain.halfWidth }
    return this.trainedGrid(full, { ...place, top: false })
  }

  private async trainedGrid(recipe: TrainingRecipe, place: Place): Promise<EnergyGrid> {
    const model =
      this.parts.models.inHand(recipe) ??
      (place.top ? null : await this.parts.models.train(recipe, this.signal))
    if (model !== null) return this.model(model, place)
    this.trained = false
    return this.table('untrained', place, () =>
      openEnergy(this.parts.environment, untrainedModel(this.box.halfWidth)),
    )
  }

  private async bytes(
    place: Place,
    field: string,
    read: (assets: Environment['assets']) => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    try {
      return await read(this.parts.environment.assets)
    } catch (error) {
      if (error instanceof Refusal && error.field === null) {
        const path = `${place.path}.${field}`
        throw new Refusal(`${path}: ${error.message}`, path)
      }
      throw error
    }
  }

  private weights(bytes: Uint8Array, place: Place): Promise<EnergyGrid> {
    const { files } = this.parts
    const hash = sha256HexSync(bytes)
    let file = files.get(hash)
    if (file === undefined) {
      const read = readEnergyFile(bytes)
      if ('error' in read) throw new Refusal(`${place.path}: ${read.error}`, place.path)
      file = { model: read.model, notes: read.notes }
      files.set(hash, file)
    }
    for (const note of file.notes)
      this.notices.push({ level: 'info', text: `${place.path}: ${note}` })
    return this.model(file.model, place, hash)
  }

  private async model(model: EnergyModel, place: Place, name?: string): Promise<EnergyGrid> {
    const { halfWidth } = this.box
    if (model.halfWidth < halfWidth)
      throw new Refusal(
        `${place.path}: trained on [−${model.halfWidth}, ${model.halfWidth}]² only, the scene's box reaches ` +
          `${halfWidth}; allowed: domain.halfWidth up to ${model.halfWidth}`,
        place.path,
        model.halfWidth,
      )
    this.models.push(model)
    // The key holds everything that the table depends on: parameters, shape and start of the penalty.
    const { buffer, byteOffset, byteLength } = model.theta
    const key = name ?? sha256HexSync(new Uint8Array(buffer, byteOffset, byteLength))
    return this.table(
      `model ${key} ${JSON.stringify([model.shape, model.penaltyStart])}`,
      place,
      () => openEnergy(this.parts.environment, model),
    )
  }

  private async table(key: string, place: Place, energy: () => BatchEnergy): Promise<EnergyGrid> {
    const full = `${this.box.halfWidth}/${this.box.cells} ${key}`
    const found = this.parts.tables.get(full)
    if (found !== undefined) return found
    try {
      const grid = await tabulate(this.box, energy(), this.slicer, this.signal)
      this.parts.tables.set(full, grid)
      return grid
    } catch (error) {
      if (error instanceof RangeError)
        throw new Refusal(`${place.path}: ${error.message}`, place.path)
      throw error
    }
  }
}

/** The energy before the first training step: pure confinement, since the output layer starts at zero. */
function untrainedModel(halfWidth: number): EnergyModel {
  return {
    shape: DEFAULT_SHAPE,
    theta: new Float32Array(parameterLayout(DEFAULT_SHAPE).length),
    halfWidth,
    penaltyStart: penaltyStartOf(halfWidth),
    transform: null,
  }
}
