import { decodeText } from '../../lab/io/encodings.ts'
import { readEnergyFile } from '../../lab/io/energyFile.ts'
import { sha256Hex } from '../../lab/io/sha256.ts'
import { atOnce } from '../../lab/io/slices.ts'
import { readTableNow } from '../../lab/io/table.ts'
import { describeTableError } from '../../lab/io/tableWords.ts'
import { recoverScene } from '../../lab/scene/reading/decode.ts'
import { describeProblem } from '../../lab/scene/reading/problem.ts'
import type { TableForm } from '../../lab/scene/fields/tableForm.ts'
import type {
  Composition,
  PointsFile,
  SceneSpec,
  ShelfRecipe,
  TargetSpec,
  Vector2,
} from '../../lab/scene/sceneSpec.ts'

/*
 * The kinds of records that are kept, each with its decoder. Another version, another program or a failing disk may
 * have written what is read: a decoder either gives a record of its type or throws `Unreadable`.
 */

/** An energy on the shelf. Weights are kept as a safetensors file, a composition as its formula. */
export interface ShelfItem {
  readonly id: string
  readonly label: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly target: TargetSpec
  readonly content: ShelfContent
  readonly summary: ShelfSummary | null
  readonly thumbnail: StoredRaster | null
  /** When it was taken off the shelf, ms since 1970; it can be put back for a while. */
  readonly removedAt?: number
}

type ShelfContent =
  | {
      readonly kind: 'weights'
      readonly bytes: Uint8Array
      /** SHA-256 of `bytes`, hex. */
      readonly hash: string
      /** What gives the weights again; null where nothing does. */
      readonly recipe: ShelfRecipe | null
      /** Where weights without a recipe come from. */
      readonly provenance?: string
    }
  | { readonly kind: 'sum'; readonly energy: Composition }

/** What a card says about the training behind it. */
interface ShelfSummary {
  readonly backend: string
  readonly steps: number
  readonly seconds: number
  /** KL(ρ*‖π_θ), nats; null for points. */
  readonly klDataModel: number | null
  /** Held-out cross-entropy, nats in standardised units; null for known densities. */
  readonly crossEntropy: number | null
  readonly crossEntropyStandardError: number | null
}

/** Values over cells × cells cell centres, row-major, x fastest, y upwards. */
interface StoredRaster {
  readonly halfWidth: number
  readonly cells: number
  readonly values: Float32Array
}

/** Data that a person drew, pasted or uploaded. */
export interface DataSet {
  readonly id: string
  readonly label: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly content: DataContent
  /** When it was removed, ms since 1970; it can be brought back for a while. */
  readonly removedAt?: number
}

export type DataContent =
  | { readonly kind: 'points'; readonly points: readonly Vector2[] }
  | {
      readonly kind: 'file'
      /** The name scenes know it by, together with its hash. */
      readonly file: string
      readonly bytes: Uint8Array
      /** SHA-256 of `bytes`, hex. */
      readonly hash: string
      readonly columns: readonly [number, number]
      /** How its owner decided that it is read; left out where nothing was decided. */
      readonly form?: TableForm
      readonly columnNames: readonly [string, string]
    }

/** Why a record cannot be used, in half a sentence. */
export class Unreadable extends Error {}

type Fields = Readonly<Record<string, unknown>>

/** @throws Unreadable */
export async function decodeShelfItem(key: unknown, value: unknown): Promise<ShelfItem> {
  const { target, ...rest } = headOf(key, value)
  const known = sceneOf({ target: fieldsOf(target, 'its target') }).target
  return {
    ...headerOf(rest),
    target: known,
    content: await decodeContent(fieldsOf(rest.content, 'its content'), known),
    summary: decodeSummary(rest.summary),
    thumbnail: decodeRaster(rest.thumbnail),
    ...removalOf(rest),
  }
}

async function decodeContent(content: Fields, target: TargetSpec): Promise<ShelfContent> {
  if (content.kind === 'sum') {
    const { energy } = sceneOf({ target, energy: content.energy })
    if (energy.kind !== 'sum') throw new Unreadable('its energy is no sum')
    return { kind: 'sum', energy }
  }
  if (content.kind !== 'weights') throw new Unreadable('its kind is not known here')
  const { hash, recipe, provenance } = content
  const bytes = await bytesOf(content.bytes, hash, 'weights')
  const file = readEnergyFile(bytes)
  if ('error' in file) throw new Unreadable(file.error)
  // A recipe rides through the reader of scenes, which holds it to the same ranges.
  const { energy } = sceneOf({ energy: { kind: 'shelf', id: 'recipe', hash, recipe } })
  return {
    kind: 'weights',
    bytes,
    hash: String(hash),
    recipe: energy.kind === 'shelf' ? energy.recipe : null,
    ...(typeof provenance === 'string' ? { provenance } : {}),
  }
}

