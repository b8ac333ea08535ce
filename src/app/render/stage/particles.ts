import { createBitmap, type Bitmap, type Context } from '../canvas.ts'
import type { Viewport } from '../coordinates.ts'
import { pack, type Accent, type Palette, type Tint } from '../theme.ts'

/** A cloud to draw. */
interface Cloud {
  /** [x0, y0, x1, y1, …], world units. */
  readonly xy: Float32Array
  /** Clouds of the steps before, oldest first; drawn as trails. Empty: no trails. */
  readonly previous: readonly Float32Array[]
  /** Whether the canvas is still blank: the picture is put there as it is, and need not be laid over anything. */
  readonly first: boolean
}

/** Draws one cloud; holds the pixel buffers of one canvas. */
export interface ParticlePainter {
  draw(context: Context, viewport: Viewport, cloud: Cloud, tint: Tint, palette: Palette): void
}

/** One dot's ink where it is fully covered; overlapping dots add. */
export const FULL_INK = 64
const SUBPIXELS = 4
/** Ink of a heap: as of so many dots on top of each other. */
const HEAP_INK = 7 * FULL_INK

/** Dots of one radius at SUBPIXELS² offsets within a pixel: coverage in 0–FULL_INK. */
export interface DotSprite {
  /** Side in pixels. */
  readonly side: number
  /** SUBPIXELS² images of side² values, the offset's row first. */
  readonly coverage: Uint8Array
}

/** Anti-aliased disc by 8 × 8 samples a pixel. @param radius device pixels, ≥ 0.3 */
export function createDotSprite(radius: number): DotSprite {
  const reach = Math.max(1, Math.ceil(radius - 0.5 / SUBPIXELS))
  const side = 2 * reach + 1
  const coverage = new Uint8Array(SUBPIXELS * SUBPIXELS * side * side)
  const samples = 8
  let at = 0
  for (let oy = 0; oy < SUBPIXELS; oy++) {
    for (let ox = 0; ox < SUBPIXELS; ox++) {
      const cx = reach + (ox + 0.5) / SUBPIXELS
      const cy = reach + (oy + 0.5) / SUBPIXELS
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          let inside = 0
          for (let sy = 0; sy < samples; sy++) {
            for (let sx = 0; sx < samples; sx++) {
              const dx = x + (sx + 0.5) / samples - cx
              const dy = y + (sy + 0.5) / samples - cy
              if (dx * dx + dy * dy <= radius * radius) inside++
            }
          }
          coverage[at++] = Math.round((FULL_INK * inside) / (samples * samples))
        }
      }
    }
  }
  return { side, coverage }
}

/**
 * A sheet of ink: one number a device pixel, row-major, y down, and a row and a number more, always 0, so that a pixel
 * has neighbours in the east and the south wherever it lies. What was touched lies inside the rectangle
 * [left, right) × [top, bottom).
 */
export interface InkSheet {
  readonly width: number
  readonly height: number
  readonly ink: Uint32Array
  left: number
  top: number
  right: number
  bottom: number
}

export function createSheet(width: number, height: number): InkSheet {
  const ink = new Uint32Array(width * (height + 1) + 1)
  return { width, height, ink, left: width, top: height, right: 0, bottom: 0 }
}

/** Wipes what was touched. */
export function wipe(sheet: InkSheet): void {
  const { width, height, ink, top, bottom } = sheet
  if (bottom > top) ink.fill(0, top * width, bottom * width)
  sheet.left = width
  sheet.top = height
  sheet.right = 0
  sheet.bottom = 0
}

function touch(sheet: InkSheet, left: number, top: number, right: number, bottom: number): void {
  sheet.left = Math.min(sheet.left, Math.max(0, left))
  sheet.top = Math.min(sheet.top, Math.max(0, top))
  sheet.right = Math.max(sheet.right, Math.min(sheet.width, right))
  sheet.bottom = Math.max(sheet.bottom, Math.min(sheet.height, bottom))
}

