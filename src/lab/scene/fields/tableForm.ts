/** What stands between the cells of a row; `blank`: any run of spaces and tabs. Of equally good ones the first is taken. */
export const SEPARATORS = ['tab', 'semicolon', 'pipe', 'comma', 'blank'] as const
export type Separator = (typeof SEPARATORS)[number]

/** The sign between the whole and the fraction of a number. */
export const DECIMALS = ['point', 'comma'] as const
export type Decimal = (typeof DECIMALS)[number]

export const AXES = ['x', 'y'] as const
type Axis = (typeof AXES)[number]

/** How a table is read where a person has decided it; what is left out is chosen from the table itself. */
export interface TableForm {
  readonly separator?: Separator
  readonly decimal?: Decimal
  /** Axes of which the decadic logarithm is taken. */
  readonly log?: readonly Axis[]
  /** Rows further than so many times the width of a column's middle half beyond that half are left out. */
  readonly clip?: number
}
