import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noLawCurves } from '../../core/analysis/curves.ts'
import type { CurvePoint } from '../../lab/protocol/calls.ts'
import { screen } from './coordinates.ts'
import {
  LONGEST_GAP,
  curveRuns,
  deltaAt,
  hitDelta,
  hitPlot,
  legendKeys,
  logTicks,
  lyapunovLayout,
  placeLegend,
  readLyapunov,
  roundStep,
  stepAt,
  symlogTicks,
  thin,
  valueDomain,
  type LyapunovData,
  type Sample,
} from './lyapunovScale.ts'

function point(step: number, kl: number | null, rest: Partial<CurvePoint> = {}): CurvePoint {
  return {
    step,
    kl,
    klStandardError: kl === null ? null : 0.01,
    estimator: kl === null ? null : 'native',
    foldedMass: 0,
    deterministicKl: null,
    deterministicStandardError: null,
    deterministicLowerBound: false,
    acceptance: null,
    deterministicRate: null,
    contraction: null,
    ...rest,
  }
}

function dataOf(points: readonly CurvePoint[], rest: Partial<LyapunovData> = {}): LyapunovData {
  return {
    points,
    steps: 200,
    stepSize: 0.01,
    nullFloor: { mean: 0.001, upper: 0.004 },
    laws: null,
    stops: [],
    criterion: 'tolerance',
    delta: 0.05,
    ...rest,
  }
}

const decay = Array.from({ length: 201 }, (_, k) =>
  point(k, k % 5 === 0 ? 3 * Math.exp(-k / 25) : null),
)
const surface = { width: 900, height: 220, ratio: 2 }

describe('the range of nats', () => {
  it('holds δ, the floor and every curve, and ends on 1, 2 or 5', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-3, max: 50, noNaN: true }), { minLength: 1, maxLength: 30 }),
        fc.double({ min: 1e-3, max: 10, noNaN: true }),
        (values, delta) => {
          const data = dataOf(
            values.map((value, k) => point(k, null, { deterministicKl: value })),
            { delta },
          )
          const [low, high] = valueDomain(data, 'log')
          for (const value of [...values, delta, 0.004]) {
            expect(value).toBeGreaterThanOrEqual(low)
            expect(value).toBeLessThanOrEqual(high)
          }
          expect(high / low).toBeGreaterThanOrEqual(10 * (1 - 1e-9))
          for (const end of [low, high]) {
            expect(['1', '2', '5']).toContain(
              Number(end.toPrecision(6)).toExponential().split('e')[0],
            )
          }
        },
      ),
    )
  })

  it('rests while the curve falls towards its floor', () => {
    const all = valueDomain(dataOf(decay), 'log')
    const half = valueDomain(dataOf(decay.slice(0, 150)), 'log')
    expect(half[1]).toBe(all[1])
  })

  it('is not stretched by a stray estimate near zero, nor broken by negative ones', () => {
    const stray = decay.map((p) => (p.step === 195 ? point(195, 1e-13) : p))
    expect(valueDomain(dataOf(stray), 'log')[0]).toBeGreaterThan(1e-4)
    const negative = decay.map((p) => (p.step === 195 ? point(195, -0.002) : p))
    expect(valueDomain(dataOf(negative), 'log')[0]).toBeGreaterThan(0)
    expect(valueDomain(dataOf(negative), 'linear')[0]).toBeLessThanOrEqual(-0.002)
    expect(valueDomain(dataOf(decay), 'linear')[0]).toBe(0)
  })

  it('exists for no data, for flat data and for zeros', () => {
    for (const points of [[], [point(0, 0)], [point(0, 1), point(1, 1)], [point(0, null)]]) {
      for (const scale of ['log', 'symlog', 'linear'] as const) {
        const [low, high] = valueDomain(dataOf(points, { nullFloor: null }), scale)
        expect(high).toBeGreaterThan(low)
        expect(Number.isFinite(low) && Number.isFinite(high)).toBe(true)
      }
    }
  })
})

