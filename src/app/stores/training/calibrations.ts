import type { Calibration } from '../../../lab/protocol/calls.ts'

/** Milliseconds after which a calibration expires, since drivers and browsers change. */
const LIFETIME = 30 * 24 * 3600 * 1000

/** Calibrations by the name of the GPU adapter, with their time (milliseconds since 1970). */
export type Calibrations = Readonly<Record<string, Calibration & { readonly at: number }>>

/** Reads stored calibrations and omits those of another shape and expired ones. */
export function readCalibrations(stored: unknown, now: number): Calibrations {
  if (typeof stored !== 'string') return {}
  let json: unknown
  try {
    json = JSON.parse(stored)
  } catch {
    return {}
  }
  if (typeof json !== 'object' || json === null) return {}
  const known = Object.entries(json).flatMap(([adapter, entry]: [string, unknown]) => {
    if (typeof entry !== 'object' || entry === null) return []
    const { webgpu, wasm, at } = entry as Record<string, unknown>
    if (!isTime(webgpu) || !isTime(wasm) || !isTime(at)) return []
    return Math.abs(now - at) > LIFETIME ? [] : [[adapter, { webgpu, wasm, at }] as const]
  })
  return Object.fromEntries(known)
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
