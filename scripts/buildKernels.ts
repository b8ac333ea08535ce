/**
 * `npm run build:kernels`: compiles src/learning/kernels/simd/assembly to energy.wasm beside it, where
 * the sources or the compiler have changed since. Vite does the same before it serves, builds or tests.
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
const SIMD = path.join(ROOT, 'src/learning/kernels/simd')
const SOURCES = path.join(SIMD, 'assembly')
const COMPILER = createRequire(import.meta.url).resolve('assemblyscript/package.json')
export const ENERGY_WASM = path.join(SIMD, 'energy.wasm')

/** No runtime, no threads, no relaxed arithmetic: the same bits everywhere. Memory comes from the host. */
const OPTIONS = [
  ...['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort='],
  ...['--enable', 'simd', '--importMemory', '--memoryBase', '0'],
]

const run = promisify(execFile)

/** What the module depends on, as a digest of 64 characters. */
function digest(): string {
  const { version } = JSON.parse(readFileSync(COMPILER, 'utf8')) as { version: string }
  const hash = createHash('sha256').update(JSON.stringify([version, OPTIONS]))
  for (const name of readdirSync(SOURCES).sort())
    hash.update(`\0${name}\0`).update(readFileSync(path.join(SOURCES, name)))
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
  const sources = digest()
  if (existsSync(ENERGY_WASM)) {
    const built = readFileSync(ENERGY_WASM)
    if (built.subarray(-sources.length).toString() === sources) return 'up to date'
  }
  // Written aside and moved: others may build, or read, at the same time.
  const draft = `${ENERGY_WASM}.${process.pid}`
  try {
    // As a program of its own: its types would be added to the library's in every file of ours.
    const compiler = path.join(path.dirname(COMPILER), 'bin/asc.js')
    const entry = path.relative(ROOT, path.join(SOURCES, 'energy.ts'))
    const outFile = path.relative(ROOT, draft)
    await run(process.execPath, [compiler, entry, '--outFile', outFile, ...OPTIONS], { cwd: ROOT })
    writeFileSync(draft, withDigest(readFileSync(draft), sources))
    renameSync(draft, ENERGY_WASM)
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
        if (!file.startsWith(SOURCES)) return
        buildKernels().catch((error: unknown) => {
          server.config.logger.error(error instanceof Error ? error.message : String(error))
        })
      })
    },
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  console.log(`kernels: ${await buildKernels()}`)
