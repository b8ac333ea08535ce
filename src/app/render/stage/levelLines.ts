/** Where lines may go to. */
export interface Pen {
  moveTo(x: number, y: number): void
  lineTo(x: number, y: number): void
}

/*
 * The corners of a square that are high, as bits: 1, 2, 4, 8 from the north-west clockwise. A line keeps what is high on
 * its left; it crosses a square from one side to another, 0, 1, 2, 3 from the north clockwise. Where two high corners
 * face each other there are two lines, those of other squares.
 */
const FROM = [0, 3, 0, 3, 1, 0, 0, 3, 2, 2, 0, 2, 1, 1, 0]
const TO = [0, 0, 1, 1, 2, 0, 2, 2, 3, 0, 0, 1, 3, 0, 3]
const APART: Readonly<Record<number, readonly [number, number]>> = { 5: [1, 4], 10: [2, 8] }
const JOINED: typeof APART = { 5: [7, 13], 10: [14, 11] }

/**
 * Draws the level set of values given at the centres of n × n pixels, row-major, y down: marching squares between
 * the centres, linear on their edges, each line in one stroke. Where two high corners of a square face each other the
 * mean of all four tells whether they are joined. A value that is not a number lies below every level.
 * @param scale length of a pixel
 * @param next 2n² zeros, left as zeros; may be used again
 */
export function drawLevel(
  pen: Pen,
  values: Float32Array,
  n: number,
  level: number,
  scale: number,
  next: Int32Array = new Int32Array(2 * n * n),
): void {
  // Edge k goes from centre k eastwards, edge n² + k southwards; `next` holds the edge that a line comes to from each,
  // plus one.
  const southwards = n * n
  const open: number[] = []
  const closed: number[] = []

  function cross(at: number, corners: number): void {
    const sides = [at, southwards + at + 1, at + n, southwards + at]
    const from = sides[FROM[corners]!]!
    next[from] = sides[TO[corners]!]! + 1
    const along = from < southwards ? Math.floor(from / n) : (from - southwards) % n
    ;(along === 0 || along === n - 1 ? open : closed).push(from)
  }

  for (let row = 0; row + 1 < n; row++) {
    const first = row * n
    let west = (values[first]! >= level ? 1 : 0) | (values[first + n]! >= level ? 8 : 0)
    for (let at = first; at < first + n - 1; at++) {
      const east = (values[at + 1]! >= level ? 2 : 0) | (values[at + n + 1]! >= level ? 4 : 0)
      const corners = west | east
      west = ((east >> 1) & 1) | ((east & 4) << 1)
      if (corners === 0 || corners === 15) continue
      if (APART[corners] === undefined) cross(at, corners)
      else {
        const sum = values[at]! + values[at + 1]! + values[at + n]! + values[at + n + 1]!
        for (const one of (sum >= 4 * level ? JOINED : APART)[corners]!) cross(at, one)
      }
    }
  }

  const xOf = (k: number, share: number): number =>
    k < southwards ? (k % n) + share + 0.5 : ((k - southwards) % n) + 0.5
  const yOf = (k: number, share: number): number =>
    k < southwards ? Math.floor(k / n) + 0.5 : Math.floor((k - southwards) / n) + share + 0.5
  const shareOf = (k: number): number => {
    const at = k < southwards ? k : k - southwards
    const low = values[at]!
    return (level - low) / (values[k < southwards ? at + 1 : at + n]! - low)
  }

  // A line from the border first: it would else be entered in its middle.
  for (const start of [...open, ...closed]) {
    if (next[start] === 0) continue
    pen.moveTo(scale * xOf(start, shareOf(start)), scale * yOf(start, shareOf(start)))
    for (let k = start, to = next[k]!; to > 0; to = next[k]!) {
      next[k] = 0
      k = to - 1
      const share = shareOf(k)
      pen.lineTo(scale * xOf(k, share), scale * yOf(k, share))
    }
  }
}
