import { hcl, rgb } from 'd3-color'
import type { AnalysisReport } from '../../../lab/protocol/calls.ts'
import type { Strokes } from '../canvas.ts'
import { formatShare } from '../format.ts'
import { type Box, coverCost } from '../labels.ts'
import { font, pack, type Palette, type ThemeName } from '../theme.ts'

/** Basins of attraction as the analysis reports them. */
export type Basins = NonNullable<AnalysisReport['basins']>
type Well = Basins['wells'][number]

/** Hues of wells, none near that of danger; neighbours in the list are far apart. */
const HUES = [190, 310, 110, 270, 70, 230, 350, 150]
const TONES: Readonly<Record<ThemeName, { readonly chroma: number; readonly lightness: number }>> =
  {
    light: { chroma: 32, lightness: 83 },
    dark: { chroma: 34, lightness: 36 },
  }
/** Alpha of a well that holds next to nothing, beside 1 of the heaviest. */
const LEAST = 0.4
const BORDER = 0.5
/** Stray basins: alpha of the ground and of the lines on it; distance and width of the lines, CSS pixels. */
const VEIL = 0.08
const HATCH = 0.45
const PITCH = 9
const WIDTH = 1.5

/** Packed colours: of each well, of the borders between wells, and of the hatching of stray ones. */
interface BasinColours {
  readonly wells: readonly number[]
  readonly border: number
  readonly hatch: number
}

/** Wells in hues that fade with their mass; stray ones in the colour of danger. */
export function basinColours(basins: Basins, palette: Palette): BasinColours {
  const { wells } = basins
  const hues = huesOf(basins)
  const packed = (css: string, alpha: number) => {
    const { r, g, b } = rgb(css)
    return pack(r, g, b, alpha)
  }
  const { chroma, lightness } = TONES[palette.name]
  const heaviest = wells[0]?.mass ?? 0
  return {
    wells: wells.map(({ mass, stray }, i) => {
      if (stray) return packed(palette.danger, VEIL)
      const hue = hcl(hues[i]!, chroma, lightness).formatHex()
      return packed(hue, LEAST + (1 - LEAST) * Math.sqrt(mass / heaviest))
    }),
    border: packed(palette.ink, BORDER),
    hatch: packed(palette.danger, HATCH),
  }
}

/** For each well the hue that the fewest heavier ones have, and none of those that border on it, as far as there are hues. */
function huesOf({ box: { cells }, wellOf, wells }: Basins): readonly number[] {
  const heavier = wells.map(() => new Set<number>())
  const meet = (k: number, l: number) => {
    const [a, b] = [wellOf[k]!, wellOf[l]!]
    if (Math.min(a, b) >= 0 && a !== b) heavier[Math.max(a, b)]!.add(Math.min(a, b))
  }
  for (let k = 0; k < wellOf.length; k++) {
    if ((k + 1) % cells > 0) meet(k, k + 1)
    if (k + cells < wellOf.length) meet(k, k + cells)
  }
  const hues: number[] = []
  for (const near of heavier) {
    const uses = (hue: number) =>
      hues.reduce((sum, other, i) => sum + (other === hue ? (near.has(i) ? 1e6 : 1) : 0), 0)
    hues.push(HUES.reduce((best, hue) => (uses(hue) < uses(best) ? hue : best)))
  }
  return hues
}

/**
 * The well of each of n × n pixels, y down: that to which the four nearest centres of cells give the most weight, so that every
 * pixel belongs to one well.
 * @param out length n²; −1 where barriers leave nothing
 */
export function sampleBasins({ box: { cells }, wellOf }: Basins, n: number, out: Int32Array): void {
  const last = cells - 1
  for (let row = 0; row < n; row++) {
    const v = Math.min(last, Math.max(0, ((n - row - 0.5) * cells) / n - 0.5))
    const [low, t] = [Math.floor(v), v % 1]
    for (let column = 0; column < n; column++) {
      const u = Math.min(last, Math.max(0, ((column + 0.5) * cells) / n - 0.5))
      const [left, s] = [Math.floor(u), u % 1]
      const [right, high] = [Math.min(last, left + 1), Math.min(last, low + 1)]
      const a = wellOf[left + cells * low]!
      const b = wellOf[right + cells * low]!
      const c = wellOf[left + cells * high]!
      const d = wellOf[right + cells * high]!
      out[row * n + column] =
        a === b && a === c && a === d
          ? a
          : heaviestOf([a, b, c, d], [(1 - s) * (1 - t), s * (1 - t), (1 - s) * t, s * t])
    }
  }
}

function heaviestOf(wells: readonly number[], weights: readonly number[]): number {
  const total = (well: number) =>
    weights.reduce((sum, weight, i) => (wells[i] === well ? sum + weight : sum), 0)
  return wells.reduce((best, well) => (total(well) > total(best) ? well : best))
}

