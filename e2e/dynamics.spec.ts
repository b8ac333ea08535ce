import { expect, test } from './fixtures.ts'
import { columns, evaluated, openScene, scene, snapshot, stage, waitForHalt } from './lab.ts'

const STEPS = 120
const EIGHT = scene({
  target: { kind: 'eight-gaussians' },
  energy: { kind: 'pretrained', name: 'eight-gaussians' },
  domain: { cells: 64 },
  dynamics: { steps: STEPS, particles: 2048 },
  view: { speed: 240 },
})

test('both flows start from the same particles; KL falls for one and turns back for the other', async ({
  page,
}) => {
  await openScene(page, EIGHT, { haltAt: 0 })
  await waitForHalt(page, 0)
  const start = await snapshot(page)
  expect(start.langevin).toHaveLength(2 * 2048)
  expect(start.deterministic).toEqual(start.langevin)

  await test.step('scrubbing back shows the very particles of that step', async () => {
    const next = page.getByRole('button', { name: 'Step', exact: true })
    await next.click()
    await expect(stage(page)).toHaveAttribute('data-step', '1')
    const before = await snapshot(page)
    await next.click()
    await expect(stage(page)).toHaveAttribute('data-step', '2')
    expect((await snapshot(page)).langevin).not.toEqual(before.langevin)
    await page.getByRole('slider', { name: 'Scrub' }).press('ArrowLeft')
    await expect(stage(page)).toHaveAttribute('data-step', '1')
    const back = await snapshot(page)
    expect(back.langevin).toEqual(before.langevin)
    expect(back.deterministic).toEqual(before.deterministic)
  })

  await page.getByRole('button', { name: 'Play', exact: true }).click()
  await waitForHalt(page, STEPS)
  const end = await snapshot(page)
  expect(end.langevin).not.toEqual(end.deterministic)

  const { step, kl, deterministicKl } = columns(end.points)
  expect(step).toEqual(Array.from({ length: STEPS + 1 }, (_, k) => k))
  const langevin = evaluated(kl)
  const deterministic = evaluated(deterministicKl)
  expect(langevin.length).toBeGreaterThan(STEPS / 5)
  expect(langevin.at(-1)!).toBeLessThan(0.1)
  expect(langevin.at(-1)!).toBeLessThan(0.1 * langevin[0]!)
  expect(deterministic.at(-1)!).toBeGreaterThan(Math.min(...deterministic) + 1)
})
