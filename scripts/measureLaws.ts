/**
 * `npm run measure:laws`: how long after a new scene the Fokker–Planck curve and the exact law of the chain stand
 * in the page, and at how many frames a second both panels go on meanwhile. Opens the built page in a
 * real Chromium, picks scenes of the Experiments menu one after another while the particles play, and prints
 * a table with the machine. `--repeats N` (default 3); ids as arguments restrict it to these.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { cpus } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { chromium, type Page } from '@playwright/test'
import { ensureChromium } from './findChromium.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const DEFAULT_SCENES = ['eight-gaussians', 'two-moons', 'gaussian-grid', 'rings']

interface Measured {
  /** Seconds from the choice of the scene. */
  readonly fokkerPlanck: number
  readonly preview: number
  readonly exact: number
  /** While the laws were followed. */
  readonly frames: number
  readonly positions: number
  readonly cells: number | null
  readonly stepSize: number
}

/** Chooses a scene and follows it from inside the page, frame by frame. */
async function measure(page: Page, id: string): Promise<Measured> {
  await page.getByText('Experiments', { exact: true }).click()
  return page.evaluate(async (wanted): Promise<Measured> => {
    const hook = window.lyapunovLab
    const stage = document.querySelector<HTMLElement>('[data-testid="stage"]')
    if (hook === undefined || stage === null) throw new Error('the page is not open')
    const before = stage.dataset['run']
    document.querySelector<HTMLElement>(`[data-experiment="${wanted}"]`)!.click()
    const start = performance.now()
    let fokkerPlanck = 0
    let preview = 0
    let frames = 0
    let positions = 0
    let begun = 0
    let shown = ''
    for (;;) {
      const now = await new Promise<number>((resolve) => {
        requestAnimationFrame(() => {
          resolve(performance.now())
        })
      })
      if (stage.dataset['run'] === before) continue
      if (begun === 0) begun = now
      frames++
      if (stage.dataset['step'] !== shown) positions++
      shown = stage.dataset['step'] ?? ''
      if (stage.dataset['laws'] === '') continue
      const analysis = hook.analysis()
      if (analysis === null) continue
      const { curves, stage: state, cells, exactTo } = analysis
      const last = curves.fokkerPlanck.length - 1
      if (fokkerPlanck === 0 && curves.fokkerPlanck[last] !== null) fokkerPlanck = now
      if (preview === 0 && exactTo === last) preview = now
      if (state !== 'done') {
        if (now - start > 120_000) throw new Error('the exact law was not known within two minutes')
        continue
      }
      const seconds = (now - begun) / 1000
      return {
        fokkerPlanck: (fokkerPlanck - start) / 1000,
        preview: (preview - start) / 1000,
        exact: (now - start) / 1000,
        frames: frames / seconds,
        positions: positions / seconds,
        cells,
        stepSize: hook.runScene()?.dynamics.stepSize ?? Number.NaN,
      }
    }
  }, id)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

async function serve(): Promise<{ readonly server: ChildProcess; readonly address: string }> {
  const server = spawn(process.execPath, ['--import', 'tsx', 'scripts/serve.ts', '--no-open'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: server.stdout })) {
    const address = /http:\/\/\S+/u.exec(line)?.[0]
    if (address !== undefined) return { server, address }
  }
  throw new Error('the server did not start')
}

const { values, positionals } = parseArgs({
  options: { repeats: { type: 'string', default: '3' } },
  allowPositionals: true,
})
const repeats = Math.max(1, Number(values.repeats))
const scenes = positionals.length > 0 ? positionals : DEFAULT_SCENES
const { server, address } = await serve()
const browser = await chromium.launch({
  executablePath: ensureChromium(),
  args: ['--no-sandbox', '--disable-background-networking', '--disable-dev-shm-usage'],
})
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } })
  await page.goto(address)
  await page.waitForSelector('[data-testid="stage"][data-laws="done"]', { timeout: 120_000 })
  const [cpu] = cpus()
  console.log(
    `Medians of ${String(repeats)}, ${String(cpus().length)} cores of ${cpu?.model.trim() ?? 'an unknown kind'}, ` +
      `Chromium ${browser.version()}, headless\n`,
  )
  console.log(
    '| scene | η | Fokker–Planck, s | chain to the end, coarse or fine, s | exact chain, s | cells | frames/s | new positions/s |',
  )
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
  for (const id of scenes) {
    const all: Measured[] = []
    for (let i = 0; i < repeats; i++) {
      // Another scene between two of the same: a new scene is what is measured.
      await measure(page, id === 'banana' ? 'pinwheel' : 'banana')
      all.push(await measure(page, id))
    }
    const of = (key: 'fokkerPlanck' | 'preview' | 'exact' | 'frames' | 'positions'): string =>
      median(all.map((one) => one[key])).toFixed(key === 'frames' || key === 'positions' ? 0 : 2)
    const [{ cells, stepSize }] = all as [Measured]
    console.log(
      `| ${id} | ${stepSize.toPrecision(2)} | ${of('fokkerPlanck')} | ${of('preview')} | ${of('exact')} | ` +
        `${cells === null ? '–' : `${String(cells)}²`} | ${of('frames')} | ${of('positions')} |`,
    )
  }
} finally {
  await browser.close()
  server.kill()
}
