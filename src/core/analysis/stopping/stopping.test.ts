import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exp } from '../../maths/elementary.ts'
import { misspelt } from '../../maths/numberText.testing.ts'
import { Purpose, Rng } from '../../maths/rng.ts'
import { departureOf } from '../../samplers/sampler.ts'
import { CRITERION_IDS } from '../ids.ts'
import type { StoppingInput } from './criterion.ts'
import { blankInput } from './criterion.testing.ts'
import { jackknifeErrorsAtLook } from './looks.ts'
import { CRITERIA, stoppingReports } from './registry.ts'
import { statistical, statisticalWindow } from './statistical.ts'
import { tolerance } from './tolerance.ts'

const STEPS = 200
const SD = 0.004

/** A curve KL_k = f(k), read every 5 steps by 16 groups with independent noise of sd SD a group. */
function curve(
  f: (k: number) => number,
  computed: number,
  floor: number | null,
  equilibrium = 0.001,
): StoppingInput {
  const rng = new Rng({ seed: 1, purpose: Purpose.probe })
  const kl: (number | null)[] = []
  const klStandardError: (number | null)[] = []
  const estimator: ('quadrature' | 'native' | null)[] = []
  const pseudoValues: (Float64Array | null)[] = []
  for (let k = 0; k <= STEPS; k++) {
    if (k === 0) {
      kl.push(f(0))
      klStandardError.push(null)
      estimator.push('quadrature')
      pseudoValues.push(null)
    } else if (k % 5 === 0) {
      const psi = Float64Array.from({ length: 16 }, () => f(k) + SD * rng.normal())
      kl.push(psi.reduce((a, b) => a + b) / 16)
      klStandardError.push(SD / 4)
      estimator.push('native')
      pseudoValues.push(psi)
    } else {
      kl.push(null)
      klStandardError.push(null)
      estimator.push(null)
      pseudoValues.push(null)
    }
  }
  const blank = blankInput(STEPS)
  return {
    ...blank,
    computed,
    curves: { ...blank.curves, kl, klStandardError, estimator, foldedMass: kl.map(() => 0) },
    pseudoValues,
    nullFloor:
      floor === null
        ? null
        : { mean: floor, deviation: 0.001, equilibrium: { mean: equilibrium, deviation: 0.001 } },
  }
}

const falling = (k: number): number => 2 * exp(-k / 15)
const quick = (k: number): number => 2 * exp(-k / 8)
const stuck = (k: number): number => 0.69 + 2 * exp(-k / 10)

describe('the window', () => {
  it('is max(10, steps/20), rounded up to a multiple of 5', () => {
    expect([1, 200, 201, 300, 301, 500, 1000, 100000].map(statisticalWindow)).toEqual([
      10, 10, 15, 15, 20, 25, 50, 5000,
    ])
  })
})

/** The same at a step size for which ηλmax, of the 95th percentile or of a quadratic, is `product`; L may be due to −∇²V. */
function steep(input: StoppingInput, product: number, quadratic: boolean): StoppingInput {
  const { certificates } = input
  const curvature = product / certificates.transition.stepSize
  return {
    ...input,
    certificates: {
      ...certificates,
      constants: {
        convexity: quadratic ? 1 : -1,
        quadratic,
        smoothness: 1e6,
        curvature95: curvature,
      },
    },
  }
}

