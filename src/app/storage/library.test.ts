import 'fake-indexeddb/auto'
import { openDB } from 'idb'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { writeEnergyFile } from '../../lab/io/energyFile.ts'
import { sha256HexSync } from '../../lab/io/sha256.ts'
import { FakeBrowser } from './browser.testing.ts'
import { openLibrary, type DataSet, type Library, type News, type ShelfItem } from './library.ts'

const bytes = writeEnergyFile(
  {
    shape: { widths: [2], activations: ['silu'] },
    theta: Float32Array.from({ length: 9 }, (_, i) => i / 10),
    halfWidth: 4,
    penaltyStart: 3.2,
    transform: null,
  },
  null,
)
const moons: ShelfItem = {
  id: 'a',
  label: 'Two moons',
  createdAt: 2,
  target: { kind: 'two-moons', sharpness: 0.6 },
  content: {
    kind: 'weights',
    bytes,
    hash: sha256HexSync(bytes),
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
  content: {
    kind: 'points',
    points: Array.from({ length: 12 }, (_, i): [number, number] => [i / 4, (i * i) % 5]),
  },
}

let names = 0
const fresh = () => `test-${String(names++)}`
const opened: Library[] = []
afterEach(() => {
  for (const library of opened.splice(0)) library.close()
  vi.restoreAllMocks()
})

interface Visit {
  readonly name: string
  readonly browser?: FakeBrowser
  readonly session?: Map<string, string> | null
  readonly locks?: boolean
  readonly persist?: () => unknown
}

function visit({ name, browser = new FakeBrowser(), session, locks, persist }: Visit): Library {
  const library = openLibrary({
    name,
    browser: browser.tab(session, { locks: locks ?? true }),
    persist: persist ?? (() => undefined),
  })
  opened.push(library)
  return library
}

/** Resolves with the next news that there is something to say about. */
function nextNews(library: Library, fits: (news: News) => boolean = () => true): Promise<News> {
  return new Promise((resolve) => {
    library.listen((news) => {
      if (fits(news)) resolve(news)
    })
  })
}

/** The records of a table as they lie on disk. */
async function onDisk(name: string, table: string): Promise<[IDBValidKey, unknown][]> {
  const db = await openDB(name)
  const keys = await db.getAllKeys(table)
  const values: unknown[] = await db.getAll(table)
  db.close()
  return keys.map((key, i) => [key, values[i]])
}

describe('the library on disk', () => {
  it('gives back bit for bit what was put, after closing and opening again', async () => {
    const name = fresh()
    const session = new Map<string, string>()
    const first = visit({ name, session })
    expect((await first.contents()).problem).toBeNull()
    const checkpoint = {
      trainer: { step: 3, arrays: { theta: Float32Array.from([0.1, NaN, -0]) }, scalars: {} },
    }
    await Promise.all([
      first.putShelfItem(moons),
      first.putDataSet(drawn),
      first.putTraining('t', checkpoint),
      first.putSetting('theme', 'dark'),
      first.putUnfinished('draft', '[[1,2]]'),
    ])
    first.close()

    expect(await visit({ name, session }).contents()).toMatchObject({
      items: [moons],
      dataSets: [drawn],
      trainings: [{ id: 't', checkpoint }],
      theme: 'dark',
      draft: '[[1,2]]',
      aside: [],
      shared: false,
      problem: null,
    })
  })

  it('knows whether an energy or data are still to be written', async () => {
    const store = visit({ name: fresh() })
    await store.contents()
    expect(store.unsaved).toBe(false)
    const writing = store.putDataSet(drawn)
    expect(store.unsaved).toBe(true)
    await writing
    expect(store.unsaved).toBe(false)
    const setting = store.putUnfinished('draft', '[]')
    expect(store.unsaved).toBe(false)
    await setting
  })

  it('lists oldest first, replaces by id, and removes only what is named', async () => {
    const name = fresh()
    const store = visit({ name })
    await store.putShelfItem(moons)
    await store.putShelfItem({ ...moons, id: 'z', createdAt: 1 })
    await store.putShelfItem({ ...moons, label: 'Renamed' })
    expect((await store.contents()).items.map((item) => [item.id, item.label])).toEqual([
      ['z', 'Two moons'],
      ['a', 'Renamed'],
    ])
    await store.removeShelfItem('z')
    expect((await visit({ name }).contents()).items.map((item) => item.id)).toEqual(['a'])
  })

  it('asks the browser once to keep what is there, and not before something is', async () => {
    const persist = vi.fn(() => Promise.reject(new Error('not asked')))
    const store = visit({ name: fresh(), persist })
    await store.contents()
    await store.putSetting('theme', 'dark')
    expect(persist).not.toHaveBeenCalled()
    await store.putShelfItem(moons)
    await store.putDataSet(drawn)
    expect(persist).toHaveBeenCalledTimes(1)
  })
})

describe('storage that does not do its part', () => {
  it('refuses: the same interface is served from memory and says why, in our words', async () => {
    vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('The operation is insecure.', 'SecurityError')
    })
    const store = visit({ name: fresh() })
    expect((await store.contents()).problem).toBe('it refuses storage')
    await store.putShelfItem(moons)
    await store.putDataSet(drawn)
    await store.putSetting('theme', 'dark')
    expect(await store.contents()).toMatchObject({
      items: [moons],
      dataSets: [drawn],
      theme: 'dark',
    })
    await store.removeShelfItem('a')
    expect((await store.contents()).items).toEqual([])
  })

  it('never opens: the page goes on in memory, and what was made is written when it does', async () => {
    const name = fresh()
    await visit({ name }).putDataSet(drawn)
    let answer = (): void => undefined
    const gate = new Promise<void>((resolve) => (answer = resolve))
    const keeper = await import('./keeper.ts')
    const browser = new FakeBrowser()
    const store = openLibrary({
      name,
      browser: browser.tab(),
      persist: () => undefined,
      load: async () => ({
        ...keeper,
        openDisk: async (...asked: Parameters<typeof keeper.openDisk>) => {
          await gate
          return keeper.openDisk(...asked)
        },
      }),
    })
    opened.push(store)
    const contents = store.contents()
    await Promise.resolve()
    browser.runOut()
    expect(await contents).toMatchObject({ items: [], problem: 'its storage does not answer' })
    await store.putShelfItem(moons)
    const news = nextNews(store)
    answer()
    expect(await news).toMatchObject({
      problem: null,
      contents: { items: [moons], dataSets: [drawn] },
    })
    expect(await onDisk(name, 'shelf')).toEqual([['a', moons]])
  })

  it('never writes: the page does not wait for ever, and says so once', async () => {
    const name = fresh()
    const keeper = await import('./keeper.ts')
    const browser = new FakeBrowser()
    let write = (): void => undefined
    const gate = new Promise<void>((resolve) => (write = resolve))
    const store = openLibrary({
      name,
      browser: browser.tab(),
      persist: () => undefined,
      load: async () => ({
        ...keeper,
        openDisk: async (...asked: Parameters<typeof keeper.openDisk>) => {
          const disk = await keeper.openDisk(...asked)
          return {
            ...disk,
            write: async (entry: Parameters<typeof disk.write>[0]) => {
              await gate
              await disk.write(entry)
            },
          }
        },
      }),
    })
    opened.push(store)
    await store.contents()
    const said = nextNews(store)
    const put = store.putShelfItem(moons)
    await new Promise((resolve) => setTimeout(resolve, 0))
    browser.runOut()
    await put
    expect(await said).toMatchObject({ problem: 'its storage does not answer' })
    // Nobody waits any more.
    await store.putDataSet(drawn)
    const better = nextNews(store)
    write()
    expect((await better).problem).toBeNull()
    expect(await onDisk(name, 'shelf')).toHaveLength(1)
  })

  it('is full: said of what was not kept, which is kept when there is room again', async () => {
    const name = fresh()
    const store = visit({ name })
    await store.contents()
    const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError')
    })
    await expect(store.putShelfItem(moons)).rejects.toThrow('its storage is full')
    expect((await store.contents()).items).toEqual([moons])
    put.mockRestore()
    await store.putDataSet(drawn)
    expect(await onDisk(name, 'shelf')).toEqual([['a', moons]])
  })

  it('is cleared while it is open: what the page holds is written again', async () => {
    const name = fresh()
    const store = visit({ name })
    await store.contents()
    await store.putShelfItem(moons)
    await store.putTraining('t', { step: 1 })
    const deleted = indexedDB.deleteDatabase(name)
    await new Promise((resolve) => {
      deleted.onsuccess = resolve
    })
    await store.putDataSet(drawn)
    expect(await onDisk(name, 'shelf')).toEqual([['a', moons]])
    expect(await onDisk(name, 'dataSets')).toEqual([['d', drawn]])
    expect((await onDisk(name, 'checkpoints')).map(([, value]) => value)).toEqual([{ step: 1 }])
  })

  it('closes under it without a word: it is opened again', async () => {
    const name = fresh()
    const close = vi.spyOn(IDBDatabase.prototype, 'transaction')
    const store = visit({ name })
    await store.contents()
    close.mockImplementationOnce(() => {
      throw new DOMException('The database connection is closing.', 'InvalidStateError')
    })
    await store.putShelfItem(moons)
    expect(await onDisk(name, 'shelf')).toEqual([['a', moons]])
  })

  it.each([1, 7])(
    'is of version %i and half made: it is given the tables that it lacks',
    async (version) => {
      const name = fresh()
      const half = await openDB(name, version, {
        upgrade(db) {
          db.createObjectStore('shelf')
          db.createObjectStore('later')
        },
      })
      await half.put('shelf', moons, 'a')
      half.close()
      const store = visit({ name })
      expect(await store.contents()).toMatchObject({ items: [moons], problem: null })
      await store.putDataSet(drawn)
      expect(await onDisk(name, 'dataSets')).toEqual([['d', drawn]])
    },
  )

  it('is of a later version that keeps its records otherwise: said, and left alone', async () => {
    const name = fresh()
    const later = await openDB(name, 9, {
      upgrade(db) {
        for (const table of ['shelf', 'dataSets', 'checkpoints', 'settings'])
          db.createObjectStore(table, { keyPath: 'uuid' })
      },
    })
    await later.put('shelf', { uuid: 1 })
    later.close()
    const store = visit({ name })
    expect((await store.contents()).problem).toContain('later version')
    await store.putShelfItem(moons)
    expect(await onDisk(name, 'shelf')).toEqual([[1, { uuid: 1 }]])
  })

  it('is held by another tab: that is what it says', async () => {
    const name = fresh()
    const stubborn = await openDB(name, 1)
    const browser = new FakeBrowser()
    const keeper = await import('./keeper.ts')
    let block = (): void => undefined
    const blocked = new Promise<void>((resolve) => (block = resolve))
    const store = openLibrary({
      name,
      browser: browser.tab(),
      persist: () => undefined,
      load: async () => ({
        ...keeper,
        openDisk: (of, events) =>
          keeper.openDisk(of, {
            ...events,
            onBlocked: () => {
              events.onBlocked()
              block()
            },
          }),
      }),
    })
    opened.push(store)
    const contents = store.contents()
    await blocked
    browser.runOut()
    expect((await contents).problem).toContain('another tab')
    const news = nextNews(store)
    stubborn.close()
    expect((await news).problem).toBeNull()
  })
})

