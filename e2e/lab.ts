import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Locator, Page } from '@playwright/test'
import type { LawCurves, StoppingReport } from '../src/core/analysis/curves.ts'
import type { AnalysisReport, CurvePoint } from '../src/lab/protocol/calls.ts'
import type { RunResult } from '../src/lab/protocol/result.ts'
import type { SweepResult } from '../src/lab/protocol/sweep.ts'
import type { BackendName } from '../src/learning/ids.ts'
import { parseScene } from '../src/lab/scene/reading/decode.ts'
import type { SceneSpec } from '../src/lab/scene/sceneSpec.ts'
import { sameScene } from '../src/lab/scene/normalise.ts'
import { decodeLocation, encodeHash } from '../src/lab/scene/link/urlCodec.ts'
import { expect } from './fixtures.ts'

const ROOT = path.resolve(import.meta.dirname, '..')

/** A scene as a person would write it, with every default filled in; throws on any mistake. */
export function scene(input: object): SceneSpec {
  const parsed = parseScene(input)
  if ('error' in parsed) throw new Error(`${parsed.error.field}: ${parsed.error.found}`)
  return parsed.scene
}

/** Opens a scene by its link, in a page that knows nothing of the one before. */
export async function openScene(
  page: Page,
  asked: SceneSpec,
  query: { readonly haltAt?: number; readonly backend?: BackendName } = {},
): Promise<void> {
  const pairs = Object.entries(query).map(([key, value]) => `${key}=${value}`)
  await page.goto('about:blank')
  await page.goto(`/?${pairs.join('&')}${encodeHash(asked)}`)
}

/** Opens a scene in the page as it stands, as a link followed there does: nothing is loaded anew. */
export async function openWithin(page: Page, asked: SceneSpec): Promise<void> {
  const told = () =>
    page.evaluate(() => ({ scene: window.lyapunovLab!.scene(), hash: location.hash }))
  // What the page has still to write into the address would take the place of the link.
  const isWritten = async () => {
    const { scene, hash } = await told()
    return sameScene(decodeLocation(hash).scene, scene)
  }
  await expect.poll(isWritten).toBe(true)
  await page.evaluate((hash) => {
    location.hash = hash
  }, encodeHash(asked))
  await expect.poll(async () => sameScene(asked, (await told()).scene)).toBe(true)
}

/** Reloads the page after all that was made in it is in storage. */
export async function reload(page: Page): Promise<void> {
  await page.waitForFunction(() => window.lyapunovLab?.unsaved() === false)
  await page.reload()
}

export const stage = (page: Page): Locator => page.getByTestId('stage')

/** Waits until the clock stands at a step; a page that reports an error fails at once, with its words. */
export async function waitForHalt(page: Page, step: number): Promise<void> {
  const outcome = await page.waitForFunction(
    (wanted) => {
      const data = document.querySelector<HTMLElement>('[data-testid="stage"]')?.dataset
      if (data?.['status'] === 'error') {
        const said = [...document.querySelectorAll('.notice')].map((notice) => notice.textContent)
        return `error: ${said.join(' ')}`
      }
      const stands = data?.['status'] === 'paused' || data?.['status'] === 'stopped'
      return stands && Number(data?.['step']) === wanted ? 'halted' : null
    },
    step,
    { timeout: 120_000 },
  )
  expect(await outcome.jsonValue()).toBe('halted')
}

/** What the page holds, as plain data. */
export interface Snapshot {
  /** The scene as it runs. */
  readonly scene: SceneSpec
  readonly step: number
  readonly points: readonly CurvePoint[]
  readonly langevin: number[]
  readonly deterministic: number[]
  /** V at the nodes of the table on the stage. */
  readonly table: { readonly halfWidth: number; readonly cells: number; readonly v: number[] }
  readonly losses: readonly { readonly step: number; readonly loss: number }[]
}

export async function snapshot(page: Page): Promise<Snapshot> {
  return page.evaluate(() => {
    const lab = window.lyapunovLab
    const running = lab?.runScene() ?? null
    const nodes = lab?.landscapeNodes() ?? null
    if (lab === undefined || running === null || nodes === null) throw new Error('no run yet')
    const { halfWidth, cells, v } = nodes
    return {
      scene: running,
      points: lab.curves(),
      ...lab.particles(),
      table: { halfWidth, cells, v },
      losses: lab.training().losses,
    }
  })
}

/** Runs a scene in the headless runner and returns result.json. */
export async function runHeadless(asked: SceneSpec): Promise<RunResult> {
  return (await resultOf('experiment', asked, 'result.json')) as RunResult
}

/** Makes the sweep of a scene on the command line and returns sweep.json. */
export async function sweepHeadless(asked: SceneSpec): Promise<SweepResult> {
  return (await resultOf('sweep', asked, 'sweep.json')) as SweepResult
}

/** What the headless runner exports of a scene file, by the name of the file. */
export function exportHeadless(file: string): Promise<Map<string, Buffer>> {
  return filesOf('experiment', file, 'export', ['--export'])
}

