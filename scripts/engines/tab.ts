/** Keys that the story presses, by the names that the web gives them. */
type KeyName = 'Tab' | 'Enter' | 'ArrowLeft' | 'ArrowRight' | 'ArrowDown'

export interface Point {
  readonly x: number
  readonly y: number
}

/** One browser engine, running. */
export interface Engine {
  /** For people: name and version. */
  readonly label: string
  /** Opens a tab beside the others, in the same profile. */
  open(): Promise<EngineTab>
  close(): Promise<void>
}

/** A tab by the few things that every engine's driver can do. */
export interface EngineTab {
  go(address: string): Promise<void>
  reload(): Promise<void>
  /** Evaluates an expression whose value is a promise of a string; in less than half a minute. */
  evaluate(expression: string): Promise<string>
  press(key: KeyName): Promise<void>
  /** Presses the mouse at the first point, moves along the others, lets go at the last. */
  drag(path: readonly Point[]): Promise<void>
  resize(width: number, height: number): Promise<void>
  /** The picture of the page, a PNG. */
  screenshot(): Promise<Uint8Array>
  close(): Promise<void>
  /** Errors that the driver has told of: on the console or uncaught. */
  readonly problems: string[]
}

declare global {
  /** What the stage says of itself; at hand in every function that runs in a page. */
  function stageData(): DOMStringMap
}

// What runs this file gives functions their names by a helper, which no page has.
const HELPERS = `
  const __name = (f) => f
  const stageData = () => document.querySelector('[data-testid="stage"]')?.dataset ?? {}`

/** Runs a function in the page; it knows nothing but its argument, and both that and its result travel as JSON. */
export async function call<Result, Argument = null>(
  tab: EngineTab,
  run: (argument: Argument) => Result | Promise<Result>,
  ...[argument]: Argument extends null ? [] : [Argument]
): Promise<Result> {
  const given = JSON.stringify(argument ?? null)
  return JSON.parse(
    await tab.evaluate(
      `(async () => { ${HELPERS}
        return JSON.stringify((await (${run.toString()})(${given})) ?? null) })()`,
    ),
  ) as Result
}

/** What one evaluation may take; the rest of a wait is further ones. */
const SLICE = 5000

/**
 * Waits until a function gives something in the page, and returns that.
 * @throws with what the stage says then, after so many seconds
 */
export async function until<Result, Argument = null>(
  tab: EngineTab,
  what: string,
  run: (argument: Argument) => Result | Promise<Result>,
  ...[argument, seconds = 180]: Argument extends null
    ? [argument?: null, seconds?: number]
    : [argument: Argument, seconds?: number]
): Promise<NonNullable<Result>> {
  const given = JSON.stringify(argument ?? null)
  const end = Date.now() + 1000 * seconds
  const expression = `(async () => {
    ${HELPERS}
    const run = ${run.toString()}
    const end = performance.now() + ${SLICE}
    for (;;) {
      const found = await run(${given})
      if (found || performance.now() > end) return JSON.stringify(found ?? null)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  })()`
  for (;;) {
    const found = JSON.parse(await tab.evaluate(expression)) as Result
    // What has not come yet is false, 0 or nothing.
    if (found) return found
    if (Date.now() > end) {
      throw new Error(`waited ${seconds} s for ${what}; the page says ${await told(tab)}`)
    }
  }
}

function told(tab: EngineTab): Promise<string> {
  return call(tab, () => {
    const notices = [...document.querySelectorAll('.notice')].map((notice) => notice.textContent)
    return JSON.stringify({ stage: { ...stageData() }, notices })
  })
}

/** Something that a person can press or move, by its accessible name. */
export interface Control {
  readonly of: 'button' | 'slider' | 'radio' | 'switch'
  readonly name: string
  /** A selector of what it lies in. */
  readonly within?: string
}

function place({ of, name, within, focus }: Control & { readonly focus: boolean }): Point | null {
  const selector = {
    button: 'button',
    slider: 'input[type="range"]',
    radio: 'input[type="radio"], [role="radio"]',
    switch: '[role="switch"]',
  }[of]
  const area = within === undefined ? document : document.querySelector(within)
  const found = [...(area?.querySelectorAll<HTMLElement>(selector) ?? [])].find((element) => {
    const said = element.getAttribute('aria-label') ?? element.textContent
    return said.trim() === name && !element.matches(':disabled') && element.checkVisibility()
  })
  if (found === undefined) return null
  found.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' })
  if (focus) found.focus()
  const { left, top, width, height } = found.getBoundingClientRect()
  return { x: Math.round(left + width / 2), y: Math.round(top + height / 2) }
}

/** Waits until a control can be used, and gives its middle. */
function middle(tab: EngineTab, control: Control): Promise<Point> {
  return until(tab, `the ${control.of} ${control.name}`, place, { ...control, focus: false })
}

export async function click(tab: EngineTab, control: Control): Promise<void> {
  await tab.drag([await middle(tab, control)])
}

export async function focus(tab: EngineTab, control: Control): Promise<void> {
  await until(tab, `the ${control.of} ${control.name}`, place, { ...control, focus: true })
}
