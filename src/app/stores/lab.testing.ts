import 'fake-indexeddb/auto'
import { onTestFinished } from 'vitest'
import { abortError, CallError } from '../../lab/client/callError.ts'
import type { ClientEvents, ComputeClient } from '../../lab/client/computeClient.ts'
import type {
  CallName,
  CurvePoint,
  FrameReply,
  LiveProgress,
  Reply,
  Request,
  RunReady,
  TrainingCheckpoint,
  TrainReply,
} from '../../lab/protocol/calls.ts'
import { DEFAULT_SCENE, defaultTarget } from '../../lab/scene/defaults.ts'
import type { EnergySpec, SceneSpec } from '../../lab/scene/sceneSpec.ts'
import { FakeBrowser } from '../storage/browser.testing.ts'
import { openLibrary, type Library } from '../storage/library.ts'
import { createLab, type Lab } from './lab.ts'
import type { Platform } from './platform.ts'
import { addressOf, openAddress } from './scene/address.ts'
import { UNKNOWN_CONSTANTS } from '../../core/analysis/curves.ts'
// The page fetches these modules on demand; the tests load them at once.
import './shelf/keeping.ts'
import './run/laws.ts'
import './training/liveTraining.ts'

/** A page without a browser: the test triggers its animation frames. */
export class FakePlatform implements Platform {
  time = 0
  motion = true
  private readonly callbacks = new Set<(now: number) => void>()
  private ids = 0
  now = () => this.time
  onFrame = (callback: (now: number) => void) => {
    this.callbacks.add(callback)
    return () => void this.callbacks.delete(callback)
  }
  after = (_ms: number, callback: () => void) => {
    let off = false
    void Promise.resolve().then(() => {
      if (!off) callback()
    })
    return () => {
      off = true
    }
  }
  reducedMotion = () => !this.motion
  /** Number of listeners for animation frames. */
  get awake(): number {
    return this.callbacks.size
  }
  uniqueId = () => `id${String(++this.ids)}`
  today = () => this.ids

  /** Runs n animation frames and waits for their effects. */
  async frames(n: number, milliseconds = 16): Promise<void> {
    for (let i = 0; i < n; i++) {
      this.time += milliseconds
      for (const callback of this.callbacks) callback(this.time)
      await settle()
    }
  }
}

/** Time limit for events that no test triggers; only a broken page exceeds it. */
export const PATIENCE = { timeout: 60_000, interval: 1 }

/** Waits a number of turns of the event loop instead of a time: storage answers in such turns on a busy machine too. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve))
}

export const STEPS = 40
/** The step at which the criterion stops, for any δ of the tests. */
export const STOP = 17

function curvePoint(step: number): CurvePoint {
  return {
    step,
    kl: 1 / (1 + step),
    klStandardError: 0,
    estimator: 'native',
    foldedMass: 0,
    deterministicKl: step,
    deterministicStandardError: 0,
    deterministicLowerBound: false,
    acceptance: null,
    deterministicRate: null,
    energy: null,
    energyStandardError: null,
    deterministicEnergy: null,
    contraction: null,
    fromGibbs: null,
  }
}

/** A worker that answers every call without computing, and records the calls. */
export class FakeClient implements ComputeClient {
  readonly calls: { readonly name: CallName; readonly request: unknown }[] = []
  readonly shelf = new Set<string>()
  training: ((reply: TrainReply) => void) | null = null
  /** Particles of each cloud. */
  particles = 1
  /** Called with the number of new steps before the worker answers them. */
  takeTime: (steps: number) => void = () => undefined

  /** Whether an early request is answered with particles before their curve. */
  earlyReply = false
  refused = false
  /** Whether fetching a shipped energy fails. */
  offline = false
  /** Notices of every prepared run. */
  notices: RunReady['notices'] = []
  /** Whether the worker rejects every run as superseded, until it prepares one or for good. */
  superseded: 'until prepared' | 'for good' | null = null
  /** The answer to `prepare` waits for this promise. */
  prepared: Promise<void> = Promise.resolve()
  /** Scenes of the answered `live` calls. */
  readonly followed: SceneSpec[] = []
  /** An error that the next `live` call throws, or a promise that it waits for; null: neither. */
  liveMeets: Error | Promise<void> | null = null
  private readonly handlers = new Map<string, Set<(payload: never) => void>>()
  private computed = 0
  private scene: SceneSpec = DEFAULT_SCENE

