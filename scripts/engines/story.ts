import { runHeadless, scene } from '../../e2e/lab.ts'
import { experiment } from '../../src/lab/scene/experiments.ts'
import { encodeHash } from '../../src/lab/scene/link/urlCodec.ts'
import type { SceneSpec } from '../../src/lab/scene/sceneSpec.ts'
import { call, click, focus, until, type Engine, type EngineTab, type Point } from './tab.ts'

/** The served page, whole and without its WebAssembly. */
export interface Origins {
  readonly whole: string
  readonly bare: string
}

/** What one engine has computed is what the next ones are held to. */
export type Reference = Map<string, { readonly label: string; readonly numbers: unknown }>

/** Does one thing of the story and counts it; one that fails is told, and the others go on. */
export type Check = (what: string, run: () => Promise<string | void>) => Promise<void>

const LEARNED = scene({
  seed: 11,
  target: { kind: 'three-gaussians' },
  energy: { kind: 'trained' },
  training: { steps: 80, backend: 'wasm' },
  domain: { cells: 64 },
  dynamics: { steps: 15, particles: 256 },
  view: { speed: 240 },
})
const LEARNED_IN_JAVASCRIPT: SceneSpec = {
  ...LEARNED,
  training: { ...LEARNED.training, steps: 6, backend: 'cpu' },
}
const LONG: SceneSpec = { ...LEARNED, training: { ...LEARNED.training, steps: 1500 } }
const TERMS = ['eight-gaussians', 'banana'] as const
const ALONE = { domain: { cells: 64 }, dynamics: { particles: 512, steps: 40 } }

/** What the same scenes give in the headless runner. */
export async function curvesOfNode(reference: Reference): Promise<void> {
  for (const [what, asked] of Object.entries({
    SIMD: LEARNED,
    JavaScript: LEARNED_IN_JAVASCRIPT,
  })) {
    const { langevin, deterministic } = await runHeadless(asked)
    const curve = langevin.step.map((_, i) => ({
      kl: langevin.kl[i]!,
      klStandardError: langevin.klStandardError[i]!,
      deterministicKl: deterministic.kl[i]!,
    }))
    agree('Node', reference, `${what}, curve`, curve)
  }
}