describe('records that are not what they should be', () => {
  const { content } = moons
  const weights = content.kind === 'weights' ? content : null
  const bad: [string, string, unknown][] = [
    ['shelf', 'n', 5],
    ['shelf', 'none', null],
    ['shelf', 'list', [moons]],
    ['shelf', 'empty', { ...moons, id: 'empty', content: undefined }],
    ['shelf', 'later', { ...moons, id: 'later', content: { kind: 'flow', layers: 3 } }],
    [
      'shelf',
      'cut',
      { ...moons, id: 'cut', content: { ...weights, bytes: bytes.slice(0, bytes.length / 2) } },
    ],
    [
      'shelf',
      'rubbish',
      {
        ...moons,
        id: 'rubbish',
        content: { ...weights, bytes: bytes.slice(9), hash: sha256HexSync(bytes.slice(9)) },
      },
    ],
    ['shelf', 'elsewhere', moons],
    ['shelf', 'target', { ...moons, id: 'target', target: { kind: 'two-moons', sharpness: -1 } }],
    [
      'shelf',
      'sum',
      { ...moons, id: 'sum', content: { kind: 'sum', energy: { kind: 'sum', terms: 3 } } },
    ],
    ['dataSets', 'kindless', { ...drawn, id: 'kindless', content: { points: [[1, 2]] } }],
    ['dataSets', 'text', { ...drawn, id: 'text', content: { kind: 'points', points: 'points' } }],
    ['dataSets', 'few', { ...drawn, id: 'few', content: { kind: 'points', points: [[1, 'x']] } }],
    [
      'dataSets',
      'file',
      {
        ...drawn,
        id: 'file',
        content: { kind: 'file', file: 'a.csv', columns: [0, 1], bytes: Uint8Array.of(1, 2) },
      },
    ],
  ]

  it('are set aside with a reason, are kept, and hide nothing that is right', async () => {
    const name = fresh()
    await visit({ name }).putShelfItem(moons)
    const db = await openDB(name)
    for (const [table, key, value] of bad) await db.put(table, value, key)
    await db.put('shelf', moons, 17)
    db.close()
    const store = visit({ name })
    const { items, dataSets, aside } = await store.contents()
    expect(items).toEqual([moons])
    expect(dataSets).toEqual([])
    expect(aside.map(({ key }) => key).sort()).toEqual([...bad.map(([, key]) => key), 17].sort())
    for (const { why } of aside) expect(why).toMatch(/^[^\n]{5,}$/)
    expect(await onDisk(name, 'shelf')).toHaveLength(1 + 11)
    for (const record of aside) await store.removeAside(record)
    expect((await visit({ name }).contents()).aside).toEqual([])
  })

  it('lose their picture or their figures only where these are damaged', async () => {
    const name = fresh()
    const db = visit({ name })
    await db.contents()
    const raw = await openDB(name)
    const damaged = { ...moons, createdAt: 'today', thumbnail: { cells: 2 }, summary: 3 }
    await raw.put('shelf', damaged, 'a')
    raw.close()
    const [item] = (await visit({ name }).contents()).items
    expect(item).toEqual({ ...moons, createdAt: 0, thumbnail: null, summary: null })
  })

  it('of files kept before their contents were known by a hash are given one', async () => {
    const name = fresh()
    await visit({ name }).contents()
    const table = new TextEncoder().encode(
      Array.from({ length: 20 }, (_, i) => `${String(i)},${String((i * 7) % 11)}`).join('\n'),
    )
    const old = {
      ...drawn,
      content: {
        kind: 'file',
        file: 'a.csv',
        bytes: table,
        columns: [0, 1],
        columnNames: ['x', 'y'],
      },
    }
    const raw = await openDB(name)
    await raw.put('dataSets', old, 'd')
    raw.close()
    const { dataSets } = await visit({ name }).contents()
    expect(dataSets[0]?.content).toEqual({ ...old.content, hash: sha256HexSync(table) })
  })
})

