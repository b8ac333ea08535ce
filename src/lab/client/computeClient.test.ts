import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CallHandlers, FromWorker, ToWorker } from '../protocol/messages.ts'
import { serve, transferables, type Port } from '../worker/serve.ts'
import { CallError, isAbortError } from './callError.ts'
import {
  createComputeClient,
  type ComputeClient,
  type Crash,
  type WorkerLike,
} from './computeClient.ts'
import { BEAT, SILENT_BEATS, STARTING_BEATS } from './heartbeat.ts'

/** For messages on their way: only a broken client takes as long. */
const PATIENCE = { timeout: 60_000, interval: 1 }

type Listener = (event: { readonly data: unknown }) => void

/** A worker whose far side is a MessagePort served in this very thread: real cloning, real transfers. */
class FakeWorker implements WorkerLike {
  readonly near: MessagePort
  readonly far: MessagePort
  readonly received: unknown[] = []
  private readonly errorListeners: ((event: { readonly message?: string }) => void)[] = []
  emit: ReturnType<typeof serve>

  constructor(handlers: CallHandlers) {
    const { port1, port2 } = new MessageChannel()
    this.near = port1
    this.far = port2
    const port: Port = {
      postMessage: (message: FromWorker, transfer: ArrayBuffer[]) => {
        port2.postMessage(message, transfer)
      },
      addEventListener: (_type: 'message', listener: Listener) => {
        port2.on('message', (data: unknown) => {
          this.received.push(data)
          listener({ data })
        })
      },
    }
    this.emit = serve(port, handlers, (error) => ({
      kind: 'refused',
      message: error instanceof Error ? error.message : String(error),
      field: 'energy.name',
    }))
  }

  postMessage(message: unknown, options: { transfer?: ArrayBuffer[] } = {}): void {
    this.near.postMessage(message, options.transfer)
  }

  addEventListener(
    type: 'message' | 'error' | 'messageerror',
    listener: Listener | ((event: { readonly message?: string }) => void),
  ): void {
    if (type === 'message')
      this.near.on('message', (data: unknown) => {
        ;(listener as Listener)({ data })
      })
    else if (type === 'error') this.errorListeners.push(listener as (event: object) => void)
  }

  crash(message: string): void {
    for (const listener of this.errorListeners) listener({ message })
  }

  terminate(): void {
    this.near.close()
  }
}

function handlersWith(own: Partial<CallHandlers>): CallHandlers {
  const missing = () => Promise.reject(new Error('not served in this test'))
  return {
    openBackend: missing,
    checkBackend: missing,
    provide: () => Promise.resolve(null),
    prepare: missing,
    frame: missing,
    targetDensity: missing,
    priceOfWays: missing,
    analysisInput: missing,
    stops: missing,
    attach: missing,
    analyse: missing,
    workOut: missing,
    result: missing,
    train: missing,
    steerTraining: missing,
    live: missing,
    keepLive: missing,
    endLive: missing,
    liveFrame: missing,
    thumbnail: missing,
    sweep: missing,
    ...own,
  }
}

const opened: ComputeClient[] = []
afterEach(() => {
  for (const client of opened.splice(0)) client.dispose()
})

function connect(handlers: CallHandlers): { client: ComputeClient; workers: FakeWorker[] } {
  const workers: FakeWorker[] = []
  const client = createComputeClient({
    baseUrl: 'http://lab.test/path/index.html',
    spawn: () => {
      const worker = new FakeWorker(handlers)
      workers.push(worker)
      return worker
    },
  })
  opened.push(client)
  return { client, workers }
}

test('a reply arrives with its arrays moved, not copied', async () => {
  const langevin = new Float32Array([1, 2])
  const { client, workers } = connect(
    handlersWith({
      liveFrame: ({ steps }) =>
        Promise.resolve({ langevin, deterministic: new Float32Array([steps]) }),
    }),
  )
  const reply = await client.call('liveFrame', { steps: 3 })
  expect(reply?.langevin).toEqual(new Float32Array([1, 2]))
  expect(reply?.deterministic[0]).toBe(3)
  expect(langevin.length).toBe(0)
  expect(workers[0]!.received[0]).toEqual({
    type: 'start',
    start: { baseUrl: 'http://lab.test/path/' },
  })
})

