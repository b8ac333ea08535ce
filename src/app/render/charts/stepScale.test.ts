import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chartData, DECAY, point, report, sample } from './charts.testing.ts'
import { screen } from '../coordinates.ts'
import { lyapunovPicture } from './lyapunovPicture.ts'
import {
  LONGEST_GAP,
  curveRuns,
  deltaAt,
  hitDelta,
  hitPlot,
  legendOf,
  logDomain,
  logTicks,
  nearest,
  placeLegend,
  readPicture,
  roundStep,
  samplesOf,
  stepAt,
  stepLayout,
  thin,
  type Sample,
} from './stepScale.ts'

const surface = { width: 900, height: 220, ratio: 2 }
const decay = lyapunovPicture(chartData(DECAY))

describe('a logarithmic domain', () => {
  it('holds all that matters up to seven decades and ends on 1, 2 or 5', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-3, max: 50, noNaN: true }), { minLength: 1, maxLength: 30 }),
        (values) => {
          const [low, high] = logDomain(Math.max(...values), values)
          for (const value of values) {
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
    const [low, high] = logDomain(3, [1e-30])
    expect(high / low).toBeLessThan(1.01e7)
  })

  it('exists for nothing, for zeros, negatives and infinities', () => {
    for (const values of [[], [0], [-1], [null], [Infinity], [NaN]]) {
      const [low, high] = logDomain(Math.max(-Infinity, ...values.map((v) => v ?? 0)), values)
      expect(low).toBeGreaterThan(0)
      expect(high).toBeGreaterThan(low)
      expect(high).toBeLessThan(Infinity)
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
})

describe('the layout', () => {
  it('turns steps into places and places into steps', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 160, max: 1400 }),
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 0, max: 700 }),
        (width, steps, k) => {
          const picture = lyapunovPicture(chartData([], { steps }))
          const layout = stepLayout({ ...surface, width }, picture)
          const step = Math.min(k, steps)
          // A column of pixels may hold several steps; never further off than half a pixel.
          const off = Math.abs(stepAt(layout, layout.x(step)) - step)
          expect(off).toBe(0)
        },
      ),
    )
    const layout = stepLayout(surface, decay)
    expect(stepAt(layout, -100)).toBe(0)
    expect(stepAt(layout, 1e5)).toBe(200)
  })

  it('inverts its axis and keeps handles on it', () => {
    const layout = stepLayout(surface, decay)
    for (const kl of [0.005, 0.03, 0.4, 2]) expect(layout.value(layout.y(kl))).toBeCloseTo(kl, 9)
    const { plot } = layout
    expect(layout.y(1e9)).toBeCloseTo(plot.top, 9)
    expect(layout.y(layout.domain[0])).toBeCloseTo(plot.top + plot.height, 9)
    expect(layout.y(1)).toBeLessThan(layout.y(0.1))
    expect(layout.y(0)).toBe(plot.top + plot.height)
    expect(layout.y(-0.01)).toBe(plot.top + plot.height)
  })

  it('lets curves leave the plot downwards instead of running along its edge', () => {
    const layout = stepLayout(surface, decay)
    const bottom = layout.plot.top + layout.plot.height
    expect(layout.place(0.3)).toBe(layout.y(0.3))
    expect(layout.place(layout.domain[0] / 3)).toBeGreaterThan(bottom)
    expect(layout.place(-0.01)).toBeGreaterThan(bottom)
    expect(layout.place(1e-300)).toBeLessThan(1e4)
  })

  it('keeps legend, flag and plot apart at every size', () => {
    const full = lyapunovPicture(
      chartData(
        [
          point(0, 1, { estimator: 'smoothed', deterministicKl: 1 }),
          point(1, 1, { deterministicKl: 1, deterministicLowerBound: true }),
        ],
        {
          analysis: report(
            { klExact: [1, 1], fokkerPlanck: [1, 1], envelope: [1, 1] },
            { stage: 'fine', exactTo: 0 },
          ),
        },
      ),
    )
    expect(legendOf(full, surface).map(({ label }) => label)).toEqual([
      'Langevin',
      'smoothed',
      'deterministic flow',
      'lower bound',
      'exact chain',
      'exact chain (coarse)',
      'Fokker–Planck',
      'a-priori bound',
      '±2 SE',
    ])
    for (let width = 160; width <= 900; width += 37) {
      for (let height = 120; height <= 400; height += 50) {
        const { legend, lane, plot } = stepLayout({ width, height, ratio: 1 }, full)
        expect(legend.top + legend.height).toBeLessThanOrEqual(lane.top)
        expect(lane.top + lane.height).toBeLessThanOrEqual(plot.top)
        expect(plot.width).toBeGreaterThan(0)
        expect(plot.height).toBeGreaterThan(0)
      }
    }
  })

  it('names in the legend only what is drawn', () => {
    expect(legendOf(decay, surface).map(({ label }) => label)).toEqual(['Langevin', '±2 SE'])
    const narrow = { ...surface, width: 360 }
    expect(legendOf(decay, narrow).map(({ label }) => label)).toEqual(['Langevin'])
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
  const layout = stepLayout(surface, decay)

  it('is where it is drawn, to two digits', () => {
    expect(deltaAt(layout, layout.y(0.05))).toBe(0.05)
    expect(deltaAt(layout, layout.y(0.123))).toBe(0.12)
  })

  it('stays within its range and the axis', () => {
    expect(deltaAt(layout, -1e4)).toBeLessThanOrEqual(10)
    expect(deltaAt(layout, 1e4)).toBeGreaterThanOrEqual(1e-6)
  })

  it('is caught on its line and handle, not elsewhere, and not where there is none', () => {
    const y = layout.y(0.05)
    const { plot } = layout
    expect(hitDelta(layout, 0.05, screen(plot.left + 100, y + 5))).toBe(true)
    expect(hitDelta(layout, 0.05, screen(surface.width - 10, y - 8))).toBe(true)
    expect(hitDelta(layout, 0.05, screen(plot.left + 100, y + 20))).toBe(false)
    expect(hitDelta(layout, 0.05, screen(plot.left - 20, y))).toBe(false)
    expect(hitDelta(layout, null, screen(plot.left + 100, y))).toBe(false)
    expect(hitPlot(layout, screen(plot.left + 5, plot.top + 5))).toBe(true)
    expect(hitPlot(layout, screen(plot.left + plot.width + 20, plot.top + 5))).toBe(false)
  })
})

