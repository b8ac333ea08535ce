import { setStepKernel } from '../../core/fields/stepKernel.ts'
import { createStepKernel } from '../../core/samplers/simd/stepKernel.ts'
import type { Environment } from './environment.ts'

/**
 * Has the samplers of this thread use SIMD from the moment on that it is there. Where it cannot be had they go on as
 * they are, more slowly and to the same bits.
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
