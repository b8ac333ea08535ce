import { trainingLedger } from '../../../src/core/analysis/trainingLedger.ts'
import { DEFAULT_SCENE } from '../../../src/lab/scene/defaults.ts'
import type { Figure } from '../figure.ts'
import { first, known, last, lyapunov, particlesFollow, pointsOf } from '../measures.ts'
import { number } from '../numbers.ts'
import { STEP_AXIS } from '../panels.ts'
import type { Outcomes } from '../perform.ts'
import { atLeast, atMost, near, type Prediction, type Study, withDynamics } from '../study.ts'

const BACKEND = 'wasm'

/** What a training read of its chains, with the ledger that follows. */
function booksOf(outcomes: Outcomes) {
  const history = first(outcomes).result.training?.history ?? []
  const read = history.flatMap(({ step, chains }) =>
    chains === undefined ? [] : [{ step, chains }],
  )
  const lines = trainingLedger(read.map(({ chains }) => chains)).map((line, i) => ({
    ...line,
    step: read[i]!.step,
  }))
  return { history, lines }
}

/** The exact law of the chain, from the data and from noise, under one energy; and the ledger of a training. */
export const twoStarts: Study = {
  id: 'two-starts',
  question:
    'The negative chains of a training start at the data, the particles of a sampling run at noise. Do both go to one π by one dynamics, and what does the training itself add?',
  jobs: (scene, { few }) => ({
    main: { scene, seeds: few, laws: 'shared' },
    noise: {
      scene: withDynamics(scene, { initial: DEFAULT_SCENE.dynamics.initial }),
      seeds: few,
      laws: 'shared',
    },
    fine: {
      scene: { ...scene, domain: { ...scene.domain, cells: 192 } },
      seeds: few.slice(0, 1),
      laws: 'shared',
    },
    training: {
      scene: {
        ...scene,
        energy: { kind: 'trained' },
        training: { ...scene.training, backend: BACKEND },
      },
      seeds: few.slice(0, 1),
      laws: 'none',
      train: true,
    },
  }),
  variations: {
    noise: 'the start N(0, I)',
    fine: '192² cells: so near to π the identity wants a finer grid',
    training: 'the same recipe trained here, then sampled from the data',
  },
  judge(of) {
    const [data, noise, training] = [of('main'), of('noise'), of('training')]
    const [fromData, fromNoise] = [data, noise].map(
      (outcomes) => first(outcomes).result.langevin.klExact,
    ) as [(number | null)[], (number | null)[]]
    const bias = known(first(data).result.constants.biasPrediction)
    const { history, lines } = booksOf(training)
    const [open, end] = [lines[0], lines.at(-1)]
    const doubt = Math.sqrt((open?.standardError ?? NaN) ** 2 + (end?.standardError ?? NaN) ** 2)
    const start = first(training).result.langevin.kl[0]
    const wait = fromNoise.findIndex((kl) => known(kl) <= known(fromData[0]))
    return {
      predictions: [
        ...from('the data', [...lyapunov(of('fine')), particlesFollow(data)]),
        ...from('noise', [...lyapunov(noise), particlesFollow(noise)]),
        atMost(
          'Both starts end at one KL: their difference, over the predicted bias b(η) of the step',
          Math.abs(last(fromData) - last(fromNoise)) / bias,
          1,
        ),
        atLeast('Steps that noise takes until it is as near to π as the data are at once', wait, 5),
        atMost(
          'What sampling did to KL(chains‖π_θ) in a training, nats, is a fall beyond three errors: sum + 3 SE',
          known(end?.sampling) + 3 * doubt,
          0,
        ),
        atLeast(
          'What the moving parameters put on, nats, beyond three errors: sum − 3 SE',
          known(end?.parameters) - 3 * doubt,
          0,
        ),
        atMost(
          'KL(chains‖π_θ) at the end of the training, nats, less three errors and the estimator’s bias of 0.08',
          known(end?.kl) - 3 * known(end?.standardError) - 0.08,
          0,
        ),
        near(
          'The sampling run goes on where the training ended: KL(data‖π_θ) at its first step, nats',
          known(start),
          known(history.at(-1)?.klDataModel),
          0.1,
        ),
      ],
      figures: [startsFigure(fromData, fromNoise), ledgerFigure(booksOf(training))],
      remarks: [
        `From its first move to its last step the training put ${number(known(end?.parameters), 3)} nats on KL(chains‖π_θ), and sampling took ${number(-known(end?.sampling), 3)} off; together that is a change of ${number(known(end?.change), 2)} ± ${number(doubt, 1)}. The second column is exact for the 256 chains at hand, summed over every step of Adam; a step that is made by a finite cloud of chains lifts V at these very points, so that it puts on more than its law would, and the next moves take that off again.`,
      ],
    }
  },
}

/** The predictions, which say of which start they are. */
function from(start: string, predictions: readonly Prediction[]): Prediction[] {
  return predictions.map((each) => ({ ...each, claim: `From ${start}: ${each.claim}` }))
}

function startsFigure(fromData: (number | null)[], fromNoise: (number | null)[]): Figure {
  return {
    name: 'two-starts',
    alt: 'KL to π from the data and from noise: both fall to the same level',
    caption:
      'KL to π of the exact law of the chain under one energy, from the data and from noise.',
    panels: [
      {
        x: STEP_AXIS,
        y: { label: 'KL(ρₖ‖π), nats', scale: 'log', domain: [1e-4, 20] },
        series: [
          { name: 'from the data', colour: 'blue', points: pointsOf(fromData) },
          { name: 'from noise', colour: 'orange', points: pointsOf(fromNoise) },
        ],
      },
    ],
  }
}

function ledgerFigure({ history, lines }: ReturnType<typeof booksOf>): Figure {
  const steps = history.at(-1)?.step ?? 1
  const top = Math.max(
    ...lines.map(({ parameters, sampling }) => Math.max(parameters, -sampling)),
    1,
  )
  return {
    name: 'two-starts-ledger',
    alt: 'Over a training both columns of the ledger grow together while KL of the chains stays near zero and KL of the data falls',
    caption:
      'The ledger of a training, since the first move of its chains, and KL of chains and data to π_θ.',
    panels: [
      {
        x: { label: 'step of the training', domain: [0, steps] },
        y: { label: 'nats', scale: 'log', domain: [1e-3, 2 * top] },
        series: [
          {
            name: 'put on by θ',
            colour: 'orange',
            points: lines.map(({ step, parameters }) => [step, parameters] as const),
          },
          {
            name: 'taken off by sampling',
            colour: 'blue',
            line: 'dashed',
            points: lines.map(({ step, sampling }) => [step, -sampling] as const),
          },
          {
            name: 'KL of the chains',
            colour: 'blue',
            points: lines.map(({ step, kl }) => [step, kl] as const),
          },
          {
            name: 'KL of the data',
            colour: 'grey',
            points: history.map(({ step, klDataModel }) => [step, known(klDataModel)] as const),
          },
        ],
      },
    ],
  }
}
