import { useMemo, useRef, useState } from 'react'
import { isMixture } from '../../../lab/scene/composition.ts'
import { defaultTarget, isTargetId } from '../../../lab/scene/defaults.ts'
import type { EnergySpec, SumTerm } from '../../../lab/scene/sceneSpec.ts'
import { formatCoordinate, formatNats, formatShare } from '../../render/format.ts'
import { shortLabel } from '../../stores/labels.ts'
import { cardsOf, type Card } from '../../stores/shelf/cards.ts'
import { nameOf } from '../../stores/shelf/shelfStore.ts'
import { useLab, useScene, useShelf, useTool } from '../parts/context.ts'
import { Icon } from '../parts/Icon.tsx'
import { createPart } from '../parts/lazyPart.tsx'
import { Slider } from '../parts/Slider.tsx'
import { Thumbnail } from '../parts/Thumbnail.tsx'

const KeepOut = createPart(async () => (await import('../barriers/Barriers.tsx')).KeepOut, {
  placeholder: (
    <div className="keep-out">
      <span>Keep out</span>
      <button type="button" className="button" disabled>
        Draw region
      </button>
    </div>
  ),
})
const BarrierTerms = createPart(async () => (await import('../barriers/Barriers.tsx')).BarrierTerms)
const WhyCertified = createPart(async () => (await import('./WhyCertified.tsx')).WhyCertified)
const BarrierList = createPart(async () => (await import('../barriers/Barriers.tsx')).BarrierList)

/** A card on its way to the tray. */
interface Drag {
  readonly card: Card
  readonly x: number
  readonly y: number
  readonly over: boolean
}

/** How far a pointer moves before a press becomes a drag, CSS pixels. */
const DRAG_SLOP = 6

/** Station 2: energies add up, or their laws mix. */
export function ComposeStation() {
  const tray = useRef<HTMLDivElement>(null)
  const [drag, setDrag] = useState<Drag | null>(null)
  return (
    <section className="station compose" aria-labelledby="compose-heading">
      <h2 id="compose-heading">
        <span>2</span> Compose
      </h2>
      <Tray holder={tray} inviting={drag !== null} over={drag?.over ?? false} />
      <KeepOut />
      <Shelf tray={tray} onDrag={setDrag} />
      {drag !== null && (
        <div
          className="ghost"
          style={{ transform: `translate(${String(drag.x)}px, ${String(drag.y)}px)` }}
          aria-hidden="true"
        >
          <Thumbnail raster={drag.card.thumbnail} size={56} />
        </div>
      )}
    </section>
  )
}

interface TrayProps {
  readonly holder: React.RefObject<HTMLDivElement | null>
  readonly inviting: boolean
  readonly over: boolean
}

function Tray({ holder, inviting, over }: TrayProps) {
  const lab = useLab()
  const energy = useScene((scene) => scene.energy)
  const target = useScene((scene) => scene.target)
  const shelf = useShelf((state) => state)
  const terms = energy.kind === 'sum' ? energy.terms : []
  const mixture = isMixture(energy)
  const total = terms.reduce((sum, { weight }) => sum + weight, 0)
  return (
    <div
      className="tray"
      ref={holder}
      role="group"
      aria-label="Tray"
      data-testid="tray"
      data-terms={terms.length}
      data-inviting={inviting}
      data-over={over}
    >
      {terms.length === 0 ? (
        <p className="tray-empty">
          Drag energies here, or press one:{' '}
          <span className="nowrap">
            <i>V</i> = Σ <i>w</i>
            <sub>i</sub>
            <i>V</i>
            <sub>i</sub>
          </span>
        </p>
      ) : (
        <>
          <OperationChoice mixture={mixture} negative={terms.some(({ weight }) => weight < 0)} />
          <p className="sum" data-testid="sum-formula">
            <i>V</i> = {mixture ? <MixtureTerms terms={terms} /> : <SumTerms terms={terms} />}
            <BarrierTerms energy={energy} />
          </p>
          <ol className="terms">
            {terms.map((term, i) => {
              const name = nameOf(shelf, term.energy, term.target ?? target)
              return (
                <li key={i} data-weight={term.weight}>
                  <Slider
                    path="energy.terms.weight"
                    label={`Weight of ${name}`}
                    caption={
                      <>
                        <i>V</i>
                        <sub>{i + 1}</sub> {mixture && `${formatShare(term.weight / total, 0)}, `}
                        {shortName(term.energy, name)}
                      </>
                    }
                    value={term.weight}
                    {...(mixture ? { least: 0 } : {})}
                    format={formatCoordinate}
                    onChange={(weight) => {
                      lab.setWeight(i, weight)
                    }}
                  />
                  <button
                    type="button"
                    className="icon-button small"
                    aria-label={`Remove ${name} from the tray`}
                    onClick={() => {
                      lab.removeTerm(i)
                    }}
                  >
                    <Icon name="close" />
                  </button>
                </li>
              )
            })}
          </ol>
          <Why mixture={mixture} />
          <BarrierList />
          <div className="tray-buttons">
            <button
              type="button"
              className="button"
              onClick={() => {
                lab.saveComposition()
              }}
            >
              Save as energy
            </button>
            <button
              type="button"
              className="button"
              onClick={() => {
                lab.clearTray()
              }}
            >
              Clear
            </button>
          </div>
        </>
      )}
    </div>
  )
}

