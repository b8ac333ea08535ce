import type { Page } from '@playwright/test'

/** The part of a heap snapshot that is read here: numbers of every node in a row, as `meta` names them. */
interface Snapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[]
      readonly node_types: readonly [readonly string[], ...unknown[]]
    }
  }
  readonly nodes: readonly number[]
}

/** What V8 keeps beside the objects of the page: compiled code, which grows with use for hours, and what lies outside its heap. */
const OTHERS = new Set(['code', 'native', 'synthetic'])

/** Bytes of the objects, strings, closures and arrays that the page's heap holds once its garbage is gone, without compiled code. */
export async function heapObjects(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  const chunks: string[] = []
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => chunks.push(chunk))
  await session.send('HeapProfiler.collectGarbage')
  await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
  await session.detach()
  const { snapshot, nodes } = JSON.parse(chunks.join('')) as Snapshot
  const { node_fields: fields, node_types: types } = snapshot.meta
  const [type, size] = [fields.indexOf('type'), fields.indexOf('self_size')]
  if (type < 0 || size < 0) throw new Error('this Chromium writes heap snapshots of another form')
  let bytes = 0
  for (let at = 0; at < nodes.length; at += fields.length)
    if (!OTHERS.has(types[0][nodes[at + type]!]!)) bytes += nodes[at + size]!
  return bytes
}
