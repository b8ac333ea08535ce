/**
 * `npm run measure:metrics`: for every shipped energy the spectral gap in metrics that depend on the place, and what it is per
 * stable step, as a table in docs/metrics.md. `-- --only two-moons,rings` takes some energies; the table then goes to out/metrics.md.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { format, resolveConfig } from 'prettier'
import { jacobian95, steepness95 } from '../src/core/analysis/constants/metric.ts'
import { spectralGap } from '../src/core/analysis/constants/spectrum.ts'
import type { EnergyField } from '../src/core/fields/energyField.ts'
import { gibbs } from '../src/core/fields/gibbs.ts'
import {
  isPlaceMetric,
  type Metric,
  metricTable,
  tabulateMetric,
} from '../src/core/fields/placeMetric.ts'
import type { Box } from '../src/core/maths/grid.ts'
import { spectralNorm2 } from '../src/core/maths/linalg2.ts'
import { readKernelModule } from '../src/lab/cli/kernelModule.ts'
import { readEnergyFile } from '../src/lab/io/energyFile.ts'
import { experiment, PRETRAINED_IDS } from '../src/lab/scene/experiments.ts'
import { createSimdKernel } from '../src/learning/kernels/simd/simdKernel.ts'
import { tabulateModel } from '../src/learning/training/tabulate.ts'
import { readCommandLine, refuse } from './commandLine.ts'
import { ROOT } from './suites.ts'

const USAGE = 'npm run measure:metrics [-- --only a,b]'
const BOX: Box = { halfWidth: 4, cells: 128 }
/** The relative error of a gap is about the square of this. */
const TOLERANCE = 1e-2

const { values } = readCommandLine(USAGE, { options: { only: { type: 'string' } } })
const only = values.only?.split(',') ?? PRETRAINED_IDS
const unknown = only.find((name) => PRETRAINED_IDS.every((id) => id !== name))
if (unknown !== undefined) refuse(USAGE, '--only', unknown, PRETRAINED_IDS.join(', '))

/** The metrics that are tried, each with its head; c = L, the 95th percentile of |∇²V| under π. */
const TRIED: readonly {
  readonly head: string
  readonly metric: (field: EnergyField, l95: number) => Metric
}[] = [
  { head: 'M = 1', metric: () => [1, 0, 1] },
  ...[0.25, 0.5].map((beta) => ({
    head: `conformal, β = ${String(beta)}, c = 8`,
    metric: ({ grid }: EnergyField) => metricTable(grid, { kind: 'conformal', beta, cap: 8 }),
  })),
  ...[0.3, 0.1, 0.03].map((share) => ({
    head: `inverse Hessian, τ = ${String(share)} L`,
    metric: ({ grid }: EnergyField, l95: number) =>
      metricTable(grid, { kind: 'inverse-hessian', softening: share * l95, cap: l95 }),
  })),
  {
    head: 'its size alone, τ = 0.1 L',
    metric: ({ grid }, l95) =>
      tabulateMetric(grid, (_, xx, xy, yy) => {
        const m = l95 / Math.hypot(spectralNorm2(xx, xy, yy), 0.1 * l95)
        return [m, 0, m]
      }),
  },
]

const INTRODUCTION = [
  'dx = (−M∇V + ε div M)dt + √(2εM)dW keeps π ∝ e^(−V/ε) for every metric M(x) (where π is not small at the walls, for a diagonal one), and KL falls by ε E|∇log(ρ/π)|²_M per unit of time. A metric can always make the clock run faster: twice M is twice the rate. What counts is the gap per _stable step_,',
  '',
  '    merit = gap / (95th percentile under π of the spectral radius of M∇²V),',
  '',
  'which does not change with the unit of time. Each entry has the gap per unit of time, the merit, the merit over that of M = 1, and the same with the spectral radius of ∇(M∇V), the whole Jacobian of the noiseless drift, in place of that of M∇²V: where M changes fast a step must be shorter than M∇²V says. L is the 95th percentile of |∇²V|.',
  '',
  '- Conformal: M = min(c, e^(βV))·I, V from its least value: fast where V is high.',
  '- Inverse Hessian: M = L((∇²V)² + τ²)^(−½): fast along the directions in which V is flat.',
  '- Its size alone: M = L(|∇²V|² + τ²)^(−½)·I, to tell the direction from the size.',
  '',
  'The two columns disagree because they ask different things. Measured on two moons with `npm run experiment` (η = 0.5/L = 0.0177, 8,192 particles, 300 steps): plain Langevin rests at KL 0.011 nats, the inverse Hessian with τ = 0.3 L at 0.03 nats or more and with τ = 0.1 L at 0.4 nats or more, by the smoothed lower bound. So a higher merit by M∇²V alone is paid for in bias where M changes fast; a gain by both is one to rely on.',
  '',
  'M is made of its values at the cell centres by quadratic B-splines, so that its eigenvalues stay between theirs. All on 128 × 128 cells at ε = 1.',
] as const

