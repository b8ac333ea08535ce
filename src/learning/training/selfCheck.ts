import { Purpose, Rng } from '../../core/maths/rng.ts'
import type { BackendName } from '../ids.ts'
import { BackendFault } from '../kernels/deadline.ts'
import { parameterLayout } from '../kernels/kernel.ts'
import type { EnergyKernel, NetworkShape, Tuples } from '../kernels/kernel.ts'
import { referenceKernel } from '../kernels/reference.ts'
import { relativeError } from './kernelCheck.ts'

/**
 * Largest error a backend may show against the float64 reference, relative to the largest entry of the
 * same array. Float32 sums agree to about 1e-5, with the room that WGSL leaves its functions (its own sin and
 * cos, which the tensor library uses, have an absolute error of 2⁻¹¹); a derivative with a missing term is
 * wrong by a tenth or more.
 */
const TOLERANCE: Readonly<Record<BackendName, number>> = {
  ...{ cpu: 1e-4, wasm: 1e-4, webgpu: 1e-3 },
  ...{ 'tfjs-cpu': 1e-4, 'tfjs-webgpu': 5e-3 },
}

const SHAPE: NetworkShape = { widths: [16, 12, 8], activations: ['sin', 'silu', 'tanh'] }
const POINTS = 33

/**
 * Runs both primitives on a small random network with every activation and compares values and gradients with
 * the reference.
 * @returns null when all agree, else the disagreement
 */
export async function checkGradients(
  name: BackendName,
  kernelFor: (shape: NetworkShape) => EnergyKernel,
): Promise<BackendFault | null> {
  const rng = new Rng({ seed: 1, purpose: Purpose.probe })
  const draw = (length: number, scale: number) =>
    Float32Array.from({ length }, () => scale * rng.normal())
  const { length } = parameterLayout(SHAPE)
  const theta = draw(length, 0.5)
  const xy = draw(2 * POINTS, 1.5)
  const c = draw(POINTS, 1)
  const w = draw(POINTS, 1)
  const u = draw(2 * POINTS, 1)
  const cases: { what: string; tuples: Tuples }[] = [
    { what: 'θ-gradient of V', tuples: { xy, c, w: null, u: null } },
    { what: 'θ-gradient of |∇V + u|²', tuples: { xy, c, w, u } },
  ]
  const kernel = kernelFor(SHAPE)
  try {
    const reference = referenceKernel(SHAPE)
    const run = async (k: EnergyKernel) => {
      const value = new Float32Array(POINTS)
      const gradient = new Float32Array(2 * POINTS)
      await k.evaluate(theta, xy, value, gradient)
      const results = [
        { what: 'V', values: value },
        { what: '∇V', values: gradient },
      ]
      for (const { what, tuples } of cases) {
        const out = new Float32Array(length)
        const loss = await k.accumulate(theta, tuples, out)
        results.push(
          { what, values: out },
          { what: `loss beside the ${what}`, values: Float32Array.of(loss) },
        )
      }
      return results
    }
    const expected = await run(reference)
    const found = await run(kernel)
    for (const [i, { what, values }] of found.entries()) {
      const error = relativeError(values, expected[i]!.values)
      if (!(error <= TOLERANCE[name])) {
        return new BackendFault(
          `gradient self-check failed: ${what} is off by ${percent(error)} (allowed ${percent(TOLERANCE[name])})`,
        )
      }
    }
    return null
  } catch (error) {
    if (error instanceof BackendFault) return error
    const details = error instanceof Error ? error.message : String(error)
    return new BackendFault('its gradient self-check failed', details)
  } finally {
    kernel.dispose()
  }
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toPrecision(2)} %` : 'more than any number'
}
