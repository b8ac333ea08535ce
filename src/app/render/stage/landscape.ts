import { ticks } from 'd3-array'
import { interpolateRgb } from 'd3-interpolate'
import { addBarriers } from '../../../core/fields/barriers/terms.ts'
import { hermiteJet } from '../../../core/maths/hermite.ts'
import type { Landscape, Raster } from '../../../lab/protocol/calls.ts'
import { createBitmap, type Bitmap, type Context, type Strokes } from '../canvas.ts'
import type { Viewport } from '../coordinates.ts'
import { type Basins, basinColours, fillBasins, paintWells } from './basins.ts'
import { fillRate, type RateRaster } from './contraction.ts'
import { drawLevel } from './levelLines.ts'
import { tableOf } from '../charts/readout.ts'
import { clipToAllowed } from './regions.ts'
import { extent, sampleExtended, sampleField, sampleRaster } from './sampling.ts'
import { rampsOf } from '../ramps.ts'
import type { Palette } from '../theme.ts'

/** What there is to draw under the particles. */
export interface LandscapeData {
  readonly landscape: Landscape
  /** ρ*; null for points. */
  readonly targetDensity: Raster | null
  /** Data points [x0, y0, …]; may be empty. */
  readonly data: Float32Array
  /** The local rate of contraction or the slowest mode, drawn in place of any density; null: not wanted. */
  readonly rate: RateRaster | null
  /** The basins of attraction, drawn in place of any density and of `rate`; null: not wanted. */
  readonly basins: Basins | null
}

/** Which layers to draw; `energy` is the Gibbs density of the energy at its temperature. */
export interface LandscapeLayers {
  readonly energy: boolean
  readonly contours: boolean
  readonly gradient: boolean
  /** ρ*: as lines that hold 50 % and 90 % of its mass where `energy` is drawn, else as the heat itself. */
  readonly target: boolean
  readonly data: boolean
}

/**
 * Draws the landscape and keeps the bitmaps: as long as landscape, size, theme and layers stay the same
 * a draw is one image copy. One painter serves both canvases.
 */
export interface LandscapePainter {
  draw(
    context: Context,
    viewport: Viewport,
    data: LandscapeData,
    layers: LandscapeLayers,
    palette: Palette,
  ): void
}

/**
 * The ramp is entered at (π/π_max)^GAMMA = e^(−GAMMA·(V − V_min)/ε): between the density itself, which
 * shows nothing but the modes, and the energy, which shows nothing but the walls.
 */
const GAMMA = 0.42

/** The heat is sampled at so many points a side at least, and at CSS pixels at most: it is smooth. */
const LEAST_SAMPLES = 320
/** Of a coarse table, as while an energy is learned, more samples a cell would show nothing more. */
const SAMPLES_A_CELL = 3
const CONTOUR_SAMPLES_A_CELL = 1.5
const KEPT = 4

function fillHeat(
  energy: Float32Array,
  lowest: number,
  epsilon: number,
  ramp: Uint32Array,
  out: Uint32Array,
): void {
  const size = 4096
  const reach = 6.3 / GAMMA
  const table = new Uint32Array(size)
  for (let i = 0; i < size; i++) {
    table[i] = ramp[Math.round(255 * Math.exp((-GAMMA * reach * i) / (size - 1)))]!
  }
  table[size - 1] = ramp[0]!
  const scale = (size - 1) / (reach * epsilon)
  for (let i = 0; i < energy.length; i++) {
    const at = (energy[i]! - lowest) * scale
    out[i] = table[at >= size - 1 ? size - 1 : at > 0 ? at | 0 : 0]!
  }
}

/** Colours of a density: (value/largest)^GAMMA on the ramp. A density of zeros takes the ramp's start. */
export function fillDensity(values: Float32Array, ramp: Uint32Array, out: Uint32Array): void {
  const largest = extent(values)[1]
  const scale = largest > 0 ? 1 / largest : 0
  for (let i = 0; i < values.length; i++) {
    const share = Math.min(1, Math.max(0, values[i]! * scale))
    out[i] = ramp[Math.round(255 * Math.pow(share, GAMMA))]!
  }
}

