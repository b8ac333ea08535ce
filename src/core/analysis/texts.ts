import type { CriterionId } from './ids.ts'

/** The texts of the page on a criterion. Data only: importing them loads no code of the criteria. */
export interface CriterionText {
  /** The reference law of the KL that the criterion reads, or names beside its step: the Gibbs measure π, or the law of the data. */
  readonly divergence: 'gibbs' | 'data'
  readonly label: string
  /** TeX, short enough for a list. */
  readonly formula: string
  /** The formula in plain characters, shown until the typesetter has loaded. */
  readonly plain: string
  /** The formula with `stopping.strict`; absent where `strict` does not change it. */
  readonly strict?: { readonly formula: string; readonly plain: string }
  /** One sentence. */
  readonly description: string
  /** What a stop means beside the KL there, a clause for "You may stop at step k: …, and …". */
  readonly then?: string
  /** Whether it stops where KL falls no further, so that a stop above δ is a stall. */
  readonly rests?: true
  /** Whether it is a rule from practice that certifies nothing, shown to be seen through. */
  readonly blind?: true
  /** The part of the analysis' report that it reads and that takes seconds: worked out once the criterion is chosen. */
  readonly needs?: 'spectralGapBound' | 'coupling'
  /** Whether it reads the noiseless flow. */
  readonly needsFlow?: true
  /** Whether it reads the Stein discrepancy of the particles, which is measured once the criterion is chosen. */
  readonly needsStein?: true
  /**
   * The law whose KL to π a stop claims to be at most δ: that of the chain or of the continuous dynamics. Absent where a stop
   * claims something else, and no KL makes it a false one.
   */
  readonly claims?: 'chain' | 'continuous'
  /**
   * Whether the particles enter its report: `never`, or only where the exact law is not followed to the last step
   * (`unfollowed`), and then without the null floor. Absent: they do.
   */
  readonly particles?: 'never' | 'unfollowed'
}

