import type { CriterionId } from './ids.ts'

/** What the page says about a criterion. Data only: no code of the criteria comes with it. */
export interface CriterionText {
  readonly label: string
  /** TeX, short enough for a list. */
  readonly formula: string
  /** The same in plain characters, for before the typesetter is there. */
  readonly plain: string
  /** One sentence. */
  readonly description: string
}

/** Texts of the criteria that exist. */
export const CRITERION_TEXTS = {
  statistical: {
    label: 'Statistical',
    formula: '\\Delta_w \\mathrm{KL}_k > -2\\,\\mathrm{SE}',
    plain: 'Δw KLₖ > −2 SE',
    description:
      'Stops when the measured KL no longer falls over two windows in a row: converged if it is what particles started at π would show, stalled if it rests above that and has not fallen since half-way either.',
  },
  tolerance: {
    label: 'Tolerance',
    formula: '\\mathrm{KL}_k + 1.645\\,\\mathrm{SE}_k \\le \\delta',
    plain: 'KLₖ + 1.645 SEₖ ≤ δ',
    description:
      'Stops at the first step whose KL is at most δ: the exact law of the chain where it is known, else the upper 95 % end of the particle estimate (smoothed: of a lower bound).',
  },
} as const satisfies Readonly<Partial<Record<CriterionId, CriterionText>>>
