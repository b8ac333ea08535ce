import type { BackendChoice, BackendName } from '../../../learning/ids.ts'
import type {
  Backend,
  Calibration,
  CalibrationMemory,
  OpenBackend,
} from '../../../learning/training/api.ts'
import { BackendFault, within } from '../../../learning/kernels/deadline.ts'
import type { BackendReport } from '../../protocol/calls.ts'
import type { Environment } from '../environment.ts'

/** Longest time for loading code, seconds. */
const CODE_LIMIT = 20

/** The opening of one choice; `backend` is null until it is open. */
interface Opening {
  readonly promise: Promise<Backend>
  backend: Backend | null
}

/**
 * The training backends. The first call of `open` loads their code.
 */
export class Backends implements CalibrationMemory {
  private readonly environment: Environment
  private readonly loadCode: typeof loadBackends
  private calibrations: Readonly<Record<string, Calibration>> = {}
  /** Backends that failed in use, with the reason; only a choice by name opens them again. */
  private readonly failed = new Map<BackendName, string>()
  private readonly choices = new Map<BackendChoice, Opening>()

  /** @param load imports the code that opens backends */
  constructor(environment: Environment, load = loadBackends) {
    this.environment = environment
    this.loadCode = load
  }

  /** Takes over the calibrations of earlier visits. */
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

  /**
   * Opens a backend, once for each choice. Rejects where no backend can be opened.
   * @param quiet for a check: the page is not told that this backend is in use
   */
  open(choice: BackendChoice, quiet = false): Promise<Backend> {
    // Closes a backend whose device was lost while idle, so that this call opens another.
    for (const { backend } of this.choices.values())
      if (backend !== null && backend.lost() !== null) this.close(backend)
    const known = this.choices.get(choice)
    if (known !== undefined) return known.promise
    const opening: Opening = { promise: this.find(choice, quiet), backend: null }
    this.choices.set(choice, opening)
    opening.promise.then(
      (backend) => (opening.backend = backend),
      () => {
        if (this.choices.get(choice) === opening) this.choices.delete(choice)
      },
    )
    return opening.promise
  }

  /** The backend to go on with when `broken` has failed. Backends that are still opening stay untouched. */
  async replace(broken: Backend, error: unknown): Promise<Backend> {
    const fault = broken.lost() ?? (error instanceof BackendFault ? error : null)
    const details = fault === null ? messageOf(error) : fault.details
    this.giveUp(broken, fault?.message ?? 'it stopped working')
    // Emits the event here, because `open` reports no backend that is open already.
    const next = await this.open(this.failed.has('wasm') ? 'cpu' : 'wasm', true)
    this.environment.emit('backend', reportOf(next))
    this.environment.emit('notice', {
      level: 'warning',
      text: `${broken.description} failed${fault === null ? '' : `: ${fault.message}`}; training goes on with ${next.description}.`,
      ...(details === null ? {} : { details }),
    })
    return next
  }

  /** Closes a backend that failed. @param why the reason, as a clause */
  giveUp(broken: Backend, why: string): void {
    this.failed.set(broken.name, why)
    this.close(broken)
  }

  private close(closed: Backend): void {
    for (const [choice, { backend }] of this.choices)
      if (backend !== null && isSame(backend, closed)) this.choices.delete(choice)
    closed.dispose()
  }

  /** Opens a choice, or takes an open backend of that name, so that no device is requested twice. */
  private async find(choice: BackendChoice, quiet: boolean): Promise<Backend> {
    // An opening of `auto` may be about to open the same device.
    const auto = this.choices.get('auto')
    if (choice === 'webgpu') await auto?.promise.catch(() => undefined)
    for (const { backend } of this.choices.values())
      if (backend?.name === choice) return { ...backend, reason: 'asked for by name' }
    return this.load(choice, quiet)
  }

  private async load(choice: BackendChoice, quiet: boolean): Promise<Backend> {
    const openBackend = await within(CODE_LIMIT, 'the code for training', this.loadCode())
    const backend = await openBackend({
      choice,
      kernelModule: this.environment.kernelModule,
      calibrations: this,
      failed: this.failed,
      onLate: () => this.choices.delete(choice),
    })
    if (!quiet) this.environment.emit('backend', reportOf(backend))
    return backend
  }
}

async function loadBackends(): Promise<OpenBackend> {
  return (await import('../../../learning/training/backend.ts')).openBackend
}

/** Whether two choices led to one backend. */
function isSame(one: Backend, other: Backend): boolean {
  return one.dispose === other.dispose
}

export function reportOf(backend: Backend): BackendReport {
  return {
    name: backend.name,
    description: backend.description,
    reason: backend.reason,
    refused: backend.refused,
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
