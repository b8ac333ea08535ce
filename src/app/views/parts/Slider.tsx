import { useId, useState, type CSSProperties, type ReactNode } from 'react'
import { readNumber } from '../../../lab/scene/fields/typedNumber.ts'
import { describeRange, notchOf, notches, valueAtNotch } from '../../../lab/scene/fields/ranges.ts'
import { RANGES, type RangePath } from '../../../lab/scene/sceneSpec.ts'
import type { TermId } from '../../../lab/scene/glossary.ts'
import { useLab } from './context.ts'
import { Term } from './Term.tsx'
import { useSwipeIntent } from './useSwipeIntent.ts'

interface SliderProps {
  /** Which number of a scene: its range, its scale and its name. */
  readonly path: RangePath
  readonly value: number
  readonly onChange: (value: number) => void
  readonly format: (value: number) => string
  /** Another accessible name than the range's own. */
  readonly label?: string
  /** What is shown for it, where the full name would be too long. */
  readonly caption?: ReactNode
  /** The last word of its name, usually a symbol, opens this card of the glossary. */
  readonly term?: TermId
  /** Beside the value. */
  readonly unit?: string
  readonly disabled?: boolean
  /** Narrower bounds than the range's, for a slider whose ends would be of no use. */
  readonly from?: number
  readonly to?: number
  /** A greater least value than the range's, for typed values too. */
  readonly least?: number
  /** Values above it are marked on the track as ones to avoid; null: none. */
  readonly limit?: number | null
  readonly children?: ReactNode
}

/**
 * A slider over a range of the scene with its value as an editable figure beside it. Typed values outside
 * the range are refused with a notice that names field and range.
 */
export function Slider({
  path,
  value,
  onChange,
  format,
  label,
  caption,
  term,
  unit,
  disabled = false,
  from,
  to,
  least,
  limit = null,
  children,
}: SliderProps) {
  const range = RANGES[path]
  const name = label ?? range.label
  const id = useId()
  const start = from ?? least
  const first = start === undefined ? 0 : notchOf(range, start)
  const last = to === undefined ? notches(range) : notchOf(range, to)
  const notch = Math.min(last, Math.max(first, notchOf(range, value)))
  const shown = format(value)
  const [swipe, take] = useSwipeIntent((at) => {
    onChange(valueAtNotch(range, at))
  })
  return (
    <div className="slider">
      <div className="slider-head">
        {term === undefined ? (
          <label htmlFor={id}>{caption ?? name}</label>
        ) : (
          <Named id={id} name={name} term={term} />
        )}
        {children}
        <Figure
          name={name}
          path={path}
          value={value}
          shown={shown}
          disabled={disabled}
          onChange={onChange}
          {...(least === undefined ? {} : { from: least })}
        />
        {unit !== undefined && <span className="unit">{unit}</span>}
      </div>
      <input
        id={id}
        type="range"
        aria-label={name}
        min={first}
        max={last}
        step={1}
        value={notch}
        disabled={disabled}
        aria-valuetext={unit === undefined ? shown : `${shown} ${unit}`}
        data-limited={limit !== null && limit < range.max}
        style={shares(
          (notch - first) / Math.max(1, last - first),
          limit === null || limit >= range.max
            ? 1
            : (notchOf(range, Math.max(range.min, limit)) - first) / Math.max(1, last - first),
        )}
        {...swipe}
        onChange={(event) => {
          take(Number(event.target.value))
        }}
      />
    </div>
  )
}

/** "Temperature ε" with ε a term; a name of one word is a term as a whole. */
function Named({
  id,
  name,
  term,
}: {
  readonly id: string
  readonly name: string
  readonly term: TermId
}) {
  const words = name.split(' ')
  const last = words.pop() ?? ''
  return (
    <span className="named">
      {words.length > 0 && <label htmlFor={id}>{words.join(' ')}</label>}{' '}
      <Term id={term} label={`What is ${name}?`}>
        {last}
      </Term>
    </span>
  )
}

/** How much of a track lies behind its thumb, and how much of it below its limit, for the style sheet. */
function shares(part: number, limit: number): CSSProperties {
  const percent = (share: number) => `${(100 * share).toFixed(2)}%`
  const style: Record<`--${string}`, string> = {
    '--share': percent(part),
    '--limit': percent(limit),
  }
  return style
}

interface FigureProps {
  readonly name: string
  readonly path: RangePath
  readonly value: number
  readonly shown: string
  readonly disabled: boolean
  readonly onChange: (value: number) => void
  /** A greater least value than the range's. */
  readonly from?: number
}

/** A number as text that can be edited in place. What is refused stays to be mended, until the number changes elsewhere. */
export function Figure({ name, path, value, shown, disabled, onChange, from }: FigureProps) {
  const lab = useLab()
  const [typed, setTyped] = useState<{ readonly text: string; readonly over: number } | null>(null)
  const draft = typed !== null && typed.over === value ? typed.text : null
  const setDraft = (text: string | null) => {
    setTyped(text === null ? null : { text, over: value })
  }
  const whole = RANGES[path]
  const range = from === undefined ? whole : { ...whole, min: Math.max(from, whole.min) }
  const untouched = draft === null || draft.trim() === '' || draft === String(value)
  const reading = untouched ? null : readNumber(draft, range)
  const wrong = reading !== null && 'found' in reading
  const commit = () => {
    if (wrong) {
      lab.notify(
        'warning',
        `${whole.label}: found ${reading.found}; allowed: ${describeRange(range)}`,
        path,
      )
      return
    }
    if (draft === null) return
    setDraft(null)
    lab.withdrawNotices(path)
    if (reading !== null) onChange(reading.value)
  }
  return (
    <input
      className="figure"
      type="text"
      inputMode="decimal"
      size={7}
      style={{ minWidth: `calc(${String(shown.length)}ch + 7px)` }}
      aria-label={`${name}, value`}
      disabled={disabled}
      value={draft ?? shown}
      aria-invalid={wrong}
      onFocus={(event) => {
        if (draft === null) setDraft(String(value))
        const field = event.target
        requestAnimationFrame(() => {
          field.select()
        })
      }}
      onChange={(event) => {
        setDraft(event.target.value)
      }}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') {
          commit()
          event.currentTarget.select()
        }
        if (event.key === 'Escape') {
          lab.withdrawNotices(path)
          setDraft(String(value))
        }
      }}
    />
  )
}
