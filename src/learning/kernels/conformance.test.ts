import { activateCpu, tapedKernel, tfKernel } from '../training/tensorLibrary.ts'
import { activateTensorWasm } from '../training/tensorWasm.testing.ts'
import { describeConformance } from './conformance.testing.ts'
import { readKernelModule } from './simd/module.testing.ts'
import { createSimdKernel } from './simd/simdKernel.ts'

describeConformance('WebAssembly SIMD', async () => {
  const module = await readKernelModule()
  return (shape) => createSimdKernel(module, shape)
})

describeConformance('tensor operations on cpu', async () => {
  await activateCpu()
  return (shape) => tfKernel('cpu', shape)
})

describeConformance('the tape of the tensor library on cpu', async () => {
  await activateCpu()
  return (shape) => tapedKernel('cpu', shape)
})

describeConformance('tensor operations on wasm', async () => {
  await activateTensorWasm()
  return (shape) => tfKernel('wasm', shape)
})
