import type { TrainingPoint } from '../../lab/protocol/result.ts'
import type { Context } from './canvas.ts'
import type { Surface } from './coordinates.ts'
import type { Palette } from './theme.ts'

export interface LossData {
  /** One per Adam step so far, in order. */
  readonly losses: readonly { readonly step: number; readonly loss: number }[]
  readonly history: readonly TrainingPoint[]
  /** Adam steps of the whole training: the right end of the axis. */
  readonly steps: number
}

export type DrawLossChart = (
  context: Context,
  surface: Surface,
  data: LossData,
  palette: Palette,
) => void
