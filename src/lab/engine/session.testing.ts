import { readSamplerModule } from '../../core/samplers/simd/module.testing.ts'
import { readKernelModule } from '../../learning/kernels/simd/module.testing.ts'
import type { AssetRef, EventName, Events } from '../protocol/calls.ts'
import { parseScene } from '../scene/reading/decode.ts'
import type { SceneSpec } from '../scene/sceneSpec.ts'
import type { AssetReader } from './energies/assets.ts'
import type { Environment } from './environment.ts'
import { Refusal } from './refusal.ts'
import { createSession, type Session } from './session.ts'

/** The assets that a test provides by their reference; all others are missing. */
class MapAssets implements AssetReader {
  readonly bytes = new Map<AssetRef | `pretrained:${string}`, Uint8Array>()

  pretrained(name: string): Promise<Uint8Array> {
    return this.find(`pretrained:${name}`)
  }
  async points(file: string, hash?: string): Promise<Uint8Array> {
    const known = hash === undefined ? undefined : this.bytes.get(`points:${file}#${hash}`)
    return known ?? this.find(`points:${file}`)
  }
  oldFaithful(): Promise<Uint8Array> {
    return this.find('points:old-faithful.csv')
  }
  async shelf(id: string): Promise<Uint8Array | null> {
    return this.bytes.get(`shelf:${id}`) ?? null
  }
  file(name: string): Promise<Uint8Array> {
    return this.find(`file:${name}`)
  }
  private async find(ref: AssetRef | `pretrained:${string}`): Promise<Uint8Array> {
    const bytes = this.bytes.get(ref)
    if (bytes === undefined) throw new Refusal(`${ref} is not here`)
    return bytes
  }
}

/** One event, with its name. */
export type Heard = {
  [K in EventName]: { readonly name: K; readonly payload: Events[K] }
}[EventName]

export interface Bench {
  readonly session: Session
  readonly environment: Environment
  readonly assets: MapAssets
  readonly events: Heard[]
}

/** A clock that advances by a fixed number of seconds at every reading, independent of the machine's speed. */
export function ticking(seconds: number): () => number {
  let time = 0
  return () => (time += seconds)
}

/** A session in this process. Its clock advances by the engine's readings or by the test, never by wall time. */
export function createBench(
  onEvent: (event: Heard) => void = () => {},
  clock = ticking(2e-4),
): Bench {
  const assets = new MapAssets()
  const events: Heard[] = []
  const environment: Environment = {
    assets,
    clock,
    pause: () => new Promise((resolve) => setImmediate(resolve)),
    emit: (name, payload) => {
      const event = { name, payload } as Heard
      events.push(event)
      onEvent(event)
    },
    kernelModule: readKernelModule,
    samplerModule: readSamplerModule,
  }
  const session = createSession(environment, ({ ref, bytes }) => {
    assets.bytes.set(ref, bytes)
  })
  return { session, environment, assets, events }
}

/** A scene from the JSON of a scene file; throws where the reader refuses it. */
export function sceneOf(json: unknown): SceneSpec {
  const parsed = parseScene(json)
  if ('error' in parsed) throw new Error(JSON.stringify(parsed.error))
  return parsed.scene
}