test('spare arrays go back to the worker moved, not copied', async () => {
  const { client } = connect(
    handlersWith({
      liveFrame: ({ spare = [] }) =>
        Promise.resolve({ langevin: spare[0]!, deterministic: new Float32Array() }),
    }),
  )
  const spare = new Float32Array([1, 2])
  const reply = await client.call('liveFrame', { steps: 1, spare: [spare] })
  expect(reply?.langevin).toEqual(new Float32Array([1, 2]))
  expect(spare.length).toBe(0)
})

test('a request may be nothing at all', async () => {
  const { client } = connect(handlersWith({ endLive: () => Promise.resolve(null) }))
  expect(await client.call('endLive', null)).toBeNull()
})

test('replies find their callers in whatever order they come', async () => {
  let release = () => {}
  const secondIsBack = new Promise<void>((resolve) => (release = resolve))
  const { client } = connect(
    handlersWith({
      liveFrame: async ({ steps }) => {
        if (steps === 1) await secondIsBack
        return { langevin: new Float32Array([steps]), deterministic: new Float32Array() }
      },
    }),
  )
  const replies = await Promise.all([
    client.call('liveFrame', { steps: 1 }),
    client.call('liveFrame', { steps: 2 }).finally(release),
  ])
  expect(replies.map((reply) => reply?.langevin[0])).toEqual([1, 2])
})

