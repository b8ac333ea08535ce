/** Longest time for the further steps of a block, during which the worker answers no message, seconds. */
const SECONDS = 0.03
/** Most steps of a block. */
const MOST = 64

/**
 * Chooses how many steps to request from a device at once. The wait for an answer does not shorten the blocks: a
 * browser that looks for answers every 100 ms takes as long for one step as for twenty.
 */
export class BlockLength {
  /** Steps of the next block. */
  steps = 1
  /** Duration of the shortest block so far, about the wait and one step, seconds. */
  private shortest = Infinity
  /** Measured time of each further step, seconds. */
  private perStep = 0

  /** Records the duration of a block. */
  note(steps: number, seconds: number): void {
    this.shortest = Math.min(this.shortest, seconds)
    this.perStep =
      steps > 1 ? (seconds - this.shortest) / (steps - 1) : Math.min(this.perStep, seconds)
    // The first block also compiles its programs. The length that follows is short, but may double at every block.
    this.steps = Math.min(2 * steps, 1 + Math.floor(SECONDS / this.perStep), MOST)
  }
}
