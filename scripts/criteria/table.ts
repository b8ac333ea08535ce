import type { Criterion } from '../../src/core/analysis/stopping/criterion.ts'
import { summariesOf, type Spread, type SweepSummary } from '../../src/lab/io/sweepSummary.ts'
import type { SweepResult, SweepRow } from '../../src/lab/protocol/sweep.ts'
import { exactly, number } from '../reproduce/numbers.ts'

/** The sweep of one shipped energy. */
export interface Measured {
  readonly title: string
  readonly result: SweepResult
}

/** docs/criteria.md: every criterion over every shipped energy. @param command that makes it */
export function documentOf(
  measured: readonly Measured[],
  criteria: readonly Criterion[],
  { command, seeds }: { readonly command: string; readonly seeds: number },
): string {
  const { dynamics, stopping } = measured[0]!.result.scene
  return `# The criteria beside each other

Written by \`${command}\`. Each stopping criterion reads the same runs: the ${measured.length} shipped energies, each in its scene of the menu _Experiments_
(${dynamics.steps} steps of ${dynamics.particles.toLocaleString('en')} particles from N(0, I), η = 0.5/L95, δ = ${exactly(stopping.delta)} nats), with ${seeds} seeds. A seed moves the particles and nothing else: what a criterion reads
from the laws alone, as \`npm run sweep\` follows them on the grid, is one number for all seeds. The same numbers come from
\`npm run --silent sweep -- scene.json --over delta=${exactly(stopping.delta)} --seeds ${seeds} --criteria all --out DIR\`.

How to read it:

- _stop_ is the step that the criterion names, the median over the seeds with the least and the greatest where they differ; _in_ says in how many of the
  runs it stopped. A stop beyond the last step is known in advance, from a bound. _Stalled_ is a stop at which the criterion says that the run rests away from π.
- _true KL_ is KL(ρₖ‖π) in nats at that step: of the exact law of the chain where it is followed, else of the continuous dynamics (marked ≈); of the
  noiseless flow for a rule that reads that (marked F), which wastes no steps, since it does not come to rest at π. There is none beyond the run.
- _false_ counts the stops at which that KL is above δ although the criterion claims that it is at most δ: only some claim it, see below, and for the others
  the true KL says how good their stop was. A claim about the continuous dynamics is judged by them; one that is read off the exact law itself cannot be
  false by it, and is where particles alone are read. _Open_ are claims that no law decides.
- _wasted_ is the number of steps between the first at which the true KL is at most δ and the stop; negative where the stop comes before it.

| criterion | stops where | a stop claims |
| --- | --- | --- |
${criteria.map(claimRow).join('\n')}

| energy | KL ≤ δ from step | criterion | stop | in | true KL | false | wasted |
| --- | --- | --- | --- | --- | --- | --- | --- |
${measured.flatMap((one) => rowsOf(one, criteria)).join('\n')}
`
}

const CLAIMS = {
  chain: 'KL of the chain ≤ δ',
  continuous: 'KL of the continuous dynamics ≤ δ',
}

function claimRow({ label, plain, claims, divergence }: Criterion): string {
  const other =
    divergence === 'data' ? 'nothing of π: it reads the KL to the data' : 'no level of KL'
  return `| ${label} | ${plain.replaceAll('|', '\\|')} | ${claims === undefined ? other : CLAIMS[claims]} |`
}

function rowsOf({ title, result }: Measured, criteria: readonly Criterion[]): readonly string[] {
  const { rows } = result
  return summariesOf(rows).map((summary, i) => {
    const { label } = criteria.find(({ id }) => id === summary.criterion)!
    const own = rows.filter(({ criterion }) => criterion === summary.criterion)
    const first = i === 0 ? [title, withinText(rows)] : ['', '']
    const cells = [...first, label, stopText(summary), countText(summary), klText(summary, own)]
    return `| ${[...cells, falseText(summary), wastedText(summary)].join(' | ')} |`
  })
}

function withinText(rows: readonly SweepRow[]): string {
  const within = rows[0]?.firstWithin ?? null
  return within === null ? 'never' : String(within)
}

function spread({ least, median, most }: Spread, digits: (x: number) => string): string {
  const [low, middle, high] = [least, median, most].map(digits)
  return low === high ? middle! : `${middle} (${low} to ${high})`
}

const NONE = '–'
const whole = (x: number) => String(x).replace('-', '−')

function stopText({ step }: SweepSummary): string {
  return step === null ? NONE : spread(step, whole)
}

function countText({ runs, stopped, stalled }: SweepSummary): string {
  return `${stopped}/${runs}${stalled === 0 ? '' : `, ${stalled} stalled`}`
}

function klText({ trueKl }: SweepSummary, rows: readonly SweepRow[]): string {
  if (trueKl === null) return NONE
  const near = rows.some(({ trueKlMeaning }) => trueKlMeaning === 'KL of the continuous dynamics')
  const flow = rows.some(({ trueKlMeaning }) => trueKlMeaning?.endsWith('noiseless flow'))
  return `${near ? '≈ ' : ''}${spread(trueKl, (x) => number(x, 2))}${flow ? ' F' : ''}`
}

function falseText({ claimed, unknown, ...summary }: SweepSummary): string {
  if (claimed === null) return NONE
  return `${summary.false}/${claimed}${unknown === 0 ? '' : `, ${unknown} open`}`
}

function wastedText({ wasted }: SweepSummary): string {
  return wasted === null ? NONE : spread(wasted, whole)
}
