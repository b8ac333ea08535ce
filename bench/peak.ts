import { summarise } from './statistics.ts'

/** What this machine can do at best, on one core, measured. */
export interface Peak {
  /** Float32 multiplications and additions in WebAssembly SIMD, operations a second. */
  readonly simd: number
  /** The same in scalar float64, as JavaScript has it. */
  readonly scalar: number
  /** Bytes a second that a copy of 64 MiB reads and writes. */
  readonly memory: number
}

/** Independent chains: enough to hide the latency of both operations, few enough for 16 registers. */
const CHAINS = 12

const TYPE = { v128: 0x7b, f64: 0x7c, i32: 0x7f } as const

interface Arithmetic {
  readonly type: number
  readonly constant: (value: number) => number[]
  readonly multiply: readonly number[]
  readonly add: readonly number[]
  /** To a float64 in the end, so that nothing is optimised away. */
  readonly finish: readonly number[]
}

const bytesOf = (values: Float32Array | Float64Array) => [...new Uint8Array(values.buffer)]

const SIMD: Arithmetic = {
  type: TYPE.v128,
  constant: (value) => [0xfd, 0x0c, ...bytesOf(new Float32Array(4).fill(value))],
  multiply: [0xfd, 0xe6, 0x01],
  add: [0xfd, 0xe4, 0x01],
  // f32x4.extract_lane 0, f64.promote_f32
  finish: [0xfd, 0x1f, 0x00, 0xbb],
}

const SCALAR: Arithmetic = {
  type: TYPE.f64,
  constant: (value) => [0x44, ...bytesOf(Float64Array.of(value))],
  multiply: [0xa2],
  add: [0xa0],
  finish: [],
}

function unsigned(value: number): number[] {
  const bytes: number[] = []
  do {
    const more = value >>> 7
    bytes.push((value & 0x7f) | (more > 0 ? 0x80 : 0))
    value = more
  } while (value > 0)
  return bytes
}

const section = (id: number, content: readonly number[]) => [
  id,
  ...unsigned(content.length),
  ...content,
]

/**
 * A module with one function (rounds: i32) → f64 that runs xⱼ ← xⱼ·m + a for every chain, `rounds` times. Encoded here
 * because no compiler may be between the loop and what is measured.
 */
function chainModule(arithmetic: Arithmetic): Uint8Array<ArrayBuffer> {
  const { type, constant, multiply, add, finish } = arithmetic
  const local = (k: number) => unsigned(1 + k)
  const body: number[] = []
  for (let k = 0; k < CHAINS; k++) body.push(...constant(0.1 * k), 0x21, ...local(k))
  // m and a in locals, hence in registers: constants in the loop are loaded anew.
  body.push(...constant(0.5), 0x21, ...local(CHAINS), ...constant(0.25), 0x21, ...local(CHAINS + 1))
  body.push(0x03, 0x40)
  for (let k = 0; k < CHAINS; k++) {
    body.push(0x20, ...local(k), 0x20, ...local(CHAINS), ...multiply)
    body.push(0x20, ...local(CHAINS + 1), ...add, 0x21, ...local(k))
  }
  // rounds = rounds − 1; again unless 0
  body.push(0x20, 0x00, 0x41, 0x01, 0x6b, 0x22, 0x00, 0x0d, 0x00, 0x0b)
  body.push(0x20, ...local(0))
  for (let k = 1; k < CHAINS; k++) body.push(0x20, ...local(k), ...add)
  body.push(...finish, 0x0b)
  const code = [0x01, ...unsigned(CHAINS + 2), type, ...body]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [0x01, 0x60, 0x01, TYPE.i32, 0x01, TYPE.f64]),
    ...section(3, [0x01, 0x00]),
    ...section(7, [0x01, 0x03, ...[...'run'].map((letter) => letter.charCodeAt(0)), 0x00, 0x00]),
    ...section(10, [0x01, ...unsigned(code.length), ...code]),
  ])
}

/** The compiled loop: the sum of all chains after `rounds` rounds. */
export async function chainLoop(kind: 'simd' | 'scalar'): Promise<(rounds: number) => number> {
  const { instance } = await WebAssembly.instantiate(chainModule(kind === 'simd' ? SIMD : SCALAR))
  return instance.exports['run'] as (rounds: number) => number
}

/** Operations of one round. */
export const operationsOf = (kind: 'simd' | 'scalar') => 2 * CHAINS * (kind === 'simd' ? 4 : 1)

/** Short enough to fall between two interruptions, many enough that some do. */
const ROUNDS = 200_000
const SAMPLES = 150
const COPIES = 7
const COPIED = 64 * 1024 * 1024

/** About a second of work. The best sample of arithmetic counts: a peak is what was reached once. */
export async function measurePeak(): Promise<Peak> {
  const best = (samples: readonly number[]) => Math.min(...samples)
  const loop = async (kind: 'simd' | 'scalar') => {
    const run = await chainLoop(kind)
    for (let i = 0; i < SAMPLES; i++) run(ROUNDS)
    const times = Array.from({ length: SAMPLES }, () => {
      const start = performance.now()
      run(ROUNDS)
      return performance.now() - start
    })
    return (operationsOf(kind) * ROUNDS) / (best(times) / 1000)
  }
  const from = new Float64Array(COPIED / 8).fill(1)
  const to = new Float64Array(COPIED / 8)
  to.set(from)
  const copies = Array.from({ length: COPIES }, () => {
    const start = performance.now()
    to.set(from)
    return performance.now() - start
  })
  return {
    simd: await loop('simd'),
    scalar: await loop('scalar'),
    memory: (2 * COPIED) / (summarise(copies).value / 1000),
  }
}