/** Contours in units of ε above the lowest point. */
const LEVELS = [1, 2, 3, 4, 6, 8, 12, 16]

/**
 * Levels of V for the contours: 1, 2, 3, 4, 6, 8, 12, 16 units of ε above the lowest point, so that the
 * innermost line is where π has fallen by e, and steep walls do not fill up with lines. A landscape
 * flatter than 2ε gets about five round levels instead; one without relief gets none.
 */
export function contourLevels(lowest: number, highest: number, epsilon: number): number[] {
  const range = highest - lowest
  if (!(range > 1e-9 * Math.max(1, Math.abs(lowest), Math.abs(highest)))) return []
  if (range < 2 * epsilon) {
    return ticks(lowest, highest, 5).filter((level) => level > lowest && level < highest)
  }
  return LEVELS.map((level) => lowest + epsilon * level).filter((level) => level < highest)
}

/**
 * The density level whose super-level set holds a share of the mass (the highest-density region).
 * @param values densities on equal cells, ≥ 0
 * @returns null where there is no mass
 */
export function massLevel(values: Float32Array, share: number): number | null {
  const sorted = Float32Array.from(values).sort().reverse()
  let total = 0
  for (const value of sorted) total += value
  if (!(total > 0)) return null
  let held = 0
  for (const value of sorted) {
    held += value
    if (held >= share * total) return value
  }
  return null
}

function paintHeat(
  bitmap: Bitmap,
  side: number,
  size: number,
  fill: (n: number, out: Uint32Array) => void,
  most = Infinity,
): void {
  const n = Math.min(side, most, Math.max(LEAST_SAMPLES, Math.round(size)))
  const words = new Uint32Array(n * n)
  fill(n, words)
  const image = new ImageData(new Uint8ClampedArray(words.buffer), n, n)
  // Drawn rather than put, so that colours with alpha lie over what is there.
  const small = createBitmap(n, n)
  small.context.putImageData(image, 0, 0)
  bitmap.context.imageSmoothingEnabled = true
  // Of a table that changes many times a second the difference is not seen, and costs.
  bitmap.context.imageSmoothingQuality = n === most ? 'medium' : 'high'
  bitmap.context.drawImage(small.canvas, 0, 0, side, side)
}

type Relief = readonly [low: number, high: number]

/** Lowest and highest V: of the nodes, or of what barriers leave of them. */
export function reliefOf(landscape: Landscape): Relief {
  if (landscape.barriers.length === 0) return extent(landscape.v)
  const n = landscape.cells
  const energy = new Float32Array(n * n)
  sampleField(landscape, n, n, energy)
  return extent(energy)
}

