import type { BrowserContext, ConsoleMessage, Page } from '@playwright/test'
import { parseScene } from '../../src/lab/scene/reading/decode.ts'
import { sameScene } from '../../src/lab/scene/normalise.ts'
import { openAddress } from '../../src/app/stores/scene/address.ts'
import { Draws } from '../fuzz/draws.ts'
import { act, type Hands } from './actions.ts'

export interface MonkeyOptions {
  readonly seed: number
  /** Asked before each action: whether there is to be another. */
  readonly goesOn: (index: number) => boolean
  readonly log: (line: string) => void
}

export interface MonkeyOutcome {
  /** Actions after which everything was as it should be. */
  readonly passed: number
  /** What was wrong after the one behind them; null where nothing was. */
  readonly failure: string | null
}

/** What no page says to a person. */
const NO_SENTENCE =
  /\bRun \d+ is not\b|\bundefined\b|\bNaN\b|\[object |Failed to execute|is not a function|Cannot read propert/u
/** Longest time that the page may take for anything at all, ms: on a busy machine, too, it has hung by then. */
const HUNG = 120_000
/** How often the address is held to the scene, actions. */
const LOOKS_CLOSER = 20

/** The network, which the monkey itself cuts. */
const OFFLINE = /ERR_INTERNET_DISCONNECTED/u

async function inTime<T>(what: string, waited: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`the page hangs: ${what}`))
    }, HUNG)
  })
  return Promise.race([waited, limit]).finally(() => {
    clearTimeout(timer)
  })
}

/** Throws unless the page stands, says nothing strange and holds a scene that is one. */
async function look(page: Page): Promise<void> {
  await page.waitForSelector('[data-testid="stage"]', { state: 'attached', timeout: HUNG })
  const { scene, words } = await page.evaluate(() => {
    const body = document.body.cloneNode(true) as HTMLElement
    // What an engine says stands folded; formulas hold their source; text that a person typed is theirs.
    for (const part of body.querySelectorAll('details, .katex, textarea, script, style'))
      part.remove()
    return { scene: window.lyapunovLab?.scene() ?? null, words: body.textContent }
  })
  const own = words.replace(/"[^"]*"/gu, '').replace(/: found [^;]*; allowed: /gu, '')
  const strange = NO_SENTENCE.exec(own)
  if (strange !== null) {
    throw new Error(
      `the page says: …${own.slice(Math.max(0, strange.index - 80), strange.index + 80)}…`,
    )
  }
  const parsed = parseScene(scene)
  if ('error' in parsed)
    throw new Error(`the scene is none: ${parsed.error.field} is ${parsed.error.found}`)
}

/** Waits until the address holds the scene, as it does a moment after each change. */
async function lookAtAddress(page: Page): Promise<void> {
  const end = performance.now() + HUNG
  for (;;) {
    const { scene, hash } = await page.evaluate(() => ({
      scene: window.lyapunovLab?.scene() ?? null,
      hash: location.hash,
    }))
    if (scene !== null && sameScene(openAddress(hash, '').scene, scene)) return
    if (performance.now() > end)
      throw new Error(`the address holds another scene: ${hash.slice(0, 300)}`)
    await page.waitForTimeout(100)
  }
}

/**
 * Operates a page at random: what is done depends on the seed, the number of the action and what is on the page, on no
 * clock. Ends at the first thing that is wrong.
 */
export async function monkey(
  context: BrowserContext,
  address: string,
  { seed, goesOn, log }: MonkeyOptions,
): Promise<MonkeyOutcome> {
  // The compiler that runs scripts wraps functions in calls of it, those that are sent to the page included.
  await context.addInitScript('globalThis.__name = (named) => named')
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  const hands: Hands = { page, session, seed, isOffline: false }
  const problems: string[] = []
  const hear = (message: ConsoleMessage) => {
    if (message.type() === 'error' && !OFFLINE.test(message.text()))
      problems.push(`console: ${message.text()}`)
  }
  page.on('console', hear)
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.stack ?? error.message}`))
  page.on('crash', () => problems.push('the page crashed'))
  page.on('dialog', (dialog) => {
    // A reload is meant, also where storage is still writing.
    void (dialog.type() === 'beforeunload' ? dialog.accept() : dialog.dismiss())
  })
  page.on('filechooser', (chooser) => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => `${Math.sin(i)},${Math.cos(3 * i)},"<b>${i}</b>"`,
    )
    const buffer = Buffer.from(`<i>x</i>,y,note\n${rows.join('\n')}\n`)
    const name = '<img src=x onerror=alert(1)>.csv'
    chooser.setFiles({ name, mimeType: 'text/csv', buffer }).catch(() => undefined)
  })
  let index = 0
  try {
    await page.goto(address)
    await look(page)
    for (; goesOn(index); index++) {
      const said = await inTime(`action ${index}`, act(hands, new Draws(seed, index), index))
      log(`${index} ${said}`)
      await inTime(said, look(page))
      if (index % LOOKS_CLOSER === LOOKS_CLOSER - 1) await inTime(said, lookAtAddress(page))
      const [problem] = problems
      if (problem !== undefined) throw new Error(problem)
    }
    await inTime('the address', lookAtAddress(page))
    return { passed: index, failure: null }
  } catch (error) {
    const problem = problems[0] ?? (error instanceof Error ? error.message : String(error))
    return { passed: index, failure: problem }
  }
}
