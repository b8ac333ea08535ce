import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CHARTS, type Chart } from './charts.ts'
import { chartData, DECAY, point, report } from './charts.testing.ts'
import { contractionNote, contractionRate } from './contractionPicture.ts'
import { dataNote, dataPicture, dataVoid } from './dataPicture.ts'
import { dissipationNote, dissipationPicture } from './dissipationPicture.ts'
import { energyNote, energyPicture } from './energyPicture.ts'
import { lyapunovNote, lyapunovPicture } from './lyapunovPicture.ts'
import { neededNote, neededPicture, neededVoid } from './neededPicture.ts'
import { readPicture, samplesOf } from './stepScale.ts'

const steps = 200
const eta = 0.01
const times = Array.from({ length: steps + 1 }, (_, k) => k * eta)

/**
 * One axis of V = x²/2 at ε = 1 from N(0, s₀²): variance s = 1 + (s₀² − 1)e^(−2t), KL = (s − 1 − log s)/2 and
 * I = (s − 1)²/s.
 */
const variance = times.map((t) => 1 + 3 * Math.exp(-2 * t))
const kl = variance.map((s) => (s - 1 - Math.log(s)) / 2)
const fisher = variance.map((s) => (s - 1) ** 2 / s)

const labelled = (picture: ReturnType<typeof lyapunovPicture>, label: string) =>
  picture.curves.find((curve) => curve.label === label)!

