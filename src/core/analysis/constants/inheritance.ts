import type { CurvatureRange } from './curvature.ts'
import type { GapBound } from './gapBound.ts'

/** What is proved of a term of a composition by itself, at the temperature of the composition. */
export interface TermConstants extends CurvatureRange {
  readonly weight: number
  /** Its own spectral gap; null where nothing is proved. */
  readonly gap: GapBound | null
}

/** Lᵢ ≥ ‖∇²Vᵢ‖ everywhere. */
export function smoothnessOf({ least, most }: CurvatureRange): number {
  return Math.max(most, -least)
}

/** Bounds on a composition that follow from those of its terms; null where none follows. */
export interface Inherited {
  /** m ≤ λmin(∇²V). */
  readonly convexity: number | null
  /** L ≥ ‖∇²V‖. */
  readonly smoothness: number | null
  /** M ≥ λmax(∇²V). */
  readonly most: number | null
}

/**
 * Of V = Σ wᵢVᵢ: m = Σ wᵢmᵢ, with Mᵢ in place of mᵢ where wᵢ < 0, L = Σ |wᵢ|Lᵢ and M likewise, since λmin is concave and λmax convex.
 * Of V = −log Σ pᵢe^(−Vᵢ)/Zᵢ: ∇²V = Σ rᵢ∇²Vᵢ − Cov_r(∇Vᵢ), rᵢ ≥ 0 the shares of the terms, so that M = max Mᵢ; from below nothing
 * follows: between two wells V bends down the more, the steeper its terms.
 */
export function inherited(terms: readonly TermConstants[], mixture: boolean): Inherited {
  if (mixture) {
    const shown = terms.filter(({ weight }) => weight > 0)
    return { convexity: null, smoothness: null, most: Math.max(...shown.map(({ most }) => most)) }
  }
  let [convexity, smoothness, most] = [0, 0, 0]
  for (const { weight, ...term } of terms) {
    const negative = weight < 0
    convexity += weight * (negative ? term.most : term.least)
    most += weight * (negative ? term.least : term.most)
    smoothness += Math.abs(weight) * smoothnessOf(term)
  }
  return { convexity, smoothness, most }
}