/**
 * Adds a dot for each particle. Particles outside [−halfWidth, halfWidth]² and non-finite ones are left
 * out. @returns how many were drawn
 */
export function splatDots(
  sheet: InkSheet,
  xy: Float32Array,
  halfWidth: number,
  sprite: DotSprite,
): number {
  const { width, height, ink } = sheet
  const { side, coverage } = sprite
  const reach = (side - 1) / 2
  const scaleX = width / (2 * halfWidth)
  const scaleY = height / (2 * halfWidth)
  const area = side * side
  let left = width
  let top = height
  let right = -1
  let bottom = -1
  let drawn = 0
  for (let i = 0; i + 1 < xy.length; i += 2) {
    const px = (xy[i]! + halfWidth) * scaleX
    const py = (halfWidth - xy[i + 1]!) * scaleY
    if (!(px >= 0 && py >= 0 && px <= width && py <= height)) continue
    drawn++
    const column = Math.min(width - 1, px | 0)
    const row = Math.min(height - 1, py | 0)
    if (column < left) left = column
    if (column > right) right = column
    if (row < top) top = row
    if (row > bottom) bottom = row
    const ox = Math.min(SUBPIXELS - 1, ((px - column) * SUBPIXELS) | 0)
    const oy = Math.min(SUBPIXELS - 1, ((py - row) * SUBPIXELS) | 0)
    const image = (oy * SUBPIXELS + ox) * area
    const x0 = column - reach
    const y0 = row - reach
    const fromX = x0 < 0 ? -x0 : 0
    const toX = x0 + side > width ? width - x0 : side
    const fromY = y0 < 0 ? -y0 : 0
    const toY = y0 + side > height ? height - y0 : side
    for (let y = fromY; y < toY; y++) {
      const to = (y0 + y) * width + x0
      const from = image + y * side
      for (let x = fromX; x < toX; x++) ink[to + x] = ink[to + x]! + coverage[from + x]!
    }
  }
  if (drawn > 0) touch(sheet, left - reach, top - reach, right + reach + 1, bottom + reach + 1)
  return drawn
}

/**
 * The fast way for very many particles: FULL_INK each, shared bilinearly among the four pixels round the
 * particle, its place rounded to an eighth of a pixel. The same rules and result as `splatDots`.
 */
export function splatPoints(sheet: InkSheet, xy: Float32Array, halfWidth: number): number {
  const { width, height, ink } = sheet
  // In eighths of a pixel.
  const scaleX = (8 * width) / (2 * halfWidth)
  const scaleY = (8 * height) / (2 * halfWidth)
  const mostX = 8 * width
  const mostY = 8 * height
  const edgeX = mostX - 8
  const edgeY = mostY - 8
  const end = xy.length - 1
  let left = edgeX
  let top = edgeY
  let right = 0
  let bottom = 0
  let drawn = 0
  for (let i = 0; i < end; i += 2) {
    const px = (xy[i]! + halfWidth) * scaleX
    const py = (halfWidth - xy[i + 1]!) * scaleY
    if (!(px >= 0 && py >= 0 && px <= mostX && py <= mostY)) continue
    drawn++
    // From the centre of the first pixel, rounded; half a pixel at each border is the border.
    const fromX = (px - 3.5) | 0
    const fromY = (py - 3.5) | 0
    const u = fromX < 0 ? 0 : fromX > edgeX ? edgeX : fromX
    const v = fromY < 0 ? 0 : fromY > edgeY ? edgeY : fromY
    if (u < left) left = u
    if (u > right) right = u
    if (v < top) top = v
    if (v > bottom) bottom = v
    const east = u & 7
    const south = v & 7
    const west = 8 - east
    const north = 8 - south
    const above = (v >> 3) * width + (u >> 3)
    const below = above + width
    ink[above] = ink[above]! + west * north
    ink[above + 1] = ink[above + 1]! + east * north
    ink[below] = ink[below]! + west * south
    ink[below + 1] = ink[below + 1]! + east * south
  }
  if (drawn > 0) touch(sheet, left >> 3, top >> 3, (right >> 3) + 2, (bottom >> 3) + 2)
  return drawn
}

