import { describe, expect, it, vi } from 'vitest'
import { CallError } from '../../lab/client/callError.ts'
import { DEFAULT_SCENE, defaultTarget } from '../../lab/scene/defaults.ts'
import { addressOf, openAddress } from './scene/address.ts'
import { open, SCENE, settle } from './lab.testing.ts'

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
