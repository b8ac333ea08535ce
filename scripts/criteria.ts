/**
 * `npm run criteria`: every stopping criterion over every shipped energy with 20 seeds, as a table in docs/criteria.md.
 * `-- --seeds N` takes other seeds, `-- --only two-moons,rings` some energies; with either the table goes to out/criteria.md instead.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { format, resolveConfig } from 'prettier'
import { CRITERION_IDS } from '../src/core/analysis/ids.ts'
import { CRITERIA } from '../src/core/analysis/stopping/registry.ts'
import type { SweepResult, SweptScene } from '../src/lab/protocol/sweep.ts'
import { experiment, PRETRAINED_IDS, type Experiment } from '../src/lab/scene/experiments.ts'
import { readCommandLine, readWhole, refuse } from './commandLine.ts'
import { documentOf, type Measured } from './criteria/table.ts'
import { performAll } from './reproduce/pool.ts'
import { ROOT } from './suites.ts'

const USAGE = 'npm run criteria [-- [--seeds N] [--only a,b]]'
const CHILD = path.join(import.meta.dirname, 'criteria/child.ts')
const SEEDS = 20

const { values } = readCommandLine(USAGE, {
  options: { seeds: { type: 'string' }, only: { type: 'string' } },
})
const seeds = readWhole(USAGE, '--seeds', values.seeds, SEEDS, 100)
const only = values.only?.split(',') ?? PRETRAINED_IDS
const unknown = only.find((name) => PRETRAINED_IDS.every((id) => id !== name))
if (unknown !== undefined) refuse(USAGE, '--only', unknown, PRETRAINED_IDS.join(', '))
const whole = seeds === SEEDS && only.length === PRETRAINED_IDS.length

const jobs = PRETRAINED_IDS.filter((id) => only.includes(id)).map((id) => {
  const chosen = experiment(id)
  if (chosen === undefined) throw new Error(`There is no experiment ${id}`)
  return [chosen, sweptScene(chosen)] as const
})

function sweptScene({ scene }: Experiment): SweptScene {
  const values = { kind: 'list', values: [scene.stopping.delta] } as const
  return { ...scene, sweep: { over: 'delta', values, seeds, criteria: CRITERION_IDS } }
}

const found = new Map<Experiment, SweepResult>()
let failed = false
const started = performance.now()
await performAll(CHILD, jobs, (chosen: Experiment, outcome: SweepResult | Error) => {
  const at = `${((performance.now() - started) / 1000).toFixed(0)} s  ${chosen.id}`
  if (outcome instanceof Error) {
    failed = true
    console.error(`${at}: ${outcome.message}`)
    return
  }
  found.set(chosen, outcome)
  console.log(at)
})
if (!failed) {
  const measured = jobs.map(([chosen]): Measured => {
    return { title: chosen.title, result: found.get(chosen)! }
  })
  const text = documentOf(measured, CRITERIA, {
    command: ['npm run criteria', ...(whole ? [] : ['--', ...process.argv.slice(2)])].join(' '),
    seeds,
  })
  const file = path.join(ROOT, whole ? 'docs/criteria.md' : 'out/criteria.md')
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, await format(text, { ...(await resolveConfig(file)), filepath: file }))
  console.log(`written: ${path.relative(ROOT, file)}`)
}
process.exitCode = failed ? 1 : 0
