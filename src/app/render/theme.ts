/**
 * The two palettes, as plain data: everything that is drawn and everything that the page styles takes
 * its colours from here. Warm is Langevin, cool is the deterministic flow, everywhere; both keep apart
 * under the common colour-vision deficiencies and stand out on the density ramp of their theme.
 */
export type ThemeName = 'light' | 'dark'

/** Which of the two dynamics a mark belongs to. */
export type Flow = 'langevin' | 'deterministic'

/** Which cloud a mark belongs to. */
export type Tint = Flow | 'companion'

/** Colours of one cloud, CSS strings. */
export interface Accent {
  /** Lines, text, dots: #rrggbb. */
  readonly base: string
  /** Where many dots overlap: #rrggbb. */
  readonly dense: string
  /** Error band, translucent. */
  readonly band: string
}

export interface Palette {
  readonly name: ThemeName
  /** The page behind everything. */
  readonly background: string
  /** Panels and canvases on it. */
  readonly surface: string
  /** Raised controls, tooltips. */
  readonly raised: string
  readonly ink: string
  readonly muted: string
  /** Hairlines: frames and dividers. */
  readonly line: string
  /** Grid lines inside charts. */
  readonly grid: string
  readonly langevin: Accent
  readonly deterministic: Accent
  /** The second cloud under the noise of the Langevin particles. */
  readonly companion: Accent
  /** A criterion that stopped. */
  readonly stopped: string
  /** A criterion that stalled. */
  readonly stalled: string
  /** The tolerance δ. */
  readonly delta: string
  /** The estimator's floor: fill. */
  readonly floor: string
  /** Keyboard focus, selection. */
  readonly focus: string
  readonly danger: string
  /** Contour lines, by rising energy from the first colour to the second. */
  readonly contourLow: string
  readonly contourHigh: string
  /** −∇V arrows. */
  readonly arrow: string
  /** Data points and contours of the target density. */
  readonly data: string
  readonly target: string
  /** Keep-out regions. */
  readonly region: { readonly veil: string; readonly hatch: string; readonly edge: string }
}

/** The fonts of canvases, and of the page. */
const FONT_FAMILY =
  'Inter, "Helvetica Neue", "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", system-ui, sans-serif'

/** A canvas font of the lab. */
export function font(pixels: number, weight: 400 | 500 | 600 = 400): string {
  return `${weight} ${pixels}px ${FONT_FAMILY}`
}

export const PALETTES: Readonly<Record<ThemeName, Palette>> = {
  light: {
    name: 'light',
    background: '#f6f7f9',
    surface: '#ffffff',
    raised: '#ffffff',
    ink: '#171b22',
    muted: '#5b6573',
    line: '#d3d9e1',
    grid: '#e9edf2',
    langevin: { base: '#c2410c', dense: '#842a00', band: 'rgba(194, 65, 12, 0.2)' },
    deterministic: { base: '#1260b4', dense: '#0a3870', band: 'rgba(18, 96, 180, 0.18)' },
    companion: { base: '#8a1d8f', dense: '#4d0a55', band: 'rgba(138, 29, 143, 0.18)' },
    stopped: '#171b22',
    stalled: '#a3246f',
    delta: '#6b3fa0',
    floor: 'rgba(91, 101, 115, 0.11)',
    focus: '#1260b4',
    danger: '#b3261e',
    contourLow: 'rgba(16, 50, 66, 0.36)',
    contourHigh: 'rgba(16, 50, 66, 0.1)',
    arrow: 'rgba(23, 27, 34, 0.62)',
    data: 'rgba(23, 27, 34, 0.5)',
    target: '#171b22',
    region: {
      veil: 'rgba(246, 247, 249, 0.86)',
      hatch: 'rgba(91, 101, 115, 0.3)',
      edge: 'rgba(23, 27, 34, 0.78)',
    },
  },
  dark: {
    name: 'dark',
    background: '#0b0e13',
    surface: '#10141b',
    raised: '#1a202a',
    ink: '#eef1f5',
    muted: '#9aa5b4',
    line: '#2b3340',
    grid: '#1e2530',
    langevin: { base: '#ff9d42', dense: '#ffdca6', band: 'rgba(255, 157, 66, 0.26)' },
    deterministic: { base: '#74c0ff', dense: '#cfeaff', band: 'rgba(116, 192, 255, 0.26)' },
    companion: { base: '#b07cff', dense: '#e3d2ff', band: 'rgba(176, 124, 255, 0.26)' },
    stopped: '#eef1f5',
    stalled: '#f27fc0',
    delta: '#c3a5f5',
    floor: 'rgba(154, 165, 180, 0.12)',
    focus: '#74c0ff',
    danger: '#ff8a80',
    contourLow: 'rgba(226, 244, 240, 0.34)',
    contourHigh: 'rgba(226, 244, 240, 0.09)',
    arrow: 'rgba(238, 241, 245, 0.6)',
    data: 'rgba(238, 241, 245, 0.6)',
    target: '#eef1f5',
    region: {
      veil: 'rgba(11, 14, 19, 0.84)',
      hatch: 'rgba(154, 165, 180, 0.3)',
      edge: 'rgba(238, 241, 245, 0.8)',
    },
  },
}

/** R, G, B in 0–255 and alpha in 0–1 as one little-endian RGBA word. */
export function pack(r: number, g: number, b: number, alpha: number): number {
  const byte = (value: number): number => Math.max(0, Math.min(255, Math.round(value)))
  return ((byte(alpha * 255) << 24) | (byte(b) << 16) | (byte(g) << 8) | byte(r)) >>> 0
}

/** Custom properties of a palette, ready for `style.setProperty`. */
export function cssVariables(palette: Palette): Readonly<Record<`--${string}`, string>> {
  return {
    '--background': palette.background,
    '--surface': palette.surface,
    '--raised': palette.raised,
    '--ink': palette.ink,
    '--muted': palette.muted,
    '--line': palette.line,
    '--grid': palette.grid,
    '--langevin': palette.langevin.base,
    '--langevin-band': palette.langevin.band,
    '--deterministic': palette.deterministic.base,
    '--deterministic-band': palette.deterministic.band,
    '--companion': palette.companion.base,
    '--stopped': palette.stopped,
    '--stalled': palette.stalled,
    '--delta': palette.delta,
    '--focus': palette.focus,
    '--danger': palette.danger,
    '--font': FONT_FAMILY,
  }
}
