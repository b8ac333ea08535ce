import { markdownTable } from '../reproduce/document.ts'
import { counted, listed, number, percent } from '../reproduce/numbers.ts'
import { CHECKS, type Check, type Reading } from './checks.ts'
import type { Coverage } from './coverage.ts'
import { KINDS, type Kind } from './scenes.ts'

/** A scene and what was read of it. */
export interface Audited {
  readonly kind: Kind
  readonly index: number
  readonly readings: readonly Reading[]
}

/** Share of the estimates that ±1.96 SE of an estimator may hold, over all its cases. */
const COVERED = [0.9, 0.98] as const
/** The least in one case of 40 runs: fewer of them happen in one of 20,000 where 95 % are right. */
const LEAST_COVERED = 0.775

export const isTrue = ({ error, allowed }: Reading): boolean => error <= allowed

/** How near to false: 1 is the limit. */
function strain({ error, allowed }: Reading): number {
  return allowed > 0 ? error / allowed : error <= 0 ? 0 : Infinity
}

/** An estimator's standard errors over all cases. */
export interface Pooled {
  readonly what: string
  readonly covered: number
  readonly estimates: number
  readonly cases: readonly Coverage[]
  readonly met: boolean
}

export function pooled(coverage: readonly Coverage[]): Pooled[] {
  return [...new Set(coverage.map(({ what }) => what))].map((what) => {
    const cases = coverage.filter((one) => one.what === what)
    const covered = cases.reduce((sum, one) => sum + one.covered, 0)
    const estimates = cases.reduce((sum, one) => sum + one.seeds, 0)
    const share = covered / estimates
    const met =
      share >= COVERED[0] &&
      share <= COVERED[1] &&
      cases.every((one) => one.covered >= LEAST_COVERED * one.seeds)
    return { what, covered, estimates, cases, met }
  })
}

/** What was found to be false, a line each. */
export function failuresOf(audited: readonly Audited[], coverage: readonly Coverage[]): string[] {
  return [
    ...audited.flatMap(({ kind, index, readings }) =>
      readings
        .filter((reading) => !isTrue(reading))
        .map(({ check, words }) => `${kind} ${index}: ${CHECKS[check]}: ${words}`),
    ),
    ...pooled(coverage)
      .filter(({ met }) => !met)
      .map(
        ({ what, covered, estimates, cases }) =>
          `coverage of ${what}: ${percent(covered / estimates)} of ${estimates}; ` +
          cases.map((one) => `${one.covered}/${one.seeds}`).join(', '),
      ),
  ]
}

export interface Colophon {
  readonly command: string
  readonly seed: number
  readonly machine: string
  readonly minutes: number
}

export function documentOf(
  audited: readonly Audited[],
  coverage: readonly Coverage[],
  { command, seed, machine, minutes }: Colophon,
): string {
  const failures = failuresOf(audited, coverage)
  const readings = audited.flatMap(({ kind, index, readings: own }) =>
    own.map((reading) => ({ ...reading, scene: `${kind} ${index}` })),
  )
  const kinds = KINDS.map((kind) => ({
    kind,
    own: audited.filter((one) => one.kind === kind),
  })).filter(({ own }) => own.length > 0)
  const kindTable = markdownTable(
    ['kind', 'scenes', 'statements held', 'false'],
    kinds.map(({ kind, own }) => {
      const all = own.flatMap((one) => one.readings)
      return [
        kind,
        String(own.length),
        String(all.length),
        String(all.filter((one) => !isTrue(one)).length),
      ]
    }),
  )
  const checkTable = markdownTable(
    ['statement', 'held', 'scenes', 'false', 'nearest to false'],
    (Object.keys(CHECKS) as Check[]).map((check) => {
      const own = readings.filter((one) => one.check === check)
      if (own.length === 0) return [CHECKS[check], '0', '0', '0', '–']
      const worst = own.reduce((a, b) => (strain(b) > strain(a) ? b : a))
      return [
        CHECKS[check],
        String(own.length),
        String(new Set(own.map(({ scene }) => scene)).size),
        String(own.filter((one) => !isTrue(one)).length),
        `${worst.scene}, ${worst.words}`,
      ]
    }),
  )
  const groups = pooled(coverage)
  const coverageTable = markdownTable(
    ['estimator', 'estimates', 'covered', 'held to', 'least and most in a case', 'verdict'],
    groups.map(({ what, covered, estimates, cases, met }) => {
      const shares = cases.map((one) => one.covered / one.seeds)
      return [
        what,
        String(estimates),
        percent(covered / estimates),
        `${percent(COVERED[0], 2)} to ${percent(COVERED[1], 2)}`,
        `${percent(Math.min(...shares))}, ${percent(Math.max(...shares))}`,
        met ? 'met' : '**not met**',
      ]
    }),
  )
  const caseTable = markdownTable(
    ['case', 'estimator', 'step', 'true value, nats', 'bias, SE of the mean', 'SE / sd', 'covered'],
    coverage.map(({ scene, what, step, truth, bias, ratio, covered, seeds }) => [
      scene,
      what,
      step === null ? '–' : String(step),
      number(truth, 4),
      number(bias, 2),
      number(ratio),
      `${covered}/${seeds}`,
    ]),
  )
  const parts = [
    `# Truth

Written by \`${command}\`, seed ${seed}, in ${number(minutes, 2)} minutes on: ${machine}. Random scenes go through the engine of the page,
headless, and what it says of them is held to values that do not come from it: closed forms of Gaussian laws, quadratures of the formulas
on grids of their own, the law of the chain by sums of Gaussians on a finer grid, the continuous dynamics by finite volumes
on 160² cells with explicit steps, the noiseless flow along its paths, Rayleigh quotients. The command fails, and names it, where a statement is
false. This run held ${readings.length} statements on ${counted(audited.length, 'scene')}; ${failures.length === 0 ? 'none is false' : `${counted(failures.length, 'failure')} in all`}.`,
    kindTable,
    `What is allowed: 0.001 (1 + KL) nats of a KL by quadrature (beside walls, which cells cut, and what half as many cells of the reference change), 5 % of I and of the folded mass, 1 % of a gap in closed form, the
error bar itself with twice the doubt of the finer solution and 0.0001 (1 + KL) nats (0.001 beside walls), 5 standard errors and 0.001 nats of a single reading; nothing of an envelope, a certificate and a
proved λ but the rounding of the reference. Scenes that the program calls unresolved, and statements that it does not make, are not counted.`,
    checkTable,
    ...(failures.length === 0
      ? []
      : [`False:\n\n${failures.map((line) => `- ${line}`).join('\n')}`]),
  ]
  if (coverage.length > 0)
    parts.push(
      `## Coverage of standard errors`,
      `How often an estimate ± 1.96 SE holds the value that it estimates, over ${listed([...new Set(coverage.map(({ seeds }) => seeds))])} runs of each case that
differ in their seed alone. The standard error of the particles is that of 16 groups: with Student's law of 15 degrees of freedom 1.96 of them cover
93 %. The value of the smoothed estimator is the KL of the law and of π, both widened as it widens them.`,
      coverageTable,
      caseTable,
    )
  return `${parts.join('\n\n')}\n`
}
