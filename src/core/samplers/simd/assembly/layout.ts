/*
 * AssemblyScript, not TypeScript: compiled to sampler.wasm by scripts/buildKernels.ts.
 *
 * Addresses in memory, in bytes. Points, centres and goals are interleaved, [x0, y0, x1, y1, …], as in a cloud.
 */

/** Most points of a call; a multiple of 4. */
export const BLOCK: i32 = 512
/** Bytes of two numbers a point. */
const PAIRS: usize = (<usize>BLOCK) << 4

/** Settings of a call, in both lanes; behind `constants.ts`, which the compiler puts at 1024. */
export const SETTINGS: usize = 2048
export const POINTS: usize = SETTINGS + 512
export const CENTRES: usize = POINTS + PAIRS
export const GOALS: usize = CENTRES + PAIRS
/** log|det(I − ηD∇²V)| or V, one number a point. */
export const EXPANSIONS: usize = GOALS + PAIRS
/** Derivatives of V, six numbers a point: [V_x, V_xx, V_y, V_xy, V_yy, –]. */
export const JETS: usize = EXPANSIONS + (PAIRS >> 1)
/** The table, four numbers a node: [V, V_y, V_x, V_xy], so that V and V_y, and V_x and V_xy, are blended as one vector. */
export const TABLE: usize = JETS + 3 * PAIRS
