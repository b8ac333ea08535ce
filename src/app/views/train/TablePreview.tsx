import { useEffect, useId, useRef, useState } from 'react'
import { prepareContext } from '../../render/canvas.ts'
import { counted, formatCount } from '../../render/format.ts'
import { drawScatter } from '../../render/stage/scatter.ts'
import {
  DECIMALS,
  describeKind,
  describePassedOver,
  describeSkipped,
  FAR,
  passedOver,
  readText,
  SEPARATOR_TEXTS,
  SEPARATORS,
  type Layout,
  type PointTable,
  type Remark,
  type TableOptions,
  type TableRead,
  type Way,
  WAYS_WITH_THE_TABLE,
} from '../../stores/shelf/data.ts'
import { usePalette } from '../parts/context.ts'
import { useSurface } from '../parts/useSurface.ts'

/** A text as it is being read, and what a person has decided about it. */
export interface TableReading {
  /** Of the text at hand and all decisions; null while it is read, and where there is none. */
  readonly current: TableRead | null
  /** The latest there is of this text, to be looked at meanwhile. */
  readonly shown: TableRead | null
  readonly options: TableOptions
  readonly decide: (options: TableOptions) => void
}

const NOTHING: TableOptions = {}

/** Reads a text in slices whenever it, or what is decided about it, is another. @param text null: there is none */
export function useTable(text: string | null): TableReading {
  const [decided, setDecided] = useState<{ text: string | null; options: TableOptions } | null>(
    null,
  )
  const [read, setRead] = useState<{
    text: string
    options: TableOptions
    result: TableRead
  } | null>(null)
  const options = decided?.text === text ? decided.options : NOTHING
  useEffect(() => {
    if (text === null) return
    const controller = new AbortController()
    readText(text, options, controller.signal).then(
      (result) => {
        if (!controller.signal.aborted) setRead({ text, options, result })
      },
      () => undefined,
    )
    return () => {
      controller.abort()
    }
  }, [text, options])
  const own = read !== null && read.text === text ? read : null
  return {
    current: own?.options === options ? own.result : null,
    shown: own?.result ?? null,
    options,
    decide: (next) => {
      setDecided({ text, options: next })
    },
  }
}

/** What was read of a table: its first rows, its points, what was skipped, and everything that can be decided by hand. */
export function TablePreview({
  reading: { shown, current, options, decide },
  encoding,
}: {
  readonly reading: TableReading
  readonly encoding: string | null
}) {
  const across = useRef<HTMLSelectElement>(null)
  if (shown === null) return <p className="quiet">Reading…</p>
  const { layout } = shown
  const table = 'error' in shown ? null : shown
  return (
    <div className="table-preview" aria-busy={current === null}>
      {layout !== null && (
        <>
          <div className="table-controls">
            <Choice
              label="Separator"
              value={layout.separator}
              choices={SEPARATORS.map((id) => [id, SEPARATOR_TEXTS[id]])}
              // Other cells are other columns.
              onChoose={(separator) => {
                decide({ ...options, separator, columns: null })
              }}
            />
            <Choice
              label="Decimal sign"
              value={layout.decimal}
              choices={DECIMALS.map((id) => [id, id])}
              onChoose={(decimal) => {
                decide({ ...options, decimal })
              }}
            />
            {layout.available.length > 0 && (
              <Columns layout={layout} options={options} decide={decide} first={across} />
            )}
          </div>
          <div className="table-sight">
            <div className="first-look">
              {layout.available.length > 0 && <FirstRows layout={layout} />}
              {table !== null && <Outcome table={table} options={options} encoding={encoding} />}
            </div>
            {table !== null && <Scatter table={table} />}
          </div>
        </>
      )}
      {table !== null && (
        <>
          {options.clip !== undefined && (
            <button
              type="button"
              className="button"
              onClick={() => {
                decide(without(options, 'clip'))
              }}
            >
              Take the far rows back in
            </button>
          )}
          <Remarks
            table={table}
            onWay={(way) => {
              if (way === 'clip') decide({ ...options, clip: FAR })
              else if (way === 'log-x' || way === 'log-y')
                decide(withLog(options, way === 'log-x' ? 'x' : 'y', true))
              else if (way === 'decimal-point' || way === 'decimal-comma')
                decide({ ...options, decimal: way === 'decimal-point' ? 'point' : 'comma' })
              else across.current?.focus()
            }}
          />
        </>
      )}
    </div>
  )
}

function without(options: TableOptions, key: 'clip' | 'log'): TableOptions {
  const rest = { ...options }
  Reflect.deleteProperty(rest, key)
  return rest
}

function withLog(options: TableOptions, axis: 'x' | 'y', on: boolean): TableOptions {
  const log = (['x', 'y'] as const).filter((one) =>
    one === axis ? on : options.log?.includes(one) === true,
  )
  return log.length === 0 ? without(options, 'log') : { ...options, log }
}

