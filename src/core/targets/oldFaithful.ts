/** A data set that ships with the lab: where it lies and what its columns mean. */
export interface BuiltInPoints {
  readonly id: string
  readonly label: string
  readonly summary: string
  /** Path below the site's root, and below `public/` in the repository. */
  readonly path: string
  readonly rows: number
  /** The two columns used, in the order of the file. */
  readonly columns: readonly [BuiltInColumn, BuiltInColumn]
  readonly source: string
}

interface BuiltInColumn {
  /** As in the header of the file. */
  readonly name: string
  readonly label: string
  readonly unit: string
}

/** Eruptions of the Old Faithful geyser, Yellowstone National Park. */
export const oldFaithful: BuiltInPoints = {
  id: 'old-faithful',
  label: 'Old Faithful',
  summary: 'Real data: how long each eruption of the geyser lasted, and the wait until the next.',
  path: 'data/old-faithful.csv',
  rows: 272,
  columns: [
    { name: 'eruption_minutes', label: 'Eruption duration', unit: 'min' },
    { name: 'waiting_minutes', label: 'Waiting time', unit: 'min' },
  ],
  source: 'Azzalini & Bowman (1990), Applied Statistics 39(3), 357–365',
}
