import { DEFAULT_SCENE } from '../../src/lab/scene/defaults.ts'
import { normaliseScene } from '../../src/lab/scene/normalise.ts'
import {
  IDENTITY,
  type BarrierSpec,
  type EnergySpec,
  type InitialSpec,
  type Matrix2,
  type MixtureComponent,
  type SceneSpec,
  type TargetSpec,
  type Vector2,
} from '../../src/lab/scene/sceneSpec.ts'
import { Draws } from '../fuzz/draws.ts'

/** Kinds of random scenes, in the order in which they are audited. */
export const KINDS = ['ou', 'mixtures', 'sums', 'barriers', 'points', 'starts'] as const
export type Kind = (typeof KINDS)[number]

const HALF_WIDTH = 4
const CELLS = 64

class SceneDraws extends Draws {
  between(a: number, b: number): number {
    return Number((a + (b - a) * this.unit()).toPrecision(6))
  }
  log(a: number, b: number): number {
    return Number((a * (b / a) ** this.unit()).toPrecision(6))
  }
  place(reach: number): Vector2 {
    return [this.between(-reach, reach), this.between(-reach, reach)]
  }
  /** Symmetric with eigenvalues between a and b, turned by any angle. */
  definite(a: number, b: number): Matrix2 {
    const [p, q, turn] = [this.log(a, b), this.log(a, b), this.unit() * Math.PI]
    const [c, s] = [Math.cos(turn), Math.sin(turn)]
    const xy = (p - q) * c * s
    return [
      [p * c * c + q * s * s, xy],
      [xy, p * s * s + q * c * c],
    ]
  }
  mixture(least = 2): MixtureComponent[] {
    return Array.from({ length: least + this.below(3) }, () => ({
      weight: this.log(0.1, 1),
      mean: this.place(1.6),
      covariance: this.definite(0.15, 0.8),
    }))
  }
  quadratic(a: number, b: number): Extract<EnergySpec, { kind: 'quadratic' }> {
    return { kind: 'quadratic', center: this.place(0.5), matrix: this.definite(a, b) }
  }
  gaussian(): InitialSpec {
    return { kind: 'gaussian', mean: this.place(1.5), covariance: this.definite(0.1, 0.6) }
  }
  points(): Vector2[] {
    const parts = this.mixture()
    return Array.from({ length: 40 + this.below(80) }, () => {
      const { mean, covariance } = this.pick(parts)
      const r = Math.sqrt(-2 * Math.log(1 - this.unit()))
      const turn = 2 * Math.PI * this.unit()
      return [
        Number((mean[0] + Math.sqrt(covariance[0][0]) * r * Math.cos(turn)).toFixed(3)),
        Number((mean[1] + Math.sqrt(covariance[1][1]) * r * Math.sin(turn)).toFixed(3)),
      ]
    })
  }
  start(kind: InitialSpec['kind']): InitialSpec {
    switch (kind) {
      case 'gaussian':
        return {
          kind,
          mean: this.place(this.chance(0.3) ? 3.5 : 1.5),
          covariance: this.chance(0.4) ? this.definite(0.002, 0.05) : this.definite(0.1, 3),
        }
      case 'uniform':
        return { kind, halfWidth: this.chance(0.15) ? HALF_WIDTH : this.log(0.12, 3.5) }
      case 'point':
        return { kind, at: this.place(2), spread: this.chance(0.3) ? 0 : this.log(0.03, 0.5) }
      default:
        return { kind }
    }
  }
  barriers(): BarrierSpec[] {
    const strength = (): number => (this.chance(0.5) ? 0 : this.log(0.05, 2))
    return Array.from({ length: 1 + this.below(2) }, (): BarrierSpec => {
      switch (this.below(4)) {
        case 0:
          return {
            kind: 'disc',
            center: this.place(1.5),
            radius: this.log(0.1, 0.8),
            strength: strength(),
          }
        case 1: {
          const turn = this.unit() * 2 * Math.PI
          return {
            kind: 'half-plane',
            normal: [Math.cos(turn), Math.sin(turn)],
            offset: this.between(-2, -0.8),
            strength: strength(),
          }
        }
        case 2: {
          // A wall much thinner than a cell, across the box or a part of it.
          const x = this.between(-1, 1)
          const half = this.log(0.005, 0.06)
          const from = -5
          const to = this.chance(0.5) ? 5 : this.between(-1, 1)
          const corners: Vector2[] = [
            [x - half, from],
            [x + half, from],
            [x + half, to],
            [x - half, to],
          ]
          return { kind: 'polygon', points: corners, strength: 0 }
        }
        default: {
          const [cx, cy] = this.place(1.5)
          const corners = Array.from({ length: 5 }, (_, i): Vector2 => {
            const turn = (2 * Math.PI * i) / 5 + 0.3 * this.unit()
            const r = this.between(0.3, 0.9)
            return [cx + r * Math.cos(turn), cy + r * Math.sin(turn)]
          })
          return { kind: 'polygon', points: corners, strength: strength() }
        }
      }
    })
  }
}

