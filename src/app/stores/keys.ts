import { experimentAt, WALK } from '../../lab/scene/experiments.ts'
import type { Lab } from './lab.ts'

/** What a key does while no control has the focus. */
interface Shortcut {
  /** As `KeyboardEvent.key` has it; letters small. */
  readonly keys: readonly string[]
  /** As it stands in the list. */
  readonly shown: string
  readonly does: string
  readonly act: (lab: Lab) => void
}

/** Opens the experiment so many places on from the one on the stage; from another scene, the first or the last. */
function goTo(lab: Lab, way: -1 | 1): void {
  const at = experimentAt(lab.scene.getState().scene)
  const next = at === -1 && way === -1 ? WALK.length - 1 : at + way
  const other = WALK[next]
  if (other !== undefined) lab.open(other.scene)
}

function stepBy(lab: Lab, way: -1 | 1): void {
  const { step } = lab.run.getState()
  if (way === 1) lab.playback.step()
  else if (step > 0) lab.playback.scrub(step - 1)
}

export const SHORTCUTS: readonly Shortcut[] = [
  {
    keys: [' ', 'k'],
    shown: 'Space or K',
    does: 'play, pause',
    act: (lab) => {
      if (lab.run.getState().status === 'running') lab.playback.pause()
      else lab.playback.play()
    },
  },
  {
    keys: ['ArrowRight', '.'],
    shown: '→ or .',
    does: 'one step on',
    act: (lab) => {
      stepBy(lab, 1)
    },
  },
  {
    keys: ['ArrowLeft', ','],
    shown: '← or ,',
    does: 'one step back',
    act: (lab) => {
      stepBy(lab, -1)
    },
  },
  {
    keys: ['r', 'Home'],
    shown: 'R or Home',
    does: 'again from step 0',
    act: (lab) => {
      lab.playback.restart()
    },
  },
  {
    keys: ['s'],
    shown: 'S',
    does: 'to the stop',
    act: (lab) => {
      const { criterion } = lab.scene.getState().scene.stopping
      const { stops, run } = lab.run.getState()
      const step = stops.find((stop) => stop.criterion === criterion)?.step ?? null
      if (step !== null && run !== null && step <= run.scene.dynamics.steps)
        lab.playback.scrub(step)
    },
  },
  {
    keys: ['n'],
    shown: 'N',
    does: 'next experiment',
    act: (lab) => {
      goTo(lab, 1)
    },
  },
  {
    keys: ['p'],
    shown: 'P',
    does: 'previous experiment',
    act: (lab) => {
      goTo(lab, -1)
    },
  },
  {
    keys: ['?'],
    shown: '?',
    does: 'this page of help',
    act: (lab) => {
      lab.tool.setState({ showsHelp: true })
    },
  },
]

/** What takes keys itself; buttons take the space bar alone. */
const TAKES_KEYS = 'input, select, textarea, summary, a, [contenteditable], dialog, [role="dialog"]'

/** Listens to the keys of the page. @returns what ends it */
export function attachKeys(page: EventTarget, lab: Lab): () => void {
  const listen = (event: Event) => {
    const { key, ctrlKey, metaKey, altKey, target, defaultPrevented } = event as KeyboardEvent
    if (defaultPrevented || ctrlKey || metaKey || altKey || !lab.tool.getState().takesKeys) return
    const at = target as Partial<Element> | null
    if (typeof at?.closest === 'function') {
      if (at.closest(TAKES_KEYS) !== null) return
      if (key === ' ' && at.closest('button') !== null) return
      // A window over the page has the keys to itself.
      if ((at.ownerDocument?.querySelector('dialog[open]') ?? null) !== null) return
    }
    const named = key.length === 1 ? key.toLowerCase() : key
    const found = SHORTCUTS.find(({ keys }) => keys.includes(named))
    if (found === undefined) return
    event.preventDefault()
    found.act(lab)
  }
  page.addEventListener('keydown', listen)
  return () => {
    page.removeEventListener('keydown', listen)
  }
}
