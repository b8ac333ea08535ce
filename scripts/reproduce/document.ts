import type {
  BarrierSpec,
  EnergySpec,
  InitialSpec,
  SceneSpec,
  TargetSpec,
  Vector2,
} from '../../src/lab/scene/sceneSpec.ts'
import { first, stopOf } from './measures.ts'
import { counted, exactly, listed, number } from './numbers.ts'
import type { Outcomes } from './perform.ts'
import type { Finding, Study, Table } from './study.ts'

/** One study with what came of it. */
export interface Chapter {
  readonly study: Study
  readonly title: string
  readonly outcomes: ReadonlyMap<string, Outcomes>
  readonly finding: Finding
}

/** How the document came to be. */
export interface Colophon {
  readonly command: string
  readonly machine: string
  readonly seconds: number
  readonly seeds: readonly number[]
  readonly manySeeds: readonly number[]
}

const vector = (v: readonly [number, number]) => `(${v.map((c) => exactly(c)).join(', ')})`
const matrix = (m: readonly (readonly [number, number])[]) =>
  `[${m.map((row) => row.map((c) => exactly(c)).join(', ')).join('; ')}]`

function targetInWords(target: TargetSpec): string {
  if ('sharpness' in target) return `${target.kind} at sharpness ${exactly(target.sharpness)}`
  if (target.kind === 'gaussian-mixture')
    return target.components
      .map(({ mean, covariance }) => `N(${vector(mean)}, ${matrix(covariance)})`)
      .join(' + ')
  return target.kind
}

function energyInWords(energy: EnergySpec): string {
  switch (energy.kind) {
    case 'exact':
      return 'exact, V = −log ρ*'
    case 'quadratic':
      return `½ (x − c)ᵀA(x − c), A = ${matrix(energy.matrix)}, c = ${vector(energy.center)}`
    case 'pretrained':
      return `trained, shipped as ${energy.name}`
    case 'sum': {
      const terms = energy.terms.map(
        ({ weight, energy: term }) => `${exactly(weight)} × (${energyInWords(term)})`,
      )
      const whole = energy.operation === 'or' ? [`the mixture of ${terms.join(' or ')}`] : terms
      return [...whole, ...energy.barriers.map(barrierInWords)].join(' + ')
    }
    default:
      return energy.kind
  }
}

/** The kind of a barrier and its fields, of whatever kind it is. */
function barrierInWords({ kind, ...fields }: BarrierSpec): string {
  const words = Object.entries(fields).map(([name, value]: [string, BarrierField]) => {
    if (typeof value === 'number') return `${name} ${exactly(value)}`
    return isPair(value) ? `${name} ${vector(value)}` : `${value.length} ${name}`
  })
  return `keep-out ${[kind, ...words].join(', ')}`
}

type BarrierField = number | Vector2 | readonly Vector2[]

function isPair(value: Vector2 | readonly Vector2[]): value is Vector2 {
  return typeof value[0] === 'number'
}

function startInWords(initial: InitialSpec): string {
  switch (initial.kind) {
    case 'gaussian':
      return `N(${vector(initial.mean)}, ${matrix(initial.covariance)})`
    case 'uniform':
      return `uniform on [−${exactly(initial.halfWidth)}, ${exactly(initial.halfWidth)}]²`
    case 'point':
      return `N(${vector(initial.at)}, ${exactly(initial.spread)}² I)`
    case 'data':
      return 'the data'
    case 'gibbs':
      return 'π itself'
    default:
      return initial satisfies never
  }
}

/** Everything that a run of the scene depends on, in one sentence. */
function settingOf({ target, energy, domain, dynamics }: SceneSpec): string {
  const { epsilon, stepSize, steps, particles, sampler, skew, preconditioner, metric, jumpEvery } =
    dynamics
  const [[p, q], [, r]] = preconditioner
  return [
    `target ${targetInWords(target)}`,
    `energy ${energyInWords(energy)}`,
    `ε = ${exactly(epsilon)}`,
    `η = ${stepSize === null ? '0.5/L95' : exactly(Number(stepSize.toPrecision(4)))}`,
    counted(steps, 'step'),
    `N = ${particles}`,
    sampler === 'mala' ? 'Metropolis-adjusted' : '',
    skew === 0 ? '' : `γ = ${exactly(skew)}`,
    p === 1 && q === 0 && r === 1 ? '' : `P = ${matrix(preconditioner)}`,
    metric === undefined
      ? ''
      : metric.kind === 'conformal'
        ? `M = min(${exactly(metric.cap)}, e^(${exactly(metric.beta)}V))`
        : `M = ${exactly(metric.cap)}((∇²V)² + ${exactly(metric.softening)}²)^(−½)`,
    jumpEvery === 0 ? '' : `a uniform Metropolis jump every ${counted(jumpEvery, 'step')}`,
    dynamics.companion === null ? '' : `companion at offset ${vector(dynamics.companion)}`,
    `start ${startInWords(dynamics.initial)}`,
    `box [−${exactly(domain.halfWidth)}, ${exactly(domain.halfWidth)}]², ${domain.cells}² cells`,
  ]
    .filter((part) => part !== '')
    .join('; ')
}

