import { createStore, type StoreApi } from 'zustand/vanilla'
import type {
  AnalysisReport,
  BackendReport,
  CurvePoint,
  FrameReply,
  Landscape,
  LandscapeUpdate,
  LiveProgress,
  LiveTarget,
  Notice,
  RunReady,
} from '../../../lab/protocol/calls.ts'
import type { TrainingPoint, TrainingSummary } from '../../../lab/protocol/result.ts'
import type { SceneSpec } from '../../../lab/scene/sceneSpec.ts'

/**
 * - `idle`: a run stands at step 0, or there is no run yet
 * - `training`: a training is under way
 * - `running`: the clock moves the particles
 * - `paused`: the visitor or `haltAt` stopped the clock; also a paused training
 * - `stopped`: playback reached the last step, or the stopping step with "pause at the stop"
 * - `error`: the scene cannot be run; a notice says why
 */
type Status = 'idle' | 'training' | 'running' | 'paused' | 'stopped' | 'error'

export interface LossPoint {
  readonly step: number
  readonly loss: number
}

/** A training as the page shows it. `interrupted`: a reload or another action of the visitor left a checkpoint. */
export interface TrainingState {
  readonly phase: 'none' | 'starting' | 'running' | 'paused' | 'finished' | 'interrupted'
  /** The scene of the training; null before the first one. */
  readonly scene: SceneSpec | null
  readonly step: number
  readonly steps: number
  readonly stage: 'warm-up' | 'main'
  readonly elapsedSeconds: number
  readonly remainingSeconds: number | null
  readonly stepsPerSecond: number
  readonly losses: readonly LossPoint[]
  readonly history: readonly TrainingPoint[]
  /** The negative chains, [x0, y0, …], world units; null without any. */
  readonly chains: Float32Array | null
  readonly tableError: LandscapeUpdate['tableError'] | null
  readonly summary: TrainingSummary | null
}

/** An interrupted training that can be resumed. */
interface InterruptedTraining {
  readonly id: string
  readonly scene: SceneSpec
  readonly step: number
  /** 0 where their number is not known. */
  readonly steps: number
}

export const NO_TRAINING: TrainingState = {
  phase: 'none',
  scene: null,
  step: 0,
  steps: 0,
  stage: 'warm-up',
  elapsedSeconds: 0,
  remainingSeconds: null,
  stepsPerSecond: 0,
  losses: [],
  history: [],
  chains: null,
  tableError: null,
  summary: null,
}

/** The chart of a live training shows the measurements of this many seconds. */
export const LIVE_SPAN = 20

/** One measurement of a live training. */
interface LivePoint {
  /** Seconds on the page's clock since the live training began. */
  readonly seconds: number
  /** Number of the target that it was measured against, and the steps made on that target. */
  readonly target: number
  readonly targetSteps: number
  /** Nats. */
  readonly value: number
  /** KL(ρ*‖π_θ) or, for points, cross-entropy of the validation points. */
  readonly quantity: 'kl' | 'cross-entropy'
}

/** A live training as the page shows it. */
export interface LiveTrainingState {
  /** `starting`: until the first measurement. */
  readonly phase: 'starting' | 'learning' | 'settled'
  /** Whether it follows a drawing that is not yet the scene's target. */
  readonly sketching: boolean
  /** The energy of the drawing, shown under its strokes, while the stage keeps the energy from before. */
  readonly sketched: Landscape | null
  /** The current target of the training; null before the first. */
  readonly taken: LiveTarget | null
  /** Progress on the target `taken`; null until the first measurement. */
  readonly progress: LiveProgress | null
  readonly tableError: LandscapeUpdate['tableError'] | null
  /** The last measurements, oldest first. */
  readonly history: readonly LivePoint[]
  /** Why the worker could not take up the last target; null when it could. */
  readonly problem: string | null
  /** Whether the energy is being put onto the shelf. */
  readonly keeping: boolean
}

/** The button of a notice. */
interface NoticeAction {
  readonly label: string
  readonly run: () => void
}

/** A notice on the page, until it is dismissed. */
export interface Posted extends Notice {
  readonly id: number
  readonly about: string
  readonly action?: NoticeAction
}

