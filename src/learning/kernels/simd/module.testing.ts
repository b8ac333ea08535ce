import { readFile } from 'node:fs/promises'

/** energy.wasm, as it was compiled before the tests ran. */
export async function readKernelModule(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(new URL('energy.wasm', import.meta.url)))
}
