import type { ChartData } from './chartData.ts'
import { contractionNote, contractionPicture, contractionVoid } from './contractionPicture.ts'
import { dataNote, dataPicture, dataVoid } from './dataPicture.ts'
import { dissipationNote, dissipationPicture, dissipationVoid } from './dissipationPicture.ts'
import { energyNote, energyPicture } from './energyPicture.ts'
import { lyapunovNote, lyapunovPicture } from './lyapunovPicture.ts'
import { neededNote, neededPicture, neededVoid } from './neededPicture.ts'
import type { StepPicture } from './stepScale.ts'
import { trainingNote, trainingPicture, trainingVoid } from './trainingPicture.ts'

/** A chart that may stand under the stage. */
export interface Chart {
  /** On its tab. */
  readonly label: string
  /** What the tab stands for, in a sentence. */
  readonly title: string
  /** The canvas for those who do not see it. */
  readonly alt: string
  readonly picture: (data: ChartData) => StepPicture
  /** A remark in a few words; null for none. */
  readonly note: (data: ChartData) => string | null
  /** Why there is nothing to draw; null where there is. */
  readonly empty: (data: ChartData) => string | null
  /** Whether it stands over the steps of the training and not over those of the run. */
  readonly ofTraining?: boolean
}

/** The charts by their ids in a scene, in the order of their tabs. */
export const CHARTS = {
  lyapunov: {
    label: 'KL',
    title: 'The Lyapunov function: KL of both dynamics to the Gibbs measure',
    alt: 'Lyapunov curve: KL of both dynamics to the Gibbs measure over the steps',
    picture: lyapunovPicture,
    note: lyapunovNote,
    empty: () => null,
  },
  dissipation: {
    label: 'KL′ = −εI',
    title: 'The dissipation identity: what KL loses a step is the relative Fisher information',
    alt: 'Dissipation: the fall of KL over each step against the relative Fisher information',
    picture: dissipationPicture,
    note: dissipationNote,
    empty: dissipationVoid,
  },
  data: {
    label: 'To the data',
    title:
      'KL to the law of the data, cut to the box and renormalised, and when it can no longer be certified to fall',
    alt: 'Distance to the data: KL of the law to that of the data over the steps',
    picture: dataPicture,
    note: dataNote,
    empty: dataVoid,
  },
  contraction: {
    label: 'Contraction',
    title: 'Two clouds under one noise: their distance against the bound',
    alt: 'Contraction: distance of two clouds under one noise over the steps',
    picture: contractionPicture,
    note: contractionNote,
    empty: contractionVoid,
  },
  energy: {
    label: 'E[V]',
    title: 'The mean energy of the particles, which the noiseless flow lowers at every step',
    alt: 'Energy: mean of V over the particles of both dynamics over the steps',
    picture: energyPicture,
    note: energyNote,
    empty: () => null,
  },
  needed: {
    label: 'To go',
    title: 'The steps still needed to KL ≤ δ: certified by the proved gap, and taken in truth',
    alt: 'Steps still needed to come within δ of the Gibbs measure, at every step',
    picture: neededPicture,
    note: neededNote,
    empty: neededVoid,
  },
  training: {
    label: 'Training',
    title:
      'KL of the negative chains and of the data to π_θ while θ moves, and its ledger: what sampling took off and what the parameters put on',
    alt: 'Training: KL of the negative chains and of the data over the steps of the training, with its ledger',
    picture: trainingPicture,
    note: trainingNote,
    empty: trainingVoid,
    ofTraining: true,
  },
} as const satisfies Readonly<Record<string, Chart>>
