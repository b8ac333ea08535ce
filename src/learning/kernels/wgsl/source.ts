import type { Activation, NetworkShape, Tuples } from '../kernel.ts'
import { LANES, paddedLayout } from './layout.ts'
import type { PaddedLayout } from './layout.ts'

/**
 * Generates the compute shaders of a network for its shape.
 *
 * A workgroup of 64 invocations takes a tile of points through the whole network. Each matrix product
 * is done in register blocks: an invocation owns up to `block` × `block` entries, rows `row + 8p` and columns
 * `lane + 8q`, so that neighbouring invocations read the left factor at one address and the right
 * factor at consecutive ones. Between products the arrays of a tile lie in workgroup memory while there
 * is room, and in the workgroup's own slab of a storage buffer otherwise.
 *
 * The notation is that of `../reference.ts`.
 */
const WORKGROUP = 64
const ROWS = WORKGROUP / LANES
/** Floats of a point in the buffer of tuples: x, y, c, w, u₀, u₁ and two of padding. */
export const TUPLE = 8
/** Floats of a report: loss, accepted proposals, step size d, change of the chains' mean V. */
export const REPORT = 4
/** Bytes between the settings of two dispatches: the largest alignment that WebGPU may require. */
export const SETTINGS_STRIDE = 256

/** The words of `Settings`, in the order of the WGSL structure; all are 4 bytes. */
export const SETTINGS = {
  points: 'u32',
  first: 'u32',
  groups: 'u32',
  share: 'u32',
  report: 'u32',
  stride: 'f32',
  scale: 'f32',
  penaltyStart: 'f32',
  confine: 'f32',
  seed: 'u32',
  purpose: 'u32',
  counter: 'u32',
  count: 'u32',
  halfWidth: 'f32',
  negatives: 'u32',
  chainGroups: 'u32',
  side: 'u32',
  eta: 'f32',
  epsilon: 'f32',
  hot: 'u32',
  tau: 'f32',
  total: 'u32',
  begin: 'u32',
  moves: 'u32',
  clip: 'f32',
  leastStep: 'f32',
  largestStep: 'f32',
  acceptance: 'f32',
  adaptation: 'f32',
  pitch: 'u32',
} as const

export type SettingName = keyof typeof SETTINGS

export interface SourceOptions {
  readonly shape: NetworkShape
  /** Points of a tile: a multiple of 8, at most 64. */
  readonly tile: number
  /** Bytes of workgroup memory that the shader may use. */
  readonly workgroupBytes: number
  /** Most entries of a register block along its rows, and along its columns. */
  readonly block: number
}

export interface Source {
  readonly code: string
  readonly entry: string
  /** Floats of one workgroup's slab in the scratch buffer. */
  readonly slab: number
}

const BINDINGS = `
struct Settings {
${Object.entries(SETTINGS)
  .map(([name, type]) => `  ${name}: ${type},`)
  .join('\n')}
}
@group(0) @binding(0) var<uniform> given: Settings;
`

const binding = (index: number, name: string, type: string, access = 'read_write') =>
  `@group(0) @binding(${index}) var<storage, ${access}> ${name}: array<${type}>;\n`

/** Allocates the tile's arrays of tile × width floats, each in workgroup memory or in the slab. */
class Memory {
  private readonly tile: number
  private left: number
  private declared = ''
  slab = 0

  constructor(tile: number, bytes: number) {
    this.tile = tile
    this.left = bytes
  }

  get declarations(): string {
    return this.declared
  }

  /** A small array that must be in workgroup memory. */
  own(name: string, length: number, type = 'f32'): void {
    this.declared += `var<workgroup> ${name}: array<${type}, ${length}>;\n`
    this.left -= 4 * length
  }

  array(name: string, width: number): TileArray {
    const length = this.tile * width
    if (4 * length <= this.left) {
      this.own(`tile_${name}`, length)
      return new TileArray(`tile_${name}`, '', width)
    }
    const offset = this.slab
    this.slab += length
    return new TileArray('scratch', `slab + ${offset}u + `, width)
  }
}

class TileArray {
  readonly array: string
  readonly width: number
  private readonly base: string

  constructor(array: string, base: string, width: number) {
    this.array = array
    this.base = base
    this.width = width
  }

  /** Index of a unit of a point; default: unit 0. */
  index(point: string, unit = '0u'): string {
    return `${this.base}${point} * ${this.width}u + ${unit}`
  }

  at(point: string, unit: string): string {
    return `${this.array}[${this.index(point, unit)}]`
  }

  /** The same storage for a layer of another width. */
  as(width: number): TileArray {
    return new TileArray(this.array, this.base, width)
  }

  /** Index of point 0 at a unit. */
  column(unit: string): string {
    return `${this.base}${unit}`
  }
}

/** One term of an inner product: index expressions of its first elements and strides along the sum. */
interface Term {
  readonly left: { array: string; start: (row: string) => string; stride: number }
  readonly right: { array: string; start: (column: string) => string; stride: number }
}

interface Product {
  readonly rows: number
  readonly columns: number
  readonly inner: number
  readonly terms: readonly Term[]
  /** Initial value of the sum of a column. */
  readonly start?: (column: string) => string
  /** Statements that use entry `sum` of (row, column). */
  readonly finish: (row: string, column: string, sum: string, p: number) => string
  /** Statements around the columns of one block of rows; p counts the rows of an invocation. */
  readonly before?: (p: number) => string
  readonly after?: (row: string, p: number) => string
}

/** The largest divisor of n up to a limit. */
function divisor(n: number, limit: number): number {
  let d = Math.min(n, limit)
  while (n % d !== 0) d--
  return d
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i)
}

const BARRIER = 'workgroupBarrier();\nstorageBarrier();\n'