/** What a command of the lab, in a process of its own, writes of a scene into a file. */
async function resultOf(command: string, asked: SceneSpec, name: string): Promise<unknown> {
  const files = await filesOf(command, JSON.stringify(asked))
  return JSON.parse(files.get(name)!.toString('utf8')) as unknown
}

/** The files that a command of the lab, in a process of its own, writes of a scene file, by name. */
async function filesOf(
  command: string,
  asked: string,
  below = '',
  flags: readonly string[] = [],
): Promise<Map<string, Buffer>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lyapunov-lab-'))
  try {
    const file = path.join(folder, 'scene.json')
    const out = path.join(folder, 'out')
    writeFileSync(file, asked)
    const runner = path.join(ROOT, `src/lab/cli/${command}.ts`)
    const parameters = ['--import', 'tsx', runner, file, '--out', out, ...flags]
    await promisify(execFile)(process.execPath, parameters, { cwd: ROOT })
    const names = readdirSync(path.join(out, below), { withFileTypes: true })
    return new Map(
      names.flatMap((entry) =>
        entry.isFile() ? [[entry.name, readFileSync(path.join(out, below, entry.name))]] : [],
      ),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The curves of a page in the columns of result.json, as far as the page shows them. */
export function columns(points: readonly CurvePoint[]) {
  return {
    step: points.map(({ step }) => step),
    kl: points.map(({ kl }) => kl),
    klStandardError: points.map(({ klStandardError }) => klStandardError),
    estimator: points.map(({ estimator }) => estimator),
    deterministicKl: points.map(({ deterministicKl }) => deterministicKl),
    deterministicStandardError: points.map((point) => point.deterministicStandardError),
    deterministicLowerBound: points.map((point) => point.deterministicLowerBound),
    energy: points.map(({ energy }) => energy),
    energyStandardError: points.map((point) => point.energyStandardError),
    deterministicEnergy: points.map(({ deterministicEnergy }) => deterministicEnergy),
  }
}

/** The same columns of a result of the headless runner. */
export function columnsOf({ langevin, deterministic }: RunResult): ReturnType<typeof columns> {
  return {
    step: langevin.step,
    kl: langevin.kl,
    klStandardError: langevin.klStandardError,
    estimator: langevin.estimator,
    deterministicKl: deterministic.kl,
    deterministicStandardError: deterministic.klStandardError,
    deterministicLowerBound: deterministic.lowerBound,
    energy: langevin.energy,
    energyStandardError: langevin.energyError,
    deterministicEnergy: deterministic.energy,
  }
}

/** Waits until the laws of the run on the stage have been followed to the end, and returns what was found. */
export async function followed(page: Page): Promise<Laws> {
  await expect(stage(page)).toHaveAttribute('data-laws', 'done', { timeout: 60_000 })
  return page.evaluate(() => {
    const lab = window.lyapunovLab
    const analysis = lab?.analysis() ?? null
    if (lab === undefined || analysis === null) throw new Error('no laws')
    const { curves, foldedMass, constants } = analysis
    return { curves: { ...curves, foldedMass: [...foldedMass] }, constants, stops: lab.stops() }
  })
}

export interface Laws {
  readonly curves: LawCurves & { readonly foldedMass: (number | null)[] }
  readonly constants: AnalysisReport['constants']
  readonly stops: readonly StoppingReport[]
}

/** The same of a result of the headless runner. */
export function lawsOf({ langevin, constants, stopping }: RunResult): Laws {
  const { spectralGap, spectralGapError, spectralGapResolved, slowMode } = constants
  const { logSobolevEstimate, twoStateFactor, logSobolevBound, strayStart } = constants
  const { step, kl, klMeaning, klStandardError, estimator, acceptance, ...others } = langevin
  const { energy, energyError, energyRate, energyRateError, ...more } = others
  const { energyDrift, energyDriftError, gradient, stein, steinError, ...curves } = more
  for (const column of [
    ...[step, kl, klMeaning, klStandardError, estimator, acceptance],
    ...[energy, energyError, energyRate, energyRateError],
    ...[energyDrift, energyDriftError, gradient, stein, steinError],
  ])
    expect(column).toHaveLength(curves.klExact.length)
  return {
    curves,
    constants: {
      spectralGap,
      spectralGapError,
      spectralGapResolved,
      slowMode,
      logSobolevEstimate,
      twoStateFactor,
      logSobolevBound,
      strayStart,
    },
    stops: stopping,
  }
}

/** Entries that were evaluated. */
export function evaluated(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null)
}

/** Opens a small scene of a shipped energy that stands still after two steps: for tests of what is round the stage. */
export async function openStill(page: Page): Promise<void> {
  const still = scene({
    target: { kind: 'eight-gaussians' },
    energy: { kind: 'pretrained', name: 'eight-gaussians' },
    domain: { cells: 32 },
    dynamics: { particles: 64, steps: 20 },
  })
  await openScene(page, still, { haltAt: 2, backend: 'cpu' })
  await waitForHalt(page, 2)
}