/** Many particles on one spot. Device pixels. */
export interface Heap {
  readonly x: number
  readonly y: number
  /** Share of all particles. */
  readonly share: number
}

/** Counts by squares, kept from one search to the next. */
export interface HeapScratch {
  counts: Int32Array
}

/**
 * Spots that hold more than a share `least` of all particles within one square of `side` device pixels:
 * a flow that collapses the cloud to points would otherwise shrink it out of sight. Each is at the mean
 * of its particles, neighbours merged; at most 1/least of them.
 */
export function findHeaps(
  width: number,
  height: number,
  xy: Float32Array,
  halfWidth: number,
  side: number,
  least: number,
  scratch: HeapScratch = { counts: new Int32Array(0) },
): Heap[] {
  const columns = Math.ceil(width / side)
  const rows = Math.ceil(height / side)
  if (scratch.counts.length !== columns * rows) scratch.counts = new Int32Array(columns * rows)
  else scratch.counts.fill(0)
  const { counts } = scratch
  const scaleX = width / (2 * halfWidth) / side
  const scaleY = height / (2 * halfWidth) / side
  const end = xy.length - 1
  const n = xy.length / 2
  const enough = Math.max(8, Math.ceil(least * n))
  const cells: number[] = []
  for (let i = 0; i < end; i += 2) {
    const x = (xy[i]! + halfWidth) * scaleX
    const y = (halfWidth - xy[i + 1]!) * scaleY
    if (!(x >= 0 && y >= 0 && x < columns && y < rows)) continue
    const cell = (y | 0) * columns + (x | 0)
    const count = counts[cell]! + 1
    counts[cell] = count
    if (count === enough) cells.push(cell)
  }
  if (cells.length === 0) return []
  // Of these squares the mean is wanted, too: their counts give way to their places in the list, negative.
  const found = cells.map((cell, k): Spot => {
    const count = counts[cell]!
    counts[cell] = -1 - k
    return { x: 0, y: 0, count }
  })
  for (let i = 0; i < end; i += 2) {
    const x = (xy[i]! + halfWidth) * scaleX
    const y = (halfWidth - xy[i + 1]!) * scaleY
    if (!(x >= 0 && y >= 0 && x < columns && y < rows)) continue
    const place = counts[(y | 0) * columns + (x | 0)]!
    if (place >= 0) continue
    const heap = found[-1 - place]!
    heap.x += x * side
    heap.y += y * side
  }
  return mergedHeaps(found, side, n)
}

/** Sums of the places of the particles on a spot, device pixels, and how many they are. */
interface Spot {
  x: number
  y: number
  count: number
}

/** Spots as heaps, the largest first; a spot on the border of two squares is one spot. */
function mergedHeaps(spots: readonly Spot[], side: number, n: number): Heap[] {
  const merged: Spot[] = []
  for (const spot of spots.toSorted((p, q) => q.count - p.count)) {
    const near = merged.find(
      (m) =>
        Math.hypot(m.x / m.count - spot.x / spot.count, m.y / m.count - spot.y / spot.count) <=
        2 * side,
    )
    if (near === undefined) merged.push({ ...spot })
    else {
      near.x += spot.x
      near.y += spot.y
      near.count += spot.count
    }
  }
  return merged.map(({ x, y, count }) => ({ x: x / count, y: y / count, share: count / n }))
}

/**
 * The same of n particles that `splatPoints` has laid, from their ink alone: one look at each pixel instead of two
 * at each particle. Here a spot is the square of `side` + 1 pixels over which points of one square of `side` can
 * spread their ink.
 */
