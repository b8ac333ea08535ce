import { describe, expect, it, vi } from 'vitest'
import { CallError } from '../../lab/client/callError.ts'
import { DEFAULT_SCENE, defaultTarget } from '../../lab/scene/defaults.ts'
import type { SceneSpec } from '../../lab/scene/sceneSpec.ts'
import { open, PATIENCE, progress, SCENE, settle, type FakeClient } from './lab.testing.ts'

const POINTS = Array.from({ length: 12 }, (_, i): [number, number] => [i / 8, (i * i) / 64])
const names = (client: FakeClient) => client.calls.map(({ name }) => name)
const followedKinds = (client: FakeClient) => client.followed.map(({ target }) => target.kind)

describe('live training', () => {
  it('takes the stage, and follows every change of the target at once', async () => {
    const { client, lab, platform, status } = await open()
    await platform.frames(10)
    const runs = client.of('prepare').length
    lab.following.begin()
    await settle()
    expect(status()).toBe('training')
    expect(lab.scene.getState().scene.energy).toEqual({ kind: 'trained' })
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    lab.selectTarget({ kind: 'rings', sharpness: 1 })
    await settle()
    expect(followedKinds(client)).toEqual([SCENE.target.kind, 'rings', 'rings'])
    expect(lab.scene.getState().scene.energy).toEqual({ kind: 'trained' })
    // The particles move as soon as there is a landscape, and while they are seen.
    await platform.frames(5)
    expect(client.of('liveFrame')).toEqual([])
    const { landscape } = lab.run.getState()
    client.emit('landscape', {
      step: 1,
      landscape: landscape!,
      tableError: { value: 0, gradient: 0 },
    })
    await platform.frames(5)
    const moved = client.of('liveFrame').length
    expect(moved).toBeGreaterThan(0)
    lab.watch(false)
    await platform.frames(5)
    expect(client.of('liveFrame')).toHaveLength(moved)
    lab.watch(true)
    // What is only looked at, or how one stops, is no other target; nor is a run prepared meanwhile.
    lab.edit((scene) => ({ ...scene, stopping: { ...scene.stopping, delta: 0.2 } }))
    await platform.frames(5)
    expect(client.followed).toHaveLength(3)
    expect(client.of('prepare')).toHaveLength(runs)
    expect(client.of('liveFrame').length).toBeGreaterThan(moved)
  })

  it('sends one target at a time, and of those that wait the latest alone', async () => {
    const { client, lab } = await open()
    let free: () => void = () => undefined
    client.liveMeets = new Promise((resolve) => (free = resolve))
    lab.following.begin()
    await settle()
    for (const sharpness of [0.5, 0.6, 0.7, 0.8]) {
      lab.selectTarget({ kind: 'rings', sharpness })
      await settle()
    }
    expect(client.of('live')).toHaveLength(1)
    free()
    await settle()
    expect(client.followed.map(({ target }) => target)).toEqual([
      SCENE.target,
      { kind: 'rings', sharpness: 0.8 },
    ])
  })

  it('shows what belongs to the target at hand, and drops what came late', async () => {
    const { client, lab } = await open()
    client.emit('live', progress(1))
    expect(lab.run.getState().live).toBeNull()
    lab.following.begin()
    await settle()
    client.emit('live', progress(1))
    expect(lab.run.getState().live).toMatchObject({ phase: 'learning', taken: { target: 1 } })
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    expect(lab.run.getState().live?.progress).toBeNull()
    client.emit('live', progress(1, { klDataModel: 0.01 }))
    expect(lab.run.getState().live?.progress).toBeNull()
    client.emit('live', progress(2, { klDataModel: 3, state: 'settled' }))
    const { live } = lab.run.getState()
    expect(live).toMatchObject({ phase: 'settled', progress: { klDataModel: 3 } })
    expect(live?.history.map(({ target, value }) => [target, value])).toEqual([
      [1, 0.05],
      [2, 3],
    ])
  })
})