/** What colours the whole box, on a bitmap of so many pixels a side. */
export function paintGround(
  bitmap: Bitmap,
  side: number,
  viewport: Viewport,
  data: LandscapeData,
  layers: LandscapeLayers,
  [lowest]: Relief,
  palette: Palette,
): void {
  const { context } = bitmap
  const { ratio } = viewport
  const { landscape, targetDensity, rate, basins } = data
  const { epsilon } = landscape
  const size = side / ratio
  const ramps = rampsOf(palette)
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.fillStyle = palette.surface
  context.fillRect(0, 0, side, side)
  if (basins !== null) {
    const colours = basinColours(basins, palette)
    paintHeat(bitmap, side, size, (n, out) => {
      fillBasins(basins, n, n / size, colours, out)
    })
  } else if (rate !== null) {
    paintHeat(bitmap, side, size, (n, out) => {
      const values = new Float32Array(n * n)
      const presence = new Float32Array(n * n)
      sampleRaster(rate, n, n, values)
      sampleRaster(rate.presence, n, n, presence)
      fillRate(values, presence, rate.scale, ramps.rate, out)
    })
  } else if (layers.energy) {
    // The edge of a barrier is no matter of the table.
    const most = landscape.barriers.length === 0 ? SAMPLES_A_CELL * landscape.cells : Infinity
    paintHeat(
      bitmap,
      side,
      size,
      (n, out) => {
        const energy = new Float32Array(n * n)
        sampleField(landscape, n, n, energy)
        fillHeat(energy, lowest, epsilon, ramps.density, out)
      },
      most,
    )
  } else if (layers.target && targetDensity !== null) {
    paintHeat(bitmap, side, size, (n, out) => {
      const density = new Float32Array(n * n)
      sampleRaster(targetDensity, n, n, density)
      fillDensity(density, ramps.density, out)
    })
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
}

/** What is drawn over the ground in lines and dots, in a square at the origin with sides of `size`. */
export function drawLandscapeLines(
  context: Strokes,
  size: number,
  viewport: Viewport,
  data: LandscapeData,
  layers: LandscapeLayers,
  [lowest, highest]: Relief,
  palette: Palette,
): void {
  const { landscape, targetDensity, rate, basins } = data
  const { epsilon } = landscape
  context.lineJoin = 'round'
  context.lineCap = 'round'
  if (layers.contours) {
    const fine = Math.min(150, size / 3, CONTOUR_SAMPLES_A_CELL * landscape.cells)
    const n = Math.round(Math.max(64, fine))
    const energy = new Float32Array(n * n)
    sampleExtended(landscape, n, n, energy)
    context.save()
    clipToAllowed(context, { ...viewport, left: 0, top: 0 }, landscape.barriers)
    const levels = contourLevels(lowest, highest, epsilon)
    const colour = interpolateRgb(palette.contourLow, palette.contourHigh)
    const scratch = new Int32Array(2 * n * n)
    levels.forEach((level, i) => {
      context.beginPath()
      drawLevel(context, energy, n, level, size / n, scratch)
      context.strokeStyle = colour(levels.length > 1 ? i / (levels.length - 1) : 0)
      context.lineWidth = 1
      context.stroke()
    })
    context.restore()
  }
  const ground = layers.energy || rate !== null || basins !== null
  if (layers.target && ground && targetDensity !== null) {
    const n = targetDensity.cells
    const density = new Float32Array(n * n)
    sampleRaster(targetDensity, n, n, density)
    context.strokeStyle = palette.target
    for (const [share, dash] of [
      [0.5, []],
      [0.9, [1, 4]],
    ] as const) {
      const level = massLevel(density, share)
      if (level === null) continue
      context.beginPath()
      drawLevel(context, density, n, level, size / n)
      context.setLineDash([...dash])
      context.lineWidth = 1.5
      context.stroke()
    }
    context.setLineDash([])
  }
  if (layers.gradient) paintArrows(context, size, landscape, palette)
  if (layers.data) paintData(context, size, landscape.halfWidth, data.data, palette)
  if (basins !== null) paintWells(context, size, basins, palette)
}

/**
 * Lengths for arrows: longest·g/(g + typical), so that slow valleys still show a direction and walls do
 * not shout.
 */
export function arrowLength(slope: number, typical: number, longest: number): number {
  return slope > 0 ? (longest * slope) / (slope + typical) : 0
}

function paintArrows(context: Strokes, size: number, landscape: Landscape, palette: Palette): void {
  const lattice = Math.max(6, Math.min(26, Math.round(size / 24)))
  const pitch = size / lattice
  const { halfWidth } = landscape
  const table = tableOf(landscape)
  const spacing = (2 * halfWidth) / lattice
  const jet = new Float64Array(6)
  const slopes = new Float64Array(2 * lattice * lattice)
  const sizes: number[] = []
  for (let row = 0; row < lattice; row++) {
    for (let column = 0; column < lattice; column++) {
      const x = (column + 0.5) * spacing - halfWidth
      const y = halfWidth - (row + 0.5) * spacing
      hermiteJet(table, x, y, jet)
      addBarriers(landscape.barriers, x, y, jet)
      // Where a barrier forbids there is no arrow.
      const slope = Math.hypot(jet[1]!, jet[2]!)
      slopes.set(jet.subarray(1, 3), 2 * (row * lattice + column))
      sizes.push(Number.isNaN(slope) ? 0 : slope)
    }
  }
  const typical = Float64Array.from(sizes).sort()[Math.floor(sizes.length / 2)]!
  context.strokeStyle = palette.arrow
  context.fillStyle = palette.arrow
  context.lineWidth = 1
  context.beginPath()
  const heads: number[] = []
  for (let i = 0; i < lattice * lattice; i++) {
    const slope = sizes[i]!
    const length = arrowLength(slope, typical, 0.86 * pitch)
    if (length < 1.5) continue
    const ux = -slopes[2 * i]! / slope
    const uy = slopes[2 * i + 1]! / slope
    const x = ((i % lattice) + 0.5) * pitch
    const y = (Math.floor(i / lattice) + 0.5) * pitch
    const head = Math.min(4.5, 0.45 * length)
    context.moveTo(x - (ux * length) / 2, y - (uy * length) / 2)
    context.lineTo(x + ux * (length / 2 - head), y + uy * (length / 2 - head))
    heads.push(x + (ux * length) / 2, y + (uy * length) / 2, ux * head, uy * head)
  }
  context.stroke()
  context.beginPath()
  for (let i = 0; i < heads.length; i += 4) {
    const [x, y, dx, dy] = [heads[i]!, heads[i + 1]!, heads[i + 2]!, heads[i + 3]!]
    context.moveTo(x, y)
    context.lineTo(x - dx - 0.45 * dy, y - dy + 0.45 * dx)
    context.lineTo(x - dx + 0.45 * dy, y - dy - 0.45 * dx)
    context.closePath()
  }
  context.fill()
}

function paintData(
  context: Strokes,
  size: number,
  halfWidth: number,
  data: Float32Array,
  palette: Palette,
): void {
  const scale = size / (2 * halfWidth)
  const radius = size < 300 ? 0.9 : 1.2
  context.fillStyle = palette.data
  context.beginPath()
  for (let i = 0; i + 1 < data.length; i += 2) {
    const x = (data[i]! + halfWidth) * scale
    const y = (halfWidth - data[i + 1]!) * scale
    context.moveTo(x + radius, y)
    context.arc(x, y, radius, 0, 2 * Math.PI)
  }
  context.fill()
}

interface Kept {
  readonly data: LandscapeData
  readonly side: number
  readonly ratio: number
  readonly layers: LandscapeLayers
  readonly palette: Palette
  readonly bitmap: Bitmap
}

function sameLayers(a: LandscapeLayers, b: LandscapeLayers): boolean {
  return (
    a.energy === b.energy &&
    a.contours === b.contours &&
    a.gradient === b.gradient &&
    a.target === b.target &&
    a.data === b.data
  )
}

export function createLandscapePainter(): LandscapePainter {
  const kept: Kept[] = []
  return {
    draw(context, viewport, data, layers, palette) {
      const { left, top, size, ratio } = viewport
      const side = Math.round(size * ratio)
      const found = kept.findIndex(
        (k) =>
          k.data.landscape === data.landscape &&
          k.data.targetDensity === data.targetDensity &&
          k.data.data === data.data &&
          k.data.rate === data.rate &&
          k.data.basins === data.basins &&
          k.side === side &&
          k.ratio === ratio &&
          k.palette === palette &&
          sameLayers(k.layers, layers),
      )
      let entry = found >= 0 ? kept.splice(found, 1)[0]! : null
      if (entry === null) {
        const retired = kept.length >= KEPT ? kept.pop()! : null
        const bitmap =
          retired !== null && retired.side === side ? retired.bitmap : createBitmap(side, side)
        const relief = reliefOf(data.landscape)
        paintGround(bitmap, side, viewport, data, layers, relief, palette)
        drawLandscapeLines(bitmap.context, side / ratio, viewport, data, layers, relief, palette)
        entry = { data, side, ratio, layers, palette, bitmap }
      }
      kept.unshift(entry)
      context.drawImage(entry.bitmap.canvas, left, top, size, size)
    },
  }
}
