import { DEFAULT_SCENE, defaultTarget } from './defaults.ts'
import type { SceneSpec, TargetId } from './sceneSpec.ts'

/** One named scene: an entry of the menu, an e2e case and a screenshot at once. */
export interface Experiment {
  readonly id: string
  readonly title: string
  /** One sentence: what is to be seen. */
  readonly sentence: string
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

/** A target at its default sharpness on its shipped energy, everything else by default. */
export function pretrainedScene(id: (typeof PRETRAINED_IDS)[number]): SceneSpec {
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

/** The closed-form check: an Ornstein–Uhlenbeck process with correlated axes, π = N(b, εA⁻¹). */
const GAUSSIAN_CHECK: SceneSpec = {
  ...DEFAULT_SCENE,
  target: {
    kind: 'gaussian-mixture',
    components: [
      {
        weight: 1,
        mean: [0.3, -0.2],
        // εA⁻¹ = 0.5/1.36 · [[1, −0.8], [−0.8, 2]]
        covariance: [
          [0.36764705882352944, -0.29411764705882354],
          [-0.29411764705882354, 0.7352941176470589],
        ],
      },
    ],
  },
  energy: {
    kind: 'quadratic',
    center: [0.3, -0.2],
    matrix: [
      [2, 0.8],
      [0.8, 1],
    ],
  },
  domain: { halfWidth: 6, cells: 128 },
  dynamics: {
    ...DEFAULT_SCENE.dynamics,
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
}

const COMPOSITION: SceneSpec = {
  ...DEFAULT_SCENE,
  target: defaultTarget('rings'),
  energy: {
    kind: 'sum',
    terms: [
      {
        weight: 1,
        energy: { kind: 'pretrained', name: 'rings' },
        target: defaultTarget('rings'),
      },
      {
        weight: 0.5,
        energy: { kind: 'pretrained', name: 'two-gaussians' },
        target: defaultTarget('two-gaussians'),
      },
    ],
    barriers: [],
  },
}

/** One of two well-separated wells: the curve goes flat near log 2 while the other well stays empty. */
const STALLED: SceneSpec = {
  ...DEFAULT_SCENE,
  target: { kind: 'two-gaussians', sharpness: 2 },
  energy: { kind: 'exact' },
  dynamics: {
    ...DEFAULT_SCENE.dynamics,
    steps: 400,
    initial: { kind: 'point', at: [1, 0], spread: 0.3 },
  },
  stopping: { ...DEFAULT_SCENE.stopping, criterion: 'statistical' },
}

/** The table that the menu, the e2e specs and the screenshots share. Ids are unique and never reused. */
export const EXPERIMENTS: readonly Experiment[] = [
  ...PRETRAINED_IDS.map((id): Experiment => {
    const [title, sentence] = SHIPPED[id]
    return { id, title, sentence, scene: pretrainedScene(id) }
  }),
  {
    id: 'gaussian-check',
    title: 'Closed-form Gaussian check',
    sentence: 'A quadratic energy: every curve has a formula, and the particles must follow it.',
    scene: GAUSSIAN_CHECK,
  },
  {
    id: 'composition',
    title: 'Composition: rings + two Gaussians',
    sentence:
      'Two energies trained apart are added; the sum has its own Gibbs law and certificate.',
    scene: COMPOSITION,
  },
  {
    id: 'from-the-data',
    title: 'Training is sampling from the data',
    sentence: 'The same dynamics started at the data: where the energy is right, nothing moves.',
    scene: {
      ...pretrainedScene('two-moons'),
      dynamics: { ...DEFAULT_SCENE.dynamics, initial: { kind: 'data' } },
    },
  },
  {
    id: 'stalled',
    title: 'Stalled, not converged',
    sentence: 'All particles start in one of two sharp wells: the curve goes flat far above zero.',
    scene: STALLED,
  },
]

/** The experiment of an id; undefined for any other text. */
export function experiment(id: string): Experiment | undefined {
  return EXPERIMENTS.find((entry) => entry.id === id)
}
