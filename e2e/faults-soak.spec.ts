import { soak } from '../scripts/soak/soak.ts'
import { expect, test } from './fixtures.ts'

/** Of `npm run soak`, which goes on for half an hour. The first time warms up. */
const WARM_UP = 1
const CYCLES = 3
/** What a page holds of the scene before does not depend on how much it was. */
const BRIEF = { particles: 250, steps: 30, cells: 32 }

test.setTimeout(600_000)

test('a page that is used again and again holds no more than before', async ({
  page,
  browser,
  baseURL,
}) => {
  const goesOn = (cycle: number) => cycle < CYCLES
  const rounds = { unseen: WARM_UP, size: BRIEF }
  const [first, ...later] = await soak(browser, page, baseURL!, goesOn, rounds)
  expect(later).toHaveLength(CYCLES - WARM_UP - 1)
  for (const { listeners, nodes, objects } of later) {
    expect(listeners).toBeLessThanOrEqual(first!.listeners)
    expect(nodes).toBeLessThanOrEqual(first!.nodes)
    expect(objects).toBeLessThanOrEqual(1.05 * first!.objects)
  }
})
