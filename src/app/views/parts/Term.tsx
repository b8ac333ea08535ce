import { useRef, useState, type ReactNode } from 'react'
import type { TermId } from '../../../lab/scene/glossary.ts'
import { createPart } from './lazyPart.tsx'

interface CardProps {
  readonly id: TermId
  /** What was pressed: the card stands beside it. */
  readonly anchor: HTMLElement
  readonly onClose: () => void
}

const TermCard = createPart<CardProps>(async () => (await import('./TermCard.tsx')).TermCard, {
  onFailure: ({ onClose }) => {
    onClose()
  },
})

interface TermProps {
  readonly id: TermId
  /** The symbol or the word as it stands in the text. */
  readonly children: ReactNode
  /** Its accessible name; default: the text. */
  readonly label?: string
}

/** A symbol or a word that explains itself when pressed, in a card of the glossary. */
export function Term({ id, children, label }: TermProps) {
  const ref = useRef<HTMLButtonElement>(null)
  const [anchor, setAnchor] = useState<HTMLElement | null>(null)
  return (
    <>
      <button
        ref={ref}
        type="button"
        className="term"
        data-term={id}
        aria-label={label}
        aria-haspopup="dialog"
        aria-expanded={anchor !== null}
        onClick={(event) => {
          // A term may stand in a line that is itself a label.
          event.preventDefault()
          setAnchor(anchor === null ? ref.current : null)
        }}
      >
        {children}
      </button>
      {anchor !== null && (
        <TermCard
          id={id}
          anchor={anchor}
          onClose={() => {
            setAnchor(null)
          }}
        />
      )}
    </>
  )
}