/** f, f′, f″. The shaders compute sine and cosine themselves: WGSL allows its own an absolute error of 2⁻¹¹. */
const ACTIVATIONS: Readonly<Record<Activation, string>> = {
  sin: `
fn activate_sin(z: f32) -> vec3f {
  let p = sine_cosine(z);
  return vec3f(p.x, p.y, -p.x);
}
`,
  silu: `
fn activate_silu(z: f32) -> vec3f {
  let s = 1.0 / (1.0 + exp(min(-z, 80.0)));
  let slope = s * (1.0 - s);
  return vec3f(z * s, s + z * slope, slope * (2.0 + z * (1.0 - 2.0 * s)));
}
`,
  tanh: `
fn activate_tanh(z: f32) -> vec3f {
  let t = 1.0 - 2.0 / (exp(min(2.0 * z, 80.0)) + 1.0);
  let slope = 1.0 - t * t;
  return vec3f(t, slope, -2.0 * t * slope);
}
`,
}

/**
 * Reduction to |r| ≤ π/2 by π in three parts, the sign (−1)ᵏ, and Taylor polynomials with remainders
 * below 7e-9 there.
 */
const SINE_COSINE = `
fn sine_cosine(z: f32) -> vec2f {
  let k = floor(z * 0.31830988618 + 0.5);
  let r = ((z - k * 3.140625) - k * 9.67502593994140625e-4) - k * 1.509957990978376e-7;
  let q = r * r;
  let sign = 1.0 - 2.0 * (k - 2.0 * floor(0.5 * k));
  let s = r * (1.0 + q * (-1.6666666667e-1 + q * (8.3333333333e-3 + q * (-1.9841269841e-4
    + q * (2.7557319224e-6 + q * (-2.5052108385e-8 + q * 1.6059043837e-10))))));
  let c = 1.0 + q * (-0.5 + q * (4.1666666667e-2 + q * (-1.3888888889e-3 + q * (2.4801587302e-5
    + q * (-2.7557319224e-7 + q * 2.0876756988e-9)))));
  return sign * vec2f(s, c);
}
`

/** The untrained part of the energy along one axis, its value and its slope; see training/model.ts. */
const CONFINEMENT = `
fn confinement(x: f32) -> vec2f {
  let beyond = max(0.0, abs(x) - given.penaltyStart);
  return given.confine * vec2f(0.5 * x * x + 10.0 * beyond * beyond, x + 20.0 * beyond * sign(x));
}
`

/** PCG4D and its uniform and Gaussian draws; see core/maths/rng.ts. */
const RANDOM = `
fn hash4(index: u32, counter: u32) -> vec4u {
  var v = vec4u(given.seed, given.purpose, index, counter) * 1664525u + 1013904223u;
  v.x += v.y * v.w; v.y += v.z * v.x; v.z += v.x * v.y; v.w += v.y * v.z;
  v ^= v >> vec4u(16u);
  v.x += v.y * v.w; v.y += v.z * v.x; v.z += v.x * v.y; v.w += v.y * v.z;
  return v;
}
fn unit(word: u32) -> f32 {
  return (f32(word) + 0.5) * 2.3283064365386963e-10;
}
fn gaussian_pair(words: vec4u) -> vec2f {
  let p = sine_cosine(6.283185307179586 * unit(words.y));
  return sqrt(max(0.0, -2.0 * log(unit(words.x)))) * p.yx;
}
`

/** The parts that the shaders of one network share. */
class Generator {
  readonly layout: PaddedLayout
  readonly memory: Memory
  private readonly shape: NetworkShape
  private readonly tile: number
  private readonly block: number

  constructor(options: SourceOptions, reserved: readonly (readonly [string, number])[] = []) {
    this.shape = options.shape
    this.tile = options.tile
    this.block = options.block
    this.layout = paddedLayout(options.shape)
    this.memory = new Memory(options.tile, options.workgroupBytes)
    for (const [name, length] of reserved) this.memory.own(name, length)
    for (const name of ['px', 'py', 'pv', 'pgx', 'pgy']) this.memory.own(name, options.tile)
    for (const name of ['partV', 'partX', 'partY']) this.memory.own(name, options.tile * LANES)
  }

  get depth(): number {
    return this.shape.widths.length
  }

  width(i: number): number {
    return this.layout.layers[i - 1]!.outputs
  }

  /** Name of the activation function of hidden layer i. */
  activation(i: number): string {
    return `activate_${this.shape.activations[i - 1]!}`
  }

  bias(i: number): (unit: string) => string {
    return (unit) => `state[${this.layout.layers[i - 1]!.biases}u + ${unit}]`
  }

  /** Weight of unit j of layer i − 1 in unit k of layer i. */
  weight(i: number, j: string, k: string): string {
    const layer = this.layout.layers[i - 1]!
    return `state[${layer.weights}u + ${j} * ${layer.outputs}u + ${k}]`
  }

  output(unit: string): string {
    return `state[${this.layout.layers[this.depth]!.weights}u + ${unit}]`
  }

  /** X Wᵢ: rows are points. */
  forward(i: number, x: TileArray): Term {
    const { weights, outputs } = this.layout.layers[i - 1]!
    return {
      left: { array: x.array, start: (r) => x.index(r), stride: 1 },
      right: { array: 'state', start: (c) => `${weights}u + ${c}`, stride: outputs },
    }
  }

  /** X Wᵢᵀ, from the transposed copy. */
  reverse(i: number, x: TileArray): Term {
    const { weights, inputs } = this.layout.layers[i - 1]!
    return {
      left: { array: x.array, start: (r) => x.index(r), stride: 1 },
      right: {
        array: 'state',
        start: (c) => `${this.layout.length + weights}u + ${c}`,
        stride: inputs,
      },
    }
  }

  /** XᵀY: rows are units of X, the sum is over the points. */
  outer(x: TileArray, y: TileArray): Term {
    return {
      left: { array: x.array, start: (r) => x.column(r), stride: x.width },
      right: { array: y.array, start: (c) => y.column(c), stride: y.width },
    }
  }

