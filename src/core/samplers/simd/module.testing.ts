import { readFile } from 'node:fs/promises'

/** sampler.wasm, as it was compiled before the tests ran. */
export async function readSamplerModule(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(new URL('sampler.wasm', import.meta.url)))
}