/** The scene of a kind that a seed and a number give, whole and valid. */
export function sceneOf(kind: Kind, seed: number, index: number): SceneSpec {
  const draw = new SceneDraws(seed, KINDS.indexOf(kind) * 100_000 + index)
  const mixtures = (): TargetSpec => ({
    kind: 'gaussian-mixture',
    components: draw.mixture(),
  })
  let target: TargetSpec = mixtures()
  let energy: EnergySpec = { kind: 'exact' }
  let initial: InitialSpec = draw.gaussian()
  let halfWidth = HALF_WIDTH
  let dynamics: Partial<SceneSpec['dynamics']> = {}
  switch (kind) {
    case 'ou': {
      // Walls far off in most of them, so that the plane's closed forms hold; near in the others.
      halfWidth = draw.chance(0.25) ? 4 : 9
      energy = draw.quadratic(0.6, 2.2)
      if (halfWidth > HALF_WIDTH) {
        initial = {
          kind: 'gaussian',
          mean: draw.place(1.5),
          covariance: draw.definite(0.3, 1.2),
        }
        dynamics = { stepSize: draw.log(0.04, 0.2), epsilon: draw.log(0.4, 0.9) }
        const extra = draw.below(6)
        if (extra === 0) dynamics = { ...dynamics, skew: draw.between(-1.5, 1.5) }
        if (extra === 1) dynamics = { ...dynamics, preconditioner: draw.definite(0.6, 1.6) }
      }
      break
    }
    case 'mixtures':
      break
    case 'sums':
      energy = {
        kind: 'sum',
        terms: [
          { weight: draw.between(0.5, 1.2), energy: { kind: 'exact' }, target },
          {
            weight: draw.between(0.2, 1),
            energy: draw.chance(0.5) ? { kind: 'exact' } : draw.quadratic(0.3, 1.5),
            target: mixtures(),
          },
        ],
        barriers: [],
      }
      break
    case 'barriers':
      energy = {
        kind: 'sum',
        terms: [
          {
            weight: 1,
            energy: draw.chance(0.5) ? { kind: 'exact' } : draw.quadratic(0.4, 2),
            target: null,
          },
        ],
        barriers: draw.barriers(),
      }
      initial = { kind: 'gaussian', mean: draw.place(1.2), covariance: draw.definite(0.3, 1) }
      break
    case 'points':
      target = { kind: 'points', points: draw.points() }
      energy = draw.chance(0.5)
        ? draw.quadratic(0.5, 2)
        : {
            kind: 'sum',
            terms: [{ weight: 1, energy: { kind: 'exact' }, target: mixtures() }],
            barriers: [],
          }
      if (draw.chance(0.6)) initial = { kind: 'data' }
      break
    case 'starts':
      if (draw.chance(0.4)) energy = draw.quadratic(0.4, 3)
      initial = draw.start((['gaussian', 'uniform', 'point', 'data', 'gibbs'] as const)[index % 5]!)
      break
    default:
      kind satisfies never
  }
  return normaliseScene({
    ...DEFAULT_SCENE,
    seed: 1 + draw.below(1000),
    target,
    energy,
    domain: { halfWidth, cells: halfWidth > HALF_WIDTH ? 80 : CELLS },
    dynamics: {
      ...DEFAULT_SCENE.dynamics,
      preconditioner: IDENTITY,
      epsilon: draw.log(0.5, 1.5),
      stepSize: draw.log(0.02, 0.08),
      steps: 12 + draw.below(9),
      particles: 512,
      initial,
      ...dynamics,
    },
    stopping: {
      ...DEFAULT_SCENE.stopping,
      criterion: 'a-priori',
      delta: draw.log(kind === 'ou' ? 0.1 : 0.02, 6),
    },
  })
}