export function heapsOfInk(sheet: InkSheet, n: number, side: number, least: number): Heap[] {
  const { ink, width, height, left, right, top, bottom } = sheet
  const span = side + 1
  const enough = Math.max(8, least * n) * FULL_INK
  const suspicious = enough / (span * span)
  const pixels: number[] = []
  for (let row = top; row < bottom; row++) {
    const end = row * width + right
    for (let i = row * width + left; i < end; i++) if (ink[i]! >= suspicious) pixels.push(i)
  }
  if (pixels.length === 0) return []
  pixels.sort((p, q) => ink[q]! - ink[p]!)
  const reach = Math.ceil((span - 1) / 2)
  const taken = new Set<number>()
  const spots: Spot[] = []
  for (const pixel of pixels) {
    if (taken.has(pixel)) continue
    const column = pixel % width
    const row = (pixel - column) / width
    const spot = { x: 0, y: 0, count: 0 }
    const own: number[] = []
    for (let y = Math.max(0, row - reach); y <= Math.min(height - 1, row + reach); y++) {
      for (let x = Math.max(0, column - reach); x <= Math.min(width - 1, column + reach); x++) {
        const at = y * width + x
        const dots = ink[at]! / FULL_INK
        if (dots === 0 || taken.has(at)) continue
        own.push(at)
        spot.x += (x + 0.5) * dots
        spot.y += (y + 0.5) * dots
        spot.count += dots
      }
    }
    if (spot.count * FULL_INK < enough) continue
    for (const at of own) taken.add(at)
    spots.push(spot)
  }
  return mergedHeaps(spots, side, n)
}

/** Lays a disc of at least `amount` ink over a spot, its edge anti-aliased over one pixel. */
export function layDisc(
  sheet: InkSheet,
  x: number,
  y: number,
  radius: number,
  amount: number,
): void {
  const { width, height, ink } = sheet
  const left = Math.max(0, Math.floor(x - radius - 1))
  const top = Math.max(0, Math.floor(y - radius - 1))
  const right = Math.min(width, Math.ceil(x + radius + 1))
  const bottom = Math.min(height, Math.ceil(y + radius + 1))
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const dx = column + 0.5 - x
      const dy = row + 0.5 - y
      const share = Math.min(1, radius + 0.5 - Math.sqrt(dx * dx + dy * dy))
      if (share <= 0) continue
      const at = row * width + column
      // Inside, the disc; on its edge, the dots that made the heap give way to the disc's own edge.
      ink[at] = share < 1 ? Math.min(ink[at]!, amount * share * share) : amount
    }
  }
  touch(sheet, left, top, right, bottom)
}

/**
 * Adds the straight way of each particle from `from` to `to` at `amount` of ink a pixel, one pixel wide.
 * Ways longer than a quarter of the sheet (a global jump) are left out. Of particles that only one of them has
 * nothing is drawn.
 * @param limit at most this many particles
 */
export function splatSegments(
  sheet: InkSheet,
  from: Float32Array,
  to: Float32Array,
  halfWidth: number,
  amount: number,
  limit: number,
): void {
  const { width, height, ink } = sheet
  const scaleX = width / (2 * halfWidth)
  const scaleY = height / (2 * halfWidth)
  const end = Math.min(from.length, to.length, 2 * limit)
  const longest = width / 4
  if (end > 0) touch(sheet, 0, 0, width, height)
  for (let i = 0; i + 1 < end; i += 2) {
    let x = (from[i]! + halfWidth) * scaleX
    let y = (halfWidth - from[i + 1]!) * scaleY
    const dx = (to[i]! + halfWidth) * scaleX - x
    const dy = (halfWidth - to[i + 1]!) * scaleY - y
    const length = Math.max(Math.abs(dx), Math.abs(dy))
    if (!(length <= longest)) continue
    const steps = Math.ceil(length)
    const stepX = dx / steps
    const stepY = dy / steps
    for (let s = 0; s < steps; s++) {
      const column = Math.floor(x)
      const row = Math.floor(y)
      if (column >= 0 && row >= 0 && column < width && row < height) {
        const at = row * width + column
        ink[at] = ink[at]! + amount
      }
      x += stepX
      y += stepY
    }
  }
}