/** Folded away until someone asks. */
function Why({ mixture }: { readonly mixture: boolean }) {
  const [open, setOpen] = useState(false)
  return (
    <details
      className="fold"
      open={open}
      onToggle={(event) => {
        setOpen(event.currentTarget.open)
      }}
    >
      <summary>
        Why it is certified{' '}
        <span className="quiet">what a {mixture ? 'mixture' : 'sum'} inherits</span>
      </summary>
      {open && <WhyCertified />}
    </details>
  )
}

const OPERATIONS = {
  and: {
    title: 'V = Σ wᵢ Vᵢ: the laws multiply',
    sentence: 'Particles go where all of these are low.',
  },
  or: {
    title: 'V = −log Σ pᵢ e^(−Vᵢ)/Zᵢ: the laws mix',
    sentence: 'Particles go where any of these is low: at ε = 1 the mixture of the laws.',
  },
} as const

function OperationChoice({ mixture, negative }: { mixture: boolean; negative: boolean }) {
  const lab = useLab()
  const chosen = mixture ? 'or' : 'and'
  return (
    <>
      <div className="operation">
        <div className="segments" role="group" aria-label="Compose by">
          {(['and', 'or'] as const).map((operation) => (
            <button
              key={operation}
              type="button"
              title={OPERATIONS[operation].title}
              aria-pressed={operation === chosen}
              onClick={() => {
                if (operation !== chosen) lab.setOperation(operation)
              }}
            >
              {operation}
            </button>
          ))}
        </div>
        <p>{OPERATIONS[chosen].sentence}</p>
      </div>
      {negative && (
        <p className="not">
          A weight below 0 is a <i>not</i>: particles shun where that energy is low. In the box{' '}
          <i>V</i> stays bounded and π a law; KL falls by the same identity, with the curvature of
          this sum.
        </p>
      )}
    </>
  )
}

interface TermsProps {
  readonly terms: readonly SumTerm[]
}

function SumTerms({ terms }: TermsProps) {
  return terms.map(({ weight }, i) => (
    <span key={i}>
      {i === 0 ? (weight < 0 ? '−' : '') : weight < 0 ? ' − ' : ' + '}
      {Math.abs(weight) !== 1 && `${formatCoordinate(Math.abs(weight))} `}
      <i>V</i>
      <sub>{i + 1}</sub>
    </span>
  ))
}

function MixtureTerms({ terms }: TermsProps) {
  const total = terms.reduce((sum, { weight }) => sum + weight, 0)
  return (
    <>
      −log(
      {terms.map(({ weight }, i) => (
        <span key={i}>
          {i > 0 && ' + '}
          {weight !== total && `${formatCoordinate(weight / total)} `}
          <span className="nowrap">
            e
            <sup>
              −<i>V</i>
              <sub>{i + 1}</sub>
            </sup>
            /<i>Z</i>
            <sub>{i + 1}</sub>
          </span>
        </span>
      ))}
      )
    </>
  )
}

/** Shipped energies go by their short labels where there is little room. */
function shortName(energy: EnergySpec, name: string): string {
  return energy.kind === 'pretrained' && isTargetId(energy.name)
    ? shortLabel(defaultTarget(energy.name))
    : name
}

interface ShelfProps {
  readonly tray: React.RefObject<HTMLDivElement | null>
  readonly onDrag: (drag: Drag | null) => void
}