  /** Emits entries (row, column) = start + Σᵢ left(row, i) right(i, column), blocked over the workgroup. */
  product({ rows, columns, inner, terms, start, finish, before, after }: Product): string {
    const perRow = rows / ROWS
    const perColumn = columns / LANES
    const P = divisor(perRow, this.block)
    const Q = divisor(perColumn, this.block)
    const lines: string[] = []
    const emit = (line: string) => lines.push(line)
    emit(`for (var rb = 0u; rb < ${rows}u; rb += ${ROWS * P}u) {`)
    for (const p of range(P)) {
      emit(`let r${p} = rb + row + ${ROWS * p}u;`)
      if (before !== undefined) emit(before(p))
    }
    emit(`for (var cb = 0u; cb < ${columns}u; cb += ${LANES * Q}u) {`)
    for (const q of range(Q)) emit(`let c${q} = cb + lane + ${LANES * q}u;`)
    for (const q of range(Q)) {
      const first = start === undefined ? '0.0' : start(`c${q}`)
      emit(`let f${q} = ${first};`)
      for (const p of range(P)) emit(`var s${p}_${q} = f${q};`)
    }
    terms.forEach(({ left, right }, t) => {
      for (const p of range(P)) emit(`var a${t}_${p} = ${left.start(`r${p}`)};`)
      emit(`var b${t} = ${right.start('c0')};`)
    })
    emit(`for (var i = 0u; i < ${inner}u; i++) {`)
    terms.forEach(({ left, right }, t) => {
      emit('{')
      for (const q of range(Q)) emit(`let y${q} = ${right.array}[b${t} + ${LANES * q}u];`)
      for (const p of range(P)) {
        emit(`let x${p} = ${left.array}[a${t}_${p}];`)
        for (const q of range(Q)) emit(`s${p}_${q} += x${p} * y${q};`)
      }
      emit('}')
    })
    terms.forEach(({ left, right }, t) => {
      for (const p of range(P)) emit(`a${t}_${p} += ${left.stride}u;`)
      emit(`b${t} += ${right.stride}u;`)
    })
    emit('}')
    for (const p of range(P)) {
      for (const q of range(Q)) emit(finish(`r${p}`, `c${q}`, `s${p}_${q}`, p))
    }
    emit('}')
    if (after !== undefined) for (const p of range(P)) emit(after(`r${p}`, p))
    emit('}')
    return lines.join('\n')
  }

  /** Entries of the first layer, whose two inputs stand in arrays of their own. */
  firstLayer(
    finish: (row: string, column: string, z: string, p: number) => string,
    xs: string,
    ys: string,
    biased: boolean,
    around: Pick<Product, 'before' | 'after'> = {},
  ): string {
    const columns = this.width(1)
    const P = divisor(this.tile / ROWS, this.block)
    const lines = [`for (var rb = 0u; rb < ${this.tile}u; rb += ${ROWS * P}u) {`]
    for (const p of range(P)) {
      lines.push(`let r${p} = rb + row + ${ROWS * p}u;`)
      lines.push(`let x${p} = ${xs}[r${p}];`, `let y${p} = ${ys}[r${p}];`)
      if (around.before !== undefined) lines.push(around.before(p))
    }
    lines.push(
      `for (var c = lane; c < ${columns}u; c += ${LANES}u) {`,
      `let w0 = ${this.weight(1, '0u', 'c')};`,
      `let w1 = ${this.weight(1, '1u', 'c')};`,
      `let b0 = ${biased ? this.bias(1)('c') : '0.0'};`,
    )
    for (const p of range(P)) {
      lines.push(`let z${p} = b0 + x${p} * w0 + y${p} * w1;`, finish(`r${p}`, 'c', `z${p}`, p))
    }
    lines.push('}')
    if (around.after !== undefined) for (const p of range(P)) lines.push(around.after(`r${p}`, p))
    lines.push('}')
    return lines.join('\n')
  }

  /** Sums the lanes' parts into pv, pgx, pgy of each point. */
  gather(what: 'value' | 'gradient' | 'both'): string {
    const bias = `state[${this.layout.layers[this.depth]!.biases}u]`
    const sums: string[] = []
    const sum = (from: string) => `${from}[o + l]`
    const value = what !== 'gradient'
    const gradient = what !== 'value'
    if (value) sums.push(`v += ${sum('partV')};`)
    if (gradient) sums.push(`gx += ${sum('partX')};`, `gy += ${sum('partY')};`)
    return `
if (local < ${this.tile}u) {
  let o = local * ${LANES}u;
  ${value ? `var v = ${bias};` : ''}
  ${gradient ? 'var gx = 0.0;\nvar gy = 0.0;' : ''}
  for (var l = 0u; l < ${LANES}u; l++) {
    ${sums.join('\n')}
  }
  let hx = confinement(px[local]);
  let hy = confinement(py[local]);
  ${value ? 'pv[local] = v + hx.x + hy.x;' : ''}
  ${gradient ? 'pgx[local] = gx + hx.y;\npgy[local] = gy + hy.y;' : ''}
}
`
  }

  /** Prelude of every shader: helpers and the variables that place an invocation. */
  prelude(): string {
    const kinds = [...new Set(this.shape.activations)]
    return `
var<private> local: u32;
var<private> lane: u32;
var<private> row: u32;
var<private> slab: u32;
fn place(index: u32, group: u32) {
  local = index;
  lane = index % ${LANES}u;
  row = index / ${LANES}u;
  slab = group * ${this.memory.slab}u;
}
${SINE_COSINE}${kinds.map((kind) => ACTIVATIONS[kind]).join('')}${CONFINEMENT}`
  }