test('a refusal carries its message and the field to blame', async () => {
  const { client } = connect(
    handlersWith({ result: () => Promise.reject(new Error('no such energy')) }),
  )
  const error = await client.call('result', { run: 1 }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(CallError)
  expect(error).toMatchObject({ kind: 'refused', message: 'no such energy', field: 'energy.name' })
})

test('a handler that throws before its first await is a failure of the call, not of the worker', async () => {
  const { client } = connect(
    handlersWith({
      result: () => {
        throw new Error('at once')
      },
    }),
  )
  await expect(client.call('result', { run: 1 })).rejects.toThrow('at once')
})

test('an abort rejects at once and reaches the handler; its late reply is dropped', async () => {
  let seen: AbortSignal | undefined
  let release = () => {}
  const { client } = connect(
    handlersWith({
      stops: async (_request, signal) => {
        seen = signal
        await new Promise<void>((resolve) => (release = resolve))
        return []
      },
    }),
  )
  const controller = new AbortController()
  const stopping = { criterion: 'tolerance', strict: false, delta: 0.05 } as const
  const call = client.call('stops', { run: 1, stopping }, { signal: controller.signal })
  await vi.waitFor(() => expect(seen).toBeDefined(), PATIENCE)
  controller.abort()
  const error = await call.catch((reason: unknown) => reason)
  expect(isAbortError(error)).toBe(true)
  await vi.waitFor(() => expect(seen!.aborted).toBe(true), PATIENCE)
  release()
})

test('the latest prepare wins', async () => {
  const signals: AbortSignal[] = []
  let release = () => {}
  const bothAreHere = new Promise<void>((resolve) => (release = resolve))
  const { client } = connect(
    handlersWith({
      prepare: async (_request, signal) => {
        signals.push(signal)
        if (signals.length === 2) release()
        await bothAreHere
        throw new Error('ended')
      },
    }),
  )
  const request = { run: 1, scene: {} } as unknown as Parameters<CallHandlers['prepare']>[0]
  const first = client.call('prepare', request).catch((reason: unknown) => reason)
  const second = client.call('prepare', { ...request, run: 2 }).catch((reason: unknown) => reason)
  expect(isAbortError(await first)).toBe(true)
  expect(await second).toMatchObject({ message: 'ended' })
  expect(signals[0]!.aborted).toBe(true)
  expect(signals[1]!.aborted).toBe(false)
})

test('events reach their listeners until they stop listening', async () => {
  const { client, workers } = connect(handlersWith({}))
  const heard: string[] = []
  const stop = client.on('notice', (notice) => heard.push(notice.text))
  workers[0]!.emit('notice', { level: 'info', text: 'one' })
  await vi.waitFor(() => expect(heard).toEqual(['one']), PATIENCE)
  stop()
  workers[0]!.emit('notice', { level: 'info', text: 'two' })
  await client.call('provide', { ref: 'file:a', bytes: new Uint8Array() })
  expect(heard).toEqual(['one'])
})

test('a crash rejects what is pending, restarts, and hands the assets over again', async () => {
  const provided: string[] = []
  const { client, workers } = connect(
    handlersWith({
      provide: ({ ref, bytes }) => {
        provided.push(`${ref} ${String(bytes.length)}`)
        return Promise.resolve(null)
      },
      result: () => new Promise(() => {}),
    }),
  )
  const crashes: boolean[] = []
  client.on('crashed', (crash) => crashes.push(crash.restarted))
  await client.call('provide', { ref: 'shelf:x', bytes: new Uint8Array(3) })
  const pending = client.call('result', { run: 1 }).catch((reason: unknown) => reason)
  workers[0]!.crash('out of memory')
  expect(await pending).toMatchObject({ kind: 'crashed' })
  expect(workers.length).toBe(2)
  await vi.waitFor(() => expect(provided).toEqual(['shelf:x 3', 'shelf:x 3']), PATIENCE)
  expect(crashes).toEqual([true])
})

test('three crashes in a row, and it gives up', async () => {
  const { client, workers } = connect(handlersWith({}))
  const crashes: boolean[] = []
  client.on('crashed', (crash) => crashes.push(crash.restarted))
  for (let i = 0; i < 3; i++) workers.at(-1)!.crash('again')
  expect(crashes).toEqual([true, true, false])
  expect(workers.length).toBe(3)
  await expect(client.call('result', { run: 1 })).rejects.toMatchObject({ kind: 'crashed' })
})

test('each buffer is transferred once, wherever it stands', () => {
  const shared = new Float32Array(4)
  const found = transferables({
    a: shared,
    b: [{ c: shared.subarray(1) }, new Uint8Array(2)],
    d: 1,
  })
  expect(found).toHaveLength(2)
})

/** A worker that says nothing of itself: what it is sent is written down, what it sends is up to the test. */
class MuteWorker implements WorkerLike {
  readonly sent: ToWorker[] = []
  terminated = false
  private listener: Listener = () => undefined
  private onError: (event: { readonly message?: string }) => void = () => undefined

  postMessage(message: ToWorker): void {
    this.sent.push(message)
  }
  addEventListener(type: string, listener: (event: never) => void): void {
    if (type === 'message') this.listener = listener as Listener
    if (type === 'error') this.onError = listener as (event: object) => void
  }
  terminate(): void {
    this.terminated = true
  }
  say(message: FromWorker): void {
    this.listener({ data: message })
  }
  fail(event: { readonly message?: string } = {}): void {
    this.onError(event)
  }
  /** Answers the call of a name that was sent last. */
  reply(name: string): void {
    const call = this.sent.findLast((message) => message.type === 'call' && message.name === name)
    if (call?.type === 'call') this.say({ type: 'reply', id: call.id, reply: null })
  }
  get beats(): number {
    return this.sent.filter(({ type }) => type === 'beat').length
  }
}

describe('the watch over a worker', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function watched(spawned?: () => WorkerLike) {
    const workers: MuteWorker[] = []
    const crashes: Crash[] = []
    const page = { hidden: false, ahead: 0 }
    const client = createComputeClient({
      baseUrl: 'http://lab.test/',
      hidden: () => page.hidden,
      clock: () => performance.now() + page.ahead,
      spawn:
        spawned ??
        (() => {
          workers.push(new MuteWorker())
          return workers.at(-1)!
        }),
    })
    opened.push(client)
    client.on('crashed', (crash) => crashes.push(crash))
    const ask = (name: 'result' | 'endLive' = 'result') =>
      name === 'result'
        ? client.call('result', { run: 1 }).catch((error: unknown) => error)
        : client.call('endLive', null).catch((error: unknown) => error)
    const beats = (n: number) => {
      vi.advanceTimersByTime(n * BEAT)
    }
    const worker = () => workers.at(-1)!
    return { client, workers, worker, crashes, page, ask, beats }
  }

  test('one that falls silent with a call is ended and replaced after so many beats', async () => {
    const { workers, worker, crashes, ask, beats } = watched()
    worker().say({ type: 'beat' })
    const call = ask()
    beats(SILENT_BEATS)
    expect(crashes).toEqual([])
    beats(1)
    expect(crashes).toEqual([{ message: 'it no longer answered', restarted: true }])
    expect(await call).toMatchObject({ kind: 'crashed' })
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, false])
    expect(workers[0]!.beats).toBe(1)
  })

  test('any word of it will do, and one that owes nothing is left in peace', () => {
    const { worker, crashes, ask, beats } = watched()
    worker().say({ type: 'beat' })
    void ask()
    for (let i = 0; i < 40; i++) {
      beats(SILENT_BEATS - 2)
      worker().say({ type: 'event', name: 'notice', payload: { level: 'info', text: 'busy' } })
    }
    expect(crashes).toEqual([])
    worker().reply('result')
    const asked = worker().beats
    beats(100)
    expect([crashes, worker().beats]).toEqual([[], asked])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a live training is watched between its calls, until it ends', () => {
    const { client, worker, crashes, ask, beats } = watched()
    void client.call('live', { scene: {} } as never).catch(() => undefined)
    worker().reply('live')
    beats(SILENT_BEATS + 1)
    expect(crashes).toHaveLength(1)
    worker().say({ type: 'beat' })
    void client.call('live', { scene: {} } as never).catch(() => undefined)
    worker().reply('live')
    void ask('endLive')
    worker().reply('endLive')
    beats(100)
    expect(crashes).toHaveLength(1)
  })

  test('one that is being fetched has longer', () => {
    const { crashes, ask, beats } = watched()
    void ask()
    beats(STARTING_BEATS)
    expect(crashes).toEqual([])
    beats(1)
    expect(crashes).toEqual([{ message: 'it did not start', restarted: true }])
  })

  test('nobody is blamed for beats that the page missed: hidden, busy, frozen, asleep', () => {
    const { worker, crashes, page, ask, beats } = watched()
    worker().say({ type: 'beat' })
    void ask()
    page.hidden = true
    beats(500)
    page.hidden = false
    beats(SILENT_BEATS - 1)
    // An hour in which neither the page nor the worker ran, then time to answer.
    page.ahead += 3_600_000
    beats(SILENT_BEATS - 1)
    expect(crashes).toEqual([])
    // A page that is three beats late each time has no word in it.
    for (let i = 0; i < 50; i++) {
      page.ahead += 3 * BEAT
      beats(1)
    }
    expect(crashes).toEqual([])
    beats(SILENT_BEATS)
    expect(crashes).toHaveLength(1)
  })

  test('one that was slow once is given several times as long', () => {
    const { worker, crashes, ask, beats } = watched()
    worker().say({ type: 'beat' })
    void ask()
    beats(SILENT_BEATS - 1)
    worker().say({ type: 'beat' })
    beats(3 * SILENT_BEATS)
    expect(crashes).toEqual([])
    beats(SILENT_BEATS)
    expect(crashes).toHaveLength(1)
  })

  test('a clock that is set back neither blames nor blinds', () => {
    const { worker, crashes, page, ask, beats } = watched()
    worker().say({ type: 'beat' })
    void ask()
    page.ahead -= 3_600_000
    beats(SILENT_BEATS + 1)
    expect(crashes).toHaveLength(1)
  })

  test('replies between crashes do not make their row endless', () => {
    const { worker, crashes, ask } = watched()
    for (let i = 0; i < 8; i++) {
      void ask()
      worker().reply('result')
      worker().fail({ message: 'again' })
    }
    expect(crashes.map(({ restarted }) => restarted)).toEqual([true, true, true, true, true, false])
  })

  test('where it has given up, a person may try again, with the assets of before', async () => {
    const { client, workers, worker, crashes, ask } = watched()
    void client.call('provide', { ref: 'shelf:x', bytes: new Uint8Array(3) }).catch(() => undefined)
    for (let i = 0; i < 3; i++) worker().fail()
    expect(crashes.at(-1)).toEqual({ message: 'it could not be started', restarted: false })
    expect(await ask()).toMatchObject({ kind: 'crashed' })
    client.revive()
    client.revive()
    expect(workers).toHaveLength(4)
    expect(worker().sent).toMatchObject([{ type: 'start' }, { name: 'provide' }])
    worker().fail()
    expect(crashes.map(({ restarted }) => restarted)).toEqual([true, true, false, false])
    client.revive()
    void ask()
    worker().reply('result')
    worker().fail()
    expect(crashes.at(-1)?.restarted).toBe(true)
  })

  test('a browser without workers says so, after whoever opened the client listens', async () => {
    const { crashes, ask } = watched(() => {
      throw new ReferenceError('Worker is not defined')
    })
    const call = ask()
    expect(crashes).toEqual([])
    expect(await call).toMatchObject({ kind: 'crashed' })
    await vi.waitFor(() => expect(crashes).toHaveLength(3), PATIENCE)
    expect(crashes.at(-1)).toEqual({ message: 'Worker is not defined', restarted: false })
  })
})
