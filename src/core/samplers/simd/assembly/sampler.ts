/*
 * The steps of core/fields/transition.ts and core/samplers in float64 SIMD, operation by operation as they stand there.
 */
export { drift } from './drift'
export { FINITE, flow, INJECTIVE, INSIDE } from './flow'
export { BLOCK, CENTRES, EXPANSIONS, GOALS, POINTS, TABLE } from './layout'
export { scatter } from './noise'
