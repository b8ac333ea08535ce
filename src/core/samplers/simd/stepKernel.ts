import type { EnergyGrid } from '../../fields/energyField.ts'
import type { StepKernel } from '../../fields/stepKernel.ts'
import type { Transition } from '../../fields/transition.ts'
import { createSums, WASM_PAGE } from './sums.ts'

/** Exports of assembly/sampler.ts. Addresses are in bytes. */
interface Exports {
  readonly POINTS: WebAssembly.Global<'i32'>
  readonly CENTRES: WebAssembly.Global<'i32'>
  readonly GOALS: WebAssembly.Global<'i32'>
  readonly EXPANSIONS: WebAssembly.Global<'i32'>
  readonly JETS: WebAssembly.Global<'i32'>
  readonly TABLE: WebAssembly.Global<'i32'>
  readonly INJECTIVE: WebAssembly.Global<'i32'>
  readonly INSIDE: WebAssembly.Global<'i32'>
  readonly FINITE: WebAssembly.Global<'i32'>
  drift(n: number, halfWidth: number, cells: number, ...drift: Transition['drift']): void
  scatter(
    n: number,
    halfWidth: number,
    ...rest: [
      ...root: Transition['root'],
      ...key: [seed: number, purpose: number, step: number, index: number],
    ]
  ): number
  flow(
    n: number,
    halfWidth: number,
    cells: number,
    ...rest: [...drift: Transition['drift'], ...injectivity: Transition['injectivity']]
  ): number
  values(n: number, halfWidth: number, cells: number): void
  jets(n: number, halfWidth: number, cells: number): void
}

/**
 * The loops of steps and measurements in WebAssembly SIMD, float64, on the calling thread. Its memory holds one table at a time,
 * that of the last grid; the caller must not change a grid that it has passed.
 * @param module sampler.wasm, compiled
 * @throws WebAssembly's errors where the engine lacks SIMD
 */
export function createStepKernel(module: WebAssembly.Module): StepKernel {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const compiled = new WebAssembly.Instance(module, { env: { memory } })
    .exports as unknown as Exports
  const table = compiled.TABLE.value
  const INJECTIVE = compiled.INJECTIVE.value
  const INSIDE = compiled.INSIDE.value
  const FINITE = compiled.FINITE.value
  let loaded: EnergyGrid | null = null
  // One view of the whole memory, since growing the memory detaches its views.
  let numbers = new Float64Array(memory.buffer)
  const at = (address: WebAssembly.Global<'i32'>) => address.value / 8
  const points = at(compiled.POINTS)
  const centres = at(compiled.CENTRES)
  const goals = at(compiled.GOALS)
  const expansions = at(compiled.EXPANSIONS)
  const jets = at(compiled.JETS)

  const load = (grid: EnergyGrid): void => {
    if (grid === loaded) return
    const { v, vx, vy, vxy } = grid
    const missing = table + 32 * v.length - memory.buffer.byteLength
    if (missing > 0) {
      memory.grow(Math.ceil(missing / WASM_PAGE))
      numbers = new Float64Array(memory.buffer)
    }
    for (let i = 0, k = table / 8; i < v.length; i++, k += 4) {
      numbers[k] = v[i]!
      numbers[k + 1] = vy[i]!
      numbers[k + 2] = vx[i]!
      numbers[k + 3] = vxy[i]!
    }
    loaded = grid
  }
  /** Copies points `first` to `first + n` of `xy` to index `to` of `numbers` and repeats the last up to a multiple of 4. */
  const give = (to: number, xy: Float64Array, first: number, n: number): void => {
    numbers.set(xy.subarray(2 * first, 2 * (first + n)), to)
    for (let i = n; (i & 3) !== 0; i++) {
      numbers[to + 2 * i] = numbers[to + 2 * n - 2]!
      numbers[to + 2 * i + 1] = numbers[to + 2 * n - 1]!
    }
  }
  const take = (from: number, length: number, out: Float64Array, start: number): void => {
    out.set(numbers.subarray(from, from + length), start)
  }

  return {
    centres(grid, { drift }, xy, first, n, out) {
      load(grid)
      give(points, xy, first, n)
      compiled.drift(n, grid.box.halfWidth, grid.box.cells, ...drift)
      take(centres, 2 * n, out, 2 * first)
    },

    scatter({ root }, w, c, start, n, { seed, purpose }, step, first, out) {
      give(centres, c, start, n)
      const inside = compiled.scatter(n, w, ...root, seed, purpose, step, first)
      take(goals, 2 * n, out, 0)
      return inside !== 0
    },

    expand(grid, { drift, injectivity }, xy, first, n, out, logs) {
      load(grid)
      give(points, xy, first, n)
      const { halfWidth, cells } = grid.box
      const known = compiled.flow(n, halfWidth, cells, ...drift, ...injectivity)
      if ((known & FINITE) === 0) return null
      take(centres, 2 * n, out, 2 * first)
      take(expansions, n, logs, 0)
      return { injective: (known & INJECTIVE) !== 0, inside: (known & INSIDE) !== 0 }
    },

    values(grid, xy, first, n, out) {
      load(grid)
      give(points, xy, first, n)
      compiled.values(n, grid.box.halfWidth, grid.box.cells)
      take(expansions, n, out, 0)
    },

    derivatives(grid, xy, first, n, out) {
      load(grid)
      give(points, xy, first, n)
      compiled.jets(n, grid.box.halfWidth, grid.box.cells)
      take(jets, 6 * n, out, 0)
    },

    ...createSums(module),
  }
}
