/** Points that are worked on in one piece, between two looks at waiting messages: a few milliseconds at most. */
export const PIECE = 16384

/** Does work that is cut in pieces in one go. */
export function finish<Result>(work: Generator<unknown, Result>): Result {
  for (;;) {
    const next = work.next()
    if (next.done === true) return next.value
  }
}
