import { lab, rgb } from 'd3-color'
import { describe, expect, it } from 'vitest'
import { rampsOf, unpack } from './ramps.ts'
import { PALETTES, cssVariables, pack } from './theme.ts'

const linear = (channel: number): number => {
  const c = channel / 255
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
}
const gamma = (c: number): number =>
  255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * Math.min(1, Math.max(0, c)) ** (1 / 2.4) - 0.055)

/** WCAG 2 contrast. */
function contrast(a: string, b: string): number {
  const luminance = (css: string): number => {
    const c = rgb(css)
    return 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b)
  }
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p)
  return (x! + 0.05) / (y! + 0.05)
}

/** Machado, Oliveira & Fernandes (2009), severity 1, linear RGB. */
const DEFICIENCIES = {
  none: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [
    0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998,
  ],
  deuteranopia: [
    0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881,
  ],
  tritanopia: [
    1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039,
  ],
} as const

function seen(css: string, deficiency: keyof typeof DEFICIENCIES): string {
  const m = DEFICIENCIES[deficiency]
  const c = rgb(css)
  const [r, g, b] = [linear(c.r), linear(c.g), linear(c.b)]
  const row = (i: number): number => gamma(m[i]! * r + m[i + 1]! * g + m[i + 2]! * b)
  return rgb(row(0), row(3), row(6)).formatRgb()
}

/** CIE76 difference. */
function difference(a: string, b: string): number {
  const [p, q] = [lab(a), lab(b)]
  return Math.hypot(p.l - q.l, p.a - q.a, p.b - q.b)
}

describe.each(['light', 'dark'] as const)('the %s palette', (name) => {
  const palette = PALETTES[name]
  const ramps = rampsOf(palette)

  it('has text and accents that can be read on every ground', () => {
    for (const ground of [palette.background, palette.surface, palette.raised]) {
      for (const ink of [
        palette.ink,
        palette.muted,
        palette.langevin.base,
        palette.deterministic.base,
        palette.companion.base,
        palette.delta,
        palette.stalled,
        palette.danger,
      ]) {
        expect(contrast(ink, ground), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5)
      }
    }
  })

  it('keeps warm and cool apart for every eye, and the two clouds under one noise', () => {
    for (const deficiency of Object.keys(DEFICIENCIES) as (keyof typeof DEFICIENCIES)[]) {
      for (const other of [palette.deterministic, palette.companion]) {
        const apart = difference(
          seen(palette.langevin.base, deficiency),
          seen(other.base, deficiency),
        )
        expect(apart, deficiency).toBeGreaterThan(40)
      }
    }
  })

  it('keeps the dots visible on every colour of the density ramp', () => {
    for (const word of ramps.density) {
      for (const accent of [
        palette.langevin.base,
        palette.deterministic.base,
        palette.companion.base,
      ]) {
        expect(difference(unpack(word), accent)).toBeGreaterThan(25)
      }
    }
  })

  it('tells approach from parting for every eye, and the clouds from both', () => {
    const ground = (word: number): string => {
      const [over, under] = [rgb(unpack(word)), rgb(palette.surface)]
      const mix = (a: number, b: number) => over.opacity * a + (1 - over.opacity) * b
      return rgb(mix(over.r, under.r), mix(over.g, under.g), mix(over.b, under.b)).formatRgb()
    }
    const [part, approach] = [ground(ramps.rate[0]!), ground(ramps.rate[255]!)]
    for (const deficiency of Object.keys(DEFICIENCIES) as (keyof typeof DEFICIENCIES)[]) {
      expect(
        difference(seen(part, deficiency), seen(approach, deficiency)),
        deficiency,
      ).toBeGreaterThan(20)
    }
    for (const accent of [palette.langevin, palette.deterministic, palette.companion]) {
      expect(difference(part, accent.base)).toBeGreaterThan(25)
      expect(difference(approach, accent.base)).toBeGreaterThan(25)
    }
  })

  it('has a density ramp of monotone lightness that starts at the surface', () => {
    expect(difference(unpack(ramps.density[0]!), palette.surface)).toBeLessThan(1)
    const lightness = [...ramps.density].map((word) => lab(unpack(word)).l)
    const sign = name === 'dark' ? 1 : -1
    for (let i = 8; i < 256; i += 8) {
      expect(sign * (lightness[i]! - lightness[i - 8]!), `at ${i}`).toBeGreaterThan(0)
    }
  })

  it('has a clear middle in its diverging colours', () => {
    expect(ramps.difference[127]! >>> 24).toBeLessThan(4)
    expect(ramps.difference[0]! >>> 24).toBeGreaterThan(200)
    expect(
      difference(unpack(ramps.difference[0]!), unpack(ramps.difference[255]!)),
    ).toBeGreaterThan(60)
  })

  it('is there as custom properties', () => {
    expect(cssVariables(palette)['--langevin']).toBe(palette.langevin.base)
    for (const value of Object.values(cssVariables(palette))) expect(value).not.toBe('')
  })
})

describe('packed colours', () => {
  it('come back as they went in', () => {
    expect(unpack(pack(12, 200, 255, 1))).toBe('rgb(12, 200, 255)')
    expect(unpack(pack(12, 200, 255, 0.5))).toBe('rgba(12, 200, 255, 0.502)')
  })
})
