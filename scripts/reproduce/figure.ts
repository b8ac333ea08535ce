import { ticks } from 'd3-array'
import { scaleLinear, scaleLog } from 'd3-scale'
import { powerOfTen } from './numbers.ts'

/** Line charts as SVG files: transparent, and drawn in tones that read on white and on near black alike. */

export const INK = {
  text: '#74797f',
  axis: '#8a9097',
  grid: '#8a909733',
  blue: '#3d84d6',
  orange: '#d9772b',
  green: '#2e9b6b',
  purple: '#9b70d8',
  red: '#dc5560',
  grey: '#85898f',
} as const
type Colour = 'blue' | 'orange' | 'green' | 'purple' | 'red' | 'grey'

export interface Series {
  /** In the legend; empty: the series is told apart by its neighbour and stays out of it. */
  readonly name: string
  readonly colour: Colour
  /** Default `solid`. */
  readonly line?: 'solid' | 'dashed' | 'dotted' | 'dots'
  /** By rising x. What is not a number is a gap. */
  readonly points: readonly (readonly [x: number, y: number])[]
  /** Half-height of the error band at each point. */
  readonly error?: readonly number[]
}

/** A straight line across the plot: at an x, upright; at a y, level. */
export interface Rule {
  readonly name: string
  readonly colour: Colour
  readonly at: { readonly x: number } | { readonly y: number }
}

interface Axis {
  /** With its unit. */
  readonly label: string
  /** Default `linear`. */
  readonly scale?: 'linear' | 'log'
  /** Default: what the series take. */
  readonly domain?: readonly [low: number, high: number]
}

export interface Panel {
  /** Above the legend, where a figure has several panels. */
  readonly title?: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
  readonly rules?: readonly Rule[]
}

export interface Figure {
  /** Name of the file without its ending. */
  readonly name: string
  /** What it shows, for who cannot see it. */
  readonly alt: string
  readonly caption: string
  /** One, or two side by side. */
  readonly panels: readonly Panel[]
}

const WIDTH = 820
const HEIGHT = 330
const TEXT = 12
/** Mean width of a character of a sans-serif text, in units of its size; generous. */
const CHARACTER = 0.58
const MARGIN = { left: 66, right: 14, top: 8, bottom: 44 }
const LEGEND_ROW = 18
const SWATCH = 26
/** Most points of a curve: more are not told apart at this width. */
const MOST_POINTS = 150
/** Least value of a logarithmic axis, as a share of its greatest. */
const DECADES = 1e-7

const DASHES = { solid: '', dashed: '7 4', dotted: '2 3', dots: '' } as const

interface Scale {
  (value: number): number
  readonly ticks: readonly number[]
  readonly label: (tick: number) => string
}

/** The figure as an SVG document. */
export function svg({ alt, panels }: Figure): string {
  const width = WIDTH / panels.length
  const legends = panels.map((panel) => legend(panel, width - MARGIN.left - MARGIN.right))
  const titled = panels.some(({ title }) => title !== undefined)
  const rows = Math.max(...legends.map(({ rows }) => rows))
  const top = MARGIN.top + (titled ? 22 : 0) + rows * LEGEND_ROW + 6
  const height = top + HEIGHT - MARGIN.bottom
  const body = panels.map(
    (panel, i) =>
      `<g transform="translate(${i * width} 0)">${draw(panel, legends[i]!.text, { width, top, height, titled, clip: `plot-${i}` })}</g>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${round(height + MARGIN.bottom)}" width="${WIDTH}" height="${round(height + MARGIN.bottom)}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="${TEXT}">`,
    `<title>${escaped(alt)}</title>`,
    ...body,
    '</svg>',
    '',
  ].join('\n')
}

interface Place {
  readonly width: number
  readonly top: number
  /** y of the bottom of the plot. */
  readonly height: number
  readonly titled: boolean
  readonly clip: string
}