  /**
   * `fn evaluate_tile()`: V and, if wanted, ∇V, confinement included, at the points (px, py), into pv,
   * pgx, pgy. All invocations must call it together; it begins and ends with a barrier.
   */
  evaluateTile(sloped: boolean): string {
    const { depth, tile, memory } = this
    const widest = Math.max(...this.shape.widths.map((_, i) => this.width(i + 1)))
    const operand = [memory.array('left', widest), memory.array('right', widest)]
    const slopes = range(sloped ? depth - 1 : 0).map((i) =>
      memory.array(`slope${i + 1}`, this.width(i + 1)),
    )
    // The operand arrays have room for the widest layer; each layer uses its own width of them.
    let current = 0
    const view = (width: number) => operand[current]!.as(width)
    const body: string[] = [BARRIER]

    const value = {
      before: (p: number) => `var v${p} = 0.0;`,
      after: (r: string, p: number) => `partV[${r} * ${LANES}u + lane] = v${p};`,
    }
    for (let i = 1; i <= depth; i++) {
      const last = i === depth
      const from = view(i === 1 ? 2 : this.width(i - 1))
      current = i === 1 ? current : 1 - current
      const to = view(this.width(i))
      const finish = (r: string, c: string, z: string, p: number) => {
        const act = `{ let f = ${this.activation(i)}(${z});`
        if (last) {
          // After the last layer comes the first s: s_L = w ⊙ f′.
          const first = sloped ? `${to.at(r, c)} = w * f.y;` : ''
          return `${act} let w = ${this.output(c)}; v${p} += w * f.x; ${first} }`
        }
        const slope = sloped ? `${slopes[i - 1]!.at(r, c)} = f.y;` : ''
        return `${act} ${to.at(r, c)} = f.x; ${slope} }`
      }
      const around = last ? value : {}
      body.push(
        i === 1
          ? this.firstLayer(finish, 'px', 'py', true, around)
          : this.product({
              rows: tile,
              columns: this.width(i),
              inner: this.width(i - 1),
              terms: [this.forward(i, from)],
              start: this.bias(i),
              finish,
              ...around,
            }),
        BARRIER,
      )
    }
    if (!sloped) {
      body.push(this.gather('value'), BARRIER)
      return `fn evaluate_tile() {\n${body.join('\n')}\n}\n`
    }
    const gradient = {
      before: (p: number) => `var gx${p} = 0.0;\nvar gy${p} = 0.0;`,
      after: (r: string, p: number) =>
        `partX[${r} * ${LANES}u + lane] = gx${p};\npartY[${r} * ${LANES}u + lane] = gy${p};`,
    }
    const towards = (s: string, c: string, p: number) =>
      `gx${p} += ${s} * ${this.weight(1, '0u', c)};\ngy${p} += ${s} * ${this.weight(1, '1u', c)};`
    for (let i = depth; i >= 2; i--) {
      const from = view(this.width(i))
      current = 1 - current
      const to = view(this.width(i - 1))
      const finish = (r: string, c: string, sum: string, p: number) => {
        const s = `{ let s = ${sum} * ${slopes[i - 2]!.at(r, c)};`
        return i === 2 ? `${s}\n${towards('s', c, p)}\n}` : `${s} ${to.at(r, c)} = s; }`
      }
      body.push(
        this.product({
          rows: tile,
          columns: this.width(i - 1),
          inner: this.width(i),
          terms: [this.reverse(i, from)],
          finish,
          ...(i === 2 ? gradient : {}),
        }),
        BARRIER,
      )
    }
    if (depth === 1) {
      const s = view(this.width(1))
      body.push(
        `for (var r = row; r < ${tile}u; r += ${ROWS}u) {`,
        gradient.before(0),
        `for (var c = lane; c < ${this.width(1)}u; c += ${LANES}u) {`,
        `let s = ${s.at('r', 'c')};`,
        towards('s', 'c', 0),
        '}',
        gradient.after('r', 0),
        '}',
        BARRIER,
      )
    }
    body.push(this.gather('both'), BARRIER)
    return `fn evaluate_tile() {\n${body.join('\n')}\n}\n`
  }
}

const MAIN = (entry: string, body: string) => `
@compute @workgroup_size(${WORKGROUP})
fn ${entry}(@builtin(local_invocation_index) index: u32, @builtin(workgroup_id) group: vec3u) {
  place(index, group.x);
${body}
}
`

/** Bindings of the shaders that only read the parameters. */
const READERS = [
  binding(1, 'state', 'f32', 'read'),
  binding(2, 'tuples', 'f32'),
  binding(3, 'partial', 'f32'),
  binding(4, 'scratch', 'f32'),
  binding(5, 'chains', 'f32'),
  binding(6, 'nodes', 'vec4f'),
  binding(7, 'result', 'f32'),
].join('')

/** Floats of one workgroup's share of the θ-gradient: the padded parameters, then the loss. */
export function partialLength(layout: PaddedLayout): number {
  return layout.length + LANES
}

function evaluator(
  options: SourceOptions,
  sloped: boolean,
  entry: string,
  helpers: string,
  main: string,
): Source {
  const generator = new Generator(options)
  const tile = generator.evaluateTile(sloped)
  const code =
    BINDINGS +
    READERS +
    generator.memory.declarations +
    generator.prelude() +
    helpers +
    tile +
    MAIN(entry, main)
  return { code, entry, slab: generator.memory.slab }
}

/** V and, if wanted, ∇V at `points` points of stride 2 in `tuples`; values, then gradients, into `result`. */
export function evaluateSource(options: SourceOptions, sloped: boolean): Source {
  const { tile } = options
  return evaluator(
    options,
    sloped,
    'evaluate',
    '',
    `
  for (var t = group.x; t * ${tile}u < given.points; t += given.groups) {
    let i = t * ${tile}u + local;
    let mine = local < ${tile}u && i < given.points;
    if (local < ${tile}u) {
      px[local] = select(0.0, tuples[2u * i], mine);
      py[local] = select(0.0, tuples[2u * i + 1u], mine);
    }
    evaluate_tile();
    if (mine) {
      result[i] = pv[local];
      ${sloped ? 'result[given.points + 2u * i] = pgx[local];' : ''}
      ${sloped ? 'result[given.points + 2u * i + 1u] = pgy[local];' : ''}
    }
  }`,
  )
}

