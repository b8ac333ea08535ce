import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Purpose, Rng } from '../../src/core/maths/rng.ts'
import { atOnce } from '../../src/lab/io/slices.ts'
import { decodeText } from '../../src/lab/io/encodings.ts'
import { readTableNow } from '../../src/lab/io/table.ts'
import { ROOT } from '../experiments.ts'

/** A data set to be learned: a target of a scene, and its rows. */
export interface PointSet {
  readonly id: string
  readonly label: string
  readonly target: object
  readonly points: Float64Array
}

type Place = (i: number, rng: Rng) => readonly [number, number]

function drawn(id: string, label: string, seed: number, n: number, place: Place): PointSet {
  const rng = new Rng({ seed, purpose: Purpose.probe })
  const rows = Array.from({ length: n }, (_, i) => place(i, rng))
  return {
    id,
    label,
    target: { kind: 'points', points: rows },
    points: Float64Array.from(rows.flat()),
  }
}

function oldFaithful(): PointSet {
  const bytes = readFileSync(path.join(ROOT, 'public/data/old-faithful.csv'))
  const text = atOnce(decodeText(bytes))
  const table = 'error' in text ? text : readTableNow(text.text, {})
  if ('error' in table) throw new Error('old-faithful.csv cannot be read')
  const { points } = table
  return { id: 'old-faithful', label: 'Old Faithful', target: { kind: 'old-faithful' }, points }
}

/** Real data, and drawn sets that are hard each in its way: curves, an empty middle, clusters far apart, very few points. */
export function pointSets(): readonly PointSet[] {
  return [
    oldFaithful(),
    drawn('figure-of-eight', 'Figure of eight, 700', 5, 700, (i, rng) => {
      const t = (2 * Math.PI * i) / 700
      return [2 * Math.sin(t) + 0.08 * rng.normal(), Math.sin(2 * t) + 0.08 * rng.normal()]
    }),
    drawn('ring', 'Ring, 300', 6, 300, (_, rng) => {
      const t = 2 * Math.PI * rng.uniform()
      const r = 2 + 0.1 * rng.normal()
      return [r * Math.cos(t), r * Math.sin(t)]
    }),
    drawn('clusters', 'Two far clusters, 80', 7, 80, (i, rng) => {
      const side = i % 2 === 0 ? 1 : -1
      return [20 * side + rng.normal(), -3 * side + rng.normal()]
    }),
    drawn('few', 'Gaussian, 20', 8, 20, (_, rng) => [rng.normal(), rng.normal()]),
  ]
}