describe('live training that is left or kept', () => {
  it('leaving goes back to energy, target and step, and loses nothing', async () => {
    const { client, lab, platform, status, step } = await open()
    await platform.frames(3)
    lab.playback.scrub(12)
    await settle()
    const before = lab.scene.getState().scene
    lab.following.begin()
    await settle()
    lab.selectTarget(defaultTarget('rings'))
    lab.edit((scene) => ({ ...scene, stopping: { ...scene.stopping, delta: 0.3 } }))
    await settle()
    lab.following.leave()
    await platform.frames(3)
    expect(names(client)).toContain('endLive')
    expect(lab.run.getState().live).toBeNull()
    const after = lab.scene.getState().scene
    expect(after).toEqual({ ...before, stopping: { ...before.stopping, delta: 0.3 } })
    expect(step()).toBe(12)
    expect(status()).toBe('paused')
    expect(lab.shelf.getState().items).toEqual([])
    client.emit('live', progress(1))
    expect(lab.run.getState().live).toBeNull()
  })

  it('goes on after a reload, a drawing on the pad as well, and not in another scene', async () => {
    const first = await open()
    first.lab.tool.setState({ draft: [[0, 1, 2, 3]] })
    first.lab.following.begin()
    await settle()
    await settle()
    const { scene } = first.lab.scene.getState()
    const never = new Promise<void>(() => undefined)
    const again = await open({ scene, library: first.kept, prepared: never })
    await settle()
    expect(again.lab.tool.getState().draft).toEqual([[0, 1, 2, 3]])
    expect(again.lab.following.active).toBe(true)
    // The gallery is pictured without a run, and a run that comes later does not do it again.
    await again.platform.frames(4)
    const targets = () =>
      again.client.of('thumbnail').flatMap((one) => (one.kind === 'target' ? one.target.kind : []))
    await vi.waitFor(() => {
      expect(targets()).toContain('old-faithful')
    }, PATIENCE)
    const other = await open({ library: first.kept })
    await settle()
    expect(other.lab.following.active).toBe(false)
    again.client.prepared = Promise.resolve()
    again.lab.following.leave()
    await settle()
    await settle()
    await again.platform.frames(4)
    expect(again.lab.run.getState().run).not.toBeNull()
    expect(targets()).toHaveLength(new Set(targets()).size)
    const after = await open({ scene, library: first.kept })
    await settle()
    expect(after.lab.following.active).toBe(false)
  })

  it('leaving brings a composition back, with the way out of it', async () => {
    const { lab } = await open()
    lab.addToTray({ energy: { kind: 'exact' }, target: defaultTarget('banana'), label: 'Banana' })
    await settle()
    const { energy } = lab.scene.getState().scene
    expect(energy.kind).toBe('sum')
    lab.following.begin()
    await settle()
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    lab.following.leave()
    await settle()
    expect(lab.scene.getState().scene.energy).toEqual(energy)
    lab.clearTray()
    expect(lab.scene.getState().scene.energy).toEqual(SCENE.energy)
  })

  it('keeping puts weights without a recipe onto the shelf and the stage, and runs on them', async () => {
    const { client, lab, platform, status } = await open()
    lab.following.begin()
    await settle()
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    client.emit('live', progress(2))
    await lab.following.keep()
    await platform.frames(4)
    const [item] = lab.shelf.getState().items
    expect(item).toMatchObject({
      label: 'Rings, live',
      target: defaultTarget('rings'),
      content: {
        kind: 'weights',
        hash: 'def',
        recipe: null,
        provenance: 'trained live, 5 steps, objective quadrature',
      },
      summary: { steps: 5, klDataModel: 0.004 },
    })
    expect(lab.scene.getState().scene).toMatchObject({
      target: defaultTarget('rings'),
      energy: { kind: 'shelf', id: item?.id, hash: 'def', recipe: null },
    })
    expect(lab.run.getState().live).toBeNull()
    expect(client.of('prepare').at(-1)?.scene.energy.kind).toBe('shelf')
    expect(status()).toBe('running')
  })
})