describe('an unstable step size', () => {
  it('is called so by every criterion, and never converged', () => {
    for (const quadratic of [true, false]) {
      const input = steep(curve(quick, STEPS, 0.001), 2.5, quadratic)
      for (const { reason } of stoppingReports(input))
        expect(
          reason.match(/The step size is unstable: ηλmax[^=]* = 2\.50 is above 2/gu),
        ).toHaveLength(1)
      const report = statistical.evaluate(input)
      expect(report.outcome).toBe('stalled')
      expect(report.reason).toMatch(/^Settled away from π/)
    }
    // However steeply it falls away: x − η∇V leaves a maximum, and overshoots nothing.
    for (const quadratic of [true, false])
      for (const product of [1.9, -20])
        for (const { reason } of stoppingReports(
          steep(curve(quick, STEPS, 0.001), product, quadratic),
        ))
          expect(reason).not.toContain('unstable')
  })

  it('is not seen of samplers that refuse moves', () => {
    const input = steep(curve(quick, STEPS, 0.001), 2.5, true)
    const mala = {
      ...input,
      certificates: { ...input.certificates, departure: 'some moves are refused' },
    }
    for (const { reason } of stoppingReports(mala)) expect(reason).not.toContain('unstable')
  })

  it('is suspected where the chain itself rests far from π', () => {
    const high = (k: number): number => 0.9 + quick(k)
    const report = statistical.evaluate(curve(high, STEPS, 0.2, 0.9))
    expect(report.outcome).toBe('stalled')
    expect(report.reason).toContain('The step size is too large for this landscape')
    // A bias that one may live with is called that.
    const low = (k: number): number => 0.03 + quick(k)
    expect(statistical.evaluate(curve(low, STEPS, 0.001, 0.03)).reason).toMatch(
      /^Converged to the bias of the step size/,
    )
  })
})

describe('few particles', () => {
  it('are said to have a wide error bar', () => {
    const input = curve(quick, STEPS, 0.001)
    expect(statistical.evaluate(input).reason).not.toContain('error bar')
    expect(statistical.evaluate({ ...input, particles: 64 }).reason).toMatch(
      /With 64 particles the error bar is wide: no fall below [\d.e−-]+ nats a window would be seen/,
    )
  })
})

