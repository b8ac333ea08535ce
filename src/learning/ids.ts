/** Ids of the training objectives and of the backends, as they stand in a scene. */
export const OBJECTIVE_IDS = [
  'persistent',
  'energy-matching',
  'quadrature',
  'score-matching',
] as const
export type ObjectiveId = (typeof OBJECTIVE_IDS)[number]

export const BACKEND_NAMES = ['webgpu', 'wasm', 'cpu'] as const
export type BackendName = (typeof BACKEND_NAMES)[number]
export type BackendChoice = BackendName | 'auto'
