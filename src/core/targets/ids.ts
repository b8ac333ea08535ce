/** Ids of the built-in targets with a known density, in the order of the gallery. */
export const TARGET_IDS = [
  'two-moons',
  'eight-gaussians',
  'gaussian-grid',
  'checkerboard',
  'two-spirals',
  'pinwheel',
  'rings',
  'swiss-roll',
  'banana',
  'two-gaussians',
  'three-gaussians',
] as const
export type TargetId = (typeof TARGET_IDS)[number]

/** Default sharpness of each target: noise width = base width / sharpness. */
export const DEFAULT_SHARPNESS: Readonly<Record<TargetId, number>> = {
  'two-moons': 0.6,
  'eight-gaussians': 0.6,
  'gaussian-grid': 0.5,
  checkerboard: 0.5,
  'two-spirals': 0.5,
  pinwheel: 0.5,
  rings: 0.6,
  'swiss-roll': 0.6,
  banana: 0.6,
  'two-gaussians': 0.6,
  'three-gaussians': 0.6,
}

/** Names of the targets, and short names for thumbnails. */
export const TARGET_LABELS: Readonly<
  Record<TargetId, { readonly label: string; readonly short: string }>
> = {
  'two-moons': { label: 'Two moons', short: 'Two moons' },
  'eight-gaussians': { label: 'Eight Gaussians', short: '8 Gaussians' },
  'gaussian-grid': { label: '5 × 5 grid', short: '5 × 5 grid' },
  checkerboard: { label: 'Checkerboard', short: 'Checkers' },
  'two-spirals': { label: 'Two spirals', short: 'Two spirals' },
  pinwheel: { label: 'Pinwheel', short: 'Pinwheel' },
  rings: { label: 'Rings', short: 'Rings' },
  'swiss-roll': { label: 'Swiss roll', short: 'Swiss roll' },
  banana: { label: 'Banana', short: 'Banana' },
  'two-gaussians': { label: 'Two Gaussians', short: '2 Gaussians' },
  'three-gaussians': { label: 'Three Gaussians', short: '3 Gaussians' },
}
