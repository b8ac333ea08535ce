import { expect, test as base, type Page } from '@playwright/test'

export { expect }

/**
 * Everything that went wrong in a page while it was watched: errors in its console or in its workers', uncaught
 * exceptions, breaches of the content security policy, answers of the server that are errors.
 */
export async function watchForProblems(page: Page): Promise<string[]> {
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => {
    problems.push(`uncaught: ${error.message}`)
  })
  page.on('crash', () => {
    problems.push('the page crashed')
  })
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`)
  })
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} refused ${event.blockedURI}`)
    })
  })
  return problems
}

/**
 * A test in whose pages nothing may go wrong unnoticed.
 *
 * Where playwright.config.ts sets `reuseContext`, the tests of a worker have one context and one page after another:
 * opening the lab in a new context costs twice as much. Between two of them Playwright leads the page to about:blank,
 * closes the others, takes back routes, init scripts, clock, viewport and media, and clears cookies, caches, IndexedDB,
 * local and session storage. It leaves the permissions, which are taken back here; the history of the tab and whether
 * the context is offline, which tests of a fresh profile alone depend on or change; and what sessions of the DevTools
 * protocol have overridden, after which the next test gets a new context. `profile.spec.ts` tests what is taken back.
 */
export const test = base.extend({
  context: async ({ context }, use) => {
    let isDriven = false
    const newCDPSession = context.newCDPSession.bind(context)
    context.newCDPSession = (page) => {
      isDriven = true
      return newCDPSession(page)
    }
    await use(context)
    if (isDriven) await context.close()
    else await context.clearPermissions()
  },
  page: async ({ page }, use) => {
    const problems = await watchForProblems(page)
    await use(page)
    expect(problems).toEqual([])
  },
})
