import { setStepKernel } from '../../core/fields/stepKernel.ts'
import { createStepKernel } from '../../core/samplers/simd/stepKernel.ts'
import type { Environment } from './environment.ts'

/**
 * Switches the samplers of this thread to SIMD once sampler.wasm has compiled. Where that fails they go on in plain
 * code, more slowly and with the same bits.
 */
export async function openStepKernel({
  samplerModule,
}: Pick<Environment, 'samplerModule'>): Promise<void> {
  try {
    setStepKernel(createStepKernel(await samplerModule()))
  } catch {
    setStepKernel(null)
  }
}
