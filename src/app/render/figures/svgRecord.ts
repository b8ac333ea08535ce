import type { Strokes } from '../canvas.ts'

/** What a stroke or a text is drawn with, saved and restored as of a canvas. */
interface Style {
  lineWidth: number
  lineJoin: CanvasLineJoin
  lineCap: CanvasLineCap
  font: string
  textAlign: CanvasTextAlign
  textBaseline: CanvasTextBaseline
  globalAlpha: number
  strokeStyle: Strokes['strokeStyle']
  fillStyle: Strokes['fillStyle']
  dash: readonly number[]
  /** Groups that have been opened to clip what is in them. */
  groups: number
}

/** Height over the base line, in ems, that a text is moved down by: not every program knows other base lines. */
const DROPS: Partial<Readonly<Record<CanvasTextBaseline, number>>> = { middle: 0.35, top: 0.8 }
const ANCHORS: Partial<Readonly<Record<CanvasTextAlign, string>>> = {
  center: 'middle',
  right: 'end',
}

let records = 0

/** Records what is drawn on it as a vector picture, in points. Colours are those of plain CSS. */
export class SvgRecord implements Strokes, Style {
  lineWidth = 1
  lineJoin: CanvasLineJoin = 'miter'
  lineCap: CanvasLineCap = 'butt'
  font = '400 10px sans-serif'
  textAlign: CanvasTextAlign = 'left'
  textBaseline: CanvasTextBaseline = 'alphabetic'
  globalAlpha = 1
  strokeStyle: Strokes['strokeStyle'] = '#000'
  fillStyle: Strokes['fillStyle'] = '#000'
  dash: readonly number[] = []
  groups = 0
  /** Where the origin of what is drawn next lies. */
  origin: readonly [x: number, y: number] = [0, 0]

  private readonly scale: number
  private readonly measure: (text: string, font: string) => number
  private readonly id = `r${String(records++)}`
  private readonly parts: string[] = []
  private readonly saved: Style[] = []
  private clips = 0
  private path = ''

  /**
   * @param scale points a unit
   * @param measure the width of a text in a font of a canvas, in units
   */
  constructor(scale: number, measure: (text: string, font: string) => number) {
    this.scale = scale
    this.measure = measure
  }

