import type { EnergyKernel, NetworkShape, Tuples } from '../kernel.ts'
import { NetworkOnDevice, updateGroups } from './device.ts'
import { unpad } from './layout.ts'
import { TUPLE, partialLength } from './source.ts'

/**
 * The two primitives in WGSL, each one fused program (and one that sums up the θ-gradient), on a device
 * that is handed in and stays its owner's. Float32; agrees with the float64 reference to about 1e-5 of
 * the largest entry. Rejects where the device refuses a program or is lost.
 * @param software whether the adapter is a software one; the device is asked where this is left out
 */
export function createWgslKernel(
  device: GPUDevice,
  shape: NetworkShape,
  software?: boolean,
): EnergyKernel {
  const network = new NetworkOnDevice(device, shape, software)
  const { layout } = network
  const stride = partialLength(layout)

  return {
    shape,

    async evaluate(theta, xy, value, gradient) {
      const n = value.length
      if (n === 0) return
      const compiled = await network.program('evaluate')
      network.writeState(theta)
      network.reserve('tuples', 2 * n)
      network.write('tuples', xy)
      network.reserve('result', 3 * n)
      const groups = network.groupsFor(n, 'evaluate')
      const found = await network.run(
        [{ program: 'evaluate', groups, compiled, settings: { points: n, groups } }],
        [{ name: 'result', floats: 3 * n }],
      )
      value.set(found.subarray(0, n))
      gradient.set(found.subarray(n))
    },

    async accumulate(theta, tuples, out) {
      const n = tuples.c.length
      const program = tuples.w === null ? 'values' : 'gradients'
      const [compiled, summing] = await Promise.all([
        network.program(program),
        network.program('sum'),
      ])
      network.writeState(theta)
      network.reserve('tuples', TUPLE * n)
      network.write('tuples', tupleWords(tuples))
      network.reserve('result', stride)
      const groups = network.groupsFor(n, program)
      const settings = { points: n, groups }
      const found = await network.run(
        [
          { program, groups, compiled, settings },
          { program: 'sum', groups: updateGroups(layout), compiled: summing, settings },
        ],
        [{ name: 'result', floats: layout.length + 1 }],
      )
      unpad(layout, found, out)
      return found[layout.length]!
    },

    liveTensors: () => network.held,
    dispose: () => network.dispose(),
  }
}

/** Tuples as the device reads them, eight floats a point. */
export function tupleWords(tuples: Tuples): Float32Array {
  const { xy, c, w, u } = tuples
  const words = new Float32Array(TUPLE * c.length)
  for (let i = 0; i < c.length; i++) {
    const at = TUPLE * i
    words[at] = xy[2 * i]!
    words[at + 1] = xy[2 * i + 1]!
    words[at + 2] = c[i]!
    if (w === null || u === null) continue
    words[at + 3] = w[i]!
    words[at + 4] = u[2 * i]!
    words[at + 5] = u[2 * i + 1]!
  }
  return words
}
