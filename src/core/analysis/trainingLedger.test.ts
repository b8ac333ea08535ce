import fc from 'fast-check'
import { expect, test } from 'vitest'
import { log } from '../maths/elementary.ts'
import { Purpose, Rng } from '../maths/rng.ts'
import { mean } from '../maths/statistics.ts'
import { nearestKl } from './estimators/nearestEntropy.ts'
import { trainingLedger, type ChainReading } from './trainingLedger.ts'

const CHAINS = 256

interface Law {
  readonly at: number
  readonly variance: number
}

/** KL(N(a, vI)‖N(b, wI)) in the plane. */
function klOf(law: Law, pi: Law): number {
  const ratio = law.variance / pi.variance
  const shift = (law.at - pi.at) ** 2 / (2 * pi.variance)
  return ratio - 1 - log(ratio) + shift
}

/** −log of the density of N(at·e₁, variance·I), without its log Z. */
function energies(xy: Float64Array, { at, variance }: Law): Float64Array {
  return Float64Array.from(
    { length: xy.length / 2 },
    (_, i) => ((xy[2 * i]! - at) ** 2 + xy[2 * i + 1]! ** 2) / (2 * variance),
  )
}

const logZ = ({ variance }: Law) => log(2 * Math.PI * variance)

function draw({ at, variance }: Law, seed: number): Float64Array {
  const rng = new Rng({ seed, purpose: Purpose.probe })
  const spread = Math.sqrt(variance)
  return Float64Array.from(
    { length: 2 * CHAINS },
    (_, k) => (k % 2 === 0 ? at : 0) + spread * rng.normal(),
  )
}

const law = fc.record({
  at: fc.double({ min: -1, max: 1, noNaN: true }),
  variance: fc.double({ min: 0.3, max: 2, noNaN: true }),
})

test('closes on Gaussian chains and energies, whose KL has a closed form', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ chains: law, energy: law }), { minLength: 2, maxLength: 4 }),
      fc.nat(1e6),
      (turns, seed) => {
        const readings: ChainReading[] = []
        let moved = 0
        let xy = draw(turns[0]!.chains, seed)
        let pi = turns[0]!.energy
        let work = 0
        turns.forEach((turn, k) => {
          // The chains move while the energy rests, then the energy moves while they rest.
          const next = draw(turn.chains, seed + k)
          moved += mean(energies(next, pi)) - mean(energies(xy, pi))
          xy = next
          if (k > 0)
            work +=
              mean(energies(xy, turn.energy)) -
              mean(energies(xy, pi)) +
              logZ(turn.energy) -
              logZ(pi)
          pi = turn.energy
          const v = energies(xy, pi)
          const { crossEntropy, entropy, standardError } = nearestKl(
            xy,
            v.map((value) => value + logZ(pi)),
          )!
          readings.push({ crossEntropy, entropy, standardError, moved })
        })
        const lines = trainingLedger(readings)
        const [open, end] = [lines[0]!, lines.at(-1)!]
        expect(open).toMatchObject({ sampling: 0, parameters: 0, change: 0 })
        // The second column is no estimate, and both together are the change.
        expect(end.parameters).toBeCloseTo(work, 9)
        expect(end.sampling + end.parameters).toBeCloseTo(end.change, 9)
        // The change is that of the true KL within the error of the estimate.
        const [first, last] = [turns[0]!, turns.at(-1)!]
        const truth = klOf(last.chains, last.energy) - klOf(first.chains, first.energy)
        const error = Math.sqrt(open.standardError ** 2 + end.standardError ** 2)
        expect(Math.abs(end.change - truth)).toBeLessThan(4 * error)
      },
    ),
    { numRuns: 60 },
  )
})

test('reads no more than a bias of some hundredths where the chains have the law π', () => {
  const round = { at: 0, variance: 1 }
  const kls = Array.from({ length: 40 }, (_, seed) => {
    const xy = draw(round, seed)
    return nearestKl(
      xy,
      energies(xy, round).map((value) => value + logZ(round)),
    )!
  })
  const deviation = Math.sqrt(mean(kls.map(({ kl }) => (kl - mean(kls.map((k) => k.kl))) ** 2)))
  expect(mean(kls.map(({ kl }) => kl))).toBeLessThan(0.08)
  expect(deviation / mean(kls.map(({ standardError }) => standardError))).toBeGreaterThan(0.7)
  expect(deviation / mean(kls.map(({ standardError }) => standardError))).toBeLessThan(1.3)
})

test('has no line without chains, and no reading of points that coincide', () => {
  expect(trainingLedger([])).toEqual([])
  expect(nearestKl(new Float64Array(20), new Float64Array(10))).toBeNull()
})
