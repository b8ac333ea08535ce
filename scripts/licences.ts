import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Plugin } from 'vite'
import { readBundleGraph, type BundleGraph } from './bundleGraph.ts'

/** Where the list lies in the folder of the build; the page links to it. */
export const LICENCES = 'licences.txt'

/** A package of which something is in the build. */
export interface Licence {
  readonly name: string
  readonly version: string
  /** SPDX. */
  readonly licence: string
  readonly text: string
}

/** The packages that a build is made of, in the page and in its workers. */
export function bundledPackages(graph: BundleGraph): string[] {
  const names = new Set<string>()
  for (const { name, modules } of graph.files) {
    // Its runtime is compiled into them.
    if (name.endsWith('.wasm')) names.add('assemblyscript')
    for (const { id } of modules) {
      const virtual = /^\0?(?:__)?(vite|rolldown)\b/u.exec(id)?.[1]
      if (virtual !== undefined) names.add(virtual)
      else if (!/^(?:src|public)\/|^\0|\.\./u.test(id)) names.add(id)
    }
  }
  return [...names].sort()
}

/** What each allows and asks for, in its own words. @throws where a package names no licence that is known here */
export function licencesOf(names: readonly string[], root: string): Licence[] {
  return names.map((name) => {
    const folder = path.join(root, 'node_modules', name)
    const { version, license, author } = JSON.parse(
      readFileSync(path.join(folder, 'package.json'), 'utf8'),
    ) as {
      readonly version: string
      readonly license?: string
      readonly author?: string | { readonly name: string }
    }
    if (license === undefined) throw new Error(`${name} names no licence`)
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(?:\.|$)/iu.test(entry))
    const holder = typeof author === 'string' ? author : author?.name
    const text =
      file === undefined
        ? standardText(license, holder ?? `the authors of ${name}`, root)
        : ownPart(readFileSync(path.join(folder, file), 'utf8'))
    return { name, version, licence: license, text: text.trim() }
  })
}

/** Of a file that goes on with the licences of what its package bundles for itself, the package's own. */
function ownPart(text: string): string {
  return text.split(/^# Licenses of bundled dependencies/mu)[0] ?? text
}

/** The text of a licence whose package brings none along. */
function standardText(licence: string, holder: string, root: string): string {
  if (licence === 'Apache-2.0')
    return readFileSync(path.join(root, 'node_modules/assemblyscript/LICENSE'), 'utf8')
  const own = readFileSync(path.join(root, 'LICENSE'), 'utf8')
  if (licence !== 'MIT' || !own.startsWith('MIT License'))
    throw new Error(`no text of the licence ${licence} is known`)
  return own.replace(/^Copyright .*$/mu, `Copyright (c) ${holder}`)
}

export function licenceList(graph: BundleGraph, root: string): string {
  const own = readFileSync(path.join(root, 'LICENSE'), 'utf8').trim()
  const parts = licencesOf(bundledPackages(graph), root).map(
    ({ name, version, licence, text }) => `${name} ${version} (${licence})\n\n${text}`,
  )
  const rule = `\n\n${'-'.repeat(80)}\n\n`
  return `${[`Lyapunov Lab\n\n${own}`, 'Made with:', ...parts].join(rule)}\n`
}

/** Writes the list beside the page, from what the build is made of. */
export function licences(root: string): Plugin {
  return {
    name: 'licences',
    apply: 'build',
    writeBundle: {
      order: 'post',
      sequential: true,
      handler({ dir = 'dist' }) {
        if (!existsSync(path.join(dir, 'index.html'))) return
        writeFileSync(path.join(dir, LICENCES), licenceList(readBundleGraph(dir), root))
      },
    },
  }
}
