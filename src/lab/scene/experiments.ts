import { DEFAULT_SCENE, HALF_TRAINED, defaultTarget } from './defaults.ts'
import { samePart } from './normalise.ts'
import {
  ORIGIN,
  type DynamicsSpec,
  type Matrix2,
  type SceneSpec,
  type StoppingSpec,
  type SumTerm,
  type TargetId,
  type TargetSpec,
  type Vector2,
} from './sceneSpec.ts'

/** One named scene, shared by the menu, `npm run reproduce`, the e2e cases and the screenshots. */
export interface Experiment {
  readonly id: string
  readonly title: string
  /** One sentence on what the scene shows. */
  readonly sentence: string
  /** `target`: shows a shipped energy; `theory`: shows one statement of the theory, which the tests check. */
  readonly group: 'target' | 'theory'
  readonly scene: SceneSpec
}

/** Targets whose energies are shipped with the lab, at their default sharpness, under the target's id. */
export const PRETRAINED_IDS = [
  'two-moons',
  'eight-gaussians',
  'rings',
  'pinwheel',
  'two-spirals',
  'swiss-roll',
  'banana',
  'gaussian-grid',
  'checkerboard',
  'two-gaussians',
  'three-gaussians',
] as const satisfies readonly TargetId[]

/** The scene of a target at its default sharpness with its shipped energy and defaults for all else. */
function pretrainedScene(id: (typeof PRETRAINED_IDS)[number]): SceneSpec {
  return {
    ...DEFAULT_SCENE,
    target: defaultTarget(id),
    energy: { kind: 'pretrained', name: id },
  }
}

const SHIPPED: Readonly<Record<(typeof PRETRAINED_IDS)[number], readonly [string, string]>> = {
  'two-moons': [
    'Two moons',
    'Langevin particles settle on both arcs while the deterministic flow collapses onto their spines.',
  ],
  'eight-gaussians': [
    'Eight Gaussians',
    'Eight wells round a circle: noise fills each to its width, the noiseless flow ends in eight points.',
  ],
  rings: ['Concentric rings', 'Three rings that particles reach by crossing the ridges between.'],
  pinwheel: [
    'Pinwheel',
    'Five bent arms: the curve falls fast along the arms, slowly between them.',
  ],
  'two-spirals': ['Two spirals', 'Long thin valleys: mixing along them sets the pace.'],
  'swiss-roll': ['Swiss roll', 'One long rolled valley, entered from the middle.'],
  banana: ['Banana', 'A curved narrow valley: the step must fit its steepest wall.'],
  'gaussian-grid': ['5 × 5 grid', 'Twenty-five wells and low passes between them.'],
  checkerboard: ['Checkerboard', 'Plateaus with steep edges, the hardest table of all to learn.'],
  'two-gaussians': ['Two Gaussians', 'The smallest landscape with two wells and a pass.'],
  'three-gaussians': ['Three Gaussians', 'Three anisotropic components of different weight.'],
}

/** The fields that a scene of the theory sets besides target and energy; the others are those of the default scene. */
interface Setting {
  readonly domain?: SceneSpec['domain']
  readonly dynamics?: Partial<DynamicsSpec>
  readonly stopping?: Partial<StoppingSpec>
  readonly view?: Partial<SceneSpec['view']>
}

function sceneOf(
  target: TargetSpec,
  energy: SceneSpec['energy'],
  { domain = DEFAULT_SCENE.domain, dynamics, stopping, view }: Setting,
): SceneSpec {
  return {
    ...DEFAULT_SCENE,
    target,
    energy,
    domain,
    dynamics: { ...DEFAULT_SCENE.dynamics, ...dynamics },
    stopping: { ...DEFAULT_SCENE.stopping, ...stopping },
    view: { ...DEFAULT_SCENE.view, ...view },
  }
}

/** N(mean, covariance) as a target. */
function gaussianTarget(mean: Vector2, covariance: Matrix2): TargetSpec {
  return { kind: 'gaussian-mixture', components: [{ weight: 1, mean, covariance }] }
}