/** One uniform point in each of side² cells of Ω, with V there, into `nodes`. */
export function nodesSource(options: SourceOptions): Source {
  const { tile } = options
  return evaluator(
    options,
    false,
    'nodes_of_cells',
    RANDOM,
    `
  for (var t = group.x; t * ${tile}u < given.count; t += given.groups) {
    let i = t * ${tile}u + local;
    let mine = local < ${tile}u && i < given.count;
    if (local < ${tile}u) {
      let words = hash4(i, given.counter);
      let cell = 2.0 * given.halfWidth / f32(given.side);
      px[local] = cell * (f32(i % given.side) + unit(words.x)) - given.halfWidth;
      py[local] = cell * (f32(i / given.side) + unit(words.y)) - given.halfWidth;
    }
    evaluate_tile();
    if (mine) { nodes[i] = vec4f(px[local], py[local], pv[local], 0.0); }
  }`,
  )
}

/**
 * One jump (independence Metropolis–Hastings) to its point in `tuples` and `moves` MALA steps of size d at ε = 1 for
 * every chain; see training/objectives/persistent.ts for the formulae. `chains` holds the chains, then d, then the
 * number of accepted proposals of each workgroup, then what its moves changed of ΣV, then log q of side² cells; the shader
 * writes the new positions to `tuples`.
 */
export function chainsSource(options: SourceOptions): Source {
  const { tile } = options
  const helpers = `${RANDOM}
fn clipped(g: vec2f, d: f32) -> vec2f {
  let step = d * g;
  let norm = length(step);
  return step * select(1.0, given.clip / norm, norm > given.clip);
}
fn log_q(p: vec2f) -> f32 {
  let scale = 0.5 * f32(given.side);
  let k = min(vec2u(given.side - 1u), vec2u((p / given.halfWidth + 1.0) * scale));
  return chains[2u * given.count + 1u + 2u * given.chainGroups + k.y * given.side + k.x];
}
var<workgroup> taken: array<u32, ${tile}>;
`
  return evaluator(
    { ...options, workgroupBytes: options.workgroupBytes - 4 * tile },
    true,
    'move_chains',
    helpers,
    `
  let i = group.x * ${tile}u + local;
  let mine = local < ${tile}u && i < given.count;
  let slot = min(local, ${tile - 1}u);
  let d = chains[2u * given.count];
  var accepted = 0u;
  var x = vec2f();
  var jump = vec2f();
  let at = (given.first + given.negatives + i) * ${TUPLE}u;
  if (mine) {
    x = vec2f(chains[2u * i], chains[2u * i + 1u]);
    jump = vec2f(tuples[at], tuples[at + 1u]);
  }
  if (local < ${tile}u) {
    px[local] = x.x;
    py[local] = x.y;
  }
  var v = 0.0;
  var start = 0.0;
  var g = vec2f();
  var draws = vec4u();
  var noise = vec2f();
  var proposal = x;
  // The chain's own place, the jump, then the MALA steps: one call, as it is compiled where it stands.
  for (var m = 0u; m < given.moves + 2u; m++) {
    evaluate_tile();
    let there = vec2f(pgx[slot], pgy[slot]);
    var taking = m == 0u;
    if (m == 1u) { taking = log(unit(draws.z)) < v - pv[slot] + log_q(x) - log_q(jump); }
    if (m >= 2u) {
      let back = x - proposal + clipped(there, d);
      let ratio = v - pv[slot] - dot(back, back) / (4.0 * d) + 0.5 * dot(noise, noise);
      let inside = max(abs(proposal.x), abs(proposal.y)) <= given.halfWidth;
      taking = inside && log(unit(draws.z)) < ratio;
      accepted += select(0u, 1u, taking);
    }
    if (taking) {
      x = proposal;
      v = pv[slot];
      g = there;
    }
    if (m == 0u) { start = v; }
    draws = hash4(i, given.counter + m);
    noise = gaussian_pair(draws);
    proposal = x - clipped(g, d) + sqrt(2.0 * d) * noise;
    if (m == 0u) { proposal = jump; }
    if (local < ${tile}u) {
      px[local] = proposal.x;
      py[local] = proposal.y;
    }
  }
  if (local < ${tile}u) {
    taken[local] = select(0u, accepted, mine);
    // Nothing more is evaluated: px is free for the changes of V.
    px[local] = select(0.0, v - start, mine);
  }
  if (mine) {
    chains[2u * i] = x.x;
    chains[2u * i + 1u] = x.y;
    tuples[at] = x.x;
    tuples[at + 1u] = x.y;
  }
  workgroupBarrier();
  if (local == 0u) {
    var sum = 0u;
    var change = 0.0;
    for (var t = 0u; t < ${tile}u; t++) {
      sum += taken[t];
      change += px[t];
    }
    chains[2u * given.count + 1u + group.x] = f32(sum);
    chains[2u * given.count + 1u + given.chainGroups + group.x] = change;
  }`,
  )
}

/**
 * `moves` steps of x ← fold(x − η∇V + √(2ηε)ξ), reflected at the walls and counted from `begin`, for `count`
 * particles in `tuples` at a stride of `pitch` floats. The first `hot` particles have temperature ε throughout;
 * that of the others is 0 up to the share τ of `total` steps and rises linearly from there.
 */
