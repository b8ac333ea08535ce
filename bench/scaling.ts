import { race, type Contender, type RaceOptions } from './race.ts'
import type { Row } from './rows.ts'
import { fitPowerLaw } from './statistics.ts'

export interface Scaling {
  readonly group: string
  /** At least two. */
  readonly sizes: readonly number[]
  readonly label: (size: number) => string
  readonly work: (size: number) => Contender | Promise<Contender>
  readonly options: RaceOptions
  /** Bound on the exponent, if there is one. */
  readonly most?: number
  /** Sizes from here on are fitted: below, what does not grow outweighs what does. Default: all. */
  readonly fitFrom?: number
}

/** A time for every size, all in turn, and the exponent of the power law through them. */
export async function scalingRows(scaling: Scaling): Promise<Row[]> {
  const { group, sizes, label, work, options, most, fitFrom = 0 } = scaling
  const contenders: Contender[] = []
  for (const size of sizes) contenders.push(await work(size))
  const figures = await race(contenders, options)
  const rows: Row[] = figures.map((figure, k) => ({
    group,
    name: label(sizes[k]!),
    unit: 'ms',
    ...figure,
  }))
  const points = sizes.map((size, k) => [size, figures[k]!.value] as const)
  const fitted = points.filter(([size]) => size >= fitFrom)
  const { exponent, error } = fitPowerLaw(fitted)
  rows.push({
    group,
    name: 'exponent',
    unit: '',
    value: exponent,
    ...(most === undefined ? {} : { bounds: [{ at: 'most', value: most, of: 'value' }] }),
    note:
      (error === null
        ? 'through two sizes, hence without an error'
        : `least squares in log–log over ${fitted.length} sizes, standard error ${error.toFixed(2)}`) +
      (fitted.length < points.length ? `, from ${label(fitted[0]![0])} on.` : '.'),
  })
  return rows
}
