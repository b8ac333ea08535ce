import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { CallError } from '../../../lab/client/callError.ts'
import type { CallName } from '../../../lab/protocol/calls.ts'
import type { SceneSpec } from '../../../lab/scene/sceneSpec.ts'
import { FakeClient, FakePlatform, SCENE, settle, STEPS } from '../lab.testing.ts'
import { createSceneStore, edit } from '../scene/sceneStore.ts'
import { createCloudStore } from './cloudStore.ts'
import { createPlayback, type PlaybackOptions } from './playback.ts'
import { createRunStore } from './runStore.ts'

/** A playback over a worker that answers at once, its clock standing until the test moves it. */
async function open(change: Partial<PlaybackOptions> = {}) {
  const client = new FakeClient()
  const platform = new FakePlatform()
  const scene = createSceneStore(SCENE)
  const run = createRunStore()
  const live = createCloudStore()
  const playback = createPlayback({
    ...{ client, platform, scene, run, live },
    autoplay: false,
    provide: () => Promise.resolve(true),
    mend: () => false,
    onReady: () => undefined,
    ...change,
  })
  onTestFinished(() => {
    playback.dispose()
  })
  playback.refresh()
  await settle()
  /** As the lab does it: a change of the scene, and playback told of it. */
  const turn = (to: (scene: SceneSpec) => SceneSpec) => {
    edit(scene, to)
    playback.refresh()
  }
  const stage = () => ({ status: run.getState().status, step: live.getState().step })
  return { client, platform, scene, run, live, playback, turn, stage }
}

/** Keeps answers back. @returns what lets the oldest of them go */
function hold(client: FakeClient, name: CallName): () => Promise<void> {
  const answer = client.call.bind(client)
  const held: (() => void)[] = []
  vi.spyOn(client, 'call').mockImplementation(async (called, request) => {
    if (called === name) await new Promise<void>((resolve) => held.push(resolve))
    return answer(called, request)
  })
  return async () => {
    held.shift()?.()
    await settle()
  }
}

const withEpsilon = (epsilon: number) => (scene: SceneSpec) => ({
  ...scene,
  dynamics: { ...scene.dynamics, epsilon },
})
const withDelta = (delta: number) => (scene: SceneSpec) => ({
  ...scene,
  stopping: { ...scene.stopping, delta },
})

describe('a run that is prepared', () => {
  it('stands at its first step where nothing plays by itself, and plays when told to', async () => {
    const { client, platform, playback, stage } = await open()
    await platform.frames(5)
    expect(stage()).toEqual({ status: 'idle', step: 0 })
    expect([client.of('frame').length, platform.awake]).toEqual([0, 0])
    playback.play()
    await settle()
    expect(stage()).toEqual({ status: 'running', step: 1 })
    expect(playback.place).toEqual({ step: 1, playing: true })
  })

  it('plays or stands as it was told last while it was on its way', async () => {
    const { client, playback, turn, stage } = await open()
    const release = hold(client, 'prepare')
    turn(withEpsilon(2))
    await settle()
    playback.play()
    playback.pause()
    expect(stage().status).toBe('paused')
    await release()
    expect(stage()).toEqual({ status: 'idle', step: 0 })
    turn(withEpsilon(3))
    await settle()
    playback.play()
    await release()
    expect(stage()).toEqual({ status: 'running', step: 1 })
  })

  it('is the last one asked for: of those before it neither run nor frame is shown', async () => {
    const { client, run, playback, turn, stage } = await open()
    const frame = hold(client, 'frame')
    playback.scrub(9)
    turn(withEpsilon(2))
    turn(withEpsilon(3))
    await settle()
    expect(client.of('prepare').map(({ scene }) => scene.dynamics.epsilon)).toEqual([1, 3])
    await frame()
    expect(run.getState().run?.scene.dynamics.epsilon).toBe(3)
    expect(stage()).toEqual({ status: 'idle', step: 0 })
  })

  it('waits for a training to leave the stage, and goes to the step it is told', async () => {
    const { client, run, playback, turn, stage } = await open()
    const release = hold(client, 'prepare')
    turn(withEpsilon(2))
    await settle()
    playback.suspend()
    await release()
    expect(run.getState().run?.scene.dynamics.epsilon).toBe(1)
    turn(withEpsilon(3))
    playback.play()
    playback.step()
    await settle()
    expect([client.of('prepare').length, client.of('frame').length]).toEqual([2, 0])
    playback.resume({ play: false, step: 7 })
    await settle()
    await release()
    expect(run.getState().run?.scene.dynamics.epsilon).toBe(3)
    expect(stage()).toEqual({ status: 'paused', step: 7 })
  })

  it('is mended where it is refused and can be, else the refusal is said', async () => {
    const refusals: unknown[] = []
    const mend = (refusal: unknown) => refusals.push(refusal) === 1
    const { client, run, playback, turn, stage } = await open({ mend })
    client.refused = true
    turn(withEpsilon(2))
    await settle()
    expect([refusals.length, run.getState().notices.length]).toEqual([1, 0])
    turn(withEpsilon(3))
    await settle()
    expect([refusals.length, stage().status]).toEqual([2, 'error'])
    expect(run.getState().notices.map(({ about }) => about)).toEqual(['scene'])
    client.refused = false
    playback.step()
    await settle()
    expect([stage().status, run.getState().notices.length]).toEqual(['idle', 0])
  })
})

