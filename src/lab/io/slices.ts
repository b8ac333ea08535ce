/** Work that yields, without a value, between pieces of a few milliseconds. */
export type Pieces<T> = Generator<undefined, T>

/** Runs all pieces of some work at once and returns its result. */
export function atOnce<T>(work: Pieces<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}
