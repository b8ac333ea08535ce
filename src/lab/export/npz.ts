import { nodeCoordinate } from '../../core/maths/grid.ts'
import type { Pieces } from '../io/slices.ts'
import type { Landscape } from '../protocol/calls.ts'
import type { About } from './about.ts'
import { zipOf } from './zip.ts'

/** An array of float64, row-major; shape [] for a number. */
interface NumberArray {
  readonly shape: readonly number[]
  readonly data: ArrayLike<number>
}

/**
 * An array as a .npy file of version 1.0: magic, length of the header, header as a Python literal that ends at a multiple of 64
 * bytes, values in little-endian order. A text is an array of no dimensions, in UTF-32.
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function npyOf(array: NumberArray | string): Uint8Array<ArrayBuffer> {
  if (typeof array === 'string') {
    const codes = Array.from(array, (character) => character.codePointAt(0)!)
    const { bytes, view, at } = npyFrame(`<U${String(codes.length)}`, [], 4 * codes.length)
    for (const [i, code] of codes.entries()) view.setUint32(at + 4 * i, code, true)
    return bytes
  }
  const { shape, data } = array
  const { bytes, view, at } = npyFrame('<f8', shape, 8 * data.length)
  for (let i = 0; i < data.length; i++) view.setFloat64(at + 8 * i, data[i]!, true)
  return bytes
}

function npyFrame(type: string, shape: readonly number[], size: number) {
  const sides = shape.length === 1 ? `${String(shape[0])},` : shape.join(', ')
  const bare = `{'descr': '${type}', 'fortran_order': False, 'shape': (${sides}), }`
  const at = Math.ceil((10 + bare.length + 1) / 64) * 64
  const header = `${bare.padEnd(at - 11)}\n`
  const bytes = new Uint8Array(at + size)
  const view = new DataView(bytes.buffer)
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0])
  view.setUint16(8, header.length, true)
  bytes.set(new TextEncoder().encode(header), 10)
  return { bytes, view, at }
}

/**
 * The table of the energy for NumPy. `x` and `y`, the nodes; `V`, `V_x`, `V_y`, `V_xy` with V[j, i] at (x[i], y[j]); `epsilon`;
 * `halfWidth` of the box; `log_Z` = log ∫ e^(−V/ε) over it, with keep-out regions that of the fenced measure, repulsion included; `scene`, `seed`, `version`, `link`.
 */
export function* gridFile(about: About, landscape: Landscape): Pieces<Uint8Array<ArrayBuffer>> {
  const { halfWidth, cells, v, vx, vy, vxy, epsilon, logZ } = landscape
  const side = cells + 1
  const nodes = Float64Array.from({ length: side }, (_, i) => nodeCoordinate(landscape, i))
  const files = new Map<string, Uint8Array>()
  const arrays = {
    ...{ x: nodes, y: nodes },
    ...{ V: v, V_x: vx, V_y: vy, V_xy: vxy },
    ...{ epsilon, halfWidth, log_Z: logZ, seed: about.seed },
  }
  for (const [name, data] of Object.entries(arrays)) {
    const array =
      typeof data === 'number'
        ? { shape: [], data: [data] }
        : { shape: data === nodes ? [side] : [side, side], data }
    files.set(`${name}.npy`, npyOf(array))
    yield undefined
  }
  const texts = { scene: about.name, version: about.version, link: about.link ?? '' }
  for (const [name, text] of Object.entries(texts)) files.set(`${name}.npy`, npyOf(text))
  return yield* zipOf(files, false)
}
