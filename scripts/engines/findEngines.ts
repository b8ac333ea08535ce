import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { findChromium } from '../findChromium.ts'
import { startChromium } from './chromiumEngine.ts'
import { startFirefox } from './firefoxEngine.ts'
import type { Engine } from './tab.ts'
import { startWebKit } from './webkitEngine.ts'

/** An engine that is here and can be started, or why not. */
export interface Candidate {
  readonly name: 'chromium' | 'firefox' | 'webkit'
  readonly start: (() => Promise<Engine>) | { readonly missing: string }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** @throws when the variable is set and names nothing executable */
function find(variable: string | null, names: readonly string[]): string | null {
  const asked = variable === null ? undefined : process.env[variable]
  if (asked) {
    if (isExecutable(asked)) return asked
    throw new Error(`${variable ?? ''} names "${asked}", which is not an executable file.`)
  }
  const folders = [
    ...(process.env['PATH'] ?? '').split(path.delimiter),
    '/usr/lib/webkit2gtk-4.1',
    '/Applications/Firefox.app/Contents/MacOS',
  ]
  return (
    names.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(isExecutable) ??
    null
  )
}

export function findEngines(): readonly Candidate[] {
  const chromium = findChromium()
  const firefox = find('FIREFOX_PATH', ['firefox-esr', 'firefox'])
  const webkit = find('WEBKIT_DRIVER_PATH', ['WebKitWebDriver'])
  const xvfb = find(null, ['Xvfb'])
  const screen = process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']
  return [
    {
      name: 'chromium',
      start:
        chromium === null
          ? { missing: 'no Chromium; Debian: apt-get install chromium, or set CHROMIUM_PATH' }
          : () => startChromium(chromium),
    },
    {
      name: 'firefox',
      start:
        firefox === null
          ? { missing: 'no Firefox; Debian: apt-get install firefox-esr, or set FIREFOX_PATH' }
          : () => startFirefox(firefox),
    },
    {
      name: 'webkit',
      start:
        webkit === null
          ? {
              missing:
                'no WebKitWebDriver; Debian: apt-get install webkit2gtk-driver, or set WEBKIT_DRIVER_PATH',
            }
          : xvfb === null && !screen
            ? { missing: 'no display for WebKitGTK; Debian: apt-get install xvfb' }
            : () => startWebKit(webkit, xvfb),
    },
  ]
}
