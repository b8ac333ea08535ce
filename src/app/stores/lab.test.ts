import 'fake-indexeddb/auto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { abortError, CallError, failureToError } from '../../lab/client/callError.ts'
import type { ClientEvents, ComputeClient } from '../../lab/client/computeClient.ts'
import { describeFailure } from '../../lab/engine/describeFailure.ts'
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
import {
  MAX_BARRIERS,
  type BarrierSpec,
  type EnergySpec,
  type SceneSpec,
} from '../../lab/scene/sceneSpec.ts'
import { FakeBrowser } from '../storage/browser.testing.ts'
import { openLibrary, type Library, type ShelfItem } from '../storage/library.ts'
import { createLab, type Lab } from './lab.ts'
// Fetched when they are needed; here they are at hand.
import './shelf/keeping.ts'
import './training/liveTraining.ts'
import type { Platform } from './platform.ts'
import { addressOf, openAddress } from './scene/sceneStore.ts'
import { barriersOf, everyBarrier } from './shelf/shelfStore.ts'
import { decodeCheckpoint } from './training/training.ts'

/** A page without a browser: frames come when the test says so. */
class FakePlatform implements Platform {
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
  /** How many ask for animation frames. */
  get awake(): number {
    return this.callbacks.size
  }
  uniqueId = () => `id${String(++this.ids)}`
  today = () => this.ids

  /** So many animation frames, with everything that they set off. */
  async frames(n: number, milliseconds = 16): Promise<void> {
    for (let i = 0; i < n; i++) {
      this.time += milliseconds
      for (const callback of this.callbacks) callback(this.time)
      await settle()
    }
  }
}

/** For what comes by itself: only a broken page takes as long. */
const PATIENCE = { timeout: 60_000, interval: 1 }

/** Turns of the event loop, not time: storage answers in turns of it, too, however busy the machine is. */
async function settle(): Promise<void> {
  for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve))
}

const STEPS = 40
/** The tolerance is reached here, for any δ the tests use. */
const STOP = 17

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
    contraction: null,
  }
}

/** A worker that computes nothing but answers everything, and writes down what it was asked. */
class FakeClient implements ComputeClient {
  readonly calls: { readonly name: CallName; readonly request: unknown }[] = []
  readonly shelf = new Set<string>()
  training: ((reply: TrainReply) => void) | null = null
  /** Of each cloud. */
  particles = 1
  /** Called before so many steps more are answered. */
  takeTime: (steps: number) => void = () => undefined

  /** Whether the first particles come before their curve. */
  earlyReply = false
  refused = false
  /** Whether shipped energies cannot be fetched. */
  offline = false
  /** Said with every run that is prepared. */
  notices: RunReady['notices'] = []
  /** Whether the worker knows nothing of any run, until it prepares one or for good. */
  superseded: 'until prepared' | 'for good' | null = null
  /** What an answer to `prepare` waits for. */
  prepared: Promise<void> = Promise.resolve()
  /** Scenes whose targets were taken up live. */
  readonly followed: SceneSpec[] = []
  /** What the next live target meets instead of being taken up. */
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
      targetDensity: () => ({ halfWidth: 4, cells: 2, values: new Float32Array(4) }),
      attach: () => null,
      analyse: () => new Promise(() => undefined),
      result: () => null,
      train: () => new Promise((resolve) => (this.training = resolve)),
      steerTraining: ({ action }) => {
        if (action === 'abort') this.training?.(trained(this.scene, 'aborted'))
      },
      live: (asked) => this.live(asked),
      keepLive: () => liveEnergy(this.followed.at(-1) ?? this.scene),
      endLive: () => null,
      liveFrame: () => null,
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
        spectralGap: null,
        spectralGapError: null,
        spectralGapResolved: null,
        slowMode: null,
        logSobolevEstimate: null,
        twoStateFactor: null,
        logSobolevBound: null,
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
      suggestedMetric: null,
    }
  }

  private analysisInput(): Reply<'analysisInput'> {
    const nodes = new Float64Array(4)
    const { dynamics } = this.scene
    return {
      grid: { halfWidth: 4, cells: 1, v: nodes, vx: nodes, vy: nodes, vxy: nodes },
      barriers: [],
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

/** Where an energy, or the first such term of it, is a shipped one. */
function shippedAt(energy: EnergySpec, path: string): string | null {
  if (energy.kind === 'pretrained') return `${path}.name`
  if (energy.kind !== 'sum') return null
  return energy.terms.reduce<string | null>(
    (found, term, i) => found ?? shippedAt(term.energy, `${path}.terms.${String(i)}.energy`),
    null,
  )
}

function trained(scene: SceneSpec, outcome: TrainReply['outcome']): TrainReply {
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
      tableError: { value: 0, gradient: 0 },
      history: [],
    },
  }
}

function liveEnergy(scene: SceneSpec): Reply<'keepLive'> {
  const { summary, weights } = trained(scene, 'finished')
  const provenance = 'trained live, 5 steps, objective quadrature'
  return { scene, summary, weights, hash: 'def', provenance }
}

function progress(target: number, change: Partial<LiveProgress> = {}): LiveProgress {
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
    ...change,
  }
}

function checkpointOf(scene: SceneSpec, step: number): TrainingCheckpoint {
  return {
    scene,
    elapsedSeconds: 2,
    history: [],
    best: null,
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
  removeEventListener = () => undefined
}

let libraries = 0
/** A library of its own, as a tab of a browser without another one opens it. */
const newLibrary = () =>
  openLibrary({
    name: `lab-${String(libraries++)}`,
    browser: new FakeBrowser().tab(),
    persist: () => undefined,
  })
const opened: Lab[] = []
afterEach(() => {
  for (const lab of opened.splice(0)) lab.dispose()
})

interface Setup {
  readonly scene?: SceneSpec
  readonly search?: string
  readonly library?: Library
  readonly motion?: boolean
  /** Whether the worker answers with the first particles alone where it may; else it always knows all. */
  readonly earlyReply?: boolean
  /** Whether the worker refuses to prepare anything. */
  readonly refused?: boolean
  /** What the first landscape takes; else it is there at once. */
  readonly prepared?: Promise<void>
}

const SCENE: SceneSpec = {
  ...DEFAULT_SCENE,
  energy: { kind: 'exact' },
  dynamics: { ...DEFAULT_SCENE.dynamics, steps: STEPS },
  view: { ...DEFAULT_SCENE.view, speed: 240 },
}

async function open({
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
      onReport: () => undefined,
      dispose: () => undefined,
    },
    client,
    platform,
    library: kept,
    patience: new Promise(() => undefined),
    page: new FakePage(addressOf(scene), search) as unknown as Window,
    fetchManifest: () =>
      Promise.resolve({
        energies: [{ name: 'rings', target: defaultTarget('rings'), klDataModel: 0.01 }],
      }),
  })
  opened.push(lab)
  await settle()
  const status = () => lab.run.getState().status
  const step = () => lab.live.getState().step
  return { client, platform, lab, kept, status, step }
}

