import { hcl, lab, rgb } from 'd3-color'
import { interpolateRgb } from 'd3-interpolate'
import { interpolateViridis } from 'd3-scale-chromatic'
import { pack, type Palette, type ThemeName } from './theme.ts'

/** The colours that stand for numbers beside a palette, 256 packed little-endian RGBA words each. */
export interface Ramps {
  /** Density 0 → 1. */
  readonly density: Uint32Array
  /** λmin(∇²V) from −1 (clouds part) to 1 (they approach), with alpha. */
  readonly rate: Uint32Array
  /** Relative difference −1 → 1 (particles missing → in excess), with alpha. */
  readonly difference: Uint32Array
}

function table(colour: (t: number) => { css: string; alpha: number }): Uint32Array {
  const out = new Uint32Array(256)
  for (let i = 0; i < 256; i++) {
    const { css, alpha } = colour(i / 255)
    const c = rgb(css)
    out[i] = pack(c.r, c.g, c.b, alpha)
  }
  return out
}

/** Viridis' hues over a lightness of our own, straight in t, so that the ramp stays perceptually even. */
function toned(t: number, from: number, to: number, lightness: number, chroma: number): string {
  const c = hcl(interpolateViridis(from + (to - from) * t))
  return hcl(c.h, c.c * chroma, lightness).formatHex()
}

/** From the surface on into such colours, so that no density at all is no colour. */
function densities(surface: string, colour: (t: number) => string): Uint32Array {
  return table((t) => ({
    css: interpolateRgb(surface, colour(t))(Math.min(1, t / 0.12)),
    alpha: 1,
  }))
}

function divergence(negative: string, positive: string, opacity: number): Uint32Array {
  return table((t) => {
    const d = 2 * t - 1
    return { css: lab(d < 0 ? negative : positive).formatHex(), alpha: opacity * Math.abs(d) }
  })
}

const MAKERS: Readonly<Record<ThemeName, (surface: string) => Ramps>> = {
  light: (surface) => ({
    density: densities(surface, (t) => toned(t, 0.84, 0.47, 97.5 - 31 * t, 0.16 + 0.66 * t)),
    rate: divergence('#c51b7d', '#4d9221', 0.62),
    difference: divergence('#1b7837', '#762a83', 0.92),
  }),
  dark: (surface) => ({
    density: densities(surface, (t) => toned(t, 0.12, 0.62, 9 + 43 * t, 0.95)),
    rate: divergence('#de77ae', '#7fbc41', 0.5),
    difference: divergence('#6fcf8a', '#d58be0', 0.92),
  }),
}

const made = new Map<ThemeName, Ramps>()

/** Made once for each theme. */
export function rampsOf({ name, surface }: Palette): Ramps {
  const ramps = made.get(name) ?? MAKERS[name](surface)
  made.set(name, ramps)
  return ramps
}

/** A ramp as a CSS gradient, for legends. */
export function gradientOf(ramp: Uint32Array): string {
  const stops: string[] = []
  for (let i = 0; i <= 8; i++) stops.push(unpack(ramp[Math.round((i * 255) / 8)]!))
  return `linear-gradient(90deg, ${stops.join(', ')})`
}

/** A packed colour as a CSS string. */
export function unpack(word: number): string {
  const alpha = (word >>> 24) / 255
  const channels = `${word & 255}, ${(word >>> 8) & 255}, ${(word >>> 16) & 255}`
  return alpha >= 1 ? `rgb(${channels})` : `rgba(${channels}, ${alpha.toFixed(3)})`
}