describe('statistical', () => {
  it('stops a curve that falls to the floor: after the fall is lost in the noise, not before', () => {
    const report = statistical.evaluate(curve(quick, STEPS, 0.001))
    expect(report.outcome).toBe('stopped')
    expect(report.reason).toMatch(/^Converged to sampling noise/)
    expect(report.status).toBe('estimate')
    // A difference has noise .0014; a window falls by less than twice that from k = 65 on.
    expect(report.step! % 10).toBe(0)
    expect(report.step).toBeGreaterThanOrEqual(70)
    expect(report.step).toBeLessThanOrEqual(110)
  })

  it('says stalled where the curve rests above the floor', () => {
    const report = statistical.evaluate(curve(stuck, STEPS, 0.001))
    expect(report.outcome).toBe('stalled')
    expect(report.reason).toMatch(/^Stalled/)
    expect(Math.abs(report.kl! - 0.69)).toBeLessThan(0.01)
  })

  it('stops at the bias of the step size, where particles started at π rest as well', () => {
    const biased = (k: number): number => 0.03 + 2 * exp(-k / 8)
    const report = statistical.evaluate(curve(biased, STEPS, 0.001, 0.03))
    expect(report.outcome).toBe('stopped')
    expect(report.reason).toMatch(/^Converged to the bias/)
    expect(report.reason).toContain('0.0300 nats that particles started at π read')
    const short = curve(biased, STEPS, 0.001, 0.02)
    expect(statistical.evaluate(short).outcome).toBe('stalled')
    // Particles from π that have not come to the bias yet are no reason to expect less than b(η).
    const predicted = statistical.evaluate({ ...short, biasPrediction: 0.03 })
    expect(predicted.outcome).toBe('stopped')
    expect(predicted.reason).toMatch(
      /^Converged to the bias of the step size or below it.*0\.0300 nats that step size η is predicted/,
    )
    expect(statistical.evaluate({ ...short, biasPrediction: 0.02 }).outcome).toBe('stalled')
  })

  it('calls no reading within the noise far from π on the word of a prediction', () => {
    const near = statistical.evaluate({ ...curve(quick, STEPS, 0.001), biasPrediction: 0.2 })
    expect(near.outcome).toBe('stopped')
    expect(near.reason).toMatch(/^Converged to sampling noise/)
    const biased = (k: number): number => 0.2 + 2 * exp(-k / 8)
    const far = statistical.evaluate({ ...curve(biased, STEPS, 0.001), biasPrediction: 0.2 })
    expect(far.outcome).toBe('stalled')
    expect(far.reason).toMatch(/^Settled away from π/)
  })

  it('blames the step size only where its bias stands out of the noise', () => {
    // KL .0035 is above the noise of .003, not significantly above the .001 of chains at rest.
    const near = (k: number): number => 0.0035 + 2 * exp(-k / 8)
    const report = statistical.evaluate(curve(near, STEPS, 0.001, 0.001))
    expect(report.outcome).toBe('stopped')
    expect(report.reason).not.toMatch(/bias|smaller η/)
  })

  it('says of a smoothed KL that it is one, and what that leaves unseen', () => {
    const input = curve(quick, STEPS, 0.001)
    const estimator = input.curves.estimator.map((e) => (e === 'native' ? 'smoothed' : e))
    const report = statistical.evaluate({ ...input, curves: { ...input.curves, estimator } })
    expect(report.outcome).toBe('stopped')
    expect(report.reason).toMatch(/the smoothed lower bound of KL .* not the KL/)
    // An error of more than 0.6 nats is the bias of kernels that scarcely overlap, which may have either sign.
    const klStandardError = input.curves.klStandardError.map((e) => (e === null ? null : 0.7))
    const sparse = statistical.evaluate({
      ...input,
      curves: { ...input.curves, estimator, klStandardError },
    })
    expect(sparse.outcome).toBe('stopped')
    expect(sparse.reason).toMatch(/either side of the KL/)
    expect(sparse.reason).not.toMatch(/lower bound/)
  })

  it('says why it has not fired, truly: one quiet window, no verdict yet, a fall over a longer span', () => {
    const one = statistical.evaluate(curve(() => 0.69, 10, 0.001))
    expect(one.reason).toMatch(/^Not settled: the last window .* two windows in a row/)
    const early = statistical.evaluate(curve(() => 0.69, 35, 0.001))
    expect(early.outcome).toBe('unfired')
    expect(early.reason).toMatch(/is above the .* is asked from step 40 on/)
    const slow = (k: number): number => 0.2 - 0.00025 * k
    const late = statistical.evaluate(curve(slow, STEPS, 0.001))
    expect(late.outcome).toBe('unfired')
    expect(late.reason).toMatch(/^(Still falling|Not settled: .* since step 100 it changed by -)/)
    const unknown = curve(() => Number.NaN, STEPS, 0.001)
    expect(statistical.evaluate(unknown).reason).toMatch(/^No window/)
  })

  it('takes a fall by rounding for none', () => {
    const input = curve(() => 0.001, STEPS, 0.001)
    const pseudoValues = input.pseudoValues.map((psi, k) => psi && psi.fill(0.001 - 1e-16 * k))
    expect(statistical.evaluate({ ...input, pseudoValues }).outcome).toBe('stopped')
  })

  it('does not call a slow fall stalled that short windows cannot see', () => {
    // .0025 a window, less than 2 SE of its difference; .025 over half the run.
    const slow = (k: number): number => 0.2 - 0.00025 * k
    expect(statistical.evaluate(curve(slow, STEPS, 0.001)).outcome).toBe('unfired')
    // The short windows alone would have fired: they do where the level is no obstacle.
    expect(statistical.evaluate(curve(slow, STEPS, 0.001, 1)).reason).toMatch(/^Settled/)
  })

  it('does not fire while the curve falls', () => {
    const report = statistical.evaluate(curve((k) => 3 - 0.01 * k, STEPS, 0.001))
    expect(report.outcome).toBe('unfired')
    expect(report.step).toBeNull()
    expect(report.kl).toBeNull()
    expect(report.reason).toMatch(/Still falling/)
  })

  it('compares the first window with the quadrature of step 0', () => {
    // Flat from the first step: quiet at w and 2w.
    expect(statistical.evaluate(curve(() => 0.69, STEPS, 0.001, 0.69)).step).toBe(20)
    // A drop between 0 and w only: that window is not quiet.
    const drop = (k: number): number => (k === 0 ? 5 : 0.69)
    expect(statistical.evaluate(curve(drop, STEPS, 0.001, 0.69)).step).toBe(30)
    // Stalled takes four windows.
    expect(statistical.evaluate(curve(drop, STEPS, 0.001)).step).toBe(40)
  })

  it('never compares two different estimators', () => {
    const input = curve(() => 0.69, STEPS, 0.001, 0.69)
    const estimator = input.curves.estimator.map((e, k) =>
      e === 'native' && k <= 50 ? 'smoothed' : e,
    )
    const report = statistical.evaluate({ ...input, curves: { ...input.curves, estimator } })
    // Smoothed 10 → 20 → 30 are two quiet windows; nothing is compared with the quadrature at 0.
    expect(report.step).toBe(30)
  })

  it('waits for the floor to be measured', () => {
    expect(statistical.evaluate(curve(falling, STEPS, null)).outcome).toBe('unfired')
  })

  it('handles a run that has only begun', () => {
    expect(statistical.evaluate(curve(falling, 0, 0.001)).outcome).toBe('unfired')
    expect(statistical.evaluate({ ...curve(falling, 0, 0.001), pseudoValues: [] }).step).toBeNull()
  })
})