/** N(mean, variance·I) as an initial law. */
function gaussianStart(mean: Vector2, variance: number): DynamicsSpec['initial'] {
  return {
    kind: 'gaussian',
    mean,
    covariance: [
      [variance, 0],
      [0, variance],
    ],
  }
}

/** V = |x|²/2 with its own Gibbs measure N(0, I) as the target. */
const ROUND: readonly [TargetSpec, SceneSpec['energy']] = [
  gaussianTarget(ORIGIN, [
    [1, 0],
    [0, 1],
  ]),
  {
    kind: 'quadratic',
    center: ORIGIN,
    matrix: [
      [1, 0],
      [0, 1],
    ],
  },
]

/** An Ornstein–Uhlenbeck process with correlated axes, π = N(b, εA⁻¹) at ε = ½. */
const CORRELATED: readonly [TargetSpec, SceneSpec['energy']] = [
  // εA⁻¹ = 0.5/1.36 · [[1, −0.8], [−0.8, 2]]
  gaussianTarget(
    [0.3, -0.2],
    [
      [0.36764705882352944, -0.29411764705882354],
      [-0.29411764705882354, 0.7352941176470589],
    ],
  ),
  {
    kind: 'quadratic',
    center: [0.3, -0.2],
    matrix: [
      [2, 0.8],
      [0.8, 1],
    ],
  },
]

const CORRELATED_SETTING = {
  domain: { halfWidth: 6, cells: 128 },
  dynamics: {
    epsilon: 0.5,
    stepSize: 0.05,
    initial: {
      kind: 'gaussian',
      mean: [-1, 1],
      covariance: [
        [0.3, 0.05],
        [0.05, 0.2],
      ],
    },
  },
} as const satisfies Setting

/** A valley nine times steeper across than along, askew to the axes: A has the eigenvalues 1 and 9. */
const VALLEY: readonly [TargetSpec, SceneSpec['energy']] = [
  // A⁻¹ = [[5, −4], [−4, 5]]/9
  gaussianTarget(ORIGIN, [
    [0.5555555555555556, -0.4444444444444444],
    [-0.4444444444444444, 0.5555555555555556],
  ]),
  {
    kind: 'quadratic',
    center: ORIGIN,
    matrix: [
      [5, 4],
      [4, 5],
    ],
  },
]

const VALLEY_SETTING = {
  domain: { halfWidth: 6, cells: 128 },
  dynamics: { stepSize: 0.02, steps: 150, initial: gaussianStart([1.8, -1.8], 0.1) },
} as const satisfies Setting

const EIGHT: readonly [TargetSpec, SceneSpec['energy']] = [
  defaultTarget('eight-gaussians'),
  { kind: 'exact' },
]

const COMPOSITION: SceneSpec = sceneOf(
  defaultTarget('rings'),
  {
    kind: 'sum',
    terms: [shippedTerm('rings', 1), shippedTerm('two-gaussians', 0.5)],
    barriers: [],
  },
  { stopping: { criterion: 'certified-decrease' } },
)

function shippedTerm(name: TargetId, weight: number): SumTerm {
  return { weight, energy: { kind: 'pretrained', name }, target: defaultTarget(name) }
}

/** The energies of `COMPOSITION`, the other way. */
const MIXTURE: SceneSpec = sceneOf(
  defaultTarget('rings'),
  {
    kind: 'sum',
    terms: [shippedTerm('rings', 0.5), shippedTerm('two-gaussians', 0.5)],
    operation: 'or',
    barriers: [],
  },
  { stopping: { criterion: 'certified-decrease' } },
)

