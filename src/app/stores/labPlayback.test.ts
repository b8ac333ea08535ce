import { describe, expect, it, vi } from 'vitest'
import { checkpointOf, open, SCENE, settle, STEPS, STOP, texts, UNTRAINED } from './lab.testing.ts'

describe('playback', () => {
  it('plays by itself to the last step, and the curve is dense', async () => {
    const { platform, lab, status, step } = await open()
    expect(status()).toBe('running')
    await platform.frames(30)
    expect([status(), step()]).toEqual(['stopped', STEPS])
    expect(lab.run.getState().points.map((point) => point.step)).toEqual(
      Array.from({ length: STEPS + 1 }, (_, k) => k),
    )
  })

  it('halts exactly at haltAt, whatever the speed, and goes on from there', async () => {
    for (const haltAt of [1, 7, 39, 40]) {
      const { platform, lab, status, step } = await open({ search: `?haltAt=${String(haltAt)}` })
      await platform.frames(30, 100)
      expect([status(), step()]).toEqual(['paused', haltAt])
      expect(lab.run.getState().step).toBe(haltAt)
      if (haltAt === 40) continue
      lab.playback.play()
      await platform.frames(30)
      expect([status(), step()]).toEqual(['stopped', STEPS])
    }
  })

  it('halts at the stopping step where it is asked to, and plays past it when pressed again', async () => {
    const { platform, lab, status, step } = await open({
      scene: {
        ...SCENE,
        stopping: { ...SCENE.stopping, criterion: 'tolerance' },
        view: { ...SCENE.view, pauseAtStop: true },
      },
    })
    await platform.frames(20, 100)
    expect([status(), step()]).toEqual(['stopped', STOP])
    lab.playback.play()
    await platform.frames(20, 100)
    expect([status(), step()]).toEqual(['stopped', STEPS])
  })

  it('does not move by itself where less motion is asked for, but goes to haltAt', async () => {
    const still = await open({ motion: false })
    await still.platform.frames(10)
    expect([still.status(), still.step()]).toEqual(['idle', 0])
    const halting = await open({ motion: false, search: '?haltAt=12' })
    expect([halting.status(), halting.step()]).toEqual(['paused', 12])
  })

  it('lets the first particles come before their curve, which follows also where one pauses there', async () => {
    const { client, platform, lab, step } = await open()
    expect(client.of('frame')[0]).toMatchObject({ step: 1, early: true })
    await platform.frames(30)
    expect(client.of('frame').filter(({ early }) => early)).toHaveLength(1)

    const other = await open({ earlyReply: true })
    expect([other.step(), other.lab.run.getState().points.length]).toEqual([1, 1])
    other.lab.playback.pause()
    await settle()
    expect(other.step()).toBe(1)
    expect(other.lab.run.getState().points.map((point) => point.step)).toEqual([0, 1])
    expect([step(), lab.run.getState().points.length]).toEqual([STEPS, STEPS + 1])
  })

  it('scrubs back to recorded steps and steps on from there', async () => {
    const { platform, lab, status, step } = await open()
    await platform.frames(30)
    lab.playback.scrub(5)
    await settle()
    expect([status(), step()]).toEqual(['paused', 5])
    expect(lab.live.getState().langevin[0]).toBe(5)
    lab.playback.step()
    await settle()
    expect(step()).toBe(6)
    lab.playback.restart()
    await settle()
    expect([status(), step()]).toEqual(['running', 0])
  })

  it('keeps one frame request in flight, however fast the frames come', async () => {
    const { client, platform } = await open()
    let release: (() => void) | null = null
    const answer = client.call.bind(client)
    const held = vi.spyOn(client, 'call').mockImplementation(async (name, request) => {
      if (name === 'frame') await new Promise<void>((resolve) => (release = resolve))
      return answer(name, request)
    })
    await platform.frames(10)
    expect(held.mock.calls.filter(([name]) => name === 'frame')).toHaveLength(1)
    const go = release as (() => void) | null
    go?.()
    await settle()
    await platform.frames(1)
    expect(held.mock.calls.filter(([name]) => name === 'frame')).toHaveLength(2)
  })

  it('asks for animation frames while it plays, and for none while it stands', async () => {
    const { platform, lab, status } = await open()
    expect(platform.awake).toBe(1)
    lab.playback.pause()
    await platform.frames(2)
    expect(platform.awake).toBe(0)
    lab.playback.play()
    expect(platform.awake).toBe(1)
    await platform.frames(60)
    expect(status()).toBe('stopped')
    expect(platform.awake).toBe(0)
  })

  it('stands while nothing of it is seen, and goes on from there without a leap', async () => {
    const { client, platform, lab, status, step } = await open()
    await platform.frames(3)
    lab.watch(false)
    await settle()
    const stood = step()
    const asked = client.of('frame').length
    expect(stood).toBeGreaterThan(0)
    expect(platform.awake).toBe(0)
    await platform.frames(200)
    expect(client.of('frame')).toHaveLength(asked)
    expect(step()).toBe(stood)
    expect(status()).toBe('running')
    lab.watch(true)
    await platform.frames(1)
    expect(step()).toBeLessThanOrEqual(stood + 8)
    await platform.frames(60)
    expect(step()).toBe(STEPS)
    expect(status()).toBe('stopped')
  })

  it('asks a slow worker for few steps at a time, so that it still shows many positions', async () => {
    const { client, platform, lab, step } = await open({
      scene: { ...SCENE, dynamics: { ...SCENE.dynamics, steps: 400 } },
    })
    // 15 ms a step.
    client.takeTime = (more) => void (platform.time += 15 * Math.max(0, more))
    lab.playback.pause()
    lab.playback.play()
    await platform.frames(40)
    const wanted = client.of('frame').map((request) => request.step)
    const strides = wanted.slice(5).map((to, i) => to - wanted[4 + i]!)
    expect(step()).toBeGreaterThan(20)
    expect(Math.max(...strides)).toBeLessThanOrEqual(3)
  })

  it('gives back the clouds that are shown no longer, never those of the stage or of the start', async () => {
    const { client, platform, lab } = await open()
    await platform.frames(30)
    const given = client.of('frame').flatMap(({ spare = [] }) => spare)
    expect(given.length).toBeGreaterThan(4)
    expect(new Set(given).size).toBe(given.length)
    expect(given).not.toContain(lab.live.getState().langevin)
    expect(given).not.toContain(lab.run.getState().run!.frame.langevin)
  })

  it('asks for clouds that are drawn in turns on every second animation frame, and lags behind nothing', async () => {
    const asked = async (particles: number) => {
      const { client, platform, lab, step } = await open({
        scene: { ...SCENE, dynamics: { ...SCENE.dynamics, steps: 4000 } },
      })
      client.particles = particles
      lab.playback.pause()
      lab.playback.play()
      await platform.frames(20)
      const before = client.of('frame').length
      const from = step()
      await platform.frames(40)
      return { requests: client.of('frame').length - before, steps: step() - from }
    }
    const light = await asked(25_000)
    const heavy = await asked(25_001)
    expect(light.requests).toBe(40)
    expect(heavy.requests).toBe(20)
    expect(Math.abs(heavy.steps - light.steps)).toBeLessThanOrEqual(8)
  })
})

