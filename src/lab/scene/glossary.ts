/** A word or a symbol of the page, explained. */
export interface Entry {
  /** What stands for it in a formula; absent for plain words. */
  readonly symbol?: string
  readonly name: string
  /** TeX, and the same in plain characters. */
  readonly formula?: { readonly tex: string; readonly plain: string }
  /** For someone who has never met it. */
  readonly plainly: string
  /** For someone who knows the field. */
  readonly exactly: string
  /** Where it acts on the page. */
  readonly where: string
}

/** The words and symbols of the page: its cards and its list of words are made of it, and the table of docs/scene.md. */
export const GLOSSARY = {
  energy: {
    symbol: 'V',
    name: 'Energy',
    plainly:
      'A landscape: low where data are likely, high where they are not. It is all that is learned.',
    exactly:
      'A scalar function on the plane, tabulated once and interpolated to a C¹ function; every number on the page is about this function.',
    where: 'The contours on the stage; Train learns it, Compose adds several.',
  },
  gibbs: {
    symbol: 'π',
    name: 'Gibbs measure',
    formula: {
      tex: '\\pi(x) = e^{-V(x)/\\varepsilon}/Z',
      plain: 'π(x) = e^(−V(x)/ε)/Z',
    },
    plainly:
      'The law that the energy stands for: where particles with noise are found in the long run.',
    exactly:
      'The invariant law of the Langevin diffusion on the box with reflecting walls; Z is found by quadrature on the table.',
    where: 'The shading “Density π” on the stage.',
  },
  target: {
    symbol: 'ρ*',
    name: 'Target',
    plainly: 'The law of the data that the energy is trained on.',
    exactly:
      'Known for the presets; of points a kernel estimate stands for it wherever a density is needed, and is called so.',
    where: 'Chosen in Train; the layers “Data” and “Target ρ*”.',
  },
  langevin: {
    name: 'Langevin dynamics',
    formula: {
      tex: 'x \\leftarrow x - \\eta\\nabla V(x) + \\sqrt{2\\eta\\varepsilon}\\,\\xi',
      plain: 'x ← x − η∇V(x) + √(2ηε) ξ',
    },
    plainly: 'Go a little downhill, then let chance push a little. It carries any start to π.',
    exactly:
      'The unadjusted Euler–Maruyama chain; its rest law differs from π by a bias of the order of the step size.',
    where: 'The left half of the stage, red.',
  },
  flow: {
    name: 'Deterministic flow',
    formula: { tex: 'x \\leftarrow x - \\eta\\nabla V(x)', plain: 'x ← x − η∇V(x)' },
    plainly: 'The same without chance: particles run into the wells and pile up there.',
    exactly:
      'Gradient descent. Its law collapses onto the minima, KL to π grows without bound, and nothing certifies a stop.',
    where: 'The right half of the stage, blue.',
  },
  epsilon: {
    symbol: 'ε',
    name: 'Temperature',
    plainly: 'How strong chance is. Hot particles climb over every ridge, cold ones stay in wells.',
    exactly:
      'The noise of a step has the variance 2ηε, and π is proportional to e^(−V/ε). At ε = 1 the Gibbs measure of a well-trained energy is the law of the data.',
    where: 'The first slider of Sample; changing it changes π at once, not V.',
  },
  stepSize: {
    symbol: 'η',
    name: 'Step size',
    plainly:
      'How far a particle goes in one step. Long steps are fast and coarse; too long ones fly out of the valley.',
    exactly:
      'Steps of a quadratic are stable below 2/λmax; the bias at rest grows with η. By default 0.5/L95.',
    where: 'The second slider of Sample.',
  },
  particles: {
    symbol: 'N',
    name: 'Particles',
    plainly: 'How many dots run. More dots give steadier numbers.',
    exactly:
      'The standard error of estimates falls with N, as 1/√N far from π and faster near it; exact laws do not depend on N.',
    where: 'The third slider of Sample.',
  },
  l95: {
    symbol: 'L95',
    name: 'Curvature that sets the step',
    plainly: 'How sharply the landscape bends where the data are.',
    exactly: 'The 95th percentile of ‖∇²V‖ at 4,096 samples of the target, of π for sums.',
    where: 'Beside the step size: 0.5/L95 is its default.',
  },
  kl: {
    symbol: 'KL',
    name: 'Kullback–Leibler divergence',
    formula: {
      tex: '\\mathrm{KL}(\\rho\\Vert\\pi) = \\int \\rho\\,\\log(\\rho/\\pi)',
      plain: 'KL(ρ‖π) = ∫ ρ log(ρ/π)',
    },
    plainly:
      'How far the particles still are from where they should be: 0 when they have arrived. Below 0.1 the eye sees hardly any difference.',
    exactly:
      'In nats. The exact law of the chain where the grid resolves it, else an estimate from particles with its standard error; which of them, is said at each curve.',
    where: 'The chart under the stage, and the numbers of Certify.',
  },
  nats: {
    symbol: 'nats',
    name: 'Nats',
    plainly: 'The unit of KL, as bits with the natural logarithm: one nat is 1.44 bits.',
    exactly: '1 nat = 1/log 2 bits; KL of 0.1 nats bounds the total variation by √0.05 ≈ 0.22.',
    where: 'Every value of KL on the page.',
  },
  delta: {
    symbol: 'δ',
    name: 'Tolerance',
    plainly: 'How close is close enough. Drag its line on the chart and see the stop move.',
    exactly: 'A stop is called good enough where KL at it is at most δ, in nats.',
    where: 'The slider of Certify and the dashed line on the chart.',
  },
  fisher: {
    symbol: 'I',
    name: 'Relative Fisher information',
    formula: {
      tex: 'I = \\mathrm{E}_\\rho|\\nabla\\log(\\rho/\\pi)|^2',
      plain: 'I = E|∇log(ρ/π)|²',
    },
    plainly: 'The speed at which KL falls: the steeper the mismatch, the faster it heals.',
    exactly: 'KL′ = −εI along the continuous dynamics: KL is the Lyapunov function.',
    where: 'The chart “KL′ = −εI”, and the criterion “Certified decrease”.',
  },
  driftError: {
    symbol: 'M',
    name: 'Error of the drift inside a step',
    formula: {
      tex: 'M = \\mathrm{E}|\\bar b - \\nabla V|^2',
      plain: 'M = E|b̄ − ∇V|²',
    },
    plainly: 'What a step gets wrong because it keeps its direction to its end.',
    exactly:
      'At the end of a step, with b̄ the drift that the chain has carried there; while ε²I is above it, the slope of KL there is negative for certain.',
    where: 'The criterion “Certified decrease”.',
  },
  gap: {
    symbol: 'λ',
    name: 'Spectral gap',
    plainly:
      'The pace of the slowest exchange, often of mass between two wells: its inverse is the time to wait.',
    exactly:
      'The Poincaré constant of π under the dynamics: estimated on two grids, and bounded from below by a proof on the table.',
    where: '“Constants” of Certify, the layer “Slow mode”, the criterion “Poincaré”.',
  },
  smoothness: {
    symbol: 'L, m',
    name: 'Largest and least curvature',
    plainly: 'The sharpest and the flattest bend of the landscape.',
    exactly:
      'm ≤ ∇²V ≤ L on the whole box, proved from the patches of the table; m < 0 where V is not convex.',
    where: '“Constants” of Certify.',
  },
  bias: {
    symbol: 'b(η)',
    name: 'Bias of the step size',
    plainly: 'What is left even after endless running, because steps are not infinitely short.',
    exactly:
      'KL of the rest law of the chain to π, predicted to leading order in η: (η²/8)·Var(ΔV − |∇V|²/(2ε)) under π.',
    where: 'The level at the right edge of the chart.',
  },
  exactChain: {
    name: 'Exact chain',
    plainly: 'The law of infinitely many particles, computed on a grid instead of with dots.',
    exactly:
      'The very transition kernel of the discrete chain applied to the density of the start, with its quadrature error told.',
    where: 'The dark curve of the chart.',
  },
  fokkerPlanck: {
    name: 'Fokker–Planck',
    plainly: 'The same with infinitely short steps.',
    exactly:
      'The law of the continuous dynamics, by a conservative scheme on two grids; the spread of the two is its error.',
    where: 'The dotted curve of the chart.',
  },
  band: {
    name: 'Bands and floor',
    plainly:
      'A band is the room in which the true value may lie; the grey floor is what the estimate shows even of perfect samples.',
    exactly:
      'Two standard errors of the estimator, or the error of the grid; the floor is the estimator at exact samples of π.',
    where: 'Round the curves and at the foot of the chart.',
  },
  certificate: {
    name: 'Certificate',
    plainly: 'Proved: a theorem, with every premise checked for this very energy.',
    exactly: 'The statement holds for the law of the chain that is named, up to rounding.',
    where: 'The status of a criterion in Certify.',
  },
  'certificate-if': {
    name: 'Certificate, if',
    plainly: 'Proved but for one premise, which is named and which is estimated here.',
    exactly: 'A theorem whose single missing premise stands in its sentence.',
    where: 'The status of a criterion in Certify.',
  },
  estimate: {
    name: 'Estimate',
    plainly: 'Measured, not proved: good advice that could be wrong.',
    exactly: 'It rests on a measured value or on a heuristic constant, with its error beside it.',
    where: 'The status of a criterion in Certify.',
  },
  prediction: {
    name: 'Prediction',
    plainly: 'Calculated ahead from a formula that is right for short steps.',
    exactly: 'Leading order in η; nothing bounds what is left out.',
    where: 'The status of a criterion in Certify.',
  },
  none: {
    name: 'No claim',
    plainly: 'Of this run this rule says nothing.',
    exactly:
      'A premise fails, cannot be checked, or has not been looked at; the sentence says which.',
    where: 'The status of a criterion in Certify.',
  },
  good: {
    name: 'Good enough',
    plainly: 'At this step the particles are within your tolerance.',
    exactly: 'KL at the stop is at most δ, by the reading that is named beside it.',
    where: 'The verdict of a criterion.',
  },
  ended: {
    name: 'Guarantee ended',
    plainly: 'From here on nothing promises that it gets better, and it is not yet good enough.',
    exactly: 'The criterion fired with KL above δ. More steps may help; no inequality says so.',
    where: 'The verdict of a criterion.',
  },
  open: {
    name: 'Undecided',
    plainly: 'The rule stops here, and nothing known says whether it is good enough.',
    exactly: 'KL at the stop is unknown, or known from below only.',
    where: 'The verdict of a criterion.',
  },
  stalled: {
    name: 'Stalled',
    plainly: 'It no longer gets better, and it has not arrived.',
    exactly:
      'What is measured falls no further, above δ or above what a chain at rest would show: mass in the wrong well, or the bias of the step size.',
    where: 'The verdict of a criterion.',
  },
  false: {
    name: 'False stop',
    plainly: 'The rule says stop and is wrong.',
    exactly: 'KL at its step is above δ.',
    where: 'The verdict of a criterion.',
  },
  unstable: {
    name: 'Unstable',
    plainly: 'The steps are so long that particles overshoot the valley.',
    exactly: 'η is above 2/λmax, of all of a quadratic or of the 95th percentile of the samples.',
    where: 'The verdict of a criterion, and the warning under the step size.',
  },
  pending: {
    name: 'Not yet',
    plainly: 'The rule has not fired so far, and still may.',
    exactly: 'Steps, or the laws that it reads, are still being computed.',
    where: 'The verdict of a criterion.',
  },
  unfired: {
    name: 'Not in this run',
    plainly: 'The run is over and the rule has not fired.',
    exactly: 'More steps may make it fire, or a larger δ where it asks for one.',
    where: 'The verdict of a criterion.',
  },
} as const satisfies Readonly<Record<string, Entry>>

export type TermId = keyof typeof GLOSSARY