describe('curves', () => {
  it('leave out what is not known', () => {
    expect(samplesOf([1, null, undefined, Infinity, NaN, -2]).map(({ step }) => step)).toEqual([
      0, 5,
    ])
  })

  it('join the evaluations of every fifth step and break at longer gaps', () => {
    const steps = [0, 1, 5, 10, 15, 15 + LONGEST_GAP + 1, 25]
    const runs = curveRuns(steps.map((k) => sample(k, 1)))
    expect(runs.map((run) => run.samples.map((s) => s.step))).toEqual([
      [0, 1, 5, 10, 15],
      [21, 25],
    ])
  })

  it('change style at a shared sample', () => {
    const runs = curveRuns([0, 1, 2, 3].map((k) => sample(k, k, k >= 2)))
    expect(runs.map((run) => [run.varied, run.samples.map((s) => s.step)])).toEqual([
      [false, [0, 1]],
      [true, [1, 2, 3]],
    ])
  })

  it('keep ends and extremes of every column when thinned', () => {
    const samples: Sample[] = Array.from({ length: 10_000 }, (_, k) =>
      sample(k, Math.sin(k / 7) + (k === 4321 ? 9 : 0)),
    )
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
  const picture = lyapunovPicture(
    chartData(
      DECAY.slice(0, 101).map((p) => ({ ...p, deterministicKl: 1 + p.step / 100 })),
      { analysis: report({ klExact: new Array<number>(150).fill(0.5) }) },
    ),
  )

  it('takes the nearest evaluation and says which', () => {
    const said = readPicture(picture, 62).map(({ curve, text }) => [curve.label, text])
    expect(said).toEqual([
      ['Langevin', '0.272 ± 0.010 nats at k = 60'],
      ['deterministic flow', '1.620 nats'],
      ['exact chain', '0.500 nats'],
    ])
  })

  it('is empty where nothing is known', () => {
    expect(readPicture(picture, 180)).toEqual([])
    expect(readPicture(lyapunovPicture(chartData([])), 3)).toEqual([])
    expect(nearest([sample(0, 1)], LONGEST_GAP)?.step).toBe(0)
    expect(nearest([sample(0, 1)], LONGEST_GAP + 1)).toBeNull()
  })
})
