import { readFile } from 'node:fs/promises'
import type { Download, Locator, Page } from '@playwright/test'
import { unzipSync } from 'fflate'
import { readEnergyFile } from '../src/lab/io/energyFile.ts'
import { readSceneFile } from '../src/lab/io/bundle.ts'
import { exportHeadless, openStill, snapshot } from './lab.ts'
import { expect, test } from './fixtures.ts'

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** The rows of a CSV file, comments left out. */
function rowsOf(bytes: Uint8Array): string[][] {
  const lines = text(bytes).trimEnd().split('\n')
  return lines.filter((line) => !line.startsWith('#')).map((line) => line.split(','))
}

/** The file without what names the address of its page. */
const unlinked = (bytes: Uint8Array) => text(bytes).replace(/http:\/\/[\w.:]+\//gu, 'http://page/')

async function bytesOf(saved: Promise<Download>): Promise<{ name: string; bytes: Uint8Array }> {
  const download = await saved
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) }
}

function save(page: Page, dialog: Locator, name: string) {
  const saved = bytesOf(page.waitForEvent('download'))
  return dialog
    .getByRole('button', { name })
    .click()
    .then(() => saved)
}

test('what is on the page can be taken away, in files that read back', async ({ page }) => {
  await openStill(page)
  const shown = await snapshot(page)
  await page.getByRole('button', { name: 'Export' }).click()
  const dialog = page.getByRole('dialog', { name: 'Export' })

  const particles = await save(page, dialog, 'Particles')
  expect(particles.name).toBe('eight-gaussians-1-particles.csv')
  expect(text(particles.bytes)).toContain('particles at step 2')
  const [, ...rows] = rowsOf(particles.bytes)
  const column = (at: number) => rows.map((row) => Number(row[at]))
  expect(column(1)).toEqual(shown.langevin.filter((_, i) => i % 2 === 0))
  expect(column(4)).toEqual(shown.deterministic.filter((_, i) => i % 2 === 1))

  const weights = await save(page, dialog, 'Network weights')
  expect(readEnergyFile(weights.bytes)).toHaveProperty('model.theta')

  // Twice the 980 CSS pixels that a picture is wide; the vector picture has the width of a column, 88 mm.
  const png = await save(page, dialog, 'Stage, PNG')
  expect(png.name).toBe('eight-gaussians-1-stage.png')
  expect(new DataView(new Uint8Array(png.bytes).buffer).getUint32(16)).toBe(1960)
  const drawing = text((await save(page, dialog, 'Stage, SVG')).bytes)
  expect(drawing).toMatch(/^<svg [^>]*width="249\.45pt"/u)
  expect(drawing).toContain('href="data:image/png;base64,')
  // All 64 particles of both panels are dots of two paths.
  expect(drawing.match(/(?:M[\d.]+ [\d.]+h0){64}"/gu)).toHaveLength(2)
  const chart = text((await save(page, dialog, 'Chart, SVG')).bytes)
  expect(chart).toContain('step 2 · ')
  expect(chart).toMatch(/^<svg [^]*<\/svg>\n$/u)

  // The bundle computes the steps that the page has not come to, and is what the runner writes of its scene.
  const bundle = await save(page, dialog, 'Run bundle')
  const folder = 'eight-gaussians-1/'
  const files = new Map(
    Object.entries(unzipSync(bundle.bytes)).map(([name, bytes]) => [
      name.replace(folder, ''),
      bytes,
    ]),
  )
  expect([...files.keys()].sort()).toEqual(
    [
      ...['README.txt', 'citation.bib', 'curves.csv', 'energy-eight-gaussians.safetensors'],
      ...['grid.npz', 'langevin.py', 'particles.csv', 'result.json', 'scene.json'],
    ].sort(),
  )
  expect(files.get('particles.csv')).toEqual(new Uint8Array(particles.bytes))
  const scene = text(files.get('scene.json')!)
  expect(readSceneFile(scene)).toHaveProperty('scene')
  const headless = await exportHeadless(scene)
  expect([...headless.keys()].sort()).toEqual([...files.keys()].sort())
  for (const name of ['scene.json', 'result.json', 'curves.csv', 'langevin.py', 'README.txt'])
    expect(unlinked(files.get(name)!), name).toBe(unlinked(headless.get(name)!))
  const [mine, theirs] = [files.get('grid.npz')!, headless.get('grid.npz')!].map((bytes) =>
    unzipSync(new Uint8Array(bytes)),
  )
  for (const name of ['V.npy', 'V_x.npy', 'V_y.npy', 'V_xy.npy', 'log_Z.npy', 'x.npy'])
    expect(Buffer.compare(mine![name]!, theirs![name]!), name).toBe(0)
  expect(rowsOf(files.get('curves.csv')!)).toHaveLength(22)
  await expect(dialog.getByTestId('export-progress')).toContainText(
    'Saved eight-gaussians-1-run.zip',
  )

  // An energy that is not there yet cannot be taken away, and the sheet says why; the scene can.
  await page.keyboard.press('Escape')
  await page.evaluate(() => (location.hash = '#target=banana&cells=32&particles=64'))
  await expect(page.getByTestId('stage')).toHaveAttribute('data-status', 'idle')
  await page.getByRole('button', { name: 'Export' }).click()
  await expect(dialog.getByRole('button', { name: 'Curves' })).toHaveAttribute(
    'aria-disabled',
    'true',
  )
  await expect(dialog).toContainText('The energy is not trained yet.')
  expect((await save(page, dialog, 'Scene')).name).toBe('banana-1-scene.json')
})
