import { useEffect, useLayoutEffect, useRef } from 'react'
import { createPortal } from 'react-dom'
import { GLOSSARY, type Entry, type TermId } from '../../../lab/scene/glossary.ts'
import { Formula } from './Formula.tsx'

/** Room between a card, its term and the edges of the window, CSS pixels. */
const GAP = 6

interface CardProps {
  readonly id: TermId
  readonly anchor: HTMLElement
  readonly onClose: () => void
}

/** The card of a term: under it where there is room, else above. Escape, a press elsewhere or a scroll closes it. */
export function TermCard({ id, anchor, onClose }: CardProps) {
  const ref = useRef<HTMLDivElement>(null)
  const latest = useRef(onClose)
  useEffect(() => {
    latest.current = onClose
  })
  useLayoutEffect(() => {
    const card = ref.current
    if (card === null) return
    const { left, top, bottom } = anchor.getBoundingClientRect()
    const { offsetWidth, offsetHeight } = card
    const x = Math.max(GAP, Math.min(left, innerWidth - offsetWidth - GAP))
    const below = bottom + GAP + offsetHeight <= innerHeight
    const y = below ? bottom + GAP : Math.max(GAP, top - GAP - offsetHeight)
    card.style.left = `${String(x)}px`
    card.style.top = `${String(y)}px`
    card.focus({ preventScroll: true })
  }, [anchor, id])
  useEffect(() => {
    const close = () => {
      latest.current()
    }
    const key = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return
      event.stopPropagation()
      close()
      anchor.focus({ preventScroll: true })
    }
    const press = (event: PointerEvent) => {
      const at = event.target as Node
      if (ref.current?.contains(at) !== true && !anchor.contains(at)) close()
    }
    document.addEventListener('keydown', key, true)
    document.addEventListener('pointerdown', press)
    addEventListener('scroll', close, { capture: true, passive: true })
    addEventListener('resize', close)
    return () => {
      document.removeEventListener('keydown', key, true)
      document.removeEventListener('pointerdown', press)
      removeEventListener('scroll', close, { capture: true })
      removeEventListener('resize', close)
    }
  }, [anchor])
  const home = anchor.closest('dialog') ?? document.body
  return createPortal(
    <div className="term-card" role="dialog" aria-label={GLOSSARY[id].name} tabIndex={-1} ref={ref}>
      <Explained id={id} />
    </div>,
    home,
  )
}

/** What the glossary says of a term. */
export function Explained({ id }: { readonly id: TermId }) {
  const { symbol, name, formula, plainly, exactly, where }: Entry = GLOSSARY[id]
  return (
    <>
      <h3>
        {symbol !== undefined && symbol !== name && <i translate="no">{symbol}</i>} {name}
      </h3>
      {formula !== undefined && (
        <p>
          <Formula tex={formula.tex} plain={formula.plain} />
        </p>
      )}
      <p>{plainly}</p>
      <p className="quiet">{exactly}</p>
      <p className="where">{where}</p>
    </>
  )
}
