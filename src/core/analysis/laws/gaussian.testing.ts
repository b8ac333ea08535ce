import { cos, exp, log, sin } from '../../maths/elementary.ts'
import { cholesky2, inverse2, type Symmetric2 } from '../../maths/linalg2.ts'

/**
 * Closed forms for a quadratic energy V(x) = ½ (x − b)ᵀ A (x − b) in the plane without walls: started at a
 * Gaussian, every dynamics of the lab keeps its law Gaussian. With D = P + γJ, J = [[0, 1], [−1, 0]], and
 * K = DA:
 *
 *   continuous Langevin   m_t = b + e^(−tK)(m₀ − b),  S_t = Σ + e^(−tK)(S₀ − Σ)e^(−tKᵀ),  Σ = εA⁻¹
 *   discrete chain        m ← b + M(m − b),  S ← M S Mᵀ + 2ηεP,  M = I − ηK
 *   deterministic flow and map: the same without the noise.
 *
 * Source: Risken (1989), The Fokker–Planck Equation, §6.5; Lelièvre, Nier & Pavliotis (2013).
 */
export interface QuadraticProblem {
  /** A, symmetric positive definite, per world unit². */
  readonly hessian: Symmetric2
  /** b, world units. */
  readonly center: readonly [number, number]
  /** ε > 0. */
  readonly epsilon: number
  /** γ; default 0. */
  readonly skew?: number
  /** P, symmetric positive definite; default the identity. */
  readonly preconditioner?: Symmetric2
}

/** N(mean, covariance). */
export interface GaussianLaw {
  readonly mean: readonly [number, number]
  readonly covariance: Symmetric2
  /**
   * log det of the covariance where it is known better than from the entries, which cancel as a law
   * without noise collapses.
   */
  readonly logDeterminant?: number
}

/** A 2 × 2 matrix by rows. */
type Matrix = readonly [number, number, number, number]

const IDENTITY: Symmetric2 = [1, 0, 1]

/** D = P + γJ. */
function driftMatrix({ skew = 0, preconditioner = IDENTITY }: QuadraticProblem): Matrix {
  const [a, b, c] = preconditioner
  return [a, b + skew, b - skew, c]
}

function times(a: Matrix, b: Matrix): Matrix {
  return [
    a[0] * b[0] + a[1] * b[2],
    a[0] * b[1] + a[1] * b[3],
    a[2] * b[0] + a[3] * b[2],
    a[2] * b[1] + a[3] * b[3],
  ]
}

function full([xx, xy, yy]: Symmetric2): Matrix {
  return [xx, xy, xy, yy]
}

/** M S Mᵀ. */
function congruence(m: Matrix, [xx, xy, yy]: Symmetric2): Symmetric2 {
  const [a, b, c, d] = m
  return [
    a * a * xx + 2 * a * b * xy + b * b * yy,
    a * c * xx + (a * d + b * c) * xy + b * d * yy,
    c * c * xx + 2 * c * d * xy + d * d * yy,
  ]
}

function plus(a: Symmetric2, b: Symmetric2, scale = 1): Symmetric2 {
  return [a[0] + scale * b[0], a[1] + scale * b[1], a[2] + scale * b[2]]
}

/** b + M(m − b). */
function moved(
  m: Matrix,
  mean: readonly [number, number],
  center: readonly [number, number],
): readonly [number, number] {
  const dx = mean[0] - center[0]
  const dy = mean[1] - center[1]
  return [center[0] + m[0] * dx + m[1] * dy, center[1] + m[2] * dx + m[3] * dy]
}

/** K = DA. */
function relaxation(problem: QuadraticProblem): Matrix {
  return times(driftMatrix(problem), full(problem.hessian))
}

/** M = I − ηK. */
function chainMatrix(problem: QuadraticProblem, eta: number): Matrix {
  const k = relaxation(problem)
  return [1 - eta * k[0], -eta * k[1], -eta * k[2], 1 - eta * k[3]]
}

