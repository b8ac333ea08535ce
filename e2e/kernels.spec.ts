import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Page } from '@playwright/test'
import { build } from 'vite'
import { buildKernels, ENERGY_WASM } from '../scripts/buildKernels.ts'
import { CSP } from '../scripts/csp.ts'
import { Purpose, Rng } from '../src/core/maths/rng.ts'
import { parameterLayout, type NetworkShape } from '../src/learning/kernels/kernel.ts'
import { accumulateReference, evaluateReference } from '../src/learning/kernels/reference.ts'
import { createSimdKernel } from '../src/learning/kernels/simd/simdKernel.ts'
import { BACKEND_NAMES, isOnDevice, type BackendName } from '../src/learning/ids.ts'
import { expect, test } from './fixtures.ts'
import type { KernelRequest } from './kernels/page.ts'

/**
 * Every backend's two primitives, run in a real browser, against the float64 reference, run here. The
 * reference itself is held to finite differences in its unit test. The page is built for this spec
 * alone and never shipped.
 */
const ROOT = path.resolve(import.meta.dirname, '..')

async function bundle(): Promise<string> {
  const output = await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      rolldownOptions: {
        input: path.join(ROOT, 'e2e/kernels/page.ts'),
        output: { codeSplitting: false },
      },
    },
  })
  const [result] = Array.isArray(output) ? output : [output]
  if (result === undefined || !('output' in result)) throw new Error('the page was not built')
  return result.output[0].code
}

async function openPage(page: Page, code: string): Promise<void> {
  const headers = { 'Content-Security-Policy': CSP }
  await page.route('**/kernels/**', async (route) => {
    const name = path.posix.basename(new URL(route.request().url()).pathname)
    if (name === 'page.html') {
      const body =
        '<!doctype html><link rel="icon" href="data:,"><script type="module" src="page.js"></script>'
      await route.fulfill({ headers, contentType: 'text/html', body })
    } else if (name === 'page.js') {
      await route.fulfill({ headers, contentType: 'text/javascript', body: code })
    } else {
      const body = readFileSync(ENERGY_WASM)
      await route.fulfill({ headers, contentType: 'application/wasm', body })
    }
  })
  await page.goto('/kernels/page.html')
  await page.waitForFunction(() => 'runKernel' in window)
}

function problem(shape: NetworkShape, n: number): Omit<KernelRequest, 'backend' | 'kernelUrl'> {
  const rng = new Rng({ seed: 11, purpose: Purpose.weights })
  const draw = (length: number, scale: number): number[] =>
    Array.from({ length }, () => Math.fround(scale * rng.normal()))
  return {
    shape,
    theta: draw(parameterLayout(shape).length, 0.5),
    xy: draw(2 * n, 1.5),
    c: draw(n, 1 / n),
    w: draw(n, 1 / n),
    u: draw(2 * n, 1),
    repeats: 3,
  }
}

/** Largest difference, relative to the largest entry of the reference. */
function error(found: readonly number[], expected: Float64Array): number {
  expect(found).toHaveLength(expected.length)
  const scale = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  return found.reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i]!)), 0) / scale
}

const SHAPE: NetworkShape = { widths: [64, 32, 32], activations: ['sin', 'silu', 'silu'] }
const POINTS = 128

/** Float32 sums agree to about 1e-6; WGSL leaves its own sin and cos an absolute error of 2⁻¹¹, which tensor
 *  operations on WebGPU use and the fused kernel does not. */
const TOLERANCE: Readonly<Record<BackendName, number>> = {
  ...{ webgpu: 1e-5, wasm: 1e-5, cpu: 1e-5 },
  ...{ 'tfjs-webgpu': 5e-3, 'tfjs-cpu': 1e-5 },
}

// In one process, which builds the page once.
test.describe.configure({ mode: 'default' })

let code = ''
test.beforeAll(async () => {
  await buildKernels()
  code = await bundle()
})

for (const backend of BACKEND_NAMES) {
  test(`${backend}: V, ∇V, losses and their θ-gradients agree with the float64 reference`, async ({
    page,
  }) => {
    await openPage(page, code)
    const request = problem(SHAPE, POINTS)
    const kernelUrl = new URL('/kernels/energy.wasm', page.url()).href
    const reply = await page.evaluate((whole) => window.runKernel(whole), {
      ...request,
      backend,
      kernelUrl,
    })
    expect(reply.backend).toBe(backend)
    if (isOnDevice(backend)) expect(reply.description).toMatch(/swiftshader/i)

    const tolerance = TOLERANCE[backend]
    const { theta, xy, c, w, u } = request
    const value = new Float64Array(POINTS)
    const gradient = new Float64Array(2 * POINTS)
    evaluateReference(SHAPE, theta, xy, value, gradient)
    expect(error(reply.value, value)).toBeLessThan(tolerance)
    expect(error(reply.gradient, gradient)).toBeLessThan(tolerance)

    const kinds = [
      { xy, c, w: null, u: null },
      { xy, c, w, u },
    ]
    expect(reply.losses).toHaveLength(kinds.length)
    for (const [i, tuples] of kinds.entries()) {
      const lossGradient = new Float64Array(theta.length)
      const loss = accumulateReference(SHAPE, theta, tuples, lossGradient)
      expect(error(reply.losses[i]!.gradient, lossGradient)).toBeLessThan(tolerance)
      expect(error([reply.losses[i]!.loss], Float64Array.of(loss))).toBeLessThan(tolerance)
    }
    expect(reply.tensors[1]).toBe(reply.tensors[0])
  })
}

test('the SIMD kernel gives the same bits in the browser and in Node', async ({ page }) => {
  await openPage(page, code)
  for (const [shape, n] of [
    [SHAPE, 1300],
    [{ widths: [9, 5], activations: ['tanh', 'sin'] }, 77],
  ] satisfies [NetworkShape, number][]) {
    const request = problem(shape, n)
    const kernelUrl = new URL('/kernels/energy.wasm', page.url()).href
    const reply = await page.evaluate((whole) => window.runKernel(whole), {
      ...request,
      backend: 'wasm' as const,
      kernelUrl,
    })
    const kernel = createSimdKernel(
      await WebAssembly.compile(new Uint8Array(readFileSync(ENERGY_WASM))),
      shape,
    )
    const [theta, xy, c, w, u] = [
      ...[request.theta, request.xy, request.c, request.w, request.u],
    ].map((values) => Float32Array.from(values)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ]
    const value = new Float32Array(n)
    const gradient = new Float32Array(2 * n)
    kernel.evaluateSync(theta, xy, value, gradient)
    expect(reply.value).toEqual([...value])
    expect(reply.gradient).toEqual([...gradient])
    const kinds = [
      { xy, c, w: null, u: null },
      { xy, c, w, u },
    ]
    for (const [i, tuples] of kinds.entries()) {
      const out = new Float32Array(theta.length)
      expect(reply.losses[i]!.loss).toBe(kernel.accumulateSync(theta, tuples, out))
      expect(reply.losses[i]!.gradient).toEqual([...out])
    }
  }
})
