/**
 * The two spaces of a square canvas, told apart by type.
 *
 * World: units of the energy, y up, Ω = [−halfWidth, halfWidth]². Screen: CSS pixels from the canvas's
 * top left corner, y down. Device pixels appear nowhere but in the transform set by `prepareContext`
 * and in buffers that are filled pixel by pixel.
 */
declare const space: unique symbol

export type World = readonly [x: number, y: number] & { readonly [space]: 'world' }
export type Screen = readonly [x: number, y: number] & { readonly [space]: 'screen' }

export function world(x: number, y: number): World {
  return [x, y] as unknown as World
}

export function screen(x: number, y: number): Screen {
  return [x, y] as unknown as Screen
}

/** A canvas as it lies on the page. */
export interface Surface {
  /** CSS pixels. */
  readonly width: number
  /** CSS pixels. */
  readonly height: number
  /** Device pixels a CSS pixel, > 0. */
  readonly ratio: number
}

/** Space kept free round a plot, CSS pixels. */
export interface Margins {
  readonly top: number
  readonly right: number
  readonly bottom: number
  readonly left: number
}

const NO_MARGINS: Margins = { top: 0, right: 0, bottom: 0, left: 0 }

/** A surface on which the box Ω fills the square [left, left + size] × [top, top + size]. */
export interface Viewport extends Surface {
  /** Half the side of Ω, world units. */
  readonly halfWidth: number
  /** CSS pixels, on a device pixel. */
  readonly left: number
  readonly top: number
  /** Side of the square in CSS pixels, a whole number of device pixels, ≥ 1 device pixel. */
  readonly size: number
}

/**
 * The largest square inside the margins, centred, snapped to device pixels so that bitmaps drawn one to
 * one stay sharp.
 */
export function createViewport(
  surface: Surface,
  halfWidth: number,
  margins: Margins = NO_MARGINS,
): Viewport {
  const { width, height, ratio } = surface
  const innerWidth = width - margins.left - margins.right
  const innerHeight = height - margins.top - margins.bottom
  const side = Math.max(1, Math.floor(Math.min(innerWidth, innerHeight) * ratio))
  const size = side / ratio
  const left = Math.round((margins.left + (innerWidth - size) / 2) * ratio) / ratio
  const top = Math.round((margins.top + (innerHeight - size) / 2) * ratio) / ratio
  return { width, height, ratio, halfWidth, left, top, size }
}

export function toScreen(viewport: Viewport, point: World): Screen {
  const scale = viewport.size / (2 * viewport.halfWidth)
  return screen(
    viewport.left + (point[0] + viewport.halfWidth) * scale,
    viewport.top + (viewport.halfWidth - point[1]) * scale,
  )
}

export function toWorld(viewport: Viewport, point: Screen): World {
  const scale = (2 * viewport.halfWidth) / viewport.size
  return world(
    (point[0] - viewport.left) * scale - viewport.halfWidth,
    viewport.halfWidth - (point[1] - viewport.top) * scale,
  )
}

/** CSS pixels a world unit. */
export function pixelsPerUnit(viewport: Viewport): number {
  return viewport.size / (2 * viewport.halfWidth)
}

/** Whether a screen point lies on Ω. */
export function onBox(viewport: Viewport, point: Screen): boolean {
  const x = point[0] - viewport.left
  const y = point[1] - viewport.top
  return x >= 0 && y >= 0 && x <= viewport.size && y <= viewport.size
}
