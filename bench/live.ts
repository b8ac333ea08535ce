import { chromium, type Browser, type Page } from '@playwright/test'
import { ensureChromium } from '../scripts/findChromium.ts'
import { createBench } from '../src/lab/engine/session.testing.ts'
import { parseScene } from '../src/lab/scene/reading/decode.ts'
import type { SceneSpec } from '../src/lab/scene/sceneSpec.ts'
import { encodeHash } from '../src/lab/scene/link/urlCodec.ts'
import { countPositions, serve, trace } from './page.ts'
import type { Row, Suite } from './rows.ts'
import { summarise } from './statistics.ts'

const TARGETS = [
  'eight-gaussians',
  'checkerboard',
  'rings',
  'pinwheel',
  'banana',
  'two-spirals',
  'gaussian-grid',
  'swiss-roll',
  'two-moons',
] as const

const MOST_KL = 0.15
const MOST_ABOVE = 0.15
const LEAST_FRAMES = 50
/** After this long a live training rests, ms. */
const REST = 2500

function scene(json: object): SceneSpec {
  const parsed = parseScene(json)
  if ('error' in parsed) throw new Error(`${parsed.error.field}: ${parsed.error.found}`)
  return parsed.scene
}

const hashOf = (kind: string, sharpness = 1) =>
  encodeHash(
    scene({
      target: { kind, sharpness },
      energy: { kind: 'trained' },
      training: { backend: 'wasm' },
    }),
  )

async function openLive(browser: Browser, address: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } })
  await page.goto(`${address}/${hashOf('two-moons')}`)
  await page.waitForSelector('[data-testid="stage"]:not([data-run="0"])', { state: 'attached' })
  await page.getByRole('switch', { name: 'Live' }).click()
  await page.waitForSelector('[data-testid="stage"][data-live="settled"]', {
    state: 'attached',
    timeout: 60_000,
  })
  return page
}

/** KL a second after the address names another target, from inside the page. */
async function switchTo(page: Page, hash: string): Promise<number> {
  const kl = await page.evaluate(async (wanted) => {
    const hook = window.lyapunovLab
    if (hook === undefined) throw new Error('the page is not open')
    const before = hook.live()?.taken?.target ?? 0
    const start = performance.now()
    location.hash = wanted
    await new Promise<void>((resolve) => setTimeout(resolve, 1000 - (performance.now() - start)))
    const live = hook.live()
    return (live?.taken?.target ?? 0) > before ? (live?.progress?.klDataModel ?? null) : null
  }, hash)
  if (kl === null) throw new Error(`nothing was measured within a second of ${hash}`)
  return kl
}

async function measureSwitches(page: Page, rounds: number): Promise<Row[]> {
  const found = new Map<string, number[]>(TARGETS.map((kind) => [kind, []]))
  for (let round = 0; round < rounds; round++)
    for (const kind of TARGETS) {
      found.get(kind)!.push(await switchTo(page, hashOf(kind)))
      await page.waitForTimeout(REST)
    }
  return TARGETS.map((kind): Row => {
    const { spread, samples } = summarise(found.get(kind)!)
    return {
      group: 'One second after the target is switched',
      name: kind,
      value: Math.max(...found.get(kind)!),
      unit: 'nats',
      ...(spread === undefined ? {} : { spread }),
      ...(samples === undefined ? {} : { samples }),
      bounds: [{ at: 'most', value: MOST_KL, of: 'value' }],
    }
  })
}

/** Targets switched and dragged one after the other, as fast as a hand does. */
async function play(page: Page, seconds: number): Promise<void> {
  const end = Date.now() + 1000 * seconds
  for (let i = 0; Date.now() < end; i++) {
    const kind = TARGETS[Math.floor(i / 30) % TARGETS.length]!
    const hash = hashOf(kind, Math.round(100 * (0.6 + 0.01 * (i % 30))) / 100)
    await page.evaluate((wanted) => {
      location.hash = wanted
    }, hash)
    await page.waitForTimeout(50)
  }
}

