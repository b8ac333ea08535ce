import * as runtime from 'react/jsx-runtime'
import type { ElementType, Key } from 'react'
import { withOwnText } from './ownText.ts'

/** What JSX is compiled to (tsconfig.json, vite.config.ts): React's own functions, every text in an element of its own. */
export type { JSX } from 'react'
export const { Fragment } = runtime

export function jsx(type: ElementType, props: object, key?: Key) {
  return runtime.jsx(type, withOwnText(type, props), key)
}

export function jsxs(type: ElementType, props: object, key?: Key) {
  return runtime.jsxs(type, withOwnText(type, props), key)
}
