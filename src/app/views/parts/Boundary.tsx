import { Component, type ReactNode } from 'react'
import type { Lab } from '../../stores/lab.ts'
import { atLeisure } from './later.ts'

const loadRescue = atLeisure(() => import('../../stores/shelf/rescue.ts'))

/** How often a part is put up again whose elements somebody else has moved. */
const MOST_REPAIRS = 8

interface BoundaryProps {
  readonly lab: Lab
  /** What of the page stands behind it, at the head of a sentence. */
  readonly part: string
  /** Of what takes its place. */
  readonly className?: string
  /** In one element, with which whatever was moved inside it goes. */
  readonly children: ReactNode
}

interface BoundaryState {
  readonly failure: { readonly error: unknown } | null
  readonly repairs: number
  /** The link of the scene, where no file could be offered. */
  readonly link: string | null
}

/**
 * Stands behind a part of the page: where the part throws, a sentence takes its place, with a way to save what was made
 * and to reload, and the rest of the page goes on. A part whose elements a translator or an extension has moved
 * elsewhere is put up anew, without a word: what it shows lies in the stores.
 */
export class Boundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { failure: null, repairs: 0, link: null }

  static getDerivedStateFromError(error: unknown): Partial<BoundaryState> {
    return { failure: { error } }
  }

  override componentDidCatch(error: unknown): void {
    if (isMoved(error) && this.state.repairs < MOST_REPAIRS)
      this.setState(({ repairs }) => ({ failure: null, repairs: repairs + 1 }))
  }

  private async save(): Promise<void> {
    const { lab } = this.props
    try {
      const { download, rescueText } = await loadRescue()
      download('lyapunov-lab.json', rescueText(lab))
    } catch {
      const { address } = await lab.link().catch(() => ({ address: location.href }))
      this.setState({ link: address })
    }
  }

  override render(): ReactNode {
    const { part, className = 'station', children } = this.props
    const { failure, repairs, link } = this.state
    if (failure === null) return children
    if (isMoved(failure.error) && repairs < MOST_REPAIRS) return null
    return (
      <section className={`${className} failed`} role="alert">
        <p>
          {part} stopped by a fault of the lab. What you made is kept; reloading the page mends it.
        </p>
        <div className="failed-buttons">
          <button
            type="button"
            className="button primary"
            onClick={() => {
              location.reload()
            }}
          >
            Reload
          </button>
          <button type="button" className="button" onClick={() => void this.save()}>
            Save what you made
          </button>
        </div>
        {link !== null && <p>No file could be written. The link of the scene: {link}</p>}
        <details className="fold">
          <summary>Details</summary>
          <p className="quiet">{String(failure.error)}</p>
        </details>
      </section>
    )
  }
}

/** Elements are not where they were put: somebody else has moved or removed them. */
function isMoved(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotFoundError'
}
