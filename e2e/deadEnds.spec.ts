import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { openScene, openWithin, scene, stage, waitForHalt } from './lab.ts'

/** So small that each of its steps is nothing, and so long that no machine comes to its end by itself. */
const TRAINING = { objective: 'quadrature', steps: 100_000, backend: 'wasm' } as const
const SMALL = { domain: { cells: 32 }, training: TRAINING } as const
const dynamics = { steps: 200, particles: 64 } as const
const UNTRAINED = scene({
  ...SMALL,
  dynamics,
  target: { kind: 'two-gaussians', sharpness: 0.9 },
  energy: { kind: 'trained' },
})
const TRAINED = scene({
  ...SMALL,
  dynamics,
  target: { kind: 'eight-gaussians' },
  energy: { kind: 'pretrained', name: 'eight-gaussians' },
})
/** Its barrier covers the whole box: the engine refuses it. */
const REFUSED = scene({
  ...SMALL,
  dynamics,
  target: { kind: 'eight-gaussians' },
  energy: {
    kind: 'sum',
    terms: [{ weight: 1, energy: { kind: 'pretrained', name: 'eight-gaussians' } }],
    barriers: [{ kind: 'disc', center: [0, 0], radius: 20, strength: 0 }],
  },
})

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

async function status(page: Page, ...wanted: readonly string[]): Promise<void> {
  await expect(stage(page)).toHaveAttribute('data-status', new RegExp(`^(?:${wanted.join('|')})$`))
}

/** Has the target at hand trained, until something is learned that can be gone on with. */
async function train(page: Page): Promise<void> {
  await button(page, 'Train').click()
  await status(page, 'training')
  await expect
    .poll(() => page.evaluate(() => window.lyapunovLab?.training().step ?? 0))
    .toBeGreaterThan(0)
}

const choose = (page: Page, target: string) =>
  page.getByRole('radio', { name: target, exact: true }).check({ force: true })

/** A state of the page, how one comes there from the training that the one before it ended with, and the target to go on to. */
interface State {
  readonly is: readonly string[]
  readonly come: (page: Page) => Promise<unknown>
  readonly next: string
}

/** Every state of the page, those of each walk in one page. */
const WALKS: Readonly<Record<string, Readonly<Record<string, State>>>> = {
  'while energies are learned': {
    untrained: { is: ['idle'], come: (page) => openScene(page, UNTRAINED), next: 'Rings' },
    training: { is: ['training'], come: async () => {}, next: 'Checkerboard' },
    'training, paused': {
      is: ['paused'],
      come: (page) => button(page, 'Pause').first().click(),
      next: 'Pinwheel',
    },
    interrupted: {
      is: ['idle', 'running', 'paused'],
      come: (page) => choose(page, 'Eight Gaussians'),
      next: 'Banana',
    },
  },
  'while particles move': {
    running: {
      is: ['running'],
      come: (page) => {
        const long = { ...TRAINED.dynamics, steps: 5000 }
        return openScene(page, { ...TRAINED, dynamics: long, view: { ...TRAINED.view, speed: 1 } })
      },
      next: 'Rings',
    },
    paused: { is: ['paused'], come: pause, next: 'Checkerboard' },
    stopped: {
      is: ['stopped', 'paused'],
      come: (page) => openWithin(page, { ...TRAINED, dynamics: { ...TRAINED.dynamics, steps: 3 } }),
      next: 'Banana',
    },
    refused: {
      is: ['error'],
      come: (page) => openWithin(page, REFUSED),
      next: 'Three Gaussians',
    },
    live: {
      is: ['training'],
      come: async (page) => {
        await pause(page)
        await page.getByRole('switch', { name: 'Live' }).click()
      },
      next: 'Pinwheel',
    },
  },
}

async function pause(page: Page): Promise<void> {
  await openWithin(page, { ...TRAINED, view: { ...TRAINED.view, haltAt: 3 } })
  await waitForHalt(page, 3)
}

/** Every window, menu and fold, and how it is left. */
const DIALOGS: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  ...Object.fromEntries<(page: Page) => Promise<void>>(
    [
      ['Draw', 'Draw a target'],
      ['Upload CSV', 'Upload a table'],
      ['Paste', 'Paste points'],
    ].map(([opener, title]) => [
      title!,
      async (page: Page) => {
        await button(page, opener!).click()
        const dialog = page.getByRole('dialog', { name: title! })
        await expect(dialog).toBeVisible()
        await page.keyboard.press('Escape')
        await expect(dialog).toBeHidden()
      },
    ]),
  ),
  Experiments: async (page) => {
    const menu = page.locator('details.menu', { hasText: 'Experiments' })
    await menu.locator('summary').click()
    await expect(menu).toHaveAttribute('open', '')
    await page.keyboard.press('Escape')
    await expect(menu).not.toHaveAttribute('open', '')
  },
  'Copy link': async (page) => {
    await page.getByRole('button', { name: /copy link/i }).click()
  },
}

for (const [walk, states] of Object.entries(WALKS))
  test(`no dialog leads into a dead end: ${walk}`, async ({ page, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    for (const [name, { is, come, next }] of Object.entries(states))
      await test.step(name, async () => {
        await come(page)
        await status(page, ...is)
        for (const visit of Object.values(DIALOGS)) {
          await visit(page)
          await status(page, ...is)
        }
        // There is a way on: another target comes onto the stage, and it can be trained.
        await choose(page, next)
        if (name === 'live') await page.getByRole('switch', { name: 'Live' }).click()
        await status(page, 'idle', 'running', 'paused', 'stopped')
        await train(page)
      })
  })