describe('live training of a drawing, or of what cannot be taken up', () => {
  it('follows a drawing from its tenth point on, and the target again when it is put away', async () => {
    const { client, lab } = await open()
    lab.following.begin()
    await settle()
    lab.following.sketch(POINTS.slice(0, 9))
    await settle()
    expect(followedKinds(client)).toEqual([SCENE.target.kind])
    lab.following.sketch(POINTS)
    await settle()
    expect(client.followed.at(-1)?.target).toEqual({ kind: 'points', points: POINTS })
    expect(lab.run.getState().live).toMatchObject({ sketching: true, sketched: null })
    // Its energy is shown under the strokes; the stage behind the dialog keeps what it shows.
    const onStage = lab.run.getState().landscape!
    const sketched = { ...onStage, logZ: 7 }
    const show = () => {
      client.emit('landscape', {
        step: 1,
        landscape: sketched,
        tableError: { value: 0, gradient: 0 },
      })
    }
    show()
    expect(lab.run.getState().live?.sketched).toBe(sketched)
    expect(lab.run.getState().landscape).toBe(onStage)
    // Undone below the fewest points: nothing is shown of it any more, and nothing is asked for.
    lab.following.sketch(POINTS.slice(0, 3))
    await settle()
    expect(lab.run.getState().live).toMatchObject({ sketched: null })
    expect(client.followed).toHaveLength(2)
    // Used as a target it is the one that is followed already.
    lab.following.sketch(POINTS)
    await settle()
    lab.addDataSet('Drawing', { kind: 'points', points: POINTS })
    lab.following.sketch(null)
    await settle()
    expect(client.followed).toHaveLength(2)
    expect(lab.run.getState().live?.sketched).toBeNull()
    expect(lab.scene.getState().scene.target).toEqual({ kind: 'points', points: POINTS })
    expect(lab.run.getState().live).toMatchObject({ sketching: false })
    lab.following.leave()
    await settle()
    expect(lab.scene.getState().scene.target).toEqual(SCENE.target)
    expect(lab.shelf.getState().dataSets).toHaveLength(1)
  })

  it('says why a target is refused, by field, and goes on with the one before', async () => {
    const { client, lab } = await open()
    lab.following.begin()
    await settle()
    const refused = () => new CallError('refused', 'target.columns: one line', 'target.columns')
    client.liveMeets = refused()
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    expect(lab.run.getState().notices.at(-1)?.text).toBe('target.columns: one line')
    expect(lab.run.getState().live?.problem).toBe('target.columns: one line')
    // A drawing says so where it is drawn; a few strokes more may mend it.
    const notices = lab.run.getState().notices.length
    client.liveMeets = refused()
    lab.following.sketch(POINTS)
    await settle()
    expect(lab.run.getState().notices).toHaveLength(notices)
    lab.following.sketch([...POINTS, [0, 1]])
    await settle()
    expect(lab.run.getState().live?.problem).toBeNull()
    expect(lab.following.active).toBe(true)
  })

  it('gives way to whatever asks for the stage, and keeps out of a training', async () => {
    const { client, lab, platform } = await open()
    lab.following.begin()
    await settle()
    lab.selectEnergy({ energy: { kind: 'exact' }, target: defaultTarget('banana') })
    await platform.frames(3)
    expect(lab.following.active).toBe(false)
    expect(client.of('prepare').at(-1)?.scene.target).toEqual(defaultTarget('banana'))

    lab.following.begin()
    await settle()
    lab.training.train()
    await settle()
    expect(lab.following.active).toBe(false)
    const order = names(client).filter((name) => name === 'endLive' || name === 'train')
    expect(order.slice(-2)).toEqual(['endLive', 'train'])
    lab.following.begin()
    expect(lab.following.active).toBe(false)
  })

  it('refuses a keep-out region, which would stand beside no energy', async () => {
    const { lab } = await open()
    lab.following.begin()
    await settle()
    lab.addBarrier({ kind: 'disc', center: [0, 0], radius: 0.5, strength: 0.1 })
    expect(lab.following.active).toBe(true)
    expect(lab.run.getState().notices.at(-1)?.text).toMatch(/keep the live one first/)
  })

  it('begins again after a crash, and leaves when no backend trains any more', async () => {
    const { client, lab, status } = await open()
    lab.following.begin()
    await settle()
    client.emit('live', progress(1))
    client.emit('crashed', { message: 'out of memory', restarted: true })
    await settle()
    expect(client.of('live')).toHaveLength(2)
    expect(lab.run.getState().live).toMatchObject({ phase: 'starting', progress: null })
    expect(lab.run.getState().notices.at(-1)?.text).toMatch(/live training begins again/)
    client.emit('liveEnded', { message: 'no device' })
    await settle()
    expect(lab.following.active).toBe(false)
    expect(status()).not.toBe('training')
    expect(lab.scene.getState().scene.energy).toEqual(SCENE.energy)
  })

  it('says what a link names and does not hold: weights without a recipe, a file of points', async () => {
    const recipe = { seed: 4, target: defaultTarget('banana'), training: DEFAULT_SCENE.training }
    const { lab } = await open({ scene: SCENE })
    const shelf = { kind: 'shelf', id: 'own', hash: 'f'.repeat(64) } as const
    const missing = async (change: Partial<SceneSpec>) => {
      lab.scene.setState({ scene: { ...SCENE, ...change } })
      return (await lab.link()).missing
    }
    expect(await missing({})).toBeNull()
    expect(await missing({ energy: { ...shelf, recipe } })).toBeNull()
    expect(await missing({ energy: { ...shelf, recipe: null } })).toContain('only the shelf')
    const term = { weight: 1, energy: { ...shelf, recipe: null }, target: null }
    expect(await missing({ energy: { kind: 'sum', terms: [term], barriers: [] } })).toContain(
      'only the shelf',
    )
    expect(
      await missing({ target: { kind: 'points', file: 'mine.csv', columns: [0, 1] } }),
    ).toContain('mine.csv')
    expect(await missing({ target: { kind: 'points', points: [[0, 0]] } })).toBeNull()
  })
})
