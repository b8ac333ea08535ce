import { expect, test } from 'vitest'
import type { TrainingPoint } from '../../../lab/protocol/result.ts'
import { chartData } from './charts.testing.ts'
import { curveRuns, readPicture } from './stepScale.ts'
import { trainingNote, trainingPicture, trainingVoid } from './trainingPicture.ts'

const chains = (crossEntropy: number, entropy: number, moved: number) => ({
  ...{ crossEntropy, entropy, moved },
  standardError: 0.03,
})
const measured = (step: number, rest: Partial<TrainingPoint> = {}): TrainingPoint => ({
  ...{ step, seconds: step, loss: 0, klDataModel: 1 / step, crossEntropy: null },
  ...rest,
})

/** 0.5 nats at first; θ puts on 0.3 and 0.2, sampling takes off 0.6 and 0.35. */
const history = [
  measured(50),
  measured(101, { chains: chains(2.5, 2, 0) }),
  measured(150, { chains: chains(2.4, 2.2, -0.4) }),
  measured(200, { chains: chains(2.35, 2.3, -0.65) }),
]
const data = chartData([], { training: { history, steps: 400 } })

test('shows the chains, the data and both columns of the ledger over the steps of the training', () => {
  const picture = trainingPicture(data)
  expect([picture.steps, picture.computed]).toEqual([400, 200])
  const read = readPicture(picture, 200).map(({ curve, text }) => [curve.label, text])
  expect(read).toEqual([
    ['negative chains', '0.050 ± 0.030 nats'],
    ['data', '0.00500 nats'],
    ['put on by learning, in all', '0.500 nats'],
    ['taken off by sampling', '0.950 nats'],
  ])
  for (const { samples } of picture.curves) expect(curveRuns(samples, picture.gap)).toHaveLength(1)
  expect(readPicture(picture, 155)[0]!.text).toMatch(/ at step 150$/)
  expect(trainingNote(data)).toBe('sampling −0.950, learning +0.500: in all −0.450 ± 0.042 nats')
})

test('says what is missing', () => {
  expect(trainingVoid(chartData([]))).toContain('press Train')
  const begun = chartData([], { training: { history: [], steps: 400 } })
  expect(trainingVoid(begun)).toContain('not been measured')
  // An objective without chains: its data alone.
  const other = chartData([], { training: { history: history.slice(0, 1), steps: 400 } })
  expect(trainingVoid(other)).toBeNull()
  expect(trainingNote(other)).toBeNull()
})
