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

/** A test in whose pages nothing may go wrong unnoticed. */
export const test = base.extend({
  page: async ({ page }, use) => {
    const problems = await watchForProblems(page)
    await use(page)
    expect(problems).toEqual([])
  },
})