describe('the KL chart', () => {
  it('holds δ, the floor and every curve', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-3, max: 50, noNaN: true }), { minLength: 1, maxLength: 30 }),
        fc.double({ min: 1e-3, max: 10, noNaN: true }),
        (values, delta) => {
          const points = values.map((value, k) => point(k, null, { deterministicKl: value }))
          const [low, high] = lyapunovPicture(chartData(points, { delta })).domain
          for (const value of [...values, delta, 0.004]) {
            expect(value).toBeGreaterThanOrEqual(low)
            expect(value).toBeLessThanOrEqual(high)
          }
        },
      ),
    )
  })

  it('rests while the curve falls, and is not stretched by a stray or negative estimate', () => {
    const all = lyapunovPicture(chartData(DECAY)).domain
    expect(lyapunovPicture(chartData(DECAY.slice(0, 150))).domain[1]).toBe(all[1])
    for (const odd of [1e-13, -0.002]) {
      const stray = DECAY.map((p) => (p.step === 195 ? point(195, odd) : p))
      expect(lyapunovPicture(chartData(stray)).domain[0]).toBeGreaterThan(1e-4)
    }
  })

  it('is not stretched by the continuous dynamics, which knows no bias', () => {
    const bare = lyapunovPicture(chartData(DECAY)).domain
    const analysis = report({ fokkerPlanck: times.map((t) => 3 * Math.exp(-20 * t)) })
    expect(lyapunovPicture(chartData(DECAY, { analysis })).domain[0]).toBe(bare[0])
    expect(lyapunovPicture(chartData([], { analysis, nullFloor: null })).domain[0]).toBeLessThan(
      1e-6,
    )
  })

  it('draws the exact laws ahead of the particles, and lighter what is only coarse', () => {
    const analysis = report({ klExact: kl }, { stage: 'fine', exactTo: 120 })
    const data = chartData(DECAY.slice(0, 11), { analysis })
    const { samples } = labelled(lyapunovPicture(data), 'exact chain')
    expect(samples).toHaveLength(steps + 1)
    expect(samples.findIndex(({ varied }) => varied)).toBe(121)
    expect(lyapunovNote(data)).toBe('exact to k = 120')
    const coarse = chartData([], { analysis: report({ klExact: kl }, { stage: 'coarse' }) })
    expect(labelled(lyapunovPicture(coarse), 'exact chain').samples[0]!.varied).toBe(true)
    expect(lyapunovNote(chartData([], { analysis: report({ klExact: kl }) }))).toBeNull()
  })

  it('says that a step below the grid is not resolved', () => {
    const unresolved = 'η below grid resolution: bias not resolved'
    expect(lyapunovNote(chartData([], { analysis: report({}, { unresolved }) }))).toBe(unresolved)
  })

  it('tells an error of the continuous curve that can be seen', () => {
    const of = (error: number, unresolved: string | null = null) =>
      chartData([], {
        analysis: report(
          { fokkerPlanck: [2, 1.5, 1], fokkerPlanckError: [0, error, 0.001] },
          { unresolved },
        ),
      })
    expect(lyapunovNote(of(0.004))).toBeNull()
    expect(lyapunovNote(of(0.034))).toBe('continuous curve to within 0.034 nats')
    expect(lyapunovNote(of(117, 'no exact law'))).toBe(
      'no exact law; continuous curve to within 117 nats',
    )
    const { samples, read } = labelled(lyapunovPicture(of(0.004)), 'Fokker–Planck')
    expect(samples.map(({ error }) => error)).toEqual([0, 0.004, 0.001])
    expect(samples.map(read)).toEqual([
      '2.000 nats',
      '1.5000 ± 0.0040 nats',
      '1.0000 ± 0.0010 nats',
    ])
  })

  it('shows an a-priori bound only where some of it lies in the range', () => {
    const near = report({ klExact: kl, envelope: kl.map((v) => v + 0.1) })
    const vacuous = report({ klExact: kl, envelope: kl.map((v) => v + 1e3) })
    const drawn = (analysis: typeof near) =>
      labelled(lyapunovPicture(chartData([], { analysis })), 'a-priori bound').samples.length
    expect(drawn(near)).toBe(steps + 1)
    expect(drawn(vacuous)).toBe(0)
  })

  it('draws log(1 + χ²) over the continuous dynamics for those who look at the proved gap', () => {
    const laws = report({ fokkerPlanck: kl, renyi: kl.map((v) => 2 * v) })
    const drawn = (analysis: typeof laws) =>
      labelled(lyapunovPicture(chartData([], { analysis })), 'log(1 + χ²) ≥ Fokker–Planck').samples
    expect(drawn(laws)).toEqual([])
    const proved = drawn({ ...laws, spectralGapBound: { value: 0.3, cells: 128 } })
    expect(proved.map(({ value }) => value)).toEqual(kl.map((v) => 2 * v))
  })

  it('draws the late slope through the last evaluation, straight in KL over k', () => {
    const growth = 0.02
    const points = times.map((_, k) =>
      k <= 120 ? point(k, null, { deterministicKl: 1 + growth * k }) : point(k, null),
    )
    const collapse = { bestStep: 40, basins: [], slope: growth }
    const picture = lyapunovPicture(chartData(points, { collapse }))
    const [guide] = picture.guides
    expect(guide!.samples[0]!.step).toBe(80)
    expect(guide!.samples.at(-1)!.step).toBe(steps)
    for (const { step, value } of guide!.samples) expect(value).toBeCloseTo(1 + growth * step, 12)
    expect(picture.marks).toEqual([
      { label: 'best time, no certificate', tone: 'deterministic', step: 40, value: 1.8 },
    ])
    expect(lyapunovPicture(chartData(points.slice(0, 30), { collapse })).guides).toEqual([])
  })
})

describe('the chart of the steps to go', () => {
  const gap = 0.5
  const bound = { spectralGapBound: { value: gap, cells: 128 } }
  // χ² − 1 falls at the rate of the gap itself: what is certified at every step ends at the same one.
  const renyi = times.map((t) => Math.log1p(20 * Math.exp(-2 * gap * t)))
  const laws = report({
    renyi,
    fokkerPlanck: times.map((t) => 2 * Math.exp(-3 * t)),
    fokkerPlanckError: times.map((t) => (t < 0.05 ? 1 : 1e-3)),
  })
  const data = (rest: object) => chartData([], { analysis: { ...laws, ...rest }, delta: 0.1 })

  it('counts from every step what is certified and what is taken', () => {
    const picture = neededPicture(data(bound))
    const promised = labelled(picture, 'certified by the proved gap').samples
    // The cells do not resolve the laws before.
    expect(promised[0]!.step).toBe(5)
    const whole = Math.log(20 / Math.expm1(0.1)) / (2 * gap * 0.01)
    for (const { step, value } of promised)
      expect(Math.abs(step + value - whole)).toBeLessThanOrEqual(1)
    expect(neededNote(data(bound))).toMatch(/^certain from step \d+ on, .*λ ≥ 0\.500 is proved$/)
    const real = labelled(picture, 'taken by Fokker–Planck').samples
    expect(real[0]).toMatchObject({ step: 0, value: Math.ceil(Math.log(20) / 0.03) })
    expect(real.at(-1)!.value).toBe(0)
  })

  it('takes the splits of the start where there are any', () => {
    const startSplits = [{ mass: 1, renyi: Math.log1p(2000), rest: 0 }]
    const [first, second] = labelled(
      neededPicture(data({ ...bound, startSplits })),
      'certified by the proved gap',
    ).samples
    expect(first!.value).toBeGreaterThan(second!.value + 400)
  })

  it('says why there is nothing to show', () => {
    expect(neededVoid(chartData([]))).toMatch(/being computed/)
    expect(neededVoid(data({}))).toMatch(/being proved/)
    expect(neededVoid(data({ spectralGapBound: { value: 0, cells: 0 } }))).toMatch(/No gap/)
    expect(neededVoid(data(bound))).toBeNull()
    expect(neededNote(data({}))).toBeNull()
  })
})