/** Eight wells behind three kinds of barrier: a hard wall, a repelling disc and a repelling triangle. */
const FENCED: SceneSpec = sceneOf(
  defaultTarget('eight-gaussians'),
  {
    kind: 'sum',
    terms: [{ weight: 1, energy: { kind: 'exact' }, target: null }],
    barriers: [
      { kind: 'half-plane', normal: [0, 1], offset: -0.7, strength: 0 },
      { kind: 'disc', center: ORIGIN, radius: 0.6, strength: 0.1 },
      {
        kind: 'polygon',
        points: [
          [0.7, 1.1],
          [1.1, 0.7],
          [2.2, 1.4],
          [1.4, 2.2],
        ],
        strength: 0.2,
      },
    ],
  },
  {
    dynamics: { stepSize: 0.01, initial: gaussianStart([0, 1], 0.5) },
    stopping: { criterion: 'statistical' },
  },
)

/** The same regions, before which a filter bends the drift. */
const FILTERED: SceneSpec = {
  ...FENCED,
  dynamics: { ...FENCED.dynamics, sampler: 'filter' },
}

/** All particles in one of two sharp, well-separated wells. */
const ONE_WELL: readonly [TargetSpec, SceneSpec['energy']] = [
  { kind: 'two-gaussians', sharpness: 2 },
  { kind: 'exact' },
]

const ONE_WELL_SETTING = {
  domain: { halfWidth: 2.5, cells: 128 },
  dynamics: { stepSize: 0.005, steps: 400, initial: { kind: 'point', at: [1, 0], spread: 0.15 } },
  stopping: { criterion: 'statistical' },
} as const satisfies Setting

