import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { format } from 'prettier'
import { experiment } from '../src/lab/scene/experiments.ts'
import { MACHINE, ROOT } from './experiments.ts'
import { documentOf, type Chapter } from './reproduce/document.ts'
import { svg } from './reproduce/figure.ts'
import type { Outcomes } from './reproduce/perform.ts'
import { performAll } from './reproduce/pool.ts'
import { STUDIES } from './reproduce/studies.ts'
import type { Seeds, Study } from './reproduce/study.ts'

/**
 * Runs every experiment under several seeds, holds it to what the theory predicts, and writes docs/experiments.md with its
 * figures. Fails where a prediction is not met.
 * `--only a,b` runs these studies, `--quick` fewer seeds; with either the document goes to out/experiments instead.
 */
const USAGE = 'npm run reproduce [-- [--only a,b] [--quick]]'

const CHILD = path.join(import.meta.dirname, 'reproduce/child.ts')

interface Options {
  readonly studies: readonly Study[]
  readonly quick: boolean
  readonly whole: boolean
}

/** @throws Error that names what is wrong and what is allowed */
function readOptions(argv: readonly string[]): Options {
  let quick = false
  let only = null as readonly string[] | null
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === '--quick') quick = true
    else if (argv[i] === '--only' && argv[i + 1] !== undefined) only = argv[++i]!.split(',')
    else throw new Error(`found ${argv[i]}; allowed: ${USAGE}`)
  }
  const unknown = only?.find((id) => STUDIES.every((study) => study.id !== id))
  if (unknown !== undefined)
    throw new Error(`found ${unknown}; allowed: ${STUDIES.map(({ id }) => id).join(', ')}`)
  return {
    studies: STUDIES.filter(({ id }) => only?.includes(id) ?? true),
    quick,
    whole: only === null && !quick,
  }
}

function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1)
}

async function main(): Promise<number> {
  const started = performance.now()
  const { studies, quick, whole } = readOptions(process.argv.slice(2))
  const seeds = quick
    ? { few: [1], several: upTo(2), many: upTo(4) }
    : { few: upTo(3), several: upTo(8), many: upTo(20) }
  const jobs = studies.flatMap((study) => {
    const scene = experiment(study.covers?.[0] ?? study.id)?.scene
    if (scene === undefined) throw new Error(`There is no experiment ${study.id}`)
    return Object.entries(study.jobs(scene, seeds)).map(
      ([name, job]) => [{ study, name }, job] as const,
    )
  })
  const done = new Map<Study, Map<string, Outcomes>>(studies.map((study) => [study, new Map()]))
  const failures: string[] = []
  let ended = 0
  await performAll(CHILD, jobs, ({ study, name }, outcome: Outcomes | Error) => {
    ended++
    const label = `${ended}/${jobs.length} ${study.id}${name === 'main' ? '' : `, ${name}`}`
    const seconds = ((performance.now() - started) / 1000).toFixed(0)
    if (outcome instanceof Error) {
      failures.push(`${study.id}, ${name}: ${outcome.message}`)
      console.error(`${seconds} s  ${label}: ${outcome.message}`)
      return
    }
    done.get(study)?.set(name, outcome)
    console.log(`${seconds} s  ${label}`)
  })

  const chapters = studies.flatMap((study): Chapter[] => {
    const outcomes = done.get(study) ?? new Map<string, Outcomes>()
    if (jobs.some(([key]) => key.study === study && !outcomes.has(key.name))) return []
    const finding = study.judge((name) => {
      const found = outcomes.get(name)
      if (found === undefined) throw new Error(`${study.id}: there is no run ${name}`)
      return found
    })
    for (const { claim, measured, bound, met } of finding.predictions) {
      const line = `${study.id}: ${claim}: ${measured} (${bound})`
      console.log(`${met ? 'met    ' : 'NOT MET'}  ${line}`)
      if (!met) failures.push(line)
    }
    const title = study.title ?? experiment(study.id)?.title ?? study.id
    return [{ study, title, outcomes, finding }]
  })
  if (chapters.length > 0) await write(chapters, { whole, seeds, started })
  for (const failure of failures) console.error(`not met: ${failure}`)
  return failures.length === 0 ? 0 : 1
}

interface Circumstances {
  readonly whole: boolean
  readonly seeds: Seeds
  readonly started: number
}

async function write(
  chapters: readonly Chapter[],
  { whole, seeds, started }: Circumstances,
): Promise<void> {
  const folder = path.join(ROOT, whole ? 'docs' : 'out/experiments')
  const pictures = path.join(folder, 'experiments')
  await mkdir(pictures, { recursive: true })
  for (const file of await readdir(pictures))
    if (file.endsWith('.svg')) await rm(path.join(pictures, file))
  for (const { finding } of chapters)
    for (const figure of finding.figures)
      await writeFile(path.join(pictures, `${figure.name}.svg`), svg(figure))
  const text = documentOf(chapters, {
    command: ['npm run reproduce', ...(whole ? [] : ['--', ...process.argv.slice(2)])].join(' '),
    machine: MACHINE,
    seconds: (performance.now() - started) / 1000,
    seeds: seeds.few,
    manySeeds: seeds.many,
  })
  const file = path.join(folder, 'experiments.md')
  await writeFile(file, await format(text, { parser: 'markdown', printWidth: 100 }))
  console.log(`written: ${path.relative(ROOT, file)}`)
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
