import { Purpose } from '../../../core/maths/rng.ts'
import type { Confinement } from '../block.ts'
import type { NetworkShape } from '../kernel.ts'
import { NetworkOnDevice } from './device.ts'

/** Steps of one dispatch: few, so that no dispatch over many particles runs into the time limit of a GPU driver. */
const STEPS_AT_ONCE = 8
/** Steps of one submission. */
const STEPS_SUBMITTED = 64

export interface WgslLangevinOptions {
  readonly shape: NetworkShape
  readonly theta: Float32Array
  readonly confinement: Confinement
  /** Positions at the start, length 2n, inside Ω. */
  readonly xy: Float32Array
  readonly eta: number
  /** ε > 0, or 0 for the gradient flow. */
  readonly epsilon: number
  readonly seed: number
  /** Whether the adapter is a software one; default: as the device says. */
  readonly software?: boolean
}

/** Particles that move on a device; only `read` copies them to the host. */
export interface WgslLangevin {
  /** Steps made. */
  readonly step: number
  /** Submits steps and resolves after that; reads nothing back. */
  advance(steps: number): Promise<void>
  /** Positions after all steps submitted so far, length 2n. */
  read(): Promise<Float32Array>
  dispose(): void
}

/**
 * Unadjusted Langevin on the network itself, x ← fold(x − η∇V + √(2ηε)ξ), reflected at the walls, V with its
 * confinement: the chain of core/samplers/langevin.ts with P = I, on the exact energy instead of its table. The
 * noise of particle i at step k is that of `gaussianPair` with the seed, the purpose `dynamics`, i and k, to
 * float32 accuracy, so that trajectories agree with those of other backends until rounding errors have grown.
 */
export function createWgslLangevin(device: GPUDevice, options: WgslLangevinOptions): WgslLangevin {
  const { shape, theta, confinement, xy, eta, epsilon, seed, software } = options
  const network = new NetworkOnDevice(device, shape, software)
  const count = xy.length / 2
  network.writeState(theta)
  network.reserve('tuples', xy.length)
  network.write('tuples', xy)
  let step = 0
  // The last queued call; overlapping calls run one after another.
  let tail: Promise<unknown> = Promise.resolve()
  const after = <T>(work: () => Promise<T>): Promise<T> => {
    const done = tail.then(work)
    tail = done.catch(() => undefined)
    return done
  }

  const submit = async (steps: number): Promise<void> => {
    const compiled = await network.program('langevin')
    const groups = network.groupsFor(count, 'langevin')
    for (let left = steps; left > 0;) {
      const dispatches = []
      for (let made = 0; left > 0 && made < STEPS_SUBMITTED; made += STEPS_AT_ONCE) {
        const moves = Math.min(STEPS_AT_ONCE, left)
        const settings = {
          groups,
          count,
          confine: 1,
          ...confinement,
          seed: seed >>> 0,
          purpose: Purpose.dynamics,
          eta,
          epsilon,
          hot: count,
          total: 1,
          begin: step,
          moves,
          pitch: 2,
        }
        dispatches.push({ program: 'langevin' as const, groups, compiled, settings })
        step += moves
        left -= moves
      }
      await network.run(dispatches, [])
    }
  }

  return {
    get step() {
      return step
    },
    advance: (steps) => after(() => submit(steps)),
    read: () => after(() => network.run([], [{ name: 'tuples', floats: xy.length }])),
    dispose: () => network.dispose(),
  }
}
