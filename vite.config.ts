import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { kernels } from './scripts/buildKernels.ts'
import { DEVELOPMENT_CSP, SECURITY_HEADERS } from './scripts/csp.ts'

export default defineConfig({
  base: './',
  plugins: [kernels(), react()],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // Inlined assets would be data: URLs, which the policy refuses for fonts and for fetch.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  optimizeDeps: {
    // Imported only inside workers, where the dependency scan of the dev server does not look.
    include: [
      '@tensorflow/tfjs-core',
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
    // Property tests take a second alone, and many on a machine that is busy with other things.
    testTimeout: 30_000,
  },
})
