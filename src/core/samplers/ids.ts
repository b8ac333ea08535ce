/** Ids of the samplers of a scene, in the order of the list in the page. */
export const SAMPLER_IDS = ['langevin', 'mala', 'filter'] as const
export type SamplerId = (typeof SAMPLER_IDS)[number]

/** The texts of the page on a sampler. Data only: importing them loads no code of the samplers. */
export interface SamplerText {
  readonly label: string
  /** The part of a step besides drift and noise, shown behind its formula; '' for none. */
  readonly step: string
  /** One sentence on the law that the sampler keeps. */
  readonly summary: string
}

/** Rate α of a barrier filter, where nothing else is said. */
export const FILTER_RATE = 10

export const SAMPLER_TEXTS: Readonly<Record<SamplerId, SamplerText>> = {
  langevin: {
    label: 'Langevin',
    step: '',
    summary: 'Langevin takes every step as it falls: π stays up to a bias that grows with η².',
  },
  mala: {
    label: 'MALA',
    step: 'accept or reject',
    summary: 'MALA accepts or rejects each step, so that π stays exactly: no bias at any η.',
  },
  filter: {
    label: 'Barrier filter',
    step: 'drift filtered',
    summary:
      'The filter bends the drift before keep-out regions as little as it must; noise may still carry particles in, π is not kept, and nothing is certified.',
  },
}
