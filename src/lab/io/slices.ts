/** Work in pieces of a few milliseconds: what it yields between them is nothing. */
export type Pieces<T> = Generator<undefined, T>

/** All pieces at once. */
export function atOnce<T>(work: Pieces<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}