/** The whole story in one engine. */
export async function tell(
  engine: Engine,
  { whole, bare }: Origins,
  reference: Reference,
  check: Check,
): Promise<void> {
  const tab = await engine.open()
  await tab.resize(1280, 720)
  const problems: string[] = []
  const go = (address: string) =>
    opened(tab, problems, async () => {
      // Else an address that differs in its scene alone opens no page anew.
      await tab.go('about:blank')
      await tab.go(address)
    })

  await check('opens, and the first particles move', async () => {
    await go(`${whole}/`)
    await until(tab, 'the first step', () => Number(stageData()['step']) > 0)
    const picture = await call(tab, pictureOfParticles)
    await until(tab, 'another picture', pictureDiffers, picture)
    return call(tab, capabilities)
  })

  await check('frames a second', async () => {
    const running = await call(tab, framesASecond)
    await tab.go('about:blank')
    const nothing = await call(tab, framesASecond)
    return `${running} with the default scene running, ${nothing} on an empty page`
  })

  await check('a run ends, and its stop is read off the chart', async () => {
    const { scene: asked } = experiment('eight-gaussians')!
    await go(`${whole}/${encodeHash({ ...asked, view: { ...asked.view, speed: 240 } })}`)
    await until(tab, 'the end of the run', () => stageData()['status'] === 'stopped')
    await until(tab, 'its laws', () => stageData()['laws'] === 'done')
    const read = await until(tab, 'the marker', () => {
      const marker = document.querySelector<HTMLElement>('[data-testid="stopping-marker"]')
      if (marker === null) return null
      const { criterion = '', step = '' } = marker.dataset
      const stop = window.lyapunovLab?.stops().find((each) => each.criterion === criterion)
      return stop?.step === Number(step) ? { criterion, step, reason: stop.reason } : null
    })
    agree(engine.label, reference, 'the stop', read)
    return `${read.criterion} at step ${read.step}`
  })

  const train = async (asked: SceneSpec, origin: string) => {
    const { steps } = asked.dynamics
    await go(`${origin}/?haltAt=${steps}${encodeHash(asked)}`)
    await click(tab, { of: 'button', name: 'Train' })
    await until(tab, 'the end of the training', () => stageData()['training'] === 'finished')
    await call(tab, showStage)
    await until(tab, 'the run on what was learned', halted, steps)
    return call(tab, numbers)
  }

  const agreed = (what: string, { curve, ...rest }: Numbers) => {
    agree(engine.label, reference, `${what}, curve`, curve)
    agree(engine.label, reference, what, rest)
  }

  await check('trains by the SIMD kernel, and gives the same bits', async () => {
    agreed('SIMD', await train(LEARNED, whole))
    return `backend ${await call(tab, () => stageData()['backend'] ?? '')}`
  })

  await check('reloads to the same energy and the same numbers', async () => {
    const before = await call(tab, numbers)
    await opened(tab, problems, () => tab.reload())
    await call(tab, showStage)
    await until(tab, 'the run again', halted, LEARNED.dynamics.steps)
    const after = await call(tab, numbers)
    // A training's losses are told while it runs.
    same({ ...before, losses: [] }, { ...after, losses: [] })
  })

  await check('trains and samples in TypeScript alone, and gives the same bits', async () => {
    const bareProblems: string[] = []
    await opened(tab, bareProblems, () => tab.go(`${bare}/`))
    agreed('JavaScript', await train(LEARNED_IN_JAVASCRIPT, bare))
    // That the WebAssembly is missing is told on the console, and is meant.
    tab.problems.length = 0
    problems.length = 0
    return `backend ${await call(tab, () => stageData()['backend'] ?? '')}`
  })

  await check('goes on after a reload in the middle of a training', async () => {
    await go(`${whole}/${encodeHash(LONG)}`)
    await click(tab, { of: 'button', name: 'Train' })
    await until(tab, 'a checkpoint', checkpointIsKept)
    await opened(tab, problems, () => tab.reload())
    const kept = await until(
      tab,
      'the interrupted training',
      () => stageData()['training'] === 'interrupted' && Number(stageData()['trainingStep']),
    )
    const name = await until(tab, 'the button that resumes it', () => {
      const buttons = [...document.querySelectorAll('button')]
      return buttons.find(({ textContent }) => /^Resume/.test(textContent.trim()))?.textContent
    })
    await click(tab, { of: 'button', name })
    await until(
      tab,
      'further steps',
      (from) => Number(stageData()['trainingStep']) > from,
      Number(kept),
    )
    await until(tab, 'its end', () => stageData()['training'] === 'finished')
    return `from step ${kept}`
  })

  await check('composes two energies by the mouse, node for node', async () => {
    // A window in which card and tray are both in view.
    await tab.resize(1440, 1300)
    const tables: number[][] = []
    for (const name of TERMS) {
      const alone = scene({ ...ALONE, energy: { kind: 'pretrained', name } })
      await go(`${whole}/?haltAt=0${encodeHash(alone)}`)
      await until(tab, 'the run', halted, 0)
      tables.push((await call(tab, numbers)).table)
    }
    for (const [i, name] of TERMS.entries()) {
      const card = `[data-card="shipped:${name}"] button`
      const [from, to] = await centres(tab, card, '[data-testid="tray"]')
      await tab.drag(between(from, to))
      await until(tab, `${i + 1} terms`, termsAre, i + 1)
    }
    await until(tab, 'the table of the sum', tableIsSumOf, tables)
  })

  await check('its link opens the same scene and run in a second tab', async () => {
    const link = await until(tab, 'the address of the sum', () => {
      return location.hash.includes('sum') ? location.href : null
    })
    await go(link)
    await until(tab, 'the run', halted, 0)
    const first = await call(tab, numbers)
    const other = await engine.open()
    const others: string[] = []
    await opened(other, others, () => other.go(link))
    await until(other, 'the run', halted, 0)
    same(first, await call(other, numbers))
    await noProblems(other, others)
    await other.close()
  })

  await check('is used by the keyboard alone', async () => {
    await go(`${whole}/?haltAt=0${encodeHash(scene({ ...ALONE, energy: { kind: 'exact' } }))}`)
    await until(tab, 'the run', halted, 0)
    for (let presses = 0; ; presses++) {
      if (presses > 200) throw new Error('Tab never came to the button Step')
      await tab.press('Tab')
      const at = await call(tab, () => document.activeElement?.getAttribute('aria-label') ?? '')
      if (at === 'Step') break
    }
    await tab.press('Enter')
    await until(tab, 'step 1', () => stageData()['step'] === '1')
    const slider = { of: 'slider', name: 'Tolerance δ' } as const
    const delta = () => call(tab, () => window.lyapunovLab?.scene().stopping.delta ?? 0)
    const before = await delta()
    await focus(tab, slider)
    await tab.press('ArrowRight')
    await until(
      tab,
      'a greater δ',
      (from) => (window.lyapunovLab?.scene().stopping.delta ?? 0) > from,
      before,
    )
  })

  await check('a slider that is moved a hundred times leaves the address right', async () => {
    await focus(tab, { of: 'slider', name: 'Tolerance δ' })
    for (let press = 0; press < 100; press++) {
      await tab.press(press % 2 === 0 ? 'ArrowLeft' : 'ArrowRight')
    }
    await tab.press('ArrowRight')
    await until(tab, 'the address of the last δ', () => {
      const wanted = window.lyapunovLab?.scene().stopping.delta
      const written = new URLSearchParams(location.hash.slice(1)).get('delta')
      return written !== null && Number(written) === wanted
    })
  })

  await check('nothing went wrong unseen', () => noProblems(tab, problems))
  await tab.close()
}