/**
 * Colours of n × n pixels: every basin flat, stray ones hatched, a line between two wells.
 * @param pixel pixels of the raster a CSS pixel
 */
export function fillBasins(
  basins: Basins,
  n: number,
  pixel: number,
  { wells, border, hatch }: BasinColours,
  out: Uint32Array,
): void {
  const wellAt = new Int32Array(n * n)
  sampleBasins(basins, n, wellAt)
  for (let k = 0; k < out.length; k++) {
    const well = wellAt[k]!
    const [column, row] = [k % n, Math.floor(k / n)]
    const parted =
      (column + 1 < n && wellAt[k + 1] !== well) || (row + 1 < n && wellAt[k + n] !== well)
    if (well < 0) out[k] = 0
    else if (parted) out[k] = border
    else if (basins.wells[well]!.stray && onHatch(column / pixel, row / pixel)) out[k] = hatch
    else out[k] = wells[well]!
  }
}

/** Lines that fall to the right, across those of keep-out regions. */
function onHatch(x: number, y: number): boolean {
  return (x - y + PITCH * 1e3) % PITCH < WIDTH * Math.SQRT2
}

/** Wells whose mass is written beside them, at most. */
const LABELLED = 8
/** Radius of a mark, and distance of its label, CSS pixels. */
const RADIUS = 4
const OFF = 4

/** Where a minimum lies in the box's own square. */
function placeOf({ at: [x, y] }: Well, halfWidth: number, size: number) {
  const scale = size / (2 * halfWidth)
  return [(x + halfWidth) * scale, (halfWidth - y) * scale] as const
}

/**
 * The masses of the heaviest wells, each beside its minimum where it covers no mark and no other mass; what finds no place is
 * left out.
 * @param widthOf width of a text, CSS pixels
 */
export function massLabels(
  { wells, box: { halfWidth } }: Basins,
  size: number,
  height: number,
  widthOf: (text: string) => number,
): readonly { readonly text: string; readonly box: Box }[] {
  const places = wells.map((well) => placeOf(well, halfWidth, size))
  const marks = places.map(([x, y]) => boxAt(x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS))
  const labels: { text: string; box: Box }[] = []
  for (const [i, { mass, stray }] of wells.slice(0, LABELLED).entries()) {
    if (stray) break
    const text = formatShare(mass)
    const width = widthOf(text)
    const [x, y] = places[i]!
    const boxes = [...marks, ...labels.map(({ box }) => box)]
    const off = RADIUS + OFF
    const box = [
      boxAt(x + off, y - height / 2, width, height),
      boxAt(x - off - width, y - height / 2, width, height),
      boxAt(x - width / 2, y - off - height, width, height),
      boxAt(x - width / 2, y + off, width, height),
    ].find(
      (box) =>
        Math.min(box.left, box.top) >= 0 &&
        Math.max(box.left + width, box.top + height) <= size &&
        coverCost(box, { lines: [], boxes }) === 0,
    )
    if (box !== undefined) labels.push({ text, box })
  }
  return labels
}

function boxAt(left: number, top: number, width: number, height: number): Box {
  return { left, top, width, height }
}

/** A ring at each minimum, a cross at those of stray wells, and the masses; in the units of the box's own square. */
export function paintWells(context: Strokes, size: number, basins: Basins, palette: Palette): void {
  const path = (strays: boolean) => {
    context.beginPath()
    for (const well of basins.wells) {
      if (well.stray !== strays) continue
      const [x, y] = placeOf(well, basins.box.halfWidth, size)
      if (strays) {
        const arm = RADIUS * Math.SQRT1_2
        context.moveTo(x - arm, y - arm)
        context.lineTo(x + arm, y + arm)
        context.moveTo(x - arm, y + arm)
        context.lineTo(x + arm, y - arm)
      } else {
        context.moveTo(x + RADIUS, y)
        context.arc(x, y, RADIUS, 0, 2 * Math.PI)
      }
    }
  }
  for (const strays of [false, true]) {
    path(strays)
    context.strokeStyle = palette.surface
    context.lineWidth = 4
    context.stroke()
    context.strokeStyle = strays ? palette.danger : palette.ink
    context.lineWidth = 1.75
    context.stroke()
  }
  const height = 12
  context.font = font(height, 600)
  context.textAlign = 'left'
  context.textBaseline = 'middle'
  context.lineWidth = 3
  context.strokeStyle = palette.surface
  context.fillStyle = palette.ink
  const labels = massLabels(basins, size, height, (text) => context.measureText(text).width)
  for (const { text, box } of labels) {
    const y = box.top + box.height / 2
    context.strokeText(text, box.left, y)
    context.fillText(text, box.left, y)
  }
}
