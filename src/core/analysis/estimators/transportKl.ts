import { fieldValues } from '../../fields/blocks.ts'
import type { EnergyField } from '../../fields/energyField.ts'
import { BLOCK } from '../../fields/transition.ts'
import { finish, PIECE } from '../../maths/pieces.ts'
import { standardError } from '../../maths/statistics.ts'

const values = new Float64Array(BLOCK)

/**
 * KL(ρ_k‖π) = mean(l_k + V(x_k)/ε) + log Z of the law under the deterministic map, from log densities
 * carried along the paths; nats. Unbiased while the map is injective, a lower bound from then on.
 * @param xy positions, length 2n, n ≥ 1
 * @param logDensity l_k, length n
 * @returns KL with its standard error sd/√n, null for n = 1
 */
export function transportKl(...options: TransportKlOptions): TransportKl {
  return finish(transportKlInPieces(...options))
}

type TransportKlOptions = [
  xy: Float64Array,
  logDensity: Float64Array,
  field: EnergyField,
  epsilon: number,
  logZ: number,
]

export interface TransportKl {
  readonly value: number
  readonly standardError: number | null
  /** log ρ_k/π − log Z at each particle, length n. */
  readonly terms: Float64Array
}

/** `transportKl` in pieces of a few milliseconds at most; the arrays must not change meanwhile. */
export function* transportKlInPieces(
  ...[xy, logDensity, field, epsilon, logZ]: TransportKlOptions
): Generator<undefined, TransportKl> {
  const n = logDensity.length
  const terms = new Float64Array(n)
  let sum = 0
  for (let first = 0; first < n; first += BLOCK) {
    if (first > 0 && first % PIECE === 0) yield
    const count = Math.min(BLOCK, n - first)
    fieldValues(field, xy, first, count, values)
    for (let i = 0; i < count; i++) {
      const term = logDensity[first + i]! + values[i]! / epsilon
      terms[first + i] = term
      sum += term
    }
  }
  return { value: sum / n + logZ, standardError: n > 1 ? standardError(terms) : null, terms }
}