/** Goes somewhere; what went wrong where the tab stood until then is taken along. */
async function opened(
  tab: EngineTab,
  problems: string[],
  navigate: () => Promise<void>,
): Promise<void> {
  problems.push(...(await call(tab, heard)))
  await navigate()
  await call(tab, listen)
}

async function noProblems(tab: EngineTab, problems: readonly string[]): Promise<void> {
  const all = [...tab.problems, ...problems, ...(await call(tab, heard))]
  if (all.length > 0) throw new Error([...new Set(all)].join('\n'))
}

/** Holds numbers to those of the first who gave them, to the last bit. */
function agree(label: string, reference: Reference, what: string, numbers: unknown): void {
  const known = reference.get(what)
  if (known === undefined) reference.set(what, { label, numbers })
  else same(known.numbers, numbers, `${known.label} has other numbers: `)
}

function same(one: unknown, other: unknown, prefix = ''): void {
  const differs = difference(one, other, '')
  if (differs !== null) throw new Error(`${prefix}${differs}`)
}

/** Where two values differ first, with both; null where they are the same. */
function difference(one: unknown, other: unknown, at: string): string | null {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return Object.is(one, other)
      ? null
      : `${at}: ${JSON.stringify(one)} and ${JSON.stringify(other)}`
  }
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  for (const key of keys) {
    const [mine, others] = [one, other].map((value): unknown => Reflect.get(value, key))
    const found = difference(mine, others, `${at}.${key}`)
    if (found !== null) return found
  }
  return null
}

/** A way in a straight line, slow enough to be a drag. */
function between(from: Point, to: Point): Point[] {
  return Array.from({ length: 9 }, (_, i) => ({
    x: Math.round(from.x + ((to.x - from.x) * i) / 8),
    y: Math.round(from.y + ((to.y - from.y) * i) / 8),
  }))
}

/** The middles of two elements, once both are in view: to scroll to the one may move the other. */
function centres(tab: EngineTab, first: string, second: string) {
  return until(
    tab,
    `${first} beside ${second}`,
    (wanted) => {
      const elements = wanted.map((selector) => document.querySelector(selector))
      for (const one of elements) one?.scrollIntoView({ block: 'nearest', behavior: 'instant' })
      const [from, to] = elements.map((element) => {
        const { left, top, width, height } = element?.getBoundingClientRect() ?? new DOMRect(0, -1)
        const [x, y] = [Math.round(left + width / 2), Math.round(top + height / 2)]
        return y >= 0 && y < innerHeight ? { x, y } : null
      })
      return from && to ? ([from, to] as const) : null
    },
    [first, second],
  )
}

// What runs in the page: each function knows its argument and what is declared for pages, nothing else.

declare global {
  interface Window {
    /** What a listening page has heard of. */
    engineProblems?: string[]
  }
}

function heard(): string[] {
  return window.engineProblems ?? []
}

