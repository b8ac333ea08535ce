import { LONGEST_LINK } from '../../../lab/scene/link/linkSeal.ts'
import type { SceneSpec } from '../../../lab/scene/sceneSpec.ts'
import type { Platform } from '../platform.ts'
import { addressOf, openAddress, tooLong, type OpenedAddress } from './address.ts'
import { createEntries } from './entries.ts'
import { createGestures, undoKey } from './gestures.ts'
import type { SceneHistory } from './sceneHistory.ts'
import type { SceneStore } from './sceneStore.ts'

export interface HistoryOptions {
  readonly state: SceneHistory['state']
  readonly scene: SceneStore
  readonly page: Pick<Window, 'location' | 'history' | 'addEventListener'>
  readonly platform: Pick<Platform, 'now' | 'after'>
  /** Called when a step is made; the function that it returns restores what else belongs to the scene of that step. */
  readonly remember: () => () => void
  /** Called for an address that the visitor typed or that is from before a reload; reports what was wrong with it. */
  readonly onOpened: (opened: OpenedAddress) => void
  /** Called with a sentence when the scene's address is longer than an address may be. */
  readonly onTooLong: (text: string) => void
}

interface Step {
  readonly scene: SceneSpec
  readonly restore: () => void
  /** Number of its entry in the browser's history; null until it has one. */
  entry: number | null
}

/** Steps of a visit that are kept. */
export const MOST_STEPS = 300
/** Interval at which the address follows a drag, ms. */
const WRITE_INTERVAL = 250

/**
 * The scenes of a visit as one line of steps, on which undo, redo and the browser's Back and Forward move. Every step has
 * an entry in the browser's history, whose state holds the number of the entry. The browser follows the steps, since its
 * moves take time and its writes are rationed: an undo changes the scene at once, then sends the browser to the entry of
 * that step. Where the ration is used up, a few steps share an entry: Back then undoes them together, while undo still
 * takes them one by one.
 *
 * The changes of one edit are one step. A change of the theme makes no step, since the theme belongs to the device.
 */
export function createHistory(options: HistoryOptions): SceneHistory {
  const { state, scene: store, page, platform } = options
  const entries = createEntries(page, platform)
  const disposal = new AbortController()
  const { signal } = disposal
  const gestures = createGestures(page, platform, signal)

  const steps: Step[] = [present(entries.here)]
  let at = 0
  /** Whether `show` is setting the scene to that of a step. */
  let moving = false
  let amending = false
  let waiting: (() => void) | null = null
  let unwritten: SceneSpec | null = null

  /** The scene of the page as a step. */
  function present(entry: number | null): Step {
    return { scene: store.getState().scene, restore: options.remember(), entry }
  }

  function record(entry: number | null): void {
    steps.splice(at + 1, Infinity, present(entry))
    if (steps.length > MOST_STEPS) steps.shift()
    at = steps.length - 1
  }

  function sync(): void {
    follow()
    state.setState({ canUndo: at > 0 || entries.here > 0, canRedo: at < steps.length - 1 })
  }

  function later(milliseconds: number): void {
    waiting ??= platform.after(milliseconds, () => {
      waiting = null
      sync()
    })
  }

  /** Sends the browser to the entry of the current step, or writes the address of that step. */
  function follow(): void {
    if (entries.isBound) return
    const reached = steps.slice(0, at + 1)
    // A new step is written behind the entry of the last step that has one.
    const place = reached.findLast(({ entry }) => entry !== null)?.entry ?? entries.here
    if (place !== entries.here) {
      entries.go(place, () => {
        // The browser has dropped this entry, as it does when there are many: its steps take the current one.
        for (const one of steps) if (one.entry === place) one.entry = entries.here
        sync()
      })
      return
    }
    const { scene, entry } = steps[at]!
    const hash = addressOf(scene)
    if (entry !== null && entries.holds(hash)) return
    if (hash.length > LONGEST_LINK) {
      if (unwritten !== scene)
        options.onTooLong(`${tooLong(hash.length)} A reload opens the scene before it.`)
      unwritten = scene
      return
    }
    const wait = entries.write(entry === null ? 'push' : 'replace', hash)
    if (wait > 0) later(wait)
    // Earlier steps for which the ration left no entry share this one.
    else for (const one of reached) one.entry ??= entries.here
  }

  function show(scene: SceneSpec): void {
    const { theme } = store.getState().scene.view
    moving = true
    store.setState({ scene: { ...scene, view: { ...scene.view, theme } } })
    moving = false
    gestures.end()
  }

  function move(to: number): void {
    const step = steps[to]
    if (step === undefined) return
    at = to
    step.restore()
    show(step.scene)
    sync()
  }

  function open(): void {
    const opened = openAddress(page.location.hash, '')
    options.onOpened(opened)
    show(opened.scene)
  }

  function arrive(): void {
    const arrived = entries.arrive()
    const { here } = entries
    if (arrived === 'link') {
      open()
      record(here)
    } else if (arrived === 'known') {
      const found = steps.findLastIndex(({ entry }) => entry === here)
      if (found >= 0) {
        move(found)
        return
      }
      // The entry is from before a reload.
      open()
      at = here < (steps[0]?.entry ?? 0) ? 0 : steps.length
      steps.splice(at, 0, present(here))
    }
    sync()
  }

  const unsubscribe = store.subscribe(({ scene: now }, { scene: before }) => {
    if (moving) return
    const fields = changed(before, now)
    if (gestures.continues(fields) || fields === 'view.theme' || amending) {
      steps[at] = present(steps[at]!.entry)
      later(WRITE_INTERVAL)
      return
    }
    gestures.begin(fields)
    record(null)
    sync()
  })
  const onKey = (event: KeyboardEvent) => {
    const key = undoKey(event)
    if (key === null) return
    event.preventDefault()
    history[key]()
  }
  page.addEventListener('popstate', arrive, { capture: true, signal })
  page.addEventListener('hashchange', arrive, { capture: true, signal })
  page.addEventListener('keydown', onKey, { capture: true, signal })
  sync()

  const history: SceneHistory = {
    state,
    undo() {
      if (at > 0) move(at - 1)
      else if (entries.here > 0 && !entries.isBound) page.history.go(-1)
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
      unsubscribe()
      entries.dispose()
      disposal.abort()
    },
  }
  return history
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
