/**
 * `npm run screenshots`: photographs the built page in every state, size and theme into out/screenshots, and
 * the README's picture into docs/stage.png. Names of states as arguments restrict it to these.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { chromium, type Page } from '@playwright/test'
import { experiment } from '../src/lab/scene/experiments.ts'
import { encodeHash } from '../src/lab/scene/link/urlCodec.ts'
import { ensureChromium } from './findChromium.ts'

interface State {
  readonly name: string
  /** Query and hash of the address that it starts from. */
  readonly address: string
  /** Brings the settled page there. */
  readonly reach: (page: Page) => Promise<unknown>
}

const ROOT = path.resolve(import.meta.dirname, '..')
const OUT = path.join(ROOT, 'out', 'screenshots')
const SIZES = [
  { width: 1440, height: 900 },
  { width: 1280, height: 720 },
  { width: 390, height: 844 },
] as const
const THEMES = ['light', 'dark'] as const
const README_PICTURE = 'stopped-1280x720-light.png'

const status = (page: Page, wanted: string): Promise<unknown> =>
  page.waitForSelector(`[data-testid="stage"][data-status="${wanted}"]`, { timeout: 60_000 })

/** Waits until the laws of the run are known to the end. */
const followed = (page: Page): Promise<unknown> =>
  page.waitForSelector('[data-testid="stage"][data-laws="done"]', { timeout: 60_000 })

/** Waits for what belongs to every picture: a run, the backend's badge, both landscapes, the thumbnails. */
const settled = (page: Page): Promise<unknown> =>
  page.waitForFunction(
    () => {
      const data = document.querySelector<HTMLElement>('[data-testid="stage"]')?.dataset
      // No named function: tsx would have it call a helper that the page does not have.
      const isDrawn =
        document.querySelectorAll('canvas.base[data-drawn]').length === 2 &&
        document.querySelector('.thumbnail') !== null &&
        document.querySelector('.thumbnail[data-drawn="false"]') === null
      return Number(data?.['run']) > 0 && data?.['backend'] !== '' && isDrawn
    },
    undefined,
    { timeout: 120_000 },
  )

/** The address of an experiment's scene, played fast. */
function address(id: string, speed: number, query = ''): string {
  const found = experiment(id)
  if (found === undefined) throw new Error(`There is no experiment ${id}.`)
  const { scene } = found
  return `/${query}${encodeHash({ ...scene, view: { ...scene.view, speed } })}`
}

const STATES: readonly State[] = [
  {
    name: 'idle',
    address: '/#target=pinwheel&energy=trained',
    reach: (page) => status(page, 'idle'),
  },
  {
    name: 'training',
    address: '/?backend=wasm#target=pinwheel&energy=trained',
    async reach(page) {
      await page.getByRole('button', { name: 'Train', exact: true }).click()
      await status(page, 'training')
      await page.waitForFunction(
        () => (window.lyapunovLab?.training().step ?? 0) > 400,
        undefined,
        {
          timeout: 120_000,
        },
      )
    },
  },
  {
    name: 'live',
    address: '/?backend=wasm#target=rings&energy=trained',
    async reach(page) {
      await page.getByRole('switch', { name: 'Live' }).click()
      await page.waitForSelector('[data-testid="stage"][data-live="settled"]', {
        state: 'attached',
        timeout: 60_000,
      })
    },
  },
  {
    name: 'running',
    address: address('two-moons', 24),
    async reach(page) {
      await page.getByRole('button', { name: 'Restart', exact: true }).click()
      await page.waitForFunction(() => {
        const { dataset } = document.querySelector<HTMLElement>('[data-testid="stage"]')!
        return dataset['status'] === 'running' && Number(dataset['step']) >= 30
      })
    },
  },
  {
    name: 'stopped',
    address: address('eight-gaussians', 240),
    async reach(page) {
      await status(page, 'stopped')
      await followed(page)
    },
  },
  {
    name: 'composed',
    address: address('composition', 240, '?haltAt=80'),
    reach: (page) => status(page, 'paused'),
  },
  // The theory, a scene each: what it is about is on the stage and in the chart.
  ...['certificate', 'barrier', 'half-trained', 'acceleration', 'contraction'].map((id): State => ({
    name: id,
    address: address(id, 240),
    async reach(page) {
      await status(page, 'stopped')
      await followed(page)
    },
  })),
]

/** Starts the production server and resolves with its address. */
async function serve(): Promise<{ readonly server: ChildProcess; readonly address: string }> {
  const server = spawn(process.execPath, ['--import', 'tsx', 'scripts/serve.ts', '--no-open'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: server.stdout })) {
    const address = /http:\/\/localhost:\d+/.exec(line)?.[0]
    if (address !== undefined) return { server, address }
  }
  throw new Error('The server ended before it said where it is.')
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !STATES.some((state) => state.name === name))
if (unknown.length > 0) {
  console.error(
    `No such state: ${unknown.join(', ')}; allowed: ${STATES.map(({ name }) => name).join(', ')}`,
  )
  process.exit(2)
}
const states = STATES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))

mkdirSync(OUT, { recursive: true })
const { server, address: origin } = await serve()
const browser = await chromium.launch({
  executablePath: ensureChromium(),
  args: ['--no-sandbox', '--disable-background-networking'],
})
try {
  for (const state of states) {
    for (const viewport of SIZES) {
      for (const colorScheme of THEMES) {
        const hasTouch = viewport.width < 600
        const context = await browser.newContext({ viewport, colorScheme, hasTouch })
        const page = await context.newPage()
        await page.goto(origin + state.address)
        await settled(page)
        await state.reach(page)
        await page.evaluate(() => document.fonts.ready)
        const name = `${state.name}-${viewport.width}x${viewport.height}-${colorScheme}.png`
        await page.screenshot({ path: path.join(OUT, name), fullPage: hasTouch })
        console.log(name)
        await context.close()
      }
    }
  }
} finally {
  await browser.close()
  server.kill()
}
if (states.some(({ name }) => README_PICTURE.startsWith(name))) {
  copyFileSync(path.join(OUT, README_PICTURE), path.join(ROOT, 'docs', 'stage.png'))
}
