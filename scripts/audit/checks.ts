import type { RunResult } from '../../src/lab/protocol/result.ts'
import type { SceneSpec } from '../../src/lab/scene/sceneSpec.ts'
import { perform } from '../reproduce/perform.ts'
import { dataOf, energyOf, startOf, type Energy, type Start } from './energies.ts'
import {
  chainCells,
  ChainLaw,
  continuousKl,
  fisherOfStart,
  flowKl,
  klOfStart,
  leastRayleigh,
  normalKl,
  quadraticContinuousKl,
  quadraticOf,
  restOf,
} from './laws.ts'

/** One statement of the program held to an independent value: true where `error` is at most `allowed`. */
export interface Reading {
  readonly check: Check
  readonly error: number
  readonly allowed: number
  /** The numbers, for a failure and for the worst case. */
  readonly words: string
}

export const CHECKS = {
  kl0: 'KL₀ is that of a quadrature of the formulas',
  fisher0: 'I at step 0 is that of the formula, or null where it is infinite',
  exact: 'the exact law of the chain has the KL of the brute-force law',
  folded: 'the mass folded at the walls is that of the brute-force law',
  envelope: 'the a-priori envelope is above the brute-force law',
  certificate: 'KL ≤ δ at a certified step and at every step after it',
  gapBound: 'a proved spectral gap is above no Rayleigh quotient',
  gapCertificate: 'KL of the continuous dynamics ≤ δ at the step that a proved gap certifies',
  continuous: 'the error bar of the continuous curve covers a finer solution',
  proved: 'a proved λ is above no rate that a law or a function shows',
  estimate: 'the estimate of λ is above no rate that the run shows',
  gap: 'the gap is below no proved λ and above no Rayleigh quotient',
  data: 'KL to the data is that of the brute-force law',
  particles: 'the KL of the particles is within 5 SE of the law’s',
  flow: 'the KL of the noiseless flow is within 5 SE of a quadrature along its paths',
} as const
export type Check = keyof typeof CHECKS

/** What is allowed of an error, nats and relative: midpoints and tables of 64 cells err by a few 1e-4. */
const CLOSE = 1e-3
/** How fine the references are, a side. */
interface Effort {
  /** Rectangles that a start is cut into. */
  readonly start: number
  /** Cells of the quadrature of Z, in fours. */
  readonly rest: number
  /** Cells of the finer solution of the continuous dynamics; half of them tell its own error. */
  readonly continuous: number
}
const WHOLE: Effort = { start: 200, rest: 100, continuous: 160 }
/** Steps of the brute-force law on the way to a certified step; at rest before that it stays. */
const MOST_STEPS = 1500

type Numbers = readonly (number | null)[]

const digits = (value: number): string => Number(value.toPrecision(6)).toString()

/** Runs a scene through the engine and holds what comes out to independent values. */
export async function auditScene(scene: SceneSpec, effort = WHOLE): Promise<Reading[]> {
  // A proof takes seconds.
  const extras = effort === WHOLE ? (['spectralGapBound'] as const) : []
  const { runs } = await perform({ scene, seeds: [scene.seed], laws: 'shared', extras })
  return judge(scene, runs[0]!.result, effort)
}