/** Scenes that show one statement of the theory each. */
const THEORY: readonly Omit<Experiment, 'group'>[] = [
  {
    id: 'certificate',
    title: 'A certificate in advance',
    sentence:
      'On a convex bowl the number of steps to a given KL is known before the first one; the curve stays below its bound.',
    scene: sceneOf(...ROUND, {
      domain: { halfWidth: 6, cells: 128 },
      dynamics: { stepSize: 0.05, steps: 160, initial: gaussianStart([3, 0], 0.25) },
      stopping: { criterion: 'a-priori', delta: 0.1 },
    }),
  },
  {
    id: 'no-certificate',
    title: 'No certificate without noise',
    sentence:
      'The noiseless flow passes near the target and falls on into eight points: its KL turns and climbs for ever, in the end equally at each step.',
    scene: sceneOf(...EIGHT, {
      dynamics: { stepSize: 0.01 },
      stopping: { criterion: 'certified-decrease' },
      view: { layers: ['energy', 'contours', 'particles', 'trails'] },
    }),
  },
  {
    id: 'start-at-gibbs',
    title: 'Started at π',
    sentence:
      'Both flows start at the target: Langevin stays, the noiseless KL rises from zero, so that no distance from π is its Lyapunov function.',
    scene: sceneOf(...EIGHT, {
      dynamics: { stepSize: 0.01, steps: 100, particles: 16384, initial: { kind: 'gibbs' } },
    }),
  },
  {
    id: 'gaussian-check',
    title: 'Closed-form Gaussian check',
    sentence: 'A quadratic energy: every curve has a formula, and the particles must follow it.',
    scene: sceneOf(...CORRELATED, CORRELATED_SETTING),
  },
  {
    id: 'composition',
    title: 'Composition: rings + two Gaussians',
    sentence:
      'Two energies trained apart are added; the sum has its own Gibbs law and certificate.',
    scene: COMPOSITION,
  },
  {
    id: 'mixture',
    title: 'Or: a mixture of two energies',
    sentence:
      'The same two energies by or: their laws are averaged and not multiplied, and KL to the mixture falls by the same identity.',
    scene: MIXTURE,
  },
  {
    id: 'barrier',
    title: 'Keep out: barriers',
    sentence:
      'Walls forbid regions: π is zero inside, no particle enters, KL still falls by the same identity, and the certificates are off.',
    scene: FENCED,
  },
  {
    id: 'filter-or-barrier',
    title: 'Filter or barrier?',
    sentence:
      'A filter bends the drift before the same regions, as little as it must: some particles still get in, and nothing is certified.',
    scene: FILTERED,
  },
  {
    id: 'from-the-data',
    title: 'Training is sampling from the data',
    sentence:
      'The same dynamics started at the data: where the energy is right, Langevin leaves their law where it is.',
    scene: {
      ...pretrainedScene('two-moons'),
      dynamics: { ...DEFAULT_SCENE.dynamics, initial: { kind: 'data' } },
      stopping: { ...DEFAULT_SCENE.stopping, criterion: 'data-mismatch' },
      view: { ...DEFAULT_SCENE.view, chart: 'data' },
    },
  },
  {
    id: 'two-starts',
    title: 'Two starts, one dynamics',
    sentence:
      'Training moves its chains from the data, sampling from noise: on one energy both starts go to the same π, and only their ways differ.',
    scene: {
      ...pretrainedScene('eight-gaussians'),
      dynamics: { ...DEFAULT_SCENE.dynamics, stepSize: 0.01, initial: { kind: 'data' } },
    },
  },
  {
    id: 'half-trained',
    title: 'Half trained: the data drift away',
    sentence:
      'The same start under an energy whose training was cut short: the dynamics carries the data off to where that energy wants them.',
    scene: {
      ...pretrainedScene('two-moons'),
      energy: { kind: 'pretrained', name: HALF_TRAINED },
      dynamics: { ...DEFAULT_SCENE.dynamics, initial: { kind: 'data' } },
      stopping: { ...DEFAULT_SCENE.stopping, criterion: 'data-mismatch' },
      view: { ...DEFAULT_SCENE.view, chart: 'data' },
    },
  },
  {
    id: 'overlong',
    title: 'Longer is not better',
    sentence:
      'The energy is slightly wrong: the samples come near the data, then leave them again, and the marker stops before they do.',
    scene: sceneOf(
      gaussianTarget(ORIGIN, [
        [0.8, 0],
        [0, 0.8],
      ]),
      {
        kind: 'quadratic',
        center: [0.25, 0],
        matrix: [
          [1, 0],
          [0, 1],
        ],
      },
      {
        domain: { halfWidth: 6, cells: 128 },
        dynamics: { stepSize: 0.02, steps: 300, initial: gaussianStart([-2.5, 0], 0.3) },
        stopping: { criterion: 'data-mismatch' },
        view: { chart: 'data' },
      },
    ),
  },
  {
    id: 'acceleration',
    title: 'Acceleration by a skew drift',
    sentence:
      'A drift along the contours leaves π and the Lyapunov function as they are and makes the KL fall faster; set γ to 0 to compare.',
    scene: sceneOf(...VALLEY, {
      ...VALLEY_SETTING,
      // From γ = (9 − 1)/(2·3) on the rate is the mean of the eigenvalues; the skew (non-reversible) drift needs a smaller step.
      dynamics: { ...VALLEY_SETTING.dynamics, stepSize: 0.01, steps: 200, skew: 2 },
      stopping: { criterion: 'certified-decrease' },
      view: { chart: 'dissipation', layers: ['energy', 'contours', 'particles', 'trails'] },
    }),
  },
  {
    id: 'preconditioner',
    title: 'A metric for a narrow valley',
    sentence:
      'With a metric made to its curvature the valley is as quick along as across, and the Gibbs measure is the same.',
    scene: sceneOf(...VALLEY, {
      ...VALLEY_SETTING,
      dynamics: {
        ...VALLEY_SETTING.dynamics,
        // P = 9 A⁻¹: the steepest curvature is as before, so the same step size is as stable.
        preconditioner: [
          [5, -4],
          [-4, 5],
        ],
        companion: [-3, 1.5],
      },
      view: { chart: 'contraction' },
    }),
  },
  {
    id: 'place-metric',
    title: 'A metric that follows the place',
    sentence:
      'Noise that grows with V hurries particles over the passes to the same Gibbs measure; it needs shorter steps, and per stable step nothing is gained.',
    scene: sceneOf(...EIGHT, {
      dynamics: { stepSize: 0.005, metric: { kind: 'conformal', beta: 0.5, cap: 8 } },
      stopping: { criterion: 'statistical' },
      view: { chart: 'dissipation' },
    }),
  },
  {
    id: 'contraction',
    title: 'Two clouds under one noise',
    sentence:
      'Pairs that share their noise approach at the rate of the least curvature: where V is convex their distance stays below its bound.',
    scene: sceneOf(...CORRELATED, {
      ...CORRELATED_SETTING,
      dynamics: { ...CORRELATED_SETTING.dynamics, steps: 160, companion: [2, 0.5] },
      view: { chart: 'contraction', layers: ['energy', 'contraction', 'contours', 'particles'] },
    }),
  },
  {
    id: 'stalled',
    title: 'Stalled, not converged',
    sentence: 'All particles start in one of two sharp wells: the curve goes flat far above zero.',
    scene: sceneOf(...ONE_WELL, ONE_WELL_SETTING),
  },
  {
    id: 'one-well',
    title: 'Rules that see one well at a time',
    sentence:
      'All particles start in one of two wells: the Stein discrepancy and the energy say that they have arrived, while half of the mass is missing.',
    scene: sceneOf(...ONE_WELL, {
      ...ONE_WELL_SETTING,
      stopping: { criterion: 'stein', delta: 0.2 },
    }),
  },
  {
    id: 'small-gradient',
    title: 'A small gradient is no arrival',
    sentence:
      'Samplers that descend stop where the slope is small: the smaller it is to be, the longer the noiseless flow has collapsed, and the greater its KL.',
    scene: sceneOf(...EIGHT, {
      dynamics: { stepSize: 0.01 },
      stopping: { criterion: 'gradient-norm', delta: 1e-6 },
    }),
  },
  {
    id: 'jumps',
    title: 'Jumps over the pass',
    sentence:
      'The same start with a uniform Metropolis jump now and then: they leave π as it is, fill the other well and end the stall.',
    scene: sceneOf(...ONE_WELL, {
      ...ONE_WELL_SETTING,
      dynamics: { ...ONE_WELL_SETTING.dynamics, jumpEvery: 2 },
    }),
  },
  {
    id: 'mala',
    title: 'Bias and its control',
    sentence:
      'At a large step Langevin settles beside the target; accepting or refusing each step by Metropolis takes that bias away; switch the sampler to see it.',
    scene: sceneOf(...EIGHT, {
      dynamics: { stepSize: 0.05, steps: 150, particles: 16384, sampler: 'mala' },
      stopping: { criterion: 'statistical' },
    }),
  },
]

