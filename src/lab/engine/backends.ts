import type { BackendChoice } from '../../learning/ids.ts'
import type { Backend, Calibration, CalibrationMemory } from '../../learning/training/api.ts'
import type { BackendReport } from '../protocol/calls.ts'
import type { Environment } from './environment.ts'

/**
 * The training backends, opened when first asked for: their code is loaded then and not before.
 */
export class Backends implements CalibrationMemory {
  private readonly environment: Environment
  private calibrations: Readonly<Record<string, Calibration>> = {}
  private readonly opened = new Map<BackendChoice, Promise<Backend>>()

  constructor(environment: Environment) {
    this.environment = environment
  }

  /** Takes over what was measured on earlier visits. */
  learn(calibrations: Readonly<Record<string, Calibration>>): void {
    this.calibrations = { ...calibrations, ...this.calibrations }
  }

  recall(adapter: string): Calibration | null {
    return this.calibrations[adapter] ?? null
  }

  remember(adapter: string, calibration: Calibration): void {
    this.calibrations = { ...this.calibrations, [adapter]: calibration }
    this.environment.emit('calibrated', { adapter, calibration })
  }

  /** Opens a backend, once for each choice. Rejects with the library's reason where it cannot. */
  open(choice: BackendChoice): Promise<Backend> {
    const known = this.opened.get(choice)
    if (known) return known
    const opening = this.find(choice)
    this.opened.set(choice, opening)
    opening.catch(() => this.opened.delete(choice))
    return opening
  }

  /** The backend to go on with when `broken` has failed. */
  async replace(broken: Backend, message: string): Promise<Backend> {
    for (const [choice, opening] of this.opened)
      if ((await opening).name === broken.name) this.opened.delete(choice)
    broken.dispose()
    const next = await this.open(broken.name === 'webgpu' ? 'wasm' : 'cpu')
    this.environment.emit('notice', {
      level: 'warning',
      text: `${broken.description} failed (${message}); training goes on with ${next.description}.`,
    })
    return next
  }

  /** One that is open already is taken again: a device is asked for only once. */
  private async find(choice: BackendChoice): Promise<Backend> {
    for (const opening of this.opened.values()) {
      const open = await opening
      if (open.name === choice) return { ...open, reason: 'asked for by name' }
    }
    return this.load(choice)
  }

  private async load(choice: BackendChoice): Promise<Backend> {
    const { openBackend } = await import('../../learning/training/backend.ts')
    const backend = await openBackend({
      choice,
      kernelModule: this.environment.kernelModule,
      calibrations: this,
    })
    this.environment.emit('backend', reportOf(backend))
    return backend
  }
}

export function reportOf(backend: Backend): BackendReport {
  return {
    name: backend.name,
    description: backend.description,
    reason: backend.reason,
    refused: backend.refused,
  }
}
