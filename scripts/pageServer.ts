import type { ReadStream } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isIP, isIPv4 } from 'node:net'
import { hostname } from 'node:os'
import path from 'node:path'
import sirv from 'sirv'
import { ENCODINGS } from './compress.ts'
import { SECURITY_HEADERS } from './csp.ts'

/** A client that takes nothing for so long has gone, and its file is closed; milliseconds. */
const STALLED = 60_000

/** Paths of the build: no part begins with a dot, nothing needs decoding. */
const PLAIN_PATH = /^\/(?:[\w~@$-][\w~@$.-]*(?:\/[\w~@$-][\w~@$.-]*)*)?$/u

const REASONS = {
  400: 'Bad request',
  404: 'Not found',
  405: 'Only GET and HEAD',
  421: 'This server answers to its own address only',
  500: 'The file could not be sent',
  503: 'Too many open files; try again',
} as const

/**
 * Whether a request is meant for this server. A name that somebody else's domain server resolves to this machine
 * (DNS rebinding) is not; addresses by number cannot be rebound.
 * @param host where it listens
 */
export function isOwnHost(asked: string | undefined, host: string): boolean {
  let name: string
  try {
    name = new URL(`http://${asked ?? ''}`).hostname.replace(/^\[|\]$/gu, '')
  } catch {
    return false
  }
  if (name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.')))
    return true
  const everywhere = host === '0.0.0.0' || host === '::'
  return everywhere
    ? isIP(name) > 0 || name === hostname().toLowerCase()
    : name === host.toLowerCase()
}

/** What a request for this file can be answered with now: links and what is no file are no part of the build. */
async function statusOf(folder: string, pathname: string): Promise<200 | 404 | 503> {
  try {
    const file = path.join(await realpath(folder), pathname === '/' ? 'index.html' : pathname)
    if (!(await stat(file)).isFile()) return 404
    for (const twin of ['', ...Object.values(ENCODINGS)]) {
      const real = await realpath(file + twin).catch(() => null)
      if (real !== null && real !== file + twin) return 404
    }
    // There is a descriptor for it.
    await (await open(file)).close()
    return 200
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'EMFILE' || code === 'ENFILE' ? 503 : 404
  }
}

/**
 * Serves a built page, its hidden files excepted. A folder that is built anew meanwhile is served as it is then.
 * @param host where it will listen; a request for another one is refused
 */
export function createPageServer(folder: string, host = 'localhost'): Server {
  const serveFile = sirv(folder, {
    // Else it keeps a list of the files, and serves what has gone.
    dev: true,
    etag: true,
    gzip: true,
    brotli: true,
    setHeaders(response, pathname) {
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
      const hashed = pathname.startsWith('/assets/')
      response.setHeader('Cache-Control', hashed ? 'max-age=31536000, immutable' : 'no-cache')
      if (pathname.endsWith('.safetensors')) {
        response.setHeader('Content-Type', 'application/octet-stream')
      }
    },
  })

  function refuse(
    response: ServerResponse,
    status: keyof typeof REASONS,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    response
      .writeHead(status, {
        ...SECURITY_HEADERS,
        'Content-Type': 'text/plain; charset=utf-8',
        ...headers,
      })
      .end(`${REASONS[status]}\n`)
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isOwnHost(request.headers.host, host)) return refuse(response, 421)
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(response, 405, { Allow: 'GET, HEAD' })
    const [pathname = ''] = (request.url ?? '').split('?')
    if (!PLAIN_PATH.test(pathname)) return refuse(response, pathname.startsWith('/') ? 404 : 400)
    const status = await statusOf(folder, pathname)
    if (status === 503) return refuse(response, 503, { 'Retry-After': '1' })
    if (status === 404) return refuse(response, 404)
    // Nothing in the page asks for parts of files, and a server may send the whole (RFC 9110, 14.2).
    delete request.headers.range
    response.on('pipe', (file: ReadStream) => {
      file.on('error', () => response.destroy())
      response.on('close', () => file.destroy())
    })
    serveFile(request, response, () => {
      refuse(response, 404)
    })
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      if (response.headersSent) response.destroy()
      else refuse(response, 500)
    })
  })
  server.setTimeout(STALLED)
  // A connection that could not be taken, where descriptors have run out: those to come may find one.
  server.on('error', () => {})
  return server
}
