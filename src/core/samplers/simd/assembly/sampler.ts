/*
 * The steps of core/fields/transition.ts and core/samplers, and the measurements of core/analysis between them, in
 * float64 SIMD, with the same operations in the same order as there.
 */
export { drift } from './drift'
export { entropies } from './entropies'
export { FINITE, flow, INJECTIVE, INSIDE, jets } from './flow'
export { BLOCK, CENTRES, EXPANSIONS, GOALS, JETS, POINTS, TABLE } from './layout'
export { scatter } from './noise'
export { combine, deposit, transpose } from './splines'
export { values } from './values'
