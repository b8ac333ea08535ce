import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BACKEND_NAMES, type BackendChoice, type BackendName } from '../../../learning/ids.ts'
import { BackendFault } from '../../../learning/kernels/deadline.ts'
import type { Backend, OpenBackendOptions } from '../../../learning/training/api.ts'
import { Backends } from './backends.ts'
import { createBench } from '../session.testing.ts'

/** For answers on their way: only a broken program takes as long. */
const PATIENCE = { timeout: 60_000 }

const CHOICES: readonly BackendChoice[] = ['auto', ...BACKEND_NAMES]
const PAIRS = CHOICES.flatMap((first) => CHOICES.map((second) => [first, second] as const))

/** An opening that was asked for and is answered by hand. */
interface Asked {
  readonly options: OpenBackendOptions
  readonly answer: (backend: Backend) => void
  readonly refuse: (error: Error) => void
}

const openBackend = vi.fn<(options: OpenBackendOptions) => Promise<Backend>>()

function createBackends(environment = createBench().environment): Backends {
  return new Backends(environment, () => Promise.resolve(openBackend))
}

const disposed = vi.fn<(name: BackendName) => void>()

let asked: Asked[] = []

/** Openings are answered by hand from now on. */
function answerByHand(): void {
  openBackend.mockImplementation(
    (options) =>
      new Promise((answer, refuse) => {
        asked.push({ options, answer, refuse })
      }),
  )
}

function backendOf(name: BackendName): Backend {
  return {
    name,
    description: `the ${name} backend`,
    reason: 'made for a test',
    refused: [],
    kernel: () => {
      throw new Error('nothing is computed here')
    },
    lost: () => null,
    dispose: () => {
      disposed(name)
    },
  }
}

/** What a machine with a fast GPU opens. */
const nameFor = (choice: BackendChoice): BackendName => (choice === 'auto' ? 'webgpu' : choice)

beforeEach(() => {
  asked = []
  openBackend.mockReset()
  disposed.mockReset()
  openBackend.mockImplementation(async ({ choice }) => backendOf(nameFor(choice)))
})

describe('any choice after any other', () => {
  it.each(PAIRS)('%s, then %s', async (first, second) => {
    const backends = createBackends()
    expect((await backends.open(first)).name).toBe(nameFor(first))
    expect((await backends.open(second)).name).toBe(nameFor(second))
    expect((await backends.open(first)).name).toBe(nameFor(first))
  })

  it.each(PAIRS)('%s and %s at once', async (first, second) => {
    const backends = createBackends()
    const opened = await Promise.all([first, second, first].map((choice) => backends.open(choice)))
    expect(opened.map(({ name }) => name)).toEqual([first, second, first].map(nameFor))
  })

  it.each(PAIRS)('%s replaced, then %s', async (first, second) => {
    const backends = createBackends()
    const broken = await backends.open(first)
    if (broken.name === 'cpu') return
    const next = await backends.replace(broken, new Error('it was lost'))
    expect(next.name).toBe(broken.name === 'wasm' ? 'cpu' : 'wasm')
    expect(disposed).toHaveBeenCalledWith(broken.name)
    expect((await backends.open(second)).name).toBe(nameFor(second))
    expect(await backends.open(second)).not.toBe(broken)
  })

  it('a device is asked for once', async () => {
    const backends = createBackends()
    const [auto, named] = await Promise.all([backends.open('auto'), backends.open('webgpu')])
    expect(openBackend).toHaveBeenCalledOnce()
    expect(named).toEqual({ ...auto, reason: 'asked for by name' })
  })
})

