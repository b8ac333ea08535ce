import { chromium } from '@playwright/test'
import type { Engine, EngineTab } from './tab.ts'

const ARGUMENTS = ['--no-sandbox', '--disable-background-networking', '--disable-dev-shm-usage']

export async function startChromium(executablePath: string): Promise<Engine> {
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS })
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } })

  async function open(): Promise<EngineTab> {
    const page = await context.newPage()
    const problems: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text())
    })
    page.on('pageerror', ({ message }) => problems.push(message))
    return {
      problems,
      async go(address) {
        await page.goto(address)
      },
      async reload() {
        await page.reload()
      },
      evaluate: (expression) => page.evaluate<string>(expression),
      press: (key) => page.keyboard.press(key),
      async drag([from, ...path]) {
        await page.mouse.move(from!.x, from!.y)
        await page.mouse.down()
        for (const { x, y } of path) await page.mouse.move(x, y)
        await page.mouse.up()
      },
      resize: (width, height) => page.setViewportSize({ width, height }),
      screenshot: () => page.screenshot(),
      close: () => page.close(),
    }
  }

  return { label: `Chromium ${browser.version()}`, open, close: () => browser.close() }
}
