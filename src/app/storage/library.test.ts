import 'fake-indexeddb/auto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openLibrary, type DataSet, type ShelfItem } from './library.ts'

const moons: ShelfItem = {
  id: 'a',
  label: 'Two moons',
  createdAt: 2,
  target: { kind: 'two-moons', sharpness: 0.6 },
  content: {
    kind: 'weights',
    bytes: Uint8Array.from([0, 255, 7]),
    hash: 'ab',
    recipe: {
      seed: 7,
      target: { kind: 'two-moons', sharpness: 0.6 },
      training: { objective: 'persistent', steps: 10, seconds: null, backend: 'cpu' },
    },
  },
  summary: null,
  thumbnail: { halfWidth: 4, cells: 2, values: Float32Array.from([1, 2, 3, 4.5]) },
}
const drawn: DataSet = {
  id: 'd',
  label: 'Drawn',
  createdAt: 1,
  content: { kind: 'points', points: [[0.25, -1]] },
}

let names = 0
const fresh = () => `test-${String(names++)}`

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('the library on disk', () => {
  it('gives back bit for bit what was put, after closing and opening again', async () => {
    const name = fresh()
    const first = await openLibrary(name)
    expect(first.persistent).toBe(true)
    await first.putShelfItem(moons)
    await first.putDataSet(drawn)
    const checkpoint = {
      trainer: { step: 3, arrays: { theta: Float32Array.from([0.1, NaN, -0]) }, scalars: {} },
    }
    await first.putCheckpoint(checkpoint)
    await first.putSetting('theme', 'dark')
    first.close()

    const again = await openLibrary(name)
    expect(await again.shelf()).toEqual([moons])
    expect(await again.dataSets()).toEqual([drawn])
    expect(await again.checkpoint()).toEqual(checkpoint)
    expect(await again.setting('theme')).toBe('dark')
    again.close()
  })

  it('lists oldest first, replaces by id, and removes only what is named', async () => {
    const store = await openLibrary(fresh())
    await store.putShelfItem(moons)
    await store.putShelfItem({ ...moons, id: 'z', createdAt: 1 })
    await store.putShelfItem({ ...moons, label: 'Renamed' })
    expect((await store.shelf()).map((item) => [item.id, item.label])).toEqual([
      ['z', 'Two moons'],
      ['a', 'Renamed'],
    ])
    await store.removeShelfItem('z')
    expect((await store.shelf()).map((item) => item.id)).toEqual(['a'])
    store.close()
  })

  it('keeps one checkpoint: the last, until it is cleared', async () => {
    const store = await openLibrary(fresh())
    expect(await store.checkpoint()).toBeUndefined()
    await store.putCheckpoint({ step: 1 })
    await store.putCheckpoint({ step: 2 })
    expect(await store.checkpoint()).toEqual({ step: 2 })
    await store.clearCheckpoint()
    expect(await store.checkpoint()).toBeUndefined()
    store.close()
  })
})

describe('where the browser refuses storage', () => {
  it('serves the same interface from memory and says why', async () => {
    vi.stubGlobal('indexedDB', {
      open: () => {
        throw new Error('The operation is insecure.')
      },
    })
    const store = await openLibrary(fresh())
    expect(store.persistent).toBe(false)
    expect(store.problem).toContain('insecure')
    await store.putShelfItem(moons)
    await store.putDataSet(drawn)
    await store.putSetting('theme', 'dark')
    expect(await store.shelf()).toEqual([moons])
    expect(await store.dataSets()).toEqual([drawn])
    expect(await store.setting('theme')).toBe('dark')
    await store.removeShelfItem('a')
    expect(await store.shelf()).toEqual([])
  })
})