/** Not every driver tells of errors: the page itself listens, from the moment it has loaded. */
function listen(): void {
  if (window.engineProblems !== undefined) return
  const found: string[] = (window.engineProblems = [])
  addEventListener('error', ({ message }) => found.push(message))
  addEventListener('unhandledrejection', ({ reason }) => found.push(String(reason)))
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    found.push(`policy: ${violatedDirective} refused ${blockedURI}`)
  })
  const { error } = console
  console.error = (...words: unknown[]) => {
    found.push(words.map(String).join(' '))
    error(...words)
  }
}

function capabilities(): string {
  const has = {
    WebGPU: 'gpu' in navigator,
    'Trusted Types': 'trustedTypes' in window,
    OffscreenCanvas: 'OffscreenCanvas' in window,
    Locks: 'locks' in navigator,
  }
  return Object.entries(has)
    .map(([name, present]) => `${present ? '' : 'no '}${name}`)
    .join(', ')
}

function pictureOfParticles(): string {
  const canvas = document.querySelector<HTMLCanvasElement>('[data-testid="particles-langevin"]')
  return canvas?.toDataURL() ?? ''
}

function pictureDiffers(before: string): boolean {
  const canvas = document.querySelector<HTMLCanvasElement>('[data-testid="particles-langevin"]')
  return canvas !== null && canvas.toDataURL() !== before
}

function framesASecond(): Promise<number> {
  const from = performance.now()
  let frames = 0
  return new Promise((resolve) => {
    requestAnimationFrame(function count() {
      frames++
      const seconds = (performance.now() - from) / 1000
      if (seconds < 4) requestAnimationFrame(count)
      else resolve(Math.round((10 * frames) / seconds) / 10)
    })
  })
}

/** Particles that nobody sees rest. */
function showStage(): void {
  document.querySelector('[data-testid="stage"]')?.scrollIntoView({ behavior: 'instant' })
}

function halted(step: number): boolean {
  const { status = '', step: at } = stageData()
  if (status === 'error') {
    const said = [...document.querySelectorAll('.notice')].map((notice) => notice.textContent)
    throw new Error(`the page reports an error: ${said.join(' ')}`)
  }
  return (status === 'paused' || status === 'stopped') && Number(at) === step
}

type Numbers = ReturnType<typeof numbers>

function numbers() {
  const lab = window.lyapunovLab
  const running = lab?.runScene() ?? null
  const nodes = lab?.landscapeNodes() ?? null
  if (lab === undefined || running === null || nodes === null) throw new Error('there is no run')
  const { langevin, deterministic } = lab.particles()
  const curve = lab.curves().map(({ kl, klStandardError, deterministicKl }) => {
    return { kl, klStandardError, deterministicKl }
  })
  const losses = lab.training().losses.map(({ loss }) => loss)
  return { curve, langevin, deterministic, table: nodes.v, losses }
}

/** Whether the browser's storage holds a checkpoint of a training. */
async function checkpointIsKept(): Promise<boolean> {
  const settled = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => {
        resolve(request.result)
      }
      request.onerror = () => {
        reject(request.error ?? new Error('no answer'))
      }
    })
  for (const { name } of await indexedDB.databases()) {
    const database = await settled(indexedDB.open(name!))
    const store = [...database.objectStoreNames].find((each) => /checkpoint/i.test(each))
    const kept =
      store === undefined
        ? 0
        : await settled(database.transaction(store).objectStore(store).count())
    database.close()
    if (kept > 0) return true
  }
  return false
}

function tableIsSumOf(tables: readonly (readonly number[])[]): boolean {
  const { energy } = window.lyapunovLab?.runScene() ?? {}
  const { v } = window.lyapunovLab?.landscapeNodes() ?? {}
  if (energy?.kind !== 'sum' || energy.terms.length !== tables.length) return false
  return (
    v?.length === tables[0]!.length &&
    v.every((value, node) => {
      const sum = tables.reduce((total, table) => total + table[node]!, 0)
      return Math.abs(value - sum) < 1e-12 * (1 + Math.abs(sum))
    })
  )
}

function termsAre(count: number): boolean {
  const tray = document.querySelector<HTMLElement>('[data-testid="tray"]')
  return Number(tray?.dataset['terms']) === count
}
