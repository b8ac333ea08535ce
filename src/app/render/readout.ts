import type { Landscape } from '../../lab/protocol/calls.ts'
import type { World } from './coordinates.ts'

/** The energy at a point. */
export interface LandscapeReading {
  readonly point: World
  readonly v: number
  /** |∇V|, per world unit. */
  readonly slope: number
  /** π = e^(−V/ε)/Z, per unit area. */
  readonly density: number
}

export type ReadLandscape = (landscape: Landscape, point: World) => LandscapeReading | null
