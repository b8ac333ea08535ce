import { readdirSync } from 'node:fs'
import path from 'node:path'
import { CSP } from '../scripts/csp.ts'
import { expect, test } from './fixtures.ts'

const ASSETS = path.resolve(import.meta.dirname, '../dist/assets')

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
    'content-encoding': 'gzip',
    'cache-control': 'max-age=31536000, immutable',
  })
  const missing = await request.get('/no-such-file')
  expect(missing.status()).toBe(404)
  expect(missing.headers()['content-security-policy']).toBe(CSP)
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
