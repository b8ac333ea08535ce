import { DEFAULT_SHARPNESS, TARGET_IDS } from '../../core/targets/ids.ts'
import type {
  BarrierSpec,
  ChartId,
  DynamicsSpec,
  InitialSpec,
  LayerId,
  Matrix2,
  MixtureComponent,
  SceneSpec,
  StoppingSpec,
  TargetId,
  TargetSpec,
  TrainingSpec,
  Vector2,
  ViewSpec,
} from './sceneSpec.ts'

export const ORIGIN: Vector2 = [0, 0]
export const IDENTITY: Matrix2 = [
  [1, 0],
  [0, 1],
]

/** Layers of the two canvases, in the order in which they are drawn and listed. */
export const LAYER_IDS = [
  'energy',
  'contraction',
  'slow-mode',
  'contours',
  'gradient',
  'data',
  'target',
  'particles',
  'trails',
  'difference',
] as const satisfies readonly LayerId[]

export const SAMPLER_IDS = [
  'langevin',
  'mala',
] as const satisfies readonly DynamicsSpec['sampler'][]
export const CHART_IDS = [
  'lyapunov',
  'dissipation',
  'data',
  'contraction',
] as const satisfies readonly ChartId[]
export const THEME_IDS = ['auto', 'light', 'dark'] as const satisfies readonly ViewSpec['theme'][]

/** A built-in target as it is first picked: a known density at its default sharpness, or the real data. */
export function defaultTarget(kind: TargetId | 'old-faithful'): TargetSpec {
  return kind === 'old-faithful' ? { kind } : { kind, sharpness: DEFAULT_SHARPNESS[kind] }
}

/** Whether a target has a density by formula: everything but points. */
export function hasKnownDensity(target: TargetSpec): boolean {
  return target.kind !== 'points' && target.kind !== 'old-faithful'
}

/** Whether a string names a built-in target with a known density. */
export function isTargetId(text: string): text is TargetId {
  return (TARGET_IDS as readonly string[]).includes(text)
}

/** What a missing field of each kind becomes; fields that are not here must be given. */
export const DEFAULT_COMPONENT: MixtureComponent = {
  weight: 1,
  mean: ORIGIN,
  covariance: IDENTITY,
}
export const DEFAULT_QUADRATIC = { center: ORIGIN, matrix: IDENTITY } as const
export const DEFAULT_DISC: Extract<BarrierSpec, { kind: 'disc' }> = {
  kind: 'disc',
  center: ORIGIN,
  radius: 0.5,
  strength: 0.1,
}
export const DEFAULT_HALF_PLANE: Extract<BarrierSpec, { kind: 'half-plane' }> = {
  kind: 'half-plane',
  normal: [1, 0],
  offset: -0.5,
  strength: 0.1,
}
export const DEFAULT_POLYGON_STRENGTH = 0.1

export const DEFAULT_INITIAL: Extract<InitialSpec, { kind: 'gaussian' }> = {
  kind: 'gaussian',
  mean: ORIGIN,
  covariance: IDENTITY,
}
export const DEFAULT_UNIFORM: Extract<InitialSpec, { kind: 'uniform' }> = {
  kind: 'uniform',
  halfWidth: 3,
}
export const DEFAULT_POINT: Extract<InitialSpec, { kind: 'point' }> = {
  kind: 'point',
  at: ORIGIN,
  spread: 0.1,
}

/** Steps of the default recipe: a warm-up of 100 and 1,620 of the main part. */
export const DEFAULT_TRAINING_STEPS = 1720

export const DEFAULT_TRAINING: TrainingSpec = {
  objective: 'persistent',
  steps: DEFAULT_TRAINING_STEPS,
  seconds: null,
  backend: 'auto',
}

export const DEFAULT_DYNAMICS: DynamicsSpec = {
  epsilon: 1,
  stepSize: null,
  steps: 200,
  particles: 4096,
  sampler: 'langevin',
  skew: 0,
  preconditioner: IDENTITY,
  jumpEvery: 0,
  initial: DEFAULT_INITIAL,
  companion: null,
}

export const DEFAULT_STOPPING: StoppingSpec = {
  criterion: 'certified-decrease',
  strict: false,
  delta: 0.1,
}

export const DEFAULT_VIEW: ViewSpec = {
  layers: ['energy', 'contours', 'particles'],
  chart: 'lyapunov',
  speed: 24,
  haltAt: null,
  pauseAtStop: false,
  theme: 'auto',
}

/** The scene that an empty file or an empty link stands for. */
export const DEFAULT_SCENE: SceneSpec = {
  version: 1,
  seed: 1,
  target: defaultTarget('two-moons'),
  energy: { kind: 'trained' },
  training: DEFAULT_TRAINING,
  domain: { halfWidth: 4, cells: 128 },
  dynamics: DEFAULT_DYNAMICS,
  stopping: DEFAULT_STOPPING,
  view: DEFAULT_VIEW,
}

/** Two moons trained far too briefly: shipped for scenes that show what a wrong energy does, and on no shelf. */
export const HALF_TRAINED = 'two-moons-half'