/** Writes a colour for each touched pixel's ink. @param table colours by ink; more ink takes the last */
export function toneMap(sheet: InkSheet, table: Uint32Array, out: Uint32Array): void {
  const { ink, width, left, right, top, bottom } = sheet
  const last = table.length - 1
  for (let row = top; row < bottom; row++) {
    const end = row * width + right
    for (let i = row * width + left; i < end; i++) {
      const amount = ink[i]!
      out[i] = table[amount > last ? last : amount]!
    }
  }
}

/** How a cloud of n particles is dotted on a square of `size` CSS pixels. */
export interface DotStyle {
  /** CSS pixels. */
  readonly radius: number
  /** Opacity of a single dot, 0–1. */
  readonly opacity: number
}

/** Few particles are drawn as firm dots; many get smaller and more translucent, so that density shows. */
export function dotStyle(particles: number, size: number): DotStyle {
  const room = Math.sqrt((size * size) / Math.max(1, particles))
  const radius = Math.max(0.6, Math.min(2.4, 0.11 * room + 0.45))
  const opacity = Math.max(0.35, Math.min(0.92, 0.4 + 0.055 * room))
  return { radius, opacity }
}

/** R, G, B of #rrggbb, 0–255. */
function channels(css: string): readonly number[] {
  return [1, 3, 5].map((place) => parseInt(css.slice(place, place + 2), 16))
}

/** From an accent to its dense colour, packed: of nearly one hue, so that the way through sRGB is the one through Lab. */
function blendOf({ base, dense }: Accent): (t: number, alpha: number) => number {
  const from = channels(base)
  const to = channels(dense)
  return (t, alpha) => {
    const [r, g, b] = from.map((channel, i) => channel + t * (to[i]! - channel))
    return pack(r!, g!, b!, alpha)
  }
}

/**
 * Colours by ink: opacity 1 − (1 − opacity)^(ink/FULL_INK); from the accent to its dense colour between
 * one dot and a dozen on top of each other. Straight (not premultiplied) alpha.
 */
export function inkTable(accent: Accent, opacity: number): Uint32Array {
  const length = 16 * FULL_INK
  const table = new Uint32Array(length)
  const blend = blendOf(accent)
  for (let i = 1; i < length; i++) {
    const dots = i / FULL_INK
    const t = Math.max(0, Math.min(1, Math.log2(Math.max(1, dots)) / Math.log2(14)))
    table[i] = blend(t, 1 - Math.pow(1 - opacity, dots))
  }
  return table
}

/** Density, per unit area, at which the colours of very many particles end: that of the modes of most targets. */
const PEAK_DENSITY = 0.25
/** Opacity of the densest ink of very many particles. */
const MOST_OPAQUE = 0.97

/**
 * Colours by ink for very many particles, on which dots pile up everywhere: with t = ln(1 + 2d)/ln(1 + 2p) for d
 * dots a pixel, opacity grows as t up to p, and the accent turns into its dense colour over the upper half of it.
 * Equal ratios of density look equally far apart, a lone particle still shows, and only heaps are solid.
 * @param peak p, dots a pixel; at least 4 is taken
 */
export function densityTable(accent: Accent, peak: number): Uint32Array {
  const most = Math.max(4, peak)
  const table = new Uint32Array(Math.ceil(most * FULL_INK) + 1)
  const blend = blendOf(accent)
  for (let i = 1; i < table.length; i++) {
    const t = Math.min(1, Math.log1p((2 * i) / FULL_INK) / Math.log1p(2 * most))
    table[i] = blend(Math.max(0, 2 * t - 1), MOST_OPAQUE * t)
  }
  return table
}

/** Trails are drawn for at most this many particles. */
const TRAILED = 1500
/** From so many particles on each is a point of bilinear ink. */
const MANY = 25_000
/** A spot with this share of all particles is a heap. */
const HEAP_SHARE = 1 / 120

/** Most pixels a side of the ink: sharper is not seen, and costs. Of very many particles even less is. */
const MOST_PIXELS = 1200
const MOST_PIXELS_OF_MANY = 800

