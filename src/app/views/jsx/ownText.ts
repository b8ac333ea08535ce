import { Fragment, type ElementType } from 'react'
import { jsx } from 'react/jsx-runtime'

/**
 * Gives each text of the page an element of its own.
 *
 * Whoever translates a page takes text nodes out and puts others, or elements, in their place. React holds on to the
 * text nodes that have siblings, writes into them long after they have left the page, and throws when it is to remove
 * them. Of an element whose only child is a text it holds the element alone, and writes its whole content anew.
 */

/** No name of HTML's: an inline element that no rule of a style sheet means. */
const OWN = 'lab-text' as ElementType
/** Elements that may hold nothing but text, which then is one text. */
const TEXT_ONLY: ReadonlySet<ElementType> = new Set(['option', 'title', 'textarea', 'text'])

interface Props {
  readonly children?: unknown
}

/** The properties of an element, or of a fragment, with each text among its children in an element of its own. */
export function withOwnText(type: ElementType, props: Props): Props {
  if (typeof type !== 'string' && type !== Fragment) return props
  const { children } = props
  if (!Array.isArray(children))
    return type === Fragment && isText(children) ? { ...props, children: own(children, 0) } : props
  if (TEXT_ONLY.has(type)) return { ...props, children: children.filter(isText).join('') }
  const joined = joinTexts(children)
  const shown = joined.filter((child) => !isNothing(child))
  const [first] = shown
  if (shown.length === 1 && isText(first) && type !== Fragment) return { ...props, children: first }
  return { ...props, children: wrapTexts(joined) }
}

/** Neighbouring texts as one, in the place of the first; whatever else there is keeps its place. */
function joinTexts(children: readonly unknown[]): unknown[] {
  const joined = [...children]
  let first: number | null = null
  for (const [i, child] of children.entries()) {
    if (isNothing(child)) continue
    if (!isText(child)) first = null
    else if (first === null) first = i
    else {
      joined[first] = `${String(joined[first])}${String(child)}`
      joined[i] = null
    }
  }
  return joined
}

function wrapTexts(children: readonly unknown[]): unknown[] {
  return children.map((child, i) => {
    if (Array.isArray(child)) return wrapTexts(joinTexts(child))
    return isText(child) && !isSpace(child) ? own(child, i) : child
  })
}

function own(text: string | number, place: number) {
  return jsx(OWN, { children: String(text) }, `text ${String(place)}`)
}

function isText(child: unknown): child is string | number {
  return (typeof child === 'string' && child !== '') || typeof child === 'number'
}

/** Nobody translates a space, and as an element it would take a place of its own in a grid. */
function isSpace(child: string | number): boolean {
  return typeof child === 'string' && child.trim() === ''
}

function isNothing(child: unknown): boolean {
  return child === null || child === undefined || typeof child === 'boolean' || child === ''
}
