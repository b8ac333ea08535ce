import { gaussLegendre } from '../../maths/quadrature.ts'
import type { Rng } from '../../maths/rng.ts'
import { kernelMixture } from './kernelMixture.ts'
import type { Distribution } from '../target.ts'

/**
 * A smooth arc γ: [from, to] → R² that carries a probability measure q(t) dt, given twice so that the
 * sampler and the density need no inversion: as a density and as its quantile function.
 */
export interface Arc {
  /** Relative weight of the arc among its siblings, > 0. */
  readonly weight: number
  readonly from: number
  readonly to: number
  /** γ(t), written to out[0], out[1]. */
  point(t: number, out: Float64Array): void
  /** The measure on the parameter; absent: uniform on [from, to]. */
  readonly measure?: {
    /** Density of t up to a constant. */
    density(t: number): number
    /** Inverse of the distribution function: u in (0, 1) ↦ t. */
    quantile(u: number): number
  }
}

/** A quadrature panel spans at most this many noise widths of arc… */
const PANEL = 6
/** …and carries a Gauss–Legendre rule of this many points. */
const RULE = gaussLegendre(16)
/** Number of chords from which the length of an arc is computed. */
const CHORDS = 2048

/** `panels` + 1 parameters that cut the arc into panels of equal length, at most `longest` each. */
function cutArc(arc: Arc, longest: number): Float64Array {
  const p = new Float64Array(2)
  const length = new Float64Array(CHORDS + 1)
  const parameter = (k: number) => arc.from + ((arc.to - arc.from) * k) / CHORDS
  arc.point(arc.from, p)
  for (let k = 1; k <= CHORDS; k++) {
    const x = p[0]!
    const y = p[1]!
    arc.point(parameter(k), p)
    const dx = p[0]! - x
    const dy = p[1]! - y
    length[k] = length[k - 1]! + Math.sqrt(dx * dx + dy * dy)
  }
  const whole = length[CHORDS]!
  const panels = Math.ceil(whole / longest)
  const cuts = new Float64Array(panels + 1)
  cuts[0] = arc.from
  cuts[panels] = arc.to
  for (let j = 1, k = 1; j < panels; j++) {
    const goal = (whole * j) / panels
    while (length[k]! < goal) k++
    cuts[j] = parameter(k - (length[k]! - goal) / (length[k]! - length[k - 1]!))
  }
  return cuts
}

/** Nodes along the arcs and their weights: ∫ f(γ(t)) q(t) dt ≈ Σ weights·f(nodes), Σ weights = Σ arc weights. */
export function curveQuadrature(
  arcs: readonly Arc[],
  width: number,
  panel = PANEL,
): { readonly nodes: Float64Array; readonly weights: Float64Array } {
  const nodes: number[] = []
  const weights: number[] = []
  const p = new Float64Array(2)
  for (const arc of arcs) {
    const start = weights.length
    const cuts = cutArc(arc, panel * width)
    let total = 0
    for (let j = 1; j < cuts.length; j++) {
      const half = 0.5 * (cuts[j]! - cuts[j - 1]!)
      const middle = 0.5 * (cuts[j]! + cuts[j - 1]!)
      for (let k = 0; k < RULE.nodes.length; k++) {
        const t = middle + half * RULE.nodes[k]!
        arc.point(t, p)
        nodes.push(p[0]!, p[1]!)
        const weight = half * RULE.weights[k]! * (arc.measure?.density(t) ?? 1)
        weights.push(weight)
        total += weight
      }
    }
    for (let i = start; i < weights.length; i++) weights[i]! *= arc.weight / total
  }
  return { nodes: Float64Array.from(nodes), weights: Float64Array.from(weights) }
}

/**
 * A point on the arcs, drawn from their measures, plus N(0, width²·I): the density is
 * ρ(x) = Σ_arcs w ∫ N(x; γ(t), width²·I) q(t) dt, by composite Gauss–Legendre quadrature whose panels
 * follow the width (16 points on at most 6 widths of arc). Against a rule three times as fine log ρ is
 * right to 1e-7 wherever log ρ > −25.
 * @param width standard deviation of the noise, world units
 */
export function curveDistribution(arcs: readonly Arc[], width: number): Distribution {
  const { nodes, weights } = curveQuadrature(arcs, width)
  let total = 0
  for (const arc of arcs) total += arc.weight
  return {
    sample(rng: Rng, n: number): Float64Array {
      const xy = new Float64Array(2 * n)
      const p = new Float64Array(2)
      for (let i = 0; i < n; i++) {
        let u = rng.uniform() * total
        let k = 0
        while (k < arcs.length - 1 && u >= arcs[k]!.weight) u -= arcs[k++]!.weight
        const arc = arcs[k]!
        const v = rng.uniform()
        arc.point(arc.measure?.quantile(v) ?? arc.from + (arc.to - arc.from) * v, p)
        xy[2 * i] = p[0]! + width * rng.normal()
        xy[2 * i + 1] = p[1]! + width * rng.normal()
      }
      return xy
    },
    density: kernelMixture(nodes, weights, width),
  }
}
