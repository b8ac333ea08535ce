import type { Suite } from './rows.ts'

/** A suite as it is asked for and written about. */
export interface SuiteEntry {
  readonly id: string
  readonly title: string
  /** What docs/performance.md says above its tables. */
  readonly text: string
  load(): Promise<Suite>
}

/** All suites, in the order of docs/performance.md. Adding one is adding a line here. */
export const SUITES: readonly SuiteEntry[] = [
  {
    id: 'kernels',
    title: 'Training steps',
    text:
      'One step is the loss of a batch of 256, its gradient with respect to every parameter, and Adam. `∇V` is the loss of ' +
      'flow and score matching, Σ w|∇V + u|², and needs second derivatives of the network; `contrast` is that of ' +
      'maximum likelihood, mean V(data) − mean V(negatives). The rivals take the same step with the same numbers: ' +
      'the tensor library op by op on its own backends, and the float64 reference that every kernel is tested ' +
      'against. The floor counts matrix products alone, at the peak of one core.',
    load: async () => (await import('./kernels.ts')).measureKernels,
  },
  {
    id: 'load',
    title: 'Loading',
    text:
      'The production build on localhost, each start in a fresh profile at 1440 × 900, from the start of the navigation. ' +
      'Particles move when the canvas shows a second step of the run. The browser slows the thread of the page ' +
      'down, not that of the worker. Kilobytes are 1,000 bytes.',
    load: async () => (await import('./load.ts')).load,
  },
  {
    id: 'samplers',
    title: 'Samplers',
    text:
      'Particle-steps a second on one core, the shipped two moons. The lab moves its particles on the table of the energy; ' +
      'whoever has the tensor library alone would evaluate the network in every step, or compose a bicubic lookup of ' +
      'gathers and products. All contenders make the same step with the same noise. The floor of the table counts scalar ' +
      'float64 operations, that of the network its matrix products in SIMD.',
    load: async () => (await import('./samplers.ts')).measureSamplers,
  },
]

export const suiteIds = (): string[] => SUITES.map(({ id }) => id)
