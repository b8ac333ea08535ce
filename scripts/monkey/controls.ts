import type { Page } from '@playwright/test'
import { hash4, Purpose } from '../../src/core/maths/rng.ts'

export interface Control {
  readonly role: string
  readonly name: string
  readonly isSelected: boolean
}

/** Everything in sight that can be operated, by role and name. The elements stay in the page, in this order. */
export function listControls(page: Page): Promise<Control[]> {
  return page.evaluate(() => {
    const roleOf = (element: HTMLElement): string => {
      const own = element.getAttribute('role')
      if (own !== null) return own
      if (element instanceof HTMLInputElement) return element.type
      return element.tagName.toLowerCase()
    }
    const nameOf = (element: HTMLElement): string => {
      const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : []
      const said =
        element.getAttribute('aria-label') ??
        (labels.map(({ textContent }) => textContent).join(' ') || element.textContent || '')
      return said.replace(/\s+/g, ' ').trim().slice(0, 60)
    }
    const found = [
      ...document.querySelectorAll<HTMLElement>(
        'button, input, select, textarea, summary, canvas, a[href^="#"], [role="slider"], [role="switch"], [role="radio"], [tabindex="0"]',
      ),
    ].filter((element) => !element.matches(':disabled') && element.checkVisibility())
    const listed = found
      .map((element) => ({ element, role: roleOf(element), name: nameOf(element) }))
      .sort((a, b) => {
        const [one, other] = [`${a.role} ${a.name}`, `${b.role} ${b.name}`]
        return one < other ? -1 : one > other ? 1 : 0
      })
    ;(window as { monkeyControls?: HTMLElement[] }).monkeyControls = listed.map(
      ({ element }) => element,
    )
    return listed.map(({ element, role, name }) => ({
      role,
      name,
      isSelected: element === document.activeElement,
    }))
  })
}

/** Scrolls a listed control into view; where its middle is, or null where it has gone meanwhile. */
export function reach(
  page: Page,
  index: number,
): Promise<{
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
} | null> {
  return page.evaluate((at) => {
    const element = (window as { monkeyControls?: HTMLElement[] }).monkeyControls?.[at]
    if (element?.isConnected !== true) return null
    element.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    const { x, y, width, height } = element.getBoundingClientRect()
    return { x, y, width, height }
  }, index)
}

/**
 * One of the controls by chance, such that it stays the same where others come or go: each has a number of its own, by
 * the seed, the action and its role and name, and the least is taken.
 * @returns its index; −1 where there is none
 */
export function choose(controls: readonly Control[], seed: number, action: number): number {
  const words = new Uint32Array(4)
  const ranks = controls.map(({ role, name }) => {
    let text = 0
    for (const character of `${role} ${name}`)
      text = (Math.imul(text, 31) + character.codePointAt(0)!) | 0
    hash4({ seed, purpose: Purpose.probe }, action, text, words)
    return words[0]!
  })
  return ranks.indexOf(Math.min(...ranks))
}