/** The table that the menu, `npm run reproduce`, the e2e specs and the screenshots share. Ids are unique and never reused. */
export const EXPERIMENTS: readonly Experiment[] = [
  ...PRETRAINED_IDS.map((id): Experiment => {
    const [title, sentence] = SHIPPED[id]
    return { id, title, sentence, group: 'target', scene: pretrainedScene(id) }
  }),
  ...THEORY.map((entry): Experiment => ({ ...entry, group: 'theory' })),
]

/** The experiment of an id; undefined for any other text. */
export function experiment(id: string): Experiment | undefined {
  return EXPERIMENTS.find((entry) => entry.id === id)
}

/** The experiments in the order of the menu. */
export const WALK = (['theory', 'target'] as const).flatMap((group) =>
  EXPERIMENTS.filter((one) => one.group === group),
)

/** The parts of a scene that make it an experiment. */
const PARTS = ['target', 'energy', 'domain', 'dynamics'] as const

/**
 * The place in `WALK` of the experiment that a scene is, whatever is shown of it and wherever δ stands; −1: none. Of two that differ by nothing else,
 * the one whose criterion is chosen.
 */
export function experimentAt(scene: SceneSpec): number {
  const same = WALK.filter(({ scene: other }) =>
    PARTS.every((key) => samePart(scene[key], other[key])),
  )
  const { criterion } = scene.stopping
  const found = same.find((one) => one.scene.stopping.criterion === criterion) ?? same[0]
  return found === undefined ? -1 : WALK.indexOf(found)
}
