/**
 * The request is at fault, not the lab: a scene that cannot be run, a file that is missing or broken.
 * The message says what was found and what is allowed.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  /** Dotted path of the scene field to blame, e.g. `energy.terms[1].energy`; null where none is. */
  readonly field: string | null
  /** The half-width up to which an energy is defined, where the scene's box is larger; else null. */
  readonly reach: number | null

  constructor(message: string, field: string | null = null, reach: number | null = null) {
    super(message)
    this.field = field
    this.reach = reach
  }
}

/** The work was given up because its caller no longer wants it, or because another run or training has replaced its own. */
export class Aborted extends Error {
  override readonly name = 'AbortError'

  constructor(message = 'Given up: no longer wanted.') {
    super(message)
  }
}

/** Throws `Aborted` if the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Aborted()
}
