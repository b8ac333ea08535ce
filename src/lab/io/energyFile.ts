import type { Activation } from '../../learning/kernels/kernel.ts'
import type { EnergyModel, Standardisation } from '../../learning/training/api.ts'
import { parseScene } from '../scene/reading/decode.ts'
import { describeRange, inRange } from '../scene/fields/ranges.ts'
import { RANGES, type ShelfRecipe } from '../scene/sceneSpec.ts'
import { show } from '../scene/reading/problem.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'
import type { Tensor, TensorFile } from './safetensors.ts'

/**
 * A trained energy as a safetensors file.
 *
 * Tensors: w0, b0, w1, b1, …; wᵢ of shape [inputs, outputs], row-major, bᵢ of shape [outputs]; the first
 * layer has 2 inputs, the last 1 output. Metadata, all strings: `version` 1; `architecture` as in
 * 2-64-32-32-1; `activations` of the hidden layers as in sin,silu,silu; `epsilon`, the temperature that
 * the energy was trained at; `halfWidth` of Ω; `penalty`, where the walls' quadratic penalty begins;
 * `transform`, none or JSON {mean, deviation, extraScale}; `recipe`, none or JSON {target, training};
 * `seed`; and, where no recipe gives the energy again, `provenance`: a sentence on where it comes from.
 */
export interface EnergyFile {
  readonly model: EnergyModel
  /** What the energy was trained on and how; null where the file has no recipe, or none that the lab can read. */
  readonly recipe: ShelfRecipe | null
  /** Notes to show to a person, e.g. that the energy was divided by its training temperature. */
  readonly notes: readonly string[]
}

const ACTIVATIONS = ['sin', 'silu', 'tanh'] as const satisfies readonly Activation[]
/** Wider or deeper networks than this are refused: they could not be evaluated in reasonable time. */
const WIDEST = 2048
const DEEPEST = 16
const HIGHEST_EPSILON = 1000

/**
 * The file of an energy of temperature 1. Equal models give equal bytes, so their hash names the energy.
 * @param provenance where the energy comes from, for one that no recipe gives again
 */
export function writeEnergyFile(
  model: EnergyModel,
  recipe: ShelfRecipe | null,
  provenance: string | null = null,
): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, Tensor>()
  const sizes = [2, ...model.shape.widths, 1]
  let at = 0
  for (let layer = 0; layer + 1 < sizes.length; layer++) {
    const [inputs, outputs] = [sizes[layer]!, sizes[layer + 1]!]
    const biases = at + inputs * outputs
    const end = biases + outputs
    tensors.set(`w${layer}`, { shape: [inputs, outputs], data: model.theta.slice(at, biases) })
    tensors.set(`b${layer}`, { shape: [outputs], data: model.theta.slice(biases, end) })
    at = end
  }
  const metadata = new Map([
    ['version', '1'],
    ['architecture', sizes.join('-')],
    ['activations', model.shape.activations.join(',')],
    ['epsilon', '1'],
    ['halfWidth', String(model.halfWidth)],
    ['penalty', String(model.penaltyStart)],
    ['transform', model.transform === null ? 'none' : transformText(model.transform)],
    [
      'recipe',
      recipe === null
        ? 'none'
        : JSON.stringify({ target: recipe.target, training: recipe.training }),
    ],
    ['seed', recipe === null ? 'none' : String(recipe.seed)],
  ])
  if (provenance !== null) metadata.set('provenance', provenance)
  return writeSafetensors({ tensors, metadata })
}

/**
 * The energy of a file. Total: one line says what is wrong with any other bytes.
 *
 * A file that names a temperature e other than 1 holds V = net + (e/2)|x|² + 10e Σ relu(|xᵢ| − penalty)²,
 * trained for the Gibbs measure at e. V/e has the same measure at temperature 1 and the lab's own
 * confinement; so the weights and the bias of the output layer are divided by e, and a note says so.
 */
export function readEnergyFile(bytes: Uint8Array): EnergyFile | { readonly error: string } {
  const file = readSafetensors(bytes)
  if ('error' in file) return file
  try {
    return readModel(file)
  } catch (error) {
    if (error instanceof Malformed) return { error: `not an energy file: ${error.message}` }
    throw error
  }
}

class Malformed extends Error {}

function refuse(field: string, found: unknown, allowed: string): never {
  throw new Malformed(`${field}: found ${show(found)}; allowed: ${allowed}`)
}

