import { barePicture, type ChartData } from './chartData.ts'
import { formatDown, formatNumber, formatUp } from '../format.ts'
import {
  largest,
  leastPositive,
  logDomain,
  samplesOf,
  type Sample,
  type StepPicture,
} from './stepScale.ts'

const distance = ({ value }: Sample): string => formatNumber(value, 3)

/**
 * Distances |x_k − y_k| of two clouds under one noise against (1 − ηm)^k |x_0 − y_0|, which holds where V is
 * m-convex.
 */
export function contractionPicture(data: ChartData): StepPicture {
  const { points } = data
  const most = samplesOf(points.map(({ contraction }) => contraction?.largest))
  const typical = samplesOf(points.map(({ contraction }) => contraction?.rootMeanSquare))
  const bound = samplesOf(points.map(({ contraction }) => contraction?.bound))
  const all = [most, typical, bound]
  return barePicture(data, {
    title: 'distance |xₖ − yₖ|',
    curves: [
      {
        label: 'largest',
        pen: { tone: 'langevin', width: 1.25 },
        samples: most,
        read: distance,
      },
      {
        label: 'root mean square',
        pen: { tone: 'langevin', width: 2 },
        samples: typical,
        read: distance,
      },
      {
        label: 'bound (1 − ηm)ᵏ |x₀ − y₀|',
        pen: { tone: 'ink', width: 1.25, dash: [7, 4] },
        samples: bound,
        read: ({ value }) => `≤ ${formatUp(value)}`,
      },
    ],
    domain: logDomain(Math.max(...all.map(largest)), all.map(leastPositive)),
    stops: [],
  })
}

/** Below this share of the first distance rounding shows: no rate is read there. */
const LEAST_SHARE = 1e-9

/** Exponential rate −log(d_k/d_0)/(kη) of distances; null before the first step or from distance 0. */
export function contractionRate(samples: readonly Sample[], stepSize: number): number | null {
  const first = samples[0]
  if (first === undefined || !(first.value > 0)) return null
  const last = samples.findLast(({ value }) => value > LEAST_SHARE * first.value)
  if (last === undefined || last.step <= first.step) return null
  const rate = -Math.log(last.value / first.value) / ((last.step - first.step) * stepSize)
  return Number.isFinite(rate) ? rate : null
}

/** The measured rate and the bound's, in words. */
export function contractionNote({ points, stepSize }: ChartData): string | null {
  if (stepSize === null) return null
  const read = (value: 'rootMeanSquare' | 'bound'): Sample[] =>
    samplesOf(points.map(({ contraction }) => contraction?.[value]))
  const measured = contractionRate(read('rootMeanSquare'), stepSize)
  if (measured === null) return null
  const proved = contractionRate(read('bound'), stepSize)
  const first =
    measured >= 0
      ? `they approach at rate ${formatNumber(measured, 3)}`
      : `they part at rate ${formatNumber(-measured, 3)}`
  return proved === null
    ? `${first}; V is not convex on the box: no bound`
    : `${first}; bound: at least ${formatDown(proved, 3)}`
}

/** Why there is nothing to show; null where there is. */
export function contractionVoid({ companion, points }: ChartData): string | null {
  if (!companion) return 'How fast do two clouds under one noise approach? It takes a second cloud.'
  if (!points.some(({ contraction }) => contraction !== null))
    return 'The distances of the two clouds are measured from the first step on.'
  return null
}
