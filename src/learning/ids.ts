/** Ids of the training objectives and of the backends, as they stand in a scene. */
export const OBJECTIVE_IDS = [
  'persistent',
  'energy-matching',
  'quadrature',
  'score-matching',
] as const
export type ObjectiveId = (typeof OBJECTIVE_IDS)[number]

/** The lab's own, the fastest first, then those of the tensor library, which are opened by name alone. */
export const BACKEND_NAMES = ['webgpu', 'wasm', 'cpu', 'tfjs-webgpu', 'tfjs-cpu'] as const
export type BackendName = (typeof BACKEND_NAMES)[number]
export type BackendChoice = BackendName | 'auto'

/** Whether a backend computes on a WebGPU device, which may be lost or wrong. */
export function isOnDevice(name: BackendName): boolean {
  return name === 'webgpu' || name === 'tfjs-webgpu'
}