/** Holds what a run says of its scene to independent values. */
export function judge(scene: SceneSpec, result: RunResult, effort = WHOLE): Reading[] {
  const { langevin, deterministic, constants, stopping } = result
  const { steps, epsilon, preconditioner, skew } = scene.dynamics
  const eta = scene.dynamics.stepSize!
  const energy = energyOf(scene)
  const walls = energy.barriers.length > 0
  const plain = skew === 0 && isIdentity(preconditioner)
  const readings: Reading[] = []
  const note = (check: Check, error: number, allowed: number, words: string): void => {
    readings.push({ check, error, allowed, words })
  }
  const off = (
    check: Check,
    found: number,
    truth: number,
    allowed: number,
    where: string,
  ): void => {
    note(
      check,
      Math.abs(found - truth),
      allowed,
      `${where}: ${digits(found)} for ${digits(truth)} (± ${digits(allowed)})`,
    )
  }

  const start = startOf(scene, energy, effort.start)
  const { logZ } = restOf(energy, effort.rest, 4)
  const kl0 = klOfStart(start, energy, logZ)
  const found = langevin.kl[0] ?? null
  if (kl0 === null || found === null) {
    const same = (kl0 === null) === (found === null)
    note('kl0', same ? 0 : 1, 0, `${String(found)} for ${String(kl0)}`)
  } else {
    // Walls cut the reference's cells, too: half as many tell what it does not know.
    const coarse = walls
      ? klOfStart(
          startOf(scene, energy, effort.start / 2),
          energy,
          restOf(energy, effort.rest / 2, 4).logZ,
        )!
      : kl0
    off('kl0', found, kl0, CLOSE * (1 + Math.abs(kl0)) + Math.abs(kl0 - coarse), 'step 0')
  }

  if (plain) fisherAtStart(langevin, scene, start, energy, note)

  // The law of the chain.
  const reference = plainLaw(scene, energy, start, steps, kl0)
  if (reference !== null) {
    for (let k = 1; k <= steps; k++) {
      const truth = reference.kl[k]!
      const exact = langevin.klExact[k] ?? null
      if (exact !== null) off('exact', exact, truth, CLOSE * (1 + truth), `step ${k}`)
      const most = langevin.envelope[k] ?? null
      if (most !== null)
        note(
          'envelope',
          truth - most,
          1e-5 + 1e-4 * truth,
          `step ${k}: ${digits(most)} over ${digits(truth)}`,
        )
      const folded = langevin.foldedMass[k] ?? null
      if (folded !== null && exact !== null && reference.folded !== null)
        off('folded', folded, reference.folded[k]!, 1e-5 + 0.05 * reference.folded[k]!, `step ${k}`)
      const kl = langevin.kl[k] ?? null
      const error = langevin.klStandardError[k] ?? null
      if (langevin.estimator[k] === 'native' && kl !== null && error !== null)
        off('particles', kl, truth, 5 * error + CLOSE, `step ${k}`)
      const data = langevin.dataKl[k] ?? null
      if (data !== null && reference.dataKl !== null && exact !== null)
        off('data', data, reference.dataKl[k]!, CLOSE * (2 + reference.dataKl[k]!), `step ${k}`)
    }
  }
  for (const { status, step, criterion } of stopping) {
    if (status !== 'certificate' || step === null) continue
    const { delta } = scene.stopping
    if (criterion === 'poincare') {
      const kl = plain ? continuousAt(scene, energy, start, step) : null
      if (kl === null) continue
      note(
        'gapCertificate',
        kl - delta,
        0.01 * delta,
        `step ${step}: ${digits(kl)}, δ = ${digits(delta)}`,
      )
      continue
    }
    const truth = certifiedKl(scene, energy, start, step, kl0)
    if (truth === null) continue
    note(
      'certificate',
      truth - delta,
      1e-6,
      `${criterion}, step ${step}: at most ${digits(truth)} from there on, δ = ${digits(delta)}`,
    )
  }

  // The continuous dynamics.
  const continuous =
    plain || quadraticOf(scene) ? finerContinuous(scene, energy, start, effort.continuous) : null
  if (continuous !== null) {
    for (let k = 1; k <= steps; k++) {
      const drawn = langevin.fokkerPlanck[k] ?? null
      const bar = langevin.fokkerPlanckError[k] ?? null
      if (drawn === null || bar === null) continue
      const { kl, doubt } = continuous
      off(
        'continuous',
        drawn,
        kl[k]!,
        bar + 2 * doubt[k]! + (walls ? CLOSE : 1e-4) * (1 + kl[k]!),
        `step ${k}, bar ${digits(bar)}`,
      )
    }
  }

  // λ and the gap against what laws and functions show.
  const rates: (readonly [string, number])[] = []
  if (plain) rates.push(['a Rayleigh quotient', leastRayleigh(energy, walls ? 160 : 120)])
  if (plain && reference !== null) {
    for (let k = 1; k <= steps; k++)
      if (reference.kl[k]! > 1e-2 && reference.fisher !== null)
        rates.push([
          `the chain, step ${k}`,
          (epsilon * reference.fisher[k]!) / (2 * reference.kl[k]!),
        ])
  }
  if (plain && continuous !== null)
    for (let k = 1; k < steps; k++) {
      const [now, next] = [continuous.kl[k]!, continuous.kl[k + 1]!]
      if (next > 1e-3 + 50 * Math.max(continuous.doubt[k]!, continuous.doubt[k + 1]!))
        rates.push([`the continuous dynamics, step ${k}`, Math.log(now / next) / (2 * eta)])
    }
  const { logSobolevBound, logSobolevEstimate, spectralGap, spectralGapBound } = constants
  for (const [what, rate] of rates) {
    const allowed = (walls ? 0.1 : 0.02) * rate + 1e-3
    if (logSobolevBound !== null)
      note(
        'proved',
        logSobolevBound.value - rate,
        0.01 * rate,
        `${digits(logSobolevBound.value)} proved; ${what}: ${digits(rate)}`,
      )
    if (logSobolevEstimate !== null)
      note(
        'estimate',
        logSobolevEstimate - rate,
        allowed,
        `${digits(logSobolevEstimate)} estimated; ${what}: ${digits(rate)}`,
      )
    if (what === 'a Rayleigh quotient' && spectralGapBound !== null && spectralGapBound.value > 0)
      note(
        'gapBound',
        spectralGapBound.value - rate,
        1e-4 * rate,
        `${digits(spectralGapBound.value)} proved on ${spectralGapBound.cells}²; ${what}: ${digits(rate)}`,
      )
    if (what === 'a Rayleigh quotient' && spectralGap !== null)
      note('gap', spectralGap - rate, allowed, `${digits(spectralGap)}; ${what}: ${digits(rate)}`)
  }
  if (logSobolevEstimate !== null) {
    const shown = (kl: Numbers, fisher: Numbers, name: string): void => {
      for (let k = 1; k <= steps; k++) {
        const [a, i] = [kl[k] ?? null, fisher[k] ?? null]
        if (a === null || i === null || a < 1e-5) continue
        const rate = (epsilon * i) / (2 * a)
        note(
          'estimate',
          logSobolevEstimate - rate,
          1e-9,
          `${digits(logSobolevEstimate)} estimated; ${name} drawn, step ${k}: ${digits(rate)}`,
        )
      }
    }
    shown(langevin.klExact, langevin.fisher, 'the chain as')
  }
  if (logSobolevBound !== null && spectralGap !== null)
    note(
      'gap',
      logSobolevBound.value - spectralGap,
      0,
      `${digits(spectralGap)}, proved ${digits(logSobolevBound.value)}`,
    )
  if (scene.energy.kind === 'quadratic' && scene.domain.halfWidth > 8 && spectralGap !== null) {
    const rate = slowestOf(scene)
    off('gap', spectralGap, rate, 0.01 * rate, 'the slowest axis')
  }

  // The noiseless flow, while no wall is met.
  if (plain && !walls && start.logDensity !== null && !start.jumps) {
    const truth = flowKl(energy, startOf(scene, energy, effort.start / 2), logZ, eta, steps)
    for (let k = 1; k <= steps; k++) {
      const [kl, error] = [deterministic.kl[k] ?? null, deterministic.klStandardError[k] ?? null]
      if (kl === null || error === null || deterministic.lowerBound[k] === true) continue
      off('flow', kl, truth[k]!, 5 * error + CLOSE * (1 + truth[k]!), `step ${k}`)
    }
  }
  return readings
}

