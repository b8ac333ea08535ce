import { barePicture, type ChartData } from './chartData.ts'
import { formatNumber, formatUp } from '../format.ts'
import {
  largest,
  leastPositive,
  logDomain,
  samplesOf,
  type Sample,
  type StepPicture,
} from './stepScale.ts'

/** Decades below the energy of rest that the axis shows of a flow that sinks for ever. */
const DECADES = 3

const energy = ({ value, error }: Sample): string =>
  error > 0 ? `${formatNumber(value, 3)} ± ${formatUp(error, 2)}` : formatNumber(value, 3)

/** The least V that is known: of the nodes of the table, or of the flow, which may have come to lie between them. */
function leastOf({ points, energy: known }: ChartData): number | null {
  if (known === null) return null
  return points.reduce((least, p) => Math.min(least, p.deterministicEnergy ?? least), known.least)
}

/**
 * (E[V] − min V)/ε of both dynamics. Along the noiseless flow d/dt E[V] = −E[∇VᵀP∇V] ≤ 0: it is a Lyapunov function, of the collapse onto the
 * minima, as long as its steps are short enough. Under Langevin E[V] may rise, and rests at E_π[V].
 */
export function energyPicture(data: ChartData): StepPicture {
  const { points, epsilon } = data
  const least = leastOf(data)
  const above = (value: number | null) =>
    value === null || least === null ? null : (value - least) / epsilon
  const langevin = samplesOf(
    points.map((point) => above(point.energy)),
    undefined,
    points.map(({ energyStandardError: error }) => (error === null ? null : error / epsilon)),
  )
  const flow = samplesOf(points.map((point) => above(point.deterministicEnergy)))
  const rest = above(data.energy?.atGibbs ?? null)
  const top = Math.max(largest(langevin), largest(flow), rest ?? 0)
  const lowest = [leastPositive(langevin), leastPositive(flow), rest].map((value) =>
    value === null || rest === null ? value : Math.max(value, rest * 10 ** -DECADES),
  )
  return barePicture(data, {
    title: '(E[V] − min V)/ε',
    curves: [
      {
        label: 'Langevin',
        pen: { tone: 'langevin', width: 2 },
        samples: langevin,
        read: energy,
      },
      {
        label: 'deterministic flow',
        pen: { tone: 'deterministic', width: 2 },
        samples: flow,
        read: energy,
      },
    ],
    domain: logDomain(top, lowest),
    level: rest === null ? null : { label: 'at π', value: rest },
  })
}

/** A rise of E[V]/ε that may be rounding. */
const ROUNDING = 1e-9

/** What the noiseless flow has done with its energy, in words. */
export function energyNote(data: ChartData): string | null {
  const { points, energy: known, epsilon } = data
  const least = leastOf(data)
  const read = points.flatMap(({ deterministicEnergy: value }) => (value === null ? [] : [value]))
  const [first, last] = [read[0], read.at(-1)]
  if (first === undefined || last === undefined || read.length < 2) return null
  if (known === null || least === null) return null
  const text = (value: number) => formatNumber((value - least) / epsilon)
  const rises = read.some((value, i) => value - (read[i - 1] ?? value) > ROUNDING * epsilon)
  const way = rises
    ? 'does not fall at every step, since the steps are too long for it, and comes'
    : 'falls at every step,'
  return `the flow’s ${way} from ${text(first)} to ${text(last)}; at π it is ${text(known.atGibbs)}`
}
