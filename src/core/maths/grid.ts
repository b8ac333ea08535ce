/** A place of the plane, world units. */
export type Point = readonly [x: number, y: number]

/**
 * The square box Ω = [−halfWidth, halfWidth]² cut into cells × cells equal cells.
 *
 * Arrays over *nodes* (cell corners) have length (cells + 1)², arrays over *cell centres* cells²; both
 * are row-major with x fastest: index = row·width + column, row ↔ y, column ↔ x.
 */
export interface Box {
  /** Half the side, world units; range [1, 20]. */
  readonly halfWidth: number
  /** Cells a side; range [32, 256]. */
  readonly cells: number
}

/** Side h of one cell, world units. */
export function spacing(box: Box): number {
  return (2 * box.halfWidth) / box.cells
}

/** Coordinate of node i, 0 ≤ i ≤ cells. */
export function nodeCoordinate(box: Box, i: number): number {
  return -box.halfWidth + i * spacing(box)
}

/** Coordinate of the centre of cell i, 0 ≤ i < cells. */
export function centreCoordinate(box: Box, i: number): number {
  return -box.halfWidth + (i + 0.5) * spacing(box)
}

export function sameBox(a: Box, b: Box): boolean {
  return a.halfWidth === b.halfWidth && a.cells === b.cells
}

/**
 * Mirror-fold of one coordinate into [−w, w]: the no-flux wall of the lab for positions.
 * The identity inside; any number of reflections outside. Non-finite input comes back as is.
 */
export function fold(x: number, w: number): number {
  if (x >= -w && x <= w) return x
  const period = 4 * w
  let t = (x + w) % period
  if (t < 0) t += period
  return t <= 2 * w ? t - w : 3 * w - t
}

/** The same for cells, of which there are n in a line: the one that a cell beyond a wall is mirrored to, −1 → 0, n → n − 1, … */
export function foldIndex(i: number, n: number): number {
  if (i >= 0 && i < n) return i
  let t = i % (2 * n)
  if (t < 0) t += 2 * n
  return t < n ? t : 2 * n - 1 - t
}