function draw(panel: Panel, keys: string, { width, top, height, titled, clip }: Place): string {
  const { left, right } = MARGIN
  const x = scale(panel.x, spanOf(panel, 0), [left, width - right], 7)
  const y = scale(panel.y, spanOf(panel, 1), [height, top], 6)
  const parts: string[] = []
  if (panel.title !== undefined)
    parts.push(text(left, MARGIN.top + TEXT, panel.title, { weight: 600 }))
  parts.push(
    `<g transform="translate(${left} ${MARGIN.top + (titled ? 22 : 0)})">${keys}</g>`,
    `<clipPath id="${clip}"><rect x="${left}" y="${round(top)}" width="${round(width - left - right)}" height="${round(height - top)}"/></clipPath>`,
  )
  for (const tick of y.ticks) {
    const at = round(y(tick))
    parts.push(
      `<path d="M${left} ${at}H${round(width - right)}" stroke="${INK.grid}"/>`,
      text(left - 7, at + 4, y.label(tick), { anchor: 'end' }),
    )
  }
  for (const tick of x.ticks) {
    const at = round(x(tick))
    parts.push(
      `<path d="M${at} ${round(height)}v5" stroke="${INK.axis}"/>`,
      text(at, height + 18, x.label(tick), { anchor: 'middle' }),
    )
  }
  parts.push(
    `<path d="M${left} ${round(top)}V${round(height)}H${round(width - right)}" fill="none" stroke="${INK.axis}"/>`,
    text((left + width - right) / 2, height + 37, panel.x.label, { anchor: 'middle' }),
    `<text transform="translate(14 ${round((top + height) / 2)}) rotate(-90)" text-anchor="middle" fill="${INK.text}">${escaped(panel.y.label)}</text>`,
    `<g clip-path="url(#${clip})">`,
  )
  const curves = panel.series.map((series) => thinned(series))
  for (const series of curves) parts.push(band(series, x, y))
  for (const { at, colour } of panel.rules ?? []) {
    const path =
      'x' in at
        ? `M${round(x(at.x))} ${round(top)}V${round(height)}`
        : `M${left} ${round(y(at.y))}H${round(width - right)}`
    parts.push(`<path d="${path}" stroke="${INK[colour]}" stroke-width="1.2" ${RULE_DASH}/>`)
  }
  for (const series of curves) parts.push(curve(series, x, y))
  parts.push('</g>')
  return parts.filter((part) => part !== '').join('\n')
}

const RULE_DASH = 'stroke-dasharray="1 3" stroke-linecap="round"'

/** Keys and names from left to right, wrapped where the next would not fit. */
function legend(panel: Panel, width: number): { readonly text: string; readonly rows: number } {
  const entries = [
    ...panel.series.map(({ name, colour, line = 'solid' }) => ({
      name,
      key:
        line === 'dots'
          ? `<circle cx="9" cy="9" r="2.6" fill="${INK[colour]}"/>`
          : `<path d="M0 9h18" stroke="${INK[colour]}" stroke-width="2"${dash(line)}/>`,
    })),
    ...(panel.rules ?? []).map(({ name, colour, at }) => ({
      name,
      key: `<path d="${'x' in at ? 'M9 2v14' : 'M0 9h18'}" stroke="${INK[colour]}" stroke-width="1.6" ${RULE_DASH}/>`,
    })),
  ].filter(({ name }) => name !== '')
  let row = 0
  let column = 0
  const parts = entries.map(({ name, key }) => {
    const wide = SWATCH + textWidth(name) + 14
    if (column > 0 && column + wide > width) {
      row++
      column = 0
    }
    const part = `<g transform="translate(${round(column)} ${row * LEGEND_ROW})">${key}${text(SWATCH - 3, 13, name)}</g>`
    column += wide
    return part
  })
  return { text: parts.join(''), rows: entries.length === 0 ? 0 : row + 1 }
}

/** Estimated width of a text in pixels. */
export function textWidth(content: string): number {
  return content.length * TEXT * CHARACTER
}

function dash(line: keyof typeof DASHES): string {
  return DASHES[line] === '' ? '' : ` stroke-dasharray="${DASHES[line]}"`
}

function band({ points, error, colour }: Series, x: Scale, y: Scale): string {
  if (error === undefined) return ''
  const sound = points.flatMap(([px, py], i) =>
    Number.isFinite(py) ? [[x(px), y(py + error[i]!), y(py - error[i]!)] as const] : [],
  )
  if (sound.length < 2) return ''
  const upper = sound.map(([px, high]) => `${round(px)} ${round(high)}`)
  const lower = sound.map(([px, , low]) => `${round(px)} ${round(low)}`).reverse()
  return `<path d="M${[...upper, ...lower].join('L')}Z" fill="${INK[colour]}" fill-opacity="0.2"/>`
}