export function langevinSource(options: SourceOptions): Source {
  const { tile } = options
  const helpers = `${RANDOM}
fn mirror(x: f32) -> f32 {
  let w = given.halfWidth;
  if (abs(x) <= w) { return x; }
  let t = x + w - 4.0 * w * floor((x + w) / (4.0 * w));
  return select(3.0 * w - t, t - w, t <= 2.0 * w);
}
`
  return evaluator(
    options,
    true,
    'langevin',
    helpers,
    `
  for (var t = group.x; t * ${tile}u < given.count; t += given.groups) {
    let i = t * ${tile}u + local;
    let mine = local < ${tile}u && i < given.count;
    let slot = min(local, ${tile - 1}u);
    let at = given.first + i * given.pitch;
    var x = vec2f();
    if (mine) { x = vec2f(tuples[at], tuples[at + 1u]); }
    for (var m = given.begin + 1u; m <= given.begin + given.moves; m++) {
      if (local < ${tile}u) {
        px[local] = x.x;
        py[local] = x.y;
      }
      evaluate_tile();
      var share = 1.0;
      if (i >= given.hot) {
        share = clamp((f32(m) / f32(given.total) - given.tau) / (1.0 - given.tau), 0.0, 1.0);
      }
      let noise = gaussian_pair(hash4(i, given.counter + m));
      let y = x - given.eta * vec2f(pgx[slot], pgy[slot])
        + sqrt(2.0 * given.eta * given.epsilon * share) * noise;
      x = vec2f(mirror(y.x), mirror(y.y));
    }
    if (mine) {
      tuples[at] = x.x;
      tuples[at + 1u] = x.y;
    }
  }`,
  )
}

export interface AccumulateOptions extends SourceOptions {
  /** Whether the loss has the terms w |∇V + u|². */
  readonly second: boolean
  /**
   * Number of nodes of the quadrature, or 0 without one. The shader resamples the points from `negatives` on from
   * these nodes, systematically by their weight e^(−V); the loss then has log Z in place of those points' terms.
   */
  readonly nodes: number
}

