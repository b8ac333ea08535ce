import { spawn } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { Builder, Capabilities, Origin, type WebDriver } from 'selenium-webdriver'
import { call, type Engine, type EngineTab } from './tab.ts'
import { startDisplay } from './display.ts'
import { keyOf } from './firefoxEngine.ts'

/** WebKitGTK's small browser over classic WebDriver, on a display of its own where there is Xvfb. */
export async function startWebKit(driverPath: string, xvfb: string | null): Promise<Engine> {
  const display = xvfb === null ? null : await startDisplay(xvfb)
  const port = await freePort()
  const service = spawn(driverPath, [`--port=${port}`], {
    stdio: 'ignore',
    env: { ...process.env, ...(display === null ? {} : { DISPLAY: display.name }) },
  })
  const stop = (): void => {
    service.kill()
    display?.stop()
  }
  try {
    await answering(port)
    const driver = await new Builder()
      .usingServer(`http://127.0.0.1:${port}`)
      .withCapabilities(new Capabilities({ browserName: 'MiniBrowser' }))
      .build()
    await driver.manage().setTimeouts({ script: 60_000, pageLoad: 120_000 })
    const capabilities = await driver.getCapabilities()
    let fresh = true
    return {
      label: `WebKitGTK ${capabilities.getBrowserVersion() ?? ''}`,
      async open() {
        // The session begins with a tab.
        if (!fresh) await driver.switchTo().newWindow('tab')
        fresh = false
        return tabOf(driver, await driver.getWindowHandle(), () => {
          fresh = true
        })
      },
      async close() {
        await driver.quit()
        stop()
      },
    }
  } catch (error) {
    stop()
    throw error
  }
}

/** @param keep called where the last tab is closed: it stays for the next one, as a session ends with its last window */
function tabOf(driver: WebDriver, handle: string, keep: () => void): EngineTab {
  const here = () => driver.switchTo().window(handle)
  const tab: EngineTab = {
    // Classic WebDriver tells of none: the story listens in the page.
    problems: [],
    async go(address) {
      await here()
      await driver.get(address)
    },
    async reload() {
      await here()
      await driver.navigate().refresh()
    },
    async evaluate(expression) {
      await here()
      const [text, error] = await driver.executeAsyncScript<[string, string | null]>(
        `const done = arguments[0];
         ${expression}.then((text) => done([text, null]), (error) => done(['', String(error)]))`,
      )
      if (error !== null) throw new Error(error)
      return text
    },
    async press(key) {
      await here()
      await driver.actions().sendKeys(keyOf(key)).perform()
    },
    async drag([from, ...path]) {
      await here()
      const point = ({ x, y }: { x: number; y: number }) => ({
        x,
        y,
        duration: 0,
        origin: Origin.VIEWPORT,
      })
      let actions = driver.actions().move(point(from!)).press()
      for (const each of path) actions = actions.move(point(each))
      await actions.release().perform()
    },
    async resize(width, height) {
      await here()
      const set = (size: { width: number; height: number }) =>
        driver
          .manage()
          .window()
          .setRect({ x: 0, y: 0, ...size })
      await set({ width, height })
      // The window's frame is no part of the page.
      const inner = await call(tab, () => ({ width: innerWidth, height: innerHeight }))
      await set({ width: 2 * width - inner.width, height: 2 * height - inner.height })
    },
    async screenshot() {
      await here()
      return Buffer.from(await driver.takeScreenshot(), 'base64')
    },
    async close() {
      await here()
      if ((await driver.getAllWindowHandles()).length > 1) await driver.close()
      else keep()
    },
  }
  return tab
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Waits until the driver answers. */
async function answering(port: number): Promise<void> {
  const end = Date.now() + 30_000
  for (;;) {
    try {
      if ((await fetch(`http://127.0.0.1:${port}/status`)).ok) return
    } catch (error) {
      if (Date.now() > end) throw new Error('WebKitWebDriver does not answer', { cause: error })
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
