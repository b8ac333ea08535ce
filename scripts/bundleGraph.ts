import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Plugin } from 'vite'
import { compressed } from './compress.ts'

/** What the build is made of and who loads what. `npm test` holds its budgets to it, `npm run bench -- load` quotes it. */
export interface BundleGraph {
  readonly files: readonly BundleFile[]
}

export interface BundleFile {
  /** Relative to the folder of the build, with slashes. */
  readonly name: string
  /** `page`: what index.html starts; `worker`: what a worker starts with; `chunk`: other code; `asset`: no code. */
  readonly kind: 'page' | 'worker' | 'chunk' | 'asset'
  readonly bytes: number
  /** Bytes that `npm start` sends of it. */
  readonly gzip: number
  readonly brotli: number
  /** Files that are loaded before its first line runs. */
  readonly imports: readonly string[]
  /** Files that are loaded when their time comes. */
  readonly dynamicImports: readonly string[]
  /** What it is made of, largest first; bytes before minification. */
  readonly modules: readonly { readonly id: string; readonly bytes: number }[]
}

/** Where the graph lies in the folder of the build. */
const GRAPH = path.join('.vite', 'bundle.json')

/** The graph of a build. @throws where there is no build */
export function readBundleGraph(folder: string): BundleGraph {
  return JSON.parse(readFileSync(path.join(folder, GRAPH), 'utf8')) as BundleGraph
}

/** Everything that is loaded before the first line of these files can run, themselves included. */
export function staticGraph(graph: BundleGraph, names: readonly string[]): BundleFile[] {
  const known = new Map(graph.files.map((file) => [file.name, file]))
  const found = new Map<string, BundleFile>()
  const visit = (name: string): void => {
    if (found.has(name)) return
    const file = known.get(name)
    if (file === undefined) throw new Error(`${name} is not a file of this build`)
    found.set(name, file)
    file.imports.forEach(visit)
  }
  names.forEach(visit)
  return [...found.values()]
}

/** The file whose name without its hash is `stem`. @throws where there is none or more than one */
export function fileNamed(graph: BundleGraph, stem: string): BundleFile {
  const files = graph.files.filter(
    ({ name, kind }) => kind !== 'asset' && name.replace(/-[\w-]{8}\.js$/, '') === `assets/${stem}`,
  )
  const [file] = files
  if (file === undefined || files.length > 1)
    throw new Error(`The build has ${files.length} files called ${stem}`)
  return file
}

type Unsized = Omit<BundleFile, 'bytes' | 'gzip' | 'brotli'>

/** Plugins that write the graph: the builds of the workers end before that of the page does. */
export function bundleGraph(root: string): { page: () => Plugin; worker: () => Plugin } {
  const files = new Map<string, Unsized>()

  const collect = (name: string, entry: 'page' | 'worker'): Plugin => ({
    name,
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const output of Object.values(bundle)) {
          const { fileName: name } = output
          if (output.type === 'asset') {
            // The page's build takes in what those of the workers made.
            if (!files.has(name))
              files.set(name, { name, kind: 'asset', imports: [], dynamicImports: [], modules: [] })
            continue
          }
          files.set(name, {
            name,
            kind: output.isEntry ? entry : 'chunk',
            imports: output.imports,
            dynamicImports: output.dynamicImports,
            modules: Object.entries(output.modules)
              .map(([id, { code }]) => ({ id: moduleName(id, root), bytes: code?.length ?? 0 }))
              .filter(({ bytes }) => bytes > 0)
              .sort((a, b) => b.bytes - a.bytes),
          })
        }
      },
    },
  })

  return {
    worker: () => collect('bundle-graph-of-worker', 'worker'),
    page: () => ({
      ...collect('bundle-graph', 'page'),
      writeBundle({ dir = 'dist' }) {
        const sized = [...files.values()].map((file): BundleFile => {
          const content = readFileSync(path.join(dir, file.name))
          const { gzip, brotli } = compressed(content)
          return {
            ...file,
            bytes: content.length,
            gzip: gzip.length,
            brotli: brotli.length,
          }
        })
        mkdirSync(path.join(dir, path.dirname(GRAPH)), { recursive: true })
        writeFileSync(path.join(dir, GRAPH), JSON.stringify({ files: sized }, null, 1))
      },
    }),
  }
}

/** The package of a module that is not our own, else its path. */
function moduleName(id: string, root: string): string {
  const inPackage = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)
  return inPackage?.[1] ?? path.relative(root, id).replaceAll(path.sep, '/')
}
