import { readFile } from 'node:fs/promises'

/** The SIMD kernel as Node reads it. @throws Error when it has not been compiled */
export async function readKernelModule(): Promise<WebAssembly.Module> {
  let bytes: Uint8Array<ArrayBuffer>
  try {
    bytes = await readFile(new URL('../../learning/kernels/simd/energy.wasm', import.meta.url))
  } catch {
    throw new Error('energy.wasm is missing: npm run build:kernels')
  }
  return WebAssembly.compile(bytes)
}
