/**
 * A clock that goes on where the one under it is set back, by whatever stretch was set back: durations taken by it are
 * never negative.
 */
export function steadyClock(read: () => number): () => number {
  let last = -Infinity
  let setBack = 0
  return () => {
    const now = read()
    if (now < last) setBack += last - now
    last = now
    return now + setBack
  }
}
