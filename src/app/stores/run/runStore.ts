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
 * - `idle`: a run stands at step 0, or none does yet
 * - `training`: a training is under way
 * - `running`: the clock moves the particles
 * - `paused`: a person, or `haltAt`, stopped the clock; also a paused training
 * - `stopped`: playback came to its end, or to the stopping step with "pause at the stop"
 * - `error`: the scene cannot be run; a notice says why
 */
type Status = 'idle' | 'training' | 'running' | 'paused' | 'stopped' | 'error'

export interface LossPoint {
  readonly step: number
  readonly loss: number
}

/** A training as the page follows it. `interrupted`: a checkpoint waits from a reload or a change of mind. */
export interface TrainingState {
  readonly phase: 'none' | 'starting' | 'running' | 'paused' | 'finished' | 'interrupted'
  /** The scene that is trained; null before the first training. */
  readonly scene: SceneSpec | null
  readonly step: number
  readonly steps: number
  readonly stage: 'warm-up' | 'main'
  readonly elapsedSeconds: number
  readonly remainingSeconds: number | null
  readonly stepsPerSecond: number
  readonly losses: readonly LossPoint[]
  readonly history: readonly TrainingPoint[]
  readonly tableError: LandscapeUpdate['tableError'] | null
  readonly summary: TrainingSummary | null
}

/** A training that can be gone on with. */
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
  tableError: null,
  summary: null,
}

/** Measurements of a live training that are older than this many seconds leave its chart. */
export const LIVE_SPAN = 20

/** One measurement of a live training. */
export interface LivePoint {
  /** Seconds on the page's clock since the live training began. */
  readonly seconds: number
  /** Which target it was measured against, and after how many steps on it. */
  readonly target: number
  readonly targetSteps: number
  /** Nats. */
  readonly value: number
  /** KL(ρ*‖π_θ) or, for points, cross-entropy of the validation points. */
  readonly quantity: 'kl' | 'cross-entropy'
}

/** A training that follows its target, as the page follows it. */
export interface LiveTrainingState {
  /** `starting`: until the first measurement. */
  readonly phase: 'starting' | 'learning' | 'settled'
  /** Whether it follows a drawing that is not yet a target. */
  readonly sketching: boolean
  /** The energy of the drawing, shown under its strokes; the stage keeps the one before meanwhile. */
  readonly sketched: Landscape | null
  /** What the training is at; null before the first target was taken up. */
  readonly taken: LiveTarget | null
  /** Of the target that is `taken`; null until it has been measured. */
  readonly progress: LiveProgress | null
  readonly tableError: LandscapeUpdate['tableError'] | null
  /** The last measurements, oldest first. */
  readonly history: readonly LivePoint[]
  /** Why the target asked for last could not be taken up; null when it could. */
  readonly problem: string | null
  /** The energy is being written down. */
  readonly keeping: boolean
}

/** What a person can do about a notice, on a button of it. */
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

/** What the page shows of a run; written at most ten times a second while playing, its curves three times. */
export interface RunState {
  readonly status: Status
  /** A run is being prepared: the stage still shows the one before. */
  readonly preparing: boolean
  readonly run: RunReady | null
  /** The landscape on the stage: the run's, or that of the energy under training. */
  readonly landscape: Landscape | null
  /**
   * The step on the stage: up to a tenth of a second behind `cloudStore` while playing, exact whenever the clock
   * stands. Curves and reports follow less often; `computed` and `points` belong together.
   */
  readonly step: number
  /** Every step up to this one has been computed. */
  readonly computed: number
  /** Dense: entry k is step k. */
  readonly points: readonly CurvePoint[]
  readonly stops: FrameReply['stops']
  readonly nullFloor: FrameReply['nullFloor']
  readonly collapse: FrameReply['collapse']
  /** What is known of the laws of the run on the stage; null until the first word of it. */
  readonly analysis: AnalysisReport | null
  readonly backend: BackendReport | null
  readonly training: TrainingState
  /** Oldest first; without the one under way. */
  readonly interrupted: readonly InterruptedTraining[]
  /** Null while no target is followed live. */
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

/** Most notices on the page at once; older ones give way. */
const MOST_NOTICES = 8
/** Most lines and characters of one. */
const MOST_LINES = 8
const MOST_CHARACTERS = 1200
let noticeIds = 0

/** What a notice says: a sentence for people, or one with the words of the browser or a library to look up. */
export type Said = string | Pick<Notice, 'text' | 'details'>

/**
 * Puts a notice on the page; the same text is not shown twice at once.
 * @param about what the notice is about, where a later one about the same takes its place
 * @param more what else is on it
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

/** Takes back what was said about something that is in order now. */
export function withdraw(store: RunStore, about: string): void {
  store.setState(({ notices }) =>
    notices.some((notice) => notice.about === about)
      ? { notices: notices.filter((notice) => notice.about !== about) }
      : {},
  )
}

/**
 * The curve grown by new entries. Entries must follow on without a gap; what is already there wins,
 * so a reply that overlaps changes nothing.
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

/** Most losses kept for the chart; beyond it every other one goes. */
export const MOST_LOSSES = 4000

/** The loss curve grown by new entries, thinned when it gets long. */
export function growLosses(
  losses: readonly LossPoint[],
  fresh: readonly LossPoint[],
): readonly LossPoint[] {
  const last = losses.at(-1)?.step ?? -1
  const grown = [...losses, ...fresh.filter(({ step }) => step > last)]
  return grown.length <= MOST_LOSSES ? grown : grown.filter((_, i) => i % 2 === grown.length % 2)
}

/** A text cut to what one can read, the count of what was left out at its end. */
function readable(text: string): string {
  const lines = text.split('\n')
  const kept = lines.slice(0, MOST_LINES).join('\n').slice(0, MOST_CHARACTERS)
  if (lines.length > MOST_LINES) return `${kept}\n… and ${String(lines.length - MOST_LINES)} more`
  return kept.length < text.length ? `${kept}…` : text
}