/** What a painter keeps for one size of the canvas. */
interface Paper {
  readonly sheet: InkSheet
  readonly bitmap: Bitmap
  readonly image: ImageData
  /** The image, one word a pixel. */
  readonly words: Uint32Array
}

function createPaper(side: number): Paper {
  const image = new ImageData(side, side)
  return {
    sheet: createSheet(side, side),
    bitmap: createBitmap(side, side),
    image,
    words: new Uint32Array(image.data.buffer),
  }
}

/** A painter with the buffers of one canvas: as long as size and colours stay, a frame allocates nothing. */
export function createParticlePainter(): ParticlePainter {
  let paper: Paper | null = null
  let table: { readonly key: string; readonly colours: Uint32Array } | null = null
  let sprite: { readonly radius: number; readonly sprite: DotSprite } | null = null
  const scratch: HeapScratch = { counts: new Int32Array(0) }

  return {
    draw(context, viewport, cloud, tint, palette) {
      const { left, top, size, halfWidth } = viewport
      const { xy, previous } = cloud
      const n = xy.length / 2
      const many = n >= MANY
      const pixels = Math.round(size * viewport.ratio)
      const side = Math.max(1, Math.min(pixels, many ? MOST_PIXELS_OF_MANY : MOST_PIXELS))
      if (paper?.sheet.width !== side) paper = createPaper(side)
      const { sheet, bitmap, image, words } = paper
      const ratio = side / size
      const style = dotStyle(n, size)
      const radius = Math.round(style.radius * ratio * 8) / 8
      if (sprite?.radius !== radius) sprite = { radius, sprite: createDotSprite(radius) }
      const unit = side / (2 * halfWidth)
      const peak = Number(((PEAK_DENSITY * n) / (unit * unit)).toPrecision(2))
      const key = `${palette.name} ${tint} ${many ? `peak ${String(peak)}` : style.opacity.toFixed(3)}`
      if (table?.key !== key) {
        const accent = palette[tint]
        table = {
          key,
          colours: many ? densityTable(accent, peak) : inkTable(accent, style.opacity),
        }
      }
      const { colours } = table

      wipe(sheet)
      const square = Math.max(1, Math.round(1.5 * ratio))
      let heaps: readonly Heap[]
      if (many) {
        splatPoints(sheet, xy, halfWidth)
        heaps = heapsOfInk(sheet, n, square, HEAP_SHARE)
      } else {
        splatDots(sheet, xy, halfWidth, sprite.sprite)
        heaps = findHeaps(side, side, xy, halfWidth, square, HEAP_SHARE, scratch)
      }
      const strength = 0.32 * FULL_INK * Math.min(2, ratio)
      for (let i = 0; i < previous.length; i++) {
        const to = previous[i + 1] ?? xy
        const amount = Math.max(1, Math.round((strength * (i + 1)) / previous.length))
        splatSegments(sheet, previous[i]!, to, halfWidth, amount, TRAILED)
      }
      for (const heap of heaps) {
        const reach = Math.max(style.radius, size / 260) * (1.1 + 2.6 * Math.sqrt(heap.share))
        layDisc(sheet, heap.x, heap.y, reach * ratio, many ? colours.length : HEAP_INK)
      }
      const width = sheet.right - sheet.left
      const height = sheet.bottom - sheet.top
      if (width <= 0 || height <= 0) return
      toneMap(sheet, colours, words)
      if (cloud.first && side === pixels) {
        const x = Math.round(left * viewport.ratio)
        const y = Math.round(top * viewport.ratio)
        context.putImageData(image, x, y, sheet.left, sheet.top, width, height)
        return
      }
      bitmap.context.putImageData(image, 0, 0, sheet.left, sheet.top, width, height)
      context.drawImage(
        bitmap.canvas,
        sheet.left,
        sheet.top,
        width,
        height,
        left + sheet.left / ratio,
        top + sheet.top / ratio,
        width / ratio,
        height / ratio,
      )
    },
  }
}
