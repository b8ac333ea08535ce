import { MAX_POINTS, MIN_POINTS } from '../../../lab/scene/sceneSpec.ts'

/** The error of a number of points out of range; null within it. */
export function checkCount(n: number): { readonly message: string } | null {
  if (n >= MIN_POINTS && n <= MAX_POINTS) return null
  return {
    message: `target.points: found ${String(n)} points; allowed: ${String(MIN_POINTS)} to ${String(MAX_POINTS)}`,
  }
}