function Choice<T extends string>({
  label,
  value,
  choices,
  onChoose,
}: {
  readonly label: string
  readonly value: T
  readonly choices: readonly (readonly [id: T, text: string])[]
  readonly onChoose: (value: T) => void
}) {
  return (
    <label className="field">
      {label}
      <select
        value={value}
        onChange={(event) => {
          const chosen = choices.find(([id]) => id === event.target.value)
          if (chosen !== undefined) onChoose(chosen[0])
        }}
      >
        {choices.map(([id, text]) => (
          <option key={id} value={id}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Which column runs across and which up, each by itself or by its logarithm. */
function Columns({
  layout: { available, columns },
  options,
  decide,
  first,
}: {
  readonly layout: Layout
  readonly options: TableOptions
  readonly decide: (options: TableOptions) => void
  readonly first: React.RefObject<HTMLSelectElement | null>
}) {
  const chosen = columns?.map(({ index }) => index) ?? [-1, -1]
  return (['x', 'y'] as const).map((axis, place) => (
    <div key={axis} className="axis-choice">
      <label className="field">
        {place === 0 ? 'Across' : 'Up'}
        <select
          ref={place === 0 ? first : null}
          value={chosen[place]}
          onChange={(event) => {
            const column = Number(event.target.value)
            // The other axis takes what this one gives up, where it had the same.
            const kept = chosen[1 - place]!
            const spare = available.find(({ index }) => index !== column)?.index ?? 0
            const other = kept === column ? chosen[place]! : kept
            const rest = other < 0 ? spare : other
            decide({ ...options, columns: place === 0 ? [column, rest] : [rest, column] })
          }}
        >
          {chosen[place]! < 0 && <option value={-1}>choose</option>}
          {available.map((column) => {
            const kind = describeKind(column)
            return (
              <option key={column.index} value={column.index}>
                {kind === null ? column.name : `${column.name} (${kind})`}
              </option>
            )
          })}
        </select>
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={options.log?.includes(axis) === true}
          aria-label={`Logarithm ${place === 0 ? 'across' : 'up'}`}
          onChange={(event) => {
            decide(withLog(options, axis, event.target.checked))
          }}
        />
        log
      </label>
    </div>
  ))
}

function FirstRows({ layout: { first, available, columns } }: { readonly layout: Layout }) {
  const roles = new Map(columns?.map(({ index }, place) => [index, place === 0 ? 'across' : 'up']))
  const shown = first.columns
  const holder = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // Where there is little room, the columns that are read come into it first.
    const [line, chosen] = ['thead .line', 'thead [data-role]'].map((of) =>
      holder.current?.querySelector<HTMLElement>(of),
    )
    if (chosen && holder.current !== null)
      holder.current.scrollLeft = chosen.offsetLeft - (line?.offsetWidth ?? 0)
  }, [columns])
  return (
    <div className="first-rows" ref={holder} tabIndex={0} role="region" aria-label="The first rows">
      <table>
        <thead>
          <tr>
            <th scope="col" className="line">
              line
            </th>
            {shown.map((index) => (
              <th key={index} scope="col" data-role={roles.get(index)}>
                {available[index]?.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {first.rows.map(({ line, cells }, i) => (
            <tr key={i}>
              <th scope="row" className="line">
                {line}
              </th>
              {cells.map((cell, k) => (
                <td key={k} data-role={roles.get(shown[k]!)}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Scatter({ table: { points, columns } }: { readonly table: PointTable }) {
  const [holder, surface] = useSurface<HTMLDivElement>()
  const canvas = useRef<HTMLCanvasElement>(null)
  const palette = usePalette()
  const [x, y] = columns
  useEffect(() => {
    if (canvas.current === null || surface === null) return
    const context = prepareContext(canvas.current, surface)
    if (context !== null) drawScatter(context, surface, points, palette)
  }, [surface, points, palette])
  return (
    <div className="scatter" ref={holder}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${formatCount(points.length / 2)} points, ${x.name} across and ${y.name} up`}
      />
    </div>
  )
}

/** What was read and what was not. */
function Outcome({
  table: { points, layout, skipped },
  options,
  encoding,
}: {
  readonly table: PointTable
  readonly options: TableOptions
  readonly encoding: string | null
}) {
  const id = useId()
  const passed = passedOver(layout, options)
  return (
    <div className="outcome" aria-live="polite">
      <p>
        <strong>{counted(points.length / 2, 'point')}</strong>
        {encoding !== null && <span className="quiet"> · {encoding}</span>}
        {skipped.length > 0 && <span id={id}>. Skipped:</span>}
      </p>
      {skipped.length > 0 && (
        <ul aria-labelledby={id}>
          {skipped.map((skip) => (
            <li key={skip.kind}>{describeSkipped(skip)}</li>
          ))}
        </ul>
      )}
      {passed.length > 0 && <p className="quiet">Columns {describePassedOver(passed)}.</p>}
    </div>
  )
}

const WAY_LABELS: Readonly<Partial<Record<Way, string>>> = {
  clip: 'Leave far rows out',
  'log-x': 'Logarithm across',
  'log-y': 'Logarithm up',
  'decimal-point': 'Decimal sign: point',
  'decimal-comma': 'Decimal sign: comma',
  columns: 'Other columns',
}

function Remarks({
  table: { remarks },
  onWay,
}: {
  readonly table: PointTable
  readonly onWay: (way: Way) => void
}) {
  const wishes: Readonly<Partial<Record<Way, string>>> = WAYS_WITH_THE_TABLE
  return remarks.map(({ kind, text, ways }: Remark, i) => (
    <div key={`${kind} ${i}`} className="remark">
      <p>
        {text}
        {ways.map((way) => (wishes[way] === undefined ? '' : ` A way on: ${wishes[way]}.`))}
      </p>
      {ways
        .filter((way) => WAY_LABELS[way] !== undefined)
        .map((way) => (
          <button
            key={way}
            type="button"
            className="button"
            onClick={() => {
              onWay(way)
            }}
          >
            {WAY_LABELS[way]}
          </button>
        ))}
    </div>
  ))
}