describe('a worker that stops', () => {
  const crash = { message: 'it no longer answered', restarted: true }

  it('is played on from the step on the stage, running or standing', async () => {
    const { client, platform, lab, status, step } = await open()
    await platform.frames(3)
    const reached = step()
    expect(reached).toBeGreaterThan(0)
    client.emit('crashed', crash)
    await settle()
    expect(step()).toBe(reached)
    expect(status()).toBe('running')
    lab.playback.pause()
    client.emit('crashed', crash)
    await settle()
    expect([status(), step()]).toEqual(['paused', reached])
    expect(texts(lab).filter((text) => text.includes('started again'))).toHaveLength(1)
  })

  it('before the first run is there does not keep it from playing', async () => {
    let ready = () => {}
    const prepared = new Promise<void>((resolve) => (ready = resolve))
    const { client, lab, status } = await open({ prepared })
    client.emit('crashed', crash)
    ready()
    await settle()
    expect([status(), lab.run.getState().run === null]).toEqual(['running', false])
  })

  it('again and again is said once; Play, Step, Restart or another scene tries once more', async () => {
    const { client, platform, lab, status, step } = await open()
    await platform.frames(3)
    const reached = step()
    const acts: readonly (readonly [() => void, string, number])[] = [
      [() => lab.playback.play(), 'running', reached],
      [() => lab.playback.step(), 'paused', reached],
      [() => lab.playback.restart(), 'running', 1],
      [() => lab.playback.scrub(1), 'paused', 1],
      [() => lab.edit((s) => ({ ...s, view: { ...s.view, speed: 12 } })), 'paused', 1],
      [() => lab.edit((s) => ({ ...s, seed: s.seed + 1 })), 'paused', 0],
    ]
    for (const [act, then, at] of acts) {
      client.emit('crashed', { ...crash, restarted: false })
      await settle()
      expect(status()).toBe('error')
      const [revived, prepared] = [client.revived, client.of('prepare').length]
      act()
      await settle()
      expect(client.revived).toBeGreaterThan(revived)
      expect(client.of('prepare')).toHaveLength(prepared + 1)
      expect(status()).not.toBe('error')
      if (at > 0) expect([then, step()]).toEqual([then, at])
    }
    expect(texts(lab).filter((text) => text.includes('again and again'))).toHaveLength(1)
  })

  it('again and again with a training leaves it at its last checkpoint, and tries the stage once', async () => {
    const { client, lab, status } = await open({ scene: UNTRAINED })
    lab.training.train()
    await settle()
    client.emit('checkpoint', checkpointOf(UNTRAINED, 77))
    client.emit('crashed', { ...crash, restarted: false })
    await settle()
    expect(lab.run.getState().training).toMatchObject({ phase: 'interrupted', step: 77 })
    expect(status()).toBe('idle')
    client.emit('crashed', { ...crash, restarted: false })
    await settle()
    expect(status()).toBe('error')
    lab.training.resume()
    await settle()
    expect(client.of('train').at(-1)?.checkpoint).toMatchObject({ trainer: { step: 77 } })
  })

  it('while a training is paused finds it paused again', async () => {
    const { client, lab } = await open({ scene: UNTRAINED })
    lab.training.train()
    await settle()
    client.emit('checkpoint', checkpointOf(UNTRAINED, 77))
    lab.training.pause()
    client.emit('crashed', crash)
    await settle()
    expect(client.of('train').at(-1)).toMatchObject({ paused: true })
  })

  it('instead of ending a training does not begin it again', async () => {
    const { client, lab, status } = await open({ scene: UNTRAINED })
    lab.training.train()
    await settle()
    client.emit('checkpoint', checkpointOf(UNTRAINED, 77))
    client.training = null
    lab.training.interrupt()
    await settle()
    client.emit('crashed', crash)
    await settle()
    expect(client.of('train')).toHaveLength(1)
    expect(lab.run.getState().training.phase).toBe('interrupted')
    expect(status()).toBe('idle')
    // A worker that answers and does not end it is ended itself.
    expect(client.restarts).toHaveLength(1)
  })
})

