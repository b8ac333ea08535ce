import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { Key } from 'selenium-webdriver'
import type { Index as Connection } from 'selenium-webdriver/bidi/index.js'
import type { Engine, EngineTab, Point } from './tab.ts'

// Its types call a class a named export that is the whole module.
const BidiConnection = createRequire(import.meta.url)(
  'selenium-webdriver/bidi/index.js',
) as typeof Connection

/** Nothing that a fresh profile asks or fetches on its own. */
const PREFERENCES: Readonly<Record<string, string | number | boolean>> = {
  'app.update.auto': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.page': 0,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'toolkit.telemetry.server': '',
}

const MOUSE = { type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' } }

/** Firefox over WebDriver BiDi, which it speaks itself: no driver stands between. */
export async function startFirefox(executable: string): Promise<Engine> {
  const profile = mkdtempSync(path.join(tmpdir(), 'lyapunov-lab-firefox-'))
  const preferences = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  )
  writeFileSync(path.join(profile, 'user.js'), preferences.join(''))
  const browser = spawn(
    executable,
    ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = new Promise<void>((resolve) => {
    browser.once('close', () => {
      resolve()
    })
  })
  const stop = async (): Promise<void> => {
    browser.kill()
    await ended
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }

  try {
    const address = await listening(createInterface(browser.stderr))
    browser.stderr.resume()
    const bidi = new BidiConnection(`${address}/session`)
    const send = async <Result>(
      method: string,
      params: Record<string, unknown>,
    ): Promise<Result> => {
      const reply = (await bidi.send({ method, params })) as Reply<Result>
      if (reply.type === 'error') throw new Error(`${method}: ${reply.message}`)
      return reply.result
    }
    const { capabilities } = await send<{ capabilities: Record<string, string> }>('session.new', {
      capabilities: {},
    })
    const problems = new Map<string, string[]>()
    bidi.on('log.entryAdded', ({ level, text, source }: LogEntry) => {
      if (level === 'error') problems.get(source.context ?? '')?.push(text)
    })
    await bidi.subscribe('log.entryAdded')

    const open = async (): Promise<EngineTab> => {
      const { context } = await send<{ context: string }>('browsingContext.create', { type: 'tab' })
      const perform = async (sources: readonly object[]): Promise<void> => {
        await send('input.performActions', { context, actions: sources })
      }
      const found: string[] = []
      problems.set(context, found)
      await send('browsingContext.setViewport', { context, viewport: { width: 1280, height: 720 } })
      return {
        problems: found,
        async go(url) {
          await send('browsingContext.navigate', { context, url, wait: 'complete' })
        },
        async reload() {
          await send('browsingContext.reload', { context, wait: 'complete' })
        },
        async evaluate(expression) {
          const { type, result, exceptionDetails } = await send<Evaluation>('script.evaluate', {
            expression,
            target: { context },
            awaitPromise: true,
          })
          if (type === 'exception') throw new Error(exceptionDetails?.text)
          return result?.value ?? ''
        },
        async press(key) {
          const value = keyOf(key)
          const actions = ['keyDown', 'keyUp'].map((type) => ({ type, value }))
          await perform([{ type: 'key', id: 'keyboard', actions }])
        },
        async drag([from, ...way]) {
          const move = ({ x, y }: Point) => ({ type: 'pointerMove', x, y })
          const actions = [
            move(from!),
            { type: 'pointerDown', button: 0 },
            ...way.map(move),
            { type: 'pointerUp', button: 0 },
          ]
          await perform([{ ...MOUSE, actions }])
        },
        async resize(width, height) {
          await send('browsingContext.setViewport', { context, viewport: { width, height } })
        },
        async screenshot() {
          const { data } = await send<{ data: string }>('browsingContext.captureScreenshot', {
            context,
          })
          return Buffer.from(data, 'base64')
        },
        async close() {
          await send('browsingContext.close', { context })
        },
      }
    }

    return {
      label: `Firefox ${capabilities['browserVersion'] ?? ''}`,
      open,
      async close() {
        await bidi.close()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Reply<Result> {
  readonly type: 'success' | 'error'
  readonly message: string
  readonly result: Result
}

interface LogEntry {
  readonly level: string
  readonly text: string
  readonly source: { readonly context?: string }
}

interface Evaluation {
  readonly type: 'success' | 'exception'
  readonly result?: { readonly value?: string }
  readonly exceptionDetails?: { readonly text: string }
}

/** The code point that WebDriver gives a key. */
export function keyOf(key: string): string {
  const names: Readonly<Record<string, string>> = {
    Tab: Key.TAB,
    Enter: Key.ENTER,
    ArrowLeft: Key.ARROW_LEFT,
    ArrowRight: Key.ARROW_RIGHT,
    ArrowDown: Key.ARROW_DOWN,
  }
  return names[key]!
}

/** The address that the browser says it listens on. */
async function listening(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const address = /ws:\/\/\S+/.exec(line)?.[0]
    if (address !== undefined) return address
  }
  throw new Error('Firefox ended before it listened for WebDriver BiDi.')
}