/** e^(−tK) by Cayley–Hamilton: e^(−ht)(cosh(tδ) I − sinh(tδ)/δ (K − hI)), h = tr K/2, δ² = h² − det K. */
function decay(k: Matrix, t: number): Matrix {
  const h = 0.5 * (k[0] + k[3])
  const det = k[0] * k[3] - k[1] * k[2]
  const half = 0.5 * (k[0] - k[3])
  const square = half * half + k[1] * k[2]
  const z2 = t * t * square
  let c: number
  let s: number
  if (Math.abs(z2) < 0.1) {
    c = 1
    s = 1
    let even = 1
    let odd = 1
    for (let n = 1; n <= 7; n++) {
      even *= z2 / ((2 * n - 1) * (2 * n))
      odd *= z2 / (2 * n * (2 * n + 1))
      c += even
      s += odd
    }
    const scale = exp(-h * t)
    c *= scale
    s *= scale * t
  } else if (square > 0) {
    const delta = Math.sqrt(square)
    const slow = h > 0 ? det / (h + delta) : h - delta
    const a = exp(-slow * t)
    const b = exp(-(h + delta) * t)
    c = 0.5 * (a + b)
    s = (0.5 * (a - b)) / delta
  } else {
    const omega = Math.sqrt(-square)
    const scale = exp(-h * t)
    c = scale * cos(omega * t)
    s = (scale * sin(omega * t)) / omega
  }
  return [c - s * half, -s * k[1], -s * k[2], c + s * half]
}

/** The Gibbs measure π = N(b, εA⁻¹). */
export function quadraticGibbs({ hessian, center, epsilon }: QuadraticProblem): GaussianLaw {
  const [xx, xy, yy] = inverse2(...hessian)
  return { mean: center, covariance: [epsilon * xx, epsilon * xy, epsilon * yy] }
}

/** log Z = log ∫ e^(−V/ε) over the plane = log(2πε/√det A). */
export function quadraticLogZ({ hessian, epsilon }: QuadraticProblem): number {
  const [xx, xy, yy] = hessian
  return log((2 * Math.PI * epsilon) / Math.sqrt(xx * yy - xy * xy))
}

/**
 * Rate of the slowest exponential, min Re spec(DA), per unit of time: m_t − b falls like e^(−rate·t) and
 * the KL like e^(−2·rate·t). For D = I it is the smallest eigenvalue of A, the spectral gap.
 */
export function relaxationRate(problem: QuadraticProblem): number {
  const k = relaxation(problem)
  const h = 0.5 * (k[0] + k[3])
  const half = 0.5 * (k[0] - k[3])
  const square = half * half + k[1] * k[2]
  return square > 0 ? (k[0] * k[3] - k[1] * k[2]) / (h + Math.sqrt(square)) : h
}

/** The law of continuous Langevin at time t ≥ 0. */
export function langevinLaw(problem: QuadraticProblem, start: GaussianLaw, t: number): GaussianLaw {
  const e = decay(relaxation(problem), t)
  const { covariance } = quadraticGibbs(problem)
  return {
    mean: moved(e, start.mean, problem.center),
    covariance: plus(covariance, congruence(e, plus(start.covariance, covariance, -1))),
  }
}

/** The law of the deterministic flow x′ = −D∇V at time t ≥ 0. */
export function flowLaw(problem: QuadraticProblem, start: GaussianLaw, t: number): GaussianLaw {
  const e = decay(relaxation(problem), t)
  const k = relaxation(problem)
  return {
    mean: moved(e, start.mean, problem.center),
    covariance: congruence(e, start.covariance),
    logDeterminant: logDeterminant(start) - 2 * t * (k[0] + k[3]),
  }
}

function logDeterminant({ covariance: [xx, xy, yy], logDeterminant }: GaussianLaw): number {
  return logDeterminant ?? log(xx * yy - xy * xy)
}

/** The law after one step of the chain x ← x − ηD∇V + ξ, ξ ~ N(0, 2ηεP). */
export function chainStep(problem: QuadraticProblem, eta: number, law: GaussianLaw): GaussianLaw {
  const m = chainMatrix(problem, eta)
  return {
    mean: moved(m, law.mean, problem.center),
    covariance: plus(
      congruence(m, law.covariance),
      problem.preconditioner ?? IDENTITY,
      2 * eta * problem.epsilon,
    ),
  }
}

/** The law after one step of the deterministic map x ← x − ηD∇V. */
export function mapStep(problem: QuadraticProblem, eta: number, law: GaussianLaw): GaussianLaw {
  const m = chainMatrix(problem, eta)
  return {
    mean: moved(m, law.mean, problem.center),
    covariance: congruence(m, law.covariance),
    logDeterminant: logDeterminant(law) + 2 * log(Math.abs(m[0] * m[3] - m[1] * m[2])),
  }
}

