import type { ObjectiveId } from './ids.ts'

/** Texts of the page about a training objective. This file is data and loads no code of the objectives. */
export interface ObjectiveText {
  readonly id: ObjectiveId
  readonly label: string
  readonly summary: string
  /** The loss, TeX; its lines fit the narrowest panel. */
  readonly formula: string
  /** The loss in plain characters, shown until the typesetter has loaded. */
  readonly plain: string
}

/** In the order of the list in the page; the first is the default. */
export const OBJECTIVE_TEXTS: readonly ObjectiveText[] = [
  {
    id: 'persistent',
    label: 'Persistent chains',
    summary:
      'Maximum likelihood with Metropolis-adjusted Langevin chains that are never restarted and jump to places drawn from a histogram of the data, after a short flow-matching warm-up; it shares the energy and the Gibbs target of energy matching, but it is not the algorithm of the paper. Where there are no data, its last term makes the slope lead to them: q is the data blurred by a heavy-tailed kernel, g(q) rises to 1 where q is small, and W is a wall at the edge of the box.',
    formula:
      '\\begin{aligned}\\mathcal L={}&\\mathbb E_{\\rho^*}V-\\mathbb E_{\\text{chains}}V\\\\&+\\lambda\\int_\\Omega g(q)\\,|\\nabla V+\\nabla\\log q-\\nabla W|^2\\,dx\\end{aligned}',
    plain: 'L = E_data V − E_chains V + λ ∫ g(q) |∇V + ∇log q − ∇W|² dx',
  },
  {
    id: 'energy-matching',
    label: 'Energy matching',
    summary:
      'The published recipe: flow matching along optimal-transport paths, then the same loss plus contrastive divergence with fresh unadjusted Langevin negatives; for comparison, since its negatives are far from equilibrium and so is its Gibbs measure from the data.',
    formula:
      '\\begin{aligned}\\mathcal L={}&\\tfrac12\\,\\mathbb E\\,|\\nabla E(x_t)+x_1-x_0|^2\\\\&+\\lambda\\bigl(\\mathbb E_{\\rho^*}E-\\mathbb E_{\\text{Langevin}}E\\bigr),\\\\&E=\\varepsilon_{\\max}V\\end{aligned}',
    plain: 'L = ½E|∇E(x_t) + x₁ − x₀|² + λ(E_data E − E_Langevin E)',
  },
  {
    id: 'quadrature',
    label: 'Quadrature',
    summary:
      'Maximum likelihood with the partition function summed over a jittered grid, whose logarithm is a little low on average: no sampling, but only in low dimension, and the fastest way to retrain here. Where there are no data, its last term makes the slope lead to them: q is the data blurred by a heavy-tailed kernel, g(q) rises to 1 where q is small, and W is a wall at the edge of the box.',
    formula:
      '\\begin{aligned}\\mathcal L={}&\\mathbb E_{\\rho^*}V+\\log\\int_\\Omega e^{-V}dx\\\\&+\\lambda\\int_\\Omega g(q)\\,|\\nabla V+\\nabla\\log q-\\nabla W|^2\\,dx\\end{aligned}',
    plain: 'L = E_data V + log ∫ e^(−V) dx + λ ∫ g(q) |∇V + ∇log q − ∇W|² dx',
  },
  {
    id: 'score-matching',
    label: 'Score matching',
    summary:
      'Denoising score matching: the slope of the energy is fitted to the score of slightly blurred data, without any sampling, but the weights of separated modes are only inherited from the stronger blur of the start, and the far tails are not learned.',
    formula:
      '\\begin{aligned}\\mathcal L={}&\\mathbb E\\,\\sigma^2\\,\\bigl|\\nabla V(x+\\sigma\\xi)-\\xi/\\sigma\\bigr|^2,\\\\&\\xi\\sim\\mathcal N(0,I)\\end{aligned}',
    plain: 'L = E σ²|∇V(x + σξ) − ξ/σ|²',
  },
]
