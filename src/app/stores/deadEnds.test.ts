import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { failureToError } from '../../lab/client/callError.ts'
import type { ComputeClient } from '../../lab/client/computeClient.ts'
import { describeFailure } from '../../lab/engine/describeFailure.ts'
import { createBench } from '../../lab/engine/session.testing.ts'
import { readEnergyFile, writeEnergyFile } from '../../lab/io/energyFile.ts'
import type { CallName, Reply, Request } from '../../lab/protocol/calls.ts'
import { BUILT_IN_TARGETS, defaultTarget, newBarrier } from '../../lab/scene/defaults.ts'
import type { SceneSpec, TargetSpec } from '../../lab/scene/sceneSpec.ts'
import { EXPERIMENTS } from '../../lab/scene/experiments.ts'
import { FakeBrowser } from '../storage/browser.testing.ts'
import { openLibrary } from '../storage/library.ts'
// Fetched when it is needed; here it is at hand.
import './shelf/keeping.ts'
import { createLab } from './lab.ts'
import { readManifest } from './shelf/manifest.ts'
import { addressOf, openAddress } from './scene/address.ts'
import { FIRST_SCENE } from './scene/sceneStore.ts'
import { cardsOf, type Card } from './shelf/cards.ts'

// Hundreds of runs are prepared, however slow the machine.
vi.setConfig({ testTimeout: 300_000 })

const PUBLIC = path.resolve(import.meta.dirname, '../../../public')
const bytesOf = (file: string) => Uint8Array.from(readFileSync(path.join(PUBLIC, file)))
const manifest: unknown = JSON.parse(
  readFileSync(path.join(PUBLIC, 'energies/manifest.json'), 'utf8'),
)

/** An energy of the shelf that is known on a smaller box than all shipped ones. */
const NARROW: Card = {
  id: 'shelf:narrow',
  label: 'narrow',
  origin: 'trained',
  energy: { kind: 'shelf', id: 'narrow', hash: '', recipe: null },
  target: defaultTarget('two-moons'),
  klDataModel: null,
  crossEntropy: null,
  provenance: null,
  thumbnail: null,
}

function narrowWeights(): Uint8Array {
  const read = readEnergyFile(bytesOf('energies/two-moons.safetensors'))
  if ('error' in read) throw new Error(read.error)
  return writeEnergyFile({ ...read.model, halfWidth: 2.5, penaltyStart: 2 }, null, 'test')
}

/**
 * The page's stores on a session in this very process: what it refuses, the worker refuses.
 * @param followed whether what the laws of a run start from is prepared too, which costs most and refuses nothing of its own
 */