function isIdentity([[a, b], [, c]]: SceneSpec['dynamics']['preconditioner']): boolean {
  return a === 1 && b === 0 && c === 1
}

/** The least eigenvalue of PA. */
function slowestOf({ energy, dynamics }: SceneSpec): number {
  if (energy.kind !== 'quadratic') return Number.NaN
  const [[a, b], [, c]] = energy.matrix
  const [[p, q], [, r]] = dynamics.preconditioner
  const trace = p * a + 2 * q * b + r * c
  const determinant = (a * c - b * b) * (p * r - q * q)
  return trace / 2 - Math.sqrt((trace * trace) / 4 - determinant)
}

/** I at step 0 of the chain and of the continuous dynamics. */
function fisherAtStart(
  langevin: { readonly fisher: Numbers; readonly fokkerPlanckFisher: Numbers },
  scene: SceneSpec,
  start: Start,
  energy: Energy,
  note: (check: Check, error: number, allowed: number, words: string) => void,
): void {
  // ρ₀ does not vanish at a soft wall, where ∇V does as 1/h: E|∇V|² is infinite.
  const infinite =
    energy.barriers.some(({ strength }) => strength > 0) && scene.dynamics.initial.kind !== 'gibbs'
  const truth = infinite ? null : fisherOfStart(start, energy)
  for (const [name, value] of [
    ['chain', langevin.fisher[0] ?? null],
    ['continuous', langevin.fokkerPlanckFisher[0] ?? null],
  ] as const) {
    if (value === null) continue
    if (truth === null) note('fisher0', 1, 0, `${name}: ${digits(value)} for none`)
    else
      note(
        'fisher0',
        Math.abs(value - truth),
        0.05 * truth + 1e-3,
        `${name}: ${digits(value)} for ${digits(truth)}`,
      )
  }
}

interface Reference {
  readonly kl: readonly number[]
  readonly fisher: readonly number[] | null
  readonly folded: readonly number[] | null
  readonly dataKl: readonly number[] | null
}

/** Whether the walls are too far to matter to a quadratic problem. */
function onPlane(scene: SceneSpec): boolean {
  return scene.energy.kind === 'quadratic' && scene.domain.halfWidth > 8
}

