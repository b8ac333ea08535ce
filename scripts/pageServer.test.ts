import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { createPageServer } from './pageServer.ts'

it('outlives a build: what has gone is missing, what is new is served', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lyapunov-lab-page-'))
  const page = path.join(folder, 'index.html')
  writeFileSync(page, 'first')
  writeFileSync(`${page}.br`, 'first')
  const server = createPageServer(folder).listen(0, 'localhost')
  try {
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const get = (encoding: string) =>
      fetch(`http://localhost:${String(port)}/`, { headers: { 'accept-encoding': encoding } })
    expect(await (await get('identity')).text()).toBe('first')
    mkdirSync(path.join(folder, '.vite'))
    writeFileSync(path.join(folder, '.vite/bundle.json'), '{}')
    for (const hidden of ['.vite/bundle.json', '%2evite/bundle.json', '%2Fx%2F.vite', '%']) {
      expect((await fetch(`http://localhost:${String(port)}/${hidden}`)).status).toBe(404)
    }
    expect((await fetch(`http://localhost:${String(port)}/?from=/.x`)).status).toBe(200)
    rmSync(page)
    rmSync(`${page}.br`)
    expect((await get('br')).status).toBe(404)
    writeFileSync(page, 'second')
    const again = await get('br')
    expect(again.headers.get('cache-control')).toBe('no-cache')
    expect(await again.text()).toBe('second')
  } finally {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  }
})