/** @throws Unreadable */
export async function decodeDataSet(key: unknown, value: unknown): Promise<DataSet> {
  const head = headOf(key, value)
  const content = fieldsOf(head.content, 'its content')
  return {
    ...headerOf(head),
    content: await decodeData(content),
    ...removalOf(head),
  }
}

async function decodeData(content: Fields): Promise<DataContent> {
  const { kind, points, file, columns, columnNames, form } = content
  if (kind === 'points') {
    const { target } = sceneOf({ target: { kind, points } })
    if ('points' in target) return { kind, points: target.points }
    throw new Unreadable('it holds no points')
  }
  if (kind !== 'file') throw new Unreadable('its kind is not known here')
  const decided = isFields(form) ? form : {}
  const target = sceneOf({ target: { ...decided, kind: 'points', file, columns } }).target
  const { columns: named, ...rest } = target as PointsFile
  const read = named ?? ([0, 1] as const)
  const known = content.hash
  const bytes = await bytesOf(content.bytes, known, 'bytes')
  if (known === undefined) {
    // Kept before files were known by their contents: that it is a table has to be found out by reading it.
    const text = atOnce(decodeText(bytes))
    if ('error' in text) throw new Unreadable(text.error)
    const table = readTableNow(text.text, { columns: read })
    if ('error' in table) throw new Unreadable(describeTableError(table.error))
  }
  const names: readonly unknown[] = Array.isArray(columnNames) ? columnNames : []
  const [x, y] = names
  return {
    kind,
    file: rest.file,
    bytes,
    hash: typeof known === 'string' ? known : await sha256Hex(bytes),
    columns: read,
    ...(Object.keys(decided).length > 0 && { form: formOf(rest) }),
    columnNames: typeof x === 'string' && typeof y === 'string' ? [x, y] : ['x', 'y'],
  }
}

function formOf({ separator, decimal, log, clip }: Omit<PointsFile, 'columns'>): TableForm {
  return {
    ...(separator !== undefined && { separator }),
    ...(decimal !== undefined && { decimal }),
    ...(log !== undefined && { log }),
    ...(clip !== undefined && { clip }),
  }
}

// Parts of records -----------------------------------------------------------------------------------

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fieldsOf(value: unknown, what: string): Fields {
  if (isFields(value)) return value
  throw new Unreadable(`${what} is missing`)
}

/** A record is an object that knows its own key. */
function headOf(key: unknown, value: unknown): Fields {
  const head = fieldsOf(value, 'the record itself')
  if (typeof head.id !== 'string' || head.id !== key)
    throw new Unreadable('it does not know its own name')
  if (typeof head.label !== 'string') throw new Unreadable('it has no label')
  return head
}

function headerOf({ id, label, createdAt }: Fields) {
  const at = typeof createdAt === 'number' && Number.isFinite(createdAt) ? createdAt : 0
  return { id: id as string, label: label as string, createdAt: at }
}

function removalOf({ removedAt }: Fields): { readonly removedAt?: number } {
  return typeof removedAt === 'number' && Number.isFinite(removedAt) ? { removedAt } : {}
}

/** A scene with a part of a record in it: the reader of scenes judges the part. */
function sceneOf(part: object): SceneSpec {
  const { scene, problems } = recoverScene(part)
  const [first] = problems
  if (first !== undefined) throw new Unreadable(describeProblem(first))
  return scene
}

/** Bytes, held to the hash that was kept with them; without one they are taken as they are. */
async function bytesOf(
  bytes: unknown,
  hash: unknown,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!(bytes instanceof Uint8Array) || bytes.length === 0)
    throw new Unreadable(`its ${what} are missing`)
  const own = Uint8Array.from(bytes)
  if (hash !== undefined && (await sha256Hex(own)) !== hash)
    throw new Unreadable(`its ${what} are not those that were kept`)
  return own
}

/** What a card says besides: where it is damaged, the card says nothing, and the energy is as good as before. */
function decodeSummary(value: unknown): ShelfSummary | null {
  if (!isFields(value) || typeof value.backend !== 'string') return null
  const { backend } = value
  const numbers = ['steps', 'seconds'].map((name) => numberOf(value[name]))
  const [steps, seconds] = numbers
  if (steps === null || steps === undefined || seconds === null || seconds === undefined)
    return null
  return {
    backend,
    steps,
    seconds,
    klDataModel: numberOf(value.klDataModel),
    crossEntropy: numberOf(value.crossEntropy),
    crossEntropyStandardError: numberOf(value.crossEntropyStandardError),
  }
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** A picture; null, so that it is made anew, where it is damaged. */
function decodeRaster(value: unknown): StoredRaster | null {
  if (!isFields(value)) return null
  const { halfWidth, cells, values } = value
  const whole =
    typeof halfWidth === 'number' &&
    halfWidth > 0 &&
    typeof cells === 'number' &&
    values instanceof Float32Array &&
    values.length === cells * cells &&
    values.every(Number.isFinite)
  return whole ? { halfWidth, cells, values } : null
}