function curve({ points, colour, line = 'solid' }: Series, x: Scale, y: Scale): string {
  if (line === 'dots') {
    const dots = points
      .filter(([, py]) => Number.isFinite(py))
      .map(([px, py]) => `M${round(x(px))} ${round(y(py))}h0`)
    return `<path d="${dots.join('')}" stroke="${INK[colour]}" stroke-width="4.6" stroke-linecap="round"/>`
  }
  let d = ''
  let pen = 'M'
  for (const [px, py] of points) {
    if (!Number.isFinite(py)) {
      pen = 'M'
      continue
    }
    d += `${pen}${round(x(px))} ${round(y(py))}`
    pen = 'L'
  }
  return `<path d="${d}" fill="none" stroke="${INK[colour]}" stroke-width="1.8" stroke-linejoin="round"${dash(line)}/>`
}

/** At most `MOST_POINTS` points, evenly by index, the first and the last among them; gaps that are not drawn go. */
function thinned(series: Series): Series {
  const { points, error } = series
  const most = series.line === 'dots' ? 60 : MOST_POINTS
  const drawn = points.flatMap(([, y], i) => (Number.isFinite(y) ? [i] : []))
  if (drawn.length <= most) return series
  const keep = Array.from(
    { length: most },
    (_, i) => drawn[Math.round((i * (drawn.length - 1)) / (most - 1))]!,
  )
  return {
    ...series,
    points: keep.map((i) => points[i]!),
    ...(error === undefined ? {} : { error: keep.map((i) => error[i]!) }),
  }
}

/** Least and greatest coordinate of all that is drawn. */
function spanOf({ series, rules = [], x, y }: Panel, coordinate: 0 | 1): [number, number] {
  const log = (coordinate === 0 ? x : y).scale === 'log'
  const values = [
    ...series.flatMap(({ points }) => points.map((point) => point[coordinate])),
    ...rules.flatMap(({ at }) =>
      coordinate === 0 ? ('x' in at ? [at.x] : []) : 'y' in at ? [at.y] : [],
    ),
  ].filter((value) => Number.isFinite(value) && (!log || value > 0))
  if (values.length === 0) return [log ? 0.1 : 0, 1]
  const high = values.reduce((a, b) => Math.max(a, b))
  const low = values.reduce((a, b) => Math.min(a, b))
  return log ? [Math.max(low, high * DECADES), high] : [low, high]
}

function scale(
  { scale: kind = 'linear', domain }: Axis,
  [low, high]: readonly [number, number],
  range: readonly [number, number],
  count: number,
): Scale {
  return kind === 'log'
    ? logScale(domain ?? [low / 1.3, high * 1.3], range, count)
    : linearScale(domain, [low, high], range, count)
}

function linearScale(
  domain: Axis['domain'],
  [low, high]: readonly [number, number],
  range: readonly [number, number],
  count: number,
): Scale {
  const base = scaleLinear(domain ?? [low, high > low ? high : low + 1], range)
  if (domain === undefined) base.nice(count)
  const format = base.tickFormat(count)
  return Object.assign((value: number) => base(value), {
    ticks: base.ticks(count),
    label: (tick: number) => format(tick),
  })
}

function logScale(
  domain: readonly [number, number],
  range: readonly [number, number],
  count: number,
): Scale {
  const base = scaleLog(domain, range)
  const [low, high] = domain.map((value) => Math.log10(value)) as [number, number]
  // Whole powers where there are enough of them, else also their doubles and fives.
  const powers = ticks(low, high, count).filter((n) => Number.isInteger(n))
  const marks =
    powers.length >= 3 || high - low > 3
      ? powers.map((n) => 10 ** n)
      : base.ticks().filter((tick) => /^[125]/u.test(tick.toExponential()))
  return Object.assign((value: number) => (value > 0 ? base(value) : range[0] + 1000), {
    ticks: marks,
    label: (tick: number) => {
      const [mantissa, exponent] = tick.toExponential(0).split('e') as [string, string]
      const power = Number(exponent)
      if (Math.abs(power) <= 1) return String(Number(tick.toPrecision(1)))
      return mantissa === '1' ? powerOfTen(power) : `${mantissa}·${powerOfTen(power)}`
    },
  })
}

function text(
  x: number,
  y: number,
  content: string,
  { anchor = 'start', weight = 400 }: { readonly anchor?: string; readonly weight?: number } = {},
): string {
  const attributes = [
    anchor === 'start' ? '' : ` text-anchor="${anchor}"`,
    weight === 400 ? '' : ` font-weight="${weight}"`,
  ].join('')
  return `<text x="${round(x)}" y="${round(y)}" fill="${INK.text}"${attributes}>${escaped(content)}</text>`
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Tenths of a pixel. */
function round(value: number): number {
  return Math.round(Math.max(-1e4, Math.min(1e4, value)) * 10) / 10
}