describe.each([true, false])('two tabs (with locks: %s)', (locks) => {
  it('share the shelf, and keep a drawing and a training each', async () => {
    const name = fresh()
    const browser = new FakeBrowser()
    /** Where there are no locks, tabs have a moment to answer. */
    const come = async (session: Map<string, string>) => {
      const library = visit({ name, browser, session, locks })
      const contents = library.contents()
      const found = await new Promise<Awaited<typeof contents>>((resolve) => {
        const poll = () => {
          if (!locks) browser.runOut(500)
        }
        const timer = setInterval(poll, 1)
        void contents.then((read) => {
          clearInterval(timer)
          resolve(read)
        })
      })
      return { library, found }
    }
    const [here, there] = [new Map<string, string>(), new Map<string, string>()]
    const one = await come(here)
    await one.library.putUnfinished('draft', '[[1,1]]')
    await one.library.putTraining('t1', { step: 1 })
    const two = await come(there)
    expect([one.found.shared, two.found.shared]).toEqual([false, true])
    expect(two.found).toMatchObject({ draft: undefined, trainings: [] })
    await two.library.putUnfinished('draft', '[[2,2]]')
    await two.library.putTraining('t2', { step: 2 })

    const news = nextNews(one.library, ({ contents }) => contents?.items.length === 1)
    await two.library.putShelfItem(moons)
    expect((await news).contents?.items).toEqual([moons])

    // A reload gives each its own.
    one.library.close()
    const again = await come(here)
    expect(again.found).toMatchObject({
      draft: '[[1,1]]',
      trainings: [{ id: 't1', checkpoint: { step: 1 } }],
    })
    // A duplicate of a tab is a tab of its own.
    const duplicate = new Map(here)
    const third = visit({ name, browser, session: duplicate, locks })
    const poll = setInterval(() => {
      browser.runOut(500)
    }, 5)
    expect(await third.contents()).toMatchObject({ draft: undefined, trainings: [] })
    clearInterval(poll)
    expect(duplicate.get(`${name} tab`)).not.toBe(here.get(`${name} tab`))
    third.close()

    // What a tab that is gone has left is found by the next new one.
    two.library.close()
    again.library.close()
    const last = await come(new Map())
    expect(last.found.trainings.map(({ id }) => id)).toEqual(['t1', 't2'])
    expect(['[[1,1]]', '[[2,2]]']).toContain(last.found.draft)
  })
})

it('takes over what earlier versions kept without naming a tab', async () => {
  const name = fresh()
  await visit({ name }).contents()
  const raw = await openDB(name)
  await raw.put('checkpoints', { step: 5 }, 'current')
  await raw.put('settings', '[[3,4]]', 'draft')
  raw.close()
  expect(await visit({ name }).contents()).toMatchObject({
    trainings: [{ id: 'current', checkpoint: { step: 5 } }],
    draft: '[[3,4]]',
  })
})