/** The loss of the tuples and its θ-gradient, one share for each workgroup, into `partial`. */
export function accumulateSource(options: AccumulateOptions): Source {
  const { tile, second, nodes } = options
  const reserved: [string, number][] = ['pc', 'loss'].map((name) => [name, tile])
  if (second) for (const name of ['pw', 'pux', 'puy']) reserved.push([name, tile])
  if (nodes > 0) reserved.push(['mass', nodes], ['chunk', WORKGROUP])
  const generator = new Generator(options, reserved)
  const { depth, layout, memory } = generator
  const layers = range(depth).map((i) => i + 1)
  const widths = (name: string) =>
    layers.map((i) => memory.array(`${name}${i}`, generator.width(i)))
  // The most read arrays come first, since the last ones go to the slab when workgroup memory is full.
  const a = widths('a')
  const s = second ? widths('s') : []
  // d holds f′, then z̄; r holds r, then r̄; e holds f″, then its term in z̄. Only the invocation that owns an
  // entry reads it before the second value replaces the first.
  const d = widths('d')
  const r = second ? widths('r') : []
  const e = second ? widths('e') : []
  const at = (arrays: TileArray[], i: number) => arrays[i - 1]!
  const body: string[] = []

  body.push(`
    let i = t * ${tile}u + local;
    if (local < ${tile}u) {
      var x = vec2f();
      var c = 0.0;
      ${second ? 'var w = 0.0;\nvar u = vec2f();' : ''}
      if (i < given.points) {
        let at = (given.first + i) * ${TUPLE}u;
        x = vec2f(tuples[at], tuples[at + 1u]);
        c = tuples[at + 2u];
        ${second ? 'w = tuples[at + 3u];\nu = vec2f(tuples[at + 4u], tuples[at + 5u]);' : ''}
        ${nodes > 0 ? 'if (i >= given.negatives) { x = resampled(i - given.negatives); }' : ''}
      }
      px[local] = x.x;
      py[local] = x.y;
      pc[local] = c;
      ${second ? 'pw[local] = w;\npux[local] = u.x;\npuy[local] = u.y;' : ''}
    }
    ${BARRIER}`)

  const value = {
    before: (p: number) => `var v${p} = 0.0;`,
    after: (row: string, p: number) => `partV[${row} * ${LANES}u + lane] = v${p};`,
  }
  for (const i of layers) {
    const last = i === depth
    const finish = (row: string, column: string, z: string, p: number) => {
      const lines = [
        `{ let f = ${generator.activation(i)}(${z});`,
        `${at(a, i).at(row, column)} = f.x;`,
      ]
      if (second) lines.push(`${at(e, i).at(row, column)} = f.z;`)
      if (last) {
        lines.push(`let w = ${generator.output(column)};`, `v${p} += w * f.x;`)
        if (second) {
          lines.push(
            `${at(d, i).at(row, column)} = f.y;`,
            `${at(r, i).at(row, column)} = w;`,
            `${at(s, i).at(row, column)} = w * f.y;`,
          )
        } else lines.push(`${at(d, i).at(row, column)} = pc[${row}] * w * f.y;`)
      } else lines.push(`${at(d, i).at(row, column)} = f.y;`)
      lines.push('}')
      return lines.join('\n')
    }
    const around = last ? value : {}
    body.push(
      i === 1
        ? generator.firstLayer(finish, 'px', 'py', true, around)
        : generator.product({
            rows: tile,
            columns: generator.width(i),
            inner: generator.width(i - 1),
            terms: [generator.forward(i, at(a, i - 1))],
            start: generator.bias(i),
            finish,
            ...around,
          }),
      BARRIER,
    )
  }

  const ownTerm =
    nodes > 0 ? 'select(pc[local] * pv[local], 0.0, i >= given.negatives)' : 'pc[local] * pv[local]'
  if (second) {
    for (let i = depth; i >= 2; i--) {
      body.push(
        generator.product({
          rows: tile,
          columns: generator.width(i - 1),
          inner: generator.width(i),
          terms: [generator.reverse(i, at(s, i))],
          finish: (row, column, sum) =>
            `${at(r, i - 1).at(row, column)} = ${sum};\n` +
            `${at(s, i - 1).at(row, column)} = ${sum} * ${at(d, i - 1).at(row, column)};`,
        }),
        BARRIER,
      )
    }
    body.push(
      `for (var q = row; q < ${tile}u; q += ${ROWS}u) {`,
      'var gx = 0.0;\nvar gy = 0.0;',
      `for (var k = lane; k < ${generator.width(1)}u; k += ${LANES}u) {`,
      `let s = ${at(s, 1).at('q', 'k')};`,
      `gx += s * ${generator.weight(1, '0u', 'k')};`,
      `gy += s * ${generator.weight(1, '1u', 'k')};`,
      '}',
      `partX[q * ${LANES}u + lane] = gx;\npartY[q * ${LANES}u + lane] = gy;`,
      '}',
      BARRIER,
      generator.gather('both'),
      // pgx, pgy become q = 2w(∇V + u).
      `
    if (local < ${tile}u) {
      let miss = vec2f(pgx[local] + pux[local], pgy[local] + puy[local]);
      loss[local] = ${ownTerm} + pw[local] * dot(miss, miss);
      pgx[local] = 2.0 * pw[local] * miss.x;
      pgy[local] = 2.0 * pw[local] * miss.y;
    }`,
      BARRIER,
    )
    for (const i of layers) {
      const finish = (row: string, column: string, sum: string) => {
        const slope = at(d, i).at(row, column)
        const lines = [
          `{ let sBar = ${sum};`,
          `let f1 = ${slope};`,
          `let h = sBar * ${at(r, i).at(row, column)} * ${at(e, i).at(row, column)};`,
          `${at(r, i).at(row, column)} = sBar * f1;`,
        ]
        if (i === depth) {
          lines.push(`${slope} = pc[${row}] * ${generator.output(column)} * f1 + h;`)
        } else lines.push(`${at(e, i).at(row, column)} = h;`)
        lines.push('}')
        return lines.join('\n')
      }
      body.push(
        i === 1
          ? generator.firstLayer(finish, 'pgx', 'pgy', false)
          : generator.product({
              rows: tile,
              columns: generator.width(i),
              inner: generator.width(i - 1),
              terms: [generator.forward(i, at(r, i - 1))],
              finish,
            }),
        BARRIER,
      )
    }
  } else {
    body.push(
      generator.gather('value'),
      `if (local < ${tile}u) { loss[local] = ${ownTerm}; }`,
      BARRIER,
    )
  }

  for (let i = depth; i >= 2; i--) {
    body.push(
      generator.product({
        rows: tile,
        columns: generator.width(i - 1),
        inner: generator.width(i),
        terms: [generator.reverse(i, at(d, i))],
        finish: (row, column, sum) => {
          const slope = at(d, i - 1).at(row, column)
          const h = second ? ` + ${at(e, i - 1).at(row, column)}` : ''
          return `${slope} = ${sum} * ${slope}${h};`
        },
      }),
      BARRIER,
    )
  }

  // θ-gradients: sums over the tile, added to those of earlier tiles of this workgroup.
  const add = (index: string, sum: string) =>
    `{ let k = base + ${index}; partial[k] = ${sum} + select(partial[k], 0.0, opening); }`
  const layer = (i: number) => layout.layers[i - 1]!
  for (let i = depth; i >= 2; i--) {
    const terms = [generator.outer(at(a, i - 1), at(d, i))]
    if (second) terms.push(generator.outer(at(r, i - 1), at(s, i)))
    body.push(
      generator.product({
        rows: generator.width(i - 1),
        columns: generator.width(i),
        inner: tile,
        terms,
        finish: (row, column, sum) =>
          add(`${layer(i).weights}u + ${row} * ${layer(i).outputs}u + ${column}`, sum),
      }),
    )
  }
  for (const i of layers) {
    const width = generator.width(i)
    const z = at(d, i).at('q', 'k')
    body.push(`for (var k = local; k < ${width}u; k += ${WORKGROUP}u) {`, 'var bias = 0.0;')
    if (i === 1) body.push('var wx = 0.0;\nvar wy = 0.0;')
    if (i === depth) body.push('var w = 0.0;')
    body.push(`for (var q = 0u; q < ${tile}u; q++) {`, `let z = ${z};`, 'bias += z;')
    if (i === 1) {
      body.push('wx += px[q] * z;', 'wy += py[q] * z;')
      if (second) {
        body.push(`let s = ${at(s, 1).at('q', 'k')};`, 'wx += pgx[q] * s;', 'wy += pgy[q] * s;')
      }
    }
    if (i === depth) {
      body.push(`w += pc[q] * ${at(a, i).at('q', 'k')};`)
      if (second) body.push(`w += ${at(r, i).at('q', 'k')};`)
    }
    body.push('}', add(`${layer(i).biases}u + k`, 'bias'))
    if (i === 1) {
      body.push(
        add(`${layer(1).weights}u + k`, 'wx'),
        add(`${layer(1).weights + width}u + k`, 'wy'),
      )
    }
    if (i === depth) body.push(add(`${layer(depth + 1).weights}u + k`, 'w'))
    body.push('}')
  }
  const extra = nodes > 0 ? 'if (opening && group.x == 0u) { total += logZ; }' : ''
  body.push(`
    if (local == 0u) {
      var total = 0.0;
      var c = 0.0;
      for (var q = 0u; q < ${tile}u; q++) {
        total += loss[q];
        c += pc[q];
      }
      ${extra}
      ${add(`${layout.layers[depth]!.biases}u`, 'c')}
      ${add(`${layout.length}u`, 'total')}
    }
    ${BARRIER}`)

  const main = MAIN(
    'accumulate',
    `
  let base = (given.share + group.x) * ${partialLength(layout)}u;
  ${nodes > 0 ? 'weigh_nodes();' : ''}
  for (var t = group.x; t * ${tile}u < given.points; t += given.groups) {
    let opening = t == group.x;
    ${body.join('\n')}
  }`,
  )
  const code =
    BINDINGS +
    READERS +
    memory.declarations +
    generator.prelude() +
    (nodes > 0 ? RANDOM + resampling(nodes) : '') +
    main
  return { code, entry: 'accumulate', slab: memory.slab }
}