describe('rounding and ticks', () => {
  it('rounds to 1, 2, 5', () => {
    expect(roundStep(0.037, true)).toBeCloseTo(0.02, 12)
    expect(roundStep(0.037, false)).toBeCloseTo(0.05, 12)
    expect(roundStep(0.05, true)).toBeCloseTo(0.05, 12)
    expect(roundStep(7, false)).toBeCloseTo(10, 12)
  })

  it('ticks decades, thinned where there is no room, filled where there is', () => {
    expect(logTicks(0.001, 10, 200)).toEqual([0.001, 0.01, 0.1, 1, 10])
    expect(logTicks(1e-6, 10, 60)).toEqual([1e-5, 1e-2, 10])
    expect(logTicks(0.1, 1, 150)).toEqual([0.1, 0.2, 0.5, 1])
  })

  it('ticks a symmetric logarithmic axis round 0', () => {
    expect(symlogTicks(0, 10, 0.004, 200)).toEqual([0, 0.01, 0.1, 1, 10])
    expect(symlogTicks(-1, 1, 0.04, 200)).toEqual([-1, -0.1, 0, 0.1, 1])
  })
})

describe('the layout', () => {
  it('turns steps into places and places into steps', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 160, max: 1400 }),
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 0, max: 700 }),
        (width, steps, k) => {
          const layout = lyapunovLayout({ ...surface, width }, dataOf([], { steps }))
          const step = Math.min(k, steps)
          // A column of pixels may hold several steps; never further off than half a pixel.
          const off = Math.abs(stepAt(layout, layout.x(step)) - step)
          expect(off).toBe(0)
        },
      ),
    )
    const layout = lyapunovLayout(surface, dataOf(decay))
    expect(stepAt(layout, -100)).toBe(0)
    expect(stepAt(layout, 1e5)).toBe(200)
  })

  it.each(['log', 'symlog', 'linear'] as const)('inverts its %s axis', (scale) => {
    const layout = lyapunovLayout(surface, dataOf(decay), { scale })
    for (const kl of [0.005, 0.03, 0.4, 2]) {
      expect(layout.value(layout.y(kl))).toBeCloseTo(kl, 9)
    }
    const { plot } = layout
    expect(layout.y(1e9)).toBeCloseTo(plot.top, 9)
    expect(layout.y(layout.domain[0])).toBeCloseTo(plot.top + plot.height, 9)
    expect(layout.y(1)).toBeLessThan(layout.y(0.1))
  })

  it('puts zero and negative estimates on the bottom of a logarithmic axis', () => {
    const layout = lyapunovLayout(surface, dataOf(decay))
    const bottom = layout.plot.top + layout.plot.height
    expect(layout.y(0)).toBe(bottom)
    expect(layout.y(-0.01)).toBe(bottom)
  })

  it('keeps legend, flag and plot apart at every size', () => {
    const full = dataOf(
      [
        point(0, 1, { estimator: 'smoothed', deterministicKl: 1 }),
        point(1, 1, { deterministicKl: 1, deterministicLowerBound: true }),
      ],
      { laws: { ...noLawCurves(1), klExact: [1, 1], fokkerPlanck: [1, 1] } },
    )
    expect(legendKeys(full, surface)).toHaveLength(7)
    for (let width = 160; width <= 900; width += 37) {
      for (let height = 100; height <= 400; height += 50) {
        const { legend, lane, plot } = lyapunovLayout({ width, height, ratio: 1 }, full)
        expect(legend.top + legend.height).toBeLessThanOrEqual(lane.top)
        expect(lane.top + lane.height).toBeLessThanOrEqual(plot.top)
        expect(plot.width).toBeGreaterThan(0)
        expect(plot.height).toBeGreaterThan(0)
      }
    }
  })

  it('wraps the legend without overlaps', () => {
    const widths = [80, 90, 70, 100]
    const places = placeLegend(100, widths, 320)
    places.forEach(([row, x], i) => {
      expect(x + widths[i]!).toBeLessThanOrEqual(320)
      const next = places[i + 1]
      if (next !== undefined && next[0] === row)
        expect(next[1]).toBeGreaterThanOrEqual(x + widths[i]!)
    })
  })
})

