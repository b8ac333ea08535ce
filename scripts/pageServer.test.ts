import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createPageServer, isOwnHost } from './pageServer.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'lyapunov-lab-page-'))
const root = path.join(folder, 'dist')
const page = path.join(root, 'index.html')
mkdirSync(path.join(root, 'assets'), { recursive: true })
writeFileSync(path.join(folder, 'secret.txt'), 'secret')
/** More than two sockets hold between them. */
const LARGE = 'x'.repeat(2e7)
writeFileSync(path.join(root, 'assets/large.js'), LARGE)
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const ending: (() => void)[] = []
afterEach(() => {
  for (const end of ending.splice(0)) end()
})

async function start(): Promise<number> {
  writeFileSync(page, 'first')
  const server = createPageServer(root).listen(0, 'localhost')
  ending.push(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  return (server.address() as AddressInfo).port
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** One request as it is written down: no client puts its path or its Host right. */
function get(port: number, at = '/', headers: Readonly<Record<string, string>> = {}) {
  return new Promise<Answer>((resolve, reject) => {
    request({ host: 'localhost', port, path: at, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => (body += text))
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    })
      .on('error', reject)
      .end()
  })
}

/** Whatever comes back for these bytes, until the connection ends. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, 'localhost', () => socket.write(bytes, 'latin1'))
    socket.setEncoding('latin1').on('data', (data: string) => (text += data))
    socket.on('error', () => {})
    socket.on('close', () => {
      resolve(text)
    })
  })
}

it('outlives a build: what has gone is missing, what is new is served', async () => {
  const port = await start()
  writeFileSync(`${page}.br`, 'twin')
  expect((await get(port)).body).toBe('first')
  expect(await get(port, '/', { 'accept-encoding': 'br' })).toMatchObject({ body: 'twin' })
  rmSync(page)
  rmSync(`${page}.br`)
  expect((await get(port, '/', { 'accept-encoding': 'br' })).status).toBe(404)
  writeFileSync(page, 'second')
  const again = await get(port, '/', { 'accept-encoding': 'br' })
  expect(again).toMatchObject({ body: 'second', headers: { 'cache-control': 'no-cache' } })
})

it('a file that is written and removed without end while it is asked for ends nothing', async () => {
  const port = await start()
  const target = path.join(root, 'assets/flickers.js')
  const statuses = new Set<number>()
  for (let round = 0; round < 40; round++) {
    writeFileSync(target, LARGE.slice(0, 1e5))
    const asked = Promise.allSettled(
      Array.from({ length: 4 }, () => get(port, '/assets/flickers.js')),
    )
    for (let turn = 0; turn < round; turn++) await new Promise((resolve) => setImmediate(resolve))
    rmSync(target)
    for (const one of await asked) if (one.status === 'fulfilled') statuses.add(one.value.status)
  }
  for (const status of statuses) expect([200, 404, 500]).toContain(status)
  expect((await get(port)).body).toBe('first')
})

it('asked for any part of a file it sends the whole', async () => {
  const port = await start()
  const parts = [
    ...['10-5', '0-99999999999999999999', '99999999999999999999-', '-0', '-3', '-', '0-0', 'x-y'],
    ...['0-1,3-4', '0x1-0x2', '1e9-', '-99999999999999999999', '2-3', '5-', '٣-٤'],
  ].map((part) => `bytes=${part}`)
  for (const range of [...parts, 'items=0-1', 'bytes', '', '=', 'bytes=0-1;bytes=9-2']) {
    const answer = await get(port, '/', { range: Buffer.from(range).toString('latin1') })
    expect(answer, range).toMatchObject({ status: 200, body: 'first' })
  }
})

it('serves the build and nothing beside it', async () => {
  const port = await start()
  mkdirSync(path.join(root, '.vite'), { recursive: true })
  writeFileSync(path.join(root, '.vite/bundle.json'), '{}')
  symlinkSync(path.join(folder, 'secret.txt'), path.join(root, 'link.txt'))
  symlinkSync(folder, path.join(root, 'up'))
  symlinkSync(path.join(folder, 'secret.txt'), path.join(root, 'favicon.svg.gz'))
  writeFileSync(path.join(root, 'favicon.svg'), '<svg/>')
  ending.push(() => {
    for (const name of ['link.txt', 'up', 'favicon.svg', 'favicon.svg.gz'])
      rmSync(path.join(root, name))
  })
  const refused = [
    ...['/.vite/bundle.json', '/%2evite/bundle.json', '/%2Fx%2F.vite', '/%', '/%00', '/%c0%ae'],
    ...['/../secret.txt', '/assets/../../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt'],
    ...['/..\\secret.txt', '//secret.txt', '/./secret.txt', '/assets', '/assets/', '/index'],
    ...[
      '/link.txt',
      '/up/secret.txt',
      '/up/dist/index.html',
      '/favicon.svg',
      `/${'a'.repeat(5000)}`,
    ],
  ]
  for (const at of refused) expect((await get(port, at)).status, at).toBe(404)
  expect((await get(port, '/favicon.svg', { 'accept-encoding': 'gzip' })).status).toBe(404)
  expect((await get(port, '/?from=/.x')).status).toBe(200)
})

it('answers to its own names only, and may be framed by nobody else', async () => {
  const port = await start()
  for (const host of ['localhost', `localhost:${port}`, '127.0.0.1:80', '[::1]:4173', 'LOCALHOST'])
    expect((await get(port, '/', { host })).status, host).toBe(200)
  const strange = ['evil.example', 'localhost.evil.example', 'a@evil.example', 'localhost@evil']
  for (const host of [...strange, '192.168.1.7', '[fe80::1]', 'evil#localhost', ':4173', 'a b'])
    expect((await get(port, '/', { host })).status, host).toBe(421)
  expect((await get(port)).headers['content-security-policy']).toContain("frame-ancestors 'self'")

  expect(isOwnHost('192.168.1.7:4173', '0.0.0.0')).toBe(true)
  expect(isOwnHost('evil.example', '0.0.0.0')).toBe(false)
  expect(isOwnHost('lab.example:4173', 'Lab.example')).toBe(true)
  expect(isOwnHost(undefined, '::')).toBe(false)
})

it('garbage, half requests and clients that go away in between end nothing', async () => {
  const port = await start()
  const ok = 'GET / HTTP/1.1\r\nHost: localhost\r\n'
  const said = await Promise.all(
    [
      '\0\x01\x02\r\n\r\n',
      'GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      'GET * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      'GET / HTTP/1.0\r\n\r\n',
      'GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n',
      'GET / HTTP/9.9\r\nHost: localhost\r\n\r\n',
      `${ok}\r\n${ok}\r\nGARBAGE \x7f\r\n\r\n`,
      `${ok}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi`,
      `${ok}X: ${'y'.repeat(100_000)}\r\n\r\n`,
    ].map((bytes) => raw(port, bytes)),
  )
  for (const text of said) expect(text).toMatch(/HTTP\/1\.1 4\d\d /u)
  for (let i = 0; i < 30; i++) {
    await new Promise<void>((resolve) => {
      const socket = connect(port, 'localhost', () => {
        socket.write('GET /assets/large.js HTTP/1.1\r\nHost: localhost\r\n\r\n')
        if (i % 2 === 0) socket.resetAndDestroy()
      })
      socket.on('data', () => socket.resetAndDestroy())
      socket.on('error', () => {})
      socket.on('close', () => {
        resolve()
      })
    })
  }
  expect((await get(port)).body).toBe('first')
})

describe.runIf(process.platform !== 'win32')('with few descriptors', () => {
  it('is out of them at times, says so, and has them back when the downloads end', async () => {
    writeFileSync(page, 'first')
    const module = new URL('pageServer.ts', import.meta.url).href
    const script = `const { createPageServer } = await import(${JSON.stringify(module)})
      const server = createPageServer(${JSON.stringify(root)}).listen(0, 'localhost', () =>
        console.log(server.address().port))`
    const node = `exec ${process.execPath} --import tsx --input-type=module -e "$0"`
    const child = spawn('sh', ['-c', `ulimit -n 80; ${node}`, script])
    ending.push(() => child.kill())
    let ended = false
    child.on('close', () => (ended = true))
    const port = await new Promise<number>((resolve, reject) => {
      child.stdout.once('data', (data: Buffer) => {
        resolve(Number(data.toString()))
      })
      child.once('close', () => {
        reject(new Error('it did not start'))
      })
    })

    let refused = 0
    for (let storm = 0; storm < 4; storm++) {
      const sockets: Socket[] = []
      // Each asks for a large file and takes no more of it than the answer's first line.
      await Promise.all(
        Array.from({ length: 120 }, () => {
          return new Promise<void>((resolve) => {
            const socket = connect(port, 'localhost', () => {
              socket.write('GET /assets/large.js HTTP/1.1\r\nHost: localhost\r\n\r\n')
            })
            sockets.push(socket)
            let first = ''
            socket.once('data', (data) => {
              first = data.toString('latin1')
              if (first.startsWith('HTTP/1.1 503')) refused++
              socket.pause()
              resolve()
            })
            socket.on('error', () => {})
            socket.on('close', () => {
              // There was not even a descriptor for the connection.
              if (first === '') refused++
              resolve()
            })
          })
        }),
      )
      for (const socket of sockets) socket.destroy()
      // Those that waited are let go one by one.
      let answer: Answer | null = null
      while (answer?.status !== 200 && !ended) answer = await get(port).catch(() => null)
      expect(answer?.body).toBe('first')
    }
    expect(ended).toBe(false)
    expect(refused).toBeGreaterThan(0)
  })
})
