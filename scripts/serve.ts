/**
 * `npm start`: builds the page when needed, serves it and opens a browser where there is a display.
 *
 * --port N     listen on N or fail (default: 4173, else the next free port)
 * --host NAME  listen there instead of on this machine's own address alone; 0.0.0.0 is every address it has
 * --no-build   serve dist/ as it is
 * --no-open    open no browser
 */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import path from 'node:path'
import { build } from 'vite'
import { readCommandLine } from './commandLine.ts'
import { compressed, ENCODINGS } from './compress.ts'
import { createPageServer } from './pageServer.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const DIST = path.join(ROOT, 'dist')
const DEFAULT_PORT = 4173
const PORTS_TRIED = 20
const COMPRESSIBLE = /\.(html|js|css|json|svg|wasm|csv|txt)$/

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
}

/** True when dist/ is missing or older than anything that it is made of. */
function buildIsStale(): boolean {
  const page = path.join(DIST, 'index.html')
  if (!existsSync(page)) return true
  const built = statSync(page).mtimeMs
  const sources = ['index.html', 'package-lock.json', 'vite.config.ts']
    .map((name) => path.join(ROOT, name))
    .concat(filesUnder(path.join(ROOT, 'src')), filesUnder(path.join(ROOT, 'public')))
  return sources.some((file) => existsSync(file) && statSync(file).mtimeMs > built)
}

function isNewer(file: string, than: string): boolean {
  return existsSync(file) && statSync(file).mtimeMs >= statSync(than).mtimeMs
}

/** Writes a twin in each encoding beside every file that shrinks by it, once per build. */
function compress(): void {
  const { gzip, brotli } = ENCODINGS
  for (const file of filesUnder(DIST)) {
    if (!COMPRESSIBLE.test(file) || isNewer(file + brotli, file)) continue
    const bytes = readFileSync(file)
    if (bytes.length <= 1024) continue
    const smaller = compressed(bytes)
    writeFileSync(file + gzip, smaller.gzip)
    writeFileSync(file + brotli, smaller.brotli)
  }
}

/** Resolves with false when the port is taken; every other failure ends the program with one line. */
function listen(server: Server, host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      server.off('listening', onListening)
      if (error.code === 'EADDRINUSE') {
        resolve(false)
        return
      }
      console.error(`Cannot listen on ${host}, port ${port}: ${error.code ?? error.message}`)
      process.exit(1)
    }
    const onListening = (): void => {
      server.off('error', onError)
      resolve(true)
    }
    server.once('error', onError)
    server.once('listening', onListening)
    server.listen(port, host)
  })
}

/** Opens the address in the default browser; a machine without one is no reason to fail. */
function openBrowser(address: string): void {
  const { platform, env } = process
  const command: readonly [string, ...string[]] | null =
    platform === 'darwin'
      ? ['open', address]
      : platform === 'win32'
        ? ['cmd', '/c', 'start', '', address]
        : env['DISPLAY'] || env['WAYLAND_DISPLAY']
          ? ['xdg-open', address]
          : null
  if (command === null || env['CI']) return
  const [program, ...parameters] = command
  const child = spawn(program, parameters, { stdio: 'ignore', detached: true })
  child.on('error', () => {
    console.log('No browser could be opened; the address above works in any.')
  })
  child.unref()
}

const { values: options } = readCommandLine(
  'npm start -- [--port N] [--host NAME] [--no-open] [--no-build]',
  {
    options: {
      port: { type: 'string' },
      host: { type: 'string', default: 'localhost' },
      'no-build': { type: 'boolean', default: false },
      'no-open': { type: 'boolean', default: false },
    },
  },
)

const fixedPort = options.port === undefined ? null : Number(options.port)
if (fixedPort !== null && !(Number.isInteger(fixedPort) && fixedPort > 0 && fixedPort < 65536)) {
  console.error(`--port: found "${options.port}", allowed is a whole number from 1 to 65535`)
  process.exit(2)
}

if (!options['no-build'] && buildIsStale()) {
  await build({ root: ROOT, logLevel: 'warn' })
}
if (!existsSync(path.join(DIST, 'index.html'))) {
  console.error('There is no build in dist/: run npm run build first.')
  process.exit(1)
}
compress()

const { host } = options
const server = createPageServer(DIST, host)
const firstPort = fixedPort ?? DEFAULT_PORT
const lastPort = fixedPort ?? DEFAULT_PORT + PORTS_TRIED - 1
let port = firstPort
while (!(await listen(server, host, port))) {
  if (port === lastPort) {
    console.error(
      firstPort === lastPort
        ? `Port ${port} is already in use.`
        : `Ports ${firstPort} to ${lastPort} are all in use; choose one with --port.`,
    )
    process.exit(1)
  }
  console.log(`Port ${port} is already in use; trying ${port + 1}.`)
  port += 1
}
const address = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
console.log(`Lyapunov Lab is at ${address} (Ctrl+C ends it)`)
if (!options['no-open']) openBrowser(address)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.closeAllConnections()
    server.close()
  })
}
