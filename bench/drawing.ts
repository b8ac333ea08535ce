import path from 'node:path'
import { chromium } from '@playwright/test'
import { build } from 'vite'
import { ensureChromium } from '../scripts/findChromium.ts'
import type { DrawReply } from './drawing/page.ts'
import { raceOptions } from './race.ts'
import type { BenchOptions, Row } from './rows.ts'
import { summarise } from './statistics.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const SIDE = 600

/** The page as one script. */
async function bundle(): Promise<string> {
  const output = await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      rolldownOptions: {
        input: path.join(ROOT, 'bench/drawing/page.ts'),
        output: { codeSplitting: false },
      },
    },
  })
  const [result] = Array.isArray(output) ? output : [output]
  if (result === undefined || !('output' in result)) throw new Error('the page was not built')
  return result.output[0].code
}

export async function measureDrawing(options: BenchOptions): Promise<Row[]> {
  const code = await bundle()
  const browser = await chromium.launch({
    executablePath: ensureChromium(),
    args: ['--no-sandbox', '--disable-background-networking', '--disable-dev-shm-usage'],
  })
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } })
    await page.setContent('<!doctype html><body></body>')
    await page.addScriptTag({ content: code, type: 'module' })
    await page.waitForFunction(() => 'drawAll' in window)
    const rows: Row[] = []
    for (const particles of options.quick ? [10_000] : [1_000, 10_000, 100_000]) {
      options.log(`${particles} particles`)
      const { painter, fillRect, arc }: DrawReply = await page.evaluate(
        (request) => window.drawAll(request),
        { particles, side: SIDE, ...raceOptions(options.quick) },
      )
      rows.push({
        group: `One picture of ${SIDE} × ${SIDE} pixels`,
        name: `${particles.toLocaleString('en-GB')} particles`,
        unit: 'ms',
        ...summarise(painter!),
        rivals: [
          { name: 'fillRect', ...summarise(fillRect!) },
          { name: 'arc and fill', ...summarise(arc!) },
        ],
      })
    }
    return rows
  } finally {
    await browser.close()
  }
}
