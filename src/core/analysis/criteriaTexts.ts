import type { CriterionId } from './ids.ts'

/** What the list of criteria says about each. `formula` is TeX. */
export interface CriterionText {
  readonly label: string
  readonly formula: string
  /** One sentence. */
  readonly description: string
}

/** Texts of the criteria that exist. */
export const CRITERION_TEXTS = {
  statistical: {
    label: 'Statistical',
    formula:
      '\\overline{\\psi(k)-\\psi(k-w)} > -2\\,\\mathrm{SE}\\ \\text{twice},\\quad \\mathrm{KL}_k \\le \\mu_0 + 2\\sigma_0',
    description:
      'Stops when the measured KL no longer falls over two windows in a row: converged if it is what particles started at π would show, stalled if it rests above that.',
  },
  tolerance: {
    label: 'Tolerance',
    formula: '\\mathrm{KL}_k + 1.645\\,\\mathrm{SE}_k \\le \\delta',
    description:
      'Stops at the first step whose KL is at most δ: the exact law of the chain where it is known, else the upper 95 % end of the particle estimate.',
  },
} as const satisfies Readonly<Partial<Record<CriterionId, CriterionText>>>
