import { describe, expect, it, vi } from 'vitest'
import { CallError } from '../../lab/client/callError.ts'
import { defaultTarget } from '../../lab/scene/defaults.ts'
import type { Library } from '../storage/library.ts'
import {
  act,
  checkpointOf,
  newLibrary,
  open,
  settle,
  texts,
  trained,
  UNTRAINED,
} from './lab.testing.ts'

describe('nothing is lost', () => {
  it('of several interrupted trainings, whatever took the stage from them', async () => {
    const page = await open({ scene: UNTRAINED })
    const { client, lab, kept } = page
    const interrupted = () => lab.run.getState().interrupted.map(({ step }) => step)
    lab.training.train()
    await settle()
    client.emit('checkpoint', checkpointOf(UNTRAINED, 11))
    // Data of one's own are another target like any other, and both say what they end.
    const points = Array.from({ length: 12 }, (_, i): [number, number] => [i / 4, (i * i) % 5])
    lab.addDataSet('Mine', { kind: 'points', points })
    await settle()
    expect(texts(page.lab).join()).toContain('Two moons was left at step 11 of 1720')
    lab.training.learn()
    await settle()
    const mine = { ...UNTRAINED, target: { kind: 'points' as const, points } }
    client.emit('checkpoint', checkpointOf(mine, 22))
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    expect(texts(page.lab).join()).toContain('Mine was left at step 22')
    expect(interrupted()).toEqual([11, 22])
    expect((await kept.contents()).trainings).toHaveLength(2)

    // The first of them goes on, and the other waits.
    const [first] = lab.run.getState().interrupted
    lab.training.resume(first?.id)
    await settle()
    expect(client.of('train').at(-1)?.checkpoint?.trainer.step).toBe(11)
    expect(lab.scene.getState().scene.target.kind).toBe('two-moons')
    expect(interrupted()).toEqual([22])
    client.training?.(trained(UNTRAINED, 'finished'))
    await settle()
    await settle()
    const left = (await kept.contents()).trainings
    expect(left.map(({ checkpoint }) => checkpoint)).toMatchObject([{ trainer: { step: 22 } }])

    lab.training.discard()
    await settle()
    expect((await kept.contents()).trainings).toEqual([])
    await act(page.lab, 'Undo')
    expect(interrupted()).toEqual([22])
    expect((await kept.contents()).trainings).toEqual(left)
  })

  it('of a training that is finished when the worker stops, or when storage is full', async () => {
    const library = newLibrary()
    let full = true
    const refusing: Library = {
      ...library,
      putShelfItem: (item) =>
        full ? Promise.reject(new Error('full')) : library.putShelfItem(item),
    }
    const page = await open({ scene: UNTRAINED, library: refusing })
    const { client, lab } = page
    const finish = async () => {
      lab.training.train()
      await settle()
      client.emit('checkpoint', checkpointOf(UNTRAINED, 99))
      const answer = client.call.bind(client)
      const spy = vi
        .spyOn(client, 'call')
        .mockImplementation((name, request) =>
          name === 'provide'
            ? Promise.reject(new CallError('crashed', 'The worker stopped', null))
            : answer(name, request as never),
        )
      client.training?.(trained(UNTRAINED, 'finished'))
      await settle()
      await settle()
      spy.mockRestore()
    }
    await finish()
    // Not kept: then the checkpoint is.
    expect(lab.shelf.getState().items).toHaveLength(1)
    expect((await library.contents()).trainings).toHaveLength(1)
    full = false
    await finish()
    const { items, trainings } = await library.contents()
    expect(items).toHaveLength(1)
    expect(trainings).toHaveLength(1)
    expect(lab.run.getState().status).not.toBe('error')
  })
})

