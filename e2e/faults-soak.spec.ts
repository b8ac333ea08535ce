import { soak } from '../scripts/soak/soak.ts'
import { expect, test } from './fixtures.ts'

/** Of `npm run soak`, which goes on for half an hour. The first time warms up. */
const WARM_UP = 1
const CYCLES = 3

test.setTimeout(600_000)

test('a page that is used again and again holds no more than before', async ({
  page,
  browser,
  baseURL,
}) => {
  const samples = await soak(browser, page, baseURL!, (cycle) => cycle < CYCLES)
  const [first, ...later] = samples.slice(WARM_UP)
  for (const { listeners, nodes, objects } of later) {
    expect(listeners).toBeLessThanOrEqual(first!.listeners)
    expect(nodes).toBeLessThanOrEqual(first!.nodes)
    expect(objects).toBeLessThanOrEqual(1.05 * first!.objects)
  }
})