describe('playback', () => {
  it('plays by itself to the last step, and the curve is dense', async () => {
    const { platform, lab, status, step } = await open()
    expect(status()).toBe('running')
    await platform.frames(30)
    expect([status(), step()]).toEqual(['stopped', STEPS])
    expect(lab.run.getState().points.map((point) => point.step)).toEqual(
      Array.from({ length: STEPS + 1 }, (_, k) => k),
    )
  })

  it('halts exactly at haltAt, whatever the speed, and goes on from there', async () => {
    for (const haltAt of [1, 7, 39, 40]) {
      const { platform, lab, status, step } = await open({ search: `?haltAt=${String(haltAt)}` })
      await platform.frames(30, 100)
      expect([status(), step()]).toEqual(['paused', haltAt])
      expect(lab.run.getState().step).toBe(haltAt)
      if (haltAt === 40) continue
      lab.playback.play()
      await platform.frames(30)
      expect([status(), step()]).toEqual(['stopped', STEPS])
    }
  })

  it('halts at the stopping step where it is asked to, and plays past it when pressed again', async () => {
    const { platform, lab, status, step } = await open({
      scene: {
        ...SCENE,
        stopping: { ...SCENE.stopping, criterion: 'tolerance' },
        view: { ...SCENE.view, pauseAtStop: true },
      },
    })
    await platform.frames(20, 100)
    expect([status(), step()]).toEqual(['stopped', STOP])
    lab.playback.play()
    await platform.frames(20, 100)
    expect([status(), step()]).toEqual(['stopped', STEPS])
  })

  it('does not move by itself where less motion is asked for, but goes to haltAt', async () => {
    const still = await open({ motion: false })
    await still.platform.frames(10)
    expect([still.status(), still.step()]).toEqual(['idle', 0])
    const halting = await open({ motion: false, search: '?haltAt=12' })
    expect([halting.status(), halting.step()]).toEqual(['paused', 12])
  })

  it('lets the first particles come before their curve, which follows also where one pauses there', async () => {
    const { client, platform, lab, step } = await open()
    expect(client.of('frame')[0]).toMatchObject({ step: 1, early: true })
    await platform.frames(30)
    expect(client.of('frame').filter(({ early }) => early)).toHaveLength(1)

    const other = await open({ earlyReply: true })
    expect([other.step(), other.lab.run.getState().points.length]).toEqual([1, 1])
    other.lab.playback.pause()
    await settle()
    expect(other.step()).toBe(1)
    expect(other.lab.run.getState().points.map((point) => point.step)).toEqual([0, 1])
    expect([step(), lab.run.getState().points.length]).toEqual([STEPS, STEPS + 1])
  })

  it('scrubs back to recorded steps and steps on from there', async () => {
    const { platform, lab, status, step } = await open()
    await platform.frames(30)
    lab.playback.scrub(5)
    await settle()
    expect([status(), step()]).toEqual(['paused', 5])
    expect(lab.live.getState().langevin[0]).toBe(5)
    lab.playback.step()
    await settle()
    expect(step()).toBe(6)
    lab.playback.restart()
    await settle()
    expect([status(), step()]).toEqual(['running', 0])
  })

  it('keeps one frame request in flight, however fast the frames come', async () => {
    const { client, platform } = await open()
    let release: (() => void) | null = null
    const answer = client.call.bind(client)
    const held = vi.spyOn(client, 'call').mockImplementation(async (name, request) => {
      if (name === 'frame') await new Promise<void>((resolve) => (release = resolve))
      return answer(name, request)
    })
    await platform.frames(10)
    expect(held.mock.calls.filter(([name]) => name === 'frame')).toHaveLength(1)
    const go = release as (() => void) | null
    go?.()
    await settle()
    await platform.frames(1)
    expect(held.mock.calls.filter(([name]) => name === 'frame')).toHaveLength(2)
  })

  it('asks for animation frames while it plays, and for none while it stands', async () => {
    const { platform, lab, status } = await open()
    expect(platform.awake).toBe(1)
    lab.playback.pause()
    await platform.frames(2)
    expect(platform.awake).toBe(0)
    lab.playback.play()
    expect(platform.awake).toBe(1)
    await platform.frames(60)
    expect(status()).toBe('stopped')
    expect(platform.awake).toBe(0)
  })

  it('stands while nothing of it is seen, and goes on from there without a leap', async () => {
    const { client, platform, lab, status, step } = await open()
    await platform.frames(3)
    lab.watch(false)
    await settle()
    const stood = step()
    const asked = client.of('frame').length
    expect(stood).toBeGreaterThan(0)
    expect(platform.awake).toBe(0)
    await platform.frames(200)
    expect(client.of('frame')).toHaveLength(asked)
    expect(step()).toBe(stood)
    expect(status()).toBe('running')
    lab.watch(true)
    await platform.frames(1)
    expect(step()).toBeLessThanOrEqual(stood + 8)
    await platform.frames(60)
    expect(step()).toBe(STEPS)
    expect(status()).toBe('stopped')
  })

  it('asks a slow worker for few steps at a time, so that it still shows many positions', async () => {
    const { client, platform, lab, step } = await open({
      scene: { ...SCENE, dynamics: { ...SCENE.dynamics, steps: 400 } },
    })
    // 15 ms a step.
    client.takeTime = (more) => void (platform.time += 15 * Math.max(0, more))
    lab.playback.pause()
    lab.playback.play()
    await platform.frames(40)
    const wanted = client.of('frame').map((request) => request.step)
    const strides = wanted.slice(5).map((to, i) => to - wanted[4 + i]!)
    expect(step()).toBeGreaterThan(20)
    expect(Math.max(...strides)).toBeLessThanOrEqual(3)
  })

  it('gives back the clouds that are shown no longer, never those of the stage or of the start', async () => {
    const { client, platform, lab } = await open()
    await platform.frames(30)
    const given = client.of('frame').flatMap(({ spare = [] }) => spare)
    expect(given.length).toBeGreaterThan(4)
    expect(new Set(given).size).toBe(given.length)
    expect(given).not.toContain(lab.live.getState().langevin)
    expect(given).not.toContain(lab.run.getState().run!.frame.langevin)
  })

  it('asks for clouds that are drawn in turns on every second animation frame, and lags behind nothing', async () => {
    const asked = async (particles: number) => {
      const { client, platform, lab, step } = await open({
        scene: { ...SCENE, dynamics: { ...SCENE.dynamics, steps: 4000 } },
      })
      client.particles = particles
      lab.playback.pause()
      lab.playback.play()
      await platform.frames(20)
      const before = client.of('frame').length
      const from = step()
      await platform.frames(40)
      return { requests: client.of('frame').length - before, steps: step() - from }
    }
    const light = await asked(25_000)
    const heavy = await asked(25_001)
    expect(light.requests).toBe(40)
    expect(heavy.requests).toBe(20)
    expect(Math.abs(heavy.steps - light.steps)).toBeLessThanOrEqual(8)
  })
})

