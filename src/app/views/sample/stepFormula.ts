import type { DynamicsSpec, Matrix2 } from '../../../lab/scene/sceneSpec.ts'
import { SAMPLER_TEXTS } from '../../../lab/scene/texts.ts'
import type { Flow } from '../../render/theme.ts'

export function isIdentity([[a, b], [c, d]]: Matrix2): boolean {
  return a === 1 && b === 0 && c === 0 && d === 1
}

/** One step of a flow as a formula, with what the scene adds to plain dynamics. */
export function lawOf(
  flow: Flow,
  { skew, preconditioner, metric: place, sampler, jumpEvery }: DynamicsSpec,
): string {
  const metric = place === undefined ? (isIdentity(preconditioner) ? '' : 'P') : 'M'
  const drift = skew === 0 ? metric : `(${metric || 'I'} + γJ)`
  const mean = `x ← x − η${drift}∇V`
  if (flow === 'deterministic') return mean
  const noise = `${place === undefined ? '' : ' + ηε div M'} + √(2ηε${metric}) ξ`
  const { step } = SAMPLER_TEXTS[sampler]
  const jumps = jumpEvery === 0 ? '' : `, jump every ${String(jumpEvery)}`
  return mean + noise + (step && `, ${step}`) + jumps
}
