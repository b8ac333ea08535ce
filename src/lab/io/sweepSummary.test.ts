import { expect, test } from 'vitest'
import { summariesOf } from './sweepSummary.ts'

type Row = Parameters<typeof summariesOf>[0][number]

test('counts and spreads over the seeds, by value and criterion', () => {
  const row = (more: Partial<Row>): Row => ({
    ...{
      value: 1,
      criterion: 'a',
      step: 4,
      outcome: 'stopped',
      trueKl: 0.1,
      falseStop: 'no',
      wasted: 2,
    },
    ...more,
  })
  const none = {
    step: null,
    outcome: 'unfired',
    trueKl: null,
    falseStop: null,
    wasted: null,
  } as const
  const rows = [
    row({}),
    row({ value: 2, ...none }),
    row({ step: 8, falseStop: 'yes', trueKl: 0.3, wasted: -2 }),
    row({ step: 6, falseStop: 'unknown', trueKl: null }),
    row(none),
    row({ step: 20, outcome: 'stalled', falseStop: null, trueKl: 0.2, wasted: null }),
  ]
  expect(summariesOf(rows)).toEqual([
    {
      ...{ value: 1, criterion: 'a', runs: 5, stopped: 3, stalled: 1 },
      step: { least: 4, median: 7, most: 20 },
      trueKl: { least: 0.1, median: 0.2, most: 0.3 },
      wasted: { least: -2, median: 2, most: 2 },
      ...{ claimed: 3, false: 1, unknown: 1 },
    },
    {
      ...{ value: 2, criterion: 'a', runs: 1, stopped: 0, stalled: 0 },
      ...{ step: null, trueKl: null, wasted: null, claimed: null, false: null, unknown: null },
    },
  ])
})