describe('a scene that changes', () => {
  it('is prepared anew when the numbers change, and not when only the view does', async () => {
    const { client, lab } = await open()
    expect(client.of('prepare')).toHaveLength(1)
    lab.edit((s) => ({ ...s, view: { ...s.view, speed: 6 } }))
    lab.edit((s) => ({ ...s, training: { ...s.training, steps: 99 } }))
    await settle()
    expect(client.of('prepare')).toHaveLength(1)
    lab.edit((s) => ({ ...s, dynamics: { ...s.dynamics, epsilon: 2 } }))
    await settle()
    expect(client.of('prepare')).toHaveLength(2)
  })

  it('are not prepared over and over where that does not help', async () => {
    const { client, platform, lab, status } = await open()
    await platform.frames(3)
    client.superseded = 'for good'
    await platform.frames(5)
    expect(client.of('prepare')).toHaveLength(2)
    expect([status(), lab.run.getState().notices.length]).toEqual(['error', 1])
    client.superseded = null
    lab.playback.play()
    await settle()
    expect([status(), lab.run.getState().notices.length]).toEqual(['running', 0])
  })

  it('asks once how the target is drawn, when its layer is shown', async () => {
    const { client, lab } = await open()
    expect(client.of('targetDensity')).toHaveLength(0)
    const show = () => {
      lab.edit((s) => ({ ...s, view: { ...s.view, layers: ['target'] } }))
    }
    show()
    show()
    await settle()
    expect(client.of('targetDensity')).toEqual([{ run: 1 }])
    expect(lab.run.getState().run?.targetDensity?.values).toHaveLength(4)
    // Another run is asked anew.
    lab.edit((s) => ({ ...s, dynamics: { ...s.dynamics, epsilon: 2 } }))
    await settle()
    expect(client.of('targetDensity')).toEqual([{ run: 1 }, { run: 2 }])
  })

  it('sends only the last scene of a drag', async () => {
    const { client, lab } = await open()
    for (const epsilon of [0.5, 0.6, 0.7])
      lab.edit((s) => ({ ...s, dynamics: { ...s.dynamics, epsilon } }))
    await settle()
    const asked = client.of('prepare').slice(1)
    expect(asked.map(({ scene }) => scene.dynamics.epsilon)).toEqual([0.7])
    expect(lab.run.getState().run?.scene.dynamics.epsilon).toBe(0.7)
  })

  it('asks for reports, and for nothing else, when δ moves', async () => {
    const { client, lab } = await open()
    lab.edit((s) => ({ ...s, stopping: { ...s.stopping, delta: 0.2 } }))
    await settle()
    expect(client.of('prepare')).toHaveLength(1)
    expect(client.of('stops').at(-1)?.stopping.delta).toBe(0.2)
  })

  it('says what is wrong, names the field, and recovers when the scene does', async () => {
    const { client, lab, status } = await open()
    const answer = client.call.bind(client)
    const refusing = vi
      .spyOn(client, 'call')
      .mockImplementation((name, request) =>
        name === 'prepare'
          ? Promise.reject(new CallError('refused', 'found 9', 'dynamics.initial'))
          : answer(name, request),
      )
    lab.edit((s) => ({ ...s, seed: 2 }))
    await settle()
    expect(status()).toBe('error')
    expect(lab.run.getState().notices.at(-1)?.text).toBe('dynamics.initial: found 9')
    refusing.mockRestore()
    lab.edit((s) => ({ ...s, seed: 3 }))
    await settle()
    expect(status()).not.toBe('error')
  })

  it('fills the gallery although the first run is refused', async () => {
    const { lab, status } = await open({ refused: true })
    await settle()
    expect(status()).toBe('error')
    expect(Object.keys(lab.shelf.getState().targetThumbnails).length).toBeGreaterThan(5)
  })

  it('chooses the shipped energy of a target at its sharpness, else the untrained one', async () => {
    const { lab } = await open()
    lab.selectTarget(defaultTarget('rings'))
    expect(lab.scene.getState().scene.energy).toEqual({ kind: 'pretrained', name: 'rings' })
    lab.selectTarget({ kind: 'rings', sharpness: 2 })
    expect(lab.scene.getState().scene.energy).toEqual({ kind: 'trained' })
    await settle()
    expect(lab.run.getState().status).toBe('idle')
  })
})

describe('data of one’s own', () => {
  it('hands on the engine’s words where points make no target, and adds nothing', async () => {
    const { client, lab } = await open()
    const points = [[0.1, 0.2] as const]
    const content = { kind: 'points', points } as const
    expect(await lab.checkData(content)).toBeNull()
    expect(client.of('thumbnail').at(-1)).toMatchObject({ target: { kind: 'points', points } })
    vi.spyOn(client, 'call').mockRejectedValue(
      new CallError('refused', 'columns: on one line', 'target'),
    )
    expect(await lab.checkData(content)).toBe('target: columns: on one line')
    expect(lab.shelf.getState().dataSets).toHaveLength(0)
  })
})

describe('a worker that stops', () => {
  const crash = { message: 'it no longer answered', restarted: true }
  const UNTRAINED: SceneSpec = { ...SCENE, energy: { kind: 'trained' } }
  const texts = (lab: Lab) => lab.run.getState().notices.map(({ text }) => text)

  it('is played on from the step on the stage, running or standing', async () => {
    const { client, platform, lab, status, step } = await open()
    await platform.frames(3)
    const reached = step()
    expect(reached).toBeGreaterThan(0)
    client.emit('crashed', crash)
    await settle()
    expect(step()).toBe(reached)
    expect(status()).toBe('running')
    lab.playback.pause()
    client.emit('crashed', crash)
    await settle()
    expect([status(), step()]).toEqual(['paused', reached])
    expect(texts(lab).filter((text) => text.includes('started again'))).toHaveLength(1)
  })

  it('before the first run is there does not keep it from playing', async () => {
    let ready = () => {}
    const prepared = new Promise<void>((resolve) => (ready = resolve))
    const { client, lab, status } = await open({ prepared })
    client.emit('crashed', crash)
    ready()
    await settle()
    expect([status(), lab.run.getState().run === null]).toEqual(['running', false])
  })

  it('again and again is said once; Play, Step, Restart or another scene tries once more', async () => {
    const { client, platform, lab, status, step } = await open()
    await platform.frames(3)
    const reached = step()
    const acts: readonly (readonly [() => void, string, number])[] = [
      [() => lab.playback.play(), 'running', reached],
      [() => lab.playback.step(), 'paused', reached],
      [() => lab.playback.restart(), 'running', 1],
      [() => lab.playback.scrub(1), 'paused', 1],
      [() => lab.edit((s) => ({ ...s, view: { ...s.view, speed: 12 } })), 'paused', 1],
      [() => lab.edit((s) => ({ ...s, seed: s.seed + 1 })), 'paused', 0],
    ]
    for (const [act, then, at] of acts) {
      client.emit('crashed', { ...crash, restarted: false })
      await settle()
      expect(status()).toBe('error')
      const [revived, prepared] = [client.revived, client.of('prepare').length]
      act()
      await settle()
      expect(client.revived).toBeGreaterThan(revived)
      expect(client.of('prepare')).toHaveLength(prepared + 1)
      expect(status()).not.toBe('error')
      if (at > 0) expect([then, step()]).toEqual([then, at])
    }
    expect(texts(lab).filter((text) => text.includes('again and again'))).toHaveLength(1)
  })

  it('again and again with a training leaves it at its last checkpoint, and tries the stage once', async () => {
    const { client, lab, status } = await open({ scene: UNTRAINED })
    lab.training.train()
    await settle()
    client.emit('checkpoint', checkpointOf(UNTRAINED, 77))
    client.emit('crashed', { ...crash, restarted: false })
    await settle()
    expect(lab.run.getState().training).toMatchObject({ phase: 'interrupted', step: 77 })
    expect(status()).toBe('idle')
    client.emit('crashed', { ...crash, restarted: false })
    await settle()
    expect(status()).toBe('error')
    lab.training.resume()
    await settle()
    expect(client.of('train').at(-1)?.checkpoint).toMatchObject({ trainer: { step: 77 } })
  })

  it('while a training is paused finds it paused again', async () => {
    const { client, lab } = await open({ scene: UNTRAINED })
    lab.training.train()
    await settle()
    client.emit('checkpoint', checkpointOf(UNTRAINED, 77))
    lab.training.pause()
    client.emit('crashed', crash)
    await settle()
    expect(client.of('train').at(-1)).toMatchObject({ paused: true })
  })

  it('instead of ending a training does not begin it again', async () => {
    const { client, lab, status } = await open({ scene: UNTRAINED })
    lab.training.train()
    await settle()
    client.emit('checkpoint', checkpointOf(UNTRAINED, 77))
    client.training = null
    lab.training.interrupt()
    await settle()
    client.emit('crashed', crash)
    await settle()
    expect(client.of('train')).toHaveLength(1)
    expect(lab.run.getState().training.phase).toBe('interrupted')
    expect(status()).toBe('idle')
    // A worker that answers and does not end it is ended itself.
    expect(client.restarts).toHaveLength(1)
  })
})

