import { createServer, type Server } from 'node:http'
import sirv from 'sirv'
import { SECURITY_HEADERS } from './csp.ts'

/** Whether a part of the path begins with a dot, as the folder does that says what the build is made of. */
function isHidden(pathname: string): boolean {
  try {
    return /\/\./u.test(decodeURIComponent(pathname))
  } catch {
    return true
  }
}

/** Serves a built page, its hidden files excepted. A folder that is built anew meanwhile is served as it is then. */
export function createPageServer(folder: string): Server {
  const serveFile = sirv(folder, {
    // Else it keeps a list of the files, and the process ends at one that has gone.
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
  return createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end()
      return
    }
    const refuse = () => {
      response
        .writeHead(404, { ...SECURITY_HEADERS, 'Content-Type': 'text/plain; charset=utf-8' })
        .end('Not found\n')
    }
    const [pathname = ''] = (request.url ?? '').split('?')
    if (isHidden(pathname)) refuse()
    else serveFile(request, response, refuse)
  })
}