describe('the frames of a run', () => {
  it('are asked for one at a time, and of those that wait the last one is', async () => {
    const { client, playback, stage } = await open()
    const release = hold(client, 'frame')
    for (const step of [5, 9, 30, 12]) playback.scrub(step)
    await release()
    await release()
    expect(client.of('frame').map(({ step }) => step)).toEqual([5, 12])
    expect(stage()).toEqual({ status: 'paused', step: 12 })
    playback.step()
    await release()
    expect(stage().step).toBe(13)
  })

  it('do not come twice with the same curve, and the last step plays from the first', async () => {
    const { client, platform, run, playback, stage } = await open()
    playback.scrub(STEPS)
    await settle()
    playback.scrub(3)
    await settle()
    expect(client.of('frame').map(({ step, have }) => [step, have])).toEqual([
      [STEPS, 0],
      [3, STEPS],
    ])
    expect(run.getState().points).toHaveLength(STEPS + 1)
    playback.scrub(STEPS)
    await settle()
    playback.play()
    await settle()
    expect(stage()).toEqual({ status: 'running', step: 0 })
    await platform.frames(60)
    expect(stage()).toEqual({ status: 'stopped', step: STEPS })
  })

  it('that fail stop the clock and are said once, until the run is asked for again', async () => {
    const { client, run, playback, stage } = await open()
    const failing = vi
      .spyOn(client, 'call')
      .mockRejectedValue(new CallError('failed', 'no memory', null))
    playback.play()
    await settle()
    expect(stage().status).toBe('error')
    expect(run.getState().notices.map(({ text }) => text)).toEqual(['no memory'])
    failing.mockRestore()
    playback.restart()
    await settle()
    expect(stage()).toEqual({ status: 'running', step: 1 })
  })
})

describe('a halt that is set while the clock runs', () => {
  const withHalt = (haltAt: number) => (scene: SceneSpec) => ({
    ...scene,
    view: { ...scene.view, haltAt },
  })

  it('is where the clock halts, and one that is past already is none', async () => {
    const { platform, run, playback, turn, stage } = await open()
    playback.scrub(10)
    await settle()
    turn(withHalt(5))
    playback.play()
    await platform.frames(1)
    turn(withHalt(20))
    await platform.frames(20)
    expect(stage()).toEqual({ status: 'paused', step: 20 })
    expect(run.getState().step).toBe(20)
  })

  it('behind the stage is where it stands at once', async () => {
    const { platform, run, playback, turn, stage } = await open()
    playback.play()
    await platform.frames(4)
    const { step } = stage()
    expect(step).toBeGreaterThan(2)
    turn(withHalt(2))
    await platform.frames(1)
    expect(stage()).toEqual({ status: 'stopped', step })
    expect(run.getState().step).toBe(step)
  })
})

describe('stopping reports', () => {
  it('are asked for anew one at a time, with the last of the settings that waited', async () => {
    const { client, turn } = await open()
    const release = hold(client, 'stops')
    for (const delta of [0.2, 0.3, 0.4]) turn(withDelta(delta))
    await release()
    await release()
    expect(client.of('stops').map(({ stopping }) => stopping.delta)).toEqual([0.2, 0.4])
  })

  it('are asked for when more is known of the run, and not while there is none to ask about', async () => {
    const { client, playback } = await open()
    playback.recheck()
    await settle()
    expect(client.of('stops')).toHaveLength(1)
    playback.suspend()
    playback.recheck()
    await settle()
    expect(client.of('stops')).toHaveLength(1)
  })
})

describe('a worker that is gone', () => {
  it('and comes back has the run prepared anew, at the step on the stage', async () => {
    const { client, playback, stage } = await open()
    playback.scrub(8)
    await settle()
    playback.recover()
    await settle()
    expect(client.of('prepare')).toHaveLength(2)
    expect(stage()).toEqual({ status: 'paused', step: 8 })
  })

  it('for good leaves the stage as it is, until a person asks for anything', async () => {
    const { client, platform, playback, turn, stage } = await open()
    playback.play()
    await platform.frames(3)
    const { step } = stage()
    playback.fail()
    await platform.frames(3)
    expect(stage()).toEqual({ status: 'error', step })
    expect(platform.awake).toBe(0)
    turn(withDelta(0.3))
    await settle()
    expect(client.of('prepare')).toHaveLength(2)
    expect(stage()).toEqual({ status: 'paused', step })
  })
})
