import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findChromium } from './findChromium.ts'

describe.runIf(platform() === 'linux')('findChromium', () => {
  let folder: string

  const place = (...parts: readonly string[]): string => {
    const file = path.join(folder, ...parts)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, '')
    chmodSync(file, 0o755)
    return file
  }

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'find-chromium-'))
    vi.stubEnv('CHROMIUM_PATH', '')
    vi.stubEnv('PATH', path.join(folder, 'bin'))
    vi.stubEnv('PLAYWRIGHT_BROWSERS_PATH', path.join(folder, 'cache'))
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })

  it('takes CHROMIUM_PATH before all else', () => {
    place('bin/chromium')
    const asked = place('elsewhere/browser')
    vi.stubEnv('CHROMIUM_PATH', asked)
    expect(findChromium()).toBe(asked)
  })

  it('refuses a CHROMIUM_PATH that leads nowhere, rather than testing another browser', () => {
    place('bin/chromium')
    vi.stubEnv('CHROMIUM_PATH', path.join(folder, 'nothing'))
    expect(() => findChromium()).toThrow(/CHROMIUM_PATH names ".*nothing"/)
  })

  it('takes the system browser before a download', () => {
    place('cache/chromium-1200/chrome-linux/chrome')
    const system = place('bin/chromium')
    expect(findChromium()).toBe(system)
  })

  it('skips a file that cannot be executed', () => {
    chmodSync(place('bin/chromium'), 0o644)
    const chrome = place('bin/google-chrome')
    expect(findChromium()).toBe(chrome)
  })

  it('takes the newest download by number, never the headless shell', () => {
    place('cache/chromium-999/chrome-linux/chrome')
    place('cache/chromium_headless_shell-2000/chrome-linux/headless_shell')
    const newest = place('cache/chromium-1200/chrome-linux64/chrome')
    expect(findChromium()).toBe(newest)
  })
})
