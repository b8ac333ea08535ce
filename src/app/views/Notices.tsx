import { useEffect } from 'react'
import { useLab, useRun } from './context.ts'
import { Icon } from './Icon.tsx'

/** How long a word of information stays, ms; warnings and errors stay until dismissed. */
const INFORMATION_STAYS = 12_000

/** What a person should read: named, dismissible, announced. */
export function Notices() {
  const lab = useLab()
  const notices = useRun((state) => state.notices)
  useEffect(() => {
    const timers = notices
      .filter(({ level }) => level === 'info')
      .map(({ id }) =>
        setTimeout(() => {
          lab.dismissNotice(id)
        }, INFORMATION_STAYS),
      )
    return () => {
      for (const timer of timers) clearTimeout(timer)
    }
  }, [lab, notices])
  return (
    <section className="notices" aria-label="Messages" aria-live="polite">
      {notices.map(({ id, level, text }) => (
        <div
          key={id}
          className="notice"
          data-level={level}
          role={level === 'error' ? 'alert' : 'note'}
        >
          <p>{text}</p>
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
      ))}
    </section>
  )
}