function Shelf({ tray, onDrag }: ShelfProps) {
  const shelf = useShelf((state) => state)
  const cards = useMemo(() => cardsOf(shelf), [shelf])
  return (
    <>
      <ul className="shelf" aria-label="Shelf" data-testid="shelf">
        {cards.map((card) => (
          <li key={card.id}>
            <EnergyCard card={card} tray={tray} onDrag={onDrag} />
          </li>
        ))}
      </ul>
      <Removed />
    </>
  )
}

const RemovedDialog = createPart(async () => (await import('../RemovedDialog.tsx')).RemovedDialog)

/** The way to what was removed lately, and to what cannot be read. */
function Removed() {
  const { tool } = useLab()
  const count = useShelf(({ removed, aside }) => removed.length + aside.length)
  const shown = useTool((state) => state.showsRemoved)
  const show = (showsRemoved: boolean) => {
    tool.setState({ showsRemoved })
  }
  if (count === 0 && !shown) return null
  return (
    <>
      <button
        type="button"
        className="button"
        onClick={() => {
          show(true)
        }}
      >
        Removed and unreadable… ({count})
      </button>
      {shown && (
        <RemovedDialog
          onClose={() => {
            show(false)
          }}
        />
      )}
    </>
  )
}

function EnergyCard({ card, tray, onDrag }: ShelfProps & { readonly card: Card }) {
  const lab = useLab()
  const press = useRef<{ id: number; x: number; y: number; dragging: boolean } | null>(null)
  /** A drag by mouse ends in a click event of its own, which must not add the card again; one by touch does not. */
  const dragged = useRef(false)
  const overTray = (x: number, y: number) => {
    const box = tray.current?.getBoundingClientRect()
    return box !== undefined && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom
  }
  const end = () => {
    press.current = null
    onDrag(null)
  }
  const quality =
    card.klDataModel !== null
      ? `KL ${formatNats(card.klDataModel)} nats`
      : card.crossEntropy !== null
        ? `cross-entropy ${formatNats(card.crossEntropy)} nats`
        : card.origin
  return (
    <div className="card" data-card={card.id} data-origin={card.origin}>
      <button
        type="button"
        className="card-face"
        aria-label={`Add ${card.label} to the tray`}
        title={[card.label, quality, ...(card.provenance === null ? [] : [card.provenance])].join(
          ' · ',
        )}
        onPointerDown={(event) => {
          if (event.button !== 0) return
          dragged.current = false
          // From now on, as a quick hand has left the card before its first move is told.
          event.currentTarget.setPointerCapture(event.pointerId)
          press.current = {
            id: event.pointerId,
            x: event.clientX,
            y: event.clientY,
            dragging: false,
          }
        }}
        onPointerMove={(event) => {
          const start = press.current
          if (start?.id !== event.pointerId) return
          const { clientX: x, clientY: y } = event
          if (!start.dragging && Math.hypot(x - start.x, y - start.y) < DRAG_SLOP) return
          start.dragging = true
          onDrag({ card, x, y, over: overTray(x, y) })
        }}
        onPointerUp={(event) => {
          const start = press.current
          if (start?.id !== event.pointerId) return
          dragged.current = start.dragging
          if (start.dragging && overTray(event.clientX, event.clientY)) lab.addToTray(card)
          end()
        }}
        onPointerCancel={end}
        onClick={({ detail }) => {
          // Keys have no count of clicks, and none of theirs is of a drag.
          const isOfDrag = dragged.current && detail > 0
          dragged.current = false
          if (!isOfDrag) lab.addToTray(card)
        }}
      >
        <Thumbnail raster={card.thumbnail} size={52} />
        <span className="card-label" aria-hidden="true">
          {card.origin === 'shipped' ? shortLabel(card.target) : card.label}
        </span>
      </button>
      {card.origin !== 'shipped' && (
        <div className="card-tools">
          <button
            type="button"
            className="icon-button small"
            aria-label={`Put ${card.label} on the stage`}
            title="Put on the stage"
            onClick={() => {
              lab.selectEnergy(card)
            }}
          >
            <Icon name="stage" />
          </button>
          <button
            type="button"
            className="icon-button small"
            aria-label={`Remove ${card.label} from the shelf`}
            title="Remove from the shelf"
            onClick={() => {
              lab.remove(card.id.replace(/^shelf:/, ''))
            }}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  )
}
