import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import type { NetworkShape } from '../src/learning/kernels/kernel.ts'
import { accumulateFlops, evaluateFlops, TABLE_STEP_FLOPS } from './flops.ts'

const shape: NetworkShape = { widths: [7, 5, 3], activations: ['sin', 'silu', 'tanh'] }
const n = 4

/** Multiply-adds of all the products that are listed, each [rows, inner, columns]. */
const multiplyAdds = (products: readonly (readonly [number, number, number])[]) =>
  products.reduce((sum, [rows, inner, columns]) => sum + rows * inner * columns, 0)

/** aᵢ₋₁Wᵢ of the layers 2 → 7 → 5 → 3, and a_L·w. */
const FORWARD = [
  [n, 2, 7],
  [n, 7, 5],
  [n, 5, 3],
  [n, 3, 1],
] as const
/** sᵢWᵢᵀ, from the last hidden layer to the first. */
const BACK = [
  [n, 3, 5],
  [n, 5, 7],
  [n, 7, 2],
] as const

describe('FLOP counts', () => {
  it('of V and ∇V are two for each multiply-add of their products', () => {
    expect(evaluateFlops(shape, n)).toBe(2 * multiplyAdds([...FORWARD, ...BACK]))
    expect(evaluateFlops(shape, n, false)).toBe(2 * multiplyAdds(FORWARD))
  })

  it('of the loss on ∇V are those of both passes and their adjoints', () => {
    const products = [
      ...FORWARD,
      ...BACK,
      // s̄ᵢ = r̄ᵢ₋₁Wᵢ and W̄ᵢ += r̄ᵢ₋₁ᵀsᵢ.
      ...([
        [n, 2, 7],
        [n, 7, 5],
        [n, 5, 3],
        [2, n, 7],
        [7, n, 5],
        [5, n, 3],
      ] as const),
      // W̄ᵢ += aᵢ₋₁ᵀz̄ᵢ, w̄ += a_Lᵀc, and āᵢ₋₁ = z̄ᵢWᵢᵀ but for the input.
      ...([
        [2, n, 7],
        [7, n, 5],
        [5, n, 3],
        [3, n, 1],
        [n, 3, 5],
        [n, 5, 7],
      ] as const),
    ]
    expect(accumulateFlops(shape, n, true)).toBe(2 * multiplyAdds(products))
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