describe('tolerance', () => {
  it('takes the first step whose upper end, of all looks together, is at most δ', () => {
    const input = curve(falling, STEPS, null)
    const report = tolerance.evaluate(input)
    // Every fifth step is the next look.
    const expected = input.curves.kl.findIndex(
      (kl, k) =>
        kl !== null &&
        k > 0 &&
        kl + jackknifeErrorsAtLook(k / 5) * (input.curves.klStandardError[k] ?? 0) <= 0.05,
    )
    expect(report.step).toBe(expected)
    expect(report.kl).toBe(input.curves.kl[expected])
    expect(report.outcome).toBe('stopped')
    // 2e^{−k/15} = .05 − 3.5·.001 at k = 56.4: the first multiple of 5 beyond.
    expect(Math.abs(expected - 60)).toBeLessThanOrEqual(5)
  })

  it('does not take a reading below 0 for more than its noise allows', () => {
    // Three standard errors or fewer below 0, as the least of many readings of a KL of 0 is.
    const input = curve((k) => (k === 0 ? 2 : -0.0018), STEPS, 0.001)
    expect(tolerance.evaluate({ ...input, delta: 2e-3 }).step).toBeNull()
    const report = tolerance.evaluate({ ...input, delta: 2.1e-3 })
    expect(report.outcome).toBe('stopped')
    expect(report.reason).toMatch(/its upper end at look 1, .* 0\.0020\d nats is at most/)
  })

  it('prefers the exact law wherever it is known', () => {
    const input = curve(falling, STEPS, null)
    const klExact = input.curves.kl.map((_, k) => (k === 0 ? null : falling(k)))
    const law = { ...input.law, exactTo: STEPS, unresolved: null }
    const report = tolerance.evaluate({ ...input, law, curves: { ...input.curves, klExact } })
    // 2e^{−k/15} ≤ .05 from k = 15·log 40 = 55.3 on.
    expect(report.step).toBe(56)
    expect(report.kl).toBe(falling(56))
    expect(report.reason).toMatch(/exact/)
  })

  it('stops at step 0 when the start is good enough, and says how far it is otherwise', () => {
    expect(tolerance.evaluate({ ...curve(falling, 0, null), delta: 3 }).step).toBe(0)
    const report = tolerance.evaluate({ ...curve(falling, STEPS, null), delta: 1e-6 })
    expect(report.outcome).toBe('unfired')
    expect(report.step).toBeNull()
  })
})

describe('tolerance and estimates that bound nothing', () => {
  it('passes over readings of fewer particles than a jackknife has groups', () => {
    const input = { ...curve(falling, STEPS, null), particles: 15 }
    expect(tolerance.evaluate(input).outcome).toBe('unfired')
    expect(tolerance.evaluate({ ...input, particles: 16 }).outcome).toBe('stopped')
  })

  it('passes over a reading without an error bar: a single particle', () => {
    const input = curve(falling, STEPS, null)
    const klStandardError = input.curves.klStandardError.map(() => null)
    const alone = tolerance.evaluate({ ...input, curves: { ...input.curves, klStandardError } })
    expect(alone.outcome).toBe('unfired')
    expect(alone.reason).toMatch(/^Lowest so far is the KL of the start, 2.000 nats, above δ/)
  })

  it('says of a smoothed KL that it is a lower bound, of the start that it is a quadrature', () => {
    const input = curve(falling, STEPS, null)
    const estimator = input.curves.estimator.map((e) => (e === 'native' ? 'smoothed' : e))
    const smoothed = tolerance.evaluate({ ...input, curves: { ...input.curves, estimator } })
    expect(smoothed.reason).toMatch(/^Smoothed lower bound of KL .* may be above δ/)
    const far = curve((k) => (k === 0 ? 5 : 0.2), STEPS, null)
    const klStandardError = far.curves.klStandardError.map((e) => (e === null ? null : 0.7))
    const sparse = tolerance.evaluate({
      ...far,
      delta: 1.7,
      curves: { ...far.curves, estimator, klStandardError },
    })
    expect(sparse.outcome).toBe('stopped')
    expect(sparse.reason).toMatch(/either side of the KL/)
    expect(sparse.reason).not.toMatch(/lower bound/)
    expect(tolerance.evaluate({ ...input, delta: 3 }).reason).toMatch(/by quadrature/)
  })
})

