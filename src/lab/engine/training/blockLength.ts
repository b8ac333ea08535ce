/** The time that the steps of a block may take beyond the wait for it, during which no message is answered, seconds. */
const SECONDS = 0.03
/** Most steps of a block. */
const MOST = 64

/**
 * How many steps to ask of a device at once. What it takes to hear from one at all is no reason for shorter blocks: a
 * browser that looks for answers every 100 ms takes as long over one step as over twenty.
 */
export class BlockLength {
  /** Of the next block. */
  steps = 1
  /** The shortest block so far: the wait, and a step. */
  private shortest = Infinity
  /** What each step more has been seen to take. */
  private perStep = 0

  /** Takes note of a block that was made. */
  note(steps: number, seconds: number): void {
    this.shortest = Math.min(this.shortest, seconds)
    this.perStep =
      steps > 1 ? (seconds - this.shortest) / (steps - 1) : Math.min(this.perStep, seconds)
    // The first block of a kind compiles what it runs: from a short one the length recovers quickly.
    this.steps = Math.min(2 * steps, 1 + Math.floor(SECONDS / this.perStep), MOST)
  }
}
