import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { openScene, scene, stage } from './lab.ts'

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

async function train(page: Page): Promise<void> {
  await openScene(page, UNTRAINED)
  await status(page, 'idle')
  await button(page, 'Train').click()
  await status(page, 'training')
}

/** Every state of the page, and how one comes there. */
const STATES: Readonly<
  Record<string, { readonly is: readonly string[]; readonly come: (page: Page) => Promise<void> }>
> = {
  untrained: {
    is: ['idle'],
    come: async (page) => {
      await openScene(page, UNTRAINED)
    },
  },
  running: {
    is: ['running'],
    come: async (page) => {
      const long = { ...TRAINED.dynamics, steps: 5000 }
      await openScene(page, { ...TRAINED, dynamics: long, view: { ...TRAINED.view, speed: 1 } })
    },
  },
  paused: {
    is: ['paused'],
    come: async (page) => {
      await openScene(page, TRAINED, { haltAt: 3 })
    },
  },
  stopped: {
    is: ['stopped', 'paused'],
    come: async (page) => {
      await openScene(page, { ...TRAINED, dynamics: { ...TRAINED.dynamics, steps: 3 } })
    },
  },
  training: { is: ['training'], come: train },
  'training, paused': {
    is: ['paused'],
    come: async (page) => {
      await train(page)
      await button(page, 'Pause').first().click()
    },
  },
  interrupted: {
    is: ['idle', 'running', 'paused'],
    come: async (page) => {
      await train(page)
      // Something must have been learned that can be gone on with.
      await expect
        .poll(() => page.evaluate(() => window.lyapunovLab?.training().step ?? 0))
        .toBeGreaterThan(0)
      await page.getByRole('radio', { name: 'Eight Gaussians', exact: true }).check({ force: true })
    },
  },
  live: {
    is: ['training'],
    come: async (page) => {
      await openScene(page, TRAINED, { haltAt: 3 })
      await status(page, 'paused')
      await page.getByRole('switch', { name: 'Live' }).click()
    },
  },
  refused: {
    is: ['error'],
    come: async (page) => {
      await openScene(page, REFUSED)
    },
  },
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

for (const [name, { is, come }] of Object.entries(STATES))
  test(`no dialog leads into a dead end: ${name}`, async ({ page, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await come(page)
    await status(page, ...is)
    for (const visit of Object.values(DIALOGS)) {
      await visit(page)
      await status(page, ...is)
    }
    // There is a way on: another target comes onto the stage, and it can be trained.
    await page.getByRole('radio', { name: 'Rings', exact: true }).check({ force: true })
    if (name === 'live') await page.getByRole('switch', { name: 'Live' }).click()
    await status(page, 'idle', 'running', 'paused', 'stopped')
    await button(page, 'Train').click()
    await status(page, 'training')
    await expect
      .poll(() => page.evaluate(() => window.lyapunovLab?.training().step ?? 0))
      .toBeGreaterThan(0)
  })
