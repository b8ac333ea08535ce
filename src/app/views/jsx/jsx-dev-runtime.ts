import * as runtime from 'react/jsx-dev-runtime'
import type { ElementType, Key } from 'react'
import type { JSXSource } from 'react/jsx-dev-runtime'
import { withOwnText } from './ownText.ts'

/** The same as jsx-runtime.ts for the development server. */
export type { JSX } from 'react'
export const { Fragment } = runtime

export function jsxDEV(
  type: ElementType,
  props: object,
  key: Key | undefined,
  isStatic: boolean,
  source?: JSXSource,
  self?: unknown,
) {
  return runtime.jsxDEV(type, withOwnText(type, props), key, isStatic, source, self)
}