  of<K extends CallName>(name: K): Request<K>[] {
    return this.calls.filter((call) => call.name === name).map((call) => call.request as Request<K>)
  }

  on<K extends keyof ClientEvents>(event: K, handler: (payload: ClientEvents[K]) => void) {
    const all = this.handlers.get(event) ?? new Set()
    this.handlers.set(event, all)
    all.add(handler)
    return () => void all.delete(handler)
  }

  emit<K extends keyof ClientEvents>(event: K, payload: ClientEvents[K]): void {
    for (const handler of this.handlers.get(event) ?? [])
      (handler as (payload: ClientEvents[K]) => void)(payload)
  }

  async call<K extends CallName>(name: K, request: Request<K>): Promise<Reply<K>> {
    this.calls.push({ name, request })
    if (name === 'prepare' && this.offline) {
      const { energy } = (request as Request<'prepare'>).scene
      const at = shippedAt(energy, 'energy')
      if (at !== null) throw new CallError('refused', `${at}: could not be fetched`, at)
    }
    if (this.refused && name === 'prepare')
      throw new CallError('refused', 'found 9', 'dynamics.initial')
    if (name === 'prepare' && this.superseded === 'until prepared') this.superseded = null
    if (this.superseded !== null && (name === 'frame' || name === 'stops' || name === 'attach'))
      throw abortError()
    const answers: { readonly [N in CallName]: (request: Request<N>) => unknown } = {
      openBackend: () => ({ name: 'cpu', description: 'JavaScript', reason: 'test', refused: [] }),
      checkBackend: () => ({ refused: 'no backend in this test' }),
      provide: ({ ref }) => void this.shelf.add(ref),
      prepare: (asked) => this.prepared.then(() => this.ready(asked)),
      frame: ({ run, step, have, early }) => {
        const whole = this.frame(run, step, have)
        if (early !== true || !this.earlyReply) return whole
        this.computed = step - 1
        const points = whole.points.filter((point) => point.step < step)
        return { ...whole, computed: this.computed, points }
      },
      analysisInput: () => this.analysisInput(),
      stops: () => this.stops(),
      priceOfWays: () => new Promise(() => undefined),
      targetDensity: () => ({ halfWidth: 4, cells: 2, values: new Float32Array(4) }),
      attach: () => null,
      analyse: () => new Promise(() => undefined),
      workOut: () => null,
      result: () => null,
      train: () => new Promise((resolve) => (this.training = resolve)),
      steerTraining: ({ action }) => {
        if (action === 'abort') this.training?.(trained(this.scene, 'aborted'))
      },
      live: (asked) => this.live(asked),
      keepLive: () => liveEnergy(this.followed.at(-1) ?? this.scene),
      endLive: () => null,
      liveFrame: () => null,
      sweep: () => null,
      thumbnail: () => ({ halfWidth: 4, cells: 2, values: new Float32Array(4) }),
    }
    await Promise.resolve()
    return (await answers[name](request)) as Reply<K>
  }

  restart = (message: string) => {
    this.restarts.push(message)
  }
  readonly restarts: string[] = []
  revived = 0
  revive(): void {
    this.revived++
  }

  dispose(): void {
    this.handlers.clear()
  }

  private ready({ run, scene }: Request<'prepare'>): RunReady {
    this.scene = scene
    this.computed = 0
    const nodes = new Float64Array(4)
    return {
      run,
      scene: {
        ...scene,
        dynamics: { ...scene.dynamics, stepSize: scene.dynamics.stepSize ?? 0.02 },
      },
      trained: scene.energy.kind !== 'trained',
      energy: { least: 0, atGibbs: 1 },
      landscape: {
        halfWidth: 4,
        cells: 1,
        v: nodes,
        vx: nodes,
        vy: nodes,
        vxy: nodes,
        epsilon: 1,
        logZ: 0,
        barriers: [],
      },
      targetDensity: null,
      data: new Float32Array(),
      transform: null,
      constants: {
        ...UNKNOWN_CONSTANTS,
        convexity: 0,
        smoothness: 1,
        smoothnessAt: [0, 0],
        quadratic: false,
        smoothness95: 1,
        curvature95: 1,
        biasPrediction: null,
      },
      dataLaw: 'none',
      frame: this.frame(run, 0, -1),
      notices: this.notices,
      terms: [],
      stableBelow: null,
      suggestedMetric: null,
    }
  }

