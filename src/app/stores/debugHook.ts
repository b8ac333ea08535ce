import type {
  AnalysisReport,
  BackendReport,
  CurvePoint,
  FrameReply,
  Landscape,
} from '../../lab/protocol/calls.ts'
import type { SceneSpec } from '../../lab/scene/sceneSpec.ts'
import type { Lab } from './lab.ts'
import type { LiveTrainingState, TrainingState } from './run/runStore.ts'

/**
 * `window.lyapunovLab`: the data behind the picture, for browser tests and the console. Read-only: every call
 * returns a copy and changes nothing in the lab.
 */
export interface DebugHook {
  /** The scene of the page. */
  scene(): SceneSpec
  /** The scene of the run, with η, steps and backend filled in; null before the first run. */
  runScene(): SceneSpec | null
  /** One entry a step, from 0 to the last step computed. */
  curves(): readonly CurvePoint[]
  /** The last report on the laws of the run; null before the first. */
  analysis(): AnalysisReport | null
  stops(): FrameReply['stops']
  nullFloor(): FrameReply['nullFloor']
  /** The table on the stage: (cells + 1)² values of V, row-major, x fastest, y upwards; null before the first. */
  landscapeNodes():
    | (Pick<Landscape, 'halfWidth' | 'cells' | 'epsilon' | 'logZ'> & {
        readonly v: number[]
      })
    | null
  /** Both clouds at step 0, [x0, y0, …]; null before the first run. */
  initialParticles(): { readonly langevin: number[]; readonly deterministic: number[] } | null
  /** The clouds on the stage. */
  particles(): {
    readonly step: number
    readonly langevin: number[]
    readonly deterministic: number[]
    readonly companion: number[] | null
  }
  backend(): BackendReport | null
  training(): TrainingState
  /** The live training; null without one. */
  live(): LiveTrainingState | null
  /** The visitor's own energies on the shelf. */
  shelf(): readonly { readonly id: string; readonly label: string; readonly kind: string }[]
  /** Whether an energy or a data set is still to be written to storage, as far as storage answers. */
  unsaved(): boolean
}

export function createDebugHook(lab: Lab): DebugHook {
  return Object.freeze({
    scene: () => structuredClone(lab.scene.getState().scene),
    runScene: () => structuredClone(lab.run.getState().run?.scene ?? null),
    curves: () => structuredClone(lab.run.getState().points),
    analysis: () => structuredClone(lab.run.getState().analysis),
    stops: () => structuredClone(lab.run.getState().stops),
    nullFloor: () => structuredClone(lab.run.getState().nullFloor),
    landscapeNodes: () => {
      const { landscape } = lab.run.getState()
      if (landscape === null) return null
      const { halfWidth, cells, epsilon, logZ, v } = landscape
      return { halfWidth, cells, epsilon, logZ, v: [...v] }
    },
    initialParticles: () => {
      const { run } = lab.run.getState()
      if (run === null) return null
      return { langevin: [...run.frame.langevin], deterministic: [...run.frame.deterministic] }
    },
    particles: () => {
      const { step, langevin, deterministic, companion } = lab.live.getState()
      return {
        step,
        langevin: [...langevin],
        deterministic: [...deterministic],
        companion: companion === null ? null : [...companion],
      }
    },
    backend: () => structuredClone(lab.run.getState().backend),
    training: () => structuredClone(lab.run.getState().training),
    live: () => structuredClone(lab.run.getState().live),
    shelf: () =>
      lab.shelf
        .getState()
        .items.map(({ id, label, content }) => ({ id, label, kind: content.kind })),
    unsaved: () => lab.unsaved,
  })
}

declare global {
  interface Window {
    lyapunovLab?: DebugHook
  }
}