describe('runs that have given way', () => {
  it('are prepared anew where the worker no longer has them, and nothing is said', async () => {
    const { client, platform, lab, status, step } = await open()
    await platform.frames(3)
    const reached = step()
    client.superseded = 'until prepared'
    await platform.frames(2)
    expect(lab.run.getState().notices).toEqual([])
    expect(status()).toBe('running')
    expect(step()).toBeGreaterThanOrEqual(reached)
    expect(client.of('prepare')).toHaveLength(2)
  })

  it('take what was said of them along: a drag leaves one notice about the walls, or none', async () => {
    const { client, lab } = await open()
    for (let i = 1; i <= 35; i++) {
      client.notices = [{ level: 'info', about: 'walls', text: `${String(i)} % at the walls` }]
      lab.edit((s) => ({ ...s, dynamics: { ...s.dynamics, epsilon: 1 + i / 100 } }))
      await settle()
    }
    expect(lab.run.getState().notices.map(({ text }) => text)).toEqual(['35 % at the walls'])
    client.notices = []
    lab.edit((s) => ({ ...s, dynamics: { ...s.dynamics, epsilon: 1 } }))
    await settle()
    expect(lab.run.getState().notices).toEqual([])
  })

  it('as does a scene that was refused, once another is there', async () => {
    const { client, lab, status } = await open({ refused: true })
    const errors = () => lab.run.getState().notices.filter(({ level }) => level === 'error').length
    for (let i = 0; i < 3; i++) {
      lab.playback.play()
      await settle()
      expect([status(), errors()]).toEqual(['error', 1])
    }
    client.refused = false
    lab.playback.play()
    await settle()
    expect([status(), errors()]).toEqual(['running', 0])
  })
})

describe('training', () => {
  const UNTRAINED: SceneSpec = { ...SCENE, energy: { kind: 'trained' } }

  it('puts the energy onto the shelf and into the scene, keeps it, and plays', async () => {
    const { client, lab, kept, status } = await open({ scene: UNTRAINED })
    lab.training.train()
    await settle()
    expect(status()).toBe('training')
    client.training?.(trained(UNTRAINED, 'finished'))
    await settle()
    await settle()
    const recipe = {
      seed: UNTRAINED.seed,
      target: UNTRAINED.target,
      training: { ...UNTRAINED.training, steps: 5, backend: 'cpu' },
    }
    const { energy } = lab.scene.getState().scene
    expect(energy).toMatchObject({ kind: 'shelf', hash: 'abc', recipe })
    expect(status()).toBe('running')
    const [item] = (await kept.contents()).items
    expect(item?.content).toMatchObject({ kind: 'weights', bytes: Uint8Array.from([1, 2, 3]) })
    expect(item?.thumbnail?.cells).toBe(2)
    expect(client.shelf.has(`shelf:${item?.id ?? ''}`)).toBe(true)
  })

  it('moves its particles while it runs and they are seen, and asks for no frame else', async () => {
    const { client, platform, lab } = await open({ scene: UNTRAINED })
    const progress = (paused: boolean) => {
      client.emit('trainingProgress', {
        step: 1,
        steps: 5,
        phase: 'main',
        paused,
        elapsedSeconds: 1,
        remainingSeconds: null,
        stepsPerSecond: 1,
        losses: [],
        history: [],
      })
    }
    lab.training.train()
    await settle()
    expect(platform.awake).toBe(0)
    progress(false)
    expect(platform.awake).toBe(1)
    await platform.frames(20)
    const asked = client.of('liveFrame').length
    expect(asked).toBeGreaterThan(3)
    lab.watch(false)
    progress(false)
    await platform.frames(20)
    expect(platform.awake).toBe(0)
    expect(client.of('liveFrame')).toHaveLength(asked)
    lab.watch(true)
    await platform.frames(5)
    expect(client.of('liveFrame').length).toBeGreaterThan(asked)
    progress(true)
    await platform.frames(2)
    expect(platform.awake).toBe(0)
  })

  it('offers the last checkpoint when a person turns to something else', async () => {
    const { client, lab, kept } = await open({ scene: UNTRAINED })
    lab.training.train()
    await settle()
    client.emit('checkpoint', checkpointOf(UNTRAINED, 123))
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    expect(client.of('steerTraining')).toEqual([{ action: 'abort' }])
    const { training, run } = lab.run.getState()
    expect([training.phase, training.step]).toEqual(['interrupted', 123])
    expect(run?.scene.target.kind).toBe('rings')
    const trainings = async () => (await kept.contents()).trainings.map((one) => one.checkpoint)
    expect(await trainings()).toMatchObject([{ trainer: { step: 123 } }])
    const notice = lab.run.getState().notices.at(-1)
    expect(notice?.text).toMatch(/Two moons was left at step 123 of 1720\. Resume goes on/)
    expect(notice?.action?.label).toBe('Resume')

    lab.training.resume()
    await settle()
    expect(client.of('train').at(-1)?.checkpoint?.trainer.step).toBe(123)
    expect(lab.scene.getState().scene.target.kind).toBe('two-moons')
  })

  it('learns on from the checkpoint of this very target, and of no other', async () => {
    const { client, lab } = await open({ scene: UNTRAINED })
    lab.training.train()
    await settle()
    client.emit('checkpoint', checkpointOf(UNTRAINED, 123))
    lab.training.interrupt()
    await settle()
    lab.training.learn()
    await settle()
    expect(client.of('train').at(-1)?.checkpoint?.trainer.step).toBe(123)
    lab.training.interrupt()
    await settle()
    lab.edit((s) => ({ ...s, seed: s.seed + 1 }))
    await settle()
    lab.training.learn()
    await settle()
    expect(client.of('train').at(-1)).not.toHaveProperty('checkpoint')
  })

  it('says in plain words that the training library needs the network once', async () => {
    const { client, lab, status } = await open({ scene: UNTRAINED })
    const unloaded = new TypeError('Failed to fetch dynamically imported module: x.js')
    lab.training.train()
    vi.spyOn(client, 'call').mockRejectedValueOnce(failureToError(describeFailure(unloaded)))
    await settle()
    const notice = lab.run.getState().notices.at(-1)
    expect(notice?.text).toContain('network is needed once')
    expect(notice?.text).not.toContain('x.js')
    expect(notice?.details).toContain('Failed to fetch dynamically imported module: x.js')
    expect(lab.run.getState().run).not.toBeNull()
    expect(status()).not.toBe('error')
  })

  it('goes on from the last checkpoint after a crash, with the same scene', async () => {
    const { client, lab, status } = await open({ scene: UNTRAINED })
    lab.training.train()
    await settle()
    client.emit('checkpoint', checkpointOf(UNTRAINED, 77))
    client.emit('crashed', { message: 'out of memory', restarted: true })
    await settle()
    expect(client.of('train')).toHaveLength(2)
    expect(client.of('train')[1]?.checkpoint?.trainer.step).toBe(77)
    expect(status()).toBe('training')
    expect(lab.run.getState().notices.at(-1)?.text).toContain('last checkpoint')
  })

  it('finds the checkpoint of an earlier visit, and forgets it when told to', async () => {
    const library = newLibrary()
    await library.putTraining('t', checkpointOf(UNTRAINED, 9))
    const { lab } = await open({ library })
    expect(lab.run.getState().training).toMatchObject({ phase: 'interrupted', step: 9 })
    expect(lab.run.getState().notices.at(-1)?.text).toMatch(/was left at step 9 .*Resume goes on/)
    lab.training.discard()
    await settle()
    expect((await library.contents()).trainings).toEqual([])
  })

  it('what was measured of a GPU, and tells the worker of it on the next visit', async () => {
    const library = newLibrary()
    const first = await open({ library })
    const asked = ({ calls }: typeof first.client) =>
      calls.find(({ name }) => name === 'openBackend')?.request
    expect(asked(first.client)).toEqual({ choice: 'auto', calibrations: {} })
    const calibration = { webgpu: 0.4, wasm: 1.2 }
    first.client.emit('calibrated', { adapter: 'a GPU', calibration })
    await settle()
    const next = await open({ library })
    expect(asked(next.client)).toMatchObject({ calibrations: { 'a GPU': calibration } })
  })

  it('leaves alone what is no checkpoint of ours', () => {
    const good = checkpointOf(UNTRAINED, 1)
    expect(decodeCheckpoint(good)).toEqual(good)
    expect(decodeCheckpoint({ ...good, scene: {} })?.scene).toEqual(DEFAULT_SCENE)
    for (const bad of [
      undefined,
      null,
      'x',
      {},
      { ...good, trainer: { ...good.trainer, arrays: { theta: [1] } } },
      { ...good, scene: { ...good.scene, seed: -1 } },
      { ...good, history: null },
      { ...good, lossWindow: undefined },
      { ...good, history: [3] },
      { ...good, trainer: { ...good.trainer, arrays: { theta: Float32Array.of(NaN) } } },
    ])
      expect(decodeCheckpoint(bad)).toBeNull()
  })

  it('says so when the energy could not be kept, and still shows it', async () => {
    const library = newLibrary()
    const refusing: Library = {
      ...library,
      putShelfItem: () => Promise.reject(new Error('QuotaExceededError')),
    }
    const { client, lab, status } = await open({ scene: UNTRAINED, library: refusing })
    lab.training.train()
    await settle()
    client.training?.(trained(UNTRAINED, 'finished'))
    await settle()
    await settle()
    expect(status()).toBe('running')
    expect(lab.shelf.getState().items).toHaveLength(1)
    const [notice] = lab.run.getState().notices.filter(({ level }) => level === 'error')
    expect(notice?.text).toContain('could not be kept')
    expect(notice?.details).toContain('QuotaExceeded')
  })

  it('trains again what a link names and this browser lacks, under the name of the link', async () => {
    const recipe = { seed: 4, target: defaultTarget('banana'), training: DEFAULT_SCENE.training }
    const scene: SceneSpec = {
      ...SCENE,
      energy: { kind: 'shelf', id: 'gone', hash: 'f'.repeat(64), recipe },
    }
    const { client, lab, status } = await open({ scene })
    await settle()
    expect(status()).toBe('training')
    expect(client.of('train')[0]?.scene).toMatchObject({ seed: 4, target: { kind: 'banana' } })
    client.training?.(trained({ ...scene, seed: 4, target: recipe.target }, 'finished'))
    await settle()
    await settle()
    expect(lab.scene.getState().scene.energy).toMatchObject({ kind: 'shelf', id: 'gone' })
    expect(client.shelf.has('shelf:gone')).toBe(true)
    expect(status()).toBe('running')
    expect(
      lab.run
        .getState()
        .notices.map(({ text }) => text)
        .join(),
    ).toContain('not the same bit')
  })
})

