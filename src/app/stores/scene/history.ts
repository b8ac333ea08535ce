import { LONGEST_LINK } from '../../../lab/scene/link/linkSeal.ts'
import type { SceneSpec } from '../../../lab/scene/sceneSpec.ts'
import type { Platform } from '../platform.ts'
import type { SceneHistory } from './sceneHistory.ts'
import { addressOf, openAddress, type OpenedAddress, type SceneStore } from './sceneStore.ts'

export interface HistoryOptions {
  readonly state: SceneHistory['state']
  readonly scene: SceneStore
  readonly page: Pick<Window, 'location' | 'history' | 'addEventListener' | 'removeEventListener'>
  readonly platform: Pick<Platform, 'now' | 'after'>
  /** Called when a step is made; the function that it returns restores what else belongs to the scene of that step. */
  readonly remember: () => () => void
  /** Called for an address that the visitor typed or that is from before a reload; reports what was wrong with it. */
  readonly onOpened: (opened: OpenedAddress) => void
  /** Called when the scene's address has `length` characters, more than an address may hold. */
  readonly onTooLong: (length: number) => void
}

interface Step {
  readonly scene: SceneSpec
  readonly restore: () => void
  /** Number of its entry in the browser's history; null until it has one. */
  entry: number | null
}

const MOST_STEPS = 300
/** Interval at which the address follows a drag, ms. */
const WRITE_INTERVAL = 250
/** Safari refuses the 101st write within 30 s. Replacements have the smaller ration, so that drags leave writes for steps. */
const RATION_TIME = 30_000
const RATION = { push: 90, replace: 60 } as const
/** Wait after a write that the browser refused, ms. */
const REFUSED_TIME = 5000
/** Longest time that the browser takes to reach an entry that it still has, ms. */
const ARRIVAL_TIME = 5000
/** Without a held pointer or key, changes of the same fields within this time are one step, ms. */
const LONGEST_PAUSE = 1000

/**
 * The scenes of a visit as one line of steps, on which undo, redo and the browser's Back and Forward move. Every step has
 * an entry in the browser's history, whose state holds the number of the entry. The browser follows the steps, since its
 * moves take time and its writes are rationed: an undo changes the scene at once, then sends the browser to the entry of
 * that step. Where the ration is used up, a few steps share an entry: Back then undoes them together, while undo still
 * takes them one by one.
 *
 * Changes of the same fields within one gesture (a drag, a key held down, an edit of a text field) are one step. A change
 * of the theme makes no step, since the theme belongs to the device.
 */
