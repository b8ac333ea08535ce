import { useEffect, useState } from 'react'
import { useLab, useRun } from './parts/context.ts'
import type { Posted } from '../stores/run/runStore.ts'
import { Icon } from './parts/Icon.tsx'

/** How long a message stays without the pointer on it, ms; errors stay until dismissed. */
const STAYS = { info: 12_000, warning: 20_000 } as const
/** Where something can be done about it, ms. */
const STAYS_WITH_ACTION = 30_000

/** What a person should read: named, dismissible, announced. */
export function Notices() {
  const notices = useRun((state) => state.notices)
  return (
    <section className="notices" aria-label="Messages" aria-live="polite">
      {notices.map((notice) => (
        <Message key={notice.id} notice={notice} />
      ))}
    </section>
  )
}

/** One message, which waits while the pointer or the focus is on it, or while its details are read. */
function Message({ notice: { id, level, text, details, action } }: { readonly notice: Posted }) {
  const lab = useLab()
  const [held, setHeld] = useState(false)
  const [read, setRead] = useState(false)
  useEffect(() => {
    if (held || read || level === 'error') return
    const timer = setTimeout(
      () => {
        lab.dismissNotice(id)
      },
      action === undefined ? STAYS[level] : STAYS_WITH_ACTION,
    )
    return () => {
      clearTimeout(timer)
    }
  }, [lab, id, level, held, read, action])
  const hold = () => {
    setHeld(true)
  }
  const release = () => {
    setHeld(false)
  }
  return (
    <div
      className="notice"
      data-level={level}
      role={level === 'error' ? 'alert' : 'note'}
      onPointerEnter={hold}
      onPointerLeave={release}
      onFocus={hold}
      onBlur={release}
    >
      <div className="notice-text">
        <p>{text}</p>
        {details !== undefined && (
          <details
            className="fold"
            onToggle={({ currentTarget }) => {
              setRead(currentTarget.open)
            }}
          >
            <summary>Details</summary>
            <p className="quiet">{details}</p>
          </details>
        )}
      </div>
      {action !== undefined && (
        <button
          type="button"
          className="button"
          onClick={() => {
            lab.dismissNotice(id)
            action.run()
          }}
        >
          {action.label}
        </button>
      )}
      <button
        type="button"
        className="icon-button"
        aria-label="Dismiss message"
        onClick={() => {
          lab.dismissNotice(id)
        }}
      >
        <Icon name="close" />
      </button>
    </div>
  )
}
