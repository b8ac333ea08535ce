import { readFile } from 'node:fs/promises'

/** The SIMD kernel of the networks as Node reads it. @throws Error when it has not been compiled */
export async function readKernelModule(): Promise<WebAssembly.Module> {
  return readModule('../../learning/kernels/simd/energy.wasm')
}

/** That of the samplers. @throws Error when it has not been compiled */
export async function readSamplerModule(): Promise<WebAssembly.Module> {
  return readModule('../../core/samplers/simd/sampler.wasm')
}

async function readModule(file: string): Promise<WebAssembly.Module> {
  let bytes: Uint8Array<ArrayBuffer>
  try {
    bytes = await readFile(new URL(file, import.meta.url))
  } catch {
    throw new Error(`${file.slice(file.lastIndexOf('/') + 1)} is missing: npm run build:kernels`)
  }
  return WebAssembly.compile(bytes)
}