describe('nothing is lost', () => {
  const UNTRAINED: SceneSpec = { ...SCENE, energy: { kind: 'trained' } }
  const texts = ({ lab }: { readonly lab: Lab }) =>
    lab.run.getState().notices.map(({ text }) => text)
  const act = ({ lab }: { readonly lab: Lab }, label: string) => {
    const { notices } = lab.run.getState()
    notices.findLast(({ action }) => action?.label === label)?.action?.run()
    return settle()
  }

  it('of several interrupted trainings, whatever took the stage from them', async () => {
    const page = await open({ scene: UNTRAINED })
    const { client, lab, kept } = page
    const interrupted = () => lab.run.getState().interrupted.map(({ step }) => step)
    lab.training.train()
    await settle()
    client.emit('checkpoint', checkpointOf(UNTRAINED, 11))
    // Data of one's own are another target like any other, and both say what they end.
    const points = Array.from({ length: 12 }, (_, i): [number, number] => [i / 4, (i * i) % 5])
    lab.addDataSet('Mine', { kind: 'points', points })
    await settle()
    expect(texts(page).join()).toContain('Two moons was left at step 11 of 1720')
    lab.training.learn()
    await settle()
    const mine = { ...UNTRAINED, target: { kind: 'points' as const, points } }
    client.emit('checkpoint', checkpointOf(mine, 22))
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    expect(texts(page).join()).toContain('Mine was left at step 22')
    expect(interrupted()).toEqual([11, 22])
    expect((await kept.contents()).trainings).toHaveLength(2)

    // The first of them goes on, and the other waits.
    const [first] = lab.run.getState().interrupted
    lab.training.resume(first?.id)
    await settle()
    expect(client.of('train').at(-1)?.checkpoint?.trainer.step).toBe(11)
    expect(lab.scene.getState().scene.target.kind).toBe('two-moons')
    expect(interrupted()).toEqual([22])
    client.training?.(trained(UNTRAINED, 'finished'))
    await settle()
    await settle()
    const left = (await kept.contents()).trainings
    expect(left.map(({ checkpoint }) => checkpoint)).toMatchObject([{ trainer: { step: 22 } }])

    lab.training.discard()
    await settle()
    expect((await kept.contents()).trainings).toEqual([])
    await act(page, 'Undo')
    expect(interrupted()).toEqual([22])
    expect((await kept.contents()).trainings).toEqual(left)
  })

  it('of a training that is finished when the worker stops, or when storage is full', async () => {
    const library = newLibrary()
    let full = true
    const refusing: Library = {
      ...library,
      putShelfItem: (item) =>
        full ? Promise.reject(new Error('full')) : library.putShelfItem(item),
    }
    const page = await open({ scene: UNTRAINED, library: refusing })
    const { client, lab } = page
    const finish = async () => {
      lab.training.train()
      await settle()
      client.emit('checkpoint', checkpointOf(UNTRAINED, 99))
      const answer = client.call.bind(client)
      const spy = vi
        .spyOn(client, 'call')
        .mockImplementation((name, request) =>
          name === 'provide'
            ? Promise.reject(new CallError('crashed', 'The worker stopped', null))
            : answer(name, request as never),
        )
      client.training?.(trained(UNTRAINED, 'finished'))
      await settle()
      await settle()
      spy.mockRestore()
    }
    await finish()
    // Not kept: then the checkpoint is.
    expect(lab.shelf.getState().items).toHaveLength(1)
    expect((await library.contents()).trainings).toHaveLength(1)
    full = false
    await finish()
    const { items, trainings } = await library.contents()
    expect(items).toHaveLength(1)
    expect(trainings).toHaveLength(1)
    expect(lab.run.getState().status).not.toBe('error')
  })

  it('that was removed: undo brings it back, also after a reload', async () => {
    const page = await open()
    const { lab, kept } = page
    const points = Array.from({ length: 12 }, (_, i): [number, number] => [i / 4, (i * i) % 5])
    lab.addDataSet('Mine', { kind: 'points', points })
    await settle()
    const { id } = lab.shelf.getState().dataSets[0]!
    lab.remove(id)
    await settle()
    expect(lab.shelf.getState().dataSets).toEqual([])
    expect((await kept.contents()).dataSets[0]?.removedAt).toBeDefined()
    const again = await open({ library: kept })
    expect(again.lab.shelf.getState().dataSets).toEqual([])
    expect(texts(again)).toContain('“Mine” was removed.')
    await act(again, 'Undo')
    expect(again.lab.shelf.getState().dataSets).toMatchObject([{ id, label: 'Mine' }])
    expect((await kept.contents()).dataSets[0]).not.toHaveProperty('removedAt')
    again.lab.remove(id)
    await settle()
    again.lab.destroy(again.lab.shelf.getState().removed[0]!)
    await settle()
    expect((await kept.contents()).dataSets).toEqual([])
  })

  it('of two files of one name, nor of the data behind an energy', async () => {
    const page = await open()
    const { client, lab, kept } = page
    const file = (digit: string) =>
      ({
        kind: 'file',
        file: 'same.csv',
        bytes: new TextEncoder().encode(digit),
        hash: digit.repeat(64),
        columns: [0, 1],
        columnNames: ['x', 'y'],
      }) as const
    lab.addDataSet('same', file('a'))
    await settle()
    lab.addDataSet('same', file('b'))
    await settle()
    lab.addDataSet('same', file('a'))
    await settle()
    expect(lab.shelf.getState().dataSets.map(({ label }) => label)).toEqual(['same', 'same (2)'])
    expect(lab.scene.getState().scene.target).toMatchObject({ hash: 'a'.repeat(64) })
    const given = new Map(client.of('provide').map(({ ref, bytes }) => [ref, String(bytes)]))
    expect(given.get(`points:same.csv#${'a'.repeat(64)}`)).toBe(String(file('a').bytes))
    expect(given.get(`points:same.csv#${'b'.repeat(64)}`)).toBe(String(file('b').bytes))

    // An old scene goes by the name, and says that this is not enough here.
    const target = { kind: 'points', file: 'same.csv', columns: [0, 1] } as const
    const old = await open({ library: kept, scene: { ...UNTRAINED, target } })
    expect(texts(old).join()).toContain('different data under the name same.csv')
    expect(old.client.shelf.has('points:same.csv')).toBe(true)

    for (const { id } of old.lab.shelf.getState().dataSets) old.lab.remove(id)
    await settle()
    const hash = 'b'.repeat(64)
    const later = await open({
      library: kept,
      scene: { ...UNTRAINED, target: { ...target, hash } },
    })
    expect(later.client.shelf.has(`points:same.csv#${hash}`)).toBe(true)
  })

  it('where shipped energies cannot be fetched: the page goes on with its own, or offers to train', async () => {
    const page = await open({ scene: UNTRAINED })
    const { client, lab, status } = page
    client.offline = true
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    await settle()
    expect(lab.scene.getState().scene).toMatchObject({
      target: { kind: 'rings' },
      energy: { kind: 'trained' },
    })
    expect(status()).not.toBe('error')
    expect(texts(page).join()).toContain('energy of Rings cannot be fetched now: Train learns it')
    lab.training.train()
    await settle()
    const { scene } = lab.scene.getState()
    client.training?.(trained(scene, 'finished'))
    await settle()
    await settle()
    const own = lab.scene.getState().scene.energy
    expect(own.kind).toBe('shelf')
    lab.selectEnergy({
      energy: {
        kind: 'sum',
        terms: [{ weight: 2, energy: { kind: 'pretrained', name: 'rings' }, target: null }],
        barriers: [],
      },
      target: scene.target,
    })
    await settle()
    await settle()
    expect(lab.scene.getState().scene.energy).toMatchObject({ terms: [{ weight: 2, energy: own }] })
    expect(status()).not.toBe('error')
  })

  it('of records that cannot be read: one sentence tells of all', async () => {
    const library = newLibrary()
    const contents = await library.contents()
    const aside = [3, 4].map((key) => ({
      table: 'shelf' as const,
      key,
      value: 5,
      why: 'it is missing',
    }))
    const bad: Library = {
      ...library,
      contents: () =>
        Promise.resolve({ ...contents, aside, trainings: [{ id: 't', checkpoint: { step: 1 } }] }),
    }
    const page = await open({ library: bad })
    expect(texts(page).filter((text) => text.includes('cannot be read'))).toEqual([
      '3 records that this browser keeps cannot be read; they were set aside and can be saved as files.',
    ])
    expect(page.lab.shelf.getState().aside).toHaveLength(3)
    expect(page.lab.run.getState().training.phase).toBe('none')
    await act(page, 'Show')
    expect(page.lab.tool.getState().showsRemoved).toBe(true)
  })
})

