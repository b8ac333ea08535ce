import type { Plugin } from 'vite'
import { META_CSP } from './csp.ts'

/** Writes the policy into the head of the page, where it holds on servers that send no headers. */
export function contentPolicy(): Plugin {
  return {
    name: 'content-policy',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: () => [
        {
          tag: 'meta',
          attrs: { 'http-equiv': 'Content-Security-Policy', content: META_CSP },
          injectTo: 'head-prepend',
        },
      ],
    },
  }
}
