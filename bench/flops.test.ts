import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { parameterLayout, type NetworkShape } from '../src/learning/kernels/kernel.ts'
import { accumulateReference, evaluateReference } from '../src/learning/kernels/reference.ts'
import { accumulateFlops, evaluateFlops, TABLE_STEP_FLOPS } from './flops.ts'

/**
 * In the reference every multiply-add of a matrix product reads one weight or writes one weight's
 * gradient: counting these accesses counts the products without any formula.
 */
function counted(values: Float64Array, isWeight: (k: number) => boolean) {
  const count = { reads: 0, writes: 0 }
  const proxy = new Proxy(values, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) {
        if (isWeight(Number(key))) count.reads++
        return target[Number(key)]
      }
      const member: unknown = Reflect.get(target, key, target)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
    set(target, key, value: number) {
      if (isWeight(Number(key))) count.writes++
      target[Number(key)] = value
      return true
    },
  })
  return { proxy, count }
}

const shape: NetworkShape = { widths: [7, 5, 3], activations: ['sin', 'silu', 'tanh'] }
const { layers, length } = parameterLayout(shape)
const isWeight = (k: number) => layers.some((one) => k >= one.weights && k < one.biases)
const theta = Float64Array.from({ length }, (_, k) => ((k * 37) % 11) / 10 - 0.5)
const n = 4
const xy = Float64Array.from({ length: 2 * n }, (_, k) => k / 3 - 1)
const inputWeights = layers[0]!.inputs * layers[0]!.outputs
const outputWeights = layers.at(-1)!.inputs

describe('FLOP counts', () => {
  it('of V and ∇V are twice the weights that the reference reads', () => {
    const { proxy, count } = counted(theta, isWeight)
    evaluateReference(shape, proxy, xy, new Float64Array(n), new Float64Array(2 * n))
    // The output weights are read once more, to start r_L = w: no product.
    expect(evaluateFlops(shape, n)).toBe(2 * (count.reads - n * outputWeights))
    expect(evaluateFlops(shape, n, false)).toBe(2 * n * (2 * 7 + 7 * 5 + 5 * 3 + 3))
  })

  it('of the loss on ∇V are twice the weights read and the weight gradients written', () => {
    const { proxy, count } = counted(theta, isWeight)
    const out = counted(new Float64Array(length), isWeight)
    const ones = new Float64Array(n).fill(1)
    const tuples = { xy, c: ones, w: ones, u: new Float64Array(2 * n) }
    accumulateReference(shape, proxy, tuples, out.proxy)
    // No product: w copied to r_L and scaled by c, both gradients of w written as one. Not needed: ā₀.
    const products = count.reads - n * (2 * outputWeights + inputWeights) + out.count.writes
    expect(accumulateFlops(shape, n, true)).toBe(2 * products)
  })

  it('of the loss on V are those without the second-order pass', () => {
    expect(accumulateFlops(shape, n, true) - accumulateFlops(shape, n, false)).toBe(
      2 * n * 3 * (2 * 7 + 7 * 5 + 5 * 3),
    )
    // The default network at a batch of 256: close to the 6·P·B of the rule of thumb.
    const standard: NetworkShape = { widths: [64, 32, 32], activations: ['sin', 'silu', 'silu'] }
    const ratio = accumulateFlops(standard, 256, false) / (6 * 3232 * 256)
    expect(ratio).toBeGreaterThan(0.95)
    expect(ratio).toBeLessThan(1)
  })

  it('of a step on the table are the operators in its source, but for the integer ones', () => {
    const total =
      operators('core/maths/hermite.ts', 'hermiteGradients') +
      ['boxMuller', 'unit'].reduce((sum, name) => sum + operators('core/maths/rng.ts', name), 0) +
      ['logKernel', 'quarterTurn', 'sineKernel', 'cosineKernel'].reduce(
        (sum, name) => sum + operators('core/maths/elementary.ts', name),
        0,
      ) +
      ['centresOfBlock', 'noisyGoals'].reduce(
        (sum, name) => sum + operators('core/fields/transition.ts', name),
        0,
      )
    expect(TABLE_STEP_FLOPS / total).toBeGreaterThan(0.85)
    expect(TABLE_STEP_FLOPS / total).toBeLessThanOrEqual(1)
  })
})

/** Arithmetic operators and roots that a function's source has, those of array indices left out. */
function operators(file: string, name: string): number {
  const text = readFileSync(`src/${file}`, 'utf8')
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true)
  const { PlusToken, MinusToken, AsteriskToken, SlashToken } = ts.SyntaxKind
  const arithmetic = new Set<ts.SyntaxKind>([PlusToken, MinusToken, AsteriskToken, SlashToken])
  let count = 0
  const visit = (node: ts.Node): void => {
    if (ts.isElementAccessExpression(node)) {
      visit(node.expression)
      return
    }
    if (ts.isBinaryExpression(node) && arithmetic.has(node.operatorToken.kind)) count++
    if (ts.isCallExpression(node) && node.expression.getText() === 'Math.sqrt') count++
    ts.forEachChild(node, visit)
  }
  const find = (node: ts.Node): void => {
    if (ts.isFunctionDeclaration(node) && node.name?.text === name && node.body) visit(node.body)
    else ts.forEachChild(node, find)
  }
  find(source)
  if (count === 0) throw new Error(`${file} has no arithmetic in ${name}`)
  return count
}
