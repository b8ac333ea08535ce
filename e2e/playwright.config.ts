import { createServer } from 'node:net'
import { defineConfig } from '@playwright/test'
import { findChromium } from '../scripts/findChromium.ts'

/** A free port, chosen once by the runner and inherited by its workers. */
async function freePort(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, 'localhost', () => {
      const address = server.address()
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(String(address.port))
        else reject(new Error('the system gave no port'))
      })
    })
  })
}

const chromium = findChromium()
if (chromium === null)
  throw new Error('No Chromium found: npm test fetches one, or set CHROMIUM_PATH.')
const port = (process.env['E2E_PORT'] ??= await freePort())
const address = `http://localhost:${port}`

const PLAIN = ['--no-sandbox', '--disable-background-networking', '--disable-dev-shm-usage']
const SOFTWARE_WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']
const NEEDS_WEBGPU = [
  ...['training.spec.ts', 'kernels.spec.ts', 'faults-backends.spec.ts'],
  'backends.spec.ts',
]
/** Of a first visit, of what a browser keeps, of the tab's history or the network cut: each has a context of its own. */
const NEEDS_FRESH_PROFILE = [
  ...['opening.spec.ts', 'budgets.spec.ts', 'persistence.spec.ts', 'faults-storage.spec.ts'],
  ...['history.spec.ts', 'unseen.spec.ts', 'faults-soak.spec.ts', 'faults-monkey.spec.ts'],
]

export default defineConfig({
  testDir: '.',
  outputDir: '../test-results',
  forbidOnly: true,
  // What software computes for minutes: e2e/long.config.ts.
  grepInvert: /@long/,
  fullyParallel: true,
  workers: 2,
  retries: 0,
  timeout: 300_000,
  expect: { timeout: 20_000 },
  use: {
    baseURL: address,
    headless: true,
    viewport: { width: 1280, height: 720 },
    trace: 'off',
  },
  // In the order in which they are begun: the longest of all is of the first, so that nobody waits for it at the end.
  projects: [
    {
      name: 'no adapter, fresh profile',
      testMatch: NEEDS_FRESH_PROFILE,
      use: { launchOptions: { executablePath: chromium, args: PLAIN } },
    },
    {
      name: 'software WebGPU',
      testMatch: NEEDS_WEBGPU,
      use: {
        launchOptions: { executablePath: chromium, args: [...PLAIN, ...SOFTWARE_WEBGPU] },
        reuseContext: true,
      },
    },
    {
      name: 'no adapter',
      testIgnore: [...NEEDS_WEBGPU, ...NEEDS_FRESH_PROFILE],
      use: { launchOptions: { executablePath: chromium, args: PLAIN }, reuseContext: true },
    },
  ],
  webServer: {
    command: `node --import tsx scripts/serve.ts --no-open --no-build --port ${port}`,
    cwd: '..',
    url: address,
    reuseExistingServer: false,
    timeout: 120_000,
  },
})