describe('while one is only being opened', () => {
  const opening = async (backends: Backends, choice: BackendChoice) => {
    const promise = backends.open(choice)
    promise.catch(() => undefined)
    const before = asked.length
    await vi.waitFor(() => {
      expect(asked.length).toBeGreaterThan(before)
    }, PATIENCE)
    return { promise, ...asked.at(-1)! }
  }
  beforeEach(answerByHand)

  it.each(PAIRS.filter(([first, second]) => first !== second && second !== 'webgpu'))(
    '%s, %s does not wait for it',
    async (first, second) => {
      const backends = createBackends()
      const slow = await opening(backends, first)
      const quick = await opening(backends, second)
      quick.answer(backendOf(nameFor(second)))
      expect((await quick.promise).name).toBe(nameFor(second))
      slow.answer(backendOf(nameFor(first)))
      expect((await slow.promise).name).toBe(nameFor(first))
    },
  )

  it('another is replaced', async () => {
    const backends = createBackends()
    const gpu = await opening(backends, 'webgpu')
    gpu.answer(backendOf('webgpu'))
    const broken = await gpu.promise
    const slow = await opening(backends, 'auto')
    const replaced = backends.replace(broken, new Error('it was lost'))
    await vi.waitFor(() => {
      expect(asked).toHaveLength(3)
    }, PATIENCE)
    asked.at(-1)!.answer(backendOf('wasm'))
    expect((await replaced).name).toBe('wasm')
    slow.answer(backendOf('cpu'))
    expect((await slow.promise).name).toBe('cpu')
  })

  it.each(CHOICES)('%s, which then fails, it can be asked for again', async (choice) => {
    const backends = createBackends()
    const failing = await opening(backends, choice)
    failing.refuse(new Error('nothing works'))
    await expect(failing.promise).rejects.toThrow('nothing works')
    const again = await opening(backends, choice)
    again.answer(backendOf(nameFor(choice)))
    expect((await again.promise).name).toBe(nameFor(choice))
  })

  it('auto, which then fails, webgpu is opened by itself', async () => {
    const backends = createBackends()
    const auto = await opening(backends, 'auto')
    const named = backends.open('webgpu')
    auto.refuse(new Error('nothing works'))
    await expect(auto.promise).rejects.toThrow('nothing works')
    await vi.waitFor(() => {
      expect(asked).toHaveLength(2)
    }, PATIENCE)
    asked.at(-1)!.answer(backendOf('webgpu'))
    expect((await named).name).toBe('webgpu')
  })
})

it('what failed in use is passed over by those that come after it', async () => {
  const { environment, events } = createBench()
  const backends = createBackends(environment)
  const gpu = await backends.open('auto')
  await backends.replace(gpu, new BackendFault('the GPU device was lost', 'Device lost.'))
  await backends.open('auto')
  const { failed } = openBackend.mock.lastCall![0]
  expect([...failed!]).toEqual([['webgpu', 'the GPU device was lost']])
  const wasm = await backends.open('wasm')
  expect((await backends.replace(wasm, new RangeError('could not allocate memory'))).name).toBe(
    'cpu',
  )
  // From the one to the other and back it would go on for ever.
  const retried = await backends.open('webgpu')
  expect(
    (await backends.replace(retried, new BackendFault('the GPU did not answer within 20 s'))).name,
  ).toBe('cpu')
  // What the engine said is no sentence for people.
  const notices = events.flatMap(({ name, payload }) => (name === 'notice' ? [payload] : []))
  expect(notices).toEqual([
    {
      level: 'warning',
      text: 'the webgpu backend failed: the GPU device was lost; training goes on with the wasm backend.',
      details: 'Device lost.',
    },
    {
      level: 'warning',
      text: 'the wasm backend failed; training goes on with the cpu backend.',
      details: 'could not allocate memory',
    },
    {
      level: 'warning',
      text: 'the webgpu backend failed: the GPU did not answer within 20 s; training goes on with the cpu backend.',
    },
  ])
})

it('a device that was lost while nobody used it is asked for anew', async () => {
  const backends = createBackends()
  const before = await backends.open('webgpu')
  let lost: BackendFault | null = null
  openBackend.mockImplementation(async ({ choice }) => ({
    ...backendOf(nameFor(choice)),
    lost: () => lost,
  }))
  const wasm = await backends.open('auto')
  expect(await backends.open('auto')).toBe(wasm)
  lost = new BackendFault('the GPU device was lost')
  expect(await backends.open('auto')).not.toBe(wasm)
  expect(await backends.open('webgpu')).toBe(before)
})

describe('what comes late', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('code that never comes is waited for no longer than its limit', async () => {
    const backends = new Backends(createBench().environment, () => new Promise(() => {}))
    const opening = backends.open('auto')
    const refused = expect(opening).rejects.toThrow(
      'the code for training did not answer within 20 s',
    )
    await vi.advanceTimersByTimeAsync(20_000)
    await refused
  })

  it('a kernel that comes after its limit is there for the next training', async () => {
    const backends = createBackends()
    openBackend.mockImplementation(async () => backendOf('cpu'))
    expect((await backends.open('auto')).name).toBe('cpu')
    expect((await backends.open('auto')).name).toBe('cpu')
    expect(openBackend).toHaveBeenCalledOnce()
    openBackend.mock.lastCall![0].onLate!()
    openBackend.mockImplementation(async () => backendOf('wasm'))
    expect((await backends.open('auto')).name).toBe('wasm')
  })
})