async function openLab(scene: SceneSpec = FIRST_SCENE, followed = true) {
  const { session, assets } = createBench()
  for (const { name } of readManifest(manifest))
    assets.bytes.set(`pretrained:${name}`, bytesOf(`energies/${name}.safetensors`))
  assets.bytes.set('pretrained:two-moons-half', bytesOf('energies/two-moons-half.safetensors'))
  assets.bytes.set('points:old-faithful.csv', bytesOf('data/old-faithful.csv'))
  assets.bytes.set('shelf:narrow', narrowWeights())
  const calls = session as unknown as Record<CallName, (request: unknown) => Promise<unknown>>
  const client: ComputeClient = {
    async call<K extends CallName>(name: K, request: Request<K>): Promise<Reply<K>> {
      if (name === 'analysisInput' && !followed) return new Promise(() => undefined)
      try {
        return (await calls[name](request)) as Reply<K>
      } catch (error) {
        throw failureToError(describeFailure(error))
      }
    },
    on: () => () => undefined,
    restart: () => undefined,
    revive: () => undefined,
    dispose: () => undefined,
  }
  const location = { hash: addressOf(scene), search: '', pathname: '/', href: 'http://lab.test/' }
  const lab = createLab({
    client,
    analysis: {
      analyse: () => new Promise(() => undefined),
      workOut: () => Promise.resolve(null),
      onReport: () => undefined,
      dispose: () => undefined,
    },
    platform: {
      now: () => 0,
      onFrame: () => () => undefined,
      // Pictures of cards wait for longer than this test lasts.
      after: (milliseconds, callback) => {
        let on = milliseconds < 100
        queueMicrotask(() => {
          if (on) callback()
        })
        return () => {
          on = false
        }
      },
      reducedMotion: () => true,
      uniqueId: () => 'id',
      today: () => 0,
    },
    library: openLibrary({ browser: new FakeBrowser().tab() }),
    patience: new Promise(() => undefined),
    page: {
      location,
      history: { replaceState: () => undefined, pushState: () => undefined, state: null },
      addEventListener: () => undefined,
    } as unknown as Window,
    opened: openAddress(location.hash, ''),
    fetchManifest: () => Promise.resolve(manifest),
  })
  /** Until the run that was asked for last is there, or refused. */
  const settled = () =>
    new Promise<void>((resolve) => {
      if (!lab.run.getState().preparing) resolve()
      else {
        const stop = lab.run.subscribe(({ preparing }) => {
          if (preparing) return
          stop()
          resolve()
        })
      }
    })
  await settled()
  const problem = () => {
    const { status, notices } = lab.run.getState()
    return status === 'error' ? (notices.at(-1)?.text ?? 'error') : null
  }
  const notices = () => lab.run.getState().notices.map(({ text }) => text)
  return { lab, settled, problem, notices }
}

/** The same scene with as little to compute as there can be: in wide cells that hold several walls a start costs more. */
function small(scene: SceneSpec): SceneSpec {
  const isWalled = scene.energy.kind === 'sum' && scene.energy.barriers.length > 0
  return {
    ...scene,
    domain: { ...scene.domain, cells: isWalled ? 96 : 32 },
    dynamics: { ...scene.dynamics, particles: 32, steps: 0 },
  }
}

const TARGETS: readonly TargetSpec[] = [
  ...BUILT_IN_TARGETS.map(defaultTarget),
  { kind: 'rings', sharpness: 0.9 },
  { kind: 'points', points: Array.from({ length: 12 }, (_, i) => [i / 4, (i * i) % 7] as const) },
]

type Lab = Awaited<ReturnType<typeof openLab>>['lab']

/**
 * What a person may do next in any scene, whatever it is. A shipped energy is what its target leads to, and one sum with a
 * shipped energy is as good as another: both are on the box of all of them.
 */
const changes = (lab: Lab): readonly (readonly [string, () => void])[] => {
  const [shipped] = cardsOf(lab.shelf.getState())
  return [
    ...TARGETS.map((target): readonly [string, () => void] => [
      `target ${JSON.stringify(target).slice(0, 50)}`,
      () => {
        lab.selectTarget(target)
      },
    ]),
    [
      'energy of the shelf',
      () => {
        lab.selectEnergy(NARROW)
      },
    ],
    ...[shipped!, NARROW].map((card): readonly [string, () => void] => [
      `sum with ${card.id}`,
      () => {
        lab.addToTray(card)
      },
    ]),
    [
      'a barrier in the middle',
      () => {
        lab.addBarrier(newBarrier('disc', { center: [0, 0], radius: 1.2 }))
      },
    ],
  ]
}

/** Experiments whose scenes differ in more than target and energy, which the next change replaces. */
const DISTINCT = EXPERIMENTS.filter(({ scene }, i) => {
  const settings = (of: SceneSpec) => JSON.stringify([of.domain, of.dynamics, of.energy.kind])
  return EXPERIMENTS.findIndex((other) => settings(other.scene) === settings(scene)) === i
})

