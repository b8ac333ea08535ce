import { trainingLedger, type LedgerLine } from '../../../core/analysis/trainingLedger.ts'
import { formatNats, formatNatsWithError, formatNumber } from '../format.ts'
import { barePicture, type ChartData } from './chartData.ts'
import { largest, leastPositive, logDomain, type Sample, type StepPicture } from './stepScale.ts'

/** Decades below the largest value that the axis shows: KL of the chains comes down to the noise of its estimate. */
const DECADES = 4

interface Line extends LedgerLine {
  readonly step: number
}

/** The lines of the ledger with their steps. */
function linesOf({ training }: ChartData): readonly Line[] {
  const seen = (training?.history ?? []).flatMap(({ step, chains }) =>
    chains === undefined ? [] : [{ step, chains }],
  )
  return trainingLedger(seen.map(({ chains }) => chains)).map((line, i) => ({
    ...line,
    step: seen[i]!.step,
  }))
}

const nats = ({ value }: Sample): string => `${formatNats(value)} nats`
const plain = (step: number, value: number): Sample => ({ step, value, error: 0, varied: false })

/**
 * KL of the negative chains and of the data to π_θ over the Adam steps, and both columns of the ledger of the chains, summed
 * up since their first move: KL(chains) is where it began, plus what the parameters put on, less what sampling took off. The
 * data do not move: all that their KL does is the parameters' doing.
 */
export function trainingPicture(data: ChartData): StepPicture {
  const { training } = data
  const history = training?.history ?? []
  const lines = linesOf(data)
  const chains = lines.map(({ step, kl, standardError }): Sample => {
    return { ...plain(step, kl), error: 2 * standardError }
  })
  const fixed = history.flatMap(({ step, klDataModel }) =>
    klDataModel === null ? [] : [plain(step, klDataModel)],
  )
  const put = lines.map(({ step, parameters }) => plain(step, parameters))
  const taken = lines.map(({ step, sampling }) => plain(step, -sampling))
  const top = Math.max(...[chains, fixed, put, taken].map(largest))
  const steps = training?.steps ?? 1
  const gap = Math.max(1, ...history.map(({ step }, i) => step - (history[i - 1]?.step ?? step)))
  return barePicture(data, {
    title: 'KL to π while it is learned, nats',
    axis: 'step',
    gap,
    ...{ steps, computed: training?.history.at(-1)?.step ?? 0, stepSize: null, stops: [] },
    curves: [
      {
        label: 'negative chains',
        // Near π the estimate is noise about 0, which a logarithmic axis exaggerates: a bead is a reading.
        pen: { tone: 'langevin', width: 1, alpha: 0.7, beads: true },
        samples: chains,
        read: ({ value, error }) => `${formatNatsWithError(value, error / 2)} nats`,
      },
      { label: 'data', pen: { tone: 'ink', width: 2 }, samples: fixed, read: nats },
      {
        label: 'put on by learning, in all',
        pen: { tone: 'deterministic', width: 1.5 },
        samples: put,
        read: nats,
      },
      {
        label: 'taken off by sampling',
        pen: { tone: 'langevin', width: 1.5, dash: [5, 3] },
        samples: taken,
        read: nats,
      },
    ],
    domain: logDomain(
      top,
      [chains, fixed].map((samples) => {
        const least = leastPositive(samples)
        return least === null ? null : Math.max(least, top * 10 ** -DECADES)
      }),
    ),
  })
}

const signed = (value: number): string =>
  `${value < 0 ? '−' : '+'}${formatNumber(Math.abs(value), 3)}`

/** The last line of the ledger in words. */
export function trainingNote(data: ChartData): string | null {
  const lines = linesOf(data)
  const [open, end] = [lines[0], lines.at(-1)]
  if (open === undefined || end === undefined || lines.length < 2) return null
  const error = Math.sqrt(open.standardError ** 2 + end.standardError ** 2)
  return `sampling ${signed(end.sampling)}, learning ${signed(end.parameters)}: in all ${formatNatsWithError(end.change, error)} nats`
}

/** Why there is nothing to show; null where there is. */
export function trainingVoid({ training }: ChartData): string | null {
  if (training === null)
    return 'What sampling takes off KL and learning puts on, drawn while it trains: press Train.'
  if (training.history.length > 0) return null
  return 'The training has not been measured yet.'
}