/** State of the run for the page; while playing, it is written at most ten times a second, the curves three times. */
export interface RunState {
  readonly status: Status
  /** Whether a run is being prepared; the stage still shows the one before. */
  readonly preparing: boolean
  readonly run: RunReady | null
  /** The landscape on the stage: the run's, or that of the energy under training. */
  readonly landscape: Landscape | null
  /**
   * The step on the stage: up to a tenth of a second behind `cloudStore` while playing, exact whenever the clock
   * stands. Curves and reports follow less often; `computed` and `points` belong together.
   */
  readonly step: number
  /** The last computed step. */
  readonly computed: number
  /** Dense: entry k is step k. */
  readonly points: readonly CurvePoint[]
  readonly stops: FrameReply['stops']
  readonly nullFloor: FrameReply['nullFloor']
  readonly collapse: FrameReply['collapse']
  /** The last report on the laws of the run on the stage; null before the first. */
  readonly analysis: AnalysisReport | null
  readonly backend: BackendReport | null
  readonly training: TrainingState
  /** Interrupted trainings, oldest first, without the one under way. */
  readonly interrupted: readonly InterruptedTraining[]
  /** The live training; null without one. */
  readonly live: LiveTrainingState | null
  readonly notices: readonly Posted[]
}

export type RunStore = StoreApi<RunState>

export function createRunStore(): RunStore {
  return createStore<RunState>()(() => ({
    status: 'idle',
    preparing: true,
    run: null,
    landscape: null,
    step: 0,
    computed: 0,
    points: [],
    stops: [],
    nullFloor: null,
    collapse: null,
    analysis: null,
    backend: null,
    training: NO_TRAINING,
    interrupted: [],
    live: null,
    notices: [],
  }))
}

/** Most notices on the page at once; beyond it the oldest are dropped. */
const MOST_NOTICES = 8
/** Most lines and characters of a notice. */
const MOST_LINES = 8
const MOST_CHARACTERS = 1200
let noticeIds = 0

/** The text of a notice, with or without details in the words of the browser or a library. */
export type Said = string | Pick<Notice, 'text' | 'details'>

/**
 * Puts a notice on the page; the page never shows the same text twice at once.
 * @param about key of the notice's subject; a later notice with the same key replaces it
 * @param more the button of the notice
 */
export function post(
  store: RunStore,
  level: Notice['level'],
  said: Said,
  about?: string,
  more: Pick<Posted, 'action'> = {},
): void {
  const { details, text: whole } = typeof said === 'string' ? { text: said } : said
  const text = readable(whole)
  const notice = { id: ++noticeIds, level, text, about: about ?? text, ...more }
  store.setState(({ notices }) => ({
    notices: [
      ...notices.filter((other) => other.about !== notice.about),
      details === undefined ? notice : { ...notice, details: readable(details) },
    ].slice(-MOST_NOTICES),
  }))
}

export function dismiss(store: RunStore, id: number): void {
  store.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }))
}

/** Removes the notices with the key `about`, since the problem is solved. */
export function withdraw(store: RunStore, about: string): void {
  store.setState(({ notices }) =>
    notices.some((notice) => notice.about === about)
      ? { notices: notices.filter((notice) => notice.about !== about) }
      : {},
  )
}

/**
 * The curve with new entries, which must follow without a gap. Existing entries win, so that an overlapping
 * reply changes none of them.
 */
export function grow(
  points: readonly CurvePoint[],
  fresh: readonly CurvePoint[],
): readonly CurvePoint[] {
  const added: CurvePoint[] = []
  let next = points.length
  for (const point of fresh) {
    if (point.step !== next) continue
    added.push(point)
    next += 1
  }
  return added.length === 0 ? points : [...points, ...added]
}

/** Most losses for the chart; beyond it every second one is dropped. */
export const MOST_LOSSES = 4000

/** The loss curve with new entries, thinned beyond MOST_LOSSES. */
export function growLosses(
  losses: readonly LossPoint[],
  fresh: readonly LossPoint[],
): readonly LossPoint[] {
  const last = losses.at(-1)?.step ?? -1
  const grown = [...losses, ...fresh.filter(({ step }) => step > last)]
  return grown.length <= MOST_LOSSES ? grown : grown.filter((_, i) => i % 2 === grown.length % 2)
}

/** A text cut to MOST_LINES and MOST_CHARACTERS, with the number of omitted lines at its end. */
function readable(text: string): string {
  const lines = text.split('\n')
  const kept = lines.slice(0, MOST_LINES).join('\n').slice(0, MOST_CHARACTERS)
  if (lines.length > MOST_LINES) return `${kept}\n… and ${String(lines.length - MOST_LINES)} more`
  return kept.length < text.length ? `${kept}…` : text
}

/** Whether the stage shows an energy that is being learned, by a training or by one that follows its target. */
export function isLearning({ training, live }: Pick<RunState, 'training' | 'live'>): boolean {
  return live !== null || isTraining({ training })
}

/** Whether a training by the recipe is under way, paused or not. */
export function isTraining({ training }: Pick<RunState, 'training'>): boolean {
  return ['starting', 'running', 'paused'].includes(training.phase)
}
