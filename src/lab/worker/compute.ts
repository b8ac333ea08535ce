import { steadyClock } from '../../core/maths/steadyClock.ts'
import samplerUrl from '../../core/samplers/simd/sampler.wasm?url'
import kernelUrl from '../../learning/kernels/simd/energy.wasm?url'
import { describeFailure } from '../engine/describeFailure.ts'
import { createSession, type Session } from '../engine/session.ts'
import type { Request } from '../protocol/calls.ts'
import type { ToWorker } from '../protocol/messages.ts'
import { FetchAssets } from './fetchAssets.ts'
import { messagePause } from './pause.ts'
import { serve, type Port } from './serve.ts'

/** The compute worker: a shell round the session. The page opens a second one for each sweep. */
const port = globalThis as unknown as Port

port.addEventListener('message', start)

/** On its way while the page makes up its mind what to ask for. */
let kernel: Promise<WebAssembly.Module> | null = null
function energyKernel(): Promise<WebAssembly.Module> {
  const coming = (kernel ??= fetchModule(kernelUrl))
  coming.catch(() => (kernel = null))
  return coming
}
void energyKernel()

/** The first message says where the page lies; only then is there anything to serve. */
function start(event: { readonly data: unknown }): void {
  const message = event.data as ToWorker
  if (message.type !== 'start') return
  const assets = new FetchAssets(message.start.baseUrl)
  const session: Session = createSession(
    {
      assets,
      clock: steadyClock(() => performance.now() / 1000),
      pause: messagePause(),
      emit: (name, payload) => {
        emit(name, payload)
      },
      kernelModule: energyKernel,
      samplerModule: () => fetchModule(samplerUrl),
    },
    ({ ref, bytes }) => {
      assets.provide(ref, bytes)
    },
  )
  const handlers = {
    ...session,
    sweep: ({ scene }: Request<'sweep'>, signal: AbortSignal) =>
      session.sweep(scene, {
        signal,
        onProgress(progress) {
          emit('sweep', progress)
        },
      }),
  }
  const emit = serve(port, handlers, describeFailure)
}

/** After so long the server is asked once more, when somebody wants the kernel again, ms. */
const FETCH_LIMIT = 60_000

/** The streaming compiler would insist on the server's media type. */
async function fetchModule(url: string): Promise<WebAssembly.Module> {
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_LIMIT) })
  if (!response.ok) throw new Error(`the server answered ${response.status}`)
  return WebAssembly.compile(await response.arrayBuffer())
}
