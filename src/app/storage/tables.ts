import type { DataSet, ShelfItem } from './records.ts'

/** What the database holds; every table goes by keys of its own. */
export const TABLES = ['shelf', 'dataSets', 'checkpoints', 'settings'] as const
export type TableName = (typeof TABLES)[number]

/** Whether the records of a table belong to every tab, all of them. */
export const isShared = (table: TableName): boolean => table === 'shelf' || table === 'dataSets'

/** One record as it lies in a table; undefined: none. */
export interface Entry {
  readonly table: TableName
  readonly key: IDBValidKey
  readonly value: unknown
}

/** A record as a page knows it. */
export interface Held extends Entry {
  /** Without the name of the tab. */
  readonly key: string
  /** Whether it belongs to this tab alone. */
  readonly own: boolean
  /** The page has made it itself. */
  readonly trusted?: boolean
}

/** Records by their kinds, oldest first. */
export interface Reading {
  readonly items: ShelfItem[]
  readonly dataSets: DataSet[]
  /** Those that no decoder can read, with the reason as part of a sentence. */
  readonly aside: readonly (Entry & { readonly why: string })[]
}