  private analysisInput(): Reply<'analysisInput'> {
    const nodes = new Float64Array(4)
    const { dynamics } = this.scene
    return {
      grid: { halfWidth: 4, cells: 1, v: nodes, vx: nodes, vy: nodes, vxy: nodes },
      barriers: [],
      terms: [],
      transition: { ...dynamics, stepSize: dynamics.stepSize ?? 0.02 },
      departure: null,
      jumpEvery: 0,
      steps: dynamics.steps,
      cells: 32,
      kl0: null,
      startResolved: true,
      start: { density: new Float64Array(32 * 32) },
      fokkerPlanckStart: { cells: 1, density: new Float64Array(1) },
      infiniteFisher: false,
      coarseStart: null,
      data: null,
      pairs: null,
      patches: [],
      constants: { convexity: 0, smoothness: 1, quadratic: false },
    }
  }

  private async live({ scene }: Request<'live'>): Promise<Reply<'live'>> {
    const met = this.liveMeets
    this.liveMeets = null
    if (met instanceof Error) throw met
    await met
    this.followed.push(scene)
    const transform: Reply<'live'>['transform'] =
      scene.target.kind === 'points' ? { mean: [0, 0], deviation: [1, 1], extraScale: 1 } : null
    const target = this.followed.length
    return { target, targetDensity: null, data: new Float32Array(), transform }
  }

  private frame(run: number, step: number, have: number): FrameReply {
    this.takeTime(step - this.computed)
    this.computed = Math.max(this.computed, step)
    return {
      run,
      step,
      langevin: Object.assign(new Float32Array(2 * this.particles), [step, 0]),
      deterministic: Object.assign(new Float32Array(2 * this.particles), [0, step]),
      computed: this.computed,
      points: Array.from({ length: this.computed - have }, (_, i) => curvePoint(have + 1 + i)),
      stops: this.stops(),
      nullFloor: null,
      companion: null,
      collapse: null,
    }
  }

  private stops(): FrameReply['stops'] {
    return [
      {
        criterion: 'tolerance',
        divergence: 'gibbs',
        step: this.computed >= STOP ? STOP : null,
        kl: null,
        klMeaning: null,
        reason: '',
        status: 'estimate',
        outcome: this.computed >= STOP ? 'stopped' : 'unfired',
      },
    ]
  }
}

/** Path of the name of the first shipped energy in an energy; null without one. */
function shippedAt(energy: EnergySpec, path: string): string | null {
  if (energy.kind === 'pretrained') return `${path}.name`
  if (energy.kind !== 'sum') return null
  return energy.terms.reduce<string | null>(
    (found, term, i) => found ?? shippedAt(term.energy, `${path}.terms.${String(i)}.energy`),
    null,
  )
}

export function trained(scene: SceneSpec, outcome: TrainReply['outcome']): TrainReply {
  return {
    outcome,
    scene: { ...scene, training: { ...scene.training, steps: 5, backend: 'cpu' } },
    weights: Uint8Array.from([1, 2, 3]),
    hash: 'abc',
    summary: {
      backend: 'cpu',
      steps: 5,
      seconds: 1,
      gradientEvaluations: 10,
      klDataModel: 0.004,
      klModelData: 0.005,
      crossEntropy: null,
      crossEntropyStandardError: null,
      gaussianCrossEntropy: null,
      strayStart: 0,
      tableError: { value: 0, gradient: 0 },
      history: [],
      ledger: null,
    },
  }
}

function liveEnergy(scene: SceneSpec): Reply<'keepLive'> {
  const { summary, weights } = trained(scene, 'finished')
  const provenance = 'trained live, 5 steps, objective quadrature'
  return { scene, summary, weights, hash: 'def', provenance }
}

