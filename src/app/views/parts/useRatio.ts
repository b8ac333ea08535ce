import { useSyncExternalStore } from 'react'

/** Finer screens are painted at this many pixels. */
const FINEST = 3
/** How often the density is looked at, ms: not every browser tells of every change of it by an event. */
const LOOK_INTERVAL = 500

const listeners = new Set<() => void>()
let looking: ReturnType<typeof setInterval> | null = null
let seen = 0

function read(): number {
  return Math.min(FINEST, window.devicePixelRatio || 1)
}

function look(): void {
  if (read() === seen) return
  seen = read()
  for (const changed of listeners) changed()
}

function subscribe(changed: () => void): () => void {
  listeners.add(changed)
  if (looking === null) {
    seen = read()
    looking = setInterval(look, LOOK_INTERVAL)
    window.addEventListener('resize', look)
  }
  return () => {
    listeners.delete(changed)
    if (listeners.size > 0 || looking === null) return
    clearInterval(looking)
    window.removeEventListener('resize', look)
    looking = null
  }
}

/** Pixels of the screen to one of CSS, followed when the page is zoomed or moves to a screen of another density. */
export function useRatio(): number {
  return useSyncExternalStore(subscribe, read)
}
