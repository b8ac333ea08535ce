import { describe, expect, it, vi } from 'vitest'
import { failureToError } from '../../lab/client/callError.ts'
import { describeFailure } from '../../lab/engine/describeFailure.ts'
import { DEFAULT_SCENE, defaultTarget } from '../../lab/scene/defaults.ts'
import type { SceneSpec } from '../../lab/scene/sceneSpec.ts'
import type { Library } from '../storage/library.ts'
import { decodeCheckpoint } from './training/checkpoint.ts'
import { checkpointOf, newLibrary, open, SCENE, settle, trained, UNTRAINED } from './lab.testing.ts'

describe('training', () => {
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
        chains: null,
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
})

describe('a training that was interrupted', () => {
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