export function progress(target: number, change: Partial<LiveProgress> = {}): LiveProgress {
  return {
    target,
    state: 'learning',
    step: 100,
    targetSteps: 50,
    seconds: 0.5,
    trainingSeconds: 0.4,
    stepsPerSecond: 200,
    learningRate: 1e-3,
    klDataModel: 0.05,
    crossEntropy: null,
    strayStart: 0,
    ...change,
  }
}

export function checkpointOf(scene: SceneSpec, step: number): TrainingCheckpoint {
  return {
    scene,
    elapsedSeconds: 2,
    history: [],
    lossWindow: { sum: 0, count: 0 },
    trainer: { step, arrays: { theta: Float32Array.from([1]) }, scalars: { rate: 0.01 } },
  }
}

class FakePage {
  location: { hash: string; search: string; pathname: string; href: string }
  constructor(hash: string, search: string) {
    this.location = { hash, search, pathname: '/', href: `http://lab.test/${search}${hash}` }
  }
  private readonly write = (state: unknown, _title: string, url: string) => {
    this.history.state = state
    this.location.hash = new URL(url, 'http://lab.test').hash
  }
  history = { state: null as unknown, pushState: this.write, replaceState: this.write }
  addEventListener = () => undefined
}

let libraries = 0
/** A new library, as the only tab of a browser opens it. */
export const newLibrary = () =>
  openLibrary({
    name: `lab-${String(libraries++)}`,
    browser: new FakeBrowser().tab(),
    persist: () => undefined,
  })
interface Setup {
  readonly scene?: SceneSpec
  readonly search?: string
  readonly library?: Library
  readonly motion?: boolean
  /** Whether the worker answers an early request with the particles alone; else it always sends the curve too. */
  readonly earlyReply?: boolean
  /** Whether the worker refuses every `prepare`. */
  readonly refused?: boolean
  /** The first `prepare` waits for this promise; default: no wait. */
  readonly prepared?: Promise<void>
}

export const SCENE: SceneSpec = {
  ...DEFAULT_SCENE,
  energy: { kind: 'exact' },
  dynamics: { ...DEFAULT_SCENE.dynamics, steps: STEPS },
  view: { ...DEFAULT_SCENE.view, speed: 240 },
}

/** SCENE with an untrained energy. */
export const UNTRAINED: SceneSpec = { ...SCENE, energy: { kind: 'trained' } }

/** Opens a lab with its first run on the stage; the end of the test disposes of it. */
export async function open({
  scene = SCENE,
  search = '',
  library,
  motion = true,
  earlyReply = false,
  refused = false,
  prepared = Promise.resolve(),
}: Setup = {}) {
  const client = new FakeClient()
  client.refused = refused
  client.earlyReply = earlyReply
  client.prepared = prepared
  const platform = new FakePlatform()
  platform.motion = motion
  const kept = library ?? newLibrary()
  await kept.contents()
  const lab = createLab({
    analysis: {
      analyse: () => new Promise(() => undefined),
      workOut: () => Promise.resolve(null),
      onReport: () => undefined,
      dispose: () => undefined,
    },
    client,
    platform,
    library: kept,
    patience: new Promise(() => undefined),
    page: new FakePage(addressOf(scene), search) as unknown as Window,
    opened: openAddress(addressOf(scene), search),
    fetchManifest: () =>
      Promise.resolve({
        energies: [{ name: 'rings', target: defaultTarget('rings'), klDataModel: 0.01 }],
      }),
  })
  onTestFinished(() => {
    lab.dispose()
  })
  await settle()
  const status = () => lab.run.getState().status
  const step = () => lab.live.getState().step
  return { client, platform, lab, kept, status, step }
}

/** Texts of the notices on the page. */
export const texts = ({ run }: Lab) => run.getState().notices.map(({ text }) => text)

/** Presses the button of a notice. */
export function act({ run }: Lab, label: string): Promise<void> {
  const { notices } = run.getState()
  notices.findLast(({ action }) => action?.label === label)?.action?.run()
  return settle()
}
