import type { EnergyKernel, NetworkShape } from '../kernel.ts'
import { NetworkOnDevice, updateGroups, type DevicePatience } from './device.ts'
import { unpad } from './layout.ts'
import { TUPLE, partialLength, tupleWords } from './source.ts'
import { trainBlockOn } from './trainBlock.ts'

/**
 * The two primitives in WGSL, each one fused program (and one that sums up the θ-gradient), and blocks of training,
 * on a device that the caller keeps. Float32; agrees with the float64 reference to about 1e-5 of the largest entry.
 * Rejects where the device refuses a program or is lost.
 * @param software whether the adapter is a software one; default: as the device says
 * @param patience how long to wait for the device; null: without limit
 */
export function createWgslKernel(
  device: GPUDevice,
  shape: NetworkShape,
  software?: boolean,
  patience: DevicePatience | null = null,
): EnergyKernel {
  const network = new NetworkOnDevice(device, shape, software, patience)
  const { layout } = network
  const stride = partialLength(layout)

  return {
    shape,

    async evaluate(theta, xy, value, gradient) {
      const n = value.length
      if (n === 0) return
      const program = gradient === null ? 'evaluateValue' : 'evaluate'
      const compiled = await network.program(program)
      network.writeState(theta)
      network.reserve('tuples', 2 * n)
      network.write('tuples', xy)
      network.reserve('result', 3 * n)
      const groups = network.groupsFor(n, program)
      const found = await network.run(
        [{ program, groups, compiled, settings: { points: n, groups } }],
        [{ name: 'result', floats: gradient === null ? n : 3 * n }],
      )
      value.set(found.subarray(0, n))
      gradient?.set(found.subarray(n))
    },

    async accumulate(theta, tuples, out) {
      const parts = network.parts(tuples)
      const [summing, ...compiled] = await Promise.all([
        network.program('sum'),
        ...parts.map(({ program }) => network.program(program)),
      ])
      network.writeState(theta)
      network.reserve('tuples', TUPLE * tuples.c.length)
      network.write('tuples', tupleWords(tuples))
      network.reserve('result', stride)
      const shares = parts.reduce((sum, { settings }) => sum + settings.groups, 0)
      const found = await network.run(
        [
          ...parts.map(({ program, settings }, i) => ({
            ...{ program, settings, groups: settings.groups, compiled: compiled[i]! },
          })),
          {
            program: 'sum',
            groups: updateGroups(layout),
            compiled: summing,
            settings: { groups: shares },
          },
        ],
        [{ name: 'result', floats: layout.length + 1 }],
      )
      unpad(layout, found, out)
      return found[layout.length]!
    },

    trainBlock: trainBlockOn(network),
    liveTensors: () => network.held,
    dispose: () => network.dispose(),
  }
}