describe('composing', () => {
  const rings = {
    energy: { kind: 'pretrained', name: 'rings' },
    target: defaultTarget('rings'),
    label: 'Rings',
  } as const

  it('fills the tray, weighs, takes out, and goes back to the single energy', async () => {
    const { lab } = await open()
    lab.addToTray(rings)
    lab.addToTray({ ...rings, energy: { kind: 'exact' }, label: 'Exact' })
    lab.setWeight(0, -0.5)
    const { energy, dynamics } = lab.scene.getState().scene
    expect(energy).toEqual({
      kind: 'sum',
      barriers: [],
      terms: [
        { weight: -0.5, energy: rings.energy, target: null },
        { weight: 1, energy: { kind: 'exact' }, target: rings.target },
      ],
    })
    expect(dynamics.stepSize).toBeNull()
    lab.removeTerm(1)
    lab.removeTerm(0)
    expect(lab.scene.getState().scene.energy).toEqual(SCENE.energy)
  })

  it('leaves a run that was paused where it is told to stand, and plays any other', async () => {
    const { lab, platform, status } = await open()
    lab.addToTray(rings)
    await settle()
    expect(status()).toBe('running')
    await platform.frames(3)
    lab.playback.pause()
    for (const change of [
      () => lab.addToTray(rings),
      () => lab.removeTerm(1),
      () => lab.clearTray(),
    ]) {
      change()
      await settle()
      await platform.frames(3)
      expect([status(), lab.live.getState().step]).toEqual(['idle', 0])
    }
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    expect(status()).toBe('running')
  })

  it('saves a composition by value: it survives, and links carry it', async () => {
    const { lab, kept } = await open()
    lab.addToTray(rings)
    lab.addToTray(rings)
    const { energy } = lab.scene.getState().scene
    lab.saveComposition()
    await settle()
    const [item] = (await kept.contents()).items
    expect((item as ShelfItem).content).toEqual({ kind: 'sum', energy })
    expect(openAddress(addressOf(lab.scene.getState().scene), '').scene.energy).toEqual(energy)
  })
})

