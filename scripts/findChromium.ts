import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { homedir, platform } from 'node:os'
import path from 'node:path'

const ROOT = path.resolve(import.meta.dirname, '..')

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function onPath(names: readonly string[]): string[] {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter)
  return names.flatMap((name) => folders.map((folder) => path.join(folder, name)))
}

/** Where Chrome, Chromium and Edge usually stand, in order of preference. */
function systemPlaces(): string[] {
  switch (platform()) {
    case 'darwin':
      return ['', homedir()].flatMap((base) =>
        ['Chromium', 'Google Chrome', 'Microsoft Edge'].map((name) =>
          path.join(base, `/Applications/${name}.app/Contents/MacOS/${name}`),
        ),
      )
    case 'win32':
      return ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((variable) => {
        const base = process.env[variable]
        if (base === undefined) return []
        return [
          path.join(base, 'Chromium/Application/chrome.exe'),
          path.join(base, 'Google/Chrome/Application/chrome.exe'),
          path.join(base, 'Microsoft/Edge/Application/msedge.exe'),
        ]
      })
    default:
      return [
        ...onPath(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']),
        ...onPath(['microsoft-edge', 'microsoft-edge-stable']),
      ]
  }
}

/** Full Chromium builds in Playwright's own cache, newest first. Its headless shell has no WebGPU. */
function downloadedBuilds(): string[] {
  const caches: Partial<Record<NodeJS.Platform, string>> = {
    darwin: path.join(homedir(), 'Library/Caches/ms-playwright'),
    win32: path.join(process.env['LOCALAPPDATA'] ?? homedir(), 'ms-playwright'),
  }
  const cache =
    process.env['PLAYWRIGHT_BROWSERS_PATH'] ??
    caches[platform()] ??
    path.join(homedir(), '.cache/ms-playwright')
  if (!existsSync(cache)) return []
  const builds = readdirSync(cache).filter((name) => /^chromium-\d+$/.test(name))
  const revision = (name: string): number => Number(name.slice('chromium-'.length))
  return builds
    .sort((a, b) => revision(b) - revision(a))
    .flatMap((build) =>
      [
        'chrome-linux/chrome',
        'chrome-linux64/chrome',
        'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
        'chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
        'chrome-mac-x64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
        'chrome-win/chrome.exe',
        'chrome-win64/chrome.exe',
      ].map((tail) => path.join(cache, build, tail)),
    )
}

/**
 * A Chromium that is already here: `CHROMIUM_PATH`, else the usual places of the system, else a
 * download of Playwright's; null when there is none.
 * @throws when `CHROMIUM_PATH` is set and names nothing executable
 */
export function findChromium(): string | null {
  const asked = process.env['CHROMIUM_PATH']
  if (asked) {
    if (isExecutable(asked)) return asked
    throw new Error(`CHROMIUM_PATH names "${asked}", which is not an executable file.`)
  }
  return [...systemPlaces(), ...downloadedBuilds()].find(isExecutable) ?? null
}

function attempt(program: string, parameters: readonly string[]): boolean {
  console.log(`> ${program} ${parameters.join(' ')}`)
  const { status } = spawnSync(program, parameters, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: platform() === 'win32',
    timeout: 5 * 60 * 1000,
  })
  return status === 0
}

function isRootWithApt(): boolean {
  if (process.getuid?.() !== 0) return false
  try {
    execFileSync('apt-get', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/**
 * As `findChromium`, but fetches one where there is none: Playwright's download, else Debian's package.
 * @throws with what a person can do about it, when both fail
 */
export function ensureChromium(): string {
  const present = findChromium()
  if (present !== null) return present
  console.log('No Chromium here; fetching one.')
  attempt('npx', ['playwright', 'install', 'chromium'])
  if (findChromium() === null && isRootWithApt()) {
    if (attempt('apt-get', ['update'])) attempt('apt-get', ['install', '-y', 'chromium'])
  }
  const fetched = findChromium()
  if (fetched !== null) return fetched
  throw new Error(
    'No Chromium was found, and none could be fetched. Install Chromium, Chrome or Edge, ' +
      'or set CHROMIUM_PATH to its executable.',
  )
}