/** Two arcs of the spray can. */
async function draw(page: Page): Promise<void> {
  const box = await page.locator('.pad').boundingBox()
  if (box === null) throw new Error('there is no pad')
  const at = (x: number, y: number) =>
    [box.x + box.width * (0.5 + 0.5 * x), box.y + box.height * (0.5 - 0.5 * y)] as const
  for (const side of [-1, 1]) {
    const place = (i: number) => {
      const angle = (Math.PI * i) / 40
      return at(side * (0.35 * Math.cos(angle) - 0.2), side * (0.45 * Math.sin(angle) - 0.1))
    }
    await page.mouse.move(...place(0))
    await page.mouse.down()
    for (let i = 0; i <= 40; i++) {
      await page.mouse.move(...place(i))
      await page.waitForTimeout(30)
    }
    await page.mouse.up()
  }
}

/** The least held-out cross-entropy that the default recipe meets on the same points. */
async function trainWhole(asked: SceneSpec): Promise<number> {
  const { session } = createBench()
  const { summary } = await session.train({
    scene: scene({
      seed: asked.seed,
      target: asked.target,
      energy: { kind: 'trained' },
      training: { backend: 'wasm' },
    }),
  })
  const measured = summary.history.flatMap(({ crossEntropy }) => crossEntropy ?? [])
  return Math.min(...measured)
}

async function measureDrawing(browser: Browser, page: Page): Promise<Row[]> {
  const group = 'A drawing'
  await page.getByRole('button', { name: 'Draw', exact: true }).click()
  await countPositions(page)
  const figures = await trace(browser, page, 0, null, () => draw(page))
  await page.waitForTimeout(1000)
  const live = await page.evaluate(() => window.lyapunovLab?.live()?.progress?.crossEntropy ?? null)
  if (live === null) throw new Error('the drawing was not followed')
  await page.getByRole('button', { name: 'Use as target' }).click()
  await page.locator('.pad').waitFor({ state: 'detached' })
  const asked = await page.evaluate(() => window.lyapunovLab?.scene() ?? null)
  if (asked === null) throw new Error('the page is gone')
  const whole = await trainWhole(asked)
  const held = 'held-out cross-entropy'
  return [
    { group, name: `${held}, 1 s after the last stroke`, value: live, unit: 'nats' },
    { group, name: `${held}, after a whole training`, value: whole, unit: 'nats' },
    {
      group,
      name: 'the first above the second',
      value: live - whole,
      unit: 'nats',
      bounds: [{ at: 'most', value: MOST_ABOVE, of: 'value' }],
    },
    framesRow(group, figures.mainFrames),
  ]
}

function framesRow(group: string, value: number): Row {
  return {
    group,
    name: 'animation frames served',
    value,
    unit: '1/s',
    better: 'more',
    bounds: [{ at: 'least', value: LEAST_FRAMES, of: 'value' }],
  }
}

/** `npm run bench -- live`. */
export const measureLive: Suite = async (options) => {
  const { quick } = options
  const log = (line: string) => {
    options.log(line)
  }
  const { server, address } = await serve()
  const browser = await chromium.launch({
    executablePath: ensureChromium(),
    args: ['--no-sandbox', '--disable-background-networking', '--disable-dev-shm-usage'],
  })
  try {
    const page = await openLive(browser, address)
    log('live: switching targets')
    const rows = await measureSwitches(page, quick ? 1 : 5)
    log('live: switching and dragging')
    await countPositions(page)
    const { mainFrames, positions } = await trace(browser, page, 0, null, () =>
      play(page, quick ? 4 : 10),
    )
    const group = 'While targets are switched and dragged'
    rows.push(framesRow(group, mainFrames))
    rows.push({
      group,
      name: 'new positions, in the panel that has fewer',
      value: positions,
      unit: '1/s',
      better: 'more',
    })
    log('live: drawing')
    rows.push(...(await measureDrawing(browser, page)))
    return rows
  } finally {
    await browser.close()
    server.kill()
  }
}
