import type { Landscape } from '../../../lab/protocol/calls.ts'
import { createBitmap, type Context } from '../canvas.ts'
import type { Viewport } from '../coordinates.ts'
import { extent, sampleField } from './sampling.ts'
import { rampsOf } from '../ramps.ts'
import type { Palette } from '../theme.ts'

const OVERSAMPLING = 4
const masses = new WeakMap<Landscape, Map<number, Float32Array>>()

/** Bins a side for n particles: about eight particles a bin if they were spread evenly, 16–64. */
export function differenceBins(particles: number): number {
  return Math.max(16, Math.min(64, Math.round(Math.sqrt(particles / 8))))
}

/** Gibbs mass of each of bins² squares of the box (sum 1), y down. */
export function gibbsMass(landscape: Landscape, bins: number): Float32Array {
  const n = bins * OVERSAMPLING
  const energy = new Float32Array(n * n)
  sampleField(landscape, n, n, energy)
  const lowest = extent(energy)[0]
  const mass = new Float32Array(bins * bins)
  let total = 0
  for (let row = 0; row < n; row++) {
    const start = Math.floor(row / OVERSAMPLING) * bins
    for (let column = 0; column < n; column++) {
      const weight = Math.exp((lowest - energy[row * n + column]!) / landscape.epsilon)
      const at = start + Math.floor(column / OVERSAMPLING)
      mass[at] = mass[at]! + weight
      total += weight
    }
  }
  for (let i = 0; i < mass.length; i++) mass[i] = mass[i]! / total
  return mass
}

/** Share of the particles in each of bins² squares of the box, y down; those outside count as lost. */
export function particleMass(xy: Float32Array, halfWidth: number, bins: number): Float32Array {
  const mass = new Float32Array(bins * bins)
  const n = xy.length / 2
  if (n === 0) return mass
  const scale = bins / (2 * halfWidth)
  for (let i = 0; i + 1 < xy.length; i += 2) {
    const column = Math.floor((xy[i]! + halfWidth) * scale)
    const row = Math.floor((halfWidth - xy[i + 1]!) * scale)
    if (column >= 0 && row >= 0 && column < bins && row < bins) {
      const at = row * bins + column
      mass[at] = mass[at]! + 1 / n
    }
  }
  return mass
}

/** One pass of the binomial filter (1, 2, 1)² / 16, mirrored at the border. */
export function smooth(values: Float32Array, n: number): Float32Array {
  const half = new Float32Array(n * n)
  const out = new Float32Array(n * n)
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) {
      const at = row * n + column
      const before = column > 0 ? at - 1 : at
      const after = column < n - 1 ? at + 1 : at
      half[at] = (values[before]! + 2 * values[at]! + values[after]!) / 4
    }
  }
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) {
      const at = row * n + column
      const above = row > 0 ? at - n : at
      const below = row < n - 1 ? at + n : at
      out[at] = (half[above]! + 2 * half[at]! + half[below]!) / 4
    }
  }
  return out
}

/**
 * Where the particles are too many or too few against Gibbs: (n_i/N − π_i)/max π on bins, both smoothed
 * once, in the diverging colours (full colour at ±1), over a veil that takes back what lies beneath.
 */
export function drawDifference(
  context: Context,
  viewport: Viewport,
  landscape: Landscape,
  xy: Float32Array,
  palette: Palette,
): void {
  if (xy.length < 2) return
  const bins = differenceBins(xy.length / 2)
  const known = masses.get(landscape) ?? new Map<number, Float32Array>()
  masses.set(landscape, known)
  let gibbs = known.get(bins)
  if (gibbs === undefined) {
    gibbs = smooth(gibbsMass(landscape, bins), bins)
    known.set(bins, gibbs)
  }
  const here = smooth(particleMass(xy, landscape.halfWidth, bins), bins)
  const scale = 1 / Math.max(extent(gibbs)[1], 1e-12)
  const words = new Uint32Array(bins * bins)
  const { difference: colours } = rampsOf(palette)
  for (let i = 0; i < words.length; i++) {
    const d = Math.max(-1, Math.min(1, (here[i]! - gibbs[i]!) * scale))
    words[i] = colours[Math.round(127.5 + 127.5 * d)]!
  }
  const bitmap = createBitmap(bins, bins)
  bitmap.context.putImageData(new ImageData(new Uint8ClampedArray(words.buffer), bins, bins), 0, 0)
  context.save()
  context.globalAlpha = 0.72
  context.fillStyle = palette.surface
  context.fillRect(viewport.left, viewport.top, viewport.size, viewport.size)
  context.globalAlpha = 1
  context.imageSmoothingEnabled = true
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap.canvas, viewport.left, viewport.top, viewport.size, viewport.size)
  context.restore()
}