/** A Markdown table; bars in cells are escaped. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function predictionTable({ predictions }: Finding): string {
  return markdownTable(
    ['prediction', 'measured', 'held to', 'verdict'],
    predictions.map(({ claim, measured, bound, met }) => [
      claim,
      measured,
      bound,
      met ? 'met' : '**not met**',
    ]),
  )
}

/** A KL below this is zero up to rounding, nats. */
const ROUNDING = 1e-12

/** What each criterion says of a scene, with the steps of all seeds where they differ. */
function stoppingTable(outcomes: Outcomes): string {
  const { result } = first(outcomes)
  return markdownTable(
    ['criterion', 'step', 'KL there, nats', 'outcome', 'status'],
    result.stopping.map(({ criterion, kl, outcome, status }) => {
      const steps = outcomes.runs.map((run) => stopOf(run, criterion))
      const same = new Set(steps).size === 1
      return [
        criterion === result.scene.stopping.criterion ? `**${criterion}**` : criterion,
        (same ? steps.slice(0, 1) : steps)
          .map((step) => (step === null ? '–' : exactly(step)))
          .join(', '),
        kl === null ? '–' : number(Math.abs(kl) < ROUNDING ? 0 : kl),
        outcome,
        status === 'none' ? 'no claim' : status,
      ]
    }),
  )
}

function tableText({ caption, head, rows }: Table): string {
  return `${caption}\n\n${markdownTable(head, rows)}`
}

/** Numbers chapters, figures and all, in the order given. */
export function documentOf(chapters: readonly Chapter[], colophon: Colophon): string {
  let figure = 0
  const bodies = chapters.map(({ study, title, outcomes, finding }, i) => {
    const main = outcomes.get('main')
    const figures = finding.figures.map(({ name, alt, caption }) => {
      figure++
      return `![${alt}](experiments/${name}.svg)\n\n_Figure ${figure}._ ${caption}`
    })
    const variations = Object.entries(study.variations ?? {}).map(
      ([name, words]) => `_${name}_, ${words}`,
    )
    const setting =
      main === undefined
        ? ''
        : `**Setting.** ${capitalised(settingOf(first(main).result.scene))}; ${seedsInWords(main)}.`
    const reason =
      main === undefined
        ? undefined
        : first(main).result.stopping.find(
            ({ criterion }) => criterion === first(main).result.scene.stopping.criterion,
          )
    return [
      `## ${i + 1}. ${title}`,
      `**Question.** ${study.question}`,
      setting,
      variations.length === 0 ? '' : `Variations of it: ${variations.join('; ')}.`,
      ...figures,
      ...(finding.remarks ?? []),
      predictionTable(finding),
      ...(finding.tables ?? []).map(tableText),
      ...(main === undefined
        ? []
        : [
            `Stops (first seed; the step of every seed where they differ). The scene's own criterion: ${reason?.reason ?? '–'}`,
            stoppingTable(main),
          ]),
    ]
      .filter((part) => part !== '')
      .join('\n\n')
  })
  return `${[introduction(chapters, colophon), ...bodies].join('\n\n')}\n`
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

function seedsInWords({ runs }: Outcomes): string {
  const seeds = runs.map(({ seed }) => seed)
  return seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${listed(seeds)}`
}

function introduction(chapters: readonly Chapter[], colophon: Colophon): string {
  const predictions = chapters.flatMap(({ finding }) => finding.predictions)
  const met = predictions.filter((prediction) => prediction.met).length
  const summary = chapters.map(({ title, finding }, i) => [
    `${i + 1}. ${title}`,
    `${finding.predictions.filter((prediction) => prediction.met).length} of ${finding.predictions.length}`,
  ])
  const { command, machine, seconds, seeds, manySeeds } = colophon
  return `# Experiments

Written by \`${command}\`, every number, table and figure from its runs: the engine of the page, headless, seeds ${listed(seeds)}${manySeeds.length > seeds.length ? ` (${manySeeds[0]} to ${manySeeds.at(-1)} where the seed itself is the question)` : ''}. The
command fails, and names it, where a prediction of the theory is not met. This run met ${met} of ${predictions.length} and took
${number(seconds / 60, 2)} minutes on: ${machine}. A scene can be opened in the page under the same title in the menu _Experiments_.

π = e^(−V/ε)/Z is the Gibbs measure of the energy, ρₖ the law after k steps, KL is in nats. Curves come from four
sources that know nothing of each other: **particles**, whose KL is estimated from the exact kernel of their last step and
has a standard error (SE) from a jackknife over 16 groups; the **exact law of the chain**, propagated on the grid with the step
size that the particles have; the **continuous dynamics**, a Fokker–Planck scheme on the grid that is the limit η → 0; and the
**noiseless flow**, whose KL is an unbiased mean along its own paths. The **null floor** is what the particles' estimator reads on
exact samples of π, mean and two standard deviations: below it particles say nothing.

${markdownTable(['experiment', 'predictions met'], summary)}`
}