function plainLaw(
  scene: SceneSpec,
  energy: Energy,
  start: Start,
  steps: number,
  kl0: number | null,
): Reference | null {
  if (energy.barriers.length > 0) return null
  const quadratic = onPlane(scene) ? quadraticOf(scene) : null
  if (quadratic !== null) {
    let law = quadratic.start
    const kl = [normalKl(law, quadratic.rest)]
    for (let k = 1; k <= steps; k++) {
      law = quadratic.step(law)
      kl.push(normalKl(law, quadratic.rest))
    }
    return { kl, fisher: null, folded: null, dataKl: null }
  }
  const eta = scene.dynamics.stepSize!
  const cells = chainCells(energy, eta)
  const law = new ChainLaw(energy, start, eta, cells)
  const density = dataOf(scene)
  const { halfWidth: w } = energy
  const { h } = law.rest
  const data = Float64Array.from({ length: cells * cells }, (_, k) =>
    density(-w + ((k % cells) + 0.5) * h, -w + (Math.floor(k / cells) + 0.5) * h),
  )
  const mass = data.reduce((sum, log) => sum + Math.exp(log) * h * h, 0)
  const kl = [kl0 ?? Infinity]
  const fisher = [Number.NaN]
  const folded = [0]
  const dataKl = [Number.NaN]
  for (let k = 1; k <= steps; k++) {
    law.advance()
    kl.push(law.kl)
    fisher.push(law.fisher)
    folded.push(law.folded)
    let sum = Math.log(mass)
    for (const [c, m] of law.mass.entries())
      if (m > 0) sum += m * (Math.log(m / (h * h)) - data[c]!)
    dataKl.push(sum)
  }
  return { kl, fisher, folded, dataKl }
}

/** The largest KL of the chain at a step and after it; null where too many steps would have to be followed. */
function certifiedKl(
  scene: SceneSpec,
  energy: Energy,
  start: Start,
  step: number,
  kl0: number | null,
): number | null {
  const quadratic = onPlane(scene) ? quadraticOf(scene) : null
  let most = step === 0 ? (kl0 ?? Infinity) : 0
  if (quadratic !== null) {
    let law = quadratic.start
    for (let k = 1; k <= 3 * step + 2000; k++) {
      law = quadratic.step(law)
      if (k >= step) most = Math.max(most, normalKl(law, quadratic.rest))
    }
    return most
  }
  const eta = scene.dynamics.stepSize!
  const law = new ChainLaw(energy, start, eta, chainCells(energy, eta))
  let before = Infinity
  for (let k = 1; k <= MOST_STEPS; k++) {
    law.advance()
    const { kl } = law
    const atRest = Math.abs(kl - before) < 1e-7 && k > 20
    if (k >= step || atRest) most = Math.max(most, kl)
    if (atRest) return most
    before = kl
  }
  return null
}

/** Cells a side of the continuous law on its way to a certified step, which lies far beyond the first step with KL ≤ δ. */
const ON_THE_WAY = 80

/** KL of the continuous dynamics at a step, which never rises from there on; null where too many steps would have to be followed. */
function continuousAt(scene: SceneSpec, energy: Energy, start: Start, step: number): number | null {
  const closed = onPlane(scene) ? quadraticContinuousKl(scene, step) : null
  if (closed !== null) return closed[step]!
  if (onPlane(scene) || step > MOST_STEPS) return null
  const parts = start.deviation < (6 * energy.halfWidth) / ON_THE_WAY ? 8 : 1
  return continuousKl(energy, start, ON_THE_WAY, scene.dynamics.stepSize!, step, parts)[step]!
}

/** KL of the continuous dynamics with what is not known of it. */
function finerContinuous(
  scene: SceneSpec,
  energy: Energy,
  start: Start,
  cells: number,
): { readonly kl: readonly number[]; readonly doubt: readonly number[] } | null {
  const { steps, stepSize } = scene.dynamics
  const closed = onPlane(scene) ? quadraticContinuousKl(scene, steps) : null
  if (closed !== null) return { kl: closed, doubt: closed.map(() => 0) }
  if (onPlane(scene)) return null
  const parts = start.deviation < (3 * energy.halfWidth) / (cells / 2) ? 8 : 1
  const on = (n: number): number[] => continuousKl(energy, start, n, stepSize!, steps, parts)
  const [coarse, fine] = [on(cells / 2), on(cells)]
  if (energy.barriers.length === 0)
    return {
      kl: fine.map((kl, k) => kl + (kl - coarse[k]!) / 3),
      doubt: fine.map((kl, k) => 0.2 * Math.abs(kl - coarse[k]!)),
    }
  // Walls leave errors of first order, which change their sign from grid to grid: a third one tells more of them.
  const middle = on(Math.round(0.7 * cells))
  const doubt = fine.map((kl, k) => Math.max(Math.abs(kl - coarse[k]!), Math.abs(kl - middle[k]!)))
  return { kl: fine, doubt }
}
