import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { CSP } from '../scripts/csp.ts'
import { expect, test } from './fixtures.ts'

const ASSETS = path.resolve(import.meta.dirname, '../dist/assets')

/** Names of the assets with this ending, largest first. */
function largest(ending: string): string[] {
  const size = (name: string) => statSync(path.join(ASSETS, name)).size
  return readdirSync(ASSETS)
    .filter((name) => name.endsWith(ending))
    .sort((a, b) => size(b) - size(a))
}

test('every answer carries the policy; assets never change, the page may', async ({ request }) => {
  const page = await request.get('/')
  expect(page.status()).toBe(200)
  expect(page.headers()).toMatchObject({
    'content-security-policy': CSP,
    'content-type': 'text/html;charset=utf-8',
    'cache-control': 'no-cache',
  })
  const script = readdirSync(ASSETS).find((name) => name.endsWith('.js'))
  const asset = await request.get(`/assets/${script}`)
  expect(asset.headers()).toMatchObject({
    'content-security-policy': CSP,
    'content-type': 'text/javascript',
    'cache-control': 'max-age=31536000, immutable',
    vary: 'Accept-Encoding',
  })
  const missing = await request.get('/no-such-file')
  expect(missing.status()).toBe(404)
  expect(missing.headers()['content-security-policy']).toBe(CSP)
})

const SENT = [
  ['identity', undefined],
  ['gzip', 'gzip'],
  ['gzip, deflate, br, zstd', 'br'],
] as const

for (const [accepted, encoding] of SENT)
  test(`to a client that takes ${accepted}, scripts and WebAssembly are sent ${encoding ?? 'as they are'}`, async ({
    request,
  }) => {
    for (const ending of ['.js', '.wasm']) {
      const [name] = largest(ending)
      const answer = await request.get(`/assets/${name}`, {
        headers: { 'Accept-Encoding': accepted },
      })
      expect(answer.headers()['content-encoding']).toBe(encoding)
      // Whatever the encoding, the client has the file.
      expect((await answer.body()).equals(readFileSync(path.join(ASSETS, name!)))).toBe(true)
    }
  })

test('what has no hash in its name is asked about again, and not sent again', async ({
  request,
}) => {
  for (const [file, type] of [
    ['/energies/two-moons.safetensors', 'application/octet-stream'],
    ['/energies/manifest.json', 'application/json'],
    ['/data/old-faithful.csv', 'text/csv'],
  ] as const) {
    const first = await request.get(file)
    expect(first.headers()).toMatchObject({ 'cache-control': 'no-cache', 'content-type': type })
    const again = await request.get(file, {
      headers: { 'If-None-Match': first.headers()['etag']! },
    })
    expect(again.status()).toBe(304)
  }
})

test('what the build is made of stays at home', async ({ request }) => {
  expect((await request.get('/.vite/bundle.json')).status()).toBe(404)
})

test('WebAssembly is served as what it is, so that browsers compile it while it streams', async ({
  request,
}) => {
  const binaries = readdirSync(ASSETS).filter((name) => name.endsWith('.wasm'))
  expect(binaries.length).toBeGreaterThan(0)
  for (const name of binaries) {
    const answer = await request.get(`/assets/${name}`)
    expect(answer.headers()['content-type']).toBe('application/wasm')
  }
})