function readModel({ tensors, metadata }: TensorFile): EnergyFile {
  const version = metadata.get('version')
  if (version !== undefined && version !== '1') refuse('metadata.version', version, '"1"')
  const layers = readLayers(tensors)
  const widths = layers.slice(0, -1).map(({ outputs }) => outputs)
  const architecture = metadata.get('architecture')
  const sizes = [2, ...widths, 1].join('-')
  if (architecture !== undefined && architecture !== sizes) {
    refuse('metadata.architecture', architecture, `${sizes}, as its tensors have it`)
  }
  const activations = readActivations(metadata.get('activations'), widths.length)
  const halfWidth = readHalfWidth(metadata.get('halfWidth'))
  const penalty = metadata.get('penalty')
  const penaltyStart = penalty === undefined ? 0.8 * halfWidth : numberOf(penalty)
  if (!(penaltyStart > 0 && penaltyStart <= halfWidth)) {
    refuse('metadata.penalty', penalty, `a number in (0, ${halfWidth}]`)
  }
  const transform = readTransform(metadata.get('transform'))
  const given = metadata.get('epsilon')
  const epsilon = given === undefined ? 1 : numberOf(given)
  if (!(epsilon > 0 && epsilon <= HIGHEST_EPSILON)) {
    refuse('metadata.epsilon', given, `a number in (0, ${HIGHEST_EPSILON}]`)
  }

  const theta = new Float32Array(layers.reduce((n, { w, b }) => n + w.length + b.length, 0))
  let at = 0
  for (const [i, { w, b }] of layers.entries()) {
    const scale = i === layers.length - 1 ? epsilon : 1
    for (const value of [...w, ...b]) {
      theta[at] = value / scale
      if (!Number.isFinite(theta[at])) refuse(`layer ${i}`, value, 'finite 32-bit numbers')
      at++
    }
  }
  const notes =
    epsilon === 1
      ? []
      : [
          `trained at temperature ${epsilon}: the energy was divided by it, so that ε = 1 is its own`,
        ]
  const model = { shape: { widths, activations }, theta, halfWidth, penaltyStart, transform }
  return { model, recipe: readRecipe(metadata), notes }
}

interface Layer {
  readonly outputs: number
  readonly w: Tensor['data']
  readonly b: Tensor['data']
}

function readLayers(tensors: ReadonlyMap<string, Tensor>): Layer[] {
  const layers: Layer[] = []
  let inputs = 2
  for (;;) {
    const i = layers.length
    const w = tensors.get(`w${i}`)
    const b = tensors.get(`b${i}`)
    if (w === undefined || b === undefined) {
      refuse(w === undefined ? `tensor w${i}` : `tensor b${i}`, undefined, 'w0, b0, w1, b1, …')
    }
    const outputs = w.shape[1]
    if (w.shape.length !== 2 || w.shape[0] !== inputs || outputs === undefined || outputs < 1) {
      refuse(`shape of w${i}`, w.shape, `[${inputs}, outputs]`)
    }
    if (outputs > WIDEST) refuse(`shape of w${i}`, w.shape, `at most ${WIDEST} outputs`)
    if (b.shape.length !== 1 || b.shape[0] !== outputs) {
      refuse(`shape of b${i}`, b.shape, `[${outputs}]`)
    }
    layers.push({ outputs, w: w.data, b: b.data })
    inputs = outputs
    if (tensors.size === 2 * layers.length) break
    if (layers.length > DEEPEST) refuse('layers', tensors.size / 2, `at most ${DEEPEST}`)
  }
  if (inputs !== 1) refuse('outputs of the last layer', inputs, '1: an energy is a scalar')
  if (layers.length < 2) refuse('layers', layers.length, 'at least one hidden layer')
  return layers
}

function readActivations(text: string | undefined, hidden: number): Activation[] {
  const names = text?.split(',') ?? []
  const known = names.flatMap((name) => ACTIVATIONS.find((id) => id === name.trim()) ?? [])
  if (known.length !== names.length || known.length !== hidden) {
    refuse('metadata.activations', text, `${hidden} of ${ACTIVATIONS.join(', ')}, joined by commas`)
  }
  return known
}

function readHalfWidth(text: string | undefined): number {
  const value = numberOf(text)
  const range = RANGES['domain.halfWidth']
  if (!inRange(range, value)) refuse('metadata.halfWidth', text, describeRange(range))
  return value
}

/** NaN where the text is no number. */
function numberOf(text: string | undefined): number {
  return text === undefined || text.trim() === '' ? Number.NaN : Number(text)
}

function transformText({ mean, deviation, extraScale }: Standardisation): string {
  return JSON.stringify({ mean, deviation, extraScale })
}

function readTransform(text: string | undefined): Standardisation | null {
  if (text === undefined || text === 'none') return null
  const json = parseJson(text)
  if (typeof json === 'object' && json !== null) {
    const { mean, deviation, extraScale } = json as Readonly<Record<string, unknown>>
    const m = finitePair(mean)
    const d = finitePair(deviation)
    if (
      m !== null &&
      d !== null &&
      d.every((value) => value > 0) &&
      typeof extraScale === 'number' &&
      Number.isFinite(extraScale) &&
      extraScale > 0
    ) {
      return { mean: m, deviation: d, extraScale }
    }
  }
  const allowed = 'none or {"mean": [x, y], "deviation": [x, y], "extraScale": s}, scales above 0'
  return refuse('metadata.transform', text, allowed)
}

function finitePair(value: unknown): readonly [number, number] | null {
  if (!Array.isArray(value) || value.length !== 2) return null
  const pair: readonly unknown[] = value
  const [x, y] = pair
  return typeof x === 'number' && typeof y === 'number' && Number.isFinite(x) && Number.isFinite(y)
    ? [x, y]
    : null
}

/** The recipe of a file, if the lab can read it; null for any other text, which files from elsewhere may hold. */
function readRecipe(metadata: ReadonlyMap<string, string>): ShelfRecipe | null {
  const json = parseJson(metadata.get('recipe') ?? 'none')
  if (typeof json !== 'object' || json === null || !Object.hasOwn(json, 'target')) return null
  const recipe = { ...json, seed: numberOf(metadata.get('seed')) }
  // The reader of scenes reads the recipe inside a scene and so checks it against the same ranges.
  const parsed = parseScene({ energy: { kind: 'shelf', id: 'recipe', recipe } })
  if ('error' in parsed || parsed.scene.energy.kind !== 'shelf') return null
  return parsed.scene.energy.recipe
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
