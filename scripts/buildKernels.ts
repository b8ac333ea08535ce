/**
 * `npm run build:kernels`: compiles src/learning/kernels/simd/assembly to energy.wasm beside it, and
 * src/core/samplers/simd/assembly to sampler.wasm, where the sources or the compiler have changed since. Vite does the
 * same before it serves, builds or tests.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Plugin } from 'vite'

const ROOT = path.resolve(import.meta.dirname, '..')
const COMPILER = createRequire(import.meta.url).resolve('assemblyscript/package.json')

/** A module, and the folder of its sources, which hold its entry: energy.ts for energy.wasm. */
interface Kernel {
  readonly wasm: string
  readonly sources: string
}

const kernelIn = (folder: string, name: string): Kernel => ({
  wasm: path.join(ROOT, folder, `${name}.wasm`),
  sources: path.join(ROOT, folder, 'assembly'),
})
const ENERGY = kernelIn('src/learning/kernels/simd', 'energy')
const KERNELS = [ENERGY, kernelIn('src/core/samplers/simd', 'sampler')]
export const ENERGY_WASM = ENERGY.wasm

/** No runtime, no threads, no relaxed arithmetic: the same bits everywhere. Memory comes from the host. */
const OPTIONS = [
  ...['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort='],
  ...['--enable', 'simd', '--importMemory', '--memoryBase', '0'],
]

const run = promisify(execFile)

/** What a module depends on, as a digest of 64 characters. */
function digest({ sources }: Kernel): string {
  const { version } = JSON.parse(readFileSync(COMPILER, 'utf8')) as { version: string }
  const hash = createHash('sha256').update(JSON.stringify([version, OPTIONS]))
  for (const name of readdirSync(sources).sort())
    hash.update(`\0${name}\0`).update(readFileSync(path.join(sources, name)))
  return hash.digest('hex')
}

/** A custom section at the end of the module, ignored by every engine, holds the digest of its sources. */
function withDigest(module: Uint8Array, sources: string): Uint8Array {
  const name = Buffer.from('sources')
  const content = Buffer.from(sources)
  const size = 1 + name.length + content.length
  if (size > 127) throw new RangeError('the section is longer than one byte of LEB128 can say')
  return Buffer.concat([module, Uint8Array.of(0, size, name.length), name, content])
}

/** Compiles what is out of date. @throws Error with the compiler's messages */
export async function buildKernels(): Promise<'built' | 'up to date'> {
  const states = await Promise.all(KERNELS.map(buildKernel))
  return states.includes('built') ? 'built' : 'up to date'
}

async function buildKernel(kernel: Kernel): Promise<'built' | 'up to date'> {
  const { wasm } = kernel
  const sources = digest(kernel)
  if (existsSync(wasm)) {
    const built = readFileSync(wasm)
    if (built.subarray(-sources.length).toString() === sources) return 'up to date'
  }
  // Written aside and moved: others may build, or read, at the same time.
  const draft = `${wasm}.${process.pid}`
  try {
    // As a program of its own: its types would be added to the library's in every file of ours.
    const compiler = path.join(path.dirname(COMPILER), 'bin/asc.js')
    const entry = path.join(kernel.sources, `${path.basename(wasm, '.wasm')}.ts`)
    const [from, to] = [entry, draft].map((file) => path.relative(ROOT, file))
    await run(process.execPath, [compiler, from!, '--outFile', to!, ...OPTIONS], { cwd: ROOT })
    writeFileSync(draft, withDigest(readFileSync(draft), sources))
    renameSync(draft, wasm)
  } finally {
    rmSync(draft, { force: true })
  }
  return 'built'
}

/** Builds before Vite serves, bundles or tests, and again when a source changes while it serves. */
export function kernels(): Plugin {
  return {
    name: 'kernels',
    async buildStart() {
      await buildKernels()
    },
    configureServer(server) {
      server.watcher.on('change', (file) => {
        if (!KERNELS.some(({ sources }) => file.startsWith(sources))) return
        buildKernels().catch((error: unknown) => {
          server.config.logger.error(error instanceof Error ? error.message : String(error))
        })
      })
    },
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  console.log(`kernels: ${await buildKernels()}`)
