import { expect, test } from '@playwright/test'
import { monkey } from '../scripts/monkey/monkey.ts'

/** Of `npm run monkey`, which goes on for minutes. */
const SEED = 20260801
const ACTIONS = 40

test.use({ hasTouch: true })

test('a page that is operated at random stays whole', async ({ context, baseURL }) => {
  const lines: string[] = []
  const outcome = await monkey(context, baseURL!, {
    seed: SEED,
    goesOn: (index) => index < ACTIONS,
    log: (line) => lines.push(line),
  })
  expect(outcome.failure, lines.slice(-30).join('\n')).toBeNull()
})
