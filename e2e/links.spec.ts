import { encodeHash } from '../src/lab/scene/link/urlCodec.ts'
import { expect, test, watchForProblems } from './fixtures.ts'
import { openScene, scene, snapshot, waitForHalt } from './lab.ts'

const ASKED = scene({
  seed: 4_000_000_007,
  target: { kind: 'banana', sharpness: 0.7 },
  energy: { kind: 'exact' },
  domain: { halfWidth: 5, cells: 48 },
  dynamics: {
    epsilon: 0.8,
    steps: 40,
    particles: 700,
    initial: { kind: 'uniform', halfWidth: 2.5 },
  },
  stopping: { criterion: 'statistical', delta: 0.013 },
  view: { speed: 240, layers: ['energy', 'particles', 'trails'] },
})

/** The address that a page has in which the scene stands at a step. */
const linkTo = (haltAt: number) =>
  `/?haltAt=${haltAt}${encodeHash({ ...ASKED, view: { ...ASKED.view, haltAt } })}`

test('a link opened in a fresh profile gives the same curve, digit for digit', async ({
  page,
  browser,
  baseURL,
}) => {
  await openScene(page, ASKED, { haltAt: 40 })
  await waitForHalt(page, 40)
  const first = await snapshot(page)
  const link = page.url()
  expect(link).toContain(linkTo(40))

  const profile = await browser.newContext({ ...(baseURL === undefined ? {} : { baseURL }) })
  const other = await profile.newPage()
  const problems = await watchForProblems(other)
  await other.goto(link)
  await waitForHalt(other, 40)
  const second = await snapshot(other)
  expect(second.scene).toEqual(first.scene)
  expect(second.points).toEqual(first.points)
  expect(second.langevin).toEqual(first.langevin)
  expect(second.table).toEqual(first.table)
  expect(problems).toEqual([])
  await profile.close()
})

test('garbage in a link opens the default scene with a message that names it, never a blank page', async ({
  page,
}) => {
  await page.goto('/?haltAt=2#epsilon=banana&nonsense&particles=1e9&target=%E0%A4%A')
  await waitForHalt(page, 2)
  const { scene: shown } = await snapshot(page)
  expect(shown.target.kind).toBe('two-moons')
  expect(shown.dynamics.epsilon).toBe(1)
  expect(shown.dynamics.particles).toBe(4096)
  const notices = page.getByRole('region', { name: 'Messages' }).getByRole('note')
  await expect(notices.filter({ hasText: 'epsilon' })).toBeVisible()
  await expect(notices.filter({ hasText: 'particles' })).toBeVisible()
})

test('a link that was cut short says so and opens nothing of it; one that was mangled opens whole', async ({
  page,
}) => {
  const link = linkTo(2)
  const notices = page.getByRole('region', { name: 'Messages' }).getByRole('note')

  await page.goto(link.slice(0, -20))
  await expect(
    notices.filter({ hasText: /incomplete: it ends after \d+ of \d+ char/ }),
  ).toBeVisible()
  await waitForHalt(page, 2)
  expect((await snapshot(page)).scene.target.kind).toBe('two-moons')

  const [start, pairs] = link.split('#') as [string, string]
  await page.goto('about:blank')
  await page.goto(`${start}#${pairs.replaceAll('&', '&amp;')}&utm_source=mail">`)
  await waitForHalt(page, 2)
  expect((await snapshot(page)).scene.seed).toBe(ASKED.seed)
  await expect(notices.filter({ hasText: 'link' })).toHaveCount(0)
})
