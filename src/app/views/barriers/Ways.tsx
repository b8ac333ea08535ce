import { useEffect, useState } from 'react'
import type { WayPrice, WayPrices } from '../../../lab/protocol/calls.ts'
import type { DynamicsSpec } from '../../../lab/scene/sceneSpec.ts'
import { FILTER_RATE } from '../../../lab/scene/texts.ts'
import { formatCount, formatNats, formatNumber, formatShare } from '../../render/format.ts'
import { useLab, useRun, useScene } from '../parts/context.ts'
import { Slider } from '../parts/Slider.tsx'
import './prices.css'

/** Where the slider of the rate begins and ends; others can be typed. */
const RATES = [0.5, 100] as const

const WAYS = {
  walls: {
    name: 'Barrier',
    title: 'Walls refuse moves, and −μ log h repels before them',
    sentence: 'A move into a region is refused; μ above 0 repels before that. π is 0 inside.',
  },
  filter: {
    name: 'Filter',
    title: 'The drift is bent so that the mean of a step keeps its distance',
    sentence:
      'The drift is bent, as little as it takes, so that the mean of a step comes nearer to an edge by at most the share αη. The noise comes after it: some get in, and nothing is certified.',
  },
} as const

/** By which way particles are kept out, and what each way costs. */
export function Ways() {
  const lab = useLab()
  const { sampler, filterRate = FILTER_RATE, metric } = useScene((scene) => scene.dynamics)
  const chosen = sampler === 'filter' ? 'filter' : 'walls'
  const change = (part: Partial<DynamicsSpec>) => {
    lab.edit((scene) => ({ ...scene, dynamics: { ...scene.dynamics, ...part } }))
  }
  return (
    <>
      <div className="ways">
        <div className="segments" role="group" aria-label="Keep out by">
          {(['walls', 'filter'] as const).map((way) => (
            <button
              key={way}
              type="button"
              title={WAYS[way].title}
              aria-pressed={way === chosen}
              onClick={() => {
                if (way !== chosen) change({ sampler: way === 'filter' ? 'filter' : 'langevin' })
              }}
            >
              {WAYS[way].name}
            </button>
          ))}
        </div>
        <p>{WAYS[chosen].sentence}</p>
      </div>
      {chosen === 'filter' && (
        <Slider
          path="dynamics.filterRate"
          value={filterRate}
          from={RATES[0]}
          to={RATES[1]}
          format={(value) => formatNumber(value, 2)}
          onChange={(rate) => {
            change({ filterRate: rate })
          }}
        />
      )}
      {metric === undefined ? <Prices /> : <p>The ways are compared for Langevin without M(x).</p>}
    </>
  )
}

type Found = { readonly run: number; readonly prices: WayPrices | 'failed' }

/** The price of each way, measured when it is asked for. */
function Prices() {
  const lab = useLab()
  const run = useRun((state) => state.run?.run ?? null)
  const trained = useRun((state) => state.run?.trained === true)
  /** How often it was asked for since the last answer. */
  const [asked, setAsked] = useState(0)
  const [found, setFound] = useState<Found | null>(null)
  // Asked again of the run that takes the place of one that gave way before it answered.
  useEffect(() => {
    if (asked === 0 || run === null || !trained) return
    let current = true
    lab.priceOfWays()?.then(
      (prices) => {
        if (!current) return
        setFound({ run, prices })
        setAsked(0)
      },
      () => {
        if (current) setFound({ run, prices: 'failed' })
      },
    )
    return () => {
      current = false
    }
  }, [lab, asked, run, trained])
  // Numbers of a run that has given way are of another scene.
  const prices = found?.run === run ? found?.prices : undefined
  const waits = asked > 0 && prices !== 'failed'
  if (prices !== undefined && typeof prices === 'object') return <PriceTable prices={prices} />
  return (
    <>
      <button
        type="button"
        className="button"
        disabled={run === null || !trained || waits}
        title="Runs walls, repulsion and the filter side by side from the same start under the same noise"
        onClick={() => {
          setFound(null)
          setAsked(asked + 1)
        }}
      >
        {waits ? 'Comparing…' : 'Compare the ways'}
      </button>
      {prices === 'failed' && (
        <p className="problem" role="alert">
          The comparison was given up. Press again.
        </p>
      )}
    </>
  )
}

const NAMES: Readonly<Record<WayPrice['way'], string>> = {
  walls: 'Hard walls',
  repulsion: 'Repulsion',
  filter: 'Filter',
}

function PriceTable({ prices: { ways, particles, steps, rate, floor } }: { prices: WayPrices }) {
  const infeasible = Math.max(...ways.map((way) => way.infeasible))
  return (
    <table className="prices" data-testid="prices">
      <caption>
        Price of each way: {formatCount(particles)} particles, {formatCount(steps)} steps, the same
        noise for all
      </caption>
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">Way</span>
          </th>
          {ways.map(({ way }) => (
            <th
              key={way}
              scope="col"
              title={way === 'filter' ? `α = ${formatNumber(rate)}` : undefined}
            >
              {NAMES[way]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {ROWS.map(({ name, title, of }) => (
          <tr key={name}>
            <th scope="row" title={title}>
              {name}
            </th>
            {ways.map((way) => (
              <td key={way.way}>{of(way)}</td>
            ))}
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <td colSpan={4}>
            By unadjusted Langevin. Exact draws of π, cut off at the regions, read KL{' '}
            {formatNats(floor)}, which is noise.
            {infeasible > 0 &&
              ` In ${formatShare(infeasible)} of the steps the filter found no way to keep its condition and missed it by the least.`}
          </td>
        </tr>
      </tfoot>
    </table>
  )
}

const ROWS: readonly {
  readonly name: string
  readonly title: string
  readonly of: (way: WayPrice) => string
}[] = [
  {
    name: 'Steps bent',
    title: 'Share of steps whose drift is changed',
    of: ({ bent }) => formatShare(bent),
  },
  {
    name: 'Force E|u|²',
    title:
      'Mean square of the change u of the drift. Repulsion grows like μ/h at a wall, so that few particles make most of it.',
    of: ({ intervention }) => formatNumber(intervention, 2),
  },
  {
    name: 'Moves refused',
    title: 'Share of steps in which a particle stays where it is',
    of: ({ refused }) => formatShare(refused),
  },
  {
    name: 'Break in',
    title: 'Share of steps that lead into a region or through one',
    of: ({ exits }) => formatShare(exits),
  },
  {
    name: 'Inside at the end',
    title: 'Share of the particles that are in a region after the last step',
    of: ({ outside }) => formatShare(outside),
  },
  {
    name: 'KL, smoothed',
    title:
      'After the last step, smoothed, to the Gibbs measure of the energy cut off at the regions, nats',
    of: ({ kl }) => formatNats(kl),
  },
]