describe('every criterion', () => {
  it('is causal: what it says once fired it says ever after', () => {
    for (const f of [quick, stuck, () => 0.69]) {
      for (const criterion of CRITERIA) {
        let fired: ReturnType<typeof criterion.evaluate> | null = null
        for (let computed = 0; computed <= STEPS; computed++) {
          const report = criterion.evaluate(curve(f, computed, 0.001))
          if (fired !== null) expect(report).toEqual(fired)
          else if (report.step !== null) {
            expect(report.step).toBe(computed)
            fired = report
          }
        }
      }
    }
  })

  it('is causal in the exact law, too, however far it has been followed', () => {
    const exact = falling
    const full = curve(() => Number.NaN, STEPS, null)
    const fallen = full.curves.kl.map((_, k) => exact(k))
    const input = (exactTo: number, rest: Partial<StoppingInput> = {}): StoppingInput => {
      const until = <T>(f: (k: number) => T) => fallen.map((_, k) => (k <= exactTo ? f(k) : null))
      return {
        ...full,
        curves: {
          ...full.curves,
          klExact: until(exact),
          fisher: until((k) => 4 * exact(k)),
          mismatch: until((k) => (k === 0 ? null : 0.3)),
          dataKl: until(exact),
          dataFisher: until((k) => 4 * exact(k)),
          residual: until(() => 0.2),
        },
        law: { exactTo, pending: exactTo < STEPS, unresolved: null, data: 'known', dataOutside: 0 },
        certificates: {
          ...full.certificates,
          kl0: 2,
          constants: {
            convexity: 1,
            smoothness: 1,
            quadratic: true,
            logSobolevEstimate: 1,
            logSobolevBound: null,
          },
        },
        biasPrediction: 0.01,
        delta: 0.2,
        ...rest,
      }
    }
    const fired = new Map<string, ReturnType<(typeof CRITERIA)[number]['evaluate']>>()
    for (let exactTo = 1; exactTo <= STEPS; exactTo++) {
      for (const criterion of CRITERIA) {
        const report = criterion.evaluate(input(exactTo))
        const before = fired.get(criterion.id)
        if (before !== undefined) expect(report.step).toBe(before.step)
        else if (report.step !== null) fired.set(criterion.id, report)
      }
    }
    expect([...fired.keys()].sort()).toEqual([
      'a-priori',
      'certified-decrease',
      'data-mismatch',
      'floor',
      'tolerance',
    ])
    // 4·2e^{−k/15} ≤ .1 and ≤ .2, 2e^{−k/15} ≤ .02 and ≤ .2.
    expect(fired.get('data-mismatch')!.step).toBe(56)
    expect(fired.get('floor')!.step).toBe(70)
    expect(fired.get('tolerance')!.step).toBe(35)
    expect(fired.get('a-priori')!.status).toBe('certificate')

    const walls = input(STEPS)
    const folded = { ...walls.curves, foldedMass: fallen.map(() => 2e-6) }
    const off = new Map(CRITERIA.map((one) => [one.id, one.evaluate({ ...walls, curves: folded })]))
    expect(off.get('a-priori')!.status).toBe('none')
    expect(off.get('a-priori')!.reason).toMatch(/2\.0·10⁻⁶ of the mass/)
    expect(off.get('certified-decrease')!.status).toBe('estimate')
    const strict = { ...walls, strict: true }
    const certified = CRITERIA.find(({ id }) => id === 'certified-decrease')!
    expect(certified.evaluate(strict).status).toBe('certificate-if')
    expect(certified.evaluate({ ...strict, curves: folded }).status).toBe('estimate')
    for (const change of [
      { departure: 'some moves are refused' },
      { departure: departureOf({ label: 'A sampler that says nothing of its law' }) },
      { jumpEvery: 5 },
      { barriers: [{ kind: 'disc', center: [0, 0], radius: 1, strength: 0.1 }] },
    ] as const) {
      const certificates = { ...walls.certificates, ...change }
      for (const id of ['certified-decrease', 'a-priori'] as const) {
        const report = CRITERIA.find((one) => one.id === id)!.evaluate({ ...walls, certificates })
        expect(report).toMatchObject({ step: null, status: 'none', outcome: 'unfired' })
        expect(report.reason).toMatch(/^No certificate: /)
      }
    }
  })

  it('stands in the order of the list, each with a text, and reports under its id', () => {
    const order = CRITERIA.map((c) => CRITERION_IDS.indexOf(c.id))
    expect(order).toEqual([...order].sort((a, b) => a - b))
    const reports = stoppingReports(curve(falling, STEPS, 0.001))
    expect(reports.map((r) => r.criterion)).toEqual(CRITERIA.map((c) => c.id))
    for (const c of CRITERIA) {
      expect(c.label + c.formula).not.toBe('')
      expect(c.description).toMatch(/^[^.]+\.$/)
    }
  })
})