/** The cumulative sums of the nodes' weights e^(min V − V), and log Z; `nodes` is a multiple of 64. */
function resampling(nodes: number): string {
  const share = nodes / WORKGROUP
  return `
var<private> logZ: f32;
var<private> offset: f32;
fn weigh_nodes() {
  var least = 3.4e38;
  for (var k = local; k < ${nodes}u; k += ${WORKGROUP}u) { least = min(least, nodes[k].z); }
  chunk[local] = least;
  workgroupBarrier();
  for (var k = 0u; k < ${WORKGROUP}u; k++) { least = min(least, chunk[k]); }
  workgroupBarrier();
  var sum = 0.0;
  for (var k = 0u; k < ${share}u; k++) {
    sum += exp(least - nodes[local * ${share}u + k].z);
    mass[local * ${share}u + k] = sum;
  }
  chunk[local] = sum;
  workgroupBarrier();
  var before = 0.0;
  var total = 0.0;
  for (var k = 0u; k < ${WORKGROUP}u; k++) {
    if (k == local) { before = total; }
    total += chunk[k];
  }
  for (var k = 0u; k < ${share}u; k++) { mass[local * ${share}u + k] += before; }
  let cell = 2.0 * given.halfWidth / f32(given.side);
  logZ = log(total * cell * cell) - least;
  offset = unit(hash4(${nodes}u, given.counter).x);
  workgroupBarrier();
}
fn resampled(k: u32) -> vec2f {
  let level = (f32(k) + offset) / f32(given.points - given.negatives) * mass[${nodes - 1}];
  var low = 0u;
  var high = ${nodes - 1}u;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (mass[middle] < level) { low = middle + 1u; } else { high = middle; }
  }
  return nodes[low].xy;
}
`
}

/** Bindings of the shaders that add up the shares of the workgroups. */
const UPDATERS = [
  binding(1, 'state', 'f32'),
  binding(2, 'partial', 'f32', 'read'),
  binding(3, 'chains', 'f32'),
  binding(4, 'reports', 'f32'),
  binding(5, 'result', 'f32'),
].join('')

const SUM = (length: number) => `
fn sum_of(k: u32) -> f32 {
  var sum = 0.0;
  for (var g = 0u; g < given.groups; g++) { sum += partial[g * ${length}u + k]; }
  return sum;
}
`

/** Writes the whole gradient, then the loss, into `result`. */
export function sumSource(shape: NetworkShape): Source {
  const length = partialLength(paddedLayout(shape))
  const code =
    BINDINGS +
    UPDATERS +
    SUM(length) +
    `
@compute @workgroup_size(${WORKGROUP})
fn sum_up(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < ${length}u) { result[id.x] = sum_of(id.x); }
}
`
  return { code, entry: 'sum_up', slab: 0 }
}

/**
 * Adds up the gradient and makes one step of Adam (training/adam.ts) on `state`, which holds θ, θ with
 * transposed weights, and both moments, one after another; writes the report of the step, and adapts
 * the chains' d ← d e^{κ Σ(a − a*)} over the MALA steps since the last update, within its limits.
 */
export function adamSource(shape: NetworkShape): Source {
  const layout = paddedLayout(shape)
  const { length } = layout
  const stride = partialLength(layout)
  const transposed = layout.layers
    .slice(1, -1)
    .map(
      ({ inputs, outputs, weights }) => `
  if (k >= ${weights}u && k < ${weights + inputs * outputs}u) {
    let q = k - ${weights}u;
    twin = ${length + weights}u + (q % ${outputs}u) * ${inputs}u + q / ${outputs}u;
  }`,
    )
    .join('')
  const code =
    BINDINGS +
    UPDATERS +
    SUM(stride) +
    `
fn report() {
  let at = given.report * ${REPORT}u;
  reports[at] = sum_of(${length}u);
  if (given.chainGroups == 0u) { return; }
  let d = 2u * given.count;
  var accepted = 0.0;
  var change = 0.0;
  for (var g = 0u; g < given.chainGroups; g++) {
    accepted += chains[d + 1u + g];
    change += chains[d + 1u + given.chainGroups + g];
  }
  let rate = accepted / f32(given.count);
  let next = chains[d] * exp(given.adaptation * (rate - f32(given.moves) * given.acceptance));
  chains[d] = clamp(next, given.leastStep, given.largestStep);
  reports[at + 1u] = rate / f32(given.moves);
  reports[at + 2u] = chains[d];
  reports[at + 3u] = change / f32(given.count);
}
@compute @workgroup_size(${WORKGROUP})
fn adam(@builtin(global_invocation_id) id: vec3u) {
  let k = id.x;
  if (k == ${length}u) { report(); }
  if (k >= ${length}u) { return; }
  let g = sum_of(k);
  let mean = 0.9 * state[${2 * length}u + k] + 0.1 * g;
  let square = 0.99 * state[${3 * length}u + k] + 0.01 * g * g;
  let next = state[k] - given.stride * mean / (sqrt(square * given.scale) + 1e-8);
  var twin = ${length}u + k;
  ${transposed}
  state[k] = next;
  state[twin] = next;
  state[${2 * length}u + k] = mean;
  state[${3 * length}u + k] = square;
}
`
  return { code, entry: 'adam', slab: 0 }
}

/** Tuples in the layout of the device, TUPLE floats a point. */
export function tupleWords(tuples: Tuples): Float32Array {
  const { xy, c, w, u } = tuples
  const words = new Float32Array(TUPLE * c.length)
  for (let i = 0; i < c.length; i++) {
    const at = TUPLE * i
    words[at] = xy[2 * i]!
    words[at + 1] = xy[2 * i + 1]!
    words[at + 2] = c[i]!
    if (w === null || u === null || i >= w.length) continue
    words[at + 3] = w[i]!
    words[at + 4] = u[2 * i]!
    words[at + 5] = u[2 * i + 1]!
  }
  return words
}
