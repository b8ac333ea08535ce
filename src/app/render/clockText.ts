import { signed } from '../../core/maths/numberText.ts'

export { formatCount } from '../../core/maths/numberText.ts'

/** Dimensionless diffusion time t = kη with the digits that tell two steps apart, at most six decimals. */
export function formatTime(step: number, stepSize: number): string {
  const places = Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(stepSize))))
  return signed((step * stepSize).toFixed(Number.isFinite(places) ? places : 0))
}
