import wasmUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import threadedUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url'
import { describeFailure } from '../engine/describeFailure.ts'
import { Session } from '../engine/session.ts'
import type { ToWorker } from '../protocol/messages.ts'
import { FetchAssets } from './fetchAssets.ts'
import { messagePause } from './pause.ts'
import { serve, type Port } from './serve.ts'

/** The compute worker: a shell round the session. */
const port = globalThis as unknown as Port

port.addEventListener('message', start)

/** The first message says where the page lies; only then is there anything to serve. */
function start(event: { readonly data: unknown }): void {
  const message = event.data as ToWorker
  if (message.type !== 'start') return
  const assets = new FetchAssets(message.start.baseUrl)
  const session: Session = new Session(
    {
      assets,
      clock: () => performance.now() / 1000,
      pause: messagePause(),
      emit: (name, payload) => {
        emit(name, payload)
      },
      wasmPath: {
        'tfjs-backend-wasm.wasm': wasmUrl,
        'tfjs-backend-wasm-simd.wasm': simdUrl,
        'tfjs-backend-wasm-threaded-simd.wasm': threadedUrl,
      },
    },
    ({ ref, bytes }) => {
      assets.provide(ref, bytes)
    },
  )
  const emit = serve(port, session, describeFailure)
}
