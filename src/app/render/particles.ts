import { interpolateLab, rgb } from 'd3'
import { createBitmap, type Bitmap, type Context } from './canvas.ts'
import type { Viewport } from './coordinates.ts'
import { pack, type Accent, type Flow, type Palette } from './theme.ts'

/** A cloud to draw. */
export interface Cloud {
  /** [x0, y0, x1, y1, …], world units. */
  readonly xy: Float32Array
  /** Clouds of the steps before, oldest first; drawn as trails. Empty: no trails. */
  readonly previous: readonly Float32Array[]
}

/** Draws one cloud; holds the pixel buffers of one canvas. */
export interface ParticlePainter {
  draw(context: Context, viewport: Viewport, cloud: Cloud, flow: Flow, palette: Palette): void
}

/** One dot's ink where it is fully covered; overlapping dots add. */
export const FULL_INK = 64
const SUBPIXELS = 4
const MAXIMUM_INK = 65535

/** Dots of one radius at SUBPIXELS² offsets within a pixel: coverage in 0–FULL_INK. */
export interface DotSprite {
  /** Side in pixels. */
  readonly side: number
  /** SUBPIXELS² images of side² values, the offset's row first. */
  readonly coverage: Uint8Array
}

/** Anti-aliased disc by 8 × 8 samples a pixel. @param radius device pixels, ≥ 0.3 */
export function createDotSprite(radius: number): DotSprite {
  const reach = Math.ceil(radius + 1)
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

/** A sheet of ink: one number a device pixel, row-major, y down. */
export interface InkSheet {
  readonly width: number
  readonly height: number
  readonly ink: Uint16Array
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
  let drawn = 0
  for (let i = 0; i + 1 < xy.length; i += 2) {
    const px = (xy[i]! + halfWidth) * scaleX
    const py = (halfWidth - xy[i + 1]!) * scaleY
    if (!(px >= 0 && py >= 0 && px <= width && py <= height)) continue
    drawn++
    const column = Math.floor(px)
    const row = Math.floor(py)
    const ox = Math.floor((px - column) * SUBPIXELS)
    const oy = Math.floor((py - row) * SUBPIXELS)
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
      for (let x = fromX; x < toX; x++) {
        const amount = coverage[from + x]!
        if (amount === 0) continue
        const sum = ink[to + x]! + amount
        ink[to + x] = sum > MAXIMUM_INK ? MAXIMUM_INK : sum
      }
    }
  }
  return drawn
}

/**
 * Adds the straight way of each particle from `from` to `to` at `amount` of ink a pixel, one pixel wide.
 * Ways longer than a quarter of the sheet (a global jump) are left out.
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
  if (from.length !== to.length) return
  const { width, height, ink } = sheet
  const scaleX = width / (2 * halfWidth)
  const scaleY = height / (2 * halfWidth)
  const end = Math.min(to.length, 2 * limit)
  const longest = width / 4
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
        const sum = ink[at]! + amount
        ink[at] = sum > MAXIMUM_INK ? MAXIMUM_INK : sum
      }
      x += stepX
      y += stepY
    }
  }
}

/** Writes a colour for each pixel's ink. @param table colours by ink; more ink takes the last */
export function toneMap(ink: Uint16Array, table: Uint32Array, out: Uint32Array): void {
  const last = table.length - 1
  for (let i = 0; i < ink.length; i++) {
    const amount = ink[i]!
    out[i] = table[amount > last ? last : amount]!
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
  const radius = Math.max(0.6, Math.min(2.6, 0.2 * room + 0.35))
  const opacity = Math.max(0.3, Math.min(0.9, 0.3 + 0.075 * room))
  return { radius, opacity }
}

/**
 * Colours by ink: opacity 1 − (1 − opacity)^(ink/FULL_INK); from the accent to its dense colour between
 * one dot and a dozen on top of each other. Straight (not premultiplied) alpha.
 */
export function inkTable(accent: Accent, opacity: number): Uint32Array {
  const length = 16 * FULL_INK
  const table = new Uint32Array(length)
  const blend = interpolateLab(accent.base, accent.dense)
  for (let i = 1; i < length; i++) {
    const dots = i / FULL_INK
    const c = rgb(blend(Math.max(0, Math.min(1, Math.log2(Math.max(1, dots)) / Math.log2(14)))))
    table[i] = pack(c.r, c.g, c.b, 1 - Math.pow(1 - opacity, dots))
  }
  return table
}

/** Trails are drawn for at most this many particles. */
const TRAILED = 20_000

/** A painter with the buffers of one canvas. */
export function createParticlePainter(): ParticlePainter {
  let bitmap: Bitmap | null = null
  let sheet: InkSheet | null = null
  let image: ImageData | null = null
  let words: Uint32Array = new Uint32Array(0)
  let table: { readonly key: string; readonly colours: Uint32Array } | null = null
  let sprite: { readonly radius: number; readonly sprite: DotSprite } | null = null

  return {
    draw(context, viewport, cloud, flow, palette) {
      const { left, top, size, ratio, halfWidth } = viewport
      const side = Math.max(1, Math.round(size * ratio))
      if (bitmap === null || sheet === null || image === null || sheet.width !== side) {
        bitmap = createBitmap(side, side)
        sheet = { width: side, height: side, ink: new Uint16Array(side * side) }
        image = new ImageData(side, side)
        words = new Uint32Array(image.data.buffer)
      }
      const style = dotStyle(cloud.xy.length / 2, size)
      const radius = Math.round(style.radius * ratio * 8) / 8
      if (sprite?.radius !== radius) sprite = { radius, sprite: createDotSprite(radius) }
      const key = `${palette.name} ${flow} ${style.opacity.toFixed(3)}`
      if (table?.key !== key) table = { key, colours: inkTable(palette[flow], style.opacity) }

      sheet.ink.fill(0)
      const frames = [...cloud.previous, cloud.xy]
      for (let i = 1; i < frames.length; i++) {
        const amount = Math.max(1, Math.round((0.3 * FULL_INK * i) / (frames.length - 1)))
        splatSegments(sheet, frames[i - 1]!, frames[i]!, halfWidth, amount, TRAILED)
      }
      splatDots(sheet, cloud.xy, halfWidth, sprite.sprite)
      toneMap(sheet.ink, table.colours, words)
      bitmap.context.putImageData(image, 0, 0)
      context.drawImage(bitmap.canvas, left, top, size, size)
    },
  }
}