/**
 * The invariant law of the chain, S = M S Mᵀ + 2ηεP; null where η is too large for one (a modulus of an
 * eigenvalue of M ≥ 1). Its KL to π is the bias of the step size.
 */
export function chainStationary(problem: QuadraticProblem, eta: number): GaussianLaw | null {
  const k = relaxation(problem)
  const trace = k[0] + k[3]
  const det = k[0] * k[3] - k[1] * k[2]
  // Schur–Cohn for M = I − ηK: |det M| < 1 and |tr M| < 1 + det M.
  const detM = 1 - eta * trace + eta * eta * det
  if (!(Math.abs(detM) < 1 && Math.abs(2 - eta * trace) < 1 + detM)) return null
  // Divided by η the equation is K S + S Kᵀ − η K S Kᵀ = 2εP: no cancellation at small η.
  const [a, b, c, d] = k
  const { epsilon } = problem
  const [pxx, pxy, pyy] = problem.preconditioner ?? IDENTITY
  const covariance = solve3(
    [
      [2 * a - eta * a * a, 2 * b - 2 * eta * a * b, -eta * b * b],
      [c - eta * a * c, a + d - eta * (a * d + b * c), b - eta * b * d],
      [-eta * c * c, 2 * c - 2 * eta * c * d, 2 * d - eta * d * d],
    ],
    [2 * epsilon * pxx, 2 * epsilon * pxy, 2 * epsilon * pyy],
  )
  return { mean: problem.center, covariance }
}

type Row3 = readonly [number, number, number]

/** Solves a 3 × 3 system by Cramer's rule. */
function solve3(m: readonly [Row3, Row3, Row3], r: Row3): Symmetric2 {
  const columns = [0, 1, 2].map((j) => [m[0][j]!, m[1][j]!, m[2][j]!] as const)
  const determinant = (a: Row3, b: Row3, c: Row3): number =>
    a[0] * (b[1] * c[2] - b[2] * c[1]) -
    b[0] * (a[1] * c[2] - a[2] * c[1]) +
    c[0] * (a[1] * b[2] - a[2] * b[1])
  const [x, y, z] = columns as [Row3, Row3, Row3]
  const scale = 1 / determinant(x, y, z)
  return [scale * determinant(r, y, z), scale * determinant(x, r, z), scale * determinant(x, y, r)]
}

/** x − log(1 + x) without cancellation near 0; x > −1. */
function excess(x: number): number {
  if (Math.abs(x) > 0.1) return x - log(1 + x)
  let sum = 0
  let power = x * x
  for (let n = 2; n <= 18; n++, power *= -x) sum += power / n
  return sum
}

/** KL(p‖q), nats; accurate to rounding of the laws themselves also where p ≈ q. */
export function gaussianKl(p: GaussianLaw, q: GaussianLaw): number {
  const [pxx, pxy, pyy] = inverse2(...q.covariance)
  const [exx, exy, eyy] = plus(p.covariance, q.covariance, -1)
  // E = Q⁻¹S − I; tr E − log det(I + E) with det(I + E) = 1 + tr E + det E.
  const trace = pxx * exx + 2 * pxy * exy + pyy * eyy
  const determinant = (pxx * pyy - pxy * pxy) * (exx * eyy - exy * exy)
  const dx = p.mean[0] - q.mean[0]
  const dy = p.mean[1] - q.mean[1]
  const square = pxx * dx * dx + 2 * pxy * dx * dy + pyy * dy * dy
  return p.logDeterminant === undefined
    ? 0.5 * (square + excess(trace + determinant) - determinant)
    : 0.5 * (square + trace - (p.logDeterminant - logDeterminant(q)))
}

/**
 * Relative Fisher information E_p[∇log(p/q)ᵀ P ∇log(p/q)], per world unit²; P the metric of a preconditioner,
 * default the identity.
 */