describe('to any target, energy, sum or barrier: never a scene that cannot run', () => {
  const opening = openLab(FIRST_SCENE, false)

  test.each(DISTINCT)('from $id', async ({ scene }) => {
    const { lab, settled, problem } = await opening
    const stuck: string[] = []
    for (const [name, change] of changes(lab)) {
      lab.open(small(scene))
      change()
      await settled()
      if (problem() !== null) stuck.push(`${name}: ${String(problem())}`)
    }
    expect(stuck).toEqual([])
  })

  test('of experiments whose settings differ there are many', () => {
    expect(DISTINCT.length).toBeGreaterThan(10)
  })
})

test('from any experiment to any other', async () => {
  const { lab, settled, problem } = await openLab()
  for (const { id, scene } of EXPERIMENTS) {
    const asked = small(scene)
    lab.open(asked)
    await settled()
    expect(problem(), id).toBeNull()
    expect(lab.scene.getState().scene, id).toEqual(asked)
  }
})

const of = (scene: Partial<SceneSpec>): SceneSpec => small({ ...FIRST_SCENE, ...scene })
const wide = { halfWidth: 8, cells: 32 }

test('says in one sentence what followed a change, and changes no more than that', async () => {
  const { lab, settled, notices } = await openLab(
    of({
      domain: wide,
      energy: { kind: 'exact' },
      seed: 5,
      stopping: { criterion: 'floor', strict: true, delta: 0.3 },
    }),
  )
  const before = lab.scene.getState().scene
  lab.selectTarget(defaultTarget('rings'))
  await settled()
  expect(lab.scene.getState().scene).toEqual({
    ...before,
    target: defaultTarget('rings'),
    energy: { kind: 'pretrained', name: 'rings' },
    domain: { halfWidth: 4, cells: 32 },
  })
  lab.addToTray(NARROW)
  await settled()
  expect(lab.scene.getState().scene.domain.halfWidth).toBe(2.5)
  expect(notices().filter((text) => text.startsWith('The box'))).toEqual([
    'The box went back to half-width 4, on which this energy was trained.',
    'The box went back to half-width 2.5, on which an energy of this sum was trained.',
  ])
})

test.each([
  ['a point under the barrier', { kind: 'point', at: [0, 0], spread: 0.01 }, 'uniform'],
  ['a square under the barrier', { kind: 'uniform', halfWidth: 0.4 }, 'uniform'],
  [
    'a narrow Gaussian under the barrier',
    {
      kind: 'gaussian',
      mean: [0, 0],
      covariance: [
        [0.001, 0],
        [0, 0.001],
      ],
    },
    'uniform',
  ],
] as const)('a start that is %s gives way', async (_, initial, kind) => {
  const { lab, settled, problem, notices } = await openLab(
    of({ dynamics: { ...FIRST_SCENE.dynamics, initial } }),
  )
  lab.addBarrier(newBarrier('disc', { center: [0, 0], radius: 1 }))
  await settled()
  expect(problem()).toBeNull()
  expect(lab.scene.getState().scene.dynamics.initial.kind).toBe(kind)
  expect(notices()).toContainEqual(expect.stringMatching(/^The particles now start anywhere/))
})

test('where barriers leave a sliver the particles start at π, and where they leave nothing a target leads on', async () => {
  const { lab, settled, problem } = await openLab(of({}))
  // All of the box but a corner of 0.1 by 0.1.
  lab.addBarrier({ kind: 'half-plane', normal: [1, 1], offset: 5.5862, strength: 0 })
  await settled()
  expect(problem()).toBeNull()
  expect(lab.scene.getState().scene.dynamics.initial.kind).toBe('gibbs')
  lab.editBarrier(0, newBarrier('disc', { center: [0, 0], radius: 20 }))
  await settled()
  expect(problem()).toMatch(/leave no room/)
  lab.selectTarget(defaultTarget('banana'))
  await settled()
  expect(problem()).toBeNull()
})

test('a link with an energy on too large a box opens on the box that it has', async () => {
  const { lab, problem } = await openLab(of({ domain: wide, seed: 2 }))
  expect(problem()).toBeNull()
  expect(lab.scene.getState().scene).toMatchObject({ seed: 2, domain: { halfWidth: 4 } })
})