  /**
   * The picture.
   * @param width, height in units
   * @param says what it shows, in plain text
   */
  svg(width: number, height: number, says: string): string {
    const [w, h] = [this.length(width), this.length(height)]
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${w}pt" height="${h}pt" viewBox="0 0 ${w} ${h}">`,
      `<desc>${escaped(says)}</desc>`,
      ...this.parts,
      '</svg>\n',
    ].join('\n')
  }

  save(): void {
    const { lineWidth, lineJoin, lineCap, font, textAlign, textBaseline } = this
    const { globalAlpha, strokeStyle, fillStyle, dash, groups } = this
    const style = { lineWidth, lineJoin, lineCap, font, textAlign, textBaseline }
    this.saved.push({ ...style, globalAlpha, strokeStyle, fillStyle, dash, groups })
  }

  restore(): void {
    const style = this.saved.pop()
    if (style === undefined) return
    for (; this.groups > style.groups; this.groups--) this.parts.push('</g>')
    Object.assign(this, style)
  }

  beginPath(): void {
    this.path = ''
  }

  closePath(): void {
    if (this.path !== '') this.path += 'Z'
  }

  moveTo(x: number, y: number): void {
    this.path += `M${this.at(x, y)}`
  }

  lineTo(x: number, y: number): void {
    this.path += `${this.path === '' ? 'M' : 'L'}${this.at(x, y)}`
  }

  arc(x: number, y: number, radius: number, from: number, to: number): void {
    const place = (angle: number) =>
      this.at(x + radius * Math.cos(angle), y + radius * Math.sin(angle))
    const r = this.length(radius)
    this.lineTo(x + radius * Math.cos(from), y + radius * Math.sin(from))
    // An arc of a vector picture cannot lead round a whole circle.
    for (const part of [0.5, 1]) this.path += `A${r} ${r} 0 0 1 ${place(from + part * (to - from))}`
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.path += `M${this.at(x, y)}h${this.length(width)}v${this.length(height)}h${this.length(-width)}Z`
  }

  roundRect(x: number, y: number, width: number, height: number, radii: number | number[]): void {
    const [a = 0, b = a, c = a, d = b] = typeof radii === 'number' ? [radii] : radii
    const corner = (r: number, dx: number, dy: number) =>
      r === 0
        ? ''
        : `a${this.length(r)} ${this.length(r)} 0 0 1 ${this.length(dx)} ${this.length(dy)}`
    this.path += [
      `M${this.at(x + a, y)}`,
      `h${this.length(width - a - b)}${corner(b, b, b)}`,
      `v${this.length(height - b - c)}${corner(c, -c, c)}`,
      `h${this.length(c + d - width)}${corner(d, -d, -d)}`,
      `v${this.length(a + d - height)}${corner(a, a, -a)}Z`,
    ].join('')
  }

  clip(rule: CanvasFillRule = 'nonzero'): void {
    const id = `${this.id}c${String(this.clips++)}`
    this.parts.push(
      `<clipPath id="${id}"><path d="${this.path}" clip-rule="${rule}"/></clipPath>`,
      `<g clip-path="url(#${id})">`,
    )
    this.groups++
  }

  stroke(): void {
    if (this.path === '') return
    const dash = this.dash.map((length) => this.length(length)).join(' ')
    this.parts.push(
      `<path d="${this.path}" fill="none"${this.strokes()}` +
        ` stroke-linejoin="${this.lineJoin}" stroke-linecap="${this.lineCap}"` +
        `${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/>`,
    )
  }

  fill(): void {
    if (this.path !== '') this.parts.push(`<path d="${this.path}"${this.fills()}/>`)
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this.parts.push(`<rect${this.box(x, y, width, height)}${this.fills()}/>`)
  }

  strokeRect(x: number, y: number, width: number, height: number): void {
    this.parts.push(`<rect${this.box(x, y, width, height)} fill="none"${this.strokes()}/>`)
  }

  fillText(text: string, x: number, y: number, widest = Infinity): void {
    const long = this.measureText(text).width > widest
    const fit = long ? ` textLength="${this.length(widest)}" lengthAdjust="spacingAndGlyphs"` : ''
    this.write(text, x, y, this.fills() + fit)
  }

  strokeText(text: string, x: number, y: number): void {
    this.write(text, x, y, ` fill="none"${this.strokes()} stroke-linejoin="round"`)
  }

  measureText(text: string): { readonly width: number } {
    return { width: this.measure(text, this.font) }
  }

  setLineDash(lengths: number[]): void {
    this.dash = lengths
  }

  /** A picture of pixels in a rectangle. @param address a data: URL */
  image(address: string, x: number, y: number, width: number, height: number): void {
    this.parts.push(
      `<image${this.box(x, y, width, height)} preserveAspectRatio="none" href="${address}"/>`,
    )
  }

  /** Dots of one colour at places [x0, y0, …]. */
  dots(xy: ArrayLike<number>, radius: number, colour: string, opacity: number): void {
    let path = ''
    for (let i = 0; i + 1 < xy.length; i += 2) path += `M${this.at(xy[i]!, xy[i + 1]!)}h0`
    if (path === '') return
    const width = this.length(2 * radius)
    this.parts.push(
      `<path d="${path}" fill="none" stroke="${colour}" stroke-opacity="${String(opacity)}"` +
        ` stroke-width="${width}" stroke-linecap="round"/>`,
    )
  }

  private write(text: string, x: number, y: number, style: string): void {
    const [, weight = '400', size = '10', family = 'sans-serif'] =
      /^(\d+) ([\d.]+)px (.+)$/u.exec(this.font) ?? []
    const drop = (DROPS[this.textBaseline] ?? 0) * Number(size)
    const [px, py] = this.at(x, y + drop).split(' ')
    const anchor = ANCHORS[this.textAlign]
    this.parts.push(
      `<text x="${px!}" y="${py!}" font-family="${escaped(family)}" font-size="${this.length(Number(size))}"` +
        `${weight === '400' ? '' : ` font-weight="${weight}"`}` +
        `${anchor === undefined ? '' : ` text-anchor="${anchor}"`}${style}>${escaped(text)}</text>`,
    )
  }

  private strokes(): string {
    return `${this.paint('stroke', this.strokeStyle)} stroke-width="${this.length(this.lineWidth)}"`
  }

  private fills(): string {
    return this.paint('fill', this.fillStyle)
  }

  /** A colour as attributes: few programs know one with an alpha of its own. */
  private paint(what: 'stroke' | 'fill', style: Strokes['fillStyle']): string {
    if (typeof style !== 'string') throw new TypeError('a vector picture has plain colours')
    const [, rgb, own] = /^rgba\(([^)]*),\s*([\d.]+)\)$/u.exec(style) ?? []
    const alpha = Number(own ?? 1) * this.globalAlpha
    const colour = rgb === undefined ? style : `rgb(${rgb})`
    return ` ${what}="${colour}"${alpha === 1 ? '' : ` ${what}-opacity="${String(Number(alpha.toFixed(3)))}"`}`
  }

  private box(x: number, y: number, width: number, height: number): string {
    const [px, py] = this.at(x, y).split(' ')
    return ` x="${px!}" y="${py!}" width="${this.length(width)}" height="${this.length(height)}"`
  }

  private at(x: number, y: number): string {
    return `${this.length(x + this.origin[0])} ${this.length(y + this.origin[1])}`
  }

  private length(units: number): string {
    return String(Number((units * this.scale).toFixed(2)))
  }
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