describe('the words of a report', () => {
  /** Magnitudes that curves and constants come in, and those that only a failed estimate has. */
  const size = fc.oneof(
    fc.double({ min: 1e-12, max: 1e-3, noNaN: true }),
    fc.double({ min: 1e-3, max: 10, noNaN: true }),
    fc.double({ min: 10, max: 1e9, noNaN: true }),
  )
  const inputs = fc.record({
    scale: size,
    shift: fc.double({ min: -1, max: 1, noNaN: true }),
    delta: fc.double({ min: 1e-6, max: 10, noNaN: true }),
    rate: size,
    smoothness: size,
    kl0: size,
    bias: fc.option(size),
    folded: fc.double({ min: 0, max: 1, noNaN: true }),
    particles: fc.constantFrom(1, 64, 4096),
    exact: fc.boolean(),
    strict: fc.boolean(),
  })

  it('hold no number that a person cannot read, and no negative KL', () => {
    fc.assert(
      fc.property(inputs, (wanted) => {
        const base = curve(
          (k) => wanted.scale * (exp(-k / 20) + 0.1 * wanted.shift),
          STEPS,
          0.001,
          wanted.bias ?? 0.001,
        )
        const spread = (value: number) => Array.from({ length: STEPS + 1 }, () => value)
        const input: StoppingInput = {
          ...base,
          curves: {
            ...base.curves,
            foldedMass: spread(wanted.folded),
            ...(wanted.exact
              ? {
                  klExact: base.curves.kl.map((kl) => (kl === null ? null : Math.abs(kl))),
                  fisher: spread(wanted.scale),
                  mismatch: spread(wanted.rate),
                  dataFisher: spread(wanted.scale),
                  residual: spread(wanted.rate),
                }
              : {}),
          },
          particles: wanted.particles,
          strict: wanted.strict,
          delta: wanted.delta,
          law: {
            exactTo: wanted.exact ? STEPS : -1,
            pending: false,
            unresolved: wanted.exact ? null : 'not followed',
            data: 'known',
            dataOutside: 0,
          },
          biasPrediction: wanted.bias,
          certificates: {
            ...base.certificates,
            kl0: wanted.kl0,
            constants: {
              convexity: wanted.rate,
              smoothness: wanted.smoothness,
              quadratic: true,
              curvature95: wanted.smoothness,
            },
          },
        }
        for (const report of stoppingReports(input)) {
          expect(misspelt(report.reason), report.reason).toEqual([])
          expect(report.reason).not.toMatch(/KL −|−[\d.]+ nats(?! *\))(?=,| is|\.)/)
          expect(report.kl ?? 0).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })

  it('never stop at an estimate that lies below zero by more than its noise', () => {
    const broken = curve((k) => (k === 0 ? 2 : -3), STEPS, 0.001)
    for (const report of stoppingReports(broken)) expect(report.step, report.criterion).toBeNull()
    const noisy = curve((k) => (k === 0 ? 2 : -0.0005), STEPS, 0.001)
    const stops = stoppingReports(noisy).filter(({ step }) => step !== null)
    expect(stops.length).toBeGreaterThan(0)
    for (const { kl } of stops) expect(kl).toBeGreaterThanOrEqual(0)
  })
})

describe('the words of every criterion', () => {
  /** The estimators that a reading may come from, and what the reports call it. */
  const KINDS = {
    native: { estimator: 'native', error: 0.01, words: 'particle estimate of KL' },
    smoothed: { estimator: 'smoothed', error: 0.01, words: 'smoothed lower bound of KL' },
    sparse: {
      estimator: 'smoothed',
      error: 0.7,
      words: 'smoothed reading that is no bound of KL',
    },
  } as const

  function readBy(kind: keyof typeof KINDS, f: (k: number) => number, floor = 0.001) {
    const input = curve(f, STEPS, floor)
    const { estimator, error } = KINDS[kind]
    const { curves } = input
    return {
      ...input,
      biasPrediction: 0.001,
      curves: {
        ...curves,
        estimator: curves.estimator.map((e) => (e === 'native' ? estimator : e)),
        klStandardError: curves.klStandardError.map((e) => (e === null ? null : error)),
      },
    }
  }

  it('say which estimator a number is of, fired or not', () => {
    const seen = new Set<string>()
    const shapes = [
      quick,
      falling,
      stuck,
      (k: number) => 0.2 - 0.00025 * k,
      (k: number) => 3 - 0.01 * k,
    ]
    for (const kind of ['native', 'smoothed', 'sparse'] as const)
      for (const shape of shapes)
        for (const delta of [1e-6, 0.05, 1])
          for (const report of stoppingReports({ ...readBy(kind, shape), delta })) {
            const { criterion, outcome, reason, step, kl, klMeaning } = report
            // No number is called a plain KL.
            expect(reason).not.toMatch(
              /(?<!estimate of |bound of )\bKL (?:is )?−?\d|KL so far|\bthe KL by/,
            )
            expect(klMeaning === null).toBe(kl === null)
            if (!['tolerance', 'floor', 'statistical'].includes(criterion)) continue
            const { words } = KINDS[kind]
            const spoken = reason.toLowerCase()
            // The start is what is lowest where nothing below it has been read.
            const start =
              step === 0 || (criterion === 'tolerance' && !spoken.includes(words.toLowerCase()))
            expect(spoken).toContain((start ? 'KL of the start' : words).toLowerCase())
            if (start && step === null) continue
            if (step !== null)
              expect(klMeaning).toBe(step === 0 ? 'KL of the start' : KINDS[kind].words)
            seen.add(`${criterion} ${kind} ${outcome}`)
          }
    // Nothing of this is vacuous: each of the three has fired and has not, on every estimator.
    for (const criterion of ['tolerance', 'floor', 'statistical'])
      for (const kind of Object.keys(KINDS))
        for (const outcome of ['stopped', 'unfired'])
          // Wider than the law itself: the start, known exactly, is lower.
          if (!(criterion === 'tolerance' && kind === 'sparse'))
            expect([...seen]).toContain(`${criterion} ${kind} ${outcome}`)
  })

  it('call the exact law by its name, and never a preview of it', () => {
    const input = readBy('smoothed', falling)
    const known = { ...input.curves, klExact: input.curves.kl.map((_, k) => 1 + falling(k)) }
    const law = { exactTo: STEPS, pending: false, unresolved: null, data: null, dataOutside: null }
    const low = tolerance.evaluate({ ...input, curves: known, law })
    expect(low.reason).toBe(
      'Lowest so far is the KL of the exact chain, 1.000 nats, above δ = 0.0500 nats.',
    )
    const met = tolerance.evaluate({ ...input, curves: known, law, delta: 1.5 })
    expect(met.klMeaning).toBe('KL of the exact chain')
    expect(met.reason).toMatch(/^KL of the exact chain 1\.\d+ nats is at most δ = 1\.500 nats\.$/)
    // With a preview alone it is the particles that are asked.
    const preview = { ...law, exactTo: -1, pending: true }
    const asked = tolerance.evaluate({ ...input, curves: known, law: preview, delta: 0.2 })
    expect(asked.klMeaning).toBe('smoothed lower bound of KL')
  })

  it('round a limit to its safe side, and tell apart what differs', () => {
    // 2/3 · 0.01 / 0.01 = 0.6667 of η: 0.67 would be unstable.
    const unstable = steep(curve(quick, STEPS, 0.001), 3, true)
    expect(tolerance.evaluate(unstable).reason).not.toMatch(/unstable/)
    expect(stoppingReports(unstable)[0]!.reason).toMatch(
      /= 3\.00 is above 2, .* take η below 0\.0066\.$/,
    )
    const barely = steep(curve(quick, STEPS, 0.001), 2.0001, true)
    expect(stoppingReports(barely)[0]!.reason).toMatch(/= 2\.0001 is above 2, /)
    fc.assert(
      fc.property(fc.double({ min: 2.001, max: 50, noNaN: true }), (product) => {
        const { reason } = stoppingReports(steep(curve(quick, 10, 0.001), product, true))[0]!
        const limit = Number(/below ([\d.]+)\.$/.exec(reason)![1])
        // The step size is 0.01.
        expect((limit / 0.01) * product).toBeLessThanOrEqual(2 * (1 + 1e-12))
      }),
    )
    const close = readBy('native', () => 0.1001)
    const curves = {
      ...close.curves,
      klExact: close.curves.kl.map((_, k) => (k === 0 ? 2 : 0.1001)),
    }
    const law = { exactTo: STEPS, pending: false, unresolved: null, data: null, dataOutside: null }
    expect(tolerance.evaluate({ ...close, curves, law, delta: 0.1 }).reason).toBe(
      'Lowest so far is the KL of the exact chain, 0.1001 nats, above δ = 0.100 nats.',
    )
  })

  it('of a run of few steps or none say so', () => {
    const none = { ...curve(falling, 0, null), steps: 0, computed: 0 }
    expect(statistical.evaluate(none).reason).toBe('No step has been taken.')
    const few = { ...curve(falling, 15, 0.001), steps: 15 }
    expect(statistical.evaluate(few).reason).toMatch(
      /^Still falling: .* The run ends at step 15, before the two windows/,
    )
    const law = {
      exactTo: 0,
      pending: false,
      unresolved: null,
      data: 'known',
      dataOutside: 0,
    } as const
    const mismatch = (input: StoppingInput) =>
      stoppingReports(input).find(({ criterion }) => criterion === 'data-mismatch')!.reason
    expect(mismatch({ ...none, law })).toMatch(
      /^No step has been taken, and the Fisher information/,
    )
    expect(mismatch({ ...none, law: { ...law, pending: true } })).toBe(
      'The laws of the run are being followed.',
    )
    const blind = { ...law, exactTo: -1, unresolved: 'the cells are too wide' }
    expect(mismatch({ ...curve(falling, STEPS, 0.001), law: blind })).toBe(
      'No law has been compared with the data: the cells are too wide.',
    )
  })

  it('say how much of the data is outside the box', () => {
    const input = curve(falling, STEPS, 0.001)
    const at = (dataOutside: number) =>
      stoppingReports({
        ...input,
        curves: {
          ...input.curves,
          dataFisher: input.curves.kl.map(() => 1),
          residual: input.curves.kl.map(() => 0.1),
        },
        law: { exactTo: STEPS, pending: false, unresolved: null, data: 'known', dataOutside },
      }).find(({ criterion }) => criterion === 'data-mismatch')!.reason
    expect(at(0.023)).toMatch(
      /Of the data's law 2\.3 % lies outside the box: .* the rest, renormalised\.$/,
    )
    expect(at(0.0002)).not.toMatch(/outside/)
    const gibbs = { exactTo: STEPS, pending: false, unresolved: null, data: 'gibbs' } as const
    const own = stoppingReports({ ...input, law: { ...gibbs, dataOutside: 0.3 } })
    expect(own.find(({ criterion }) => criterion === 'data-mismatch')!.reason).toMatch(
      /as far as they are in the box\. Of the data's law 30\.0 % lies outside/,
    )
  })
})