describe('the tolerance', () => {
  const data = dataOf(decay)
  const layout = lyapunovLayout(surface, data)

  it('is where it is drawn, to two digits', () => {
    expect(deltaAt(layout, layout.y(0.05))).toBe(0.05)
    expect(deltaAt(layout, layout.y(0.123))).toBe(0.12)
  })

  it('stays within its range and the axis', () => {
    expect(deltaAt(layout, -1e4)).toBeLessThanOrEqual(10)
    expect(deltaAt(layout, 1e4)).toBeGreaterThanOrEqual(1e-6)
  })

  it('is caught on its line and handle, not elsewhere', () => {
    const y = layout.y(0.05)
    const { plot } = layout
    expect(hitDelta(layout, 0.05, screen(plot.left + 100, y + 5))).toBe(true)
    expect(hitDelta(layout, 0.05, screen(surface.width - 10, y - 8))).toBe(true)
    expect(hitDelta(layout, 0.05, screen(plot.left + 100, y + 20))).toBe(false)
    expect(hitDelta(layout, 0.05, screen(plot.left - 20, y))).toBe(false)
    expect(hitPlot(layout, screen(plot.left + 5, plot.top + 5))).toBe(true)
    expect(hitPlot(layout, screen(plot.left + plot.width + 20, plot.top + 5))).toBe(false)
  })
})

describe('curves', () => {
  it('join the evaluations of every fifth step and break at longer gaps', () => {
    const steps = [0, 1, 5, 10, 15, 15 + LONGEST_GAP + 1, 25]
    const runs = curveRuns(
      steps.map((k) => point(k, 1)),
      (p) => ({ value: p.kl!, error: 0, styled: false }),
    )
    expect(runs.map((run) => run.samples.map((s) => s.step))).toEqual([
      [0, 1, 5, 10, 15],
      [21, 25],
    ])
  })

  it('change style at a shared sample', () => {
    const points = [0, 1, 2, 3].map((k) =>
      point(k, null, { deterministicKl: k, deterministicLowerBound: k >= 2 }),
    )
    const runs = curveRuns(points, (p) => ({
      value: p.deterministicKl!,
      error: 0,
      styled: p.deterministicLowerBound,
    }))
    expect(runs.map((run) => [run.styled, run.samples.map((s) => s.step)])).toEqual([
      [false, [0, 1]],
      [true, [1, 2, 3]],
    ])
  })

  it('keep ends and extremes of every column when thinned', () => {
    const samples: Sample[] = Array.from({ length: 10_000 }, (_, k) => ({
      step: k,
      value: Math.sin(k / 7) + (k === 4321 ? 9 : 0),
      error: 0,
    }))
    const thinned = thin(samples, 10_000, 300)
    expect(thinned.length).toBeLessThanOrEqual(4 * 301)
    expect(thinned[0]).toEqual(samples[0])
    expect(thinned.at(-1)).toEqual(samples.at(-1))
    expect(thinned).toContainEqual(samples[4321])
    for (let i = 1; i < thinned.length; i++) {
      expect(thinned[i]!.step).toBeGreaterThan(thinned[i - 1]!.step)
    }
    const few = samples.slice(0, 50)
    expect(thin(few, 10_000, 300)).toBe(few)
  })
})

describe('a reading', () => {
  const data = dataOf(
    [...decay.slice(0, 101).map((p) => ({ ...p, deterministicKl: 1 + p.step / 100 }))],
    { laws: { ...noLawCurves(200), klExact: new Array<number>(150).fill(0.5) } },
  )

  it('takes the nearest evaluation and says which', () => {
    const reading = readLyapunov(data, 62)
    expect(reading.langevin).toMatchObject({ step: 60, kl: decay[60]!.kl, estimator: 'native' })
    expect(reading.deterministic).toMatchObject({ step: 62, kl: 1.62 })
    expect(reading.klExact).toBe(0.5)
    expect(reading.time).toBeCloseTo(0.62, 12)
  })

  it('is empty where nothing has been computed', () => {
    const reading = readLyapunov(data, 180)
    expect(reading.langevin).toBeNull()
    expect(reading.deterministic).toBeNull()
    expect(reading.klExact).toBeNull()
    expect(readLyapunov(dataOf([]), 3).langevin).toBeNull()
    expect(readLyapunov(dataOf([], { stepSize: null }), 3).time).toBeNull()
  })
})
