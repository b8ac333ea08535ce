import { hash4, Purpose } from '../../src/core/maths/rng.ts'

/** Numbers that depend on a seed, a stream and a case alone, so that any case is had again without those before it. */
export class Draws {
  private readonly words = new Uint32Array(4)
  private counter = 0

  private readonly seed: number
  private readonly index: number

  constructor(seed: number, index: number) {
    this.seed = seed
    this.index = index
  }

  /** In [0, 1). */
  unit(): number {
    const place = this.counter % 4
    if (place === 0) {
      hash4({ seed: this.seed, purpose: Purpose.probe }, this.index, this.counter / 4, this.words)
    }
    this.counter++
    return this.words[place]! / 2 ** 32
  }

  /** A whole number in [0, n). */
  below(n: number): number {
    return Math.floor(this.unit() * n)
  }

  chance(probability: number): boolean {
    return this.unit() < probability
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }
}