describe('the energy chart', () => {
  const points = times.map((_, k) =>
    point(k, null, {
      energy: k % 5 === 0 ? 3 : null,
      energyStandardError: k % 5 === 0 ? 0.1 : null,
      deterministicEnergy: 1 + 2 * Math.exp(-k),
    }),
  )
  const data = chartData(points, { epsilon: 2, energy: { least: 1, atGibbs: 2 } })

  it('draws E[V] above the least V in units of ε, down to three decades below rest', () => {
    const picture = energyPicture(data)
    const langevin = labelled(picture, 'Langevin')
    expect(langevin.samples[1]).toEqual({ step: 5, value: 1, error: 0.05, varied: false })
    expect(langevin.read(langevin.samples[0]!)).toBe('1.00 ± 0.050')
    expect(picture.level).toEqual({ label: 'at π', value: 0.5 })
    expect(picture.domain[0]).toBeGreaterThan(1e-4)
    expect(energyNote(data)).toMatch(/falls at every step, from 1\.00 to .*; at π it is 0\.500/)
  })

  it('does not say of a flow that rises that it falls', () => {
    const rising = times.map((_, k) => point(k, null, { deterministicEnergy: 2 + (k % 2) }))
    const note = energyNote(chartData(rising, { epsilon: 2, energy: { least: 1, atGibbs: 2 } }))
    expect(note).toMatch(/does not fall at every step/)
  })

  it('is empty before the run is known', () => {
    const picture = energyPicture(chartData([]))
    expect(picture.curves.every(({ samples }) => samples.length === 0)).toBe(true)
    expect(energyNote(chartData([]))).toBeNull()
  })
})

describe('the dissipation chart', () => {
  const data = chartData(
    times.map((_, k) => point(k, null, { deterministicRate: k < 50 ? -1.5 : 0.5 })),
    {
      analysis: report({
        fokkerPlanck: kl,
        fokkerPlanckFisher: fisher,
        klExact: kl,
        fisher,
        mismatch: fisher.map(() => 0.3),
      }),
    },
  )
  const picture = dissipationPicture(data)

  it('shows two lines that coincide: the fall of KL is the integral of εI', () => {
    const fall = labelled(picture, '−ΔKL, Fokker–Planck').samples
    const integral = labelled(picture, '∫εI dt').samples
    expect(fall).toHaveLength(steps)
    fall.forEach(({ step, value }, i) => {
      expect(integral[i]!.step).toBe(step)
      // I falls at most like e^(−4t), where the trapezoid rule errs by 2η coth 2η − 1 < 4η²/3.
      expect(Math.abs(integral[i]!.value / value - 1)).toBeLessThan((4 * eta ** 2) / 3)
    })
  })

  it('ends the bound of the chain where ε²I = M/3', () => {
    const { samples, read } = labelled(picture, 'bound ½η(εI − M/3ε)')
    for (const { step, value } of samples) expect(value > 0).toBe(fisher[step]! > 0.1)
    expect(read(samples.at(-1)!)).toBe('none')
    for (const { step, value } of samples.slice(1))
      expect(value).toBeLessThan(kl[step - 1]! - kl[step]!)
  })

  it('gives the deterministic flow its sign', () => {
    const at = (step: number) =>
      readPicture(picture, step).find(({ curve }) => curve.pen.tone === 'deterministic')!.text
    expect(at(10)).toBe('0.0150 nats a step')
    expect(at(100)).toBe('−0.00500 nats a step: KL rises')
  })

  it('says in words how well the identity is met', () => {
    const analysis = report({ fokkerPlanck: kl }, { dissipationError: 8.1e-4 })
    expect(dissipationNote(chartData([], { analysis }))).toBe(
      '−ΔKL and ∫εI differ by at most 0.081 %',
    )
    expect(dissipationNote(chartData([]))).toBeNull()
  })
})

