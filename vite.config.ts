import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { kernels } from './scripts/buildKernels.ts'
import { bundleGraph } from './scripts/bundleGraph.ts'
import { groupsOf } from './scripts/chunks.ts'
import { contentPolicy } from './scripts/contentPolicy.ts'
import { DEVELOPMENT_CSP, SECURITY_HEADERS } from './scripts/csp.ts'
import { licences } from './scripts/licences.ts'
import { preloadViews } from './scripts/preloadViews.ts'

/** The parts of the page in the order in which they come; each waits for no more than the files up to its own. */
const PARTS = [
  { entry: 'src/main.ts', file: 'lab' },
  { entry: 'src/app/views/mount.tsx', file: 'views' },
  { entry: 'src/app/views/stage/ground.tsx', file: 'landscape' },
  { entry: 'src/app/views/Stations.tsx', file: 'panels' },
]

/** What the build adds: helpers of on-demand imports, and of modules of the older kind. */
const SHARED = /vite\/preload-helper|rolldown\/runtime/

/** What the dialogs for data of one's own share. */
const OWN_DATA =
  /useAcceptance|shelf\/data\.ts|io\/(?:table|tableWords|form|layout|rows|scale|encodings|slices|numberCell)\.ts|TablePreview|\/Dialog\.tsx/

/** What shows how a training goes, live or by the recipe: its curves, and the library that draws them. */
const LIVE = /\/LivePanel\.tsx|charts\/(?:live|loss)Chart\.ts|d3-shape|d3-path/

/** What shows keep-out regions and edits them. */
const REGIONS = /views\/barriers\/\w+\.tsx?/

/** What reads and writes addresses; a page that is opened by one waits for it. */
const ADDRESS = /scene\/(?:link\/\w+|address)\.ts/

/** What a pen on any pad shares. */
const PEN = /parts\/pen\.ts/

/** What writes records to files. */
const FILES = /shelf\/recordFile\.ts/

const graph = bundleGraph(import.meta.dirname)
const parts = groupsOf(import.meta.dirname, PARTS, SHARED, 2)

export default defineConfig({
  base: './',
  plugins: [
    kernels(),
    react({ jsxImportSource: '#jsx' }),
    parts.plugin,
    preloadViews(),
    contentPolicy(),
    graph.page(),
    licences(import.meta.dirname),
  ],
  worker: { format: 'es', plugins: () => [graph.worker()] },
  build: {
    target: 'es2022',
    // Inlined assets would be data: URLs, which the policy refuses for fonts and for fetch.
    assetsInlineLimit: 0,
    // A browser that does not preload fetches the same files a little later.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      checks: { bundlerTimings: false },
      // The maps of colours that nobody uses: each is one string of a kilobyte that does not compress.
      treeshake: { manualPureFunctions: ['ramp', 'ramp$1', 'colors'] },
      output: {
        codeSplitting: {
          groups: [
            ...parts.groups,
            { name: 'address', test: ADDRESS, priority: 2 },
            { name: 'live', test: LIVE, minShareCount: 2, priority: 1 },
            { name: 'pen', test: PEN, minShareCount: 2, priority: 2 },
            { name: 'regions', test: REGIONS, minShareCount: 2, priority: 1 },
            { name: 'files', test: FILES, minShareCount: 2, priority: 1 },
            { name: 'own-data', test: OWN_DATA, minShareCount: 2, priority: 1 },
            { name: 'shared', test: /./, minShareCount: 2 },
          ],
        },
      },
    },
  },
  optimizeDeps: {
    // Imported only inside workers, where the dependency scan of the dev server does not look.
    include: [
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-core/dist/register_all_gradients.js',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-webgpu',
    ],
  },
  server: { headers: { 'Content-Security-Policy': DEVELOPMENT_CSP } },
  preview: { headers: { ...SECURITY_HEADERS } },
  test: {
    environment: 'node',
    include: ['src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts', 'bench/**/*.test.ts'],
    passWithNoTests: false,
    globalSetup: './scripts/testSeed.ts',
    setupFiles: './scripts/testSeed.ts',
    // Files share their modules, compiled and warm; what a test puts in place of something else goes with the test.
    isolate: false,
    restoreMocks: true,
    unstubGlobals: true,
    // All cores: nothing in the tests depends on who else computes.
    maxWorkers: '100%',
    // No test is held to a time: only one that hangs takes so long, on a busy machine, too.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
