import type { Plugin } from 'vite'

/**
 * Names in the head of the page what its first script imports on demand but always needs, the views, so that all files
 * are on their way at once. The script comes first, since it starts the worker.
 */
export function preloadViews(): Plugin {
  return {
    name: 'preload-views',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const chunks = Object.values(bundle ?? {}).filter((output) => output.type === 'chunk')
        const first = chunks.find(({ isEntry }) => isEntry)
        const views = chunks.find(({ name }) => name === 'mount')
        if (first === undefined || views === undefined)
          throw new Error('The build has no entry, or no file called mount')
        // Vite itself names what the first script imports.
        return [views.fileName, ...views.imports]
          .filter((fileName) => !first.imports.includes(fileName))
          .map((fileName) => ({
            tag: 'link',
            attrs: {
              rel: 'modulepreload',
              crossorigin: true,
              fetchpriority: 'low',
              href: `./${fileName}`,
            },
            injectTo: 'head' as const,
          }))
      },
    },
  }
}
