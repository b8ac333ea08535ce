import type { Rng } from '../maths/rng.ts'

/** A probability density on the plane, normalised: ∫ρ = 1 to 1e-4. */
export interface Density {
  /** log ρ(x, y), nats. Finite wherever representable: far tails are computed in the log domain. */
  logDensity(x: number, y: number): number
  /** The score ∇ log ρ at (x, y), written to out[0], out[1]. */
  score(x: number, y: number, out: Float64Array): void
}

/** A target at a fixed sharpness: a sampler, and the density that it samples where one is known. */
export interface Distribution {
  /** n draws as [x0, y0, x1, y1, …], length 2n, world units. */
  sample(rng: Rng, n: number): Float64Array
  /** Exact normalised density; null for data points. */
  readonly density: Density | null
}

/** One entry of the registry of targets: one file, one object, one line in `registry.ts`. */
export interface TargetKind {
  /** The `kind` of the target in a scene, e.g. `two-moons`. */
  readonly id: string
  readonly label: string
  /** One sentence for the gallery. */
  readonly summary: string
  /** Default sharpness: noise width = base width / sharpness, skeleton unchanged. Range of sharpness [0.2, 4]. */
  readonly defaultSharpness: number
  build(sharpness: number): Distribution
}