/** Texts of the criteria. */
export const CRITERION_TEXTS = {
  'certified-decrease': {
    divergence: 'gibbs',
    label: 'Certified decrease',
    formula: '\\varepsilon^2 I_k \\le M_k/3',
    plain: 'ε²Iₖ ≤ Mₖ/3',
    strict: { formula: '\\varepsilon^2 I_k \\le M_k', plain: 'ε²Iₖ ≤ Mₖ' },
    then: 'from here on the theory no longer promises that they improve',
    description:
      'Stops at the first step after which the fall of KL is no longer certified by the chain’s own inequality: the relative Fisher information I of its exact law against the error M of its drift inside a step (strict: ε²I ≤ M), without any log-Sobolev constant.',
    particles: 'never',
  },
  'a-priori': {
    divergence: 'gibbs',
    label: 'A priori',
    formula: 'q^k\\,\\mathrm{KL}_0 + F(1-q^k) \\le \\delta',
    plain: 'qᵏ KL₀ + F(1 − qᵏ) ≤ δ',
    description:
      'The number of steps that is enough by a bound known before the run, from KL₀, the log-Sobolev rate λ and the smoothness L: the better of the bound of Vempala and Wibisono and a sharper one, vacuous on energies of several wells.',
    claims: 'chain',
    particles: 'unfollowed',
  },
  poincare: {
    divergence: 'gibbs',
    label: 'Poincaré',
    formula: '\\log(1+\\chi^2_0\\,e^{-2\\lambda t}) \\le \\delta',
    plain: 'log(1 + χ²₀ e^(−2λt)) ≤ δ',
    description:
      'The time after which the continuous dynamics are within δ, known before the run from a spectral gap λ that is proved for this very energy, wells and all, and from χ² of the start; what the step size adds is not in it.',
    needs: 'spectralGapBound',
    claims: 'continuous',
    particles: 'never',
  },
  coupling: {
    divergence: 'gibbs',
    label: 'Coupling',
    formula: '\\mathrm{E}\\lceil(\\tau-L-k)/L\\rceil_+ \\le \\sqrt{\\delta/2}',
    plain: 'E⌈(τ − L − k)/L⌉₊ ≤ √(δ/2)',
    then: 'the chain is as near to its own rest law as δ asks for',
    description:
      'Stops where the chain is as near to its own rest law, in total variation, as KL ≤ δ would bring it: read from pairs of chains that started L steps apart and met at the time τ, without any density; what the step size adds to the rest law is not in it.',
    needs: 'coupling',
    particles: 'never',
  },
  floor: {
    divergence: 'gibbs',
    label: 'Floor',
    formula: '\\mathrm{KL}_k \\le 2\\,b(\\eta)',
    plain: 'KLₖ ≤ 2 b(η)',
    then: 'no more is left than twice the bias that the step size is predicted to leave',
    description:
      'Stops where what is left of the start is no more than the bias b(η) that the step size is predicted to leave: the chain is ultimately bounded, and a longer run gains little.',
    particles: 'unfollowed',
  },
  statistical: {
    divergence: 'gibbs',
    label: 'Statistical',
    formula: '\\Delta_w \\mathrm{KL}_k > -2\\,\\mathrm{SE}',
    plain: 'Δw KLₖ > −2 SE',
    then: 'the measured curve no longer falls',
    rests: true,
    description:
      'Stops when the measured KL no longer falls over two windows in a row: converged if it is what a chain at rest would show, stalled if it rests above that and has not fallen since half-way either.',
  },
  'data-mismatch': {
    divergence: 'data',
    label: 'Data mismatch',
    formula: '\\varepsilon^2 I(\\rho_k\\Vert\\rho_D) \\le \\mathrm{E}|e|^2',
    plain: 'ε²I(ρₖ‖ρ_D) ≤ E|e|²',
    then: 'more steps need not bring them closer: the error of the drift outweighs what is left to win',
    description:
      'Stops where a longer run need not bring the samples closer to the data: the error e = b̄ + ε∇log ρ_D of the drift b̄ that a learned energy gives the chain outweighs what is left to gain.',
    particles: 'never',
  },
  tolerance: {
    divergence: 'gibbs',
    label: 'Tolerance',
    formula: '\\mathrm{KL}_k + z_j\\,\\mathrm{SE}_k \\le \\delta',
    plain: 'KLₖ + zⱼ SEₖ ≤ δ',
    description:
      'Stops at the first step whose KL is at most δ: the exact law of the chain where it is known, else the upper end of the particle estimate (smoothed: of a lower bound), wider at every look, so that looking often does not stop by chance.',
    claims: 'chain',
    particles: 'unfollowed',
  },
  'gradient-norm': {
    divergence: 'gibbs',
    label: 'Gradient norm',
    blind: true,
    formula: '\\mathrm{E}|\\nabla V|^2 \\le \\delta\\,\\mathrm{E}|\\nabla V|^2_0',
    plain: 'E|∇V|² ≤ δ E|∇V|²₀',
    description:
      'The adaptive stop of samplers that descend, when the particles of the noiseless flow have come to where the slope is small: it certifies nothing, and the smaller δ is, the greater is the KL of the flow.',
    needsFlow: true,
  },
  'energy-plateau': {
    divergence: 'gibbs',
    label: 'Energy plateau',
    blind: true,
    formula: '\\varepsilon\\,\\mathrm{E}\\,\\Delta V = \\mathrm{E}|\\nabla V|^2',
    plain: 'ε E ΔV = E|∇V|²',
    description:
      'Stops when the energy of the particles rests, noise and drift in balance to the share √(2δ) and E[V] unmoved for a window: it certifies nothing, since each well is in balance by itself.',
  },
  stein: {
    divergence: 'gibbs',
    label: 'Stein',
    blind: true,
    formula: '\\mathrm{KSD}^2_k + z_j\\,\\mathrm{SE} \\le \\tfrac23\\delta',
    plain: 'KSD²ₖ + zⱼ SE ≤ ⅔ δ',
    description:
      'Stops when the kernel Stein discrepancy of the particles, which needs neither Z nor a grid, is as small as that of a normal law with KL δ: it certifies nothing, since it hardly sees how the mass is shared among wells.',
    needsStein: true,
  },
} as const satisfies Readonly<Record<CriterionId, CriterionText>>
