import type { Suite } from './rows.ts'

/** A suite as the command line and the document name it. */
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
      'maximum likelihood, mean V(data) − mean V(negatives). The rivals take the same step with the same numbers. ' +
      '“Tape” is the tensor library as its manual has it: a graph of its operations, its automatic derivative and its Adam. ' +
      '“By hand” is our own derivative, written out in its operations, without the tape: faster than most would have it from the ' +
      'library. The float64 reference is what every kernel is tested against. On the processor the bounds are on the tape, and the ' +
      'ratios to the version by hand stand beside: both spend most of their time in matrix products, and 128-bit vectors without a ' +
      'fused multiply-add set the same arithmetic peak to ours and to theirs. The floor counts matrix products alone, at that peak ' +
      'of one core, and its column shows the share reached: no kernel could be faster than by hand by more than what is left. On ' +
      'WebGPU the bound is on the version by hand, step by step on both sides, with the gradient read back in every step; blocks ' +
      'of steps that stay on the device are shown without a bound.',
    load: async () => (await import('./kernels.ts')).measureKernels,
  },
  {
    id: 'samplers',
    title: 'Samplers',
    text:
      'Particle-steps a second on one core, the shipped two moons. The lab moves its particles on the table of the energy; ' +
      'whoever has the tensor library alone would evaluate the network in every step, or compose a bicubic lookup of ' +
      'gathers and products. “Tape” is the step in the library’s operations throughout: its automatic derivative, its normals, ' +
      'the walls, the places read back once a step. “By hand” is a hybrid that costs less: our own derivative written out in its ' +
      'operations, and our noise, step and walls in a loop beside. The bound of the table is on the hybrid, that of the network ' +
      'on the library’s operations throughout; both ratios are shown. All contenders but the tape draw the same noise. The ' +
      'floors count, for the table, float64 operations in SIMD, and for the network its matrix products in float32, which the ' +
      'hybrid needs as well.',
    load: async () => (await import('./samplers.ts')).measureSamplers,
  },
  {
    id: 'solver',
    title: 'Laws on a grid',
    text:
      'The shipped two moons. Times of one step on one core, and how they grow with the number n of cells. Fokker–Planck solves ' +
      'tridiagonal systems line by line, with work linear in n: exponent 1 is expected, somewhat more where the grid leaves the ' +
      'caches. The step size of the chain is fixed, so that its kernel spans √n times as many cells of an axis. It lays down a kernel ' +
      'that is never wider than 1.6 cells, which is linear in n, and convolves the rest along the axes, which grows like n^1.5: ' +
      'between 1 and 1.5 is expected, nearer to 1.5 on finer grids. A fit over these sizes says what was measured on them, not a law.',
    load: async () => (await import('./solver.ts')).measureSolver,
  },
  {
    id: 'estimator',
    title: 'The estimator of KL',
    text:
      'One reading of the native estimator: kernels of all particles laid down on the cells in 16 groups, KL of the whole ' +
      'and of the groups, jackknife. Up to 20,000 particles kernels are summed one by one, beyond by splines: two algorithms, each ' +
      'with a fit of its own. Work that does not grow with the particles holds the exponents below 1.',
    load: async () => (await import('./solver.ts')).measureEstimator,
  },
  {
    id: 'drawing',
    title: 'Drawing particles',
    text:
      'One cloud on a canvas in a real Chromium, headless: by the painter of the lab, which adds up the ink of all dots in a bitmap, ' +
      'and by the canvas’s own calls, a dot at a time. One pixel is read back after every picture, so that the browser has to finish ' +
      'it; without that the calls would only be noted down.',
    load: async () => (await import('./drawing.ts')).measureDrawing,
  },
  {
    id: 'page',
    title: 'The page while particles move',
    text:
      'Two clouds of 100,000 particles in a real Chromium, headless, read out of the browser’s own trace: animation frames, ' +
      'pictures and new positions a second, main-thread time a frame, and tasks over 50 ms. The page, its two workers and the ' +
      'painting in software want more than two processors: times are given as they passed and, held to the bounds, as ' +
      'the main thread spent them on a processor. A paused page is held to 5 ms a second.',
    load: async () => (await import('./page.ts')).page,
  },
  {
    id: 'load',
    title: 'Loading',
    text:
      'The production build on localhost, each start in a fresh profile at 1440 × 900, from the start of the navigation. ' +
      'Particles move when the canvas shows a second step of the run. The browser slows the thread of the page ' +
      'down, not that of the worker. Kilobytes are 1,000 bytes. What the page loads at the start is what must be there ' +
      'before particles move; panels and landscape come when they have, or after a second. ' +
      'Before they were files of their own the start was 145 KB.',
    load: async () => (await import('./load.ts')).load,
  },
  {
    id: 'live',
    title: 'Live training',
    text:
      'The built page in a real Chromium, headless, on the SIMD kernel, with live training on. KL(ρ*‖π_θ) of the energy on the ' +
      'stage one second of wall time after the address names another target at sharpness 1, the worst of all rounds, each from ' +
      'the target before it. A drawing is made by the mouse in the dialog, with the landscape growing under it; one second ' +
      'after its last stroke the held-out cross-entropy is compared with the least that a whole training by the default ' +
      'recipe reaches on the same held-out points.',
    load: async () => (await import('./live.ts')).measureLive,
  },
  {
    id: 'train',
    title: 'Training to the end',
    text:
      'Every target with a known density, at sharpness 1, trained by the recipes of the lab with the seeds that the notes name. The ' +
      'worst of the seeds is shown and held to the bound; KL(ρ*‖π_θ) in nats by quadrature on 128² cells. Times are of the ' +
      'training alone, on one core. Last, the longest training that a scene may ask for: whether its steps stay as fast as its weights grow.',
    load: async () => (await import('./train.ts')).measureTraining,
  },
  {
    id: 'peers',
    title: 'The published recipe beside ours',
    text:
      'The two-dimensional recipe of Energy Matching (Balcerak et al. 2025, arXiv 2504.10612) on the same kernel, hence the same ' +
      'arithmetic: a 2-256-256-256-256-1 network, batch 128, Adam at 1e-4, 20,000 steps of optimal-transport flow matching, ' +
      'then 2,000 joint steps with negatives from 200 steps of unadjusted Langevin. It is given 1, 10 and (with `--long`) 100 times ' +
      'the time in which our default recipe ends: once as published, where the time may be up before the second phase; ' +
      'once with both phases shortened in proportion. Its KL is taken at its own temperature and at the one that suits it ' +
      'best. One seed. Different from the original: the first layer is SiLU where theirs is ReLU, the noise is N(0, I) where ' +
      'theirs is eight Gaussians, the targets are ours at sharpness 1, and π is restricted to the box.',
    load: async () => (await import('./peers.ts')).measurePeers,
  },
  {
    id: 'torch',
    title: 'PyTorch beside ours',
    text:
      'The same steps in PyTorch, eager, by automatic differentiation, with one thread and with two; ours on one core. ' +
      'Set-up on Debian or Ubuntu: `apt-get install python3-torch libopenblas0` (without the second, PyTorch multiplies ' +
      'matrices by the reference BLAS). Elsewhere `pip install torch`, and `PYTHON` names the interpreter that has it. The suite ' +
      'ends with that advice where there is none. ' +
      'The rival runs in a process of its own, in turn with ours. The first rival is the faster of the two numbers of threads; ' +
      'small matrices are often slower on two than on one. Neither side draws noise for the negatives; both do in Langevin.',
    load: async () => (await import('./torch.ts')).measureTorch,
  },
  {
    id: 'memory',
    title: 'Memory',
    text:
      'The built page in a real Chromium, headless, trains two moons and moves 20,000 particles a flow without a pause. Garbage is ' +
      'collected before every look, in the page by the inspector itself; the first fifth of the time is not counted. Bounds, for the ' +
      'resident memory and for the heap of the page alike: 95 % of the looks within 5 % of the mean, and no trend that moves it by ' +
      'more over the whole time. Where 5 % is less than 2 MB, which is what a few frames allocate, the looks are held to 2 MB instead.',
    load: async () => (await import('./memory.ts')).measureMemory,
  },
]

export const suiteIds = (): string[] => SUITES.map(({ id }) => id)
