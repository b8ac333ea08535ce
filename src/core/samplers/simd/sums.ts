import { BLOCK } from '../../fields/transition.ts'
import type { Band, Fold, StepKernel } from '../../fields/stepKernel.ts'

/** Exports of assembly/sampler.ts for sums over grids. Addresses are in bytes. */
interface Exports {
  readonly POINTS: WebAssembly.Global<'i32'>
  readonly TABLE: WebAssembly.Global<'i32'>
  deposit(n: number, halfWidth: number, cells: number, splines: number, pitch: number): number
  combine(
    cells: number,
    nodes: number,
    matrix: number,
    from: number,
    lines: number,
    pitch: number,
    out: number,
    stride: number,
  ): void
  transpose(
    rows: number,
    columns: number,
    lines: number,
    pitch: number,
    out: number,
    outPitch: number,
  ): void
  entropies(
    n: number,
    groups: number,
    grids: number,
    pitch: number,
    reference: number,
    sums: number,
  ): number
}

/** Bytes of a WebAssembly page, by which a memory grows. */
export const WASM_PAGE = 65536
/** Nodes beyond the cells of an axis, as in core/analysis/estimators/splineKernel.ts. */
const BEYOND = 6

const padded = (n: number) => (n + 7) & ~7

/** Addresses of the arrays of a fold, in bytes, and the lengths of their lines. */
interface Places {
  readonly x: number
  readonly xFrom: number
  readonly y: number
  readonly yFrom: number
  readonly splines: number
  readonly along: number
  readonly half: number
  readonly out: number
  readonly end: number
  readonly nodePitch: number
  readonly cellPitch: number
}

function placesFor(cells: number, base: number): Places {
  const nodes = cells + BEYOND
  const nodePitch = padded(nodes)
  const cellPitch = padded(cells)
  let end = base
  const place = (numbers: number) => {
    const at = end
    end += 8 * padded(numbers)
    return at
  }
  return {
    x: place(cells * nodes),
    xFrom: place(cells),
    y: place(cells * nodes),
    yFrom: place(cells),
    splines: place(nodes * nodePitch),
    along: place(cells * nodePitch),
    half: place(nodes * cellPitch),
    out: place(cells * cells + 8),
    end,
    nodePitch,
    cellPitch,
  }
}

/** The sums over grids, in an instance and a memory of their own, so that they never overwrite a table. */
export function createSums(module: WebAssembly.Module): Pick<StepKernel, 'gather' | 'entropies'> {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const compiled = new WebAssembly.Instance(module, { env: { memory } })
    .exports as unknown as Exports
  const base = compiled.TABLE.value
  const points = compiled.POINTS.value / 8
  // One view of the whole memory, since growing the memory detaches its views.
  let numbers = new Float64Array(memory.buffer)
  let loaded: Fold | null = null
  let places = placesFor(0, base)

  const reserve = (end: number): void => {
    const missing = end - memory.buffer.byteLength
    if (missing <= 0) return
    memory.grow(Math.ceil(missing / WASM_PAGE))
    numbers = new Float64Array(memory.buffer)
  }
  const giveBand = ({ matrix, from, to }: Band, at: number, fromAt: number): void => {
    numbers.set(matrix, at / 8)
    const ends = new Int32Array(memory.buffer, fromAt, 2 * from.length)
    ends.set(from)
    ends.set(to, from.length)
  }
  const load = (fold: Fold): void => {
    if (fold === loaded) return
    places = placesFor(fold.box.cells, base)
    reserve(places.end)
    giveBand(fold.x, places.x, places.xFrom)
    giveBand(fold.y, places.y, places.yFrom)
    loaded = fold
  }

  return {
    gather(fold, xy, start, stride, out) {
      load(fold)
      const { cells, halfWidth } = fold.box
      const nodes = cells + BEYOND
      const { splines, along, half, nodePitch, cellPitch } = places
      numbers.fill(0, splines / 8, splines / 8 + nodes * nodePitch)
      let outside = 0
      for (let k = 2 * start; k < xy.length;) {
        let n = 0
        for (let at = points; n < BLOCK && k < xy.length; n++, at += 2, k += 2 * stride) {
          numbers[at] = xy[k]!
          numbers[at + 1] = xy[k + 1]!
        }
        outside += compiled.deposit(n, halfWidth, cells, splines, nodePitch)
      }
      compiled.combine(cells, nodes, places.x, places.xFrom, splines, nodePitch, along, nodePitch)
      compiled.transpose(cells, nodes, along, nodePitch, half, cellPitch)
      compiled.combine(cells, nodes, places.y, places.yFrom, half, cellPitch, places.out, cells)
      out.set(numbers.subarray(places.out / 8, places.out / 8 + cells * cells))
      return outside
    },

    entropies(grids, logReference, first, n, sums) {
      const even = n + (n & 1)
      const reference = base + 8 * BLOCK * grids.length
      const to = reference + 8 * BLOCK
      reserve(to + 8 * sums.length)
      // The entropies overwrite the arrays of the fold.
      loaded = null
      const give = (values: Float64Array, at: number) => {
        numbers.set(values.subarray(first, first + n), at / 8)
        if (even > n) numbers[at / 8 + n] = 0
      }
      for (let g = 0; g < grids.length; g++) give(grids[g]!, base + 8 * BLOCK * g)
      give(logReference, reference)
      numbers.set(sums, to / 8)
      const usual = compiled.entropies(even, grids.length, base, BLOCK, reference, to)
      if (usual === 0) return false
      sums.set(numbers.subarray(to / 8, to / 8 + sums.length))
      return true
    },
  }
}