describe('nothing is lost on the shelf', () => {
  it('that was removed: undo brings it back, also after a reload', async () => {
    const page = await open()
    const { lab, kept } = page
    const points = Array.from({ length: 12 }, (_, i): [number, number] => [i / 4, (i * i) % 5])
    lab.addDataSet('Mine', { kind: 'points', points })
    await settle()
    const { id } = lab.shelf.getState().dataSets[0]!
    lab.remove(id)
    await settle()
    expect(lab.shelf.getState().dataSets).toEqual([])
    expect((await kept.contents()).dataSets[0]?.removedAt).toBeDefined()
    const again = await open({ library: kept })
    expect(again.lab.shelf.getState().dataSets).toEqual([])
    expect(texts(again.lab)).toContain('“Mine” was removed.')
    await act(again.lab, 'Undo')
    expect(again.lab.shelf.getState().dataSets).toMatchObject([{ id, label: 'Mine' }])
    expect((await kept.contents()).dataSets[0]).not.toHaveProperty('removedAt')
    again.lab.remove(id)
    await settle()
    again.lab.destroy(again.lab.shelf.getState().removed[0]!)
    await settle()
    expect((await kept.contents()).dataSets).toEqual([])
  })

  it('of two files of one name, nor of the data behind an energy', async () => {
    const page = await open()
    const { client, lab, kept } = page
    const file = (digit: string) =>
      ({
        kind: 'file',
        file: 'same.csv',
        bytes: new TextEncoder().encode(digit),
        hash: digit.repeat(64),
        columns: [0, 1],
        columnNames: ['x', 'y'],
      }) as const
    lab.addDataSet('same', file('a'))
    await settle()
    lab.addDataSet('same', file('b'))
    await settle()
    lab.addDataSet('same', file('a'))
    await settle()
    expect(lab.shelf.getState().dataSets.map(({ label }) => label)).toEqual(['same', 'same (2)'])
    expect(lab.scene.getState().scene.target).toMatchObject({ hash: 'a'.repeat(64) })
    const given = new Map(client.of('provide').map(({ ref, bytes }) => [ref, String(bytes)]))
    expect(given.get(`points:same.csv#${'a'.repeat(64)}`)).toBe(String(file('a').bytes))
    expect(given.get(`points:same.csv#${'b'.repeat(64)}`)).toBe(String(file('b').bytes))

    // An old scene goes by the name, and says that this is not enough here.
    const target = { kind: 'points', file: 'same.csv', columns: [0, 1] } as const
    const old = await open({ library: kept, scene: { ...UNTRAINED, target } })
    expect(texts(old.lab).join()).toContain('different data under the name same.csv')
    expect(old.client.shelf.has('points:same.csv')).toBe(true)

    for (const { id } of old.lab.shelf.getState().dataSets) old.lab.remove(id)
    await settle()
    const hash = 'b'.repeat(64)
    const later = await open({
      library: kept,
      scene: { ...UNTRAINED, target: { ...target, hash } },
    })
    expect(later.client.shelf.has(`points:same.csv#${hash}`)).toBe(true)
  })

  it('where shipped energies cannot be fetched: the page goes on with its own, or offers to train', async () => {
    const page = await open({ scene: UNTRAINED })
    const { client, lab, status } = page
    client.offline = true
    lab.selectTarget(defaultTarget('rings'))
    await settle()
    await settle()
    expect(lab.scene.getState().scene).toMatchObject({
      target: { kind: 'rings' },
      energy: { kind: 'trained' },
    })
    expect(status()).not.toBe('error')
    expect(texts(page.lab).join()).toContain(
      'energy of Rings cannot be fetched now: Train learns it',
    )
    lab.training.train()
    await settle()
    const { scene } = lab.scene.getState()
    client.training?.(trained(scene, 'finished'))
    await settle()
    await settle()
    const own = lab.scene.getState().scene.energy
    expect(own.kind).toBe('shelf')
    lab.selectEnergy({
      energy: {
        kind: 'sum',
        terms: [{ weight: 2, energy: { kind: 'pretrained', name: 'rings' }, target: null }],
        barriers: [],
      },
      target: scene.target,
    })
    await settle()
    await settle()
    expect(lab.scene.getState().scene.energy).toMatchObject({ terms: [{ weight: 2, energy: own }] })
    expect(status()).not.toBe('error')
  })

  it('of records that cannot be read: one sentence tells of all', async () => {
    const library = newLibrary()
    const contents = await library.contents()
    const aside = [3, 4].map((key) => ({
      table: 'shelf' as const,
      key,
      value: 5,
      why: 'it is missing',
    }))
    const bad: Library = {
      ...library,
      contents: () =>
        Promise.resolve({ ...contents, aside, trainings: [{ id: 't', checkpoint: { step: 1 } }] }),
    }
    const page = await open({ library: bad })
    expect(texts(page.lab).filter((text) => text.includes('cannot be read'))).toEqual([
      '3 records that this browser keeps cannot be read; they were set aside and can be saved as files.',
    ])
    expect(page.lab.shelf.getState().aside).toHaveLength(3)
    expect(page.lab.run.getState().training.phase).toBe('none')
    await act(page.lab, 'Show')
    expect(page.lab.tool.getState().showsRemoved).toBe(true)
  })
})
