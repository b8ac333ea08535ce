import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { afterEach, expect, test, vi } from 'vitest'
import type { CallHandlers, FromWorker } from '../protocol/messages.ts'
import { serve, transferables, type Port } from '../worker/serve.ts'
import { CallError, isAbortError } from './callError.ts'
import { createComputeClient, type ComputeClient, type WorkerLike } from './computeClient.ts'

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
    provide: () => Promise.resolve(null),
    prepare: missing,
    frame: missing,
    targetDensity: missing,
    analysisInput: missing,
    stops: missing,
    attach: missing,
    analyse: missing,
    result: missing,
    train: missing,
    steerTraining: missing,
    live: missing,
    keepLive: missing,
    endLive: missing,
    liveFrame: missing,
    thumbnail: missing,
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
