import { defineConfig } from '@playwright/test'
import suite from './playwright.config.ts'

/** The browser tests that take software WebGPU minutes: `npm run test:long`. */
export default defineConfig(suite, { grep: /@long/, grepInvert: /^$/, timeout: 900_000 })