export function gaussianFisher(p: GaussianLaw, q: GaussianLaw, metric = IDENTITY): number {
  const qInverse = inverse2(...q.covariance)
  const g = plus(qInverse, inverse2(...p.covariance), -1)
  const dx = p.mean[0] - q.mean[0]
  const dy = p.mean[1] - q.mean[1]
  const ux = qInverse[0] * dx + qInverse[1] * dy
  const uy = qInverse[1] * dx + qInverse[2] * dy
  const [xx, xy, yy] = metric
  const spread = congruence(full(g), p.covariance)
  return xx * (spread[0] + ux * ux) + 2 * xy * (spread[1] + ux * uy) + yy * (spread[2] + uy * uy)
}

/**
 * Mismatch M of the step of the chain that starts at `before`, at its end: E|D(b̄ − ∇V)|² in the metric P⁻¹,
 * b̄(x) = E[∇V(x₀) | x₁ = x]; plain Langevin: E|b̄ − ∇V|². The law of a step is a Fokker–Planck flow with
 * drift D b̄, so KL′ ≤ −(ε/2) I + M/(2ε).
 */
export function chainMismatch(problem: QuadraticProblem, eta: number, before: GaussianLaw): number {
  const m = chainMatrix(problem, eta)
  const after = chainStep(problem, eta, before)
  const k = relaxation(problem)
  // x₀ given x₁ has mean m₀ + S₀Mᵀ S₁⁻¹ (x₁ − m₁), and D∇V is K(x − b).
  const s0mt = times(full(before.covariance), [m[0], m[2], m[1], m[3]])
  const g = times(s0mt, full(inverse2(...after.covariance)))
  const h = times(k, [g[0] - 1, g[1], g[2], g[3] - 1])
  const spread = congruence(h, after.covariance)
  const dx = before.mean[0] - after.mean[0]
  const dy = before.mean[1] - after.mean[1]
  const ux = k[0] * dx + k[1] * dy
  const uy = k[2] * dx + k[3] * dy
  const [xx, xy, yy] = inverse2(...(problem.preconditioner ?? IDENTITY))
  return xx * (spread[0] + ux * ux) + 2 * xy * (spread[1] + ux * uy) + yy * (spread[2] + uy * uy)
}

/**
 * E|b̄ + ε∇log ρ_D|² at the end of the step of the plain chain that starts at `before`, b̄(x) = E[∇V(x₀) | x₁ = x]; at η = 0
 * E|∇V + ε∇log ρ_D|² under `before` itself.
 */
export function chainDriftError(
  problem: Omit<QuadraticProblem, 'preconditioner' | 'skew'>,
  eta: number,
  before: GaussianLaw,
  data: GaussianLaw,
): number {
  const [axx, axy, ayy] = problem.hessian
  const hessian = full(problem.hessian)
  const after = chainStep(problem, eta, before)
  // b̄(x) = A(m₀ − b) + A S₀Mᵀ S₁⁻¹ (x − m₁), and e(x) = H(x − m₁) + u.
  const m = chainMatrix(problem, eta)
  const s0mt = times(full(before.covariance), [m[0], m[2], m[1], m[3]])
  const g = times(hessian, times(s0mt, full(inverse2(...after.covariance))))
  const [pxx, pxy, pyy] = inverse2(...data.covariance)
  const e = problem.epsilon
  const h = [g[0] - e * pxx, g[1] - e * pxy, g[2] - e * pxy, g[3] - e * pyy] as const
  const spread = congruence(h, after.covariance)
  const bx = before.mean[0] - problem.center[0]
  const by = before.mean[1] - problem.center[1]
  const dx = after.mean[0] - data.mean[0]
  const dy = after.mean[1] - data.mean[1]
  const ux = axx * bx + axy * by - e * (pxx * dx + pxy * dy)
  const uy = axy * bx + ayy * by - e * (pxy * dx + pyy * dy)
  return spread[0] + spread[2] + ux * ux + uy * uy
}

/** log of the density of a Gaussian at (x, y), nats. */
export function gaussianLogDensity(law: GaussianLaw): (x: number, y: number) => number {
  const [l11, , l22] = cholesky2(...law.covariance)
  const [xx, xy, yy] = inverse2(...law.covariance)
  const constant = -log(2 * Math.PI * l11 * l22)
  const [mx, my] = law.mean
  return (x, y) => {
    const dx = x - mx
    const dy = y - my
    return constant - 0.5 * (xx * dx * dx + 2 * xy * dx * dy + yy * dy * dy)
  }
}