interface Row {
  readonly title: string
  readonly cells: readonly {
    readonly gap: number
    readonly merit: number
    /** The merit with the whole Jacobian of the drift. */
    readonly whole: number
  }[]
}

async function fieldOf(name: string): Promise<EnergyField> {
  const bytes = await readFile(path.join(ROOT, `public/energies/${name}.safetensors`))
  const file = readEnergyFile(new Uint8Array(bytes))
  if ('error' in file) throw new Error(`${name}: ${file.error}`)
  const kernel = createSimdKernel(await readKernelModule(), file.model.shape)
  return { grid: await tabulateModel(kernel, file.model, BOX), barriers: [] }
}

const rows: Row[] = []
for (const name of PRETRAINED_IDS.filter((id) => only.includes(id))) {
  const field = await fieldOf(name)
  const pi = gibbs(field, 1)
  const l95 = steepness95(field, pi, [1, 0, 1])
  const cells = TRIED.map(({ head, metric }) => {
    const chosen = metric(field, l95)
    const { value: gap, converged } = spectralGap(pi, { metric: chosen, tolerance: TOLERANCE })
    const steep = steepness95(field, pi, chosen)
    const merit = gap / steep
    const whole = gap / (isPlaceMetric(chosen) ? jacobian95(field, pi, chosen) : steep)
    console.log(
      [
        name,
        head,
        gap.toPrecision(3),
        steep.toFixed(1),
        merit.toExponential(1),
        whole.toExponential(1),
      ].join('  '),
      converged ? '' : 'not converged',
    )
    return { gap, merit, whole }
  })
  rows.push({ title: experiment(name)?.title ?? name, cells })
  await writeTable()
}

async function writeTable(): Promise<void> {
  const whole = only.length === PRETRAINED_IDS.length
  const file = path.join(ROOT, whole ? 'docs/metrics.md' : 'out/metrics.md')
  const head = ['energy', ...TRIED.map(({ head }) => head)]
  const lines = rows.map(({ title, cells }) => {
    const base = cells[0]!.merit
    const times = (merit: number): string =>
      merit > base ? `**×${(merit / base).toFixed(2)}**` : `×${(merit / base).toFixed(2)}`
    return [
      title,
      ...cells.map(({ gap, merit, whole }, i) => {
        const shown = `${gap.toPrecision(3)}, ${merit.toExponential(1)}`
        return i === 0 ? shown : `${shown}, ${times(merit)}, ${times(whole)}`
      }),
    ]
  })
  const table = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`)
  const gains = TRIED.slice(1).map(({ head }, i) => {
    const better = (of: 'merit' | 'whole') =>
      String(rows.filter(({ cells }) => cells[i + 1]![of] > cells[0]![of]).length)
    return `- ${head}: on ${better('merit')} of ${String(rows.length)}; with the whole Jacobian on ${better('whole')}.`
  })
  const text = [
    '# Metrics that depend on the place',
    '',
    `Written by \`${whole ? 'npm run measure:metrics' : `npm run measure:metrics -- --only ${only.join(',')}`}\`; do not edit.`,
    '',
    ...INTRODUCTION,
    '',
    ...table,
    '',
    'How often the merit is above that of M = 1:',
    '',
    ...gains,
    '',
  ].join('\n')
  await mkdir(path.dirname(file), { recursive: true })
  const options = await resolveConfig(file)
  await writeFile(file, await format(text, { ...options, parser: 'markdown' }))
}
