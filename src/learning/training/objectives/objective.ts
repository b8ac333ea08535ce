import type { ObjectiveId } from '../../ids.ts'
import type { Negatives } from '../../kernels/block.ts'
import type { NetworkShape, Tuples } from '../../kernels/kernel.ts'
import type { TrainingProblem } from '../api.ts'

/** The state of an objective between steps, besides θ: plain data that no step changes in place. */
export interface ObjectiveState {
  readonly arrays: Readonly<Record<string, Float32Array>>
  readonly scalars: Readonly<Record<string, number>>
}

/** The energy under training, network and confinement, at a given θ. Throws on non-finite results. */
export interface TrainingEnergy {
  /** @param gradient overwritten; null: only V is evaluated */
  evaluate(
    theta: Float32Array,
    xy: Float32Array,
    value: Float32Array,
    gradient: Float32Array | null,
  ): Promise<void>
  accumulate(theta: Float32Array, tuples: Tuples, out: Float32Array): Promise<number>
}

export interface ObjectiveContext {
  readonly seed: number
  /** Adam steps in all. */
  readonly steps: number
  readonly problem: TrainingProblem
  readonly energy: TrainingEnergy
}

interface ObjectiveResult {
  readonly loss: number
  readonly acceptance: number | null
  readonly state: ObjectiveState
}

/** A step as data, for kernels that run whole blocks of them. */
interface DeviceStep {
  /** Negatives, where the step has any, are the last points: those of chains are where the chains may jump, others may be unset. */
  readonly tuples: Tuples
  readonly negatives: Negatives | null
  /** Points at which V or ∇V is evaluated besides those of the tuples. */
  readonly evaluations: number
}

/** An objective as data for a device that computes everything that depends on θ. */
interface DeviceForm {
  /** The state with which `step` begins: `state`, or the objective's own start. */
  begin(step: number, state: ObjectiveState): ObjectiveState
  plan(step: number): DeviceStep
}

/** An objective set up for one training run. */
export interface ObjectiveRun {
  /** Number of warm-up steps at the start. */
  readonly warmUp: number
  /**
   * The loss at `step` (0, 1, …) and its θ-gradient.
   * @param gradient length of θ; overwritten
   */
  step(
    step: number,
    theta: Float32Array,
    state: ObjectiveState,
    gradient: Float32Array,
  ): Promise<ObjectiveResult>
  readonly onDevice: DeviceForm
}

/** One entry of the registry of objectives. */
export interface Objective {
  readonly id: ObjectiveId
  /** The network of its recipe. */
  readonly shape: NetworkShape
  /** Adam steps of its recipe, warm-up included. */
  readonly steps: number
  /** Whether its negatives are chains that go on from step to step; default: no. */
  readonly hasChains?: boolean
  /** Learning rate of `step` (0, 1, …) out of `steps`. */
  rate(step: number, steps: number): number
  prepare(context: ObjectiveContext): ObjectiveRun
}