describe('the chart of the data', () => {
  const returning = times.map((t) => 0.03 + (t - 1) ** 2)
  const analysis = report({
    dataKl: returning,
    dataFisher: fisher,
    residual: fisher.map(() => 0.02),
  })

  it('marks where the law is nearest and turns away', () => {
    const data = chartData([], { analysis })
    expect(dataPicture(data).marks).toMatchObject([{ step: 100, value: 0.03 }])
    expect(dataNote(data)).toBe('nearest to the data at k = 100: 0.0300 nats')
    const falling = chartData([], { analysis: report({ dataKl: kl }), dataLaw: 'smoothed' })
    expect(dataPicture(falling).marks).toEqual([])
    expect(dataPicture(falling).title).toContain('smoothed data')
    expect(dataNote(falling)).toContain('from the smoothed data at k = 200')
    const drifting = chartData([], { analysis: report({ dataKl: [0, 0.1, 0.2] }) })
    expect(dataNote(drifting)).toBe('drifts off the data: 0.200 nats at k = 2')
  })

  it('weighs ε²I against E|e|²', () => {
    const picture = dataPicture(chartData([], { analysis, epsilon: 0.5 }))
    expect(labelled(picture, 'ε²I(ρₖ‖ρ_D)').samples[0]!.value).toBeCloseTo(fisher[0]! / 4, 12)
  })

  it('says why it is empty', () => {
    expect(dataVoid(chartData([], { dataLaw: 'none' }))).toContain('no data')
    expect(dataVoid(chartData([]))).toContain('being computed')
    expect(dataVoid(chartData([], { analysis }))).toBeNull()
  })
})

describe('the contraction chart', () => {
  const clouds = (m: number | null) =>
    times.map((t, k) =>
      point(k, null, {
        contraction: {
          largest: 2 * Math.exp(-1.5 * t),
          rootMeanSquare: Math.exp(-1.5 * t),
          bound: m === null ? null : 2 * (1 - eta * m) ** k,
        },
      }),
    )

  it('measures the rate and compares it with the bound', () => {
    expect(contractionNote(chartData(clouds(1), { companion: true }))).toBe(
      'they approach at rate 1.50; bound: at least 1.00',
    )
    expect(contractionNote(chartData(clouds(null), { companion: true }))).toContain('not convex')
    expect(contractionNote(chartData(DECAY))).toBeNull()
  })

  it('reads no rate from rounding errors', () => {
    const values = times.map((_, k) => Math.max(1e-16, 10 ** -k))
    expect(contractionRate(samplesOf(values), 1)).toBeCloseTo(Math.log(10), 6)
    expect(contractionRate(samplesOf([1]), 1)).toBeNull()
    expect(contractionRate(samplesOf([0, 0]), 1)).toBeNull()
  })
})

describe('every chart', () => {
  it.each(Object.entries(CHARTS) as [string, Chart][])('%s stands without data', (_, chart) => {
    for (const data of [
      chartData([]),
      chartData([point(0, 0)], { stepSize: null, nullFloor: null }),
      chartData([point(0, null)], { analysis: report({}), companion: true, dataLaw: 'none' }),
    ]) {
      const [low, high] = chart.picture(data).domain
      expect(low).toBeGreaterThan(0)
      expect(high).toBeGreaterThan(low)
      expect(Number.isFinite(high)).toBe(true)
      expect(chart.note(data)).toBeNull()
    }
  })
})
