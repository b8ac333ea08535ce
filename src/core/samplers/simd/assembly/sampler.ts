/*
 * The steps of core/fields/transition.ts and core/samplers, and what core/analysis measures after every few of them, in
 * float64 SIMD, operation by operation as they stand there.
 */
export { drift } from './drift'
export { entropies } from './entropies'
export { FINITE, flow, INJECTIVE, INSIDE, jets } from './flow'
export { BLOCK, CENTRES, EXPANSIONS, GOALS, JETS, POINTS, TABLE } from './layout'
export { scatter } from './noise'
export { combine, deposit, transpose } from './splines'
export { values } from './values'
