/** Ids of the training objectives in a scene. */
export const OBJECTIVE_IDS = [
  'persistent',
  'energy-matching',
  'quadrature',
  'score-matching',
] as const
export type ObjectiveId = (typeof OBJECTIVE_IDS)[number]

/** Ids of the backends: the lab's own, the fastest first, then those of the tensor library, opened by name only. */
export const BACKEND_NAMES = ['webgpu', 'wasm', 'cpu', 'tfjs-webgpu', 'tfjs-cpu'] as const
export type BackendName = (typeof BACKEND_NAMES)[number]
export type BackendChoice = BackendName | 'auto'

/** Whether a backend computes on a WebGPU device, which may be lost or return wrong values. */
export function isOnDevice(name: BackendName): boolean {
  return name === 'webgpu' || name === 'tfjs-webgpu'
}