export function createHistory(options: HistoryOptions): SceneHistory {
  const { state, scene: store, page, platform } = options
  const sceneNow = () => store.getState().scene

  /** The browser's current entry. */
  let here = entryOf(page.history.state) ?? 0
  const steps: Step[] = [{ scene: sceneNow(), restore: options.remember(), entry: here }]
  let at = 0
  /** The entry that the browser was sent to and has not reached; null: none. */
  let bound: number | null = null
  /** Whether `show` is setting the scene to that of a step. */
  let moving = false
  let amending = false

  // Writing ---------------------------------------------------------------------------------------

  let written = page.location.hash
  let writes: number[] = []
  let waiting: (() => void) | null = null
  let arrival: (() => void) | null = null
  let tooLong: SceneSpec | null = null

  function later(milliseconds: number): void {
    waiting ??= platform.after(milliseconds, () => {
      waiting = null
      sync()
    })
  }

  /** Sends the browser to the entry of the current step, or writes the address of that step. */
  function sync(): void {
    const step = steps[at]!
    state.setState({ canUndo: at > 0 || here > 0, canRedo: at < steps.length - 1 })
    if (bound !== null) return
    // A new step is written behind the entry of the last step that has one.
    const place = step.entry ?? steps.slice(0, at).findLast(({ entry }) => entry !== null)?.entry
    if (typeof place === 'number' && place !== here) {
      bound = place
      arrival = platform.after(ARRIVAL_TIME, () => {
        // The browser has dropped this entry, as it does when there are many: its steps take the current one.
        bound = null
        for (const one of steps) if (one.entry === place) one.entry = here
        sync()
      })
      page.history.go(place - here)
      return
    }
    const hash = addressOf(step.scene)
    if (step.entry !== null && hash === page.location.hash && entryOf(page.history.state) === here)
      return
    if (hash.length > LONGEST_LINK) {
      if (tooLong !== step.scene) options.onTooLong(hash.length)
      tooLong = step.scene
      return
    }
    write(step, hash)
  }

  function write(step: Step, hash: string): void {
    const now = platform.now()
    const kind = step.entry === null ? 'push' : 'replace'
    writes = writes.filter((time) => now - time < RATION_TIME)
    if (writes.length >= RATION[kind]) {
      later(writes[writes.length - RATION[kind]]! + RATION_TIME - now)
      return
    }
    writes.push(now)
    const entry = kind === 'push' ? here + 1 : here
    const { pathname, search } = page.location
    try {
      page.history[`${kind}State`]({ entry }, '', `${pathname}${search}${hash}`)
    } catch {
      later(REFUSED_TIME)
      return
    }
    here = entry
    written = page.location.hash
    // Earlier steps for which the ration left no entry share this one.
    for (const one of steps.slice(0, at + 1)) one.entry ??= entry
    state.setState({ canUndo: at > 0 || here > 0 })
  }

  // Steps -----------------------------------------------------------------------------------------

  let last: { readonly parts: string; readonly gesture: number; readonly time: number } | null =
    null

  function record(scene: SceneSpec, entry: number | null): void {
    steps.length = at + 1
    steps.push({ scene, restore: options.remember(), entry })
    if (steps.length > MOST_STEPS) steps.shift()
    at = steps.length - 1
  }

  const unsubscribe = store.subscribe(({ scene: now }, { scene: before }) => {
    if (moving) return
    const parts = changed(before, now)
    const time = platform.now()
    const together =
      last !== null &&
      last.parts === parts &&
      last.gesture === gesture &&
      (held.size > 0 || time - last.time < LONGEST_PAUSE)
    if (parts === 'view.theme' || amending || together) {
      steps[at] = { ...steps[at]!, scene: now, restore: options.remember() }
      if (together) last = { parts, gesture, time }
      later(WRITE_INTERVAL)
      return
    }
    last = { parts, gesture, time }
    record(now, null)
    sync()
  })

  function show(scene: SceneSpec): void {
    const { theme } = sceneNow().view
    moving = true
    store.setState({ scene: { ...scene, view: { ...scene.view, theme } } })
    moving = false
    last = null
  }

  function move(to: number): void {
    const step = steps[to]
    if (step === undefined) return
    at = to
    step.restore()
    show(step.scene)
    sync()
  }

  // Moves of the browser --------------------------------------------------------------------------

  function arrive(): void {
    const entry = entryOf(page.history.state)
    if (page.location.hash === written && (entry === here || entry === null)) {
      sync()
      return
    }
    written = page.location.hash
    const ours = entry !== null && entry === bound
    bound = null
    arrival?.()
    if (entry === null) {
      // The visitor followed a link to another scene of this page.
      here += 1
      open(() => {
        record(sceneNow(), here)
      })
      return
    }
    here = entry
    const found = steps.findLastIndex((step) => step.entry === entry)
    if (ours) sync()
    else if (found >= 0) move(found)
    else
      open(() => {
        // The entry is from before a reload.
        const first = entry < (steps[0]?.entry ?? 0)
        const step = { scene: sceneNow(), restore: options.remember(), entry }
        if (first) steps.unshift(step)
        else steps.push(step)
        at = first ? 0 : steps.length - 1
      })
  }

  function open(enter: () => void): void {
    const opened = openAddress(page.location.hash, '')
    options.onOpened(opened)
    show(opened.scene)
    enter()
    sync()
  }

  // Gestures --------------------------------------------------------------------------------------

  let gesture = 0
  const held = new Set<'pointer' | 'key'>()
  const onGesture = (event: Event) => {
    switch (event.type) {
      case 'pointerdown':
        gesture += 1
        held.add('pointer')
        break
      case 'keydown':
        if (!(event as KeyboardEvent).repeat && !isText(event.target)) gesture += 1
        held.add('key')
        break
      case 'change':
        if (held.size === 0) gesture += 1
        break
      case 'keyup':
        held.delete('key')
        break
      default:
        held.delete('pointer')
    }
  }

  const onKey = (event: KeyboardEvent) => {
    const { ctrlKey, metaKey, shiftKey, altKey, key, code } = event
    if (!(ctrlKey || metaKey) || altKey || event.defaultPrevented || isText(event.target)) return
    if (document.querySelector('dialog[open]') !== null) return
    // On a keyboard without Latin letters the place of the key counts.
    const letter = /^[a-z]$/iu.test(key) ? key.toLowerCase() : code.slice(-1).toLowerCase()
    if (letter !== 'z' && (letter !== 'y' || shiftKey)) return
    event.preventDefault()
    if (letter === 'y' || shiftKey) history.redo()
    else history.undo()
  }

  const listeners = [
    ...(['popstate', 'hashchange'] as const).map((type) => [type, arrive] as const),
    ...(['pointerdown', 'pointerup', 'pointercancel', 'keydown', 'keyup', 'change'] as const).map(
      (type) => [type, onGesture] as const,
    ),
    ['keydown', onKey] as const,
  ]
  for (const [type, listener] of listeners)
    page.addEventListener(type, listener as EventListener, true)
  // An undo changes the scene and must not scroll the page.
  page.history.scrollRestoration = 'manual'
  sync()

  const history: SceneHistory = {
    state,
    undo() {
      if (at > 0) move(at - 1)
      else if (here > 0 && bound === null) page.history.go(-1)
    },
    redo() {
      move(at + 1)
    },
    amend(change) {
      amending = true
      change()
      amending = false
    },
    dispose() {
      waiting?.()
      arrival?.()
      unsubscribe()
      for (const [type, listener] of listeners)
        page.removeEventListener(type, listener as EventListener, true)
    },
  }
  return history
}

function entryOf(state: unknown): number | null {
  if (typeof state !== 'object' || state === null || !('entry' in state)) return null
  return Number.isSafeInteger(state.entry) ? (state.entry as number) : null
}

/** Names of the fields in which two scenes differ, sections field by field; edits keep unchanged parts by reference. */
function changed(before: SceneSpec, now: SceneSpec): string {
  const names: string[] = []
  for (const [key, value] of Object.entries(now)) {
    const old: unknown = before[key as keyof SceneSpec]
    if (value === old) continue
    const sectioned = ['training', 'domain', 'dynamics', 'stopping', 'view'].includes(key)
    if (!sectioned) names.push(key)
    else
      for (const [field, entry] of Object.entries(value as object))
        if (entry !== (old as Readonly<Record<string, unknown>>)[field])
          names.push(`${key}.${field}`)
  }
  return names.join()
}

const TEXT = 'textarea, [contenteditable], input:not([type=range], [type=radio], [type=checkbox])'

/** Whether an element takes text, and therefore has its own undo. */
function isText(target: EventTarget | null): boolean {
  return target !== null && 'matches' in target && (target as Element).matches(TEXT)
}
