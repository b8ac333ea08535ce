import type { TargetId } from '../src/core/targets/ids.ts'
import type { ObjectiveId } from '../src/learning/ids.ts'
import { networkShape } from '../src/learning/training/recipe.ts'
import { openOurs, OURS } from './kernels.ts'
import {
  PUBLISHED_SHAPE,
  PUBLISHED_STEPS,
  PUBLISHED_TEMPERATURE,
  PublishedTraining,
} from './peers/published.ts'
import {
  benchmark,
  bestTemperature,
  CENTRES,
  klAt,
  runRecipe,
  type Benchmark,
  type Course,
} from './recipes.ts'
import type { BenchOptions, Row } from './rows.ts'

const THRESHOLD = 0.05
const SEED = 1
/** KL of the published recipe is looked at this many times within its time. */
const LOOKS = 20

const OWN: readonly { readonly objective: ObjectiveId; readonly name: string }[] = [
  { objective: 'persistent', name: 'the default recipe' },
  { objective: 'quadrature', name: '`quadrature`' },
  { objective: 'energy-matching', name: '`energy-matching`, the published losses in our network' },
]

interface Published {
  readonly seconds: number
  readonly flow: number
  readonly joint: number
  /** KL at ε = 0.15, and at the ε where it is least. */
  readonly kl: number
  readonly best: { readonly epsilon: number; readonly kl: number }
  /** Seconds until either was first seen at or below the threshold; Infinity: never. */
  readonly reached: number
}

/**
 * Runs the published recipe for a time, the clock standing still while KL is taken.
 * @param phases their published lengths, as far as the time goes, or both shortened alike so that it is enough
 */
async function runPublished(
  target: Benchmark,
  seconds: number,
  phases: 'as published' | 'both phases in proportion',
): Promise<Published> {
  const kernel = await openOurs(PUBLISHED_SHAPE)
  const training = new PublishedTraining(kernel, target.problem(SEED), SEED)
  const values = new Float32Array(CENTRES.length / 2)
  const slopes = new Float32Array(CENTRES.length)
  let flows: number
  let joints = 0
  let spent = 0
  let reached = Infinity
  let kl = Infinity
  let best = { epsilon: Number.NaN, kl: Infinity }
  const look = async () => {
    await kernel.evaluate(training.theta, CENTRES, values, slopes)
    kl = klAt(target.density, values, PUBLISHED_TEMPERATURE)
    best = bestTemperature(target.density, values)
    if (Math.min(kl, best.kl) <= THRESHOLD) reached = Math.min(reached, spent)
  }
  /** Steps of one kind until a moment; at least one, so that every phase is there. */
  const run = async (step: () => Promise<void>, until: number, most: number): Promise<number> => {
    let taken = 0
    let next = spent + seconds / LOOKS
    do {
      const start = performance.now()
      await step()
      spent += (performance.now() - start) / 1000
      taken++
      if (spent >= next && spent < until) {
        await look()
        next = spent + seconds / LOOKS
      }
    } while (spent < until && taken < most)
    return taken
  }
  const { flow: flowSteps, joint: jointSteps } = PUBLISHED_STEPS
  if (phases === 'as published') {
    flows = await run(() => training.flow(), seconds, flowSteps)
    if (spent < seconds) joints = await run(() => training.joint(), seconds, jointSteps)
  } else {
    const probe = new PublishedTraining(kernel, target.problem(SEED + 1), SEED + 1)
    const time = async (step: () => Promise<void>, repeats: number) => {
      await step()
      const start = performance.now()
      for (let i = 0; i < repeats; i++) await step()
      return (performance.now() - start) / repeats
    }
    const flowCost = flowSteps * (await time(() => probe.flow(), 5))
    const jointCost = jointSteps * (await time(() => probe.joint(), 1))
    const share = flowCost / (flowCost + jointCost)
    flows = await run(() => training.flow(), share * seconds, flowSteps)
    joints = await run(() => training.joint(), seconds, jointSteps)
  }
  await look()
  kernel.dispose()
  return { seconds: spent, flow: flows, joint: joints, kl, best, reached }
}

const inSeconds = (seconds: number) => `${seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0)} s`

function ownRows(group: string, name: string, { seconds, kl, reached }: Course): Row[] {
  const time = reached.get(THRESHOLD)!
  return [
    {
      group,
      name: `${name}: KL at its end`,
      unit: 'nats',
      value: kl,
      note: `ends after ${inSeconds(seconds)}.`,
    },
    Number.isFinite(time)
      ? { group, name: `${name}: time to KL ≤ ${THRESHOLD}`, unit: 's', value: time }
      : {
          group,
          name: `${name}: KL ≤ ${THRESHOLD} not reached within`,
          unit: 's',
          value: seconds,
        },
  ]
}

function publishedRows(group: string, times: number, course: string, run: Published): Row[] {
  const name = `the published recipe, ${course}, at ${times} × that time`
  return [
    {
      group,
      name: `${name}: KL at ε = ${PUBLISHED_TEMPERATURE}`,
      unit: 'nats',
      value: run.kl,
      note: `${inSeconds(run.seconds)}: ${run.flow.toLocaleString('en-GB')} flow steps, ${run.joint.toLocaleString('en-GB')} joint steps.`,
    },
    {
      group,
      name: `${name}: KL at the best ε`,
      unit: 'nats',
      value: run.best.kl,
      note: `ε = ${run.best.epsilon.toPrecision(2)}.`,
    },
  ]
}

export async function measurePeers(options: BenchOptions): Promise<Row[]> {
  const ids: readonly TargetId[] = options.quick ? ['two-moons'] : ['two-moons', 'eight-gaussians']
  const multiples = options.quick ? [1] : options.long ? [1, 10, 100] : [1, 10]
  const rows: Row[] = []
  for (const id of ids) {
    const target = await benchmark(id)
    const group = `${target.label}, ${OURS}`
    let unit = 0
    for (const { objective, name } of OWN) {
      options.log(`${target.label}: ${name}`)
      const kernel = await openOurs(networkShape(objective))
      const course = await runRecipe(target, objective, kernel, SEED, [THRESHOLD])
      kernel.dispose()
      if (objective === 'persistent') unit = course.seconds
      rows.push(...ownRows(group, name, course))
    }
    const published: Published[] = []
    for (const times of multiples) {
      for (const course of ['as published', 'both phases in proportion'] as const) {
        options.log(`${target.label}: the published recipe, ${course}, ${times} ×`)
        const run = await runPublished(target, times * unit, course)
        published.push(run)
        rows.push(...publishedRows(group, times, course, run))
      }
    }
    const soonest = Math.min(...published.map((run) => run.reached))
    const longest = Math.max(...published.map((run) => run.seconds))
    rows.push(
      Number.isFinite(soonest)
        ? {
            group,
            name: `the published recipe: time to KL ≤ ${THRESHOLD} at any ε`,
            unit: 's',
            value: soonest,
          }
        : {
            group,
            name: `the published recipe: KL ≤ ${THRESHOLD} at any ε not reached within`,
            unit: 's',
            value: longest,
          },
    )
  }
  return rows
}