describe('runs that have given way', () => {
  it('are prepared anew where the worker no longer has them, and nothing is said', async () => {
    const { client, platform, lab, status, step } = await open()
    await platform.frames(3)
    const reached = step()
    client.superseded = 'until prepared'
    await platform.frames(2)
    expect(lab.run.getState().notices).toEqual([])
    expect(status()).toBe('running')
    expect(step()).toBeGreaterThanOrEqual(reached)
    expect(client.of('prepare')).toHaveLength(2)
  })

  it('take what was said of them along: a drag leaves one notice about the walls, or none', async () => {
    const { client, lab } = await open()
    for (let i = 1; i <= 35; i++) {
      client.notices = [{ level: 'info', about: 'walls', text: `${String(i)} % at the walls` }]
      lab.edit((s) => ({ ...s, dynamics: { ...s.dynamics, epsilon: 1 + i / 100 } }))
      await settle()
    }
    expect(lab.run.getState().notices.map(({ text }) => text)).toEqual(['35 % at the walls'])
    client.notices = []
    lab.edit((s) => ({ ...s, dynamics: { ...s.dynamics, epsilon: 1 } }))
    await settle()
    expect(lab.run.getState().notices).toEqual([])
  })

  it('as does a scene that was refused, once another is there', async () => {
    const { client, lab, status } = await open({ refused: true })
    const errors = () => lab.run.getState().notices.filter(({ level }) => level === 'error').length
    for (let i = 0; i < 3; i++) {
      lab.playback.play()
      await settle()
      expect([status(), errors()]).toEqual(['error', 1])
    }
    client.refused = false
    lab.playback.play()
    await settle()
    expect([status(), errors()]).toEqual(['running', 0])
  })
})
