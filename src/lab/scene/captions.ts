/** What stands beside an experiment while it is open. */
export interface Caption {
  /** Where to look, one sentence. */
  readonly look: string
  /** What to change and what should come of it, one sentence. */
  readonly attempt: string
}

const SHIPPED: Caption = {
  look: 'The red particles spread over the shading; the blue ones, without noise, end in its wells.',
  attempt: 'Click on the stage to release all particles there, or lower ε and see wells close.',
}

/** Captions of the experiments, by their id; shipped energies that have none of their own share one. */
const CAPTIONS: Readonly<Record<string, Caption>> = {
  'eight-gaussians': {
    look: 'Right: everything ends in eight points. Left: each of the eight wells is filled to its width.',
    attempt:
      'Click on one of the wells: the particles start there, and mass has to cross the passes to the others.',
  },
  certificate: {
    look: 'The line of the stop stands before the run has begun; the curve passes under δ well before it.',
    attempt: 'Raise δ: the promised step comes earlier; lower it, and it leaves the run.',
  },
  'no-certificate': {
    look: 'The blue curve turns where the ring marks its best time, then climbs, in the end by the same amount at each step.',
    attempt:
      'Choose “Gradient norm” under “Rules that certify nothing” and see where it would stop.',
  },
  'start-at-gibbs': {
    look: 'Both curves begin at zero; red stays in its band, blue leaves at once.',
    attempt:
      'Open the chart E[V]: the function that does fall along the blue flow certifies collapse.',
  },
  'gaussian-check': {
    look: 'The red estimate runs inside its band round the dark curve, the exact law of the chain.',
    attempt: 'Raise the number of particles: the band narrows, and the curve stays in it.',
  },
  composition: {
    look: 'Mass is where both energies are low: the rings, weighed by the two wells.',
    attempt:
      'Drag a weight in Compose to zero and back, and open “Why it is certified” under the tray.',
  },
  mixture: {
    look: 'Mass is where either energy is low: rings and centres side by side.',
    attempt:
      'Change “or” to “and” in the tray: the same two energies, multiplied instead of averaged.',
  },
  barrier: {
    look: 'No particle is inside the fenced regions, at any step; the red curve falls all the same.',
    attempt: 'Drag a region over a well while it runs, or use its handles.',
  },
  'filter-or-barrier': {
    look: 'Some red particles are inside the regions: the filter bends the mean of a step, noise does the rest.',
    attempt: 'Press “Compare the ways” in Compose and read what each of them costs.',
  },
  'from-the-data': {
    look: 'The curve stays at the level of the data: nothing moves but the dots.',
    attempt: 'Compare with the next experiment but one, whose training was cut short.',
  },
  'two-starts': {
    look: 'The start is the data here; the curve begins near zero and stays there.',
    attempt: 'Press Train with the layer “Chains” on, then set the start to Gaussian N(0, I).',
  },
  'half-trained': {
    look: 'KL to the data rises from zero: the energy carries its own data away.',
    attempt: 'Train it to the end and start again.',
  },
  overlong: {
    look: 'KL to the data falls, has a least value and rises again; the flag stands before the least.',
    attempt: 'Go on to the end: the samples pass their nearest point and leave the data again.',
  },
  acceleration: {
    look: 'Trails run along the contours; the slope of the curve is steeper than without the drift.',
    attempt: 'Open “Acceleration” in Sample, set γ to 0 and compare.',
  },
  preconditioner: {
    look: 'Pairs of the two clouds approach at one rate along the valley and across it.',
    attempt: 'Set the metric back to the identity: the valley becomes slow along its length.',
  },
  'place-metric': {
    look: 'More noise high up hurries particles over the passes.',
    attempt: 'Read under “Acceleration” what is gained for each stable step: nothing.',
  },
  contraction: {
    look: 'Lines join pairs that share their noise; they shrink, and stay below the bound on the chart.',
    attempt: 'Raise ε: the noise is shared, so that the pairs approach as fast as before.',
  },
  stalled: {
    look: 'The curve is flat and far above δ: half of the mass is missing in the other well.',
    attempt: 'Choose “Tolerance”: it never fires. Then open “Jumps over the pass”.',
  },
  'one-well': {
    look: 'Three rules say stop while the curve shows that half of the mass is missing.',
    attempt:
      'Choose “Coupling”: it claims nothing, since its pairs cross the pass too seldom; “Why” has the count.',
  },
  'small-gradient': {
    look: 'The rule stops the blue flow; the number beside it is its KL there.',
    attempt: 'Raise δ: it stops earlier, and its KL is smaller.',
  },
  jumps: {
    look: 'The other well fills, a little at each jump, and the stall is over.',
    attempt: 'Take the jumps away under “Acceleration” in Sample.',
  },
  mala: {
    look: 'With each step accepted or refused the curve goes down to its floor.',
    attempt: 'Switch the sampler to Langevin: the curve comes to rest at b(η) instead.',
  },
}

export function captionOf(id: string): Caption {
  return CAPTIONS[id] ?? SHIPPED
}