describe('the address', () => {
  it('opens the shipped energy when it says nothing, and an untrained one when it says so', () => {
    expect(openAddress('', '').scene.energy).toEqual({ kind: 'pretrained', name: 'two-moons' })
    expect(addressOf(DEFAULT_SCENE)).toMatch(/^#size=\d+&energy=trained&sum=\w{7}$/)
    expect(openAddress('#energy=trained', '').scene).toEqual(DEFAULT_SCENE)
    expect(openAddress(addressOf(DEFAULT_SCENE), '').scene).toEqual(DEFAULT_SCENE)
    const fast = { ...DEFAULT_SCENE, view: { ...DEFAULT_SCENE.view, speed: 48 } }
    expect(openAddress(addressOf(fast), '').scene).toEqual(fast)
  })

  it('gives a scene and messages for garbage', () => {
    const { scene, message } = openAddress('#epsilon=banana&nonsense&%E0%A4%A', '?haltAt=x')
    expect(scene.dynamics.epsilon).toBe(1)
    expect(scene.energy.kind).toBe('pretrained')
    expect(message).toMatch(/dynamics\.epsilon: found "banana"/)
    expect(message).toMatch(/haltAt/)
  })

  it('puts the query over the scene', () => {
    const { scene } = openAddress(addressOf(SCENE), '?backend=cpu&haltAt=3')
    expect(scene.training.backend).toBe('cpu')
    expect(scene.view.haltAt).toBe(3)
  })
})

describe('barriers', () => {
  const disc: BarrierSpec = { kind: 'disc', center: [0, 0], radius: 0.5, strength: 0.1 }

  it('make a sum of the single energy, with its target and η, and give it back with the last of them', async () => {
    const { lab } = await open()
    lab.edit((scene) => ({ ...scene, dynamics: { ...scene.dynamics, stepSize: 0.02 } }))
    const before = lab.scene.getState().scene
    lab.addBarrier(disc)
    expect(lab.scene.getState().scene).toEqual({
      ...before,
      energy: {
        kind: 'sum',
        terms: [{ weight: 1, energy: before.energy, target: null }],
        barriers: [disc],
      },
    })
    expect(lab.tool.getState().placed).toBe(0)
    lab.addBarrier({ ...disc, radius: 1 })
    lab.editBarrier(1, { ...disc, radius: 2, strength: 0 })
    expect(barriersOf(lab.scene.getState().scene.energy)).toEqual([
      disc,
      { ...disc, radius: 2, strength: 0 },
    ])
    lab.removeBarrier(0)
    lab.removeBarrier(0)
    expect(lab.scene.getState().scene).toEqual(before)
  })

  it('leave a tray that was filled by hand as it was', async () => {
    const { lab } = await open()
    lab.addToTray({ energy: { kind: 'exact' }, target: defaultTarget('rings'), label: 'Rings' })
    const filled = lab.scene.getState().scene
    lab.addBarrier(disc)
    lab.removeBarrier(0)
    expect(lab.scene.getState().scene).toEqual(filled)
  })

  it('are cleared with the tray, back to the energy that stood before', async () => {
    const { lab } = await open()
    const before = lab.scene.getState().scene
    lab.addBarrier(disc)
    lab.clearTray()
    expect(lab.scene.getState().scene).toEqual(before)
  })

  it('are no more than a scene may hold, and one too many is said', async () => {
    const { lab } = await open()
    for (let i = 0; i <= MAX_BARRIERS; i++) lab.addBarrier(disc)
    expect(barriersOf(lab.scene.getState().scene.energy)).toHaveLength(MAX_BARRIERS)
    expect(lab.run.getState().notices.at(-1)?.text).toMatch(/^energy\.barriers: .*allowed: 32/)
  })

  it('inside the terms of a sum count, but are not those that one moves', () => {
    const inner: EnergySpec = {
      kind: 'sum',
      terms: [{ weight: 1, energy: { kind: 'exact' }, target: null }],
      barriers: [disc],
    }
    const outer: EnergySpec = {
      kind: 'sum',
      terms: [{ weight: 2, energy: inner, target: null }],
      barriers: [],
    }
    expect(everyBarrier(outer)).toEqual([disc])
    expect(barriersOf(outer)).toEqual([])
  })
})

describe('live training', () => {
  const POINTS = Array.from({ length: 12 }, (_, i): [number, number] => [i / 8, (i * i) / 64])
  const names = (client: FakeClient) => client.calls.map(({ name }) => name)
  const followedKinds = (client: FakeClient) => client.followed.map(({ target }) => target.kind)

  it('takes the stage, and follows every change of the target at once', async () => {
    const { client, lab, platform, status } = await open()
    await platform.frames(10)
    const runs = client.of('prepare').length
    lab.following.begin()
    await settle()
    expect(status()).toBe('training')
    expect(lab.scene.getState().scene.energy).toEqual({ kind: 'trained' })
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    lab.selectTarget({ kind: 'rings', sharpness: 1 })
    await settle()
    expect(followedKinds(client)).toEqual([SCENE.target.kind, 'rings', 'rings'])
    expect(lab.scene.getState().scene.energy).toEqual({ kind: 'trained' })
    // The particles move as soon as there is a landscape, and while they are seen.
    await platform.frames(5)
    expect(client.of('liveFrame')).toEqual([])
    const { landscape } = lab.run.getState()
    client.emit('landscape', {
      step: 1,
      landscape: landscape!,
      tableError: { value: 0, gradient: 0 },
    })
    await platform.frames(5)
    const moved = client.of('liveFrame').length
    expect(moved).toBeGreaterThan(0)
    lab.watch(false)
    await platform.frames(5)
    expect(client.of('liveFrame')).toHaveLength(moved)
    lab.watch(true)
    // What is only looked at, or how one stops, is no other target; nor is a run prepared meanwhile.
    lab.edit((scene) => ({ ...scene, stopping: { ...scene.stopping, delta: 0.2 } }))
    await platform.frames(5)
    expect(client.followed).toHaveLength(3)
    expect(client.of('prepare')).toHaveLength(runs)
    expect(client.of('liveFrame').length).toBeGreaterThan(moved)
  })

  it('sends one target at a time, and of those that wait the latest alone', async () => {
    const { client, lab } = await open()
    let free: () => void = () => undefined
    client.liveMeets = new Promise((resolve) => (free = resolve))
    lab.following.begin()
    await settle()
    for (const sharpness of [0.5, 0.6, 0.7, 0.8]) {
      lab.selectTarget({ kind: 'rings', sharpness })
      await settle()
    }
    expect(client.of('live')).toHaveLength(1)
    free()
    await settle()
    expect(client.followed.map(({ target }) => target)).toEqual([
      SCENE.target,
      { kind: 'rings', sharpness: 0.8 },
    ])
  })

  it('shows what belongs to the target at hand, and drops what came late', async () => {
    const { client, lab } = await open()
    client.emit('live', progress(1))
    expect(lab.run.getState().live).toBeNull()
    lab.following.begin()
    await settle()
    client.emit('live', progress(1))
    expect(lab.run.getState().live).toMatchObject({ phase: 'learning', taken: { target: 1 } })
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    expect(lab.run.getState().live?.progress).toBeNull()
    client.emit('live', progress(1, { klDataModel: 0.01 }))
    expect(lab.run.getState().live?.progress).toBeNull()
    client.emit('live', progress(2, { klDataModel: 3, state: 'settled' }))
    const { live } = lab.run.getState()
    expect(live).toMatchObject({ phase: 'settled', progress: { klDataModel: 3 } })
    expect(live?.history.map(({ target, value }) => [target, value])).toEqual([
      [1, 0.05],
      [2, 3],
    ])
  })

  it('leaving goes back to energy, target and step, and loses nothing', async () => {
    const { client, lab, platform, status, step } = await open()
    await platform.frames(3)
    lab.playback.scrub(12)
    await settle()
    const before = lab.scene.getState().scene
    lab.following.begin()
    await settle()
    lab.selectTarget(defaultTarget('rings'))
    lab.edit((scene) => ({ ...scene, stopping: { ...scene.stopping, delta: 0.3 } }))
    await settle()
    lab.following.leave()
    await platform.frames(3)
    expect(names(client)).toContain('endLive')
    expect(lab.run.getState().live).toBeNull()
    const after = lab.scene.getState().scene
    expect(after).toEqual({ ...before, stopping: { ...before.stopping, delta: 0.3 } })
    expect(step()).toBe(12)
    expect(status()).toBe('paused')
    expect(lab.shelf.getState().items).toEqual([])
    client.emit('live', progress(1))
    expect(lab.run.getState().live).toBeNull()
  })

  it('goes on after a reload, a drawing on the pad as well, and not in another scene', async () => {
    const first = await open()
    first.lab.tool.setState({ draft: [[0, 1, 2, 3]] })
    first.lab.following.begin()
    await settle()
    await settle()
    const { scene } = first.lab.scene.getState()
    const never = new Promise<void>(() => undefined)
    const again = await open({ scene, library: first.kept, prepared: never })
    await settle()
    expect(again.lab.tool.getState().draft).toEqual([[0, 1, 2, 3]])
    expect(again.lab.following.active).toBe(true)
    // The gallery is pictured without a run, and a run that comes later does not do it again.
    await again.platform.frames(4)
    const targets = () =>
      again.client.of('thumbnail').flatMap((one) => (one.kind === 'target' ? one.target.kind : []))
    await vi.waitFor(() => {
      expect(targets()).toContain('old-faithful')
    }, PATIENCE)
    const other = await open({ library: first.kept })
    await settle()
    expect(other.lab.following.active).toBe(false)
    again.client.prepared = Promise.resolve()
    again.lab.following.leave()
    await settle()
    await settle()
    await again.platform.frames(4)
    expect(again.lab.run.getState().run).not.toBeNull()
    expect(targets()).toHaveLength(new Set(targets()).size)
    const after = await open({ scene, library: first.kept })
    await settle()
    expect(after.lab.following.active).toBe(false)
  })

  it('leaving brings a composition back, with the way out of it', async () => {
    const { lab } = await open()
    lab.addToTray({ energy: { kind: 'exact' }, target: defaultTarget('banana'), label: 'Banana' })
    await settle()
    const { energy } = lab.scene.getState().scene
    expect(energy.kind).toBe('sum')
    lab.following.begin()
    await settle()
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    lab.following.leave()
    await settle()
    expect(lab.scene.getState().scene.energy).toEqual(energy)
    lab.clearTray()
    expect(lab.scene.getState().scene.energy).toEqual(SCENE.energy)
  })

  it('keeping puts weights without a recipe onto the shelf and the stage, and runs on them', async () => {
    const { client, lab, platform, status } = await open()
    lab.following.begin()
    await settle()
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    client.emit('live', progress(2))
    await lab.following.keep()
    await platform.frames(4)
    const [item] = lab.shelf.getState().items
    expect(item).toMatchObject({
      label: 'Rings, live',
      target: defaultTarget('rings'),
      content: {
        kind: 'weights',
        hash: 'def',
        recipe: null,
        provenance: 'trained live, 5 steps, objective quadrature',
      },
      summary: { steps: 5, klDataModel: 0.004 },
    })
    expect(lab.scene.getState().scene).toMatchObject({
      target: defaultTarget('rings'),
      energy: { kind: 'shelf', id: item?.id, hash: 'def', recipe: null },
    })
    expect(lab.run.getState().live).toBeNull()
    expect(client.of('prepare').at(-1)?.scene.energy.kind).toBe('shelf')
    expect(status()).toBe('running')
  })

  it('follows a drawing from its tenth point on, and the target again when it is put away', async () => {
    const { client, lab } = await open()
    lab.following.begin()
    await settle()
    lab.following.sketch(POINTS.slice(0, 9))
    await settle()
    expect(followedKinds(client)).toEqual([SCENE.target.kind])
    lab.following.sketch(POINTS)
    await settle()
    expect(client.followed.at(-1)?.target).toEqual({ kind: 'points', points: POINTS })
    expect(lab.run.getState().live).toMatchObject({ sketching: true, sketched: null })
    // Its energy is shown under the strokes; the stage behind the dialog keeps what it shows.
    const onStage = lab.run.getState().landscape!
    const sketched = { ...onStage, logZ: 7 }
    const show = () => {
      client.emit('landscape', {
        step: 1,
        landscape: sketched,
        tableError: { value: 0, gradient: 0 },
      })
    }
    show()
    expect(lab.run.getState().live?.sketched).toBe(sketched)
    expect(lab.run.getState().landscape).toBe(onStage)
    // Undone below the fewest points: nothing is shown of it any more, and nothing is asked for.
    lab.following.sketch(POINTS.slice(0, 3))
    await settle()
    expect(lab.run.getState().live).toMatchObject({ sketched: null })
    expect(client.followed).toHaveLength(2)
    // Used as a target it is the one that is followed already.
    lab.following.sketch(POINTS)
    await settle()
    lab.addDataSet('Drawing', { kind: 'points', points: POINTS })
    lab.following.sketch(null)
    await settle()
    expect(client.followed).toHaveLength(2)
    expect(lab.run.getState().live?.sketched).toBeNull()
    expect(lab.scene.getState().scene.target).toEqual({ kind: 'points', points: POINTS })
    expect(lab.run.getState().live).toMatchObject({ sketching: false })
    lab.following.leave()
    await settle()
    expect(lab.scene.getState().scene.target).toEqual(SCENE.target)
    expect(lab.shelf.getState().dataSets).toHaveLength(1)
  })

  it('says why a target is refused, by field, and goes on with the one before', async () => {
    const { client, lab } = await open()
    lab.following.begin()
    await settle()
    const refused = () => new CallError('refused', 'target.columns: one line', 'target.columns')
    client.liveMeets = refused()
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    expect(lab.run.getState().notices.at(-1)?.text).toBe('target.columns: one line')
    expect(lab.run.getState().live?.problem).toBe('target.columns: one line')
    // A drawing says so where it is drawn; a few strokes more may mend it.
    const notices = lab.run.getState().notices.length
    client.liveMeets = refused()
    lab.following.sketch(POINTS)
    await settle()
    expect(lab.run.getState().notices).toHaveLength(notices)
    lab.following.sketch([...POINTS, [0, 1]])
    await settle()
    expect(lab.run.getState().live?.problem).toBeNull()
    expect(lab.following.active).toBe(true)
  })

  it('gives way to whatever asks for the stage, and keeps out of a training', async () => {
    const { client, lab, platform } = await open()
    lab.following.begin()
    await settle()
    lab.selectEnergy({ energy: { kind: 'exact' }, target: defaultTarget('banana') })
    await platform.frames(3)
    expect(lab.following.active).toBe(false)
    expect(client.of('prepare').at(-1)?.scene.target).toEqual(defaultTarget('banana'))

    lab.following.begin()
    await settle()
    lab.training.train()
    await settle()
    expect(lab.following.active).toBe(false)
    const order = names(client).filter((name) => name === 'endLive' || name === 'train')
    expect(order.slice(-2)).toEqual(['endLive', 'train'])
    lab.following.begin()
    expect(lab.following.active).toBe(false)
  })

  it('refuses a keep-out region, which would stand beside no energy', async () => {
    const { lab } = await open()
    lab.following.begin()
    await settle()
    lab.addBarrier({ kind: 'disc', center: [0, 0], radius: 0.5, strength: 0.1 })
    expect(lab.following.active).toBe(true)
    expect(lab.run.getState().notices.at(-1)?.text).toMatch(/keep the live one first/)
  })

  it('begins again after a crash, and leaves when no backend trains any more', async () => {
    const { client, lab, status } = await open()
    lab.following.begin()
    await settle()
    client.emit('live', progress(1))
    client.emit('crashed', { message: 'out of memory', restarted: true })
    await settle()
    expect(client.of('live')).toHaveLength(2)
    expect(lab.run.getState().live).toMatchObject({ phase: 'starting', progress: null })
    expect(lab.run.getState().notices.at(-1)?.text).toMatch(/live training begins again/)
    client.emit('liveEnded', { message: 'no device' })
    await settle()
    expect(lab.following.active).toBe(false)
    expect(status()).not.toBe('training')
    expect(lab.scene.getState().scene.energy).toEqual(SCENE.energy)
  })

  it('says what a link names and does not hold: weights without a recipe, a file of points', async () => {
    const recipe = { seed: 4, target: defaultTarget('banana'), training: DEFAULT_SCENE.training }
    const { lab } = await open({ scene: SCENE })
    const shelf = { kind: 'shelf', id: 'own', hash: 'f'.repeat(64) } as const
    const missing = (change: Partial<SceneSpec>) => {
      lab.scene.setState({ scene: { ...SCENE, ...change } })
      return lab.missingFromLink()
    }
    expect(missing({})).toBeNull()
    expect(missing({ energy: { ...shelf, recipe } })).toBeNull()
    expect(missing({ energy: { ...shelf, recipe: null } })).toContain('only the shelf')
    const term = { weight: 1, energy: { ...shelf, recipe: null }, target: null }
    expect(missing({ energy: { kind: 'sum', terms: [term], barriers: [] } })).toContain(
      'only the shelf',
    )
    expect(missing({ target: { kind: 'points', file: 'mine.csv', columns: [0, 1] } })).toContain(
      'mine.csv',
    )
    expect(missing({ target: { kind: 'points', points: [[0, 0]] } })).toBeNull()
  })
})
