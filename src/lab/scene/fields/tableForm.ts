/** The separators of the cells of a row; `blank`: any run of spaces and tabs. Of equally good ones the reader takes the first. */
export const SEPARATORS = ['tab', 'semicolon', 'pipe', 'comma', 'blank'] as const
export type Separator = (typeof SEPARATORS)[number]

/** The sign between the whole and the fraction of a number. */
export const DECIMALS = ['point', 'comma'] as const
export type Decimal = (typeof DECIMALS)[number]

export const AXES = ['x', 'y'] as const
type Axis = (typeof AXES)[number]

/** A person's choices for the reading of a table; the reader chooses missing ones from the table itself. */
export interface TableForm {
  readonly separator?: Separator
  readonly decimal?: Decimal
  /** Axes whose decadic logarithm is taken. */
  readonly log?: readonly Axis[]
  /** Rows are left out that lie more than this many widths of the middle of a column's values beyond that middle. */
  readonly clip?: number
}
