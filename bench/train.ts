import { TARGET_IDS, type TargetId } from '../src/core/targets/ids.ts'
import type { ObjectiveId } from '../src/learning/ids.ts'
import { networkShape } from '../src/learning/training/recipe.ts'
import { openOurs, OURS } from './kernels.ts'
import { benchmark, runRecipe, timeLongTraining, type Course } from './recipes.ts'
import type { BenchOptions, Row } from './rows.ts'
import { summarise } from './statistics.ts'

const SEEDS = [1, 2, 3]

/** The longest training that a scene may ask for; so many of its steps are made, so many of them timed at either end. */
const LONG = { steps: 200_000, made: 25_000, timed: 1000 }
/** A step may take so many times as long late as early. */
const MOST_SLOWDOWN = 1.2

/** What a recipe is held to: KL, nats, and seconds. */
interface Asked {
  readonly kl: number
  readonly seconds: number
}

interface Recipe {
  readonly objective: ObjectiveId
  readonly title: string
  /** Held to the end of the recipe, or to when KL is reached. */
  readonly bounds: 'end' | 'reached'
  asked(id: TargetId): Asked
}

const RECIPES: readonly Recipe[] = [
  {
    objective: 'persistent',
    title: 'The default recipe, `persistent`',
    bounds: 'end',
    asked: (id) => ({ kl: id === 'checkerboard' ? 0.05 : 0.03, seconds: 4 }),
  },
  {
    objective: 'quadrature',
    title: '`quadrature`, maximum likelihood by quadrature',
    bounds: 'reached',
    asked: (id) => (id === 'checkerboard' ? { kl: 0.08, seconds: 1.5 } : { kl: 0.05, seconds: 1 }),
  },
]

const list = (values: readonly number[], digits: number) =>
  values.map((value) => value.toFixed(digits)).join(', ')

/** The worst of the seeds stands for all: a bound speaks of every run. */
const worst = (values: readonly number[]) => Math.max(...values)

function rowsOf(recipe: Recipe, id: TargetId, label: string, courses: readonly Course[]): Row[] {
  const { kl, seconds } = recipe.asked(id)
  const group = `${recipe.title}, ${OURS}`
  const end = courses.map((course) => course.seconds)
  const divergences = courses.map((course) => course.kl)
  const samples = courses.length
  const rows: Row[] = [
    {
      group,
      name: `${label}: KL at the end`,
      unit: 'nats',
      value: worst(divergences),
      samples,
      bounds: [{ at: 'most', value: kl, of: 'value' }],
      note: `seeds ${SEEDS.slice(0, samples).join(', ')}: KL ${list(divergences, 4)}; ended after ${list(end, 2)} s.`,
    },
  ]
  if (recipe.bounds === 'end') {
    rows.push({
      group,
      name: `${label}: time to the end`,
      unit: 's',
      value: worst(end),
      samples,
      bounds: [{ at: 'most', value: seconds, of: 'value' }],
    })
    return rows
  }
  const reached = courses.map((course) => course.reached.get(kl)!)
  // A run that never came there has missed the bound: its whole course and more.
  const until = worst(reached.map((time, k) => (Number.isFinite(time) ? time : 2 * end[k]!)))
  rows.push({
    group,
    name: `${label}: time to KL ≤ ${kl}`,
    unit: 's',
    value: until,
    samples,
    bounds: [{ at: 'most', value: seconds, of: 'value' }],
    ...(reached.every(Number.isFinite)
      ? {}
      : { note: 'not reached by every seed; twice the whole course is shown.' }),
  })
  return rows
}

/** Whether a training keeps its pace while its weights grow. */
async function longRows(options: BenchOptions): Promise<Row[]> {
  const made = options.quick ? LONG.made / 5 : LONG.made
  options.log(`persistent, the first ${made} of ${LONG.steps} steps`)
  const kernel = await openOurs(networkShape('persistent'))
  const target = await benchmark('two-moons')
  const { early, late } = await timeLongTraining(target, 'persistent', kernel, { ...LONG, made })
  kernel.dispose()
  const group = `A training of ${LONG.steps.toLocaleString('en')} steps, two moons, ${OURS}`
  const to = made.toLocaleString('en')
  return [
    { group, name: 'a step, early', unit: 'ms', ...summarise(early) },
    { group, name: `a step, after ${to}`, unit: 'ms', ...summarise(late) },
    {
      group,
      name: 'late over early',
      unit: '',
      value: summarise(late).value / summarise(early).value,
      bounds: [{ at: 'most', value: MOST_SLOWDOWN, of: 'value' }],
    },
  ]
}

export async function measureTraining(options: BenchOptions): Promise<Row[]> {
  const ids: readonly TargetId[] = options.quick ? ['two-moons', 'checkerboard'] : TARGET_IDS
  const seeds = options.quick ? SEEDS.slice(0, 1) : SEEDS
  const targets = await Promise.all(ids.map(benchmark))
  // The compiler has seen everything before the clock runs.
  const rows: Row[] = []
  for (const recipe of RECIPES) {
    const kernel = await openOurs(networkShape(recipe.objective))
    await runRecipe(targets[0]!, recipe.objective, kernel, 99)
    for (const target of targets) {
      options.log(`${recipe.objective}, ${target.label}`)
      const courses: Course[] = []
      for (const seed of seeds) {
        const thresholds = [recipe.asked(target.id).kl]
        courses.push(await runRecipe(target, recipe.objective, kernel, seed, thresholds))
      }
      rows.push(...rowsOf(recipe, target.id, target.label, courses))
    }
    kernel.dispose()
  }
  return [...rows, ...(await longRows(options))]
}
